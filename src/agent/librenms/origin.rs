//! The location of LibreNMS's database for messages, with the setting that names it.

use super::Location;
use super::database::Database;
use crate::error::Result;
use callback_protocol::agent_api::DatabasePlace;
use std::net::IpAddr;

impl Database {
    /// The location, with user and database name, but never a password.
    fn place(&self, from: impl FnOnce() -> String) -> DatabasePlace {
        match self {
            Self::Sqlite(path) => {
                DatabasePlace { server: path.display().to_string(), name: None, user: None, from: from() }
            }
            Self::MySql(server) => DatabasePlace {
                server: server.endpoint.place.clone(),
                name: Some(server.endpoint.database.clone()),
                user: Some(server.endpoint.user.clone()),
                from: from(),
            },
        }
    }

    /// Whether it is on this host: a file, a socket or a loopback address.
    pub(crate) fn is_local(&self) -> bool {
        let Self::MySql(server) = self else { return true };
        let Some(host) = &server.endpoint.host else { return true };
        host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}

impl Location {
    /// The database of the location, with the setting that names it. If the location is a database itself, that is
    /// `named_in`.
    pub(crate) fn place(&self, named_in: &str) -> Result<DatabasePlace> {
        let database = self.database()?;
        Ok(database.place(|| match (self, &database) {
            (Self::Database(_), _) => named_in.to_owned(),
            (Self::LibreNms(_), Database::MySql(server)) => server.endpoint.address.in_words(),
            (Self::LibreNms(directory), Database::Sqlite(_)) => {
                format!("DB_DATABASE, from {}", directory.path().join(".env").display())
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::directory::LibreNmsDirectory;
    use super::*;

    #[test]
    fn a_database_is_shown_with_its_setting_and_file() {
        for (env, php, server, from) in [
            ("DB_HOST=db1\nDB_PASSWORD=hunter2\n", "", "db1:3306", "DB_HOST, from {}/.env"),
            ("DB_HOST=2001:db8::1\nDB_PORT=3307\n", "", "[2001:db8::1]:3307", "DB_HOST, from {}/.env"),
            ("DB_SOCKET=/run/x.sock\n", "", "/run/x.sock", "DB_SOCKET, from {}/.env"),
            ("", "$config['db_host'] = 'db2';", "db2:3306", "db_host, from {}/config.php"),
            ("DB_HOST=127.0.0.1\n", "$config['db_host'] = 'db2';", "127.0.0.1:3306", "DB_HOST, from {}/.env"),
        ] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("artisan"), "").unwrap();
            std::fs::write(directory.path().join(".env"), env).unwrap();
            std::fs::write(directory.path().join("config.php"), format!("<?php {php}")).unwrap();
            let place =
                Location::LibreNms(LibreNmsDirectory::open(directory.path()).unwrap()).place("--librenms").unwrap();
            assert_eq!(place.server, server);
            assert_eq!(place.from, from.replace("{}", &directory.path().display().to_string()));
            assert!(!format!("{place:?}").contains("hunter2"));
        }
    }
}
