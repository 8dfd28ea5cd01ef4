//! Where an install is: a LibreNMS folder, a database URL or a SQLite file.

use super::database::{Database, NamedIn, Server};
use super::directory::LibreNmsDirectory;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use callback_collector::digest::sha256_hex;
use std::path::{Path, PathBuf};

/// Where an install is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A folder with LibreNMS in it.
    LibreNms(LibreNmsDirectory),
    /// A database, and nothing else of LibreNMS.
    Database(Database),
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

    /// The directory that a name means, if it means one. Nothing in it is read.
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
        // As made by all versions so far.
        assert_eq!(print("mysql://a@db/librenms"), sha256_hex(b"mysql\ndb:3306\nlibrenms"));
        assert_eq!(print("mysql://a@[::1]/librenms"), sha256_hex(b"mysql\n::1:3306\nlibrenms"));
        assert_eq!(print("mysql://a@h/librenms?socket=/run/s"), sha256_hex(b"mysql\n/run/s\nlibrenms"));
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
