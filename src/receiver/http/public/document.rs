//! A public answer with its ETag, compressed at most once, and the request headers that select its form.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::io::Write;
use tokio::sync::OnceCell;

/// Seconds for which answers may be cached. After that, hidden, deleted and expired data is gone from every cache.
pub(in crate::http) const MAX_AGE: u32 = 300;

/// Size from which compression pays.
const COMPRESS_FROM: usize = 1024;

/// Size from which compression must not occupy a thread that serves other requests.
const COMPRESS_APART_FROM: usize = 64 << 10;

/// A page may load its own style, script and data: nothing inline and nothing from other sites.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a document is; it decides the headers.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// An HTML page.
    Page,
    /// Data of this media type, which pages of other sites may read too.
    Data(&'static str),
    /// A file that pages load, of this media type.
    Asset(&'static str),
}

impl Kind {
    pub(super) const JSON: Self = Self::Data("application/json");
    pub(super) const CSV: Self = Self::Data("text/csv; charset=utf-8");
    pub(super) const ATOM: Self = Self::Data("application/atom+xml; charset=utf-8");

    pub(super) fn headers(self) -> Vec<(HeaderName, &'static str)> {
        let mut headers = vec![(header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
        headers.extend(match self {
            Self::Page => vec![
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
                (header::REFERRER_POLICY, "no-referrer"),
            ],
            Self::Data(media_type) => {
                vec![(header::CONTENT_TYPE, media_type), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")]
            }
            Self::Asset(media_type) => vec![(header::CONTENT_TYPE, media_type)],
        });
        headers
    }
}

/// A public answer.
pub(super) struct Document {
    kind: Kind,
    etag: String,
    body: Bytes,
    gzip: OnceCell<Bytes>,
}

impl Document {
    pub(super) fn new(kind: Kind, body: String) -> Self {
        let hash = Sha256::digest(body.as_bytes());
        let etag = data_encoding::HEXLOWER.encode(&hash[..12]);
        Self { kind, etag, body: body.into(), gzip: OnceCell::new() }
    }

    /// The response: 304 if the client has this document, else the document in an encoding that the client accepts.
    pub(super) async fn answer(&self, preconditions: &Preconditions) -> Response {
        let mut response = if preconditions.has(&self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if preconditions.accepts_gzip && self.body.len() >= COMPRESS_FROM {
            ([(header::CONTENT_ENCODING, "gzip")], self.compressed().await).into_response()
        } else {
            self.body.clone().into_response()
        };
        let headers = response.headers_mut();
        for (name, value) in self.kind.headers() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let cache_control = format!("public, max-age={MAX_AGE}");
        for (name, value) in [(header::ETAG, format!("W/\"{}\"", self.etag)), (header::CACHE_CONTROL, cache_control)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }

    async fn compressed(&self) -> Bytes {
        let compress = async || {
            let body = self.body.clone();
            if body.len() < COMPRESS_APART_FROM {
                return gzip(&body);
            }
            // Compression of bytes in memory cannot fail or panic.
            tokio::task::spawn_blocking(move || gzip(&body)).await.unwrap_or_default()
        };
        self.gzip.get_or_init(compress).await.clone()
    }
}

fn gzip(body: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory cannot fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default().into()
}

/// Request headers that select the form of an answer.
pub(super) struct Preconditions {
    if_none_match: Option<String>,
    accepts_gzip: bool,
}

impl Preconditions {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let list = |name| {
            let values = headers.get_all(name).iter().filter_map(|value: &HeaderValue| value.to_str().ok());
            values.collect::<Vec<_>>().join(",")
        };
        let if_none_match = headers.contains_key(header::IF_NONE_MATCH).then(|| list(header::IF_NONE_MATCH));
        Self { if_none_match, accepts_gzip: accepts_gzip(&list(header::ACCEPT_ENCODING)) }
    }

    /// Whether the client has the document with this ETag, by weak comparison (RFC 9110, 8.8.3.2).
    fn has(&self, etag: &str) -> bool {
        let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == etag;
        let tags = self.if_none_match.iter().flat_map(|tags| tags.split(',')).map(str::trim);
        tags.into_iter().any(|tag| tag == "*" || opaque(tag))
    }
}

/// Whether a client accepts gzip (RFC 9110, 12.5.3): by its own name, else by `*`.
fn accepts_gzip(accept_encoding: &str) -> bool {
    let weight = |wanted: &[&str]| {
        accept_encoding.split(',').find_map(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let is_wanted = wanted.iter().any(|wanted| name.trim().eq_ignore_ascii_case(wanted));
            let weight =
                || parameters.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim().parse().ok();
            is_wanted.then(|| weight().unwrap_or(1.0_f32))
        })
    };
    weight(&["gzip", "x-gzip"]).or_else(|| weight(&["*"])).is_some_and(|weight| weight > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_used_only_where_the_client_accepts_it() {
        for accepted in ["gzip", "br, gzip", "GZIP;q=0.5, br", "x-gzip", "*", "identity;q=0.5, *;q=0.1", "gzip;q=1.0"] {
            assert!(accepts_gzip(accepted), "{accepted}");
        }
        for other in ["", "br", "identity", "gzip;q=0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "deflate;q=1"] {
            assert!(!accepts_gzip(other), "{other}");
        }
    }

    #[tokio::test]
    async fn a_document_is_compressed_once() {
        let document = Document::new(Kind::JSON, "[]".repeat(50_000));
        let (first, again) = (document.compressed().await, document.compressed().await);
        assert_eq!(first.as_ptr(), again.as_ptr());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&first[..]), &mut text).unwrap();
        assert_eq!(text.as_bytes(), document.body);
    }

    #[test]
    fn etags_are_compared_weakly() {
        let has = |value: &str| {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().unwrap())]);
            Preconditions::of(&headers).has("ab12")
        };
        for tag in ["\"ab12\"", "W/\"ab12\"", "\"x\", \"ab12\"", "*"] {
            assert!(has(tag), "{tag}");
        }
        assert!(!has("\"ab13\"") && !has("W/\"x\""));
        assert!(!Preconditions::of(&HeaderMap::new()).has("ab12"));
    }
}
