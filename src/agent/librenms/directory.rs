//! A LibreNMS folder: its `.env` and the readable settings of `config.php`, parsed, never run.

use super::config_php::ConfigPhp;
use super::database::Database;
use super::database_settings::DatabaseSettings;
use super::env::{self, Values};
use super::{Settings, Snapshot};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use std::path::{Path, PathBuf};

/// A folder with LibreNMS in it.
#[derive(Debug, Clone)]
pub struct LibreNmsDirectory {
    path: PathBuf,
    env: Values,
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
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) for settings that cannot be used.
    pub fn database(&self) -> Result<Database> {
        let Self { path, env, config_php } = self;
        DatabaseSettings { directory: path, env, config_php }.database()
    }

    /// Adds to a snapshot what only the folder knows: settings of config.php, which win, and the release.
    pub fn complete(&self, snapshot: &mut Snapshot) {
        self.override_settings(&mut snapshot.settings);
        let channel = snapshot.settings.by_name.get("update_channel").map_or("master", String::as_str);
        snapshot.librenms_release = if channel == "master" { Some("master".to_owned()) } else { self.release() };
    }

    /// Adds the settings of config.php, which win over those of the database.
    pub fn override_settings(&self, settings: &mut Settings) {
        settings.broken_php = self.config_php.broken().map(Path::to_owned);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::librenms::database::Server;

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

    fn database(env: &str) -> Result<Database> {
        with_env(env).1.unwrap().database()
    }

    fn mysql(env: &str) -> Server {
        match database(env).unwrap() {
            Database::MySql(server) => *server,
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
            let server = mysql(&format!("MYSQL_ATTR_SSL_CA=/etc/ca.pem\n{env}\n"));
            let mode = format!("{:?}", server.tls.mode);
            assert_eq!(mode, if verifies { "VerifyIdentity" } else { "Required" }, "{env}");
        }
    }

    #[test]
    fn words_for_tls_are_those_of_mysql_and_postgresql() {
        for (env, mode) in [
            ("", "Preferred"),
            ("DB_SSLMODE=disabled", "Disabled"),
            ("DB_SSLMODE=DISABLE", "Disabled"),
            ("DB_SSLMODE=prefer", "Preferred"),
            ("DB_SSLMODE=require", "Required"),
            ("DB_SSLMODE=VERIFY_CA", "VerifyCa"),
            ("DB_SSLMODE=verify-full", "VerifyIdentity"),
            ("MYSQL_ATTR_SSL_VERIFY_SERVER_CERT=true", "Preferred"),
            ("MYSQL_ATTR_SSL_CERT=/etc/c.pem", "Required"),
            ("MYSQL_ATTR_SSL_CA=/etc/ca.pem\nDB_SSLMODE=preferred", "Required"),
            ("MYSQL_ATTR_SSL_CA=/etc/ca.pem\nDB_SSLMODE=disabled", "Disabled"),
            ("DB_URL=mysql://u@h/d\nMYSQL_ATTR_SSL_CA=/etc/ca.pem", "Required"),
            ("DB_URL=mysql://u@h/d?ssl-mode=verify_ca", "VerifyCa"),
        ] {
            assert_eq!(format!("{:?}", mysql(env).tls.mode), mode, "{env}");
        }
        assert_eq!(database("DB_SSLMODE=verified").unwrap_err().code(), Code::EnvInvalid);
    }

    #[test]
    fn a_cluster_has_hosts_to_read_from_and_to_write_to() {
        let env = "DB_HOST=db1\nDB_PORT=3307\nDB_SOCKET=null\nDB_HOST_R2=db2\nDB_HOST_R9=[::9]\nDB_HOST_W3=db3\n";
        let server = mysql(&format!("{env}DB_CONNECTION=mysql_cluster\n"));
        assert_eq!((server.options.get_host(), server.options.get_port()), ("db1", 3307));
        assert_eq!(server.options.get_socket(), None);
        let named = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(host, name)| ((*host).to_owned(), (*name).to_owned())).collect()
        };
        assert_eq!(server.readers, named(&[("db2", "DB_HOST_R2"), ("::9", "DB_HOST_R9")]));
        assert_eq!(server.writers, named(&[("db3", "DB_HOST_W3")]));
        assert_eq!(mysql(env).readers, []);
    }

    #[test]
    fn an_ipv6_address_may_be_in_brackets() {
        for env in ["DB_HOST=::1", "DB_HOST=[::1]", "DB_URL=mysql://[::1]/librenms"] {
            let server = mysql(env);
            assert_eq!((server.options.get_host(), &*server.endpoint.place), ("::1", "[::1]:3306"), "{env}");
        }
    }

    #[test]
    fn settings_say_what_a_url_leaves_out() {
        let env = "DB_URL=mysql://h\nDB_HOST=other\nDB_PORT=3307\nDB_USERNAME=u\nDB_DATABASE=d\n";
        let options = mysql(env).options;
        assert_eq!((options.get_host(), options.get_port()), ("h", 3307));
        assert_eq!((options.get_username(), options.get_database()), ("u", Some("d")));
    }

    #[test]
    fn messages_name_the_setting_and_its_file_or_that_there_is_none() {
        let temporary = tempfile::tempdir().unwrap();
        std::fs::write(temporary.path().join("artisan"), "").unwrap();
        let file = temporary.path().join(".env").display().to_string();
        let address = || match LibreNmsDirectory::open(temporary.path()).unwrap().database().unwrap() {
            Database::MySql(server) => server.endpoint.address.with("x"),
            Database::Sqlite(_) => panic!("not MySQL"),
        };
        assert_eq!(address(), format!("DB_HOST \"x\" (the default: {file} does not exist)"));
        std::fs::write(&file, "").unwrap();
        assert_eq!(address(), format!("DB_HOST \"x\" (the default: {file} does not set it)"));
        std::fs::write(&file, "DB_HOST=db1").unwrap();
        assert_eq!(address(), format!("DB_HOST \"x\" (from {file})"));
        std::fs::write(temporary.path().join("config.php"), "<?php $config['db_host'] = 'db1';").unwrap();
        std::fs::write(&file, "").unwrap();
        assert!(address().starts_with("db_host \"x\" (from "));
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
