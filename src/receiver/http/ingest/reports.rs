//! Accepts reports: `POST /log.php` as stock clients of every age send them, `POST /api/v1/reports` as JSON.

use crate::code::Code;
use crate::day::Day;
use crate::http::headers::{self, claim, content_type, digest, sha256, single};
use crate::http::problem::{Problem, granted, json_answer};
use crate::http::state::Receiver;
use crate::receipt;
use crate::store::Submission;
use crate::wire::{self, Report, form};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use callback_collector::digest::sha256_hex;
use std::sync::Arc;

/// Where the payload is.
#[derive(Clone, Copy)]
enum Payload {
    /// In the field `data` of a form.
    InForm,
    /// It is the body.
    Bare,
}

/// `POST /log.php`
pub(super) async fn log(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    accept(&receiver, &headers, body, Payload::InForm).await
}

/// `POST /api/v1/reports`
pub(super) async fn json(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    accept(&receiver, &headers, body, Payload::Bare).await
}

async fn accept(receiver: &Receiver, headers: &HeaderMap, body: Body, payload: Payload) -> Result<Response, Problem> {
    content_type(headers, if matches!(payload, Payload::InForm) { headers::FORM } else { headers::JSON })?;
    let expected = digest(headers, "callback-payload-sha256")?;
    let module_sha256 = digest(headers, "callback-module-sha256")?;
    let encoding = single(headers, header::CONTENT_ENCODING.as_str())?.map(str::to_owned);
    let admitted = receiver.admission.read(headers, body).await?;
    let body = admitted.body.clone();
    let report = receiver.admission.work(move || read(&body, encoding.as_deref(), payload, expected)).await??;

    let now = (receiver.clock)();
    let day = Day::of(now);
    let install = receiver.key.install(&report.uuid);
    let submission = Submission {
        credentials: claim(receiver, headers, install)?,
        day,
        payload_sha256: sha256(&report.payload_sha256).ok_or(Code::Internal)?,
        module_sha256,
        totals: report.totals.into_iter().collect(),
    };
    granted(receiver.stored(receiver.store.keep(submission).await)?)?;
    receiver.metrics.report_stored(now);
    let receipt = receipt::report(&report.payload_sha256, day, receiver.settings.retention_days, &report.cleaned);
    Ok(json_answer(&receiver.signing.sign(receipt)))
}

fn read(body: &[u8], encoding: Option<&str>, payload: Payload, expected: Option<[u8; 32]>) -> Result<Report, Problem> {
    let unpacked;
    let body = if encoding.is_some() {
        unpacked = form::unpacked(body, encoding)?;
        &unpacked
    } else {
        body
    };
    let field;
    let payload = match payload {
        Payload::InForm => {
            field = form::payload(body)?;
            &field
        }
        Payload::Bare => body,
    };
    if expected.is_some() && sha256(&sha256_hex(payload)) != expected {
        return Err(Problem::at("Callback-Payload-SHA256", Code::DigestMismatch, ""));
    }
    Ok(wire::report(payload)?)
}
