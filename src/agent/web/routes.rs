//! The routes, and the headers of every response.

use super::files::{self, CONTENT_SECURITY_POLICY};
use super::guard::Guard;
use super::service::{Answer, Job, PreviewService};
use crate::code::{Code, Exit};
use crate::error::{Error, Reason, Result};
use crate::sandbox::module::Module;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post};
use callback_protocol::problem::{MEDIA_TYPE, Problem};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tower_http::compression::CompressionLayer;

/// Maximum size of a request body, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Timeout for a request body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Passes requests to the service.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    jobs: mpsc::Sender<Job>,
    start: Instant,
    /// Seconds from the start to the last request.
    last: Arc<AtomicU64>,
    /// Number of unfinished requests.
    under_way: Arc<AtomicU64>,
}

/// An unfinished request.
struct UnderWay(Dispatcher);

impl UnderWay {
    fn begin(dispatcher: &Dispatcher) -> Self {
        dispatcher.under_way.fetch_add(1, Ordering::Relaxed);
        Self(dispatcher.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.heard();
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Dispatcher {
    /// A dispatcher that sends jobs to a channel.
    pub(crate) fn new(jobs: mpsc::Sender<Job>) -> Self {
        Self { jobs, start: Instant::now(), last: Arc::default(), under_way: Arc::default() }
    }

    fn heard(&self) {
        self.last.store(self.start.elapsed().as_secs(), Ordering::Relaxed);
    }

    /// Completes when there was no request for `idle`; never without a limit.
    pub(crate) async fn idle_for(&self, idle: Option<Duration>) {
        let Some(idle) = idle else { return std::future::pending().await };
        loop {
            if self.under_way.load(Ordering::Relaxed) > 0 {
                self.heard();
            }
            let last = Duration::from_secs(self.last.load(Ordering::Relaxed));
            match (last + idle).checked_sub(self.start.elapsed()) {
                Some(rest) if !rest.is_zero() => tokio::time::sleep(rest).await,
                _ => return,
            }
        }
    }

    /// Runs a job on the service, and returns its answer.
    async fn ask<F, Fut>(&self, work: F) -> Response
    where
        F: FnOnce(Rc<PreviewService>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer>>,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |service| {
            Box::pin(async move {
                // If the client has disconnected, the job is still completed.
                let _ = answer.send(work(service).await);
            })
        });
        let done = self.jobs.send(job).await.is_ok();
        match answered.await {
            Ok(Ok(Answer::Json(value))) => json_response(StatusCode::OK, "application/json", &value),
            Ok(Ok(Answer::Bytes(kind, bytes))) => {
                ([(header::CONTENT_TYPE, kind)], Body::from(Bytes::from_owner(bytes))).into_response()
            }
            Ok(Ok(Answer::Gone(Reason { code, text }))) => problem(StatusCode::GONE, code, &text),
            Ok(Err(error)) => problem(status(&error), error.code(), error.message()),
            Err(_) if done => problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                Code::Internal,
                "internal error; the request may have been carried out in part",
            ),
            Err(_) => problem(StatusCode::SERVICE_UNAVAILABLE, Code::ShuttingDown, "the agent is shutting down"),
        }
    }
}

/// The router of all routes.
pub(crate) fn router(dispatcher: Dispatcher, guard: Guard, module: Arc<Module>) -> Router {
    let api = Router::new()
        .route("/module", get(move || module_bytes(Arc::clone(&module))))
        .route(
            "/state",
            get(async |State(dispatcher): State<Dispatcher>| {
                dispatcher.ask(async |service| service.state().await).await
            }),
        )
        .route(
            "/snapshots",
            post(async |State(dispatcher): State<Dispatcher>| {
                dispatcher.ask(async |service| service.snapshot().await).await
            }),
        )
        .route("/snapshots/{id}/facts", get(facts))
        .route(
            "/ledger",
            get(async |State(dispatcher): State<Dispatcher>| {
                dispatcher.ask(async |service| service.ledger().await).await
            }),
        )
        .route("/ledger/{id}/payload", get(payload))
        .route("/consent", post(enable))
        .route(
            "/consent",
            delete(async |State(dispatcher): State<Dispatcher>| {
                dispatcher.ask(async |service| service.disable().await).await
            }),
        )
        .route("/clear", post(clear))
        .route(
            "/clear",
            delete(async |State(dispatcher): State<Dispatcher>| {
                dispatcher.ask(async |service| service.cancel_clear().await).await
            }),
        )
        .route("/send", post(send))
        .route("/", any(nothing_there))
        .route("/{*path}", any(nothing_there))
        .with_state(dispatcher.clone());
    let pages = Router::new().nest("/api", api).route("/", get(async || file("")));
    let pages = pages.route("/{name}", get(async |Path(name): Path<String>| file(&name)));
    let base = guard.base().to_owned();
    let router = match base.as_str() {
        "" => pages,
        // Without the trailing slash, the page's relative URLs would not work.
        _ => {
            let to = format!("{base}/");
            let nested = Router::new().nest(&to, pages);
            nested.route(&base, get(async move || axum::response::Redirect::permanent(&to)))
        }
    };
    let guard = Arc::new((guard, format!("{base}/api"), dispatcher));
    // The module is 0.9 MB, the facts of a large install 10 MB: admins may read both through a slow line.
    router.fallback(nothing_there).layer(CompressionLayer::new()).layer(middleware::from_fn_with_state(guard, guarded))
}

async fn guarded(State(guard): State<Arc<(Guard, String, Dispatcher)>>, request: Request, next: Next) -> Response {
    let (guard, api, dispatcher) = &*guard;
    let is_protected =
        request.uri().path().strip_prefix(api.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut response = match guard.check(request.method(), request.headers(), is_protected) {
        Ok(()) => match whole(request).await {
            Ok(request) => {
                let _under_way = UnderWay::begin(dispatcher);
                next.run(request).await
            }
            Err((status, code)) => problem(status, code, "expected at most 1 MiB within 10 seconds"),
        },
        Err(refusal) => problem(refusal.status, refusal.code, refusal.why),
    };
    let set = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        set.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Reads the whole body of a request.
async fn whole(request: Request) -> std::result::Result<Request, (StatusCode, Code)> {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, MAX_BODY)).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, Code::BodyTooLarge)),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, Code::BodyTimeout)),
    }
}

