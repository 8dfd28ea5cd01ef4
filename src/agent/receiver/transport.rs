//! HTTP requests: proxies, the system's certificates, timeouts. Redirects are never followed.

use crate::code::Code;
use crate::error::Reason;
use crate::files::why;
use crate::librenms::Settings;
use crate::receiver::proxy::{self, Proxy};
use crate::receiver::stage::{self, Progress, Stage};
use crate::receiver::without_query;
use jiff::Timestamp;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::Read;
use std::time::Duration;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

/// Maximum size of an answer, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// Timeout for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Timeout for an optional request.
const OPTIONAL_TIMEOUT: Duration = Duration::from_secs(10);

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered.
    Status {
        /// HTTP status.
        status: u16,
        /// The value of `Retry-After`.
        retry_after: Option<Duration>,
        /// The body; empty if the connection was lost.
        text: String,
    },
    /// The request did not reach the receiver.
    NotReached(Reason),
    /// The request was sent, but no answer came.
    Lost(Reason),
}

/// An HTTP client for one receiver.
pub struct Transport {
    agent: ureq::Agent,
    progress: Progress,
    proxy: Option<Proxy>,
    /// Why no request is made: the configured proxy cannot be used.
    refused: Option<String>,
}

impl Transport {
    /// A client for a URL, through the proxy of the environment or of LibreNMS's settings.
    #[must_use]
    pub fn new(url: &str, settings: Option<&Settings>, timeout: Duration) -> Self {
        let (proxy, refused) = match proxy::choose(url, settings) {
            Ok(proxy) => (proxy, None),
            Err(why) => (None, Some(why)),
        };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT.min(timeout)))
            .timeout_global(Some(timeout))
            .user_agent(concat!("callback-agent/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy.as_ref().map(|proxy| proxy.proxy.clone()))
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .build();
        let progress = Progress::new();
        Self { agent: stage::agent(config, &progress), progress, proxy, refused }
    }

    /// Sends a form.
    #[must_use]
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask(url, || self.sent(url, headers, body), read)
    }

    /// Sends a form and searches the answer, of any length, for a string. The answer's text is that string if it was
    /// found, otherwise empty.
    #[must_use]
    pub fn post_and_find(&self, url: &str, headers: &[(&str, &str)], body: &str, text: &str) -> Answer {
        self.ask(url, || self.sent(url, headers, body), |reader| find(reader, text))
    }

    fn ask(
        &self,
        url: &str,
        request: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
        read: impl FnOnce(&mut dyn Read) -> String,
    ) -> Answer {
        // Bypassing a configured proxy would reveal a different address to the receiver and to firewalls.
        if let Some(why) = &self.refused {
            return Answer::NotReached(Reason::new(Code::ProxyInvalid, why));
        }
        self.progress.enter(Stage::Resolve);
        match request() {
            Ok(mut answer) => {
                let retry_after = answer.headers().get("retry-after").and_then(|value| seconds(value.to_str().ok()?));
                let text = read(&mut answer.body_mut().as_reader());
                Answer::Status { status: answer.status().as_u16(), retry_after, text }
            }
            Err(error) => failed(url, self.progress.stage(), self.proxy.as_ref(), &error),
        }
    }

    fn sent(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut request = self.agent.post(url).header("Content-Type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send(body)
    }

    /// Sends a GET request.
    #[must_use]
    pub fn get(&self, url: &str) -> Answer {
        self.ask(url, || self.agent.get(url).call(), read)
    }

    /// Sends a GET request, and records the server's `Date`.
    #[must_use]
    pub(crate) fn probe(&self, url: &str) -> (Answer, Option<Timestamp>) {
        let date = Cell::new(None);
        let request = || {
            let answer = self.agent.get(url).call()?;
            date.set(answer.headers().get("date").and_then(|value| http_date(value.to_str().ok()?)));
            Ok(answer)
        };
        (self.ask(url, request, read), date.get())
    }

    /// The proxy with the setting that names it, without user and password; or why it cannot be used.
    pub(crate) fn proxy_place(&self) -> Result<Option<String>, &str> {
        match &self.refused {
            Some(why) => Err(why),
            None => Ok(self.proxy.as_ref().map(Proxy::place)),
        }
    }
}

/// Sends a GET request with a short timeout, on its own thread because the client blocks.
pub(crate) async fn get(url: &str, settings: Option<&Settings>) -> Answer {
    let (transport, url) = (Transport::new(url, settings, OPTIONAL_TIMEOUT), url.to_owned());
    let answer = tokio::task::spawn_blocking(move || transport.get(&url)).await;
    answer.unwrap_or_else(|_| Answer::Lost(Reason::new(Code::Internal, "the request was interrupted")))
}

