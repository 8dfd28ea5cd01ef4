//! One request and its answer: proxies, the system's certificates, time limits; redirects are never followed.

use crate::code::Code;
use crate::error::Reason;
use crate::files::why;
use crate::librenms::Settings;
use crate::receiver::without_query;
use std::io::Read;
use std::time::Duration;
use ureq::Proxy;
use ureq::tls::{RootCerts, TlsConfig};

/// Most bytes of an answer that are read.
const MAX_ANSWER: u64 = 64 << 10;

/// How long a receiver may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// How long a receiver may take to answer a question that is no more than a courtesy.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver answered.
    Status {
        /// With this status.
        status: u16,
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
        /// What it wrote; nothing where that broke off.
        text: String,
    },
    /// The request did not reach the receiver.
    NotReached(Reason),
    /// The request was sent, but no answer came.
    Lost(Reason),
}

/// The way to a receiver.
pub struct Transport {
    agent: ureq::Agent,
    /// Why nothing is asked: a proxy is wanted that cannot be understood.
    refused: Option<&'static str>,
}

impl Transport {
    /// The way to an address: through the proxy that the environment names, or else LibreNMS's settings.
    #[must_use]
    pub fn new(url: &str, settings: Option<&Settings>, timeout: Duration) -> Self {
        let (proxy, refused) = match proxy(url, settings) {
            Ok(proxy) => (proxy, None),
            Err(why) => (None, Some(why)),
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT.min(timeout)))
            .timeout_global(Some(timeout))
            .user_agent(concat!("callback-agent/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .build()
            .into();
        Self { agent, refused }
    }

    /// Sends a form.
    #[must_use]
    pub fn post(&self, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.refused_or(|| answer(url, self.sent(url, headers, body), read))
    }

    /// Sends a form and looks for a text in the answer, however long that is; the answer's text is what was looked for,
    /// or nothing.
    #[must_use]
    pub fn post_and_find(&self, url: &str, headers: &[(&str, &str)], body: &str, text: &str) -> Answer {
        self.refused_or(|| answer(url, self.sent(url, headers, body), |reader| find(reader, text)))
    }

    fn refused_or(&self, ask: impl FnOnce() -> Answer) -> Answer {
        // Past a proxy that is wanted the receiver would learn another address, and a firewall would be told.
        self.refused.map_or_else(ask, |why| Answer::NotReached(Reason::new(Code::ProxyInvalid, why)))
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

    /// Asks for a page.
    #[must_use]
    pub fn get(&self, url: &str) -> Answer {
        self.refused_or(|| answer(url, self.agent.get(url).call(), read))
    }
}

/// Asks for a page, briefly, on a thread of its own: the client blocks.
pub(crate) async fn get(url: &str, settings: Option<&Settings>) -> Answer {
    let (transport, url) = (Transport::new(url, settings, CONNECT_TIMEOUT), url.to_owned());
    let answer = tokio::task::spawn_blocking(move || transport.get(&url)).await;
    answer.unwrap_or_else(|_| Answer::Lost(Reason::new(Code::Internal, "the request was interrupted")))
}

/// The start of an answer. A receiver that took the report and then breaks off in its answer has taken it all the same.
fn read(reader: &mut dyn Read) -> String {
    let mut bytes = Vec::new();
    let _ = reader.take(MAX_ANSWER).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text, if it stands in what comes.
fn find(reader: &mut dyn Read, text: &str) -> String {
    let (mut window, mut chunk) = (Vec::new(), [0; 16 << 10]);
    while let Ok(length @ 1..) = reader.read(&mut chunk) {
        window.extend_from_slice(&chunk[..length]);
        if window.windows(text.len().max(1)).any(|bytes| bytes == text.as_bytes()) {
            return text.to_owned();
        }
        // It may stand across two chunks.
        window.drain(..window.len().saturating_sub(text.len()));
    }
    String::new()
}

fn answer(
    url: &str,
    result: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    read: impl FnOnce(&mut dyn Read) -> String,
) -> Answer {
    match result {
        Ok(mut answer) => {
            let retry_after = answer.headers().get("retry-after").and_then(|value| seconds(value.to_str().ok()?));
            let text = read(&mut answer.body_mut().as_reader());
            Answer::Status { status: answer.status().as_u16(), retry_after, text }
        }
        Err(error) => failed(url, &error),
    }
}

/// A waiting time: seconds, or a date.
fn seconds(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(crate::clock::now())).unwrap_or_default())
}

/// What a failure means: whether the receiver may have the request, and what the admin can do.
fn failed(url: &str, error: &ureq::Error) -> Answer {
    use std::io::ErrorKind;
    use ureq::{Error, Timeout};
    let place = without_query(url);
    let certificate = || {
        Answer::NotReached(Reason::new(
            Code::ReceiverCertificate,
            format!(
                "the TLS certificate of {place} was rejected; check the URL, and this host's clock and CA certificates"
            ),
        ))
    };
    match error {
        Error::HostNotFound => Answer::NotReached(Reason::new(
            Code::ReceiverNotResolved,
            format!("cannot resolve the host name of {place}; check the URL and DNS"),
        )),
        Error::Timeout(Timeout::Resolve | Timeout::Connect | Timeout::SendRequest | Timeout::SendBody) => {
            Answer::NotReached(Reason::new(
                Code::ReceiverTimeout,
                format!("connecting to {place} timed out; check the network"),
            ))
        }
        Error::Timeout(_) => {
            Answer::Lost(Reason::new(Code::ReceiverNoAnswer, format!("{place} did not answer in time")))
        }
        Error::ConnectionFailed | Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => {
            Answer::NotReached(Reason::new(
                Code::ReceiverUnreachable,
                format!("cannot connect to {place}; check the URL, the proxy, the network and any firewall"),
            ))
        }
        Error::Tls(_) | Error::Rustls(_) => certificate(),
        // rustls reports a rejected certificate as invalid data.
        Error::Io(error) if error.kind() == ErrorKind::InvalidData && url.starts_with("https:") => certificate(),
        Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::PermissionDenied => Answer::NotReached(Reason::new(
                Code::ReceiverUnreachable,
                format!("cannot connect to {place}: {}; check the URL, the network and any firewall", why(error)),
            )),
            _ => Answer::Lost(Reason::new(Code::ReceiverNoAnswer, format!("no answer from {place}: {}", why(error)))),
        },
        Error::BadUri(_) | Error::Http(_) => {
            Answer::NotReached(Reason::new(Code::ReceiverUrlInvalid, "the receiver's URL is not valid"))
        }
        _ => Answer::Lost(Reason::new(Code::ReceiverNoAnswer, format!("the answer of {place} is not HTTP"))),
    }
}

