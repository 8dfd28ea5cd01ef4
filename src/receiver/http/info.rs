//! What anyone may read about the receiver: health, policy, keys, metrics.

use super::problem::Problem;
use super::{Receiver, json_answer};
use crate::code::Code;
use crate::receipt::RECEIVER;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use callback_collector::PAYLOAD_SCHEMA;
use callback_protocol::policy::{Policy, PublicationPolicy};
use std::sync::Arc;
use std::time::Duration;

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// How long the database may take to answer.
const READY_TIMEOUT: Duration = Duration::from_secs(3);

/// `GET /readyz`: the database answers too, and takes reports.
pub(super) async fn readyz(receiver: State<Arc<Receiver>>) -> Result<&'static str, Problem> {
    let ready = tokio::time::timeout(READY_TIMEOUT, receiver.store.ready()).await;
    let late = |_| Err(Code::DatabaseTimeout.into());
    receiver.stored(ready.unwrap_or_else(late)).map(|()| "ok\n")
}

/// `GET /api/v1/policy`
pub(super) async fn policy(receiver: State<Arc<Receiver>>) -> Response {
    let settings = &receiver.settings;
    let policy = Policy {
        receiver: RECEIVER.to_owned(),
        payload_schemas: (1..=PAYLOAD_SCHEMA).collect(),
        retention_days: settings.retention_days,
        backup_days: settings.backup_days,
        one_report_per_install_and_day: true,
        addresses_kept: false,
        publication: PublicationPolicy {
            installs_at_least: settings.installs_at_least,
            terms: settings.publication_terms.clone(),
        },
        contact: Some(settings.contact.clone()),
        source: Some(settings.source.clone()),
    };
    json_answer(&policy)
}

/// `GET /api/v1/keys`
pub(super) async fn keys(receiver: State<Arc<Receiver>>) -> Response {
    json_answer(&receiver.signing.published())
}

/// `GET /api/v1/openapi.json`
pub(super) async fn openapi() -> Response {
    json_answer(&super::openapi::document())
}

/// `GET /metrics`
pub(super) async fn metrics(receiver: State<Arc<Receiver>>) -> Result<Response, Problem> {
    let holdings = receiver.stored(receiver.store.holdings().await)?;
    let text = receiver.metrics.text(&holdings);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
