//! Where an install is: a LibreNMS folder, a database URL or a SQLite file.

use super::directory::LibreNmsDirectory;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use callback_collector::digest::sha256_hex;
use sqlx::mysql::MySqlConnectOptions;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where an install is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A folder with LibreNMS in it.
    LibreNms(LibreNmsDirectory),
    /// A database, and nothing else of LibreNMS.
    Database(Database),
}

/// A database.
#[derive(Debug, Clone)]
pub enum Database {
    /// MariaDB or MySQL.
    MySql(Box<MySqlConnectOptions>),
    /// A SQLite file.
    Sqlite(PathBuf),
}

/// Where a location was named: what stands on a command line can be read by every user of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedIn {
    /// On the command line.
    CommandLine,
    /// In the configuration or the environment.
    Private,
}

impl Location {
    /// Understands what was named.
    ///
    /// # Errors
    /// [`Exit::Config`](crate::code::Exit::Config) for a URL that cannot be read or shows a password, [`Exit::Librenms`](crate::code::Exit::Librenms) for a folder that is
    /// none of LibreNMS's or a path where nothing is.
    pub fn parse(text: &str, named_in: NamedIn) -> Result<Self> {
        if text.trim().is_empty() {
            return Err(Error::new(
                Code::LocationInvalid,
                "--librenms is empty; expected a LibreNMS directory, a SQLite file or a mysql:// URL",
            ));
        }
        // SQLite's own form of URL; its settings are not needed, since the file is only read.
        if let Some(file) = text.strip_prefix("file:") {
            let path = file.split(['?', '#']).next().unwrap_or(file);
            return Self::path(Path::new(path.strip_prefix("//localhost").or(path.strip_prefix("//")).unwrap_or(path)));
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return match scheme {
                "mysql" | "mariadb" => Self::mysql(rest, named_in),
                "sqlite" => Self::path(Path::new(rest.split('?').next().unwrap_or(rest))),
                _ => Err(Error::new(
                    Code::LocationInvalid,
                    "unsupported URL; expected mysql://, mariadb:// or sqlite://",
                )),
            };
        }
        Self::path(Path::new(text.strip_prefix("sqlite:").unwrap_or(text)))
    }

    fn mysql(rest: &str, named_in: NamedIn) -> Result<Self> {
        if has_password(&format!("mysql://{rest}")) && named_in == NamedIn::CommandLine {
            return Err(Error::new(
                Code::PasswordOnCommandLine,
                "every user of this host can see a password on the command line; set `librenms` in the configuration \
                 file, or CALLBACK_LIBRENMS",
            ));
        }
        let options = MySqlConnectOptions::from_str(&format!("mysql://{rest}")).map_err(|_| {
            Error::new(
                Code::DatabaseUrlInvalid,
                "the database URL is not valid; expected mysql://USER:PASSWORD@HOST:PORT/DATABASE with special \
                 characters percent-encoded",
            )
        })?;
        Ok(Self::Database(Database::MySql(Box::new(options))))
    }

    fn path(path: &Path) -> Result<Self> {
        match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => LibreNmsDirectory::open(path).map(Self::LibreNms),
            Ok(_) => Ok(Self::Database(Database::Sqlite(path.to_owned()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::new(
                Code::LocationNotFound,
                format!(
                    "{} does not exist; expected a LibreNMS directory, a SQLite file or a mysql:// URL",
                    path.display()
                ),
            )),
            Err(error) => Err(Error::new(
                Code::LocationNotRead,
                format!("cannot read {}: {}; run this as LibreNMS's user, or as root", path.display(), why(&error)),
            )
            .caused_by(error)),
        }
    }

    /// The database behind the location.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) where the folder's settings name none that can be read.
    pub fn database(&self) -> Result<Database> {
        match self {
            Self::LibreNms(folder) => folder.database(),
            Self::Database(database) => Ok(database.clone()),
        }
    }

    /// What an install is told apart by: SHA-256 of where its database is. User and password do not count, since they
    /// change while the install stays the same.
    ///
    /// # Errors
    /// As [`Location::database`].
    pub fn fingerprint(&self) -> Result<String> {
        let place = match self.database()? {
            Database::MySql(options) => {
                let name = options.get_database().unwrap_or_default();
                match options.get_socket() {
                    Some(socket) => format!("mysql\n{}\n{name}", socket.display()),
                    None => format!("mysql\n{}:{}\n{name}", options.get_host(), options.get_port()),
                }
            }
            Database::Sqlite(path) => {
                let path = path.canonicalize().unwrap_or(path);
                format!("sqlite\n{}", path.display())
            }
        };
        Ok(sha256_hex(place.as_bytes()))
    }
}

/// Whether a URL has a password in its authority, or after it.
#[must_use]
pub fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, named_in: NamedIn) -> Error {
        Location::parse(text, named_in).unwrap_err()
    }

    #[test]
    fn a_password_on_the_command_line_is_refused_and_never_repeated() {
        let error = refused("mysql://librenms:hunter2@localhost/librenms", NamedIn::CommandLine);
        assert_eq!(error.code(), Code::PasswordOnCommandLine);
        assert!(!error.message().contains("hunter2"));
        let error = refused("mysql://librenms@h/x?password=hunter2", NamedIn::CommandLine);
        assert_eq!(error.code(), Code::PasswordOnCommandLine);
        assert!(Location::parse("mysql://librenms:hunter2@localhost/librenms", NamedIn::Private).is_ok());
        assert!(Location::parse("mariadb://librenms@localhost/librenms", NamedIn::CommandLine).is_ok());
    }

    #[test]
    fn an_install_is_told_by_its_place_not_by_who_reads_it() {
        let print = |text: &str| Location::parse(text, NamedIn::Private).unwrap().fingerprint().unwrap();
        assert_eq!(print("mysql://a:x@db/librenms"), print("mariadb://b:y@db:3306/librenms"));
        assert_ne!(print("mysql://a@db/librenms"), print("mysql://a@db/other"));
        assert_ne!(print("mysql://a@db/librenms"), print("mysql://a@db2/librenms"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.db");
        std::fs::write(&file, "").unwrap();
        let path = file.to_str().unwrap();
        for form in ["sqlite:", "sqlite://", "file:", "file://", "file://localhost"] {
            assert_eq!(print(&format!("{form}{path}")), print(path), "{form}");
        }
        assert_eq!(print(&format!("file:{path}?mode=ro")), print(path));
    }

    #[test]
    fn other_databases_and_empty_places_are_refused() {
        assert_eq!(refused("postgres://x/y", NamedIn::Private).code(), Code::LocationInvalid);
        assert_eq!(refused(" ", NamedIn::CommandLine).code(), Code::LocationInvalid);
        assert_eq!(refused("/no/such/place", NamedIn::Private).code(), Code::LocationNotFound);
        let folder = tempfile::tempdir().unwrap();
        let error = refused(folder.path().to_str().unwrap(), NamedIn::Private);
        assert_eq!(error.code(), Code::NotLibrenms);
    }
}
