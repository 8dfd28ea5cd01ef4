//! The configuration: one TOML file, or none. Unknown keys are rejected, so that a typo does not become a default.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::receipt::RETENTION_DAYS;
use callback_common::io_error::describe;
use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Directory of the database file and, unless named elsewhere, of the keys.
    pub data: PathBuf,
    /// URL of the database; `receiver.sqlite3` in the data directory if empty. `postgres://…` is PostgreSQL's.
    pub database: String,
    /// File of the key that hashes install IDs; `install.key` in the data directory if empty. Better elsewhere.
    pub key: PathBuf,
    /// File of the keys that sign receipts; `signing.key` in the data directory if empty.
    pub signing_key: PathBuf,
    /// Days after which a report expires, 1 to 90.
    pub retention_days: i32,
    /// Days after which backups are deleted, 0 to 90; receipts of deletions state them.
    pub backup_days: i32,
    /// Directory for daily backups; `doctor` and `status` look there.
    pub backup_directory: PathBuf,
    /// The address of this receiver for everyone, such as `https://stats.example.org`; `doctor` checks it.
    pub public_url: String,
    /// Networks or addresses of the proxies whose `X-Forwarded-For` is trusted.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Requests per hour from one network (IPv4 /24, IPv6 /56); each 64 KiB of a body counts as one more. 0 is no limit.
    pub requests_per_hour: u32,
    /// Maximum number of open connections.
    pub connections: usize,
    /// Seconds that requests in progress may take when the receiver stops.
    pub shutdown_seconds: u64,
    /// Installs that must share a label before it is published; stated in the policy.
    pub installs_at_least: u32,
    /// Terms of publication; stated in the policy.
    pub publication_terms: String,
    /// Directory of LibreNMS's OS detection rules, for the page `/next`; none if empty.
    pub definitions: PathBuf,
    /// The operator's address; stated in the policy.
    pub contact: String,
    /// Where the source of this receiver is; stated in the policy.
    pub source: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data: "/var/lib/callback-receiver".into(),
            database: String::new(),
            key: PathBuf::new(),
            signing_key: PathBuf::new(),
            retention_days: RETENTION_DAYS,
            backup_days: 7,
            backup_directory: PathBuf::new(),
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            requests_per_hour: 600,
            connections: 512,
            shutdown_seconds: 30,
            installs_at_least: 5,
            publication_terms: String::new(),
            definitions: PathBuf::new(),
            contact: String::new(),
            source: String::new(),
        }
    }
}

/// Networks; an address is the network with only that address.
fn networks<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<IpNet>, D::Error> {
    let network = |text: String| {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| D::Error::custom("expected networks or addresses, such as 10.0.0.0/8 or ::1"))
    };
    Vec::<String>::deserialize(from)?.into_iter().map(network).collect()
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Code::ConfigUnreadable`], or [`Code::ConfigInvalid`] with the line.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(Code::ConfigUnreadable, format!("{} ({})", path.display(), describe(&error)))
        })?;
        let settings: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error::new(Code::ConfigInvalid, format!("{} line {line}: {}", path.display(), error.message()))
        })?;
        settings.checked()
    }

    /// The settings, if each is within its limits.
    ///
    /// # Errors
    /// [`Code::SettingInvalid`].
    pub fn checked(self) -> Result<Self> {
        let invalid = |what: &str| Error::new(Code::SettingInvalid, what);
        if !(1..=RETENTION_DAYS).contains(&self.retention_days) {
            return Err(invalid("retention_days must be 1 to 90"));
        }
        if self.installs_at_least < 2 {
            return Err(invalid("installs_at_least must be 2 or more"));
        }
        if !(0..=RETENTION_DAYS).contains(&self.backup_days) {
            return Err(invalid("backup_days must be 0 to 90"));
        }
        if self.connections == 0 {
            return Err(invalid("connections must be 1 or more"));
        }
        Ok(self)
    }

    /// The file of the install key.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.file(&self.key, "install.key")
    }

    /// The file of the signing keys.
    #[must_use]
    pub fn signing_key_file(&self) -> PathBuf {
        self.file(&self.signing_key, "signing.key")
    }

    fn file(&self, named: &Path, name: &str) -> PathBuf {
        if named.as_os_str().is_empty() { self.data.join(name) } else { named.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("receiver.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(&path)
    }

    #[test]
    fn an_empty_file_is_the_default_and_keys_override_it() {
        assert_eq!(read("").unwrap(), Settings::default());
        let settings = read("retention_days = 30\ntrusted_proxies = ['10.0.0.0/8']\nkey = '/etc/x'").unwrap();
        assert_eq!((settings.retention_days, settings.key_file()), (30, "/etc/x".into()));
        assert_eq!(settings.signing_key_file(), settings.data.join("signing.key"));
        let settings = read("trusted_proxies = ['192.0.2.1', '::1']").unwrap();
        assert_eq!(settings.trusted_proxies, ["192.0.2.1/32".parse().unwrap(), "::1/128".parse().unwrap()]);
    }

    #[test]
    fn mistakes_are_rejected_with_their_line() {
        for (text, code, line) in [
            ("\nretain = 1", Code::ConfigInvalid, " line 2: "),
            ("listen = 'here'", Code::ConfigInvalid, " line 1: "),
            ("retention_days = 91", Code::SettingInvalid, "retention_days"),
            ("installs_at_least = 1", Code::SettingInvalid, "installs_at_least"),
            ("\ntrusted_proxies = ['10.0.0.0/99']", Code::ConfigInvalid, " line 2: "),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().contains(line), "{error}");
        }
    }
}
