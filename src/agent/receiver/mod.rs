//! Receivers: the URL of reports, and the kind of server there.

mod proxy;
mod stage;
pub mod transport;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::librenms::Settings;
use callback_protocol::agent_api;
pub use callback_protocol::agent_api::ReceiverKind as Kind;
use serde::{Deserialize, Serialize};

/// LibreNMS's default receiver.
pub const STOCK_URL: &str = "https://stats.librenms.org/log.php";

/// A receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receiver {
    /// URL for reports.
    pub url: String,
    /// Kind of receiver.
    pub kind: Kind,
    /// URL for delete requests.
    pub clear_url: String,
}

/// A receiver in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiverSettings {
    /// Its URL, up to and including `/log.php`.
    pub url: String,
    /// `stock` (LibreNMS's site and its like, the default) or `callback-stats` (a callback-receiver).
    #[serde(default)]
    pub kind: Kind,
    /// Its URL for delete requests. [default: `clear.php` next to `url`]
    pub clear_url: Option<String>,
    /// Whether a `callback-stats` receiver on another host may be used over plain HTTP.
    #[serde(default)]
    pub allow_http: bool,
}

/// A receiver named for one command.
#[derive(Debug, Clone, Default)]
pub struct ReceiverOverride {
    /// Its URL.
    pub url: Option<String>,
    /// Its kind.
    pub kind: Option<Kind>,
}

impl From<&Receiver> for agent_api::Receiver {
    fn from(receiver: &Receiver) -> Self {
        let clear_url = without_query(&receiver.clear_url).to_owned();
        Self { url: receiver.shown().to_owned(), kind: receiver.kind, clear_url }
    }
}

impl Receiver {
    /// A receiver at a URL. Without a URL for delete requests, that is `clear.php` next to `url`.
    ///
    /// # Errors
    /// [`Exit::Config`](crate::code::Exit::Config) if a URL is not http or https, or holds a user, a password or a
    /// fragment.
    pub fn new(url: &str, kind: Kind, clear_url: Option<&str>) -> Result<Self> {
        let url = checked(url)?;
        let clear_url = match clear_url.filter(|url| !url.is_empty()) {
            Some(clear_url) => checked(clear_url)?,
            None => sibling(&url, "clear.php"),
        };
        Ok(Self { url, kind, clear_url })
    }

    /// The receiver to use: the named one, else the configured one, else LibreNMS's.
    ///
    /// # Errors
    /// [`Exit::Config`](crate::code::Exit::Config) for an invalid URL, or one that config.php sets with code that
    /// cannot be evaluated.
    pub fn choose(
        named: &ReceiverOverride,
        configured: Option<&ReceiverSettings>,
        settings: &Settings,
    ) -> Result<Self> {
        let kind = named.kind.or_else(|| configured.map(|receiver| receiver.kind)).unwrap_or_default();
        let allow_http = configured.is_some_and(|receiver| receiver.allow_http);
        if let Some(url) = &named.url {
            return Self::new(url, kind, None)?.encrypted_unless(allow_http);
        }
        if let Some(receiver) = configured {
            return Self::new(&receiver.url, kind, receiver.clear_url.as_deref())?.encrypted_unless(allow_http);
        }
        for name in ["callback_post", "callback_clear"] {
            if settings.unreadable.contains(name) {
                if let Some(problem) = settings.php_problem() {
                    return Err(Error::new(Code::ConfigPhpNotRead, problem));
                }
                return Err(Error::new(
                    Code::ReceiverUrlUnreadable,
                    format!(
                        "config.php computes {name}, and the agent does not run PHP; set `receiver` in its own configuration"
                    ),
                ));
            }
        }
        let librenms = |name| settings.by_name.get(name).map(String::as_str).filter(|url| !url.is_empty());
        Self::new(librenms("callback_post").unwrap_or(STOCK_URL), kind, librenms("callback_clear"))?
            .encrypted_unless(allow_http)
    }

    /// Rejects a callback-receiver on another host over plain HTTP, which would expose the report and the secret.
    /// Anyone with the secret can delete the reports.
    ///
    /// # Errors
    /// [`Code::ReceiverUrlInsecure`].
    pub(crate) fn encrypted_unless(self, allow_http: bool) -> Result<Self> {
        let is_refused = self.kind == Kind::CallbackStats && !allow_http;
        let Some(url) = self.unencrypted_url().filter(|_| is_refused) else { return Ok(self) };
        Err(Error::new(
            Code::ReceiverUrlInsecure,
            format!(
                "{} would get the report and the secret unencrypted; use https://, or set `allow_http = true` in [receiver] of \
                 the configuration",
                without_query(url)
            ),
        ))
    }

    /// The first of its URLs that uses plain HTTP to another host.
    pub(crate) fn unencrypted_url(&self) -> Option<&str> {
        let is_open = |url: &&str| url.starts_with("http://") && !is_loopback(url);
        [self.url.as_str(), &self.clear_url].into_iter().find(is_open)
    }

    /// Its URL without the query, which may hold a token.
    #[must_use]
    pub fn shown(&self) -> &str {
        without_query(&self.url)
    }

    /// The URL of a callback-receiver's endpoint, such as `api/v1/policy`.
    #[must_use]
    pub fn api(&self, path: &str) -> String {
        sibling(&self.url, path)
    }
}

