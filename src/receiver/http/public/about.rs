//! What anyone may read about the receiver: its policy, its keys and its API.

use crate::http::openapi::Published;
use crate::http::problem::json_answer;
use crate::http::state::Receiver;
use crate::receipt::RECEIVER;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use callback_collector::PAYLOAD_SCHEMA;
use callback_protocol::policy::{Policy, PublicationPolicy};
use std::sync::Arc;

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
pub(super) async fn openapi(Extension(Published(document)): Extension<Published>) -> Response {
    json_answer(&*document)
}
