//! The PostgreSQL backend: for several receivers side by side, one partition for each day.
//!
//! Reports are committed in groups and only ever add rows; what they change in the aggregates stands in a queue that one
//! receiver at a time works off (`counting`). Transactions that meet another receiver's are tried again (`fault`).

mod check;
mod counting;
pub mod dry_run;
mod fault;
pub mod inspect;
mod keeper;
mod labels;
mod locks;
pub mod operator;
mod partitions;
mod publication;
mod removing;
pub mod transfer;
pub mod upkeep;

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
use fault::{Fault, Tries};
use futures_util::future::BoxFuture;
use keeper::{Keeper, Waiting};
use labels::Labels;
use locks::Lock;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection, Row};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/postgres");

/// Requests that may wait to be kept before others wait to be put into the queue.
const QUEUE: usize = 256;

/// Connections of one receiver at most.
const CONNECTIONS: u32 = 8;

/// How long reports may wait to be counted.
const COUNT_WITHIN: Duration = Duration::from_secs(1);

/// How long reports that were replaced may still be in the aggregates: taking them out keeps others waiting a moment.
const SETTLE_WITHIN: Duration = Duration::from_secs(60);

/// The store.
pub struct Postgres {
    pool: PgPool,
    /// Gone once the store is closed.
    work: Mutex<Option<Work>>,
}

struct Work {
    reports: mpsc::Sender<Waiting>,
    keeper: JoinHandle<()>,
    counter: Ending,
    /// Says to others that a receiver runs.
    running: PgConnection,
}

/// A task that ends with whoever has it.
struct Ending(JoinHandle<()>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A pool of connections on which a commit is durable.
async fn pool(options: PgConnectOptions, connections: u32) -> Result<PgPool, Fault> {
    let options = options.application_name("callback-receiver").options([("lock_timeout", "5s")]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // What is acknowledged survives a power cut, whatever the server's default; stronger ones stay.
                let sql = "SELECT set_config('synchronous_commit', 'on', false) \
                           WHERE current_setting('synchronous_commit') IN ('off', 'local')";
                sqlx::query(sql).execute(connection).await.map(drop)
            })
        });
    Ok(pool.connect_with(options).await?)
}

/// Brings a database up to date and checks that the key is its.
async fn prepare(pool: &PgPool, key: &InstallKey) -> Result<()> {
    MIGRATIONS.run(pool).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(_) => Error::from(Code::DatabaseNewer),
        _ => Error::new(Code::DatabaseMigrationFailed, "its user must own the schema, and nothing else may be in it"),
    })?;
    check_key(pool, key).await
}

