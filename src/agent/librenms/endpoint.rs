//! A database server for messages: its address, and the settings that name it.

use std::fmt;

/// A setting, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// `DB_HOST`, or the part of a URL.
    name: String,
    /// `from /opt/librenms/.env`, or why the default applies.
    origin: String,
}

impl Setting {
    /// A setting from a file or the environment.
    pub(super) fn from(name: impl Into<String>, place: &str) -> Self {
        Self { name: name.into(), origin: format!("from {place}") }
    }

    /// A setting with its default value, and the reason.
    pub(super) fn default(name: impl Into<String>, reason: &str) -> Self {
        Self { name: name.into(), origin: format!("the default: {reason}") }
    }

    /// The setting with its value.
    pub(super) fn with(&self, value: &str) -> String {
        format!("{} {value:?} ({})", self.name, self.origin)
    }

    /// The setting and its origin: `DB_HOST, from /opt/librenms/.env`.
    pub(super) fn in_words(&self) -> String {
        format!("{}, {}", self.name, self.origin)
    }

    /// Another setting with the same origin.
    pub(super) fn renamed(&self, name: impl Into<String>) -> Self {
        Self { name: name.into(), origin: self.origin.clone() }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.origin)
    }
}

/// A server, and the settings to check if it cannot be used.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    /// `db1:3306`, `[::1]:3306` or the path of a socket.
    pub(super) place: String,
    /// The host name or IP address; `None` for a socket.
    pub(super) host: Option<String>,
    /// The setting that names the host or socket.
    pub(super) address: Setting,
    pub(super) user: String,
    /// The settings of user and password.
    pub(super) login: Setting,
    pub(super) database: String,
    /// The setting that names it.
    pub(super) database_setting: Setting,
    /// How to turn TLS off: `DB_SSLMODE=disabled in /opt/librenms/.env`.
    pub(super) tls_off: String,
}

impl Endpoint {
    /// The endpoint on another host of the same cluster.
    pub(super) fn at(&self, host: &str, port: u16, setting: &str) -> Self {
        Self {
            place: place(host, port),
            host: Some(host.to_owned()),
            address: self.address.renamed(setting),
            ..self.clone()
        }
    }
}

/// Host and port; an IPv6 address is put into brackets.
pub(super) fn place(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// The host without the brackets of an IPv6 address.
pub(super) fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
