//! A minimal HTTP client for the checks: one GET request, over TLS for `https`.

use jiff::Timestamp;
use rustls::client::ClientConnection;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{CertificateError, ClientConfig, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// Time limit for connecting, and for each read and write.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a response that are read.
const MAX_RESPONSE: u64 = 64 << 10;

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The URL is not one.
    Url,
    /// Cannot connect.
    Connect(&'static str),
    /// The certificate is not valid; why, as rustls says.
    Certificate(String),
    /// TLS failed for another reason.
    Tls,
    /// There was no HTTP response.
    Response,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The header `Date`.
    pub(super) date: Option<Timestamp>,
    pub(super) body: String,
}

/// Where to connect.
pub(super) struct Target {
    is_tls: bool,
    host: String,
    port: u16,
}

impl Target {
    /// Reads `https://host[:port]` or `http://host[:port]`; a path is ignored.
    pub(super) fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let is_tls = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())?;
        let (host, port) = match authority.rsplit_once(':') {
            // A colon within brackets is part of an IPv6 address.
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
            _ => (authority, if is_tls { 443 } else { 80 }),
        };
        (!host.contains('@')).then(|| Self { is_tls, host: host.to_owned(), port })
    }

    /// Whether it is reached over TLS.
    pub(super) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// The response to a GET request; certificates are checked as of now plus `ahead`.
    pub(super) fn get(&self, path: &str, ahead: Duration) -> Result<Answer, Failure> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: callback-receiver-doctor\r\nConnection: close\r\n\r\n",
            self.host
        );
        if !self.is_tls {
            return exchange(&mut stream, &request);
        }
        let bare = self.host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(bare).map_err(|_| Failure::Url)?;
        let connection = ClientConnection::new(Arc::new(tls_config(ahead)?), name).map_err(|_| Failure::Tls)?;
        let mut tls = StreamOwned::new(connection, stream);
        tls.conn.complete_io(&mut tls.sock).map_err(|error| tls_failure(&error))?;
        exchange(&mut tls, &request)
    }

    fn connect(&self) -> Result<TcpStream, Failure> {
        let host = self.host.trim_matches(['[', ']']);
        let describe = |error: std::io::Error| Failure::Connect(callback_common::io_error::describe(&error));
        let addresses = (host, self.port).to_socket_addrs().map_err(|_| Failure::Connect("cannot resolve the name"))?;
        let mut failure = Failure::Connect("cannot resolve the name");
        for address in addresses {
            match TcpStream::connect_timeout(&address, TIMEOUT) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(TIMEOUT)).map_err(describe)?;
                    stream.set_write_timeout(Some(TIMEOUT)).map_err(describe)?;
                    return Ok(stream);
                }
                Err(error) => failure = describe(error),
            }
        }
        Err(failure)
    }
}

/// A clock that is ahead.
#[derive(Debug)]
struct Ahead(Duration);

impl TimeProvider for Ahead {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs()) + self.0))
    }
}

/// Trusts the system's certificates, or those in `SSL_CERT_FILE`.
fn tls_config(ahead: Duration) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_details(provider, Arc::new(Ahead(ahead)))
        .with_safe_default_protocol_versions()
        .map_err(|_| Failure::Tls)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn tls_failure(error: &std::io::Error) -> Failure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => Failure::Certificate(match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
            CertificateError::UnknownIssuer => "it is not signed by a trusted authority".to_owned(),
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "it is for another name".to_owned()
            }
            other => other.to_string(),
        }),
        _ => Failure::Tls,
    }
}

fn exchange(stream: &mut (impl Read + Write), request: &str) -> Result<Answer, Failure> {
    stream.write_all(request.as_bytes()).map_err(|_| Failure::Response)?;
    let mut bytes = Vec::new();
    // Some servers end a TLS connection without saying so; what came counts.
    let _ = stream.take(MAX_RESPONSE).read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or(Failure::Response)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(Failure::Response)?;
    let date = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let value = name.eq_ignore_ascii_case("date").then_some(value.trim())?;
        jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
    });
    Ok(Answer { status, date, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_from_a_url() {
        for (url, is_tls, host, port) in [
            ("https://stats.example.org", true, "stats.example.org", 443),
            ("https://stats.example.org:8443/x", true, "stats.example.org", 8443),
            ("http://[::1]/", false, "[::1]", 80),
            ("http://[::1]:81", false, "[::1]", 81),
        ] {
            let target = Target::of(url).unwrap();
            assert_eq!((target.is_tls, target.host.as_str(), target.port), (is_tls, host, port), "{url}");
        }
        for url in ["", "stats.example.org", "ftp://x", "https://", "https://x:y", "https://me:secret@x"] {
            assert!(Target::of(url).is_none(), "{url}");
        }
    }
}
