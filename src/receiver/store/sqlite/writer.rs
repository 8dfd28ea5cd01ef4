//! SQLite's one writer: takes what waits, commits it as a group, then answers all. Between groups it aggregates what has
//! come in, and empties the log after something was deleted.

use super::reserve::{Reserve, free};
use crate::code::Code;
use crate::error::Result;
use crate::store::aggregate;
use crate::store::ingest::{self, Group, Waiting};
use crate::store::labels::LabelCache;
use crate::store::model::Access;
use crate::store::retry::{Body, Connector, TxError};
use crate::store::tx::{Effects, Flush, Tx};
use callback_common::lock::FileLock;
use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Most requests in one transaction.
const MAX_GROUP: usize = 64;

/// Reports after which they are aggregated, however busy the writer is.
const MAX_UNAGGREGATED: usize = 128;

/// How long reports may wait to be aggregated.
const AGGREGATE_INTERVAL: Duration = Duration::from_secs(1);

/// How long deleted reports may stand in the log.
const FLUSH_INTERVAL: Duration = Duration::from_secs(60);

/// Bytes that must be free, after a transaction failed, before the receiver calls itself ready again.
const MIN_FREE: u64 = 2 << 20;

type Answer<T> = oneshot::Sender<Result<T>>;

/// What the writer does for others.
type Job = Box<dyn for<'w> FnOnce(&'w mut Writer) -> BoxFuture<'w, ()> + Send>;

/// What the writer is asked for.
pub(in crate::store) enum Command {
    /// To store a report.
    Keep(Waiting),
    /// To run a transaction.
    Run(Job),
    /// Whether it can write.
    Ready(Answer<()>),
    /// To end.
    Close(Answer<()>),
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Purpose {
    /// It adds or changes something.
    Change,
    /// It deletes, and so may use the reserve of disk space.
    Delete,
}

impl Command {
    /// A transaction, and who waits for its outcome, who may have gone away.
    pub(in crate::store) fn run<A, T>(
        purpose: Purpose,
        name: &'static str,
        mut args: A,
        body: Body<A, T>,
        answer: Answer<T>,
    ) -> Self
    where
        A: Send + 'static,
        T: Send + 'static,
    {
        Self::Run(job(move |writer| {
            Box::pin(async move {
                let mut done = writer.run_tx(name, &mut args, body).await;
                let is_full = done.as_ref().is_err_and(|error| error.code() == Code::DatabaseFull);
                if is_full && purpose == Purpose::Delete {
                    writer.make_room().await;
                    done = writer.run_tx(name, &mut args, body).await;
                }
                let _ = answer.send(done);
            })
        }))
    }
}

/// A closure as a job; the bounds tell the compiler which lifetimes belong together.
fn job(job: impl for<'w> FnOnce(&'w mut Writer) -> BoxFuture<'w, ()> + Send + 'static) -> Job {
    Box::new(job)
}

pub(in crate::store) struct Writer {
    connection: SqliteConnection,
    labels: LabelCache,
    /// Since when reports wait to be aggregated, and how many.
    unaggregated: Option<(Instant, usize)>,
    /// Since when deleted pages stand in the log.
    flush_since: Option<Instant>,
    /// Whether a transaction failed, as on a full disk. SQLite may have ended it by itself, of which the connection knows
    /// nothing: it would refuse all others, and so is replaced.
    is_stale: bool,
    /// Whether one failed since reports were last stored.
    is_failing: bool,
    options: SqliteConnectOptions,
    reserve: Reserve,
    /// Held until the connection is closed.
    _lock: FileLock,
}

