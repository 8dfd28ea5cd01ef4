//! The database that a URL names: opened to serve, or used by a command beside a receiver that runs.

use super::inspect::Inspection;
use super::operator::{self, OperatorAction};
use super::plan::RestorePlan;
use super::retry::{Body, Connector, TxError};
use super::sqlite::{self, file, staging};
use super::tx::Pool;
use super::{Blocked, Checked, Expired, HideAction, KeyedHash, Store, Writer, decisions, postgres, publication, read};
use crate::code::Code;
use crate::config::Settings;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use sqlx::Connection;
use sqlx::postgres::PgConnectOptions;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

pub use super::sqlite::FILE;
pub use super::sqlite::file::remove as remove_file;

/// A database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres(Box<PgConnectOptions>),
}

impl Database {
    /// The database of the settings: that of `database` if it is named, else a file in the data directory.
    ///
    /// # Errors
    /// [`Code::DatabaseUrlInvalid`]. The URL is not quoted: it may hold a password.
    pub fn from_settings(settings: &Settings) -> Result<Self> {
        let url = settings.database.as_str();
        if url.is_empty() {
            return Ok(Self::Sqlite(settings.data.join(FILE)));
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

    /// Whether it has data, and so the key that they were made with must exist.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn has_data(&self) -> Result<bool> {
        match self {
            Self::Sqlite(database) => Ok(database.exists()),
            Self::Postgres(_) => {
                let pool = self.readers(1).await?;
                let has_data = read::has_data(&mut pool.read().await?).await;
                pool.close().await;
                Ok(has_data?)
            }
        }
    }

    /// Removes what a restore that was killed left in the data directory.
    pub fn remove_stale_copies(&self, data: &Path) {
        if matches!(self, Self::Postgres(_)) {
            staging::remove_stale(data);
        }
    }

    /// Opens it to serve, and creates what is missing.
    ///
    /// # Errors
    /// If it cannot be used, or [`Code::KeyMismatch`].
    pub async fn open(&self, key: &InstallKey) -> Result<Arc<Store>> {
        Ok(Arc::new(match self {
            Self::Sqlite(database) => {
                let (pool, commands) = sqlite::open(database, key).await?;
                Store { pool, writer: Writer::Sqlite(commands) }
            }
            Self::Postgres(options) => {
                let (pool, tasks) = postgres::open((**options).clone(), key).await?;
                Store { pool: Pool::Postgres(pool), writer: Writer::Postgres(Mutex::new(Some(tasks))) }
            }
        }))
    }

    /// Opens it to be read, also beside a receiver that runs; whatever would change it fails.
    ///
    /// # Errors
    /// If it does not exist or cannot be read.
    pub async fn open_read_only(&self) -> Result<Arc<Store>> {
        Ok(Arc::new(Store { pool: self.readers(2).await?, writer: Writer::None }))
    }

    async fn readers(&self, connections: u32) -> Result<Pool> {
        match self {
            Self::Sqlite(database) => sqlite::readers(existing(database)?, connections).await,
            Self::Postgres(options) => Ok(Pool::Postgres(postgres::pool((**options).clone(), connections).await?)),
        }
    }

    /// Runs a transaction of a command, also beside a receiver that runs.
    async fn run_tx<A, T>(&self, name: &'static str, mut args: A, body: Body<A, T>) -> Result<T> {
        match self {
            Self::Sqlite(database) => {
                let mut connection = sqlite::connect(existing(database)?).await?;
                let (done, _) = Connector::Sqlite(&mut connection).run_tx(name, &mut args, body).await?;
                connection.close().await.map_err(TxError::Sqlite)?;
                Ok(done)
            }
            Self::Postgres(options) => {
                let pool = postgres::connect((**options).clone()).await?;
                let (done, _) = Connector::Postgres(&pool).run_tx(name, &mut args, body).await?;
                pool.close().await;
                Ok(done)
            }
        }
    }

    /// Where it is: the file, or host, port and name. Never the user or a password.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite(database) => database.display().to_string(),
            Self::Postgres(options) => {
                let socket = options.get_socket().map(|socket| socket.display().to_string());
                let host = socket.unwrap_or_else(|| options.get_host().to_owned());
                format!("{host}:{}/{}", options.get_port(), options.get_database().unwrap_or_default())
            }
        }
    }

    /// Inspects it, also while receivers run.
    ///
    /// # Errors
    /// If it does not exist or cannot be read.
    pub async fn inspect(&self) -> Result<Inspection> {
        match self {
            Self::Sqlite(database) => file::inspect(existing(database)?).await,
            Self::Postgres(options) => postgres::inspect((**options).clone()).await,
        }
    }

    /// Creates a missing database file as root for the owner of its directory, who runs the service.
    ///
    /// # Errors
    /// [`Code::DatabaseNotWritable`].
    pub fn create_for_service(&self) -> Result<()> {
        match self {
            Self::Sqlite(database) => file::create_for_service(database),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Deletes the secret of an install and logs that; the next secret that the install sends is registered. Returns
    /// whether it had one.
    ///
    /// # Errors
    /// If the database fails, or [`Code::KeyMismatch`].
    pub async fn reset_secret(&self, key: &InstallKey, install: KeyedHash, action: OperatorAction) -> Result<bool> {
        self.run_tx("reset-secret", (key, install, action), |tx, (key, install, action)| {
            Box::pin(async move {
                decisions::check_key(tx, key).await?;
                operator::reset_secret(tx, install, action).await
            })
        })
        .await
    }

    /// The operator's log, oldest first; empty in the database of an older version.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn operator_log(&self) -> Result<Vec<OperatorAction>> {
        let pool = self.readers(1).await?;
        let log = operator::log(&mut pool.read().await?).await;
        pool.close().await;
        Ok(log?)
    }

    /// Removes the ID of the signing key, so that the next receiver that starts stores its own.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_signing_key(&self) -> Result<()> {
        self.run_tx("remove-signing-key", (), |tx, ()| {
            Box::pin(async move { tx.query("UPDATE state SET signing_key = NULL").run().await.map(drop) })
        })
        .await
    }

    /// Hides something public, or shows it again, also beside a receiver that runs.
    ///
    /// # Errors
    /// If it does not exist or cannot be written.
    pub async fn hide(&self, action: HideAction) -> Result<()> {
        self.run_tx("hide", action, |tx, action| Box::pin(publication::hide(tx, action))).await
    }

    /// Recomputes the aggregates from the reports and compares.
    ///
    /// # Errors
    /// If it does not exist or cannot be read.
    pub async fn check(&self) -> Result<Checked> {
        let store = self.open_read_only().await?;
        let checked = store.check().await;
        store.close().await;
        checked
    }

    /// What is older than a day.
    ///
    /// # Errors
    /// If it does not exist or cannot be read.
    pub async fn expirable(&self, first_kept: Day) -> Result<Expired> {
        let pool = self.readers(1).await?;
        let expirable = read::expirable(&mut pool.read().await?, first_kept).await;
        pool.close().await;
        Ok(expirable?)
    }

    /// Blocks an install or a network, or no longer blocks it.
    ///
    /// # Errors
    /// If the database fails, or [`Code::KeyMismatch`].
    pub async fn block(&self, key: &InstallKey, what: &Blocked, undo: bool) -> Result<()> {
        self.run_tx("block", (key, *what, !undo), |tx, (key, what, is_blocked)| {
            Box::pin(async move {
                decisions::check_key(tx, key).await?;
                decisions::block(tx, what, *is_blocked).await
            })
        })
        .await
    }

    /// Copies it into a new file, as it is at one moment, and checks the copy.
    ///
    /// # Errors
    /// If the file exists, cannot be written, or does not pass the check.
    pub async fn backup(&self, to: &Path) -> Result<()> {
        match self {
            Self::Sqlite(database) => file::backup(existing(database)?, to).await,
            Self::Postgres(options) => postgres::backup((**options).clone(), to).await,
        }
    }

    /// Replaces it by a backup, without what was cleared since. Returns how many installs that deleted. The copy that
    /// is worked on is beside the file, or in the data directory if the database is a server's.
    ///
    /// # Errors
    /// If either cannot be used, or [`Code::KeyMismatch`].
    pub async fn restore(&self, from: &Path, data: &Path, key: &InstallKey) -> Result<u64> {
        match self {
            Self::Sqlite(database) => file::restore(from, database, key).await,
            Self::Postgres(options) => postgres::restore((**options).clone(), from, data, key).await,
        }
    }

    /// Checks everything that [`Database::restore`] checks, and compares what would be replaced. Nothing is changed.
    ///
    /// # Errors
    /// As [`Database::restore`].
    pub async fn plan_restore(&self, from: &Path, data: &Path, key: &InstallKey) -> Result<RestorePlan> {
        match self {
            Self::Sqlite(database) => file::plan_restore(from, database, key).await,
            Self::Postgres(options) => postgres::plan_restore((**options).clone(), from, data, key).await,
        }
    }
}

/// A database file that must exist: most commands create none.
fn existing(database: &Path) -> Result<&Path> {
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
        Database::from_settings(&Settings { database: url.into(), data: "/d".into(), ..Settings::default() })
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
