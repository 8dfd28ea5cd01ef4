//! A LibreNMS folder: its `.env` and the readable settings of `config.php`, parsed, never run.

use super::config_php::ConfigPhp;
use super::location::Database;
use super::{Settings, Snapshot};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Sockets that MariaDB and MySQL listen on by default; PHP takes `localhost` for one of these.
const SOCKETS: [&str; 3] = ["/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

/// A folder with LibreNMS in it.
#[derive(Debug, Clone)]
pub struct LibreNmsDirectory {
    path: PathBuf,
    env: BTreeMap<String, String>,
    config_php: ConfigPhp,
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
        let mut env = BTreeMap::new();
        match std::fs::read(path.join(".env")) {
            Ok(bytes) => {
                for item in dotenvy::Iter::new(as_laravel_reads(&bytes).as_slice()) {
                    // A line that cannot be read is none that names the database.
                    let Ok((key, value)) = item else { continue };
                    env.insert(key, value);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Error::new(
                    Code::EnvNotRead,
                    format!(
                        "cannot read {}/.env: {}; run this as LibreNMS's user, or as root",
                        path.display(),
                        why(&error)
                    ),
                )
                .caused_by(error));
            }
        }
        // The environment wins over the file, as it does in LibreNMS.
        for (key, value) in
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
        {
            if key.starts_with("DB_") || key.starts_with("MYSQL_ATTR_SSL_") {
                env.insert(key, value);
            }
        }
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
            "mysql" | "mariadb" => Ok(Database::MySql(Box::new(self.mysql(&setting)))),
            "sqlite" => {
                let file = setting("DB_DATABASE").unwrap_or("database.sqlite");
                // Joining an absolute path gives that path.
                Ok(Database::Sqlite(self.path.join("database").join(file)))
            }
            _ => Err(Error::new(
                Code::EnvInvalid,
                "DB_CONNECTION in LibreNMS's .env is not supported; expected mysql, mariadb or sqlite",
            )),
        }
    }

    fn mysql<'s>(&'s self, setting: &dyn Fn(&str) -> Option<&'s str>) -> MySqlConnectOptions {
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
                options.host(host).port(either("DB_PORT", "db_port").and_then(|port| port.parse().ok()).unwrap_or(3306))
            }
        };
        if let Some(ca) = setting("MYSQL_ATTR_SSL_CA") {
            let verify =
                setting("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT").is_none_or(|value| !matches!(value, "false" | "0"));
            options =
                options.ssl_ca(ca).ssl_mode(if verify { MySqlSslMode::VerifyIdentity } else { MySqlSslMode::Required });
        }
        if let (Some(cert), Some(key)) = (setting("MYSQL_ATTR_SSL_CERT"), setting("MYSQL_ATTR_SSL_KEY")) {
            options = options.ssl_client_cert(cert).ssl_client_key(key);
        }
        match setting("DB_SSLMODE") {
            Some("disable" | "disabled") => options.ssl_mode(MySqlSslMode::Disabled),
            Some("require" | "required") => options.ssl_mode(MySqlSslMode::Required),
            Some("verify-ca" | "verify_ca") => options.ssl_mode(MySqlSslMode::VerifyCa),
            Some("verify-full" | "verify_identity") => options.ssl_mode(MySqlSslMode::VerifyIdentity),
            _ => options,
        }
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

/// An `.env` in which a `$` that begins no `${NAME}` is one, as for Laravel; the library would take `$NAME` for a variable.
fn as_laravel_reads(env: &[u8]) -> Vec<u8> {
    let mut read = Vec::with_capacity(env.len() + 8);
    for line in env.split_inclusive(|byte| *byte == b'\n') {
        let (mut single, mut double, mut escaped) = (false, false, false);
        for (at, byte) in line.iter().enumerate() {
            match byte {
                b'\'' if !double && !escaped => single = !single,
                b'"' if !single && !escaped => double = !double,
                b'$' if !single && !escaped && line.get(at + 1) != Some(&b'{') => read.push(b'\\'),
                _ => {}
            }
            escaped = *byte == b'\\' && !single && !escaped;
            read.push(*byte);
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dollar_in_a_password_is_one() {
        let env = br#"A=pa$word1
B="pa$word1"
C='pa$word1'
D="pa\$word1"
E=x${A}
F=$
"#;
        let read = as_laravel_reads(env);
        let values: Vec<_> = dotenvy::Iter::new(read.as_slice()).map(|item| item.unwrap().1).collect();
        assert_eq!(values, ["pa$word1", "pa$word1", "pa$word1", "pa$word1", "xpa$word1", "$"]);
    }

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

    #[test]
    fn on_the_default_channel_the_release_is_master() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("lnms"), "").unwrap();
        let mut snapshot = Snapshot::default();
        LibreNmsDirectory::open(temporary.path()).unwrap().complete(&mut snapshot);
        assert_eq!(snapshot.librenms_release.as_deref(), Some("master"));
    }
}
