//! Work on the database as a file: check, backup, restore, block. All but restoring may happen beside a receiver that
//! runs.

use super::lock;
use super::{MIGRATIONS, broken, check, check_key, code_of, digest, options, reading};
use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::store::{Blocked, Checked, Forgotten, HideAction, Keyed};
use callback_common::io_error::describe;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Recomputes the aggregates from the reports and compares.
///
/// # Errors
/// If the database cannot be read.
pub async fn check(database: &Path) -> Result<Checked> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(reading(database)).await;
    let pool = pool.map_err(broken)?;
    let checked = check::check(&pool).await;
    pool.close().await;
    checked
}

/// What is older than a day.
///
/// # Errors
/// If the database cannot be read.
pub async fn due(database: &Path, first_kept: Day) -> Result<Forgotten> {
    let mut connection = reading(database).connect().await.map_err(broken)?;
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM reports WHERE day < ?1) AS reports, \
         (SELECT COUNT(*) FROM installs WHERE last_day < ?1) AS installs",
    )
    .bind(first_kept.0)
    .fetch_one(&mut connection)
    .await
    .map_err(broken)?;
    let count = |name: &str| u64::try_from(row.get::<i64, _>(name)).unwrap_or_default();
    Ok(Forgotten { reports: count("reports"), installs: count("installs"), ..Forgotten::default() })
}

/// Copies the database into a new file, as it is at one moment, and checks the copy.
///
/// # Errors
/// If the file exists, cannot be written, or does not pass the check.
pub async fn backup(database: &Path, to: &Path) -> Result<()> {
    let name = to.to_str().ok_or_else(|| cannot_back_up("its path is not UTF-8"))?;
    new_backup(to)?;
    let mut connection = reading(database).connect().await.map_err(broken)?;
    let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(&mut connection).await;
    if let Err(error) = copied {
        // Half a backup is none.
        remove(to);
        return Err(cannot_back_up(code_of(&error).message()));
    }
    check_backup(to).await
}

/// Makes the file of a backup, readable by nobody else.
pub(in crate::store) fn new_backup(to: &Path) -> Result<()> {
    if to.exists() {
        return Err(Error::new(Code::BackupExists, to.display()));
    }
    callback_common::private_file::create(to, b"").map_err(|error| cannot_back_up(describe(&error)))
}

/// Checks a backup that has just been written.
pub(in crate::store) async fn check_backup(to: &Path) -> Result<()> {
    let checked = check(to).await?;
    remove_tails(to);
    if checked.differences.is_empty() { Ok(()) } else { Err(cannot_back_up("the copy failed the check")) }
}

/// Removes what SQLite has beside a backup that was written to afterwards.
///
/// # Errors
/// If it cannot be written.
pub async fn finish_backup(backup: &Path) -> Result<()> {
    let mut connection = options(backup).connect().await.map_err(broken)?;
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut connection).await.map_err(broken)?;
    connection.close().await.map_err(broken)?;
    remove_tails(backup);
    Ok(())
}

fn cannot_back_up(why: &str) -> Error {
    Error::new(Code::BackupFailed, why)
}

/// A copy of a backup that is worked on, readable by nobody else. It is removed when this is dropped; what one that was
/// killed left behind is removed before the next, and at the next start.
pub(in crate::store) struct Aside(PathBuf);

impl Aside {
    /// Copies a backup.
    pub(in crate::store) fn copy(from: &Path, to: PathBuf) -> Result<Self> {
        let cannot = |error: std::io::Error| Error::new(Code::BackupUnreadable, describe(&error));
        remove(&to);
        callback_common::private_file::create(&to, b"").map_err(cannot)?;
        let aside = Self(to);
        let mut to = std::fs::OpenOptions::new().append(true).open(&aside.0).map_err(cannot)?;
        std::fs::File::open(from).and_then(|mut file| std::io::copy(&mut file, &mut to)).map_err(cannot)?;
        Ok(aside)
    }

    /// Where it is.
    pub(in crate::store) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Where a backup is worked on that takes the place of a database file.
pub(super) fn aside_of(database: &Path) -> PathBuf {
    database.with_extension("restoring")
}

/// Removes a database file with what SQLite has beside it.
pub fn remove(file: &Path) {
    // What is not there need not go, and what cannot be removed is removed before the next use.
    let _ = std::fs::remove_file(file);
    remove_tails(file);
}

fn remove_tails(file: &Path) {
    for tail in tails(file) {
        let _ = std::fs::remove_file(tail);
    }
}

pub(super) fn tails(file: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|tail| {
        let mut name = file.as_os_str().to_owned();
        name.push(tail);
        name.into()
    })
}

