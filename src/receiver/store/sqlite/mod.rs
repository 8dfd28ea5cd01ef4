//! The SQLite backend: one file, one writer that commits in groups, readers beside it.
//!
//! `secure_delete` overwrites what is deleted, and the write-ahead log, where old pages live on, is emptied after
//! whatever removes something.

mod check;
pub mod dry_run;
pub mod file;
pub mod inspect;
mod labels;
mod lock;
pub mod operator;
mod publication;
mod transaction;
pub(super) mod transfer;
mod writer;

use super::claim::{reading_refusal, same};
use super::encoding::LabelId;
use super::numbered::Numbered;
use super::{
    Access, Aggregate, Checked, Claim, Counted, DayReports, ExactLabel, Forgotten, HeldReport, HideAction, Holdings,
    Keyed, NewSnapshot, Publication, Removed, SnapshotPart, Storage, Submission,
};
use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::wire::Label;
use callback_common::io_error::describe;
use futures_util::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Row};
use std::collections::BTreeMap;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use tokio::sync::{mpsc, oneshot};
use writer::{Command, Writer};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/sqlite");

/// Name of the database file in the data folder.
pub const FILE: &str = "receiver.sqlite3";

/// Requests that may wait for the writer before others wait to be put into the queue.
const QUEUE: usize = 256;

/// The store.
pub struct Sqlite {
    commands: mpsc::Sender<Command>,
    readers: SqlitePool,
}

/// How the database is opened, by the writer, readers and the commands that work on the file.
pub(crate) fn options(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(database)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten, not only unlinked.
        .pragma("secure_delete", "ON")
        .pragma("cache_size", "-32768")
        .disable_statement_logging()
}

/// How a database is opened to be read only; it stays in the journal mode in which it is.
pub(crate) fn reading(database: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(database).read_only(true).disable_statement_logging()
}

