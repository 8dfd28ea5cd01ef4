//! The database as a file: backup and restore.

use super::staging::StagingCopy;
use super::{MIGRATIONS, cannot_write, connect, lock, read_only, readers, staging};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::ownership::give_to_owner_of_directory;
use crate::store::check;
use crate::store::decisions::{self, Decisions};
use crate::store::inspect::{self, Inspection};
use crate::store::model::Checked;
use crate::store::plan::{self, RestorePlan};
use crate::store::retry::{Connector, TxError, sqlite_code};
use crate::store::tx::Tx;
use callback_common::io_error::describe;
use callback_common::lock::is_taken;
use callback_common::private_file;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Recomputes the aggregates from the reports and compares.
pub(in crate::store) async fn check(database: &Path) -> Result<Checked> {
    let pool = readers(database, 1).await?;
    let checked = check::check(&mut pool.read().await?).await;
    pool.close().await;
    Ok(checked?)
}

/// Copies the database into a new file, as it is at one moment, and checks the copy.
pub(in crate::store) async fn backup(database: &Path, to: &Path) -> Result<()> {
    let name = to.to_str().ok_or_else(|| backup_failed("its path is not UTF-8"))?;
    write_backup(to, async {
        let not_copied = |error: sqlx::Error| backup_failed(sqlite_code(&error).message());
        let mut connection = read_only(database).connect().await.map_err(not_copied)?;
        sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await.map(drop).map_err(not_copied)
    })
    .await
}

/// Writes a backup into a new file, readable by its owner only, and checks it. A partial backup is removed.
pub(in crate::store) async fn write_backup(to: &Path, written: impl Future<Output = Result<()>>) -> Result<()> {
    if to.exists() {
        return Err(Error::new(Code::BackupExists, to.display()));
    }
    private_file::create(to, b"").map_err(|error| backup_failed(describe(&error)))?;
    if let Err(error) = written.await {
        remove(to);
        return Err(error);
    }
    let checked = check(to).await?;
    remove_companions(to);
    if checked.differences.is_empty() { Ok(()) } else { Err(backup_failed("the copy failed the check")) }
}

pub(in crate::store) fn backup_failed(why: impl std::fmt::Display) -> Error {
    Error::new(Code::BackupFailed, why)
}

/// Removes a database file and the files that SQLite has beside it.
pub fn remove(file: &Path) {
    // What does not exist need not be removed, and what cannot be removed is removed before the next use.
    let _ = std::fs::remove_file(file);
    remove_companions(file);
}

fn remove_companions(file: &Path) {
    for companion in companions(file) {
        let _ = std::fs::remove_file(companion);
    }
}

/// The files that SQLite has beside a database: a log and its index, or a journal.
fn companions(file: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|suffix| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        name.into()
    })
}

/// Replaces the database by a backup, and carries out in it what was decided since ([`Decisions`]). Returns how many
/// installs were deleted again.
pub(in crate::store) async fn restore(from: &Path, database: &Path, key: &InstallKey) -> Result<u64> {
    let _lock = lock::take(database)?;
    let copy = StagingCopy::create(from, staging::beside(database))?;
    let decisions = if database.exists() { decided(database).await? } else { Decisions::default() };
    // Until here and if this fails the database stays as it was.
    let removed = staging::prepare(copy.path(), key, decisions).await?;
    let not_replaced = |_| Error::from(Code::DatabaseNotReplaced);
    for companion in companions(database) {
        if companion.exists() {
            std::fs::remove_file(companion).map_err(not_replaced)?;
        }
    }
    // Root restores for the user that the receiver runs as.
    let owner = std::fs::metadata(database).or_else(|_| std::fs::metadata(database.parent().unwrap_or(database)));
    let (owner, own) = (owner.map_err(not_replaced)?, std::fs::metadata(copy.path()).map_err(not_replaced)?);
    if own.uid() == 0 && (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        for file in [copy.path(), &lock::path(database)] {
            std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid())).map_err(not_replaced)?;
        }
    }
    std::fs::rename(copy.path(), database).map_err(not_replaced)?;
    Ok(removed)
}