/// Puts a backup in the place of the database, without what was cleared after it was made and with what was hidden or
/// blocked since (`Decisions`). Returns how many installs were cleared again.
///
/// # Errors
/// If either cannot be used, or [`Code::KeyMismatch`].
pub async fn restore(from: &Path, database: &Path, key: &InstallKey) -> Result<u64> {
    let _lock = lock::take(database)?;
    let aside = Aside::copy(from, aside_of(database))?;
    let decisions = if database.exists() { decisions(database).await? } else { Decisions::default() };
    // Until here and where this fails the database stays as it was.
    let removed = prepare(aside.path(), key, &decisions).await?;
    for beside in tails(database) {
        if beside.exists() {
            std::fs::remove_file(beside).map_err(|_| disk())?;
        }
    }
    // Root restores for whoever the receiver runs as.
    let owner = std::fs::metadata(database).or_else(|_| std::fs::metadata(database.parent().unwrap_or(database)));
    let (owner, own) = (owner.map_err(|_| disk())?, std::fs::metadata(aside.path()).map_err(|_| disk())?);
    if own.uid() == 0 && (owner.uid(), owner.gid()) != (own.uid(), own.gid()) {
        for file in [aside.path(), &lock::path(database)] {
            std::os::unix::fs::chown(file, Some(owner.uid()), Some(owner.gid())).map_err(|_| disk())?;
        }
    }
    std::fs::rename(aside.path(), database).map_err(|_| disk())?;
    Ok(removed)
}

/// That an install was cleared.
pub(in crate::store) struct Tombstone {
    pub(in crate::store) tombstone: Keyed,
    pub(in crate::store) last_report: i64,
    pub(in crate::store) day: i32,
}

/// A tombstone in a row.
pub(super) fn tombstone(row: &SqliteRow) -> Result<Tombstone> {
    let (last_report, day) = (row.get("last_report"), row.get("day"));
    Ok(Tombstone { tombstone: digest(row.get("tombstone"))?, last_report, day })
}

/// What was decided in a database that a backup replaces, and outlives it: a backup brings back reports, but neither what
/// was cleared nor what was hidden, and nobody who is blocked.
#[derive(Default)]
pub(in crate::store) struct Decisions {
    pub(in crate::store) tombstones: Vec<Tombstone>,
    /// In order. Of both databases' actions the latest says whether a label is hidden.
    pub(in crate::store) hide_log: Vec<HideAction>,
    /// Who is blocked in either is blocked afterwards.
    pub(in crate::store) blocked: Vec<Keyed>,
    pub(in crate::store) networks: Vec<(Keyed, i16)>,
}

/// The decisions in the database that is replaced, which is brought up to date for it.
async fn decisions(database: &Path) -> Result<Decisions> {
    let not_ours = || Error::from(Code::DatabaseUnknown);
    let mut connection = options(database).connect().await.map_err(|_| not_ours())?;
    MIGRATIONS.run(&mut connection).await.map_err(|_| not_ours())?;
    let decisions = read_decisions(&mut connection).await?;
    connection.close().await.map_err(broken)?;
    Ok(decisions)
}

/// The decisions in a database.
pub(super) async fn read_decisions(connection: &mut SqliteConnection) -> Result<Decisions> {
    let tombstones = sqlx::query("SELECT tombstone, last_report, day FROM tombstones");
    let tombstones = tombstones.fetch_all(&mut *connection).await.map_err(broken)?;
    let tombstones = tombstones.iter().map(tombstone).collect::<Result<_>>()?;
    let hide_log = super::publication::hide_log(&mut *connection).await?;
    let blocked =
        sqlx::query_scalar("SELECT install FROM blocked").fetch_all(&mut *connection).await.map_err(broken)?;
    let blocked = blocked.into_iter().map(digest).collect::<Result<_>>()?;
    let networks = sqlx::query("SELECT network, bits FROM blocked_networks").fetch_all(connection).await;
    let networks = networks.map_err(broken)?.iter().map(network).collect::<Result<_>>()?;
    Ok(Decisions { tombstones, hide_log, blocked, networks })
}

/// A blocked network in a row.
pub(super) fn network(row: &SqliteRow) -> Result<(Keyed, i16)> {
    Ok((digest(row.get("network"))?, row.get("bits")))
}

/// Whether a file is whole, and of a receiver: what `restore` puts in a database's place is no rubbish.
async fn verify(connection: &mut SqliteConnection) -> Result<()> {
    let damaged = |_| Error::from(Code::BackupDamaged);
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_all(&mut *connection).await.map_err(damaged)?;
    if found != ["ok"] {
        return Err(damaged(sqlx::Error::RowNotFound));
    }
    let own = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM state").fetch_one(connection).await;
    if matches!(own, Ok(1)) {
        return Ok(());
    }
    Err(Code::BackupIncompatible.into())
}

/// What tables, indexes and triggers there are.
async fn schema(connection: &mut SqliteConnection) -> Result<Vec<(String, String, Option<String>)>> {
    let sql = "SELECT type, name, sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*' ORDER BY type, name";
    sqlx::query_as(sql).fetch_all(connection).await.map_err(broken)
}

