//! Which settings name LibreNMS's database, and where they are set: what an admin has to change.

use super::directory::LibreNmsDirectory;
use super::location::{Database, Location};
use crate::error::Result;
use callback_protocol::agent_api::DatabasePlace;

impl Database {
    /// Where it is. User and name are the admin's own; a password is never in it.
    pub(crate) fn place(&self, from: String) -> DatabasePlace {
        match self {
            Self::Sqlite(path) => DatabasePlace { server: path.display().to_string(), name: None, user: None, from },
            Self::MySql(options) => {
                let server = match options.get_socket() {
                    Some(socket) => socket.display().to_string(),
                    None if options.get_host().contains(':') && !options.get_host().starts_with('[') => {
                        format!("[{}]:{}", options.get_host(), options.get_port())
                    }
                    None => format!("{}:{}", options.get_host(), options.get_port()),
                };
                let name = options.get_database().map(str::to_owned);
                DatabasePlace { server, name, user: Some(options.get_username().to_owned()), from }
            }
        }
    }

    /// Whether it is on this host: a file, a socket or a loopback address.
    pub(crate) fn is_local(&self) -> bool {
        let Self::MySql(options) = self else { return true };
        let host = options.get_host().trim_start_matches('[').trim_end_matches(']');
        options.get_socket().is_some()
            || host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl Location {
    /// The database behind the location, with the setting that names it; a database itself was named there.
    pub(crate) fn place(&self, named_in: &str) -> Result<DatabasePlace> {
        match self {
            Self::LibreNms(directory) => directory.database_place(),
            Self::Database(database) => Ok(database.place(named_in.to_owned())),
        }
    }
}

impl LibreNmsDirectory {
    /// The database that LibreNMS uses, with the setting that names its server.
    fn database_place(&self) -> Result<DatabasePlace> {
        let database = self.database()?;
        let settings: &[(&str, &str)] = match &database {
            Database::Sqlite(_) => &[("DB_URL", ""), ("DB_DATABASE", "")],
            Database::MySql(options) if options.get_socket().is_some() => {
                &[("DB_URL", ""), ("DB_SOCKET", "db_socket"), ("DB_HOST", "db_host")]
            }
            Database::MySql(_) => &[("DB_URL", ""), ("DB_HOST", "db_host")],
        };
        let found = settings.iter().find_map(|(env, php)| self.origin(env, php));
        Ok(database.place(found.unwrap_or_else(|| "default; neither DB_HOST nor DB_SOCKET is set".to_owned())))
    }

    /// Where a setting of the database is set: the environment wins over `.env`, and that over config.php.
    fn origin(&self, env: &str, php: &str) -> Option<String> {
        if self.env.get(env).is_some_and(|value| !value.is_empty()) {
            let place = match std::env::var_os(env) {
                Some(_) => "the environment".to_owned(),
                None => self.path().join(".env").display().to_string(),
            };
            return Some(format!("{env} in {place}"));
        }
        let is_in_php = !php.is_empty() && self.config_php.get(php).is_some();
        is_in_php.then(|| format!("{php} in {}", self.path().join("config.php").display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_with_the_setting_and_the_file_that_it_comes_from() {
        for (env, php, server, from) in [
            ("DB_HOST=db1\nDB_PASSWORD=hunter2\n", "", "db1:3306", "DB_HOST in {}/.env"),
            ("DB_HOST=2001:db8::1\nDB_PORT=3307\n", "", "[2001:db8::1]:3307", "DB_HOST in {}/.env"),
            ("DB_SOCKET=/run/x.sock\n", "", "/run/x.sock", "DB_SOCKET in {}/.env"),
            ("", "$config['db_host'] = 'db2';", "db2:3306", "db_host in {}/config.php"),
            ("DB_HOST=127.0.0.1\n", "$config['db_host'] = 'db2';", "127.0.0.1:3306", "DB_HOST in {}/.env"),
            ("DB_URL=mysql://me:hunter2@db3/x\n", "", "db3:3306", "DB_URL in {}/.env"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("artisan"), "").unwrap();
            std::fs::write(folder.path().join(".env"), env).unwrap();
            std::fs::write(folder.path().join("config.php"), format!("<?php {php}")).unwrap();
            let place = LibreNmsDirectory::open(folder.path()).unwrap().database_place().unwrap();
            assert_eq!(place.server, server);
            assert_eq!(place.from, from.replace("{}", &folder.path().display().to_string()));
            assert!(!format!("{place:?}").contains("hunter2"));
        }
    }
}
