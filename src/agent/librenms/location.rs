//! The location of an install: a LibreNMS directory, a database URL or a SQLite file.

use super::database::{Database, NamedIn, Server};
use super::directory::LibreNmsDirectory;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use callback_collector::digest::sha256_hex;
use std::path::{Path, PathBuf};

/// The location of an install.
#[derive(Debug, Clone)]
pub enum Location {
    /// A LibreNMS directory.
    LibreNms(LibreNmsDirectory),
    /// Only a database, without LibreNMS's files.
    Database(Database),
}

impl Location {
    /// Parses a location.
    ///
    /// # Errors
    /// [`Exit::Config`](crate::code::Exit::Config) for an invalid URL, or one with a password on the command line.
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) for a missing path, or a directory that is not LibreNMS's.
    pub fn parse(text: &str, named_in: NamedIn) -> Result<Self> {
        if text.trim().is_empty() {
            return Err(Error::new(
                Code::LocationInvalid,
                "--librenms is empty; expected a LibreNMS directory, a SQLite file or a mysql:// URL",
            ));
        }
        if let Some(("mysql" | "mariadb", _)) = text.split_once("://") {
            return Server::of_url(text, named_in).map(|server| Self::Database(Database::MySql(Box::new(server))));
        }
        match Database::sqlite_url(text) {
            Some(path) => Self::path(&path),
            None => {
                Err(Error::new(Code::LocationInvalid, "unsupported URL; expected mysql://, mariadb:// or sqlite://"))
            }
        }
    }

    /// The directory that a location names, if it names one. Nothing in it is read.
    pub(crate) fn directory_named(text: &str) -> Option<PathBuf> {
        Database::sqlite_url(text).filter(|path| path.is_dir())
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

    /// The database of the location.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) if the directory's settings name no usable database.
    pub fn database(&self) -> Result<Database> {
        match self {
            Self::LibreNms(directory) => directory.database(),
            Self::Database(database) => Ok(database.clone()),
        }
    }

    /// Identifies an install: SHA-256 of its database's location. It excludes user and password, which may change while
    /// the install stays the same.
    ///
    /// # Errors
    /// As [`Location::database`].
    pub fn fingerprint(&self) -> Result<String> {
        Ok(sha256_hex(self.database()?.identity().as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, named_in: NamedIn) -> Error {
        Location::parse(text, named_in).unwrap_err()
    }

    #[test]
    fn a_password_on_the_command_line_is_rejected_and_not_repeated() {
        let error = refused("mysql://librenms:hunter2@localhost/librenms", NamedIn::CommandLine);
        assert_eq!(error.code(), Code::PasswordOnCommandLine);
        assert!(!error.message().contains("hunter2"));
        let error = refused("mysql://librenms@h/x?password=hunter2", NamedIn::CommandLine);
        assert_eq!(error.code(), Code::PasswordOnCommandLine);
        assert!(Location::parse("mysql://librenms:hunter2@localhost/librenms", NamedIn::Private).is_ok());
        assert!(Location::parse("mariadb://librenms@localhost/librenms", NamedIn::CommandLine).is_ok());
    }

    #[test]
    fn an_install_is_identified_by_its_location_not_by_its_user() {
        let print = |text: &str| Location::parse(text, NamedIn::Private).unwrap().fingerprint().unwrap();
        assert_eq!(print("mysql://a:x@db/librenms"), print("mariadb://b:y@db:3306/librenms"));
        assert_ne!(print("mysql://a@db/librenms"), print("mysql://a@db/other"));
        assert_ne!(print("mysql://a@db/librenms"), print("mysql://a@db2/librenms"));
        // All versions so far compute these hashes.
        assert_eq!(print("mysql://a@db/librenms"), sha256_hex(b"mysql\ndb:3306\nlibrenms"));
        assert_eq!(print("mysql://a@[::1]/librenms"), sha256_hex(b"mysql\n::1:3306\nlibrenms"));
        assert_eq!(print("mysql://a@h/librenms?socket=/run/s"), sha256_hex(b"mysql\n/run/s\nlibrenms"));
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.db");
        std::fs::write(&file, "").unwrap();
        let path = file.to_str().unwrap();
        for form in ["sqlite:", "sqlite://", "file:", "file://", "file://localhost"] {
            assert_eq!(print(&format!("{form}{path}")), print(path), "{form}");
        }
        assert_eq!(print(&format!("file:{path}?mode=ro")), print(path));
    }

    #[test]
    fn other_databases_and_empty_locations_are_rejected() {
        assert_eq!(refused("postgres://x/y", NamedIn::Private).code(), Code::LocationInvalid);
        assert_eq!(refused(" ", NamedIn::CommandLine).code(), Code::LocationInvalid);
        assert_eq!(refused("/no/such/place", NamedIn::Private).code(), Code::LocationNotFound);
        let directory = tempfile::tempdir().unwrap();
        let error = refused(directory.path().to_str().unwrap(), NamedIn::Private);
        assert_eq!(error.code(), Code::NotLibrenms);
    }
}