impl Sqlite {
    /// Opens the database in a file, or makes it.
    ///
    /// # Errors
    /// If it cannot be used, or [`Code::KeyMismatch`].
    pub async fn open(database: &Path, key: &InstallKey) -> Result<Self> {
        // Made here, so that it is never readable by others.
        let private = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(database);
        private.map_err(|error| cannot_write(&error))?;
        let lock = lock::take(database)?;
        // What a restore that was killed left behind.
        file::remove(&file::aside_of(database));
        let mut connection = options(database).connect().await.map_err(|_| Code::DatabaseNotOpened)?;
        MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => Error::from(Code::DatabaseNewer),
            _ => Error::new(Code::DatabaseMigrationFailed, "check the disk, and that a receiver wrote the file"),
        })?;
        check_key(&mut connection, key).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(4).connect_with(reading(database)).await.map_err(broken)?;
        let (commands, queue) = mpsc::channel(QUEUE);
        let writer = Writer::new(connection, options(database), lock).await?;
        tokio::spawn(writer.run(queue));
        Ok(Self { commands, readers })
    }

    /// Opens the database to be read only, also beside a receiver that runs; whatever would change it fails.
    ///
    /// # Errors
    /// If it cannot be used.
    pub async fn reading(database: &Path) -> Result<Self> {
        let readers =
            SqlitePoolOptions::new().max_connections(2).connect_with(reading(database)).await.map_err(broken)?;
        Ok(Self { commands: mpsc::channel(1).0, readers })
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T>>) -> Command) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    async fn held_of(&self, claim: Claim) -> Result<Access<Vec<HeldReport>>> {
        let mut reading = self.readers.begin().await.map_err(broken)?;
        let install = sqlx::query("SELECT id, secret, secret_reads FROM installs WHERE install = ?")
            .bind(claim.install.as_slice())
            .fetch_optional(&mut *reading)
            .await
            .map_err(broken)?;
        let Some(install) = install else { return Ok(Access::Granted(Vec::new())) };
        if let Some(refused) = reading_refusal(install.get("secret"), install.get("secret_reads"), &claim) {
            return Ok(refused);
        }
        let rows = sqlx::query(
            "SELECT day, payload_sha256, module_sha256, entries FROM reports \
             WHERE install = ? AND day >= (SELECT first_kept FROM state) ORDER BY day",
        )
        .bind(install.get::<i64, _>("id"))
        .fetch_all(&mut *reading)
        .await
        .map_err(broken)?;
        let mut reports = Vec::with_capacity(rows.len());
        for row in rows {
            let entries = transaction::entries(&row)?;
            let ids: Vec<i64> = entries.iter().map(|(label, _)| *label).collect();
            let mut labels = labels::texts(&mut reading, &ids).await?;
            let totals: BTreeMap<_, _> =
                entries.iter().filter_map(|(label, total)| Some((labels.remove(label)?, *total))).collect();
            reports.push(HeldReport {
                day: Day(row.get("day")),
                payload_sha256: digest(row.get("payload_sha256"))?,
                module_sha256: row.get::<Option<Vec<u8>>, _>("module_sha256").map(digest).transpose()?,
                totals,
            });
        }
        Ok(Access::Granted(reports))
    }

    async fn has_now(&self, install: Keyed, tombstone: Keyed, day: Day) -> Result<bool> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM reports WHERE day = ?3 \
             AND install = (SELECT id FROM installs WHERE installs.install = ?1)) \
             OR EXISTS (SELECT 1 FROM tombstones WHERE tombstone = ?2 AND day >= ?3)",
        )
        .bind(install.as_slice())
        .bind(tombstone.as_slice())
        .bind(day.0)
        .fetch_one(&self.readers)
        .await
        .map_err(broken)
    }

    async fn ready_now(&self) -> Result<()> {
        sqlx::query("SELECT first_kept FROM state").fetch_one(&self.readers).await.map(drop).map_err(broken)?;
        self.ask(Command::Ready).await
    }

    async fn aggregates_of(&self, day: Day) -> Result<Vec<Aggregate>> {
        let rows = sqlx::query(
            "SELECT aggregates.label AS number, name, labels.label, os, sys_object_id, installs, total FROM aggregates \
             LEFT JOIN groups ON groups.id = aggregates.label >> 32 LEFT JOIN labels ON labels.id = aggregates.label \
             WHERE day = ? ORDER BY aggregates.label",
        )
        .bind(day.0)
        .fetch_all(&self.readers)
        .await
        .map_err(broken)?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let pair = row.get::<Option<String>, _>("os").zip(row.get("sys_object_id"));
                let counted = Counted::of(row.get("number"), row.get("name"), row.get("label"), pair)?;
                Some(Aggregate { counted, installs: row.get("installs"), total: row.get("total") })
            })
            .collect())
    }

    async fn blocked_networks_now(&self) -> Result<Vec<(Keyed, u8)>> {
        let rows = sqlx::query("SELECT network, bits FROM blocked_networks").fetch_all(&self.readers).await;
        rows.map_err(broken)?.iter().map(|row| Ok((digest(row.get("network"))?, row.get("bits")))).collect()
    }

    async fn seen_day_now(&self) -> Result<Day> {
        sqlx::query_scalar("SELECT seen_day FROM state").fetch_one(&self.readers).await.map(Day).map_err(broken)
    }

    async fn holdings_now(&self) -> Result<Holdings> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM installs) AS installs, (SELECT COUNT(*) FROM reports) AS reports, \
             (SELECT COUNT(*) FROM labels) AS labels, \
             (SELECT COUNT(*) FROM reports WHERE id > (SELECT counted FROM state)) AS not_yet_counted",
        )
        .fetch_one(&self.readers)
        .await
        .map_err(broken)?;
        Ok(Holdings {
            installs: row.get("installs"),
            reports: row.get("reports"),
            labels: row.get("labels"),
            not_yet_counted: row.get("not_yet_counted"),
        })
    }
}

