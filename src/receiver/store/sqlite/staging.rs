//! A private copy of a backup: checked, migrated, and changed by what was decided since the backup was made, before it
//! replaces a database.

use super::{MIGRATIONS, file, lock, options};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::store::decisions::{Decisions, carry_out, check_key};
use crate::store::retry::{Body, Connector, TxError, sqlite_code};
use callback_common::io_error::describe;
use callback_common::lock::FileLock;
use callback_common::private_file;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::{Path, PathBuf};

/// Name of the copy in the data directory, where the database is not a file.
const NAME: &str = "restoring.sqlite3";

/// A copy of a backup, readable by its owner only. It is removed on drop; what a killed process left is removed before
/// the next copy, and at the next start.
pub(in crate::store) struct StagingCopy(PathBuf);

impl StagingCopy {
    /// Copies a backup.
    pub(super) fn create(from: &Path, to: PathBuf) -> Result<Self> {
        let unreadable = |error: std::io::Error| Error::new(Code::BackupUnreadable, describe(&error));
        file::remove(&to);
        private_file::create(&to, b"").map_err(unreadable)?;
        let copy = Self(to);
        let mut to = std::fs::OpenOptions::new().append(true).open(&copy.0).map_err(unreadable)?;
        std::fs::File::open(from).and_then(|mut from| std::io::copy(&mut from, &mut to)).map_err(unreadable)?;
        Ok(copy)
    }

    /// Copies a backup into a directory, where one process at a time may do so.
    pub(in crate::store) fn create_in(directory: &Path, from: &Path) -> Result<(Self, FileLock)> {
        let path = directory.join(NAME);
        let lock = lock::take(&path)?;
        Ok((Self::create(from, path)?, lock))
    }

    /// Where it is.
    pub(in crate::store) fn path(&self) -> &Path {
        &self.0
    }

    /// Opens it.
    pub(in crate::store) async fn connect(&self) -> Result<SqliteConnection> {
        Ok(options(&self.0).connect().await.map_err(TxError::Sqlite)?)
    }
}

impl Drop for StagingCopy {
    fn drop(&mut self) {
        file::remove(&self.0);
    }
}

/// Where the copy is that replaces a database file.
pub(super) fn beside(database: &Path) -> PathBuf {
    database.with_extension("restoring")
}

/// Removes a copy that a killed process left in a directory, unless another process uses it.
pub(in crate::store) fn remove_stale(directory: &Path) {
    let path = directory.join(NAME);
    if path.exists()
        && let Ok(_lock) = lock::take(&path)
    {
        file::remove(&path);
    }
}

/// Checks a copy of a backup, migrates it, and carries decisions out in it. Returns how many installs were deleted.
pub(in crate::store) async fn prepare(copy: &Path, key: &InstallKey, decisions: Decisions) -> Result<u64> {
    let mut connection = options(copy).connect().await.map_err(|error| match sqlite_code(&error) {
        Code::DatabaseDamaged => Code::BackupDamaged,
        code => code,
    })?;
    check_file(&mut connection).await?;
    let incompatible = || Error::from(Code::BackupIncompatible);
    MIGRATIONS.run(&mut connection).await.map_err(|_| incompatible())?;
    let mut new = SqliteConnectOptions::new().in_memory(true).connect().await.map_err(TxError::Sqlite)?;
    MIGRATIONS.run(&mut new).await.map_err(|_| incompatible())?;
    if schema(&mut connection).await? != schema(&mut new).await? {
        return Err(incompatible());
    }
    let (removed, _) = Connector::Sqlite(&mut connection)
        .run_tx("carry-out-decisions", &mut (key, decisions), |tx, (key, decisions)| {
            Box::pin(async move {
                check_key(tx, key).await?;
                carry_out(tx, decisions, key).await
            })
        })
        .await?;
    connection.close().await.map_err(TxError::Sqlite)?;
    let differences = file::check(copy).await?.differences.len();
    if differences > 0 {
        return Err(Error::new(Code::BackupInconsistent, differences));
    }
    Ok(removed)
}

/// Checks that a file is whole, and of a receiver.
async fn check_file(connection: &mut SqliteConnection) -> Result<()> {
    let found: std::result::Result<Vec<String>, _> =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_all(&mut *connection).await;
    if !found.is_ok_and(|found| found == ["ok"]) {
        return Err(Code::BackupDamaged.into());
    }
    let states = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM state").fetch_one(connection).await;
    if matches!(states, Ok(1)) { Ok(()) } else { Err(Code::BackupIncompatible.into()) }
}

/// Its tables, indexes and triggers.
async fn schema(connection: &mut SqliteConnection) -> Result<Vec<(String, String, Option<String>)>> {
    let sql = "SELECT type, name, sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*' ORDER BY type, name";
    Ok(sqlx::query_as(sql).fetch_all(connection).await.map_err(TxError::Sqlite)?)
}

/// Writes a new file of SQLite in one transaction: it holds either everything or nothing.
pub(in crate::store) async fn write_new<A>(path: &Path, args: &mut A, body: Body<A, ()>) -> Result<()> {
    let failed = |error: sqlx::Error| file::backup_failed(sqlite_code(&error).message());
    let mut connection = options(path).connect().await.map_err(failed)?;
    MIGRATIONS.run(&mut connection).await.map_err(|_| file::backup_failed("check the free space"))?;
    Connector::Sqlite(&mut connection).run_tx("backup", args, body).await?;
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)
}
