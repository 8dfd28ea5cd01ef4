//! What a request for published data asks for.

use super::document::Preconditions;
use crate::code::Code;
use crate::http::problem::Problem;
use crate::publish::pairs::{Query, Sort};
use crate::publish::view::Window;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::ops::RangeInclusive;

/// Pairs in one answer: the maximum and the default.
const MAX_PAIRS: usize = 1000;
pub(super) const DEFAULT_PAIRS: usize = 100;

/// The query string, and the headers that decide the form of the answer.
pub(super) struct PublicQuery {
    parameters: BTreeMap<String, String>,
    pub(super) preconditions: Preconditions,
}

impl<S: Sync> FromRequestParts<S> for PublicQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let parameters = form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Ok(Self { parameters, preconditions: Preconditions::of(&parts.headers) })
    }
}

impl PublicQuery {
    /// A parameter that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The window.
    pub(super) fn window(&self) -> Result<Window, Problem> {
        self.text("window").map_or(Ok(Window::DEFAULT), |days| {
            Window::of(days).ok_or_else(|| Problem::at("window", Code::WindowInvalid, ""))
        })
    }

    fn number(&self, name: &'static str, default: usize, within: RangeInclusive<usize>) -> Result<usize, Problem> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let limits = || format!("{} to {}", within.start(), within.end());
        let number = text.parse().ok().filter(|number| within.contains(number));
        number.ok_or_else(|| Problem::at(name, Code::NumberInvalid, &limits()))
    }

    /// The filter and order of pairs, with offset and limit.
    pub(super) fn pairs(&self) -> Result<(Query, usize, usize), Problem> {
        let owned = |name| self.text(name).map(str::to_owned);
        let sort = self.text("sort").map_or(Ok(Sort::default()), |name| {
            Sort::of(name).ok_or_else(|| Problem::at("sort", Code::SortInvalid, ""))
        })?;
        let query = Query { os: owned("os"), descr: owned("descr"), object_id: owned("oid"), sort };
        Ok((query, self.number("offset", 0, 0..=10_000_000)?, self.number("limit", DEFAULT_PAIRS, 1..=MAX_PAIRS)?))
    }
}

/// The ID of a chart in the path.
pub(super) struct ChartId(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for ChartId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // Percent-encoded bytes that are not UTF-8 are the ID of no chart.
        let id = Path::<String>::from_request_parts(parts, state).await;
        id.map(|Path(id)| Self(id)).map_err(|_| Code::ChartNotFound.into())
    }
}
