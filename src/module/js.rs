//! The interface for browsers and Node. The npm package wraps these functions and defines the public names and shapes.

use crate::COLLECTOR;
use callback_collector::{Code, Problem, dictionary};
use js_sys::{Array, ArrayBuffer, Error, JSON, Object, Reflect, Uint8Array};
use serde::Serialize;
use uuid::Uuid;
use wasm_bindgen::prelude::*;

/// Builds a report. `facts` is JSON text, its bytes (`Uint8Array`, `ArrayBuffer`) or an object. Returns
/// `{payload: Uint8Array, sha256: string, findings: object}`.
///
/// # Errors
/// A JavaScript `Error` named `CollectorError` with `code` and `path`.
#[wasm_bindgen]
pub fn build(facts: &JsValue) -> Result<Object, JsValue> {
    let report = document(facts)
        .and_then(|facts| COLLECTOR.with(|collector| collector.build(&facts)))
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
    let sanitised = document(device)
        .and_then(|device| COLLECTOR.with(|collector| collector.sanitise(&device)))
        .map_err(|problem| error(&problem))?;
    plain(&sanitised)
}

/// Every field and header of a report: a list of objects.
///
/// # Errors
/// As [`build`]; no case is known.
#[wasm_bindgen]
pub fn dictionary() -> Result<JsValue, JsValue> {
    plain(&dictionary::fields())
}

/// A new uuid for an install: a version 4 UUID from the host's random numbers.
#[wasm_bindgen(js_name = newInstallId)]
#[must_use]
pub fn new_install_id() -> String {
    Uuid::new_v4().to_string()
}

/// The document as bytes. An object is passed through `JSON.stringify`, so that objects,
/// text and bytes cannot differ (and the module needs no second parser).
fn document(value: &JsValue) -> Result<Vec<u8>, Problem> {
    if let Some(text) = value.as_string() {
        return Ok(text.into_bytes());
    }
    if let Some(bytes) = value.dyn_ref::<Uint8Array>() {
        return Ok(bytes.to_vec());
    }
    if let Some(buffer) = value.dyn_ref::<ArrayBuffer>() {
        return Ok(Uint8Array::new(buffer).to_vec());
    }
    // It throws for cycles, BigInts and getters that throw, and that error could quote the document. For a function
    // it returns `undefined`.
    let text = JSON::stringify(value).ok().and_then(|text| JsValue::from(text).as_string());
    let expected =
        || Problem::new(Code::WrongType, "", "expected JSON text, its bytes, or an object that JSON can hold");
    Ok(text.ok_or_else(expected)?.into_bytes())
}

/// A plain object, like those of `JSON.parse`.
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
        // A new Error object accepts any property.
        let _ = Reflect::set(&error, &key.into(), &value.into());
    }
    error.into()
}
