//! HTTP, by audience: `ingest` is for installs, [`public`] for everybody, `ops` for the operator. [`limits`] is the one
//! place that reads a client's address, and discards it; handlers never see it.

mod discard;
mod headers;
mod ingest;
pub mod limits;
pub mod openapi;
mod operation;
mod ops;
pub mod problem;
pub mod public;
mod state;

pub use state::Receiver;

use crate::code::Code;
use crate::metrics::Audience;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use axum::{Extension, Router};
use discard::UnreadBody;
use limits::Verdict;
use operation::Route;
use problem::Problem;
use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

/// The service. Requests without the extension [`limits::Peer`] are not rate limited.
pub fn router(receiver: Arc<Receiver>) -> Router {
    let api =
        |routes: &[Route], audience| routes_of(routes.iter().map(|route| (route.path, (route.handler)())), audience);
    let pages = public::pages::PAGES.iter().map(|(path, handler)| (*path, handler()));
    api(ingest::ROUTES, Audience::Ingest)
        .merge(api(public::ROUTES, Audience::Public))
        .merge(routes_of(pages, Audience::Public))
        .merge(api(ops::ROUTES, Audience::Operator))
        .fallback(async || Problem::from(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        .layer(Extension(openapi::Published(Arc::new(openapi::document()))))
        .layer(from_fn_with_state(Arc::clone(&receiver), around))
        .with_state(receiver)
}

/// Routes whose responses say for whom they are.
fn routes_of(
    routes: impl Iterator<Item = (&'static str, MethodRouter<Arc<Receiver>>)>,
    audience: Audience,
) -> Router<Arc<Receiver>> {
    routes.fold(Router::new(), |router, (path, handler)| router.route(path, handler)).layer(map_response(
        move |mut response: Response| {
            response.extensions_mut().insert(audience);
            ready(response)
        },
    ))
}

/// Around every request: the limits, then the handler, then metrics.
async fn around(State(receiver): State<Arc<Receiver>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let verdict = receiver.limits.admit(&mut request, (receiver.clock)(), &receiver.key);
    let is_browser = public::pages::is_wanted(&request);
    let unread = UnreadBody::share(&mut request);
    let response = match verdict {
        Verdict::Granted => next.run(request).await,
        Verdict::TooMany => {
            receiver.metrics.limited();
            Problem::later(Code::RateLimited, 3600).into_response()
        }
        Verdict::Blocked => {
            receiver.metrics.limited();
            Problem::at("", Code::Blocked, "network").into_response()
        }
    };
    // A client whose body is too slow is not waited for again.
    if let Some(unread) = unread.filter(|_| response.status() != StatusCode::REQUEST_TIMEOUT) {
        unread.discard().await;
    }
    let audience = response.extensions().get().copied().unwrap_or(Audience::Nobody);
    receiver.metrics.answered(response.status(), audience, begun.elapsed());
    if is_browser { public::pages::instead_of_problem(&receiver, response) } else { response }
}

#[cfg(test)]
mod public_tests;
#[cfg(test)]
mod tests;
