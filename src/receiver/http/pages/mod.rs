//! The public pages, rendered by the server: complete without scripts, under a strict content security policy.
//! Everything in them comes from [`crate::publish`]; [`layout`] is around them, [`svg`] draws.

mod graphs;
mod layout;
mod lists;
mod prose;
mod svg;

use super::Receiver;
use super::problem::Problem;
use super::public::Asked;
use axum::extract::{RawQuery, Request};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use maud::{Markup, html};
use std::sync::Arc;

/// Path and handler.
type Page = (&'static str, fn() -> MethodRouter<Arc<Receiver>>);

/// Path and handler of each page, and of what pages are made with.
pub(super) const PAGES: &[Page] = &[
    ("/", || get(graphs::all)),
    ("/charts/{id}", || get(graphs::one)),
    ("/labels", || get(lists::labels)),
    ("/pairs", || get(lists::pairs)),
    ("/next", || get(lists::next)),
    ("/privacy", || get(prose::privacy)),
    ("/graphs.css", || get(css)),
    ("/graphs.js", || get(js)),
    ("/icon.svg", || get(icon)),
];

const CSS: &str = include_str!("../../../../www/graphs/graphs.css");
const JS: &str = include_str!("../../../../www/graphs/graphs.js");

const ICON: &str = include_str!("../../../../www/graphs/icon.svg");

/// A page may load its own style, script and data: nothing inline and nothing from other sites.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page as an answer.
fn page(asked: &Asked, markup: Markup) -> Response {
    let mut response = asked.answer("text/html; charset=utf-8", markup.into_string());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Whether a browser asks for a page.
pub(super) fn is_asked_for(request: &Request) -> bool {
    let accepts = request.headers().get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    request.method() == Method::GET
        && !request.uri().path().starts_with("/api/")
        && accepts.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}

/// A problem as a page; every other answer as it is.
pub(super) fn instead_of_problem(receiver: &Receiver, response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Some(problem) = parts.extensions.remove::<Problem>() else { return Response::from_parts(parts, body) };
    let title = problem.status().canonical_reason().unwrap_or("Error");
    let mut detail = problem.detail.chars();
    let first = detail.next().into_iter().flat_map(char::to_uppercase);
    let markup = html! {
        h1 { (title) }
        p { (first.chain(detail).collect::<String>()) @if !problem.path.is_empty() { " (" code { (problem.path) } ")" } "." }
        p { a href="/" { "All graphs" } }
    };
    let page = layout::layout(receiver, title, "", &markup).into_string();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        parts.headers.insert(name, HeaderValue::from_static(value));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, page.into())
}

async fn css(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    Asked::new(&headers, query.as_deref()).answer("text/css; charset=utf-8", CSS.to_owned())
}

async fn js(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    Asked::new(&headers, query.as_deref()).answer("text/javascript; charset=utf-8", JS.to_owned())
}

async fn icon(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    Asked::new(&headers, query.as_deref()).answer("image/svg+xml", ICON.to_owned())
}
