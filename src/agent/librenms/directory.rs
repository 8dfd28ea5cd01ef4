//! A LibreNMS folder: its `.env` and the readable settings of `config.php`, parsed, never run.

use super::config_php::ConfigPhp;
use super::env::{self, Values};
use super::location::Database;
use super::{Settings, Snapshot};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::path::{Path, PathBuf};

/// Sockets that MariaDB and MySQL listen on by default; PHP takes `localhost` for one of these.
const SOCKETS: [&str; 3] = ["/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

/// A folder with LibreNMS in it.
#[derive(Debug, Clone)]
pub struct LibreNmsDirectory {
    path: PathBuf,
    pub(super) env: Values,
    pub(super) config_php: ConfigPhp,
}

impl LibreNmsDirectory {
    /// Opens a folder.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) if it is none of LibreNMS's or its settings cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let marks = ["artisan", "lnms", "daily.sh", "LibreNMS"];
        if !marks.iter().any(|mark| path.join(mark).exists()) {
            return Err(Error::new(
                Code::NotLibrenms,
                format!("{} is not a LibreNMS directory: it has neither artisan nor lnms", path.display()),
            ));
        }
        let env = read_env(&path.join(".env"))?;
        let config_php = ConfigPhp::read(&path.join("config.php")).map_err(|error| {
            Error::new(
                Code::ConfigPhpNotRead,
                format!(
                    "cannot read {}/config.php: {}; run this as LibreNMS's user, or as root",
                    path.display(),
                    why(&error)
                ),
            )
            .caused_by(error)
        })?;
        Ok(Self { path: path.to_owned(), env, config_php })
    }

    /// The folder as it is now.
    ///
    /// # Errors
    /// As [`LibreNmsDirectory::open`].
    pub fn again(&self) -> Result<Self> {
        Self::open(&self.path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database that LibreNMS uses.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) for a kind of database that is not supported.
    pub fn database(&self) -> Result<Database> {
        let setting = |key: &str| self.env.get(key).map(String::as_str).filter(|value| !value.is_empty());
        if let Some(url) = setting("DB_URL") {
            return match super::Location::parse(url, super::location::NamedIn::Private)? {
                super::Location::Database(database) => Ok(database),
                super::Location::LibreNms(_) => Err(Error::new(
                    Code::EnvInvalid,
                    "DB_URL in LibreNMS's .env is a directory; expected a database URL",
                )),
            };
        }
        match setting("DB_CONNECTION").unwrap_or("mysql") {
            "mysql" | "mariadb" | "mysql_cluster" => Ok(Database::MySql(Box::new(self.mysql(&setting)?))),
            "sqlite" => {
                let file = setting("DB_DATABASE").unwrap_or("database.sqlite");
                // Joining an absolute path gives that path.
                Ok(Database::Sqlite(self.path.join("database").join(file)))
            }
            _ => Err(Error::new(
                Code::EnvInvalid,
                "DB_CONNECTION in LibreNMS's .env is not supported; expected mysql, mariadb, mysql_cluster or sqlite",
            )),
        }
    }

    fn mysql<'s>(&'s self, setting: &dyn Fn(&str) -> Option<&'s str>) -> Result<MySqlConnectOptions> {
        // Installs from before .env keep these in config.php.
        let either = |env: &str, php: &str| setting(env).or_else(|| self.config_php.get(php).flatten());
        let host = either("DB_HOST", "db_host").unwrap_or("localhost");
        let mut options = MySqlConnectOptions::new()
            .username(either("DB_USERNAME", "db_user").unwrap_or("librenms"))
            .database(either("DB_DATABASE", "db_name").unwrap_or("librenms"));
        if let Some(password) = either("DB_PASSWORD", "db_pass") {
            options = options.password(password);
        }
        let socket = either("DB_SOCKET", "db_socket").map(str::to_owned).or_else(|| {
            let known = SOCKETS.iter().find(|socket| host == "localhost" && Path::new(socket).exists())?;
            Some((*known).to_owned())
        });
        options = match socket {
            Some(socket) => options.socket(socket),
            None => {
                let port = match either("DB_PORT", "db_port").map(|port| port.trim().parse::<u16>()) {
                    None => 3306,
                    Some(Ok(port)) if port > 0 => port,
                    Some(_) => return Err(self.not_a_port(setting("DB_PORT").is_some())),
                };
                options.host(host).port(port)
            }
        };
        if let Some(ca) = setting("MYSQL_ATTR_SSL_CA") {
            // LibreNMS's connection for clusters does not have the setting, and PHP's default is to verify.
            let is_cluster = setting("DB_CONNECTION") == Some("mysql_cluster");
            let verify = is_cluster || setting("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT").is_some_and(is_on);
            options =
                options.ssl_ca(ca).ssl_mode(if verify { MySqlSslMode::VerifyIdentity } else { MySqlSslMode::Required });
        }
        if let (Some(cert), Some(key)) = (setting("MYSQL_ATTR_SSL_CERT"), setting("MYSQL_ATTR_SSL_KEY")) {
            options = options.ssl_client_cert(cert).ssl_client_key(key);
        }
        Ok(match setting("DB_SSLMODE") {
            Some("disable" | "disabled") => options.ssl_mode(MySqlSslMode::Disabled),
            Some("require" | "required") => options.ssl_mode(MySqlSslMode::Required),
            Some("verify-ca" | "verify_ca") => options.ssl_mode(MySqlSslMode::VerifyCa),
            Some("verify-full" | "verify_identity") => options.ssl_mode(MySqlSslMode::VerifyIdentity),
            _ => options,
        })
    }

    fn not_a_port(&self, is_in_env: bool) -> Error {
        let (name, file) = if is_in_env { ("DB_PORT", ".env") } else { ("db_port", "config.php") };
        let place = match std::env::var_os(name) {
            Some(_) => "the environment".to_owned(),
            None => self.path.join(file).display().to_string(),
        };
        Error::new(Code::EnvInvalid, format!("{name} in {place} is not a port; expected a number from 1 to 65535"))
    }

    /// Adds to a snapshot what only the folder knows: settings of config.php, which win, and the release.
    pub fn complete(&self, snapshot: &mut Snapshot) {
        self.override_settings(&mut snapshot.settings);
        let channel = snapshot.settings.by_name.get("update_channel").map_or("master", String::as_str);
        snapshot.librenms_release = if channel == "master" { Some("master".to_owned()) } else { self.release() };
    }

    /// Adds the settings of config.php, which win over those of the database.
    pub fn override_settings(&self, settings: &mut Settings) {
        for name in Settings::NAMES {
            match self.config_php.get(name) {
                Some(Some(value)) => {
                    settings.by_name.insert(name.to_owned(), value.to_owned());
                    settings.in_config_php.insert(name);
                }
                Some(None) => drop(settings.unreadable.insert(name)),
                None => {}
            }
        }
    }

    /// The release that LibreNMS's own source names.
    fn release(&self) -> Option<String> {
        let source = std::fs::read_to_string(self.path.join("LibreNMS/Util/Version.php")).ok()?;
        let after = source.split_once("const VERSION")?.1;
        let value = after.split(['\'', '"']).nth(1)?;
        value.starts_with(|c: char| c.is_ascii_digit()).then(|| value.to_owned())
    }
}

