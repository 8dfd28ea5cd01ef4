//! Access control.
//!
//! On loopback, any page in a browser on this host could send requests here, and so could a host name that resolves to
//! 127.0.0.1. So `Host` must be exactly this address, and `Origin` must be this page's. Every request for data or
//! actions also needs the token, which only the printed URL has. It is a bearer token, since cookies are shared across
//! ports.
//!
//! Behind a web server, that server checks the login, and the origin is configured. Every request for data or actions
//! then needs a header that other origins cannot send without a CORS preflight.

use crate::code::Code;
use crate::error::{Error, Result};
use axum::http::{HeaderMap, Method, StatusCode, header};
use callback_collector::digest::sha256_hex;
use std::net::SocketAddr;

/// The header that distinguishes the page's own requests from forms and links on other pages.
pub(crate) const PREVIEW_HEADER: &str = "callback-preview";

/// The rules of a listener.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    hosts: Vec<String>,
    origins: Vec<String>,
    base: String,
    /// Digest of the token, so that comparing it takes constant time; `None` behind a login.
    token_sha256: Option<String>,
}

/// Why a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The code.
    pub code: Code,
    /// The message.
    pub why: &'static str,
}

/// A new token of 32 random bytes.
pub(crate) fn new_token() -> Result<String> {
    crate::store::holders::Secret::new().map(|secret| secret.reveal().to_owned())
}

impl Guard {
    /// The rules for a loopback address.
    pub(crate) fn loopback(address: SocketAddr, token: &str) -> Self {
        let hosts = vec![address.to_string(), format!("localhost:{}", address.port())];
        Self {
            origins: hosts.iter().map(|host| format!("http://{host}")).collect(),
            hosts,
            base: String::new(),
            token_sha256: Some(sha256_hex(token.as_bytes())),
        }
    }

    /// The rules behind a web server's login.
    pub(crate) fn proxy(origin: &str, base: &str) -> Result<Self> {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).unwrap_or_default();
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(Error::new(
                Code::OriginInvalid,
                "--origin: expected scheme and host without a path, for example https://librenms.example.org",
            ));
        }
        let base = base.trim_end_matches('/');
        let is_path = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        if (!base.is_empty() && !base.starts_with('/')) || base.contains("//") || !base.chars().all(is_path) {
            return Err(Error::new(Code::BaseInvalid, "--base: expected a path, for example /callback"));
        }
        Ok(Self {
            hosts: vec![host.to_ascii_lowercase()],
            origins: vec![origin.to_ascii_lowercase()],
            base: base.to_owned(),
            token_sha256: None,
        })
    }

    /// The path of the page; empty, or with a leading and without a trailing slash.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Checks a request. `is_protected` is true for data and actions, and false for the page's own files.
    pub(crate) fn check(
        &self,
        method: &Method,
        headers: &HeaderMap,
        is_protected: bool,
    ) -> std::result::Result<(), Refusal> {
        let refused = |status, code, why| Err(Refusal { status, code, why });
        let other_origin = || refused(StatusCode::FORBIDDEN, Code::CrossOrigin, "cross-origin request rejected");
        match only(headers, header::HOST.as_str()) {
            Some(Some(host)) if self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) => {}
            _ => return refused(StatusCode::MISDIRECTED_REQUEST, Code::HostNotAllowed, "unknown host name"),
        }
        let origin = only(headers, header::ORIGIN.as_str());
        match origin {
            None => {}
            Some(Some(origin)) if self.origins.iter().any(|own| own == origin) => {}
            _ => return other_origin(),
        }
        if !is_protected {
            return Ok(());
        }
        if !matches!(only(headers, "sec-fetch-site"), None | Some(Some("same-origin"))) {
            return other_origin();
        }
        if let Some(expected) = &self.token_sha256 {
            let bearer = only(headers, header::AUTHORIZATION.as_str()).flatten();
            let token = bearer.and_then(|bearer| bearer.strip_prefix("Bearer "));
            return match token.is_some_and(|token| sha256_hex(token.as_bytes()) == *expected) {
                true => Ok(()),
                false => refused(
                    StatusCode::UNAUTHORIZED,
                    Code::TokenRequired,
                    "token missing or expired; open the URL that `callback-agent serve` printed last",
                ),
            };
        }
        let has_preview_header = only(headers, PREVIEW_HEADER) == Some(Some("1"));
        let changes = *method != Method::GET && *method != Method::HEAD;
        if !has_preview_header || (changes && origin.is_none()) {
            return other_origin();
        }
        Ok(())
    }
}

