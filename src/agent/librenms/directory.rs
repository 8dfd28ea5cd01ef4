//! A LibreNMS directory: its `.env` and its `config.php`, which is parsed, never run.

use super::config_php::ConfigPhp;
use super::database::Database;
use super::database_settings::DatabaseSettings;
use super::env::{self, Values};
use super::{Settings, Snapshot};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::{MAX_SETTINGS, own_name, read, read_text, why};
use std::path::{Path, PathBuf};

/// A LibreNMS directory.
#[derive(Debug, Clone)]
pub struct LibreNmsDirectory {
    path: PathBuf,
    env: Values,
    config_php: ConfigPhp,
}

impl LibreNmsDirectory {
    /// Whether a directory looks like a LibreNMS. Nothing in it is read.
    pub(crate) fn is_at(path: &Path) -> bool {
        ["artisan", "lnms", "daily.sh", "LibreNMS"].iter().any(|mark| path.join(mark).exists())
    }

    /// Opens a directory.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) if it is not a LibreNMS directory or its settings cannot be
    /// read.
    pub fn open(path: &Path) -> Result<Self> {
        if !Self::is_at(path) {
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

    /// Reads the directory again.
    ///
    /// # Errors
    /// As [`LibreNmsDirectory::open`].
    pub fn again(&self) -> Result<Self> {
        Self::open(&self.path)
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database that LibreNMS uses.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) for invalid settings.
    pub fn database(&self) -> Result<Database> {
        let Self { path, env, config_php } = self;
        DatabaseSettings { directory: path, env, config_php }.database()
    }

    /// Adds to a snapshot what the directory knows: the release, and the settings of config.php, which override the
    /// database's.
    pub fn complete(&self, snapshot: &mut Snapshot) {
        self.override_settings(&mut snapshot.settings);
        let channel = snapshot.settings.by_name.get("update_channel").map_or("master", String::as_str);
        snapshot.librenms_release = if channel == "master" { Some("master".to_owned()) } else { self.release() };
    }

    /// Adds the settings of config.php, which override the database's.
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

    /// The release named in LibreNMS's source.
    fn release(&self) -> Option<String> {
        let source = read_text(&self.path.join("LibreNMS/Util/Version.php"), MAX_SETTINGS).ok()?;
        let after = source.split_once("const VERSION")?.1;
        let value = after.split(['\'', '"']).nth(1)?;
        value.starts_with(|c: char| c.is_ascii_digit()).then(|| value.to_owned())
    }
}

/// The settings of `.env`, overridden by the environment, as `env()` reads them.
fn read_env(file: &Path) -> Result<Values> {
    let bytes = match read(file, MAX_SETTINGS) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            let advice = match error.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    let user = own_name();
                    format!(
                        "; this runs as user {user}: let it read the file, or pass LibreNMS's user with --user (as root)"
                    )
                }
                _ => String::new(),
            };
            let message = format!("cannot read {}: {}{advice}", file.display(), why(&error));
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
    fn a_directory_has_a_database_and_a_release() {
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
        let directory = LibreNmsDirectory::open(root).unwrap();
        assert!(matches!(directory.database().unwrap(), Database::Sqlite(path) if path == root.join("database/x.db")));
        let mut snapshot = Snapshot::default();
        directory.complete(&mut snapshot);
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
    fn tls_modes_of_mysql_and_postgresql_are_accepted() {
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
            (
                "MYSQL_ATTR_SSL_CA=/etc/ca.pem\nMYSQL_ATTR_SSL_VERIFY_SERVER_CERT=true\nDB_SSLMODE=required",
                "VerifyIdentity",
            ),
            ("DB_URL=mysql://u@h/d\nMYSQL_ATTR_SSL_CA=/etc/ca.pem", "Required"),
            ("DB_URL=mysql://u@h/d?ssl-mode=verify_ca", "VerifyCa"),
        ] {
            assert_eq!(format!("{:?}", mysql(env).tls.mode), mode, "{env}");
        }
        assert_eq!(database("DB_SSLMODE=verified").unwrap_err().code(), Code::EnvInvalid);
    }

    #[test]
    fn a_cluster_has_more_hosts_for_writing() {
        let env = "DB_HOST=db1\nDB_PORT=3307\nDB_SOCKET=null\nDB_HOST_R2=db2\nDB_HOST_W3=db3\nDB_HOST_W9=[::9]\n";
        let server = mysql(&format!("{env}DB_CONNECTION=mysql_cluster\n"));
        assert_eq!((server.options.get_host(), server.options.get_port()), ("db1", 3307));
        assert_eq!(server.options.get_socket(), None);
        let named = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(host, name)| ((*host).to_owned(), (*name).to_owned())).collect()
        };
        assert_eq!(server.more_hosts, named(&[("db3", "DB_HOST_W3"), ("::9", "DB_HOST_W9")]));
        assert_eq!(mysql(env).more_hosts, []);
    }

    #[test]
    fn an_ipv6_address_may_be_in_brackets() {
        for env in ["DB_HOST=::1", "DB_HOST=[::1]", "DB_URL=mysql://[::1]/librenms"] {
            let server = mysql(env);
            assert_eq!((server.options.get_host(), &*server.endpoint.place), ("::1", "[::1]:3306"), "{env}");
        }
    }

    #[test]
    fn settings_complete_a_url() {
        let env = "DB_URL=mysql://h\nDB_HOST=other\nDB_PORT=3307\nDB_USERNAME=u\nDB_DATABASE=d\n";
        let options = mysql(env).options;
        assert_eq!((options.get_host(), options.get_port()), ("h", 3307));
        assert_eq!((options.get_username(), options.get_database()), ("u", Some("d")));
    }

    #[test]
    fn messages_name_the_setting_and_its_file_or_a_default() {
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
    fn errors_in_env_name_the_setting_or_line() {
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
    fn a_pipe_or_a_device_instead_of_a_file_is_an_error_and_not_waited_for() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        std::fs::write(root.join("artisan"), "").unwrap();
        let pipe = |path: &Path| rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap();
        let code = || LibreNmsDirectory::open(root).map(drop).map_err(|error| error.code());
        std::os::unix::fs::symlink("/dev/zero", root.join(".env")).unwrap();
        assert_eq!(code(), Err(Code::EnvNotRead));
        std::fs::remove_file(root.join(".env")).unwrap();
        pipe(&root.join(".env"));
        assert_eq!(code(), Err(Code::EnvNotRead));
        std::fs::remove_file(root.join(".env")).unwrap();
        pipe(&root.join("config.php"));
        assert_eq!(code(), Err(Code::ConfigPhpNotRead));
        std::fs::remove_file(root.join("config.php")).unwrap();
        pipe(&root.join("more.php"));
        std::fs::write(root.join("config.php"), "<?php include 'more.php';").unwrap();
        let mut settings = Settings::default();
        LibreNmsDirectory::open(root).unwrap().override_settings(&mut settings);
        assert!(settings.unreadable.contains("reporting.usage"));
        std::fs::create_dir_all(root.join("LibreNMS/Util")).unwrap();
        pipe(&root.join("LibreNMS/Util/Version.php"));
        assert_eq!(LibreNmsDirectory::open(root).unwrap().release(), None);
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
