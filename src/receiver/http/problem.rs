//! Errors as answers: problem+json (RFC 9457) that names the place and the rule, never a value of the request.

use crate::store::Access;
use crate::wire::{Refusal, RefusalKind};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    /// Where, as in `data.sensors[3].total` or the name of a header; empty for the whole.
    pub path: String,
    /// The rule that the request breaks, one word for programs.
    pub rule: &'static str,
    /// What was expected, or what to do.
    pub detail: String,
    /// Seconds after which to try again.
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem with the request as a whole.
    #[must_use]
    pub fn new(status: StatusCode, rule: &'static str, detail: &str) -> Self {
        Self { status, path: String::new(), rule, detail: detail.to_owned(), retry_after: None }
    }

    /// A problem with a header.
    #[must_use]
    pub fn header(name: &str, rule: &'static str, detail: &str) -> Self {
        Self { path: name.to_owned(), ..Self::new(StatusCode::BAD_REQUEST, rule, detail) }
    }

    /// Nothing is wrong with the request; it should come again.
    #[must_use]
    pub fn later(status: StatusCode, rule: &'static str, detail: &str, seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(status, rule, detail) }
    }

    /// The database cannot be used at the moment.
    #[must_use]
    pub fn store() -> Self {
        let detail = "the receiver cannot store anything at the moment; nothing was changed, try again later";
        Self::later(StatusCode::SERVICE_UNAVAILABLE, "store", detail, 600)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::Malformed => StatusCode::BAD_REQUEST,
            RefusalKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            RefusalKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            RefusalKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        let detail = format!("expected {}", refusal.expected);
        Self { path: refusal.path, ..Self::new(status, refusal.rule, &detail) }
    }
}

/// What was granted, or the problem with the claim.
///
/// # Errors
/// A [`Problem`] unless access was granted.
pub fn granted<T>(access: Access<T>) -> Result<T, Problem> {
    let (status, rule, detail) = match access {
        Access::Granted(granted) => return Ok(granted),
        Access::SecretMissing => (
            StatusCode::UNAUTHORIZED,
            "secret_missing",
            "this install has registered a secret; expected it as a bearer token in `Authorization`",
        ),
        Access::SecretWrong => {
            (StatusCode::FORBIDDEN, "secret_wrong", "expected the secret that this install has registered")
        }
        Access::ClearOnly => (
            StatusCode::FORBIDDEN,
            "clear_only",
            "expected a secret that came with the install's first report; another one gives the right to clear only",
        ),
        Access::Blocked => (StatusCode::FORBIDDEN, "blocked", "the operator takes no reports of this install"),
    };
    Err(Problem::new(status, rule, detail))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "path": self.path,
            "rule": self.rule,
        });
        let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (self.status, headers, body.to_string()).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // For whoever makes a page of it.
        response.extensions_mut().insert(self);
        response
    }
}