/// Checks a copy of a backup, brings it up to date, clears it again, and hides and blocks in it what was hidden and
/// blocked since.
pub(super) async fn prepare(aside: &Path, key: &InstallKey, decisions: &Decisions) -> Result<u64> {
    let tombstones = &decisions.tombstones;
    let mut connection = options(aside).connect().await.map_err(|error| match code_of(&error) {
        Code::DatabaseDamaged => Code::BackupDamaged,
        code => code,
    })?;
    verify(&mut connection).await?;
    let not_ours = || Error::from(Code::BackupIncompatible);
    MIGRATIONS.run(&mut connection).await.map_err(|_| not_ours())?;
    let mut new = SqliteConnectOptions::new().in_memory(true).connect().await.map_err(broken)?;
    MIGRATIONS.run(&mut new).await.map_err(|_| not_ours())?;
    if schema(&mut connection).await? != schema(&mut new).await? {
        return Err(not_ours());
    }
    check_key(&mut connection, key).await?;
    let mut labels = super::labels::Labels::load(&mut connection).await?;
    let mut removed = 0;
    let installs: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT install FROM installs").fetch_all(&mut connection).await.map_err(broken)?;
    let mut cleared = tombstones.iter().map(|t| (t.tombstone, t)).collect::<std::collections::BTreeMap<_, _>>();
    let mut transaction = connection.begin().await.map_err(broken)?;
    for install in installs {
        let install = digest(install)?;
        if let Some(tombstone) = cleared.remove(&key.tombstone(&install)) {
            removed += u64::from(
                super::transaction::clear_up_to(&mut transaction, &mut labels, &install, tombstone.last_report).await?,
            );
        }
    }
    for tombstone in tombstones {
        keep_tombstone(&mut transaction, tombstone).await?;
    }
    super::publication::take_over(&mut transaction, &decisions.hide_log).await?;
    for install in &decisions.blocked {
        insert_blocked(&mut transaction, &Blocked::Install(*install)).await?;
    }
    for (network, bits) in &decisions.networks {
        insert_blocked(
            &mut transaction,
            &Blocked::Network(*network, u8::try_from(*bits).map_err(|_| super::damaged())?),
        )
        .await?;
    }
    // Numbers of reports go on from where the replaced database was, so that tombstones keep their meaning.
    sqlx::query(
        "UPDATE sqlite_sequence SET seq = MAX(seq, (SELECT coalesce(MAX(last_report), 0) FROM tombstones)) \
         WHERE name = 'reports'",
    )
    .execute(&mut *transaction)
    .await
    .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    connection.close().await.map_err(broken)?;
    let checked = check(aside).await?;
    if !checked.differences.is_empty() {
        let differences = checked.differences.len();
        return Err(Error::new(Code::BackupInconsistent, differences));
    }
    Ok(removed)
}

async fn keep_tombstone(connection: &mut SqliteConnection, tombstone: &Tombstone) -> Result<()> {
    sqlx::query(
        "INSERT INTO tombstones (tombstone, last_report, day) VALUES (?, ?, ?) ON CONFLICT (tombstone) DO UPDATE SET \
         last_report = MAX(last_report, excluded.last_report), day = MAX(day, excluded.day)",
    )
    .bind(tombstone.tombstone.as_slice())
    .bind(tombstone.last_report)
    .bind(tombstone.day)
    .execute(connection)
    .await
    .map(drop)
    .map_err(broken)
}

/// Blocks an install or a network, or takes their reports again.
///
/// # Errors
/// If the database fails, or [`Code::KeyMismatch`].
pub async fn block(database: &Path, key: &InstallKey, what: &Blocked, undo: bool) -> Result<()> {
    let mut connection = options(database).connect().await.map_err(broken)?;
    MIGRATIONS.run(&mut connection).await.map_err(|_| disk())?;
    check_key(&mut connection, key).await?;
    if undo {
        let query = match what {
            Blocked::Install(install) => sqlx::query("DELETE FROM blocked WHERE install = ?").bind(install.as_slice()),
            Blocked::Network(network, bits) => {
                let sql = "DELETE FROM blocked_networks WHERE network = ? AND bits = ?";
                sqlx::query(sql).bind(network.as_slice()).bind(*bits)
            }
        };
        query.execute(&mut connection).await.map_err(broken)?;
    } else {
        insert_blocked(&mut connection, what).await?;
    }
    connection.close().await.map_err(broken)
}

async fn insert_blocked(connection: &mut SqliteConnection, what: &Blocked) -> Result<()> {
    let query = match what {
        Blocked::Install(install) => {
            sqlx::query("INSERT INTO blocked (install) VALUES (?) ON CONFLICT DO NOTHING").bind(install.as_slice())
        }
        Blocked::Network(network, bits) => {
            let sql = "INSERT INTO blocked_networks (network, bits) VALUES (?, ?) ON CONFLICT DO NOTHING";
            sqlx::query(sql).bind(network.as_slice()).bind(*bits)
        }
    };
    query.execute(connection).await.map(drop).map_err(broken)
}

/// Hides something public, or shows it again, also beside a receiver that runs.
///
/// # Errors
/// If the database fails.
pub async fn hide(database: &Path, action: &HideAction) -> Result<()> {
    let mut connection = options(database).connect().await.map_err(broken)?;
    MIGRATIONS.run(&mut connection).await.map_err(|_| disk())?;
    super::publication::hide(&mut connection, action).await?;
    connection.close().await.map_err(broken)
}

pub(super) fn disk() -> Error {
    Code::DatabaseNotReplaced.into()
}
