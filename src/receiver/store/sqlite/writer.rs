//! The one writer: takes what waits, commits it as a group, then answers all. Between groups it counts what has come in
//! and empties the log after removals.

use super::labels::Labels;
use super::{broken, publication, transaction};
use crate::code::Code;
use crate::day::Day;
use crate::error::Result;
use crate::store::interned::InternedReport;
use crate::store::{Access, Credentials, Expired, HideAction, KeyedHash, NewSnapshot, Removed};
use callback_common::lock::FileLock;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Most requests in one transaction.
const GROUP: usize = 64;

/// Reports after which the aggregates count what has come in, however busy it is.
const COUNT_AFTER: usize = 128;

/// How long reports may wait to be counted.
const COUNT_WITHIN: Duration = Duration::from_secs(1);

/// How long replaced reports may stand in the log.
const EMPTY_LOG_WITHIN: Duration = Duration::from_secs(60);

/// Bytes that must be free, after a transaction failed, before the receiver calls itself ready again.
const ROOM: u64 = 2 << 20;

/// Bytes that are free where a file is, if that can be told.
fn free(file: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(file).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

type Answer<T> = oneshot::Sender<Result<T>>;

/// What the writer does.
pub(super) enum Command {
    Keep(Box<InternedReport>, Answer<Access<()>>),
    Clear {
        claim: Credentials,
        tombstone: KeyedHash,
        today: Day,
        answer: Answer<Access<Removed>>,
    },
    Forget {
        first_kept: Day,
        answer: Answer<Expired>,
    },
    Count(Answer<()>),
    Settle {
        last: Day,
        mark: String,
        answer: Answer<Vec<Day>>,
    },
    Publish(Box<NewSnapshot>, Answer<bool>),
    Hide(HideAction, Answer<()>),
    SeeDay(Day, Answer<()>),
    /// Whether it can write.
    Ready(Answer<()>),
    Close(Answer<()>),
}

pub(super) struct Writer {
    connection: SqliteConnection,
    labels: Labels,
    /// Since when reports wait to be counted, and how many.
    uncounted: Option<(Instant, usize)>,
    /// Since when removed pages stand in the log.
    removed: Option<Instant>,
    /// Whether a transaction failed, as on a full disk. SQLite may have ended it by itself, of which the connection knows
    /// nothing: it would refuse all others, and so is made anew.
    stale: bool,
    /// Whether one failed since reports were last kept.
    failing: bool,
    options: SqliteConnectOptions,
    /// Held until the connection is closed.
    _lock: FileLock,
}

impl Writer {
    pub(super) async fn new(
        mut connection: SqliteConnection,
        options: SqliteConnectOptions,
        lock: FileLock,
    ) -> Result<Self> {
        let labels = Labels::load(&mut connection).await?;
        let (uncounted, removed) = (None, None);
        let (stale, failing) = (false, false);
        let mut writer = Self { connection, labels, uncounted, removed, stale, failing, options, _lock: lock };
        // What a process that was killed left behind.
        writer.count_all().await?;
        writer.empty_log().await;
        Ok(writer)
    }

    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            match tokio::time::timeout_at(self.next_chore(), queue.recv_many(&mut group, GROUP)).await {
                Ok(0) => break,
                Ok(_) => {
                    if let Some(answer) = self.commit(&mut group).await {
                        // All that was asked before has its answer; nothing more is taken.
                        let counted = self.count_all().await;
                        let Self { connection, _lock: lock, .. } = self;
                        let closed = connection.close().await.map_err(broken);
                        drop(lock);
                        let _ = answer.send(counted.and(closed));
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
        let count = self.uncounted.map_or(idle, |(since, _)| since + COUNT_WITHIN);
        self.removed.map_or(count, |since| count.min(since + EMPTY_LOG_WITHIN))
    }

    async fn chores(&mut self) {
        let now = Instant::now();
        if self.uncounted.is_some_and(|(since, reports)| reports >= COUNT_AFTER || now >= since + COUNT_WITHIN) {
            // A disk that fails here fails the next report too, which says so; counting is tried again.
            self.recover().await;
            let counted = self.count_all().await;
            if self.noted(counted).is_err() {
                self.uncounted = Some((now, 0));
            }
        }
        if self.removed.is_some_and(|since| now >= since + EMPTY_LOG_WITHIN) {
            self.empty_log().await;
        }
    }

    /// Takes note of what failed, and hands it on.
    fn noted<T>(&mut self, done: Result<T>) -> Result<T> {
        if done.is_err() {
            (self.stale, self.failing) = (true, true);
            self.labels.doubt();
        }
        done
    }

    /// A new connection where the last transaction failed.
    async fn recover(&mut self) {
        if self.stale
            && let Ok(connection) = self.options.connect().await
        {
            let before = std::mem::replace(&mut self.connection, connection);
            // It may not even close well.
            let _ = before.close().await;
            self.stale = false;
        }
    }

    /// Whether a transaction can be written, which is tried where the last one failed.
    async fn is_ready(&mut self) -> Result<()> {
        if !self.failing {
            return Ok(());
        }
        self.recover().await;
        let tried = match transaction::try_to_write(&mut self.connection).await {
            // A little may fit where a report does not.
            Ok(()) if free(self.options.get_filename()).is_some_and(|free| free < ROOM) => {
                Err(Code::DatabaseFull.into())
            }
            tried => tried,
        };
        self.failing = tried.is_err();
        self.noted(tried)
    }

    /// Does a group of commands in one transaction, and what else they ask for. Returns who asked to close.
    async fn commit(&mut self, group: &mut Vec<Command>) -> Option<Answer<()>> {
        let mut kept = Vec::new();
        for command in group.drain(..) {
            if let Command::Keep(report, answer) = command {
                kept.push((report, answer));
                continue;
            }
            self.keep(&mut kept).await;
            if let Command::Close(answer) = command {
                return Some(answer);
            }
            self.recover().await;
            self.command(command).await;
        }
        self.keep(&mut kept).await;
        None
    }

    /// Does one command. Whoever asked may have gone away.
    async fn command(&mut self, command: Command) {
        match command {
            Command::Keep(..) | Command::Close(_) => {}
            Command::Clear { claim, tombstone, today, answer } => {
                let done = self.clear(&claim, &tombstone, today).await;
                let _ = answer.send(self.noted(done));
            }
            Command::Forget { first_kept, answer } => {
                let done = self.forget(first_kept).await;
                let _ = answer.send(self.noted(done));
            }
            Command::Count(answer) => {
                let done = self.count_all().await;
                let _ = answer.send(self.noted(done));
            }
            Command::Settle { last, mark, answer } => {
                let done = publication::settle(&mut self.connection, last, &mark).await;
                let _ = answer.send(self.noted(done));
            }
            Command::Publish(snapshot, answer) => {
                let done = publication::publish(&mut self.connection, &snapshot).await;
                let _ = answer.send(self.noted(done));
            }
            Command::Hide(action, answer) => {
                let done = publication::hide(&mut self.connection, &action).await;
                let _ = answer.send(self.noted(done));
            }
            Command::SeeDay(day, answer) => {
                let done = transaction::advance_clock_guard(&mut self.connection, day).await;
                let _ = answer.send(self.noted(done));
            }
            Command::Ready(answer) => {
                let done = self.is_ready().await;
                let _ = answer.send(done);
            }
        }
    }

    async fn keep(&mut self, reports: &mut Vec<(Box<InternedReport>, Answer<Access<()>>)>) {
        if reports.is_empty() {
            return;
        }
        self.recover().await;
        let kept = self.keep_all(reports).await;
        let outcomes: Vec<Result<Access<()>>> = match self.noted(kept) {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(error) => reports.iter().map(|_| Err(error.clone())).collect(),
        };
        for ((_, answer), outcome) in reports.drain(..).zip(outcomes) {
            let _ = answer.send(outcome);
        }
    }

    async fn keep_all(&mut self, reports: &[(Box<InternedReport>, Answer<Access<()>>)]) -> Result<Vec<Access<()>>> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
        let mut outcomes = Vec::with_capacity(reports.len());
        let (mut added, mut replaced) = (0, false);
        for (report, _) in reports {
            let (outcome, replaces) = transaction::keep(&mut transaction, &mut self.labels, report).await?;
            added += usize::from(outcome == Access::Granted(()));
            replaced |= replaces;
            outcomes.push(outcome);
        }
        transaction.commit().await.map_err(broken)?;
        self.failing = false;
        let now = Instant::now();
        if added > 0 {
            let (_, waiting) = self.uncounted.get_or_insert((now, 0));
            *waiting += added;
        }
        if replaced {
            self.removed.get_or_insert(now);
        }
        Ok(outcomes)
    }

    async fn clear(&mut self, claim: &Credentials, tombstone: &KeyedHash, today: Day) -> Result<Access<Removed>> {
        let done = async {
            let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
            let done = transaction::clear(&mut transaction, &mut self.labels, claim, tombstone, today).await?;
            transaction.commit().await.map_err(broken)?;
            Ok(done)
        }
        .await;
        match &done {
            Ok(Access::Granted(removed)) if *removed != Removed::default() => self.empty_log().await,
            _ => {}
        }
        done
    }

    async fn forget(&mut self, first_kept: Day) -> Result<Expired> {
        let done = async {
            let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
            let done = transaction::forget(&mut transaction, &mut self.labels, first_kept).await?;
            transaction.commit().await.map_err(broken)?;
            Ok(done)
        }
        .await;
        match &done {
            Ok(forgotten) if !forgotten.is_empty() => drop(self.removed.get_or_insert_with(Instant::now)),
            Ok(_) if self.removed.is_some() => self.empty_log().await,
            _ => {}
        }
        done
    }

    async fn count_all(&mut self) -> Result<()> {
        loop {
            let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
            let more = transaction::count(&mut transaction).await?;
            transaction.commit().await.map_err(broken)?;
            if !more {
                self.uncounted = None;
                return Ok(());
            }
        }
    }

    /// Moves the log into the database and cuts it to nothing. While a reader stands in the way it is tried again.
    async fn empty_log(&mut self) {
        let busy: std::result::Result<i64, _> =
            sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.connection).await;
        self.removed = if matches!(busy, Ok(0)) { None } else { Some(Instant::now() - EMPTY_LOG_WITHIN / 2) };
    }
}