impl Writer {
    pub(super) async fn new(
        mut connection: SqliteConnection,
        options: SqliteConnectOptions,
        lock: FileLock,
    ) -> Result<Self> {
        let (labels, _) = Connector::Sqlite(&mut connection)
            .run_tx("load-labels", &mut (), |tx, ()| Box::pin(LabelCache::load(tx)))
            .await?;
        let (unaggregated, flush_since, is_stale, is_failing) = (None, None, false, false);
        let reserve = Reserve::beside(options.get_filename());
        let mut writer =
            Self { connection, labels, unaggregated, flush_since, is_stale, is_failing, options, reserve, _lock: lock };
        // What a process that was killed left behind.
        writer.aggregate().await?;
        writer.empty_log().await;
        Ok(writer)
    }

    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut group = Vec::with_capacity(MAX_GROUP);
        loop {
            match tokio::time::timeout_at(self.next_chore(), queue.recv_many(&mut group, MAX_GROUP)).await {
                Ok(0) => break,
                Ok(_) => {
                    if let Some(answer) = self.commit(&mut group).await {
                        // All that was asked before has its answer; nothing more is taken.
                        let aggregated = self.aggregate().await;
                        let Self { connection, _lock: lock, .. } = self;
                        let closed = connection.close().await.map_err(|error| TxError::Sqlite(error).into());
                        drop(lock);
                        let _ = answer.send(aggregated.and(closed));
                        return;
                    }
                }
                Err(_) => {}
            }
            self.chores().await;
        }
        let _ = self.connection.close().await;
    }

    fn next_chore(&self) -> Instant {
        let idle = Instant::now() + Duration::from_secs(3600);
        let aggregate = self.unaggregated.map_or(idle, |(since, _)| since + AGGREGATE_INTERVAL);
        self.flush_since.map_or(aggregate, |since| aggregate.min(since + FLUSH_INTERVAL))
    }

    async fn chores(&mut self) {
        let now = Instant::now();
        let is_due =
            |(since, reports): (Instant, usize)| reports >= MAX_UNAGGREGATED || now >= since + AGGREGATE_INTERVAL;
        // A disk that fails here fails the next report too, which reports it; this is tried again.
        if self.unaggregated.is_some_and(is_due) && self.aggregate().await.is_err() {
            self.unaggregated = Some((now, 0));
        }
        if self.flush_since.is_some_and(|since| now >= since + FLUSH_INTERVAL) {
            self.empty_log().await;
        }
        self.reserve.refill();
    }

    /// Runs a transaction and follows up its effects.
    async fn run_tx<A, T>(&mut self, name: &'static str, args: &mut A, body: Body<A, T>) -> Result<T> {
        self.reconnect().await;
        let done = Connector::Sqlite(&mut self.connection).run_tx(name, args, body).await;
        let (value, effects) = self.noted(done)?;
        self.follow_up(&effects).await;
        Ok(value)
    }

    /// Gives up the reserve, and moves the log into the database, which leaves the log's space to others.
    async fn make_room(&mut self) {
        self.reserve.release();
        self.reconnect().await;
        self.empty_log().await;
    }

    async fn follow_up(&mut self, effects: &Effects) {
        self.labels.remove(&effects.deleted_labels);
        match effects.flush {
            Flush::No => {}
            Flush::Soon => drop(self.flush_since.get_or_insert_with(Instant::now)),
            Flush::Now => self.empty_log().await,
        }
    }

    /// Records whether something failed.
    fn noted<T>(&mut self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            (self.is_stale, self.is_failing) = (true, true);
        }
        done
    }

    /// Makes a new connection if the last transaction failed.
    async fn reconnect(&mut self) {
        if self.is_stale
            && let Ok(connection) = self.options.connect().await
        {
            let before = std::mem::replace(&mut self.connection, connection);
            // It may not even close well.
            let _ = before.close().await;
            self.is_stale = false;
        }
    }

    /// Whether a transaction can be written, which is tried if the last one failed.
    async fn ready(&mut self) -> Result<()> {
        if !self.is_failing {
            return Ok(());
        }
        let tried = self.run_tx("try-to-write", &mut (), |tx, ()| Box::pin(write_unchanged(tx))).await;
        // A little may fit where a report does not.
        let has_room = free(self.options.get_filename()).is_none_or(|free| free >= MIN_FREE);
        let tried = tried.and_then(|()| if has_room { Ok(()) } else { Err(Code::DatabaseFull.into()) });
        self.is_failing = tried.is_err();
        self.noted(tried)
    }

    /// Stores a group's reports in one transaction, and does what else is asked for. Returns who asked to close.
    async fn commit(&mut self, group: &mut Vec<Command>) -> Option<Answer<()>> {
        let mut reports = Vec::new();
        for command in group.drain(..) {
            if let Command::Keep(report) = command {
                reports.push(report);
                continue;
            }
            self.keep(&mut reports).await;
            match command {
                Command::Close(answer) => return Some(answer),
                Command::Run(job) => job(self).await,
                Command::Ready(answer) => drop(answer.send(self.ready().await)),
                Command::Keep(_) => {}
            }
        }
        self.keep(&mut reports).await;
        None
    }

    async fn keep(&mut self, reports: &mut Vec<Waiting>) {
        if reports.is_empty() {
            return;
        }
        let outcomes = self.keep_all(reports).await;
        ingest::answer(reports, outcomes);
    }

    async fn keep_all(&mut self, reports: &[Waiting]) -> Result<Vec<Access<()>>> {
        self.reconnect().await;
        let mut group = Group { reports, labels: &mut self.labels, partitions: &mut BTreeSet::new() };
        let done = Connector::Sqlite(&mut self.connection)
            .run_tx("keep", &mut group, |tx, group| Box::pin(ingest::keep(tx, group)))
            .await;
        let (outcomes, effects) = self.noted(done)?;
        self.labels.committed();
        self.is_failing = false;
        let added = outcomes.iter().filter(|outcome| **outcome == Access::Granted(())).count();
        if added > 0 {
            self.unaggregated.get_or_insert_with(|| (Instant::now(), 0)).1 += added;
        }
        self.follow_up(&effects).await;
        Ok(outcomes)
    }

    async fn aggregate(&mut self) -> Result<()> {
        while self.run_tx("aggregate", &mut (), |tx, ()| Box::pin(aggregate::step(tx))).await? {}
        self.unaggregated = None;
        Ok(())
    }

    /// Moves the log into the database and truncates it. While a reader blocks that, it is tried again.
    async fn empty_log(&mut self) {
        let busy: std::result::Result<i64, _> =
            sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.connection).await;
        self.flush_since = if matches!(busy, Ok(0)) { None } else { Some(Instant::now() - FLUSH_INTERVAL / 2) };
    }
}

/// Writes what is there already.
async fn write_unchanged(tx: &mut Tx<'_>) -> Result<(), TxError> {
    tx.query("UPDATE state SET seen_day = seen_day").run().await.map(drop)
}