async fn check_key(pool: &PgPool, key: &InstallKey) -> Result<()> {
    let value = key.check_value();
    let kept = async {
        sqlx::query("INSERT INTO state (key_check) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(value.as_slice())
            .execute(pool)
            .await?;
        let kept: Vec<u8> = sqlx::query_scalar("SELECT key_check FROM state").fetch_one(pool).await?;
        Ok::<_, Fault>(kept)
    };
    if same(&value, &kept.await?) { Ok(()) } else { Err(Code::KeyMismatch.into()) }
}

impl Postgres {
    /// Opens a database, and makes its tables if it is empty.
    ///
    /// # Errors
    /// If it cannot be used, or [`Code::KeyMismatch`].
    pub async fn open(options: PgConnectOptions, key: &InstallKey) -> Result<Self> {
        let mut running = PgConnection::connect_with(&options).await.map_err(Fault::from)?;
        let pool = pool(options, CONNECTIONS).await?;
        prepare(&pool, key).await?;
        if !locks::for_good(&mut running, Lock::Running, false).await? {
            return Err(Code::RestoreInProgress.into());
        }
        let labels = Labels::load(&mut *pool.acquire().await.map_err(Fault::from)?).await?;
        let (reports, queue) = mpsc::channel(QUEUE);
        let wake = Arc::new(Notify::new());
        // What a receiver that was killed left behind.
        wake.notify_one();
        let keeper = tokio::spawn(Keeper::new(pool.clone(), labels, Arc::clone(&wake)).run(queue));
        let counter = Ending(tokio::spawn(count_on(pool.clone(), wake)));
        Ok(Self { pool, work: Mutex::new(Some(Work { reports, keeper, counter, running })) })
    }

    /// Opens a database to be read, also beside a receiver that runs, and to hide something; all else fails.
    ///
    /// # Errors
    /// If it cannot be used.
    pub async fn reading(options: PgConnectOptions) -> Result<Self> {
        Ok(Self { pool: pool(options, 2).await?, work: Mutex::new(None) })
    }

    async fn settle_now(&self, last: Day, mark: &str) -> Result<Vec<Day>> {
        let mut tries = Tries::default();
        loop {
            match publication::settle(&self.pool, last, mark).await {
                Ok(days) => return Ok(days),
                Err(fault) => tries.again(fault).await?,
            }
        }
    }

    async fn publish_now(&self, snapshot: &NewSnapshot) -> Result<bool> {
        let mut tries = Tries::default();
        loop {
            match publication::publish(&self.pool, snapshot).await {
                Ok(kept) => return Ok(kept),
                Err(fault) => tries.again(fault).await?,
            }
        }
    }

    async fn keep_numbered(&self, report: Numbered) -> Result<Access<()>> {
        let reports = {
            let work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
            work.as_ref().map(|work| work.reports.clone()).ok_or_else(closed)?
        };
        let (answer, answered) = oneshot::channel();
        reports.send((Box::new(report), answer)).await.map_err(|_| closed())?;
        drop(reports);
        answered.await.map_err(|_| closed())?
    }

    async fn clear_all(&self, claim: Claim, tombstone: Keyed, today: Day) -> Result<Access<Removed>> {
        let mut tries = Tries::default();
        loop {
            match removing::clear(&self.pool, &claim, &tombstone, today).await {
                Ok(done) => return Ok(done),
                Err(fault) => tries.again(fault).await?,
            }
        }
    }

    async fn forget_some(&self, first_kept: Day) -> Result<Forgotten> {
        let mut tries = Tries::default();
        loop {
            match removing::forget(&self.pool, first_kept).await {
                Ok(forgotten) => return Ok(forgotten),
                Err(fault) => tries.again(fault).await?,
            }
        }
    }

    async fn count_now(&self) -> Result<()> {
        let mut tries = Tries::default();
        loop {
            match settled(&self.pool).await {
                Ok(()) => return Ok(()),
                Err(fault) => tries.again(fault).await?,
            }
        }
    }

    async fn held_of(&self, claim: Claim) -> Result<Access<Vec<HeldReport>>, Fault> {
        let mut reading = self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let install = sqlx::query("SELECT secret, secret_reads FROM installs WHERE install = $1")
            .bind(claim.install.as_slice())
            .fetch_optional(&mut *reading)
            .await?;
        let Some(install) = install else { return Ok(Access::Granted(Vec::new())) };
        if let Some(refused) = reading_refusal(install.get("secret"), install.get("secret_reads"), &claim) {
            return Ok(refused);
        }
        let rows = sqlx::query(
            "SELECT day, payload_sha256, module_sha256, entries FROM reports \
             WHERE install = $1 AND day >= (SELECT first_kept FROM state) ORDER BY day",
        )
        .bind(claim.install.as_slice())
        .fetch_all(&mut *reading)
        .await?;
        let mut reports = Vec::with_capacity(rows.len());
        for row in rows {
            let entries = counting::entries(&row)?;
            let ids: Vec<i64> = entries.iter().map(|(label, _)| *label).collect();
            let mut labels = labels::texts(&mut reading, &ids).await?;
            let totals: BTreeMap<_, _> =
                entries.iter().filter_map(|(label, total)| Some((labels.remove(label)?, *total))).collect();
            reports.push(HeldReport {
                day: Day(row.get("day")),
                payload_sha256: digest(row.get("payload_sha256"))?,
                module_sha256: row.get::<Option<&[u8]>, _>("module_sha256").map(digest).transpose()?,
                totals,
            });
        }
        Ok(Access::Granted(reports))
    }

    async fn aggregates_of(&self, day: Day) -> Result<Vec<Aggregate>, Fault> {
        let rows = sqlx::query(
            "SELECT aggregates.label AS number, name, labels.label, os, sys_object_id, installs, total FROM aggregates \
             LEFT JOIN groups ON groups.id = aggregates.label >> 32 LEFT JOIN labels ON labels.id = aggregates.label \
             WHERE day = $1 ORDER BY aggregates.label",
        )
        .bind(day.0)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let pair = row.get::<Option<String>, _>("os").zip(row.get("sys_object_id"));
                let counted = Counted::of(row.get("number"), row.get("name"), row.get("label"), pair)?;
                Some(Aggregate { counted, installs: row.get("installs"), total: row.get("total") })
            })
            .collect())
    }

    async fn has_now(&self, install: Keyed, tombstone: Keyed, day: Day) -> Result<bool, Fault> {
        let has = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM reports WHERE install = $1 AND day = $3) \
             OR EXISTS (SELECT 1 FROM tombstones WHERE tombstone = $2 AND day >= $3)",
        )
        .bind(install.as_slice())
        .bind(tombstone.as_slice())
        .bind(day.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(has)
    }

    async fn blocked_networks_now(&self) -> Result<Vec<(Keyed, u8)>, Fault> {
        let rows = sqlx::query("SELECT network, bits FROM blocked_networks").fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                let bits = u8::try_from(row.get::<i16, _>("bits")).map_err(|_| damaged())?;
                Ok((digest(row.get("network"))?, bits))
            })
            .collect()
    }

    async fn holdings_now(&self) -> Result<Holdings, Fault> {
        let row = sqlx::query(
            "SELECT (SELECT COUNT(*) FROM installs) AS installs, (SELECT COUNT(*) FROM reports) AS reports, \
             (SELECT COUNT(*) FROM labels) AS labels, (SELECT COUNT(*) FROM changes) AS not_yet_counted",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(Holdings {
            installs: row.get("installs"),
            reports: row.get("reports"),
            labels: row.get("labels"),
            not_yet_counted: row.get("not_yet_counted"),
        })
    }

    async fn seen_day_now(&self) -> Result<Day, Fault> {
        Ok(Day(sqlx::query_scalar("SELECT seen_day FROM state").fetch_one(&self.pool).await?))
    }

    async fn see(&self, day: Day) -> Result<(), Fault> {
        sqlx::query("UPDATE state SET seen_day = $1").bind(day.0).execute(&self.pool).await?;
        Ok(())
    }

    async fn answers(&self) -> Result<(), Fault> {
        sqlx::query("SELECT first_kept FROM state").execute(&self.pool).await?;
        Ok(())
    }

    async fn finish(&self) {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Work { reports, keeper, counter, running }) = work else { return };
        // All that was asked before has its answer; nothing more is taken.
        drop(reports);
        let _ = keeper.await;
        drop(counter);
        // What is left in the queue is counted by another receiver, or by the next start.
        let _ = counting::count(&self.pool).await;
        let _ = running.close().await;
        self.pool.close().await;
    }
}

