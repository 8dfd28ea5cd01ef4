//! The face for browsers and Node. The npm package wraps these functions; their names and shapes are its own.

mod strict;

use crate::COLLECTOR;
use callback_collector::{Code, Problem, dictionary, parse};
use js_sys::{Array, ArrayBuffer, Error, Object, Reflect, Uint8Array};
use serde::Serialize;
use strict::Strict;
use uuid::Uuid;
use wasm_bindgen::prelude::*;

/// Builds a report. `facts` is JSON text, its bytes (`Uint8Array`, `ArrayBuffer`) or an object. Returns
/// `{payload: Uint8Array, sha256: string, findings: object}`.
///
/// # Errors
/// A JavaScript `Error` named `CollectorError` with `code` and `path`.
#[wasm_bindgen]
pub fn build(facts: &JsValue) -> Result<Object, JsValue> {
    let report = COLLECTOR
        .with(|collector| match document(facts) {
            Some(bytes) => collector.build(&bytes),
            None => parse::value(Strict(serde_wasm_bindgen::Deserializer::from(facts.clone())))
                .and_then(|facts| collector.build_facts(&facts)),
        })
        .map_err(|problem| error(&problem))?;
    object(&[
        ("payload", Uint8Array::from(report.payload.as_slice()).into()),
        ("sha256", report.findings.payload_sha256.as_str().into()),
        ("findings", plain(&report.findings)?),
    ])
}

/// Sanitises one device, given as `build` takes facts. Returns `{sysDescr, sysObjectID, redactions}`.
///
/// # Errors
/// As [`build`].
#[wasm_bindgen]
pub fn sanitise(device: &JsValue) -> Result<JsValue, JsValue> {
    let sanitised = COLLECTOR
        .with(|collector| match document(device) {
            Some(bytes) => collector.sanitise(&bytes),
            None => parse::value(Strict(serde_wasm_bindgen::Deserializer::from(device.clone())))
                .map(|device| collector.sanitise_device(&device)),
        })
        .map_err(|problem| error(&problem))?;
    plain(&sanitised)
}

/// Every field and header of a report: a list of objects.
///
/// # Errors
/// As [`build`]; none is known.
#[wasm_bindgen]
pub fn dictionary() -> Result<JsValue, JsValue> {
    plain(&dictionary::fields())
}

/// A new pseudonym for an install: a version 4 UUID from the host's random numbers.
#[wasm_bindgen(js_name = newInstallId)]
#[must_use]
pub fn new_install_id() -> String {
    Uuid::new_v4().to_string()
}

/// The document as bytes, unless it is an object.
fn document(value: &JsValue) -> Option<Vec<u8>> {
    if let Some(text) = value.as_string() {
        return Some(text.into_bytes());
    }
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Some(bytes.to_vec());
    }
    value.dyn_ref::<ArrayBuffer>().map(|buffer| Uint8Array::new(buffer).to_vec())
}

/// A plain object, as `JSON.parse` would make it.
fn plain(value: &impl Serialize) -> Result<JsValue, JsValue> {
    value
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|_| error(&Problem::new(Code::BadCall, "", "expected a result that JavaScript can hold")))
}

fn object(entries: &[(&str, JsValue)]) -> Result<Object, JsValue> {
    let entries: Array = entries.iter().map(|(key, value)| Array::of2(&JsValue::from_str(key), value)).collect();
    Object::from_entries(&entries)
}

fn error(problem: &Problem) -> JsValue {
    let error = Error::new(&problem.to_string());
    error.set_name("CollectorError");
    for (key, value) in [("code", problem.code.as_str()), ("path", &problem.path)] {
        // An Error object that was just made takes any property.
        let _ = Reflect::set(&error, &key.into(), &value.into());
    }
    error.into()
}
