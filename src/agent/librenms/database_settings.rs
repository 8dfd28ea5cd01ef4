//! The database named by LibreNMS's `.env` and `config.php`, as LibreNMS's `config/database.php` reads them.

use super::config_php::ConfigPhp;
use super::database::{Database, MySqlUrl, Server, place_of};
use super::endpoint::{Endpoint, Setting, unbracketed};
use super::env::Values;
use super::tls::Tls;
use crate::code::Code;
use crate::error::{Error, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::path::Path;

/// Default sockets of MariaDB and MySQL; PHP uses one of them for `localhost`.
const SOCKETS: [&str; 3] = ["/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

/// LibreNMS's cluster connection has eight more hosts for writing. Its hosts for reading may lag behind.
const MORE_HOSTS: std::ops::RangeInclusive<u8> = 2..=9;

pub(super) struct DatabaseSettings<'a> {
    pub(super) directory: &'a Path,
    /// `.env` merged with the environment, as `env()` reads them.
    pub(super) env: &'a Values,
    /// Installs older than `.env` have their settings here.
    pub(super) config_php: &'a ConfigPhp,
}

impl<'a> DatabaseSettings<'a> {
    /// The database.
    ///
    /// # Errors
    /// [`Code::EnvInvalid`] for an invalid setting.
    pub(super) fn database(&self) -> Result<Database> {
        let url = self.env("DB_URL");
        if let Some(url) = url {
            return match url.split_once("://") {
                Some(("mysql" | "mariadb", _)) => {
                    MySqlUrl::parse(url).and_then(|url| self.server(Some(url))).map_err(|error| match error.code() {
                        Code::DatabaseUrlInvalid => self.invalid(
                            "DB_URL",
                            "is not valid; expected mysql://USER:PASSWORD@HOST:PORT/DATABASE with special characters \
                             percent-encoded",
                        ),
                        _ => error,
                    })
                }
                _ => {
                    Database::sqlite_url(url).map(|path| Database::Sqlite(self.directory.join(path))).ok_or_else(|| {
                        self.invalid("DB_URL", "is not supported; expected mysql://, mariadb:// or sqlite://")
                    })
                }
            };
        }
        match self.env("DB_CONNECTION").unwrap_or("mysql") {
            "mysql" | "mariadb" | "mysql_cluster" => self.server(None),
            "sqlite" => {
                let file = self.env("DB_DATABASE").unwrap_or("database.sqlite");
                // Joining an absolute path replaces the directory.
                Ok(Database::Sqlite(self.directory.join("database").join(file)))
            }
            _ => {
                Err(self.invalid("DB_CONNECTION", "is not supported; expected mysql, mariadb, mysql_cluster or sqlite"))
            }
        }
    }

    fn env(&self, name: &str) -> Option<&'a str> {
        self.env.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A setting of `.env`, or else of config.php.
    fn either(&self, env: &str, php: &str) -> Option<&'a str> {
        self.env(env).or_else(|| self.config_php.get(php).flatten())
    }

    /// A setting with its file, for messages.
    fn setting(&self, env: &str, php: Option<&str>) -> Setting {
        let path = self.directory.join(".env");
        let file = path.display().to_string();
        if std::env::var_os(env).is_some() {
            return Setting::from(env, "the environment");
        }
        if self.env(env).is_some() {
            return Setting::from(env, &file);
        }
        match php.filter(|php| self.config_php.get(php).flatten().is_some()) {
            Some(php) => Setting::from(php, &self.directory.join("config.php").display().to_string()),
            None if path.exists() => Setting::default(env, &format!("{file} does not set it")),
            None => Setting::default(env, &format!("{file} does not exist")),
        }
    }

    fn invalid(&self, name: &str, what: &str) -> Error {
        Error::new(Code::EnvInvalid, format!("{} {what}", self.setting(name, Some(&name.to_ascii_lowercase()))))
    }

    fn is_cluster(&self) -> bool {
        self.env("DB_CONNECTION") == Some("mysql_cluster")
    }

    /// The server from the settings. Parts of a URL override them.
    fn server(&self, url: Option<MySqlUrl>) -> Result<Database> {
        let options = match &url {
            Some(url) => self.completed(url)?,
            None => self.options()?,
        };
        let tls = match &url {
            Some(url) if url.names_tls() => url.tls()?,
            _ => self.tls()?,
        };
        let endpoint = self.endpoint(&options, url.is_some());
        let mut server = Server { options, tls, endpoint, more_hosts: Vec::new() };
        if self.is_cluster() && url.is_none() && server.options.get_socket().is_none() {
            server.more_hosts = self.more_hosts();
        }
        Ok(Database::MySql(Box::new(server)))
    }

    /// The URL's parts, completed by settings.
    fn completed(&self, url: &MySqlUrl) -> Result<MySqlConnectOptions> {
        let mut options = url.options()?;
        if !url.has_user() {
            options = options.username(self.user());
        }
        if let Some(password) = self.either("DB_PASSWORD", "db_pass").filter(|_| !url.has_password()) {
            options = options.password(password);
        }
        if !url.has_database() {
            options = options.database(self.name());
        }
        if !url.has_port() {
            options = options.port(self.port()?);
        }
        Ok(options)
    }

    fn user(&self) -> &'a str {
        self.either("DB_USERNAME", "db_user").unwrap_or("librenms")
    }

    fn name(&self) -> &'a str {
        self.either("DB_DATABASE", "db_name").unwrap_or("librenms")
    }

    fn port(&self) -> Result<u16> {
        match self.either("DB_PORT", "db_port").map(|port| port.trim().parse::<u16>()) {
            None => Ok(3306),
            Some(Ok(port)) if port > 0 => Ok(port),
            Some(_) => Err(self.invalid("DB_PORT", "is not a port; expected a number from 1 to 65535")),
        }
    }

    fn options(&self) -> Result<MySqlConnectOptions> {
        let host = self.either("DB_HOST", "db_host").unwrap_or("localhost");
        let mut options = MySqlConnectOptions::new().username(self.user()).database(self.name());
        if let Some(password) = self.either("DB_PASSWORD", "db_pass") {
            options = options.password(password);
        }
        let socket = self
            .either("DB_SOCKET", "db_socket")
            .or_else(|| SOCKETS.into_iter().find(|socket| host == "localhost" && Path::new(socket).exists()));
        Ok(match socket {
            Some(socket) => options.socket(socket),
            None => options.host(unbracketed(host)).port(self.port()?),
        })
    }

    /// The hosts `DB_HOST_W2` to `DB_HOST_W9`, each with its setting's name.
    fn more_hosts(&self) -> Vec<(String, String)> {
        MORE_HOSTS
            .filter_map(|number| {
                let name = format!("DB_HOST_W{number}");
                let host = unbracketed(self.env(&name)?).to_owned();
                Some((host, name))
            })
            .collect()
    }

    fn endpoint(&self, options: &MySqlConnectOptions, is_url: bool) -> Endpoint {
        let socket = options.get_socket();
        let has_socket = self.either("DB_SOCKET", "db_socket").is_some();
        let setting = |env: &str, php: &str| {
            if is_url { self.setting("DB_URL", None) } else { self.setting(env, Some(php)) }
        };
        let file = self.directory.join(".env");
        Endpoint {
            place: place_of(options),
            host: socket.is_none().then(|| options.get_host().to_owned()),
            address: if has_socket { setting("DB_SOCKET", "db_socket") } else { setting("DB_HOST", "db_host") },
            user: options.get_username().to_owned(),
            login: match setting("DB_USERNAME", "db_user") {
                login if is_url => login,
                login => login.renamed("DB_USERNAME and DB_PASSWORD"),
            },
            database: options.get_database().unwrap_or_default().to_owned(),
            database_setting: setting("DB_DATABASE", "db_name"),
            tls_off: format!("DB_SSLMODE=disabled in {}", file.display()),
        }
    }

    /// As in PHP, a CA or a client certificate makes TLS required.
    fn tls(&self) -> Result<Tls> {
        let [ca, certificate, key] =
            ["MYSQL_ATTR_SSL_CA", "MYSQL_ATTR_SSL_CERT", "MYSQL_ATTR_SSL_KEY"].map(|name| self.setting(name, None));
        let mut tls = Tls::preferred(ca, certificate, key);
        let file = |name: &str| self.env(name).map(|file| self.directory.join(file));
        tls.ca = file("MYSQL_ATTR_SSL_CA");
        // LibreNMS's cluster connection only has the CA, and PHP verifies certificates by default.
        if !self.is_cluster() {
            tls.certificate = file("MYSQL_ATTR_SSL_CERT");
            tls.key = file("MYSQL_ATTR_SSL_KEY");
        }
        if tls.ca.is_some() || tls.certificate.is_some() {
            let verifies = self.is_cluster() || self.env("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT").is_some_and(is_on);
            tls.mode = if verifies { MySqlSslMode::VerifyIdentity } else { MySqlSslMode::Required };
        }
        if let Some(word) = self.env("DB_SSLMODE") {
            let mode = Tls::mode(word).ok_or_else(|| {
                self.invalid(
                    "DB_SSLMODE",
                    "is not supported; expected disabled, preferred, required, verify_ca or verify_identity",
                )
            })?;
            // `preferred` must not weaken the mode that a CA implies. If LibreNMS verifies, only `disabled` may override
            // that.
            let is_less = match mode {
                MySqlSslMode::Preferred => true,
                MySqlSslMode::Required | MySqlSslMode::VerifyCa => matches!(tls.mode, MySqlSslMode::VerifyIdentity),
                MySqlSslMode::VerifyIdentity | MySqlSslMode::Disabled => false,
            };
            if !is_less {
                tls.mode = mode;
            }
        }
        Ok(tls)
    }
}

/// Whether PHP treats a driver's setting as non-zero; for a string, it uses the leading number.
fn is_on(value: &str) -> bool {
    let digits = value.trim_start().trim_start_matches(['+', '-']);
    digits.chars().take_while(char::is_ascii_digit).any(|digit| digit != '0')
}