impl Storage for Postgres {
    fn keep(&self, submission: Submission) -> BoxFuture<'_, Result<Access<()>>> {
        Box::pin(self.keep_numbered(Numbered::new(submission)))
    }

    fn clear(&self, claim: Claim, tombstone: Keyed, today: Day) -> BoxFuture<'_, Result<Access<Removed>>> {
        Box::pin(self.clear_all(claim, tombstone, today))
    }

    fn held(&self, claim: Claim) -> BoxFuture<'_, Result<Access<Vec<HeldReport>>>> {
        Box::pin(async move { Ok(self.held_of(claim).await?) })
    }

    fn has(&self, install: Keyed, tombstone: Keyed, day: Day) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move { Ok(self.has_now(install, tombstone, day).await?) })
    }

    fn forget(&self, first_kept: Day) -> BoxFuture<'_, Result<Forgotten>> {
        Box::pin(self.forget_some(first_kept))
    }

    fn count(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.count_now())
    }

    fn holdings(&self) -> BoxFuture<'_, Result<Holdings>> {
        Box::pin(async move { Ok(self.holdings_now().await?) })
    }

    fn aggregates(&self, day: Day) -> BoxFuture<'_, Result<Vec<Aggregate>>> {
        Box::pin(async move { Ok(self.aggregates_of(day).await?) })
    }

    fn ready(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { Ok(self.answers().await?) })
    }

    fn blocked_networks(&self) -> BoxFuture<'_, Result<Vec<(Keyed, u8)>>> {
        Box::pin(async move { Ok(self.blocked_networks_now().await?) })
    }

    fn seen_day(&self) -> BoxFuture<'_, Result<Day>> {
        Box::pin(async move { Ok(self.seen_day_now().await?) })
    }

    fn see_day(&self, day: Day) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { Ok(self.see(day).await?) })
    }

    fn check(&self) -> BoxFuture<'_, Result<Checked>> {
        Box::pin(async move { Ok(check::check(&self.pool).await?) })
    }

    fn settle(&self, last: Day, mark: String) -> BoxFuture<'_, Result<Vec<Day>>> {
        Box::pin(async move { self.settle_now(last, &mark).await })
    }

    fn day_reports(&self, day: Day) -> BoxFuture<'_, Result<DayReports>> {
        Box::pin(async move { Ok(publication::day_reports(&self.pool, day).await?) })
    }

    fn labels_of<'a>(&'a self, groups: &'a [&'a str]) -> BoxFuture<'a, Result<BTreeMap<LabelId, Label>>> {
        Box::pin(async move { Ok(publication::labels_of(&self.pool, groups).await?) })
    }

    fn publish(&self, snapshot: NewSnapshot) -> BoxFuture<'_, Result<bool>> {
        Box::pin(async move { self.publish_now(&snapshot).await })
    }

    fn publication(&self) -> BoxFuture<'_, Result<Publication>> {
        Box::pin(async move { Ok(publication::publication(&self.pool).await?) })
    }

    fn snapshots<'a>(&'a self, first: Day, last: Day, parts: &'a [String]) -> BoxFuture<'a, Result<Vec<SnapshotPart>>> {
        Box::pin(async move { Ok(publication::snapshots(&self.pool, first, last, parts).await?) })
    }

    fn texts<'a>(&'a self, ids: &'a [LabelId]) -> BoxFuture<'a, Result<BTreeMap<LabelId, Label>>> {
        Box::pin(async move { Ok(publication::texts(&self.pool, ids).await?) })
    }

    fn hide(&self, action: HideAction) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { Ok(publication::hide(&self.pool, &action).await?) })
    }

    fn hide_log(&self) -> BoxFuture<'_, Result<Vec<HideAction>>> {
        Box::pin(async move { Ok(publication::hide_log(&self.pool).await?) })
    }

    fn newest_day(&self, last: Day) -> BoxFuture<'_, Result<Option<Day>>> {
        Box::pin(async move { Ok(publication::newest_day(&self.pool, last).await?) })
    }

    fn exact<'a>(&'a self, day: Day, group: &'a str) -> BoxFuture<'a, Result<Vec<ExactLabel>>> {
        Box::pin(async move { Ok(publication::exact(&self.pool, day, group).await?) })
    }

    fn leftovers(&self) -> Option<&'static str> {
        Some(
            "bytes of deleted rows in PostgreSQL's files and write-ahead log, which no query reads, until they are \
             overwritten or the files of their day are deleted",
        )
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.finish())
    }
}

/// Counts everything, and takes out what was replaced.
async fn settled(pool: &PgPool) -> Result<(), Fault> {
    counting::count(pool).await?;
    if counting::replaced(pool).await? {
        let mut transaction = pool.begin().await?;
        counting::settle(&mut transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Counts what comes in, from when it is woken; never ends by itself.
async fn count_on(pool: PgPool, wake: Arc<Notify>) {
    let mut settled_at = tokio::time::Instant::now();
    loop {
        wake.notified().await;
        let is_time = settled_at.elapsed() >= SETTLE_WITHIN;
        // A database that fails here fails the next report too, which says so; this is tried again.
        let done = if is_time { settled(&pool).await } else { counting::count(&pool).await };
        let waiting = if is_time && done.is_ok() {
            settled_at = tokio::time::Instant::now();
            Ok(false)
        } else {
            counting::replaced(&pool).await
        };
        if done.is_err() || !matches!(waiting, Ok(false)) {
            wake.notify_one();
        }
        tokio::time::sleep(COUNT_WITHIN).await;
    }
}

fn digest(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| damaged())
}

fn damaged() -> Error {
    Code::DatabaseInconsistent.into()
}

fn closed() -> Error {
    Code::DatabaseClosed.into()
}
