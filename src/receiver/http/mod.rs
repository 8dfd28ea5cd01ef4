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
pub mod server;

use crate::config::Settings;
use crate::day::Clock;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::metrics::Metrics;
use crate::secret;
use crate::signing::Signing;
use crate::store::{Claim, Keyed, Storage};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use gate::Gate;
use lasting::Lasting;
use network::{Admission, RateLimit};
use problem::Problem;
use serde_json::Value;
use std::sync::Arc;

/// All that handlers need.
pub struct Receiver {
    pub(crate) store: Arc<dyn Storage>,
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
    pub fn new(store: Arc<dyn Storage>, key: InstallKey, signing: Signing, settings: Settings, clock: Clock) -> Self {
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

/// Method, path and handler.
type Route = (&'static str, &'static str, fn() -> MethodRouter<Arc<Receiver>>);

/// All routes but pages. The OpenAPI document is checked against this list.
const ROUTES: &[Route] = &[
    ("post", "/log.php", || post(reports::log)),
    ("post", "/clear.php", || post(installs::clear)),
    ("post", "/api/v1/reports", || post(reports::json)),
    ("post", "/api/v1/clear", || post(installs::clear)),
    ("post", "/api/v1/held", || post(installs::held)),
    ("get", "/api/v1/policy", || get(info::policy)),
    ("get", "/api/v1/charts", || get(public::charts)),
    ("get", "/api/v1/charts/{id}", || get(public::chart)),
    ("get", "/api/v1/labels", || get(public::labels)),
    ("get", "/api/v1/pairs", || get(public::pairs_json)),
    ("get", "/api/v1/pairs.csv", || get(public::pairs_csv)),
    ("get", "/feed.atom", || get(public::feed)),
    ("get", "/data.php", || get(public::stock)),
    ("get", "/api/v1/keys", || get(info::keys)),
    ("get", "/api/v1/openapi.json", || get(info::openapi)),
    ("get", "/healthz", || get(info::healthz)),
    ("get", "/readyz", || get(info::readyz)),
    ("get", "/metrics", || get(info::metrics)),
];

/// The service. Requests without the extension [`network::Peer`] are not rate limited.
pub fn router(receiver: Arc<Receiver>) -> Router {
    let routes = ROUTES.iter().fold(Router::new(), |router, (_, path, handler)| router.route(path, handler()));
    let routes = pages::PAGES.iter().fold(routes, |router, (path, handler)| router.route(path, handler()));
    routes
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "path", "nothing is at this address"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "expected another method; see the OpenAPI document")
        })
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
            let detail = "too many requests from this network within an hour; try again later";
            Problem::later(StatusCode::TOO_MANY_REQUESTS, "rate", detail, 3600).into_response()
        }
        Admission::Blocked => {
            receiver.metrics.limited();
            let detail = "the operator takes nothing from this network";
            Problem::new(StatusCode::FORBIDDEN, "blocked", detail).into_response()
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
        return Err(Problem::header(name, "one_header", "expected this header once"));
    }
    value.to_str().map(Some).map_err(|_| Problem::header(name, "ascii", "expected a header in ASCII"))
}

/// Who asks.
fn claim(receiver: &Receiver, headers: &HeaderMap, install: Keyed) -> std::result::Result<Claim, Problem> {
    let name = header::AUTHORIZATION.as_str();
    let secret = single(headers, name)?
        .map(|value| {
            secret::of_header(value).ok_or_else(|| {
                Problem::header(name, "bearer", "expected `Bearer` and 32 bytes in hexadecimal or base64url")
            })
        })
        .transpose()?;
    Ok(Claim { install, secret: secret.map(|secret| receiver.key.secret(&install, &secret)) })
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

#[cfg(test)]
mod public_tests;
#[cfg(test)]
mod tests;
