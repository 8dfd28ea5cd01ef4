//! The routes. Handlers never see the client's address: [`network`] is the one place that reads it, and discards it.

mod gate;
mod info;
mod installs;
mod lasting;
pub mod network;
pub mod openapi;
mod pages;
pub mod problem;
pub mod public;
mod reports;
mod routes;
pub mod server;

use crate::code::Code;
use crate::config::Settings;
use crate::day::Clock;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::metrics::Metrics;
use crate::secret;
use crate::signing::Signing;
use crate::store::{Credentials, KeyedHash, Store};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use gate::Gate;
use lasting::Lasting;
use network::{Admission, RateLimit};
use problem::Problem;
use routes::ROUTES;
use serde::Serialize;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

/// All that handlers need.
pub struct Receiver {
    pub(crate) store: Arc<Store>,
    pub(crate) key: InstallKey,
    pub(crate) signing: Signing,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) limit: RateLimit,
    /// Told when reports were removed, so that the snapshots they were in are made anew.
    pub(crate) removed: tokio::sync::Notify,
    gate: Gate,
    lasting: Lasting,
    /// Whether the clock is believed.
    doubt: tokio::sync::Mutex<Option<server::Doubt>>,
}

impl Receiver {
    /// A receiver.
    #[must_use]
    pub fn new(store: Arc<Store>, key: InstallKey, signing: Signing, settings: Settings, clock: Clock) -> Self {
        let limit = RateLimit::new(settings.requests_per_hour, &settings.trusted_proxies);
        let (metrics, gate, lasting) = (Metrics::default(), Gate::default(), Lasting::default());
        let (removed, doubt) = (tokio::sync::Notify::new(), tokio::sync::Mutex::default());
        Self { store, key, signing, settings, clock, metrics, limit, removed, gate, lasting, doubt }
    }

    /// What the store gave; its trouble is logged once and answered without detail.
    fn stored<T>(&self, result: Result<T>) -> std::result::Result<T, Problem> {
        result.map_err(|error: Error| {
            crate::log::error(&error);
            Problem::store()
        })
    }
}

/// Bytes from which compression pays.
const COMPRESS_FROM: u64 = 1024;

/// The service. Requests without the extension [`network::Peer`] are not rate limited.
pub fn router(receiver: Arc<Receiver>) -> Router {
    // Only what is read: an answer of 406, for a client that takes no encoding at all, must not follow a stored report.
    let compression = || CompressionLayer::new().compress_when(SizeAbove::new(COMPRESS_FROM));
    let routes = ROUTES.iter().fold(Router::new(), |router, route| match route.method {
        "get" => router.route(route.path, (route.handler)().layer(compression())),
        _ => router.route(route.path, (route.handler)()),
    });
    let pages = pages::PAGES.iter();
    let routes = pages.fold(routes, |router, (path, handler)| router.route(path, handler().layer(compression())));
    routes
        .fallback(async || Problem::from(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        .layer(from_fn_with_state(Arc::clone(&receiver), around))
        .with_state(receiver)
}

/// Around every request: the rate limit, then the handler, then the numbers.
async fn around(State(receiver): State<Arc<Receiver>>, mut request: Request, next: Next) -> Response {
    // Who watches the receiver asks often and from one place; these answers cost next to nothing.
    let is_watching = matches!(request.uri().path(), "/healthz" | "/readyz");
    let admission = match receiver.limit.admit(&mut request, (receiver.clock)(), &receiver.key) {
        Admission::TooMany if is_watching => Admission::Granted,
        admission => admission,
    };
    let is_browser = pages::is_asked_for(&request);
    let response = match admission {
        Admission::Granted => next.run(request).await,
        Admission::TooMany => {
            receiver.metrics.limited();
            Problem::later(Code::RateLimited, 3600).into_response()
        }
        Admission::Blocked => {
            receiver.metrics.limited();
            Problem::at("", Code::Blocked, "network").into_response()
        }
    };
    receiver.metrics.answered(response.status());
    if is_browser { pages::instead_of_problem(&receiver, response) } else { response }
}

/// A header that may stand once, in ASCII.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> std::result::Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::at(name, Code::HeaderRepeated, ""));
    }
    value.to_str().map(Some).map_err(|_| Problem::at(name, Code::HeaderNotAscii, ""))
}

/// Who asks.
fn claim(receiver: &Receiver, headers: &HeaderMap, install: KeyedHash) -> std::result::Result<Credentials, Problem> {
    let name = header::AUTHORIZATION.as_str();
    let secret = single(headers, name)?
        .map(|value| secret::of_header(value).ok_or_else(|| Problem::at(name, Code::TokenInvalid, "")))
        .transpose()?;
    Ok(Credentials { install, secret: secret.map(|secret| receiver.key.secret(&install, &secret)) })
}

/// A document as an answer, with its keys in alphabetical order.
fn json_answer(document: &impl Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    match serde_json::to_value(document) {
        Ok(document) => (headers, document.to_string()).into_response(),
        Err(_) => Problem::from(Code::Internal).into_response(),
    }
}

#[cfg(test)]
mod public_tests;
#[cfg(test)]
mod tests;
