//! The one writer: takes what waits, commits it as a group, then answers all. Between groups it counts what has come in
//! and empties the log after removals.

use super::labels::Labels;
use super::{broken, publication, transaction};
use crate::day::Day;
use crate::error::{Error, Result};
use crate::store::numbered::Numbered;
use crate::store::{Access, Claim, Forgotten, HideAction, Keyed, NewSnapshot, Removed};
use sqlx::{Connection, SqliteConnection};
use std::fs::File;
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

type Answer<T> = oneshot::Sender<Result<T>>;

/// What the writer does.
pub(super) enum Command {
    Keep(Box<Numbered>, Answer<Access<()>>),
    Clear { claim: Claim, tombstone: Keyed, today: Day, answer: Answer<Access<Removed>> },
    Forget { first_kept: Day, answer: Answer<Forgotten> },
    Count(Answer<()>),
    Settle { last: Day, mark: String, answer: Answer<Vec<Day>> },
    Publish(Box<NewSnapshot>, Answer<bool>),
    Hide(HideAction, Answer<()>),
    SeeDay(Day, Answer<()>),
    Close(Answer<()>),
}

pub(super) struct Writer {
    connection: SqliteConnection,
    labels: Labels,
    /// Since when reports wait to be counted, and how many.
    uncounted: Option<(Instant, usize)>,
    /// Since when removed pages stand in the log.
    removed: Option<Instant>,
    /// Held until the connection is closed.
    _lock: File,
}

impl Writer {
    pub(super) async fn new(mut connection: SqliteConnection, lock: File) -> Result<Self> {
        let labels = Labels::load(&mut connection).await?;
        let mut writer = Self { connection, labels, uncounted: None, removed: None, _lock: lock };
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
            if self.count_all().await.is_err() {
                self.uncounted = Some((now, 0));
            }
        }
        if self.removed.is_some_and(|since| now >= since + EMPTY_LOG_WITHIN) {
            self.empty_log().await;
        }
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
            match command {
                Command::Keep(..) => {}
                Command::Clear { claim, tombstone, today, answer } => {
                    let done = self.clear(&claim, &tombstone, today).await;
                    let _ = answer.send(done);
                }
                Command::Forget { first_kept, answer } => {
                    let done = self.forget(first_kept).await;
                    let _ = answer.send(done);
                }
                Command::Count(answer) => {
                    let done = self.count_all().await;
                    let _ = answer.send(done);
                }
                Command::Settle { last, mark, answer } => {
                    let done = publication::settle(&mut self.connection, last, &mark).await;
                    let _ = answer.send(done);
                }
                Command::Publish(snapshot, answer) => {
                    let done = publication::publish(&mut self.connection, &snapshot).await;
                    let _ = answer.send(done);
                }
                Command::Hide(action, answer) => {
                    let done = publication::hide(&mut self.connection, &action).await;
                    let _ = answer.send(done);
                }
                Command::SeeDay(day, answer) => {
                    let _ = answer.send(transaction::see_day(&mut self.connection, day).await);
                }
                Command::Close(answer) => return Some(answer),
            }
        }
        self.keep(&mut kept).await;
        None
    }

    async fn keep(&mut self, reports: &mut Vec<(Box<Numbered>, Answer<Access<()>>)>) {
        if reports.is_empty() {
            return;
        }
        let kept = self.keep_all(reports).await;
        let outcomes: Vec<Result<Access<()>>> = match kept {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(error) => {
                self.labels.doubt();
                reports.iter().map(|_| Err(Error::Store(error.to_string()))).collect()
            }
        };
        for ((_, answer), outcome) in reports.drain(..).zip(outcomes) {
            let _ = answer.send(outcome);
        }
    }

    async fn keep_all(&mut self, reports: &[(Box<Numbered>, Answer<Access<()>>)]) -> Result<Vec<Access<()>>> {
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

    async fn clear(&mut self, claim: &Claim, tombstone: &Keyed, today: Day) -> Result<Access<Removed>> {
        let done = async {
            let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
            let done = transaction::clear(&mut transaction, &mut self.labels, claim, tombstone, today).await?;
            transaction.commit().await.map_err(broken)?;
            Ok(done)
        }
        .await;
        match &done {
            Ok(Access::Granted(removed)) if *removed != Removed::default() => self.empty_log().await,
            Ok(_) => {}
            Err(_) => self.labels.doubt(),
        }
        done
    }

    async fn forget(&mut self, first_kept: Day) -> Result<Forgotten> {
        let done = async {
            let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
            let done = transaction::forget(&mut transaction, &mut self.labels, first_kept).await?;
            transaction.commit().await.map_err(broken)?;
            Ok(done)
        }
        .await;
        match &done {
            Ok(forgotten) if !forgotten.is_nothing() => drop(self.removed.get_or_insert_with(Instant::now)),
            Ok(_) if self.removed.is_some() => self.empty_log().await,
            Ok(_) => {}
            Err(_) => self.labels.doubt(),
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