/// Reads the start of an answer. If the connection is lost after the status line, the report was still accepted.
fn read(reader: &mut dyn Read) -> String {
    let mut bytes = Vec::new();
    let _ = reader.take(MAX_ANSWER).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Searches a stream for a string.
fn find(reader: &mut dyn Read, text: &str) -> String {
    let (mut window, mut chunk) = (Vec::new(), [0; 16 << 10]);
    while let Ok(length @ 1..) = reader.read(&mut chunk) {
        window.extend_from_slice(&chunk[..length]);
        if window.windows(text.len().max(1)).any(|bytes| bytes == text.as_bytes()) {
            return text.to_owned();
        }
        // The string may span two chunks.
        window.drain(..window.len().saturating_sub(text.len()));
    }
    String::new()
}

/// A `Retry-After`: seconds, or a date.
fn seconds(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(value)?;
    Some(Duration::try_from(date.duration_since(crate::clock::now())).unwrap_or_default())
}

/// The time in a header such as `Date`.
fn http_date(value: &str) -> Option<Timestamp> {
    Some(jiff::fmt::rfc2822::parse(value.trim()).ok()?.timestamp())
}

/// Interprets an error: whether the receiver may have the request, and what the admin can do.
fn failed(url: &str, stage: Stage, proxy: Option<&Proxy>, error: &ureq::Error) -> Answer {
    let place = without_query(url);
    if stage == Stage::Request {
        let text = match error {
            ureq::Error::Timeout(_) => format!("{place} did not answer in time"),
            ureq::Error::Io(error) => format!("no answer from {place}: {}", why(error)),
            _ => format!("the answer from {place} is not HTTP"),
        };
        return Answer::Lost(Reason::new(Code::ReceiverNoAnswer, text));
    }
    if matches!(error, ureq::Error::BadUri(_) | ureq::Error::Http(_)) {
        return Answer::NotReached(Reason::new(Code::ReceiverUrlInvalid, "the receiver's URL is not valid"));
    }
    let uri = url.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or(place);
    let timed_out = matches!(error, ureq::Error::Timeout(_));
    let cause = cause(error);
    let (code, text) = match (stage, proxy) {
        (Stage::ResolveProxy, Some(proxy)) => (
            Code::ProxyUnreachable,
            format!("cannot resolve the proxy {}: {cause}; check that setting and DNS", proxy.host()),
        ),
        (Stage::Proxy, Some(proxy)) => (
            Code::ProxyUnreachable,
            format!("cannot connect to \"{host}\" through the proxy {}: {cause}; check the proxy", proxy.place()),
        ),
        (Stage::Tls, _) => match certificate(error) {
            Some(why) => (
                Code::ReceiverCertificate,
                format!(
                    "the TLS certificate of {place} was rejected: {why}; check the URL, and this host's clock and CA \
                     certificates"
                ),
            ),
            None => (
                Code::ReceiverTls,
                format!("the TLS handshake with \"{host}\" failed: {cause}; check the URL, the port and any firewall"),
            ),
        },
        (Stage::Connect, _) if timed_out => {
            (Code::ReceiverTimeout, format!("connecting to {place} timed out; check the network and any firewall"))
        }
        (Stage::Connect, _) => (
            Code::ReceiverUnreachable,
            format!("cannot connect to {place}: {cause}; check the URL, the network and any firewall"),
        ),
        _ => (Code::ReceiverNotResolved, format!("cannot resolve \"{host}\": {cause}; check the URL and DNS")),
    };
    Answer::NotReached(Reason::new(code, text))
}

/// The cause of a connection error, in a few words. Of what a server sent, it contains only a status.
fn cause(error: &ureq::Error) -> Cow<'static, str> {
    match error {
        ureq::Error::Timeout(_) => "timed out".into(),
        ureq::Error::HostNotFound => "it has no IP address".into(),
        // ureq gives the status as `…/407`, or says that there was none.
        ureq::Error::ConnectProxyFailed(text) => match text.rsplit('/').next().and_then(|word| word.parse().ok()) {
            Some(407_u16) => "the proxy answered 407 and requires a user and password".into(),
            Some(status) => format!("the proxy answered {status}").into(),
            None => "the proxy closed the connection without an answer".into(),
        },
        ureq::Error::Protocol(_) => "its answer is not that of an HTTP proxy".into(),
        ureq::Error::Io(error) => match tls(error) {
            Some(rustls::Error::AlertReceived(alert)) => format!("the other side ended it with alert {alert:?}").into(),
            Some(rustls::Error::InvalidMessage(_)) => "the answer is not TLS".into(),
            Some(_) => "the two sides cannot agree".into(),
            // Only errors of the resolver and of SOCKS proxies have a text but no number. The text is always ureq's or
            // libc's.
            None if error.raw_os_error().is_none() && error.kind() != std::io::ErrorKind::UnexpectedEof => {
                let text = error.to_string();
                text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned().into()
            }
            None => why(error).into(),
        },
        _ => "the connection failed".into(),
    }
}

/// The TLS library's error within an error.
fn tls(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Why a certificate was rejected, if it was.
fn certificate(error: &ureq::Error) -> Option<&'static str> {
    use rustls::CertificateError;
    let error = match error {
        ureq::Error::Io(error) => tls(error)?,
        ureq::Error::Rustls(error) => error,
        _ => return None,
    };
    match error {
        rustls::Error::InvalidCertificate(why) => Some(match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "it is for a different host name"
            }
            CertificateError::UnknownIssuer => "its issuer is not trusted",
            CertificateError::Revoked => "it is revoked",
            _ => "it is not valid",
        }),
        rustls::Error::NoCertificatesPresented => Some("the server sent none"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(seconds(" 90 "), Some(Duration::from_secs(90)));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn a_string_is_found_anywhere_in_a_long_answer() {
        let needle = "0123456789abcdef";
        for at in [0, 1, (16 << 10) - 7, (16 << 10) - 16, 200_000] {
            let answer = format!("{}{needle}{}", "x".repeat(at), "y".repeat(40_000));
            assert_eq!(find(&mut answer.as_bytes(), needle), needle, "{at}");
            assert_eq!(find(&mut &answer.as_bytes()[..at + 15], needle), "", "{at}");
        }
    }
}
