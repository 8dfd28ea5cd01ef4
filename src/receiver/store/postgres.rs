//! PostgreSQL: for several receivers side by side, one partition for each day.
//!
//! Reports are committed in groups by one task ([`Keeper`]) and only ever add rows. What they change in the aggregates
//! waits in a table that one receiver at a time works off.

use super::decisions::{Decisions, check_key, decisions};
use super::ingest::{self, Group, Waiting};
use super::inspect::{self, Inspection};
use super::labels::LabelCache;
use super::locks::{Lock, try_lock_session};
use super::plan::{self, RestorePlan};
use super::retry::{Connector, TxError};
use super::sqlite::file;
use super::sqlite::staging::{self, StagingCopy};
use super::tx::{Pool, Tx};
use super::{aggregate, transfer};
use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations/postgres");

/// Reports that may wait to be stored before others wait to be queued.
const QUEUE: usize = 256;

/// Most reports in one transaction.
const MAX_GROUP: usize = 64;

/// Connections of one receiver at most.
const CONNECTIONS: u32 = 8;

/// How long reports may wait to be aggregated.
const AGGREGATE_INTERVAL: Duration = Duration::from_secs(1);

/// How long reports that were replaced may still be in the aggregates: subtracting them keeps others waiting a moment.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(60);

/// What a receiver runs besides its pool of connections.
pub(super) struct Tasks {
    pub(super) reports: mpsc::Sender<Waiting>,
    keeper: JoinHandle<()>,
    /// Ends when it is dropped.
    aggregator: JoinSet<()>,
    /// Holds the lock that tells others that a receiver runs.
    running: PgConnection,
}

/// A pool of connections on which a commit is durable.
pub(super) async fn pool(options: PgConnectOptions, connections: u32) -> Result<PgPool> {
    let options = options.application_name("callback-receiver").options([("lock_timeout", "5s")]);
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(|connection, _| {
            Box::pin(async move {
                // What is acknowledged survives a power cut, whatever the server's default; stronger settings stay.
                let sql = "SELECT set_config('synchronous_commit', 'on', false) \
                           WHERE current_setting('synchronous_commit') IN ('off', 'local')";
                sqlx::query(sql).execute(connection).await.map(drop)
            })
        });
    Ok(pool.connect_with(options).await.map_err(TxError::Postgres)?)
}

/// Connections to write, also beside receivers that run.
pub(super) async fn connect(options: PgConnectOptions) -> Result<PgPool> {
    let pool = pool(options, 1).await?;
    migrate(&pool).await?;
    Ok(pool)
}

async fn migrate(pool: &PgPool) -> Result<()> {
    MIGRATIONS.run(pool).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(_) => Error::from(Code::DatabaseNewer),
        _ => Error::new(Code::DatabaseMigrationFailed, "its user must own the schema, and nothing else may be in it"),
    })
}

async fn migrate_with(pool: &PgPool, key: &InstallKey) -> Result<()> {
    migrate(pool).await?;
    let checked =
        Connector::Postgres(pool).run_tx("check-key", &mut { key }, |tx, key| Box::pin(check_key(tx, key))).await;
    checked.map(drop)
}

/// A connection that holds a lock for as long as it lives.
async fn session_with(options: &PgConnectOptions, lock: Lock, alone: bool) -> Result<Option<PgConnection>> {
    let mut connection = PgConnection::connect_with(options).await.map_err(TxError::Postgres)?;
    Ok(try_lock_session(&mut connection, lock, alone).await?.then_some(connection))
}

/// Opens a database to serve, and creates its tables if it is empty.
pub(super) async fn open(options: PgConnectOptions, key: &InstallKey) -> Result<(PgPool, Tasks)> {
    let pool = pool(options.clone(), CONNECTIONS).await?;
    migrate_with(&pool, key).await?;
    let running = session_with(&options, Lock::Running, false).await?.ok_or(Code::RestoreInProgress)?;
    let (labels, _) =
        Connector::Postgres(&pool).run_tx("load-labels", &mut (), |tx, ()| Box::pin(LabelCache::load(tx))).await?;
    let (reports, queue) = mpsc::channel(QUEUE);
    let wake = Arc::new(Notify::new());
    // What a receiver that was killed left behind.
    wake.notify_one();
    let keeper = Keeper { pool: pool.clone(), labels, partitions: BTreeSet::new(), wake: Arc::clone(&wake) };
    let keeper = tokio::spawn(keeper.run(queue));
    let mut aggregator = JoinSet::new();
    aggregator.spawn(aggregate_continuously(pool.clone(), wake));
    Ok((pool, Tasks { reports, keeper, aggregator, running }))
}

impl Tasks {
    /// Finishes what is under way.
    pub(super) async fn close(self, pool: &PgPool) {
        let Self { reports, keeper, aggregator, running } = self;
        // All that was asked before has its answer; nothing more is taken.
        drop(reports);
        let _ = keeper.await;
        drop(aggregator);
        // What is left is aggregated by another receiver, or at the next start.
        let _ = aggregate_added(pool).await;
        let _ = running.close().await;
    }
}

/// Stores reports: takes what waits, commits it as a group, then answers all.
struct Keeper {
    pool: PgPool,
    labels: LabelCache,
    /// Days whose partitions are known to exist.
    partitions: BTreeSet<Day>,
    /// Wakes the aggregator.
    wake: Arc<Notify>,
}

