//! The database that a URL names: opened to serve, or worked on beside a receiver that runs.

use super::postgres::{self, Postgres};
use super::sqlite::transfer::Reading;
use super::sqlite::{self, Sqlite, file};
use super::{Blocked, Checked, Forgotten, HideAction, Storage};
use crate::code::Code;
use crate::config::Settings;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Box<PgConnectOptions>),
}

impl Database {
    /// The database of the settings: that of `database` if it is named, else a file in the data folder.
    ///
    /// # Errors
    /// [`Code::DatabaseUrlInvalid`]. The URL is not quoted: it may hold a password.
    pub fn of(settings: &Settings) -> Result<Self> {
        let url = settings.database.as_str();
        if url.is_empty() {
            return Ok(Self::Sqlite(settings.data.join(sqlite::FILE)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options: PgConnectOptions = url.parse().map_err(|_| wrong_url())?;
            // The driver leaves the brackets of an IPv6 address on, and then looks for a host of that name.
            let host = options.get_host();
            let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).map(str::to_owned);
            let options = match address {
                Some(address) => options.host(&address),
                None => options,
            };
            return Ok(Self::Postgres(Box::new(options)));
        }
        let path = url.strip_prefix("sqlite:").ok_or_else(wrong_url)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() { Err(wrong_url()) } else { Ok(Self::Sqlite(path.into())) }
    }

    /// Whether there are data in it, and so the key that they were made with must be there.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn has_data(&self) -> Result<bool> {
        match self {
            Self::Sqlite(database) => Ok(database.exists()),
            Self::Postgres(options) => postgres::upkeep::has_data((**options).clone()).await,
        }
    }

    /// Removes what a restore that was killed left in the data folder.
    pub fn remove_left_over(&self, data: &Path) {
        if matches!(self, Self::Postgres(_)) {
            Reading::remove_left_over(data);
        }
    }

    /// Opens it to serve, and makes what is missing.
    ///
    /// # Errors
    /// If it cannot be used, or [`Code::KeyMismatch`].
    pub async fn open(&self, key: &InstallKey) -> Result<Arc<dyn Storage>> {
        Ok(match self {
            Self::Sqlite(database) => Arc::new(Sqlite::open(database, key).await?),
            Self::Postgres(options) => Arc::new(Postgres::open((**options).clone(), key).await?),
        })
    }

    /// Opens it to be read, also beside a receiver that runs; whatever would change it fails.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub async fn reading(&self) -> Result<Arc<dyn Storage>> {
        Ok(match self {
            Self::Sqlite(database) => Arc::new(Sqlite::reading(existing(database)?).await?),
            Self::Postgres(options) => Arc::new(Postgres::reading((**options).clone()).await?),
        })
    }

    /// Hides something public, or shows it again, also beside a receiver that runs.
    ///
    /// # Errors
    /// If it is not there or cannot be written.
    pub async fn hide(&self, action: HideAction) -> Result<()> {
        match self {
            Self::Sqlite(database) => file::hide(existing(database)?, &action).await,
            Self::Postgres(options) => Postgres::reading((**options).clone()).await?.hide(action).await,
        }
    }

    /// Recomputes the aggregates from the reports and compares.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub async fn check(&self) -> Result<Checked> {
        match self {
            Self::Sqlite(database) => file::check(existing(database)?).await,
            Self::Postgres(options) => postgres::upkeep::check((**options).clone()).await,
        }
    }

    /// What is older than a day.
    ///
    /// # Errors
    /// If it is not there or cannot be read.
    pub async fn due(&self, first_kept: Day) -> Result<Forgotten> {
        match self {
            Self::Sqlite(database) => file::due(existing(database)?, first_kept).await,
            Self::Postgres(options) => postgres::upkeep::due((**options).clone(), first_kept).await,
        }
    }

    /// Blocks an install or a network, or takes their reports again.
    ///
    /// # Errors
    /// If the database fails, or [`Code::KeyMismatch`].
    pub async fn block(&self, key: &InstallKey, what: &Blocked, undo: bool) -> Result<()> {
        match self {
            Self::Sqlite(database) => file::block(existing(database)?, key, what, undo).await,
            Self::Postgres(options) => postgres::upkeep::block((**options).clone(), key, what, undo).await,
        }
    }

    /// Copies it into a new file, as it is at one moment, and checks the copy.
    ///
    /// # Errors
    /// If the file exists, cannot be written, or does not pass the check.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        match self {
            Self::Sqlite(database) => file::backup(existing(database)?, to).await,
            Self::Postgres(options) => postgres::transfer::backup((**options).clone(), to).await,
        }
    }

    /// Puts a backup in its place, without what was cleared since. Returns how many installs that removed. A copy is
    /// worked on beside the file, or in the data folder where the database is a server's.
    ///
    /// # Errors
    /// If either cannot be used, or [`Code::KeyMismatch`].
    pub async fn restore(&self, from: &Path, data: &Path, key: &InstallKey) -> Result<u64> {
        match self {
            Self::Sqlite(database) => file::restore(from, database, key).await,
            Self::Postgres(options) => postgres::transfer::restore((**options).clone(), from, data, key).await,
        }
    }
}

/// A database file that must be there: most commands make none.
pub(super) fn existing(database: &Path) -> Result<&Path> {
    if database.is_file() {
        return Ok(database);
    }
    Err(Error::new(Code::DatabaseMissing, database.display()))
}

fn wrong_url() -> Error {
    Code::DatabaseUrlInvalid.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Database> {
        Database::of(&Settings { database: url.into(), data: "/d".into(), ..Settings::default() })
    }

    #[test]
    fn the_url_chooses_the_backend() {
        for (url, path) in [("", "/d/receiver.sqlite3"), ("sqlite:/a/b", "/a/b"), ("sqlite:///a/b", "/a/b")] {
            assert!(matches!(of(url), Ok(Database::Sqlite(file)) if file == Path::new(path)), "{url}");
        }
        let Ok(Database::Postgres(options)) = of("postgres://me:s%2Fecret@db.example:5433/stats") else {
            panic!("a URL of PostgreSQL");
        };
        assert_eq!((options.get_host(), options.get_port()), ("db.example", 5433));
        let Ok(Database::Postgres(options)) = of("postgres://me:secret@[::1]:5433/stats") else {
            panic!("a URL of PostgreSQL");
        };
        assert_eq!((options.get_host(), options.get_port()), ("::1", 5433));
        for url in ["mysql://x:secret@y/z", "secret", "sqlite:", "postgres://secret:secret@x:secret/"] {
            let error = of(url).unwrap_err();
            assert_eq!(error.code(), Code::DatabaseUrlInvalid);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
