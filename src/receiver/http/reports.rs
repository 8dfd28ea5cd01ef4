//! Takes reports: `POST /log.php` as stock clients of every age send them, `POST /api/v1/reports` as JSON.

use super::problem::{Problem, granted};
use super::{Receiver, claim, json_answer, single};
use crate::code::Code;
use crate::day::Day;
use crate::receipt;
use crate::store::Submission;
use crate::wire::{self, Report, form};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use data_encoding::HEXLOWER_PERMISSIVE;
use std::sync::Arc;

/// How a payload stands in a body.
#[derive(Clone, Copy)]
enum Form {
    /// As field `data` of a form.
    Field,
    /// As it is.
    Json,
}

/// `POST /log.php`
pub(super) async fn log(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    take(&receiver, &headers, body, Form::Field).await
}

/// `POST /api/v1/reports`
pub(super) async fn json(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    take(&receiver, &headers, body, Form::Json).await
}

async fn take(receiver: &Receiver, headers: &HeaderMap, body: Body, form: Form) -> Result<Response, Problem> {
    match form {
        Form::Field => content_type(headers, "application/x-www-form-urlencoded", false)?,
        Form::Json => content_type(headers, "application/json", true)?,
    }
    let payload_sha256 = digest(headers, "callback-payload-sha256")?;
    let module_sha256 = digest(headers, "callback-module-sha256")?;
    let encoding = single(headers, header::CONTENT_ENCODING.as_str())?.map(str::to_owned);
    let admitted = receiver.gate.read(headers, body).await?;
    let body = admitted.body.clone();
    let report = receiver.gate.work(move || read(&body, encoding.as_deref(), form, payload_sha256)).await??;

    let day = Day::of((receiver.clock)());
    let install = receiver.key.install(&report.uuid);
    let submission = Submission {
        credentials: claim(receiver, headers, install)?,
        day,
        payload_sha256: bytes(&report.payload_sha256)?,
        module_sha256,
        totals: report.totals.into_iter().collect(),
    };
    granted(receiver.stored(receiver.store.keep(submission).await)?)?;
    receiver.metrics.kept();
    let receipt = receipt::report(&report.payload_sha256, day, receiver.settings.retention_days, &report.cleaned);
    Ok(json_answer(&receiver.signing.sign(receipt)))
}

fn read(body: &[u8], encoding: Option<&str>, form: Form, expected: Option<[u8; 32]>) -> Result<Report, Problem> {
    let unpacked;
    let body = if encoding.is_some() {
        unpacked = form::unpacked(body, encoding)?;
        &unpacked
    } else {
        body
    };
    let field;
    let payload = match form {
        Form::Field => {
            field = form::payload(body)?;
            &field
        }
        Form::Json => body,
    };
    if let Some(expected) = expected
        && bytes(&callback_collector::digest::sha256_hex(payload))? != expected
    {
        return Err(Problem::at("Callback-Payload-SHA256", Code::DigestMismatch, ""));
    }
    Ok(wire::report(payload)?)
}

/// Checks the type of a body. Old clients name theirs; a form without a type is taken for one.
pub(super) fn content_type(headers: &HeaderMap, expected: &str, required: bool) -> Result<(), Problem> {
    let named = single(headers, header::CONTENT_TYPE.as_str())?;
    let essence = named.map(|value| value.split(';').next().unwrap_or_default().trim());
    match essence {
        None if !required => Ok(()),
        Some(essence) if essence.eq_ignore_ascii_case(expected) => Ok(()),
        _ => Err(Problem::at("Content-Type", Code::ContentTypeUnsupported, expected)),
    }
}

/// A header that holds a SHA-256.
fn digest(headers: &HeaderMap, name: &'static str) -> Result<Option<[u8; 32]>, Problem> {
    single(headers, name)?
        .map(|value| {
            let bytes = HEXLOWER_PERMISSIVE.decode(value.trim().as_bytes()).ok();
            bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| Problem::at(name, Code::DigestInvalid, ""))
        })
        .transpose()
}

fn bytes(hex: &str) -> Result<[u8; 32], Problem> {
    let bytes = HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(Problem::store)
}
