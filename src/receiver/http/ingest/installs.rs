//! Requests of an install about its own data: delete it, or read it. Only by POST, so that no link or prefetch triggers
//! them and no log of URLs contains the uuid.

use crate::code::Code;
use crate::day::Day;
use crate::http::headers::{FORM, JSON, claim, content_type, single};
use crate::http::operation::UUID;
use crate::http::problem::{Problem, granted, json_answer};
use crate::http::state::Receiver;
use crate::receipt;
use crate::wire::{self, Refusal, form};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use callback_protocol::ClearNonce;
use jiff::civil::Date;
use std::sync::Arc;

/// Maximum size of a body that names an install.
const MAX_BYTES: usize = 4096;

/// An install, and perhaps a day.
#[derive(serde::Deserialize, schemars::JsonSchema)]
pub(super) struct Install {
    /// The install's random ID.
    #[schemars(regex(pattern = UUID))]
    uuid: String,
    /// Only the report of this day, when reading.
    #[schemars(extend("format" = "date"))]
    day: Option<String>,
    /// Of a delete request: 32 random bytes in hexadecimal, to which its receipt is bound.
    #[schemars(regex(pattern = "^[0-9a-fA-F]{64}$"))]
    nonce: Option<String>,
}

/// A request, checked.
struct InstallRequest {
    /// The install, as its keyed hash.
    install: [u8; 32],
    /// Only this day's report.
    day: Option<Day>,
    /// What binds a receipt to the request, if it has a nonce.
    request_hmac: Option<String>,
}

/// `POST /clear.php` and `POST /api/v1/clear`: a form, or JSON as the About page of LibreNMS posts it.
pub(super) async fn clear(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let InstallRequest { install, request_hmac, .. } = install_request(&receiver, &headers, body).await?;
    let today = receiver.today();
    let claim = claim(&receiver, &headers, install)?;
    let removed = receiver.store.clear(claim, receiver.key.tombstone(&install), today).await;
    let removed = granted(receiver.stored(removed)?)?;
    receiver.metrics.report_deleted();
    receiver.removed.notify_one();
    let settings = &receiver.settings;
    let leftovers = receiver.store.residual_data();
    let (retention_days, backup_days) = (settings.retention_days, settings.backup_days);
    let receipt = receipt::clear(removed, today, retention_days, backup_days, leftovers, request_hmac);
    Ok(json_answer(&receiver.signing.sign(receipt)))
}

/// `POST /api/v1/held`
pub(super) async fn held(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let InstallRequest { install, day, .. } = install_request(&receiver, &headers, body).await?;
    let claim = claim(&receiver, &headers, install)?;
    if claim.secret.is_none() {
        return Err(Code::SecretMissing.into());
    }
    let mut reports = granted(receiver.stored(receiver.store.held(claim).await)?)?;
    reports.retain(|report| day.is_none_or(|day| report.day == day));
    Ok(json_answer(&receipt::held(&reports, receiver.settings.retention_days)))
}

/// Reads a body that names an install. The uuid goes no further than this.
async fn install_request(receiver: &Receiver, headers: &HeaderMap, body: Body) -> Result<InstallRequest, Problem> {
    let is_json = content_type(headers, JSON).is_ok();
    if !is_json {
        content_type(headers, FORM)?;
    }
    if single(headers, header::CONTENT_ENCODING.as_str())?.is_some() {
        return Err(Refusal::with("Content-Encoding", Code::ContentEncodingUnsupported, "no encoding").into());
    }
    let admitted = receiver.admission.read(headers, body).await?;
    if admitted.body.len() > MAX_BYTES {
        return Err(Refusal::with("", Code::BodyTooLarge, "4 KiB").into());
    }
    let named = if is_json {
        // serde would also accept a list of the fields in their order.
        let object = Some(&admitted.body).filter(|body| body.trim_ascii_start().starts_with(b"{"));
        let named = object.and_then(|body| serde_json::from_slice(body).ok());
        named.ok_or_else(|| Refusal::at("", Code::JsonInvalid))?
    } else {
        let text = |name, bytes| String::from_utf8(bytes).map_err(|_| Refusal::at(name, Code::Utf8Invalid));
        let optional = |name| form::optional(&admitted.body, name)?.map(|value| text(name, value)).transpose();
        let (day, nonce) = (optional("day")?, optional("nonce")?);
        Install { uuid: text("uuid", form::field(&admitted.body, "uuid")?)?, day, nonce }
    };
    let day = named.day.map(|day| day.parse::<Date>().map(Day::from_date)).transpose();
    let day = day.map_err(|_| Refusal::at("day", Code::DayInvalid))?;
    let uuid = named.uuid;
    let uuid = wire::uuid::normalised(&uuid).ok_or_else(|| Refusal::at("uuid", Code::UuidInvalid))?;
    let nonce = |text: &str| ClearNonce::parse(text).ok_or_else(|| Refusal::at("nonce", Code::NonceInvalid));
    let nonce = named.nonce.as_deref().map(nonce).transpose()?;
    let request_hmac = nonce.map(|nonce| nonce.request_hmac(&uuid));
    Ok(InstallRequest { install: receiver.key.install(&uuid), day, request_hmac })
}
