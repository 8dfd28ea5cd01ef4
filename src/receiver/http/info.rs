//! What anyone may know of the receiver: whether it is well, its policy, its keys, its numbers.

use super::problem::Problem;
use super::{Receiver, json_answer};
use crate::error::Error;
use crate::receipt::RECEIVER;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use callback_collector::PAYLOAD_SCHEMA;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// How long the database may take for that.
const READY_WITHIN: Duration = Duration::from_secs(3);

/// `GET /readyz`: the database answers too, and takes reports.
pub(super) async fn readyz(receiver: State<Arc<Receiver>>) -> Result<&'static str, Problem> {
    let ready = tokio::time::timeout(READY_WITHIN, receiver.store.ready()).await;
    let late = |_| Err(Error::Store("the database does not answer within 3 s".into()));
    receiver.stored(ready.unwrap_or_else(late)).map(|()| "ok\n")
}

/// `GET /api/v1/policy`
pub(super) async fn policy(receiver: State<Arc<Receiver>>) -> Response {
    let settings = &receiver.settings;
    let policy = json!({
        "receiver": RECEIVER,
        "payload_schemas": (1..=PAYLOAD_SCHEMA).collect::<Vec<_>>(),
        "retention_days": settings.retention_days,
        "backup_days": settings.backup_days,
        "one_report_per_install_and_day": true,
        "addresses_kept": false,
        "publication": {"installs_at_least": settings.installs_at_least, "terms": settings.publication_terms},
        "contact": settings.contact,
        "source": settings.source,
    });
    json_answer(StatusCode::OK, &policy)
}

/// `GET /api/v1/keys`
pub(super) async fn keys(receiver: State<Arc<Receiver>>) -> Response {
    json_answer(StatusCode::OK, &receiver.signing.published())
}

/// `GET /api/v1/openapi.json`
pub(super) async fn openapi() -> Response {
    json_answer(StatusCode::OK, &super::openapi::document())
}

/// `GET /metrics`
pub(super) async fn metrics(receiver: State<Arc<Receiver>>) -> Result<Response, Problem> {
    let holdings = receiver.stored(receiver.store.holdings().await)?;
    let text = receiver.metrics.text(&holdings);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
