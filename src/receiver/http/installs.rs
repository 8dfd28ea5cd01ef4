//! What an install may ask about itself: to be cleared, and what is held of it. Only by POST, so that no link, prefetch
//! or log of addresses can do it or give the pseudonym away.

use super::problem::{Problem, granted};
use super::reports::content_type;
use super::{Receiver, claim, json_answer, single};
use crate::day::Day;
use crate::receipt;
use crate::wire::{Refusal, form};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use callback_collector::install_id;
use std::sync::Arc;

/// Most bytes of a body that holds a pseudonym.
const MAX_BYTES: usize = 4096;

#[derive(serde::Deserialize)]
struct Named {
    uuid: String,
}

/// `POST /clear.php` and `POST /api/v1/clear`: a form, or JSON as the About page of LibreNMS posts it.
pub(super) async fn clear(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let install = asked(&receiver, &headers, body).await?;
    let today = Day::of((receiver.clock)());
    let claim = claim(&receiver, &headers, install)?;
    let removed = receiver.store.clear(claim, receiver.key.tombstone(&install), today).await;
    let removed = granted(receiver.stored(removed)?)?;
    receiver.metrics.cleared();
    receiver.removed.notify_one();
    let settings = &receiver.settings;
    let leftovers = receiver.store.leftovers();
    let receipt = receipt::clear(removed, today, settings.retention_days, settings.backup_days, leftovers);
    Ok(json_answer(StatusCode::OK, &receiver.signing.sign(receipt)))
}

/// `POST /api/v1/held`
pub(super) async fn held(receiver: State<Arc<Receiver>>, headers: HeaderMap, body: Body) -> Result<Response, Problem> {
    let install = asked(&receiver, &headers, body).await?;
    let claim = claim(&receiver, &headers, install)?;
    if claim.secret.is_none() {
        let detail = "expected the install's secret as a bearer token in `Authorization`";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "secret_missing", detail));
    }
    let reports = granted(receiver.stored(receiver.store.held(claim).await)?)?;
    Ok(json_answer(StatusCode::OK, &receipt::held(&reports, receiver.settings.retention_days)))
}

/// The install that a body names, as its keyed hash.
async fn asked(receiver: &Receiver, headers: &HeaderMap, body: Body) -> Result<[u8; 32], Problem> {
    let is_json = content_type(headers, "application/json", true).is_ok();
    if !is_json {
        content_type(headers, "application/x-www-form-urlencoded", false)?;
    }
    if single(headers, header::CONTENT_ENCODING.as_str())?.is_some() {
        return Err(Refusal::unsupported("Content-Encoding", "content_encoding", "no encoding").into());
    }
    let admitted = receiver.gate.read(headers, body).await?;
    if admitted.body.len() > MAX_BYTES {
        return Err(Refusal::too_large("body_bytes", "a body of at most 4 KiB").into());
    }
    let uuid = if is_json {
        let body: Named = serde_json::from_slice(&admitted.body)
            .map_err(|_| Refusal::malformed("", "json", "a JSON object with a text `uuid`"))?;
        body.uuid
    } else {
        let field = form::field(&admitted.body, "uuid")?;
        String::from_utf8(field).map_err(|_| Refusal::malformed("uuid", "utf8", "text in UTF-8"))?
    };
    let uuid = install_id::normalised(&uuid).ok_or_else(|| Refusal::invalid("uuid", "uuid", "a version 4 UUID"))?;
    Ok(receiver.key.install(&uuid))
}