impl Storage for Sqlite {
    fn keep(&self, submission: Submission) -> BoxFuture<'_, Result<Access<()>>> {
        let numbered = Numbered::new(submission);
        Box::pin(self.ask(|answer| Command::Keep(Box::new(numbered), answer)))
    }

    fn clear(&self, claim: Claim, tombstone: Keyed, today: Day) -> BoxFuture<'_, Result<Access<Removed>>> {
        Box::pin(self.ask(move |answer| Command::Clear { claim, tombstone, today, answer }))
    }

    fn held(&self, claim: Claim) -> BoxFuture<'_, Result<Access<Vec<HeldReport>>>> {
        Box::pin(self.held_of(claim))
    }

    fn has(&self, install: Keyed, tombstone: Keyed, day: Day) -> BoxFuture<'_, Result<bool>> {
        Box::pin(self.has_now(install, tombstone, day))
    }

    fn forget(&self, first_kept: Day) -> BoxFuture<'_, Result<Forgotten>> {
        Box::pin(self.ask(move |answer| Command::Forget { first_kept, answer }))
    }

    fn count(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.ask(Command::Count))
    }

    fn holdings(&self) -> BoxFuture<'_, Result<Holdings>> {
        Box::pin(self.holdings_now())
    }

    fn aggregates(&self, day: Day) -> BoxFuture<'_, Result<Vec<Aggregate>>> {
        Box::pin(self.aggregates_of(day))
    }

    fn ready(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.ready_now())
    }

    fn blocked_networks(&self) -> BoxFuture<'_, Result<Vec<(Keyed, u8)>>> {
        Box::pin(self.blocked_networks_now())
    }

    fn seen_day(&self) -> BoxFuture<'_, Result<Day>> {
        Box::pin(self.seen_day_now())
    }

    fn see_day(&self, day: Day) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.ask(move |answer| Command::SeeDay(day, answer)))
    }

    fn check(&self) -> BoxFuture<'_, Result<Checked>> {
        Box::pin(check::check(&self.readers))
    }

    fn settle(&self, last: Day, mark: String) -> BoxFuture<'_, Result<Vec<Day>>> {
        Box::pin(self.ask(move |answer| Command::Settle { last, mark, answer }))
    }

    fn day_reports(&self, day: Day) -> BoxFuture<'_, Result<DayReports>> {
        Box::pin(publication::day_reports(&self.readers, day))
    }

    fn labels_of<'a>(&'a self, groups: &'a [&'a str]) -> BoxFuture<'a, Result<BTreeMap<LabelId, Label>>> {
        Box::pin(publication::labels_of(&self.readers, groups))
    }

    fn publish(&self, snapshot: NewSnapshot) -> BoxFuture<'_, Result<bool>> {
        Box::pin(self.ask(|answer| Command::Publish(Box::new(snapshot), answer)))
    }

    fn publication(&self) -> BoxFuture<'_, Result<Publication>> {
        Box::pin(publication::publication(&self.readers))
    }

    fn snapshots<'a>(&'a self, first: Day, last: Day, parts: &'a [String]) -> BoxFuture<'a, Result<Vec<SnapshotPart>>> {
        Box::pin(publication::snapshots(&self.readers, first, last, parts))
    }

    fn texts<'a>(&'a self, ids: &'a [LabelId]) -> BoxFuture<'a, Result<BTreeMap<LabelId, Label>>> {
        Box::pin(publication::texts(&self.readers, ids))
    }

    fn hide(&self, action: HideAction) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.ask(|answer| Command::Hide(action, answer)))
    }

    fn hide_log(&self) -> BoxFuture<'_, Result<Vec<HideAction>>> {
        Box::pin(publication::hide_log(&self.readers))
    }

    fn newest_day(&self, last: Day) -> BoxFuture<'_, Result<Option<Day>>> {
        Box::pin(publication::newest_day(&self.readers, last))
    }

    fn exact<'a>(&'a self, day: Day, group: &'a str) -> BoxFuture<'a, Result<Vec<ExactLabel>>> {
        Box::pin(publication::exact(&self.readers, day, group))
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.readers.close().await;
            // The writer may be gone already, if the disk failed; then there is nothing left to finish.
            let _ = self.ask(Command::Close).await;
        })
    }
}

async fn check_key(connection: &mut sqlx::SqliteConnection, key: &InstallKey) -> Result<()> {
    let value = key.check_value();
    sqlx::query("INSERT INTO state (only_row, key_check) VALUES (1, ?) ON CONFLICT DO NOTHING")
        .bind(value.as_slice())
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    let kept: Vec<u8> =
        sqlx::query_scalar("SELECT key_check FROM state").fetch_one(connection).await.map_err(broken)?;
    if same(&value, &kept) { Ok(()) } else { Err(Code::KeyMismatch.into()) }
}

fn digest(bytes: Vec<u8>) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| damaged())
}

/// The code of an error of SQLite. Its own message may hold values.
fn code_of(error: &sqlx::Error) -> Code {
    // The low byte of a result code is its kind, the rest are details of it.
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(8) => Code::DatabaseReadOnly,
        Some(11 | 26) => Code::DatabaseDamaged,
        Some(13) => Code::DatabaseFull,
        Some(14) => Code::DatabaseNotOpened,
        _ => Code::DatabaseIo,
    }
}

fn broken(error: sqlx::Error) -> Error {
    code_of(&error).into()
}

fn cannot_write(error: &std::io::Error) -> Error {
    Error::new(Code::DatabaseNotWritable, describe(error))
}

fn damaged() -> Error {
    Code::DatabaseInconsistent.into()
}

fn closed() -> Error {
    Code::DatabaseClosed.into()
}

#[cfg(test)]
mod tests;
