//! The routes. No handler asks for the client's address, and nothing here logs a request.

use crate::error::Result;
use crate::receipt::Receipt;
use crate::store::Store;
use crate::wire::{self, MAX_BODY, Refusal};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Says which day it is (UTC); tests set their own.
pub type Clock = Arc<dyn Fn() -> Date + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn utc() -> Clock {
    Arc::new(|| Timestamp::now().to_zoned_datetime(TimeZone::UTC).date())
}

#[derive(Clone)]
struct Receiver {
    store: Store,
    clock: Clock,
}

/// All routes.
pub fn router(store: Store, clock: Clock) -> Router {
    Router::new()
        .route("/log.php", post(log))
        .route("/healthz", get(healthz))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Receiver { store, clock })
}

/// Serves until `stop` is done; requests that have begun are finished. Forgets at the start and every hour.
///
/// # Errors
/// [`crate::Error::Store`] if the first forgetting fails.
pub async fn serve(
    listener: TcpListener,
    store: Store,
    clock: Clock,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    store.forget(clock()).await?;
    let (forgetting, today) = (store.clone(), Arc::clone(&clock));
    let forgetter = tokio::spawn(async move {
        let mut hours = tokio::time::interval(Duration::from_secs(3600));
        loop {
            hours.tick().await;
            if let Err(error) = forgetting.forget(today()).await {
                eprintln!("callback-receiver: {error}");
            }
        }
    });
    let served = axum::serve(listener, router(store.clone(), clock)).with_graceful_shutdown(stop).await;
    forgetter.abort();
    store.close().await;
    served.map_err(|error| crate::Error::Listen(format!("listening broke off ({})", error.kind())))
}

async fn log(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: std::result::Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return problem(StatusCode::PAYLOAD_TOO_LARGE, "", "a body of at most 24 MiB");
        }
        Err(_) => return problem(StatusCode::BAD_REQUEST, "", "a whole body"),
    };
    let read =
        tokio::task::spawn_blocking(move || wire::payload(&body).and_then(|payload| wire::report(&payload))).await;
    let report = match read {
        Ok(Ok(report)) => report,
        Ok(Err(Refusal { path, expected })) => return problem(StatusCode::UNPROCESSABLE_ENTITY, &path, expected),
        Err(_) => {
            return problem(StatusCode::INTERNAL_SERVER_ERROR, "", "nothing else; this is the receiver's own fault");
        }
    };
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if said("callback-payload-sha256").is_some_and(|digest| !digest.eq_ignore_ascii_case(&report.payload_sha256)) {
        return problem(StatusCode::BAD_REQUEST, "Callback-Payload-SHA256", "the digest of the field `data`");
    }
    let module = said("callback-module-sha256")
        .filter(|digest| digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
    let day = (receiver.clock)();
    match receiver.store.keep(&report, module, day).await {
        Ok(()) => (
            [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")],
            json!(Receipt::new(&report.payload_sha256, day)).to_string(),
        )
            .into_response(),
        Err(error) => {
            eprintln!("callback-receiver: {error}");
            problem(StatusCode::SERVICE_UNAVAILABLE, "", "a later try; nothing was stored")
        }
    }
}

async fn healthz(State(receiver): State<Receiver>) -> Response {
    match receiver.store.reports().await {
        Ok(_) => "ok\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n").into_response(),
    }
}

/// An answer of RFC 9457: names the place and what was expected, never the value.
fn problem(status: StatusCode, path: &str, expected: &str) -> Response {
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "detail": format!("expected {expected}"),
        "path": path,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