/// Whether a URL is on this host: 127.0.0.0/8, `::1` or `localhost`.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<ureq::http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(crate) fn without_query(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// A URL with its last path segment replaced.
fn sibling(url: &str, name: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let start = path.find("://").map_or(0, |at| at + 3);
    match path[start..].rfind('/') {
        Some(at) => format!("{}/{name}", &path[..start + at]),
        None => format!("{path}/{name}"),
    }
}

/// Validates a URL. The error never repeats it, since the invalid part may be a password.
fn checked(url: &str) -> Result<String> {
    let refused = |what: &str| Err(Error::new(Code::ReceiverUrlInvalid, format!("the receiver's URL {what}")));
    let url = url.trim();
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return refused("must start with https:// or http://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return refused("contains a user or password; URLs are shown and stored, so remove it");
    }
    if authority.is_empty() || url.contains('#') || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return refused("is not valid; expected, for example, https://stats.example.org/log.php");
    }
    Ok(url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(url: &str) -> Result<Receiver> {
        Receiver::new(url, Kind::Stock, None)
    }

    #[test]
    fn delete_requests_go_to_clear_php_next_to_the_url_by_default() {
        assert_eq!(new("https://a.example/x/log.php").unwrap().clear_url, "https://a.example/x/clear.php");
        assert_eq!(new("https://a.example/log.php?x=/y").unwrap().clear_url, "https://a.example/clear.php");
        assert_eq!(new("https://a.example").unwrap().clear_url, "https://a.example/clear.php");
        let other = Receiver::new("https://a.example/log.php", Kind::Stock, Some("https://b.example/c")).unwrap();
        assert_eq!(other.clear_url, "https://b.example/c");
        assert_eq!(other.api("api/v1/policy"), "https://a.example/api/v1/policy");
    }

    #[test]
    fn a_password_in_a_url_is_rejected_and_not_repeated() {
        for url in ["https://me:hunter2@a.example/log.php", "https://hunter2@a.example", "ftp://hunter2/", "hunter2"] {
            let error = new(url).unwrap_err();
            assert_eq!(error.code(), Code::ReceiverUrlInvalid);
            assert!(!error.message().contains("hunter2"), "{error}");
        }
        for url in ["", "https://", "http:///x", "https://a b/", "https://a/#x"] {
            assert!(new(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_named_receiver_overrides_the_configuration_and_that_librenms() {
        let mut settings = Settings::default();
        let choose = Receiver::choose;
        let none = ReceiverOverride::default();
        assert_eq!(choose(&none, None, &settings).unwrap().url, STOCK_URL);
        settings.by_name.insert("callback_post".into(), "https://l.example/log.php".into());
        settings.by_name.insert("callback_clear".into(), "https://l.example/gone.php".into());
        let chosen = choose(&none, None, &settings).unwrap();
        assert_eq!((chosen.clear_url.as_str(), chosen.kind), ("https://l.example/gone.php", Kind::Stock));
        let configured = ReceiverSettings {
            url: "https://c.example/log.php".into(),
            kind: Kind::CallbackStats,
            clear_url: None,
            allow_http: false,
        };
        let chosen = choose(&none, Some(&configured), &settings).unwrap();
        assert_eq!((chosen.clear_url.as_str(), chosen.kind), ("https://c.example/clear.php", Kind::CallbackStats));
        let named = ReceiverOverride { url: Some("https://n.example/log.php".into()), kind: Some(Kind::Stock) };
        assert_eq!(choose(&named, Some(&configured), &settings).unwrap().kind, Kind::Stock);
        settings.unreadable.insert("callback_post");
        assert!(choose(&none, None, &settings).is_err());
    }

    #[test]
    fn plain_http_to_a_callback_receiver_on_another_host_must_be_allowed() {
        let settings = Settings::default();
        let choose = |url: &str, clear_url: Option<&str>, kind, allow_http| {
            let receiver =
                ReceiverSettings { url: url.to_owned(), kind, clear_url: clear_url.map(str::to_owned), allow_http };
            Receiver::choose(&ReceiverOverride::default(), Some(&receiver), &settings).map_err(|error| error.code())
        };
        let refused = Some(Code::ReceiverUrlInsecure);
        for url in [
            "http://stats.example.org/log.php",
            "http://192.0.2.1/log.php",
            "http://[2001:db8::1]:8080/log.php",
            "http://localhost.example.org/log.php",
            "http://127.0.0.1.example.org/log.php",
            "http://0.0.0.0/log.php",
        ] {
            assert_eq!(choose(url, None, Kind::CallbackStats, false).err(), refused, "{url}");
            assert!(choose(url, None, Kind::CallbackStats, true).is_ok(), "{url}");
            assert!(choose(url, None, Kind::Stock, false).is_ok(), "a stock site gets no secret: {url}");
            let named = ReceiverOverride { url: Some(url.to_owned()), kind: Some(Kind::CallbackStats) };
            let chosen = Receiver::choose(&named, None, &settings);
            assert_eq!(chosen.err().map(|error| error.code()), refused, "{url}");
        }
        for url in [
            "http://127.0.0.1:8080/log.php",
            "http://127.3.2.1/log.php",
            "http://[::1]:8080/log.php",
            "http://LocalHost/log.php",
            "https://stats.example.org/log.php",
        ] {
            assert!(choose(url, None, Kind::CallbackStats, false).is_ok(), "{url}");
        }
        let clear = Some("http://stats.example.org/clear.php");
        assert_eq!(choose("https://stats.example.org/log.php", clear, Kind::CallbackStats, false).err(), refused);
    }
}
