//! The public pages, made by the server: whole without a script, under a strict policy, in light and dark.
//! Everything in them comes from [`crate::publish`]; [`layout`] is around them, [`svg`] draws.

mod graphs;
mod layout;
mod lists;
mod prose;
mod svg;

use super::Receiver;
use super::public::Asked;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use maud::Markup;
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

/// What a page may load: its own style, its own script, its own data. Nothing from elsewhere, nothing within the page.
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

async fn css(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    Asked::new(&headers, query.as_deref()).answer("text/css; charset=utf-8", CSS.to_owned())
}

async fn js(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    Asked::new(&headers, query.as_deref()).answer("text/javascript; charset=utf-8", JS.to_owned())
}

async fn icon(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    Asked::new(&headers, query.as_deref()).answer("image/svg+xml", ICON.to_owned())
}
