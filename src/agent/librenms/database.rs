//! The database of an install: a SQLite file, or a server named by a URL or by LibreNMS's settings.

use super::endpoint::{Endpoint, Setting, place, unbracketed};
use super::tls::Tls;
use crate::code::Code;
use crate::error::{Error, Result};
use sqlx::mysql::MySqlConnectOptions;
use std::path::PathBuf;
use url::Url;

/// A database.
#[derive(Debug, Clone)]
pub enum Database {
    /// MariaDB or MySQL.
    MySql(Box<Server>),
    /// A SQLite file.
    Sqlite(PathBuf),
}

/// A MariaDB or MySQL server, or the servers of a cluster.
#[derive(Debug, Clone)]
pub struct Server {
    pub(super) options: MySqlConnectOptions,
    pub(super) tls: Tls,
    pub(super) endpoint: Endpoint,
    /// More hosts of a cluster, each with its setting's name.
    pub(super) more_hosts: Vec<(String, String)>,
}

/// Where a location was named. Every user of the host can read command lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedIn {
    /// On the command line.
    CommandLine,
    /// In the configuration or the environment.
    Private,
}

impl Database {
    /// The SQLite file that a path or URL names, or `None` for any other URL. The URL's parameters are ignored, because
    /// the file is only read.
    #[must_use]
    pub(super) fn sqlite_url(text: &str) -> Option<PathBuf> {
        if let Some(file) = text.strip_prefix("file:") {
            let path = file.split(['?', '#']).next().unwrap_or(file);
            return Some(path.strip_prefix("//localhost").or(path.strip_prefix("//")).unwrap_or(path).into());
        }
        match text.split_once("://") {
            Some(("sqlite", rest)) => Some(rest.split('?').next().unwrap_or(rest).into()),
            Some(_) => None,
            None => Some(text.strip_prefix("sqlite:").unwrap_or(text).into()),
        }
    }

    /// Its location, in the form that the install's fingerprint hashes. It excludes user and password.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::MySql(server) => {
                let (options, name) = (&server.options, server.options.get_database().unwrap_or_default());
                match options.get_socket() {
                    Some(socket) => format!("mysql\n{}\n{name}", socket.display()),
                    None => format!("mysql\n{}:{}\n{name}", options.get_host(), options.get_port()),
                }
            }
            Self::Sqlite(path) => {
                format!("sqlite\n{}", path.canonicalize().unwrap_or_else(|_| path.clone()).display())
            }
        }
    }
}

impl Server {
    /// The options to connect to the first host, without TLS settings.
    #[must_use]
    pub const fn options(&self) -> &MySqlConnectOptions {
        &self.options
    }

    /// The server named by a URL.
    ///
    /// # Errors
    /// [`Code::DatabaseUrlInvalid`], and [`Code::PasswordOnCommandLine`]. They do not quote the URL, which may hold a
    /// password.
    pub(super) fn of_url(url: &str, named_in: NamedIn) -> Result<Self> {
        if has_password(url) && named_in == NamedIn::CommandLine {
            return Err(Error::new(
                Code::PasswordOnCommandLine,
                "every user of this host can see a password on the command line; set `librenms` in the configuration \
                 file, or CALLBACK_LIBRENMS",
            ));
        }
        let url = MySqlUrl::parse(url)?;
        let (options, tls) = (url.options()?, url.tls()?);
        let setting = |part: &str| Setting::from(part, "the database URL");
        let endpoint = Endpoint {
            place: place_of(&options),
            host: options.get_socket().is_none().then(|| options.get_host().to_owned()),
            address: setting(if options.get_socket().is_some() { "socket" } else { "host" }),
            user: options.get_username().to_owned(),
            login: setting("user and password"),
            database: options.get_database().unwrap_or_default().to_owned(),
            database_setting: setting("path"),
            tls_off: "ssl-mode=disabled in the database URL".to_owned(),
        };
        Ok(Self { options, tls, endpoint, more_hosts: Vec::new() })
    }
}

/// Host and port of a server, or its socket.
pub(super) fn place_of(options: &MySqlConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => place(options.get_host(), options.get_port()),
    }
}

/// The URL of a server.
pub(super) struct MySqlUrl(Url);

impl MySqlUrl {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        Url::parse(&format!("mysql://{rest}")).map(Self).map_err(|_| invalid_url())
    }

    /// The URL's options, with the driver's defaults for missing parts.
    pub(super) fn options(&self) -> Result<MySqlConnectOptions> {
        // Leave TLS files out: the agent reads them itself, from the settings in `tls`.
        let options: MySqlConnectOptions = self.0.as_str().parse().map_err(|_| invalid_url())?;
        let host = unbracketed(options.get_host()).to_owned();
        Ok(options.host(&host))
    }

    pub(super) fn tls(&self) -> Result<Tls> {
        let setting = |part: &str| Setting::from(part, "the database URL");
        let mut tls = Tls::preferred(setting("ssl-ca"), setting("ssl-cert"), setting("ssl-key"));
        for (key, value) in self.0.query_pairs() {
            let file = || Some(PathBuf::from(&*value));
            match &*key {
                "sslmode" | "ssl-mode" => tls.mode = Tls::mode(&value).ok_or_else(invalid_url)?,
                "sslca" | "ssl-ca" => tls.ca = file(),
                "sslcert" | "ssl-cert" => tls.certificate = file(),
                "sslkey" | "ssl-key" => tls.key = file(),
                _ => {}
            }
        }
        Ok(tls)
    }

    /// Whether the URL has any TLS parameters.
    pub(super) fn names_tls(&self) -> bool {
        self.0.query_pairs().any(|(key, _)| key.starts_with("ssl"))
    }

    pub(super) fn has_user(&self) -> bool {
        !self.0.username().is_empty()
    }

    pub(super) fn has_password(&self) -> bool {
        self.0.password().is_some()
    }

    pub(super) fn has_port(&self) -> bool {
        self.0.port().is_some()
    }

    pub(super) fn has_database(&self) -> bool {
        !self.0.path().trim_start_matches('/').is_empty()
    }
}

fn invalid_url() -> Error {
    Error::new(
        Code::DatabaseUrlInvalid,
        "the database URL is not valid; expected mysql://USER:PASSWORD@HOST:PORT/DATABASE with special characters \
         percent-encoded",
    )
}

/// Whether a URL has a password, in its authority or as a parameter.
#[must_use]
pub fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_of_an_ipv6_address_are_removed() {
        for (url, host, place) in [
            ("mysql://u:p@[::1]:3307/librenms", "::1", "[::1]:3307"),
            ("mariadb://u@[2001:db8::7]/librenms", "2001:db8::7", "[2001:db8::7]:3306"),
            ("mysql://u@db1:3307/librenms", "db1", "db1:3307"),
        ] {
            let server = Server::of_url(url, NamedIn::Private).unwrap();
            assert_eq!((server.options.get_host(), &*server.endpoint.place), (host, place), "{url}");
        }
    }

    #[test]
    fn an_invalid_url_is_not_quoted() {
        for url in ["mysql://u:secret@x:secret/db", "mysql://u:secret@[::1/db", "mysql://u:secret@h/db?ssl-mode=secret"]
        {
            let error = Server::of_url(url, NamedIn::Private).unwrap_err();
            assert_eq!(error.code(), Code::DatabaseUrlInvalid, "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
