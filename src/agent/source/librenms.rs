//! A LibreNMS folder: its `.env` and the readable settings of `config.php`, parsed, never run.

use super::location::Database;
use super::{Settings, Snapshot};
use crate::error::{Error, Result};
use crate::files::why;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Sockets that MariaDB and MySQL listen on by default; PHP takes `localhost` for one of these.
const SOCKETS: [&str; 3] = ["/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

/// A folder with LibreNMS in it.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    env: BTreeMap<String, String>,
    /// What config.php assigns; nothing for a value that cannot be read without running it.
    config_php: BTreeMap<String, Option<String>>,
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// [`Error::Install`] if it is none of LibreNMS's or its settings cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let marks = ["artisan", "lnms", "daily.sh", "LibreNMS"];
        if !marks.iter().any(|mark| path.join(mark).exists()) {
            return Err(Error::Install(
                "this is not a LibreNMS folder (neither artisan nor lnms is in it); name the one that LibreNMS runs from".into(),
            ));
        }
        let mut env = BTreeMap::new();
        match std::fs::read(path.join(".env")) {
            Ok(bytes) => {
                for item in dotenvy::Iter::new(bytes.as_slice()) {
                    // A line that cannot be read is none that names the database.
                    let Ok((key, value)) = item else { continue };
                    env.insert(key, value);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Error::Install(format!(
                    "LibreNMS's .env cannot be read: {}; run as LibreNMS's user",
                    why(&error)
                )));
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
        let config_php = match std::fs::read(path.join("config.php")) {
            Ok(bytes) => assignments(&String::from_utf8_lossy(&bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => {
                return Err(Error::Install(format!(
                    "LibreNMS's config.php cannot be read: {}; run as LibreNMS's user",
                    why(&error)
                )));
            }
        };
        Ok(Self { path: path.to_owned(), env, config_php })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The database that LibreNMS uses.
    ///
    /// # Errors
    /// [`Error::Install`] for a kind of database that is not supported.
    pub fn database(&self) -> Result<Database> {
        let setting = |key: &str| self.env.get(key).map(String::as_str).filter(|value| !value.is_empty());
        if let Some(url) = setting("DB_URL") {
            return match super::Location::parse(url, super::location::NamedIn::Private)? {
                super::Location::Database(database) => Ok(database),
                super::Location::LibreNms(_) => {
                    Err(Error::Install("DB_URL in LibreNMS's .env names a folder; correct it".into()))
                }
            };
        }
        match setting("DB_CONNECTION").unwrap_or("mysql") {
            "mysql" | "mariadb" => Ok(Database::MySql(Box::new(self.mysql(&setting)))),
            "sqlite" => {
                let file = setting("DB_DATABASE").unwrap_or("database.sqlite");
                // Joining an absolute path gives that path.
                Ok(Database::Sqlite(self.path.join("database").join(file)))
            }
            _ => Err(Error::Install("DB_CONNECTION in LibreNMS's .env names a kind of database that is not supported; expected mysql, mariadb or sqlite".into())),
        }
    }

    fn mysql<'s>(&'s self, setting: &dyn Fn(&str) -> Option<&'s str>) -> MySqlConnectOptions {
        // Installs from before .env keep these in config.php.
        let either =
            |env: &str, php: &str| setting(env).or_else(|| self.config_php.get(php).and_then(Option::as_deref));
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
                    settings.by_name.insert(name.to_owned(), value.clone());
                    settings.in_config_php.insert(name);
                }
                Some(None) => drop(settings.unreadable.insert(name)),
                None => {}
            }
            // An array assigned to the first part of the name may hold the setting too.
            let part = name.split('.').next().unwrap_or(name);
            if part != name && self.config_php.contains_key(part) {
                settings.unreadable.insert(name);
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

/// Assignments in PHP: `$config['a']['b'] = 'value';`, by dotted name, wherever they stand. The value is nothing where
/// it is no constant. The last assignment wins, as it does in PHP, but one that says no or cannot be read is not undone
/// by a later one: which of them is reached is known only to PHP.
fn assignments(php: &str) -> BTreeMap<String, Option<String>> {
    let mut settings: BTreeMap<String, Option<String>> = BTreeMap::new();
    let source = without_comments(php);
    if source.contains("<<<") {
        // Text in such a form may hold anything; nothing of the file is taken for read.
        return Settings::NAMES.iter().map(|name| ((*name).to_owned(), None)).collect();
    }
    for piece in source.split("$config").skip(1) {
        let (mut rest, mut keys) = (piece.trim_start(), Vec::new());
        while let Some((key, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
            keys.push(key.trim().trim_matches(['\'', '"']));
            rest = after.trim_start();
        }
        let Some(value) = rest.strip_prefix('=').filter(|value| !value.starts_with(['=', '>'])) else { continue };
        let value = value.split(';').next().unwrap_or_default().trim();
        let constant = match value.to_ascii_lowercase().as_str() {
            "true" => Some("true".to_owned()),
            "false" | "null" => Some("false".to_owned()),
            number if number.parse::<f64>().is_ok() => Some(number.to_owned()),
            _ => quoted(value),
        };
        let careful = |known: &Option<String>| known.as_ref().is_none_or(|known| known == "false");
        let known = settings.entry(keys.join(".")).or_insert_with(|| constant.clone());
        if !careful(known) || constant.is_none() {
            *known = constant;
        }
    }
    settings
}

/// The text of a PHP string without variables in it.
fn quoted(value: &str) -> Option<String> {
    for quote in ['\'', '"'] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            let plain = !inner.contains(quote) && (quote == '\'' || !inner.contains(['$', '\\']));
            return plain.then(|| inner.replace("\\'", "'").replace("\\\\", "\\"));
        }
    }
    None
}

/// The source without comments; quotes are respected, since URLs hold `//`, and `;` in strings ends no statement.
fn without_comments(php: &str) -> String {
    let (mut kept, mut rest, mut quote) = (String::with_capacity(php.len()), php, None);
    while let Some(c) = rest.chars().next() {
        let skipped = match quote {
            Some(_) => None,
            None if rest.starts_with("//") || c == '#' => Some(rest.find('\n').unwrap_or(rest.len())),
            None if rest.starts_with("/*") => Some(rest.find("*/").map_or(rest.len(), |end| end + 2)),
            None => None,
        };
        if let Some(skipped) = skipped {
            rest = &rest[skipped..];
            continue;
        }
        match quote {
            Some(_) if c == '\\' => {
                let pair = rest.chars().take(2).map(char::len_utf8).sum();
                kept.push_str(&rest[..pair]);
                rest = &rest[pair..];
                continue;
            }
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        // A semicolon within a string must not end the statement; such a value is none that is read here.
        kept.push(if c == ';' && quote.is_some() { ',' } else { c });
        rest = &rest[c.len_utf8()..];
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_config_php_are_read_and_nothing_is_run() {
        let settings = assignments(
            "<?php\n// $config['callback_post'] = 'https://old.example/';\n\
             $config['callback_post'] = 'https://stats.example/log.php'; # here\n\
             $config['reporting']['usage'] = false;\n/* $config['http_proxy'] = 'x'; */\n\
             $config[\"no_proxy\"] = \"a,b\";\n$config['db_host'] = getenv('HOST');\n\
             $config['update_channel'] = 'release';\n$config['a;b'] = 'it\\'s';\n",
        );
        let get = |name: &str| settings.get(name).and_then(Option::as_deref);
        assert_eq!(get("callback_post"), Some("https://stats.example/log.php"));
        assert_eq!(get("reporting.usage"), Some("false"));
        assert_eq!(get("no_proxy"), Some("a,b"));
        assert_eq!(get("update_channel"), Some("release"));
        assert!(!settings.contains_key("http_proxy"));
        assert_eq!(settings.get("db_host"), Some(&None));
    }

    #[test]
    fn reporting_is_off_however_config_php_says_so() {
        for php in [
            "<?php if (file_exists('/x')) { include '/x'; }\n$config['reporting']['usage'] = false;",
            "<?php if (true) { $config['reporting']['usage'] = FALSE; }",
            "<?php $config['reporting'] = ['usage' => false];",
            "<?php $config['reporting']['usage'] = null;",
            "<?php $config['reporting']['usage'] = getenv('X') === 'y';",
            "<?php $config [ 'reporting' ] [ 'usage' ] = 0;",
            "<?php ?>\n<?php $config['reporting']['usage'] = '';",
            "<?php $x = <<<END\nit's\nEND;\n$config['reporting']['usage'] = false;",
            "<?php $config['reporting']['usage'] = false; if (0) { $config['reporting']['usage'] = true; }",
        ] {
            let temporary = tempfile::tempdir().unwrap();
            std::fs::write(temporary.path().join("lnms"), "").unwrap();
            std::fs::write(temporary.path().join("config.php"), php).unwrap();
            let mut snapshot = Snapshot::default();
            snapshot.settings.by_name.insert("reporting.usage".into(), "true".into());
            Folder::open(temporary.path()).unwrap().complete(&mut snapshot);
            assert!(snapshot.settings.usage_is_off(), "{php}");
        }
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
        let folder = Folder::open(root).unwrap();
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
        Folder::open(temporary.path()).unwrap().complete(&mut snapshot);
        assert_eq!(snapshot.librenms_release.as_deref(), Some("master"));
    }
}
