//! SQLite: a file, one connection that writes ([`writer`]), others that read beside it.
//!
//! `secure_delete` overwrites what is deleted, and the write-ahead log, where old pages live on, is emptied after
//! something was deleted.

pub(super) mod file;
mod lock;
mod reserve;
pub(super) mod staging;
pub(super) mod writer;

use super::decisions::check_key;
use super::retry::{Connector, TxError, sqlite_code};
use super::tx::Pool;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use callback_common::io_error::describe;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tokio::sync::mpsc;
use writer::{Command, Writer};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// Name of the database file in the data directory.
pub const FILE: &str = "receiver.sqlite3";

/// Requests that may wait for the writer before others wait to be queued.
const QUEUE: usize = 256;

/// Connections that read.
const READERS: u32 = 4;

/// How the database is opened to be written.
fn options(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-32768")
        .disable_statement_logging()
}

/// How a database is opened to be read only; its journal mode stays as it is.
fn read_only(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(database).read_only(true).disable_statement_logging()
}

/// Connections that only read, also beside a receiver that runs.
pub(super) async fn readers(database: &Path, connections: u32) -> Result<Pool> {
    let pool = SqlitePoolOptions::new().max_connections(connections).connect_with(read_only(database)).await;
    Ok(Pool::Sqlite(pool.map_err(TxError::Sqlite)?))
}

/// A connection to write, also beside a receiver that runs.
pub(super) async fn connect(database: &Path) -> Result<SqliteConnection> {
    let mut connection = options(database).connect().await.map_err(|error| sqlite_code(&error))?;
    migrate(&mut connection).await?;
    Ok(connection)
}

async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    MIGRATIONS.run(connection).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(_) => Error::from(Code::DatabaseNewer),
        _ => Error::new(Code::DatabaseMigrationFailed, "check the disk, and that a receiver wrote the file"),
    })
}

/// Opens the database in a file, or creates it, to serve: its readers, and the queue of its writer.
pub(super) async fn open(database: &Path, key: &InstallKey) -> Result<(Pool, mpsc::Sender<Command>)> {
    // Created here, so that others can never read it.
    let private = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(database);
    private.map_err(|error| cannot_write(&error))?;
    let lock = lock::take(database)?;
    // What a restore that was killed left behind.
    file::remove(&staging::beside(database));
    let mut connection = options(database).connect().await.map_err(|_| Code::DatabaseNotOpened)?;
    migrate(&mut connection).await?;
    Connector::Sqlite(&mut connection)
        .run_tx("check-key", &mut { key }, |tx, key| Box::pin(check_key(tx, key)))
        .await?;
    let readers = readers(database, READERS).await?;
    let (commands, queue) = mpsc::channel(QUEUE);
    let writer = Writer::new(connection, options(database), lock).await?;
    tokio::spawn(writer.run(queue));
    Ok((readers, commands))
}

fn cannot_write(error: &std::io::Error) -> Error {
    Error::new(Code::DatabaseNotWritable, describe(error))
}

#[cfg(test)]
mod tests;