/// The value of a header that may occur once; `Some(None)` if it occurs in a form that cannot be trusted.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    Some(first.to_str().ok().filter(|_| values.next().is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let line = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in lines.iter().map(line) {
            map.append(name, value);
        }
        map
    }

    fn status(guard: &Guard, method: &Method, lines: &[(&str, &str)], is_protected: bool) -> u16 {
        guard.check(method, &headers(lines), is_protected).map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn loopback_requests_need_the_right_host_origin_and_token() {
        let guard = Guard::loopback("127.0.0.1:8099".parse().unwrap(), "secret");
        let (host, token) = (("host", "127.0.0.1:8099"), ("authorization", "Bearer secret"));
        let own = ("origin", "http://127.0.0.1:8099");
        let check = |lines: &[(&str, &str)]| status(&guard, &Method::POST, lines, true);
        assert_eq!(check(&[host, token]), 200);
        assert_eq!(check(&[host, token, own, ("sec-fetch-site", "same-origin")]), 200);
        assert_eq!(check(&[("host", "localhost:8099"), token]), 200);
        // A rebound host name, another port, no `Host`, two of them.
        for other in ["evil.example:8099", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8099.evil.example", ""] {
            assert_eq!(check(&[("host", other), token]), 421, "{other}");
        }
        assert_eq!(check(&[token]), 421);
        assert_eq!(check(&[host, ("host", "evil.example"), token]), 421);
        for other in ["https://127.0.0.1:8099", "http://127.0.0.1:9000", "null", "http://evil.example"] {
            assert_eq!(check(&[host, token, ("origin", other)]), 403, "{other}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert_eq!(check(&[host, token, ("sec-fetch-site", site)]), 403, "{site}");
        }
        for wrong in ["", "Bearer ", "Bearer secre", "Bearer secrets", "bearer secret", "Basic secret"] {
            assert_eq!(check(&[host, ("authorization", wrong)]), 401, "{wrong}");
        }
        assert_eq!(check(&[host, token, token]), 401);
        assert_eq!(check(&[host, ("cookie", "token=secret")]), 401);
        // The page's own files hold no data of the install.
        assert_eq!(status(&guard, &Method::GET, &[host], false), 200);
        assert_eq!(status(&guard, &Method::GET, &[("host", "evil.example:8099")], false), 421);
    }

    #[test]
    fn requests_behind_a_login_need_the_right_origin_and_header() {
        let guard = Guard::proxy("https://nms.example.org", "/callback/").unwrap();
        assert_eq!(guard.base(), "/callback");
        let (host, origin, preview) =
            (("host", "nms.example.org"), ("origin", "https://nms.example.org"), ("callback-preview", "1"));
        let check = |method: &Method, lines: &[(&str, &str)]| status(&guard, method, lines, true);
        assert_eq!(check(&Method::GET, &[host, preview]), 200);
        assert_eq!(check(&Method::POST, &[host, preview, origin]), 200);
        assert_eq!(check(&Method::GET, &[host]), 403);
        assert_eq!(check(&Method::POST, &[host, preview]), 403);
        assert_eq!(check(&Method::POST, &[host, origin]), 403);
        assert_eq!(check(&Method::POST, &[host, preview, ("origin", "https://evil.example")]), 403);
        assert_eq!(check(&Method::GET, &[host, preview, ("sec-fetch-site", "same-site")]), 403);
        assert_eq!(check(&Method::GET, &[("host", "127.0.0.1"), preview]), 421);
    }

    #[test]
    fn invalid_origins_and_paths_are_rejected() {
        for origin in ["", "nms.example.org", "https://", "https://nms.example.org/", "https://a@b", "file:///x"] {
            assert!(Guard::proxy(origin, "/x").is_err(), "{origin}");
        }
        for base in ["x", "/a b", "//x", "/x?y", "/{x}"] {
            assert!(Guard::proxy("https://a", base).is_err(), "{base}");
        }
    }
}
