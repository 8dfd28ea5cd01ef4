//! Errors as answers: problem+json (RFC 9457) that names the place and the code, never a value of the request.

use crate::code::{Code, Outcome};
use crate::store::Access;
use crate::wire::Refusal;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use callback_protocol::problem::MEDIA_TYPE;
use serde::Serialize;

/// An error as an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub code: Code,
    /// Where, as in `data.sensors[3].total` or the name of a header; empty for the whole request.
    pub path: String,
    /// What was expected, or what to do.
    pub detail: String,
    /// Seconds after which to retry.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem at a place, with what its message needs.
    #[must_use]
    pub fn at(path: impl Into<String>, code: Code, detail: &str) -> Self {
        Self { code, path: path.into(), detail: code.describe(detail), retry_after: None }
    }

    /// Nothing is wrong with the request; the client should retry.
    #[must_use]
    pub fn later(code: Code, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..code.into() }
    }

    /// The database is unavailable.
    #[must_use]
    pub fn store() -> Self {
        Self::later(Code::StoreUnavailable, 600)
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let status = match self.code.outcome() {
            Outcome::Answer { status, .. } => StatusCode::from_u16(status).ok(),
            Outcome::Exit(_) => None,
        };
        status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::at("", code, "")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::at(refusal.path, refusal.code, refusal.detail)
    }
}

/// The granted access, or why it was refused.
///
/// # Errors
/// A [`Problem`] unless access was granted.
pub fn granted<T>(access: Access<T>) -> Result<T, Problem> {
    match access {
        Access::Granted(granted) => Ok(granted),
        Access::SecretMissing => Err(Code::SecretMissing.into()),
        Access::SecretWrong => Err(Code::SecretWrong.into()),
        Access::ClearOnly => Err(Code::ClearOnly.into()),
        Access::Blocked => Err(Problem::at("", Code::Blocked, "install")),
    }
}

/// A document as an answer, with its keys in alphabetical order.
pub(super) fn json_answer(document: &impl Serialize) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    match serde_json::to_value(document) {
        Ok(document) => (headers, document.to_string()).into_response(),
        Err(_) => Problem::from(Code::Internal).into_response(),
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let rule = match self.code.outcome() {
            Outcome::Answer { rule, .. } => rule,
            Outcome::Exit(_) => "",
        };
        let problem = callback_protocol::Problem {
            path: self.path.clone(),
            rule: Some(rule.to_owned()),
            ..callback_protocol::Problem::new(
                status.as_u16(),
                status.canonical_reason().unwrap_or("Error"),
                self.code.as_str(),
                &self.detail,
            )
        };
        let body = serde_json::to_value(problem).unwrap_or_default().to_string();
        let headers = [(header::CONTENT_TYPE, MEDIA_TYPE), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For browsers, which get a page instead.
        response.extensions_mut().insert(self);
        response
    }
}
