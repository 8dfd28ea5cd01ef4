//! The public pages, rendered by the server: complete without scripts, under a strict content security policy.
//! Everything in them comes from [`crate::publish`]; [`layout`] is around them, [`svg`] draws.

mod graphs;
mod layout;
mod lists;
mod privacy;
mod svg;

use super::document::{Document, Kind};
use super::query::PublicQuery;
use crate::http::problem::Problem;
use crate::http::state::Receiver;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use maud::{Markup, html};
use std::sync::{Arc, LazyLock};

/// Path and handler.
type Page = (&'static str, fn() -> MethodRouter<Arc<Receiver>>);

/// Path and handler of each page, and of what pages are made with.
pub(in crate::http) const PAGES: &[Page] = &[
    ("/", || get(graphs::all)),
    ("/charts/{id}", || get(graphs::one)),
    ("/labels", || get(lists::labels)),
    ("/pairs", || get(lists::pairs)),
    ("/next", || get(lists::next)),
    ("/privacy", || get(privacy::privacy)),
    ("/graphs.css", || get(css)),
    ("/graphs.js", || get(js)),
    ("/icon.svg", || get(icon)),
];

static CSS: LazyLock<Document> =
    LazyLock::new(|| asset("text/css; charset=utf-8", include_str!("../../../../../www/graphs/graphs.css")));
static JS: LazyLock<Document> =
    LazyLock::new(|| asset("text/javascript; charset=utf-8", include_str!("../../../../../www/graphs/graphs.js")));
static ICON: LazyLock<Document> =
    LazyLock::new(|| asset("image/svg+xml", include_str!("../../../../../www/graphs/icon.svg")));

fn asset(media_type: &'static str, text: &str) -> Document {
    Document::new(Kind::Asset(media_type), text.to_owned())
}

async fn css(query: PublicQuery) -> Response {
    CSS.answer(&query.preconditions).await
}

async fn js(query: PublicQuery) -> Response {
    JS.answer(&query.preconditions).await
}

async fn icon(query: PublicQuery) -> Response {
    ICON.answer(&query.preconditions).await
}

/// A page as a document.
fn page(markup: Markup) -> Document {
    Document::new(Kind::Page, markup.into_string())
}

/// Whether a browser asks for a page.
pub(in crate::http) fn is_wanted(request: &Request) -> bool {
    let accepts = request.headers().get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    request.method() == Method::GET
        && !request.uri().path().starts_with("/api/")
        && accepts.flat_map(|value| value.split(',')).any(|kind| kind.trim().starts_with("text/html"))
}

/// A problem as a page; every other answer as it is.
pub(in crate::http) fn instead_of_problem(receiver: &Receiver, response: Response) -> Response {
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
    for (name, value) in Kind::Page.headers() {
        parts.headers.insert(name, HeaderValue::from_static(value));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, page.into())
}