async fn module_bytes(module: Arc<Module>) -> Response {
    let bytes = match &module.bytes {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => Bytes::copy_from_slice(bytes),
    };
    ([(header::CONTENT_TYPE, "application/wasm")], bytes).into_response()
}

async fn facts(State(dispatcher): State<Dispatcher>, Path(id): Path<String>) -> Response {
    dispatcher.ask(async move |service| Ok(service.facts(&id))).await
}

async fn payload(State(dispatcher): State<Dispatcher>, Path(id): Path<String>) -> Response {
    dispatcher.ask(async move |service| service.payload(id.parse().unwrap_or(-1)).await).await
}

async fn enable(State(dispatcher): State<Dispatcher>, body: Bytes) -> Response {
    match read(&body) {
        Ok(request) => dispatcher.ask(async move |service| service.enable(request).await).await,
        Err(response) => *response,
    }
}

async fn clear(State(dispatcher): State<Dispatcher>, body: Bytes) -> Response {
    match read(&body) {
        Ok(request) => dispatcher.ask(async move |service| service.clear(request).await).await,
        Err(response) => *response,
    }
}

async fn send(State(dispatcher): State<Dispatcher>, body: Bytes) -> Response {
    match read(&body) {
        Ok(request) => dispatcher.ask(async move |service| service.send(request).await).await,
        Err(response) => *response,
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> std::result::Result<T, Box<Response>> {
    // serde_json's message might quote the body.
    serde_json::from_slice(body).map_err(|_| {
        Box::new(problem(
            StatusCode::BAD_REQUEST,
            Code::BodyInvalid,
            "the request body is not the expected JSON document",
        ))
    })
}

fn file(name: &str) -> Response {
    match files::find(name) {
        Some((kind, bytes)) => ([(header::CONTENT_TYPE, kind)], Bytes::from_static(bytes)).into_response(),
        None if name.is_empty() => problem(
            StatusCode::NOT_FOUND,
            Code::PageMissing,
            "this build does not include the preview page; run `cargo xtask assets` and build again",
        ),
        None => problem(StatusCode::NOT_FOUND, Code::NotFound, "not found"),
    }
}

async fn nothing_there() -> Response {
    problem(StatusCode::NOT_FOUND, Code::NotFound, "not found")
}

const fn status(error: &Error) -> StatusCode {
    match error.exit() {
        Exit::NotAllowed | Exit::Busy => StatusCode::CONFLICT,
        Exit::Config => StatusCode::UNPROCESSABLE_ENTITY,
        Exit::Module if matches!(error.code(), Code::FactsRejected) => StatusCode::UNPROCESSABLE_ENTITY,
        Exit::Receiver => StatusCode::BAD_GATEWAY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A problem (RFC 9457).
fn problem(status: StatusCode, code: Code, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    json_response(status, MEDIA_TYPE, &json!(Problem::new(status.as_u16(), title, code.as_str(), detail)))
}

fn json_response(status: StatusCode, kind: &'static str, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, kind)], value.to_string()).into_response()
}