/// The settings of `.env` and of the environment, which wins, as `env()` reads them.
fn read_env(file: &Path) -> Result<Values> {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let message =
                format!("cannot read {}: {}; run this as LibreNMS's user, or as root", file.display(), why(&error));
            return Err(Error::new(Code::EnvNotRead, message).caused_by(error));
        }
    };
    let mut values = env::parse(&bytes, |name| std::env::var(name).ok()).map_err(|invalid| {
        let message = format!("cannot parse {}, {invalid}", file.display());
        Error::new(Code::EnvInvalid, message).caused_by(invalid)
    })?;
    for (key, value) in std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))) {
        if key.starts_with("DB_") || key.starts_with("MYSQL_ATTR_SSL_") {
            values.insert(key, value);
        }
    }
    Ok(values.into_iter().filter_map(|(key, value)| Some((key, env::env(&value)?.to_owned()))).collect())
}

/// Whether PHP takes the setting of a driver for other than 0: text counts by the number that it begins with.
fn is_on(value: &str) -> bool {
    let digits = value.trim_start().trim_start_matches(['+', '-']);
    digits.chars().take_while(char::is_ascii_digit).any(|digit| digit != '0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_names_its_database_and_release() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        std::fs::write(root.join("artisan"), "").unwrap();
        std::fs::write(root.join(".env"), "DB_CONNECTION=sqlite\nDB_DATABASE=\"x.db\"\nAPP_KEY=base64:abc=\n").unwrap();
        std::fs::create_dir_all(root.join("LibreNMS/Util")).unwrap();
        std::fs::write(
            root.join("LibreNMS/Util/Version.php"),
            "<?php class Version { public const VERSION = '26.7.0'; }",
        )
        .unwrap();
        std::fs::write(root.join("config.php"), "<?php $config['update_channel'] = 'release';").unwrap();
        let folder = LibreNmsDirectory::open(root).unwrap();
        assert!(matches!(folder.database().unwrap(), Database::Sqlite(path) if path == root.join("database/x.db")));
        let mut snapshot = Snapshot::default();
        folder.complete(&mut snapshot);
        assert_eq!(snapshot.librenms_release.as_deref(), Some("26.7.0"));
    }

    /// A directory with this `.env`.
    fn with_env(env: &str) -> (tempfile::TempDir, Result<LibreNmsDirectory>) {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("artisan"), "").unwrap();
        std::fs::write(temporary.path().join(".env"), env).unwrap();
        let directory = LibreNmsDirectory::open(temporary.path());
        (temporary, directory)
    }

    fn mysql(env: &str) -> MySqlConnectOptions {
        match with_env(env).1.unwrap().database().unwrap() {
            Database::MySql(options) => *options,
            Database::Sqlite(_) => panic!("not MySQL: {env}"),
        }
    }

    #[test]
    fn the_certificate_is_verified_only_where_php_verifies_it() {
        for (env, verifies) in [
            ("", false),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=False", false),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=(false)", false),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=0", false),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=null", false),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=TRUE", true),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=(true)", true),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=1", true),
            ("DB_CONNECTION=mysql_cluster", true),
        ] {
            let options = mysql(&format!("MYSQL_ATTR_SSL_CA=/etc/ca.pem\n{env}\n"));
            let mode = format!("{:?}", options.get_ssl_mode());
            assert_eq!(mode, if verifies { "VerifyIdentity" } else { "Required" }, "{env}");
        }
    }

    #[test]
    fn a_cluster_is_reached_by_its_host() {
        let options = mysql("DB_CONNECTION=mysql_cluster\nDB_HOST=db1\nDB_PORT=3307\nDB_SOCKET=null\n");
        assert_eq!((options.get_host(), options.get_port(), options.get_socket()), ("db1", 3307, None));
    }

    #[test]
    fn what_is_wrong_in_env_is_named_by_setting_or_line() {
        let (_kept, directory) = with_env("DB_HOST=db1\nDB_PORT=abc\n");
        let error = directory.unwrap().database().unwrap_err();
        assert_eq!(error.code(), Code::EnvInvalid);
        assert!(error.to_string().contains("DB_PORT"), "{error}");
        let (_kept, directory) = with_env("DB_HOST=db1\nDB_PASSWORD=secret word\n");
        let error = directory.unwrap_err();
        assert_eq!(error.code(), Code::EnvInvalid);
        assert!(error.to_string().contains("line 2") && !error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn on_the_default_channel_the_release_is_master() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("lnms"), "").unwrap();
        let mut snapshot = Snapshot::default();
        LibreNmsDirectory::open(temporary.path()).unwrap().complete(&mut snapshot);
        assert_eq!(snapshot.librenms_release.as_deref(), Some("master"));
    }
}