/// The decisions in the database that is replaced, which is migrated for it.
async fn decided(database: &Path) -> Result<Decisions> {
    let mut connection: SqliteConnection = connect(database).await.map_err(|_| Code::DatabaseUnknown)?;
    let read = Connector::Sqlite(&mut connection)
        .run_tx("read-decisions", &mut (), |tx, ()| Box::pin(decisions::decisions(tx)))
        .await;
    let (decisions, _) = read?;
    connection.close().await.map_err(|error| sqlite_code(&error))?;
    Ok(decisions)
}

/// Checks everything that [`restore`] checks, and compares. Nothing is changed.
pub(in crate::store) async fn plan_restore(from: &Path, database: &Path, key: &InstallKey) -> Result<RestorePlan> {
    let _lock = lock::take(database)?;
    let copy = StagingCopy::create(from, staging::beside(database))?;
    let (current, decisions) = if database.exists() {
        let pool = readers(database, 1).await.map_err(|_| Code::DatabaseUnknown)?;
        let replaced = plan::replaced(&mut pool.read().await?, key).await;
        pool.close().await;
        replaced.map_err(|error| match error {
            TxError::Permanent(error) => error,
            _ => Code::DatabaseUnknown.into(),
        })?
    } else {
        (None, Decisions::default())
    };
    let (restored, stay_deleted) = plan_prepared(&copy, key, decisions).await?;
    Ok(RestorePlan { current, restored, stay_deleted })
}

/// How much a backup would restore, and how many installs stay deleted.
pub(in crate::store) async fn plan_prepared(
    copy: &StagingCopy,
    key: &InstallKey,
    decisions: Decisions,
) -> Result<(plan::Extent, u64)> {
    let stay_deleted = staging::prepare(copy.path(), key, decisions).await?;
    let mut connection = copy.connect().await?;
    let mut tx = Tx::sqlite(connection.begin().await.map_err(TxError::Sqlite)?);
    let restored = plan::extent(&mut tx).await?;
    drop(tx);
    connection.close().await.map_err(TxError::Sqlite)?;
    Ok((restored, stay_deleted))
}

/// Creates the files that [`super::open`] would create as root.
pub(in crate::store) fn create_for_service(database: &Path) -> Result<()> {
    for file in [database.to_owned(), lock::path(database)] {
        if !file.exists() {
            let created = private_file::open(&file).and_then(|_| give_to_owner_of_directory(&file));
            created.map_err(|error| cannot_write(&error))?;
        }
    }
    Ok(())
}

/// Inspects a database file.
pub(in crate::store) async fn inspect(database: &Path) -> Result<Inspection> {
    let pool = readers(database, 1).await?;
    let inspection = inspect::inspect(&mut pool.read().await?, &MIGRATIONS).await;
    pool.close().await;
    Ok(Inspection {
        bytes: std::fs::metadata(database).map_or(0, |file| file.size()),
        receivers: u64::from(is_taken(&lock::path(database))),
        obstacles: obstacles(database),
        ..inspection?
    })
}

/// Files that the receiver's user cannot write: those of another user than the owner of their directory, and those that
/// the user of this process cannot write.
fn obstacles(database: &Path) -> Vec<String> {
    let Some(owner) = database.parent().and_then(|directory| std::fs::metadata(directory).ok()) else {
        return Vec::new();
    };
    let files = [database.to_owned(), lock::path(database)].into_iter().chain(companions(database));
    files
        .filter_map(|file| {
            let found = std::fs::metadata(&file).ok()?;
            if found.uid() != owner.uid() {
                return Some(format!("{} belongs to another user than its directory", file.display()));
            }
            let is_writable = rustix::fs::access(&file, rustix::fs::Access::WRITE_OK).is_ok();
            (!is_writable).then(|| format!("{} is not writable", file.display()))
        })
        .collect()
}