impl Keeper {
    /// Works until nobody can ask any more.
    async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let mut reports = Vec::with_capacity(MAX_GROUP);
        while queue.recv_many(&mut reports, MAX_GROUP).await > 0 {
            let Self { pool, labels, partitions, .. } = &mut self;
            let mut group = Group { reports: &reports, labels, partitions };
            let done = Connector::Postgres(pool)
                .run_tx("keep", &mut group, |tx, group| Box::pin(ingest::keep(tx, group)))
                .await;
            if done.is_ok() {
                self.labels.committed();
            }
            ingest::answer(&mut reports, done.map(|(outcomes, _)| outcomes));
            self.wake.notify_one();
        }
    }
}

/// Aggregates reports that came in; those that were replaced are left to [`aggregate::reconcile`].
pub(super) async fn aggregate_added(pool: &PgPool) -> Result<()> {
    while Connector::Postgres(pool).run_tx("aggregate", &mut (), |tx, ()| Box::pin(aggregate::step(tx))).await?.0 {}
    Ok(())
}

async fn has_replaced(pool: &PgPool) -> Result<bool> {
    Ok(aggregate::has_replaced(&mut Pool::Postgres(pool.clone()).read().await?).await?)
}

/// Aggregates what comes in, from when it is woken; never ends by itself.
async fn aggregate_continuously(pool: PgPool, wake: Arc<Notify>) {
    let mut reconciled = Instant::now();
    loop {
        wake.notified().await;
        // A database that fails here fails the next report too, which reports it; this is tried again.
        let is_done = async {
            aggregate_added(&pool).await?;
            if !has_replaced(&pool).await? {
                return Ok(true);
            }
            if reconciled.elapsed() < RECONCILE_INTERVAL {
                return Ok(false);
            }
            Connector::Postgres(&pool)
                .run_tx("reconcile", &mut (), |tx, ()| Box::pin(aggregate::reconcile(tx)))
                .await?;
            reconciled = Instant::now();
            Ok::<_, Error>(true)
        };
        if !matches!(is_done.await, Ok(true)) {
            wake.notify_one();
        }
        tokio::time::sleep(AGGREGATE_INTERVAL).await;
    }
}

/// Inspects a database.
pub(super) async fn inspect(options: PgConnectOptions) -> Result<Inspection> {
    let pool = pool(options, 1).await?;
    let inspected = async {
        let mut tx = Pool::Postgres(pool.clone()).read().await?;
        let mut inspection = inspect::inspect(&mut tx, &MIGRATIONS).await?;
        inspect::inspect_server(&mut tx, &mut inspection).await?;
        Ok(inspection)
    };
    let inspected: Result<Inspection, TxError> = inspected.await;
    pool.close().await;
    Ok(inspected?)
}

/// Writes a backup into a file of SQLite, as everything is at one moment. Receivers go on meanwhile.
pub(super) async fn backup(options: PgConnectOptions, to: &Path) -> Result<()> {
    let pool = pool(options, 2).await?;
    aggregate_added(&pool).await?;
    let written = async {
        let mut from = Pool::Postgres(pool.clone()).read().await?;
        staging::write_new(to, &mut from, |to, from| Box::pin(transfer::write_backup(from, to))).await
    };
    file::write_backup(to, written).await?;
    pool.close().await;
    Ok(())
}

/// Replaces everything in the database by a backup, and carries out in it what was decided since. The copy that is
/// worked on is in `directory`. Returns how many installs were deleted again.
pub(super) async fn restore(options: PgConnectOptions, from: &Path, directory: &Path, key: &InstallKey) -> Result<u64> {
    without_receivers(options, async |pool| restore_alone(pool, from, directory, key).await).await
}

/// Checks everything that [`restore`] checks, and compares. Nothing is changed.
pub(super) async fn plan_restore(
    options: PgConnectOptions,
    from: &Path,
    directory: &Path,
    key: &InstallKey,
) -> Result<RestorePlan> {
    without_receivers(options, async |pool| {
        let (current, decisions) = plan::replaced(&mut Pool::Postgres(pool.clone()).read().await?, key).await?;
        let (copy, _lock) = StagingCopy::create_in(directory, from)?;
        let (restored, stay_deleted) = file::plan_prepared(&copy, key, decisions).await?;
        Ok(RestorePlan { current, restored, stay_deleted })
    })
    .await
}

/// Works on a database that no receiver uses meanwhile.
async fn without_receivers<T>(options: PgConnectOptions, work: impl AsyncFnOnce(&PgPool) -> Result<T>) -> Result<T> {
    let mut alone = session_with(&options, Lock::Running, true).await?.ok_or(Code::DatabaseInUse)?;
    let pool = pool(options, 2).await?;
    let done = work(&pool).await;
    // The server notices a closed connection only some time later, so the lock is released explicitly.
    let _ = sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut alone).await;
    let _ = alone.close().await;
    pool.close().await;
    done
}

async fn restore_alone(pool: &PgPool, from: &Path, directory: &Path, key: &InstallKey) -> Result<u64> {
    migrate_with(pool, key).await?;
    let decided: Decisions = decisions(&mut Pool::Postgres(pool.clone()).read().await?).await?;
    let (copy, _lock) = StagingCopy::create_in(directory, from)?;
    let removed = staging::prepare(copy.path(), key, decided).await?;
    let mut connection = copy.connect().await?;
    let mut from = Tx::sqlite(connection.begin().await.map_err(TxError::Sqlite)?);
    let mut to = Tx::postgres(pool.begin().await.map_err(TxError::Postgres)?);
    transfer::read_backup(&mut from, &mut to).await?;
    to.commit().await?;
    drop(from);
    // Nobody else has it; if it cannot be closed, it is removed all the same.
    let _ = connection.close().await;
    Ok(removed)
}