/// The proxy for an address, or why it cannot be told.
fn proxy(url: &str, settings: Option<&Settings>) -> Result<Option<Proxy>, &'static str> {
    let variable = |name: &str| {
        let lower = std::env::var(name.to_ascii_lowercase()).ok();
        lower.or_else(|| std::env::var(name).ok()).filter(|value| !value.is_empty())
    };
    let name = if url.starts_with("https:") { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    if let Some(proxy) = variable(name).or_else(|| variable("ALL_PROXY")) {
        let proxy = with_exceptions(&proxy, &variable("NO_PROXY").unwrap_or_default());
        return proxy
            .map(Some)
            .ok_or("the proxy set in the environment is not valid; correct https_proxy, http_proxy or all_proxy");
    }
    let setting = |name: &str| {
        let value = settings?.by_name.get(&name.to_ascii_lowercase());
        value.map(String::as_str).filter(|value| !value.is_empty() && *value != "false")
    };
    let own = [name, "NO_PROXY"].map(str::to_ascii_lowercase);
    if settings.is_some_and(|settings| own.iter().any(|name| settings.unreadable.contains(name.as_str()))) {
        return Err(
            "config.php computes the proxy, and the agent does not run PHP; set https_proxy in the environment",
        );
    }
    let Some(proxy) = setting(name) else { return Ok(None) };
    let proxy = with_exceptions(proxy, setting("NO_PROXY").unwrap_or_default());
    proxy.map(Some).ok_or("the proxy set in LibreNMS is not valid; correct it there")
}

/// A proxy with the names that it is not for, as a list with commas.
fn with_exceptions(proxy: &str, exceptions: &str) -> Option<Proxy> {
    let parsed = Proxy::new(proxy).ok()?;
    let mut builder = Proxy::builder(parsed.protocol()).host(parsed.host()).port(parsed.port());
    if let Some(user) = parsed.username() {
        builder = builder.username(user).password(parsed.password().unwrap_or_default());
    }
    for exception in exceptions.split(',').map(str::trim).filter(|exception| !exception.is_empty()) {
        builder = builder.no_proxy(exception);
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_time_is_seconds_or_a_date() {
        assert_eq!(seconds(" 90 "), Some(Duration::from_secs(90)));
        assert_eq!(seconds("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn a_text_is_found_wherever_it_stands_in_a_long_answer() {
        let needle = "0123456789abcdef";
        for at in [0, 1, (16 << 10) - 7, (16 << 10) - 16, 200_000] {
            let answer = format!("{}{needle}{}", "x".repeat(at), "y".repeat(40_000));
            assert_eq!(find(&mut answer.as_bytes(), needle), needle, "{at}");
            assert_eq!(find(&mut &answer.as_bytes()[..at + 15], needle), "", "{at}");
        }
    }

    #[test]
    fn a_proxy_has_exceptions() {
        let proxy = with_exceptions("http://me:pw@proxy.example:3128", "localhost, .inside.example").unwrap();
        assert_eq!((proxy.host(), proxy.port(), proxy.username()), ("proxy.example", 3128, Some("me")));
        assert!(proxy.is_no_proxy(&"http://localhost/".parse().unwrap()));
        assert!(proxy.is_no_proxy(&"http://a.inside.example/".parse().unwrap()));
        assert!(!proxy.is_no_proxy(&"http://outside.example/".parse().unwrap()));
    }
}
