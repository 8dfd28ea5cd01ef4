//! Stores reports: one for each install and day, as IDs of labels that are stored once, with daily aggregates beside
//! them. [`Database`](database::Database) names a database, [`Store`] is one that is open.
//!
//! Each operation is written once, over a transaction of either database (`tx`), in SQL that both speak or with a text
//! for each dialect (`sql`). `retry` runs transactions. What only one database has is in `sqlite` and `postgres`.
//!
//! Two things stay apart. SQLite has one connection that writes, so its writer is a task to which every transaction is
//! sent: it groups the reports that wait, knows all labels' IDs, and empties the log after something was deleted.
//! PostgreSQL serves several receivers at once: there each transaction has its own connection, a task groups reports
//! only, and what they change in the aggregates waits in a table, so that no receiver waits for another one's rows. One
//! writer for both would make PostgreSQL wait, or have SQLite's transactions fail.
//!
//! [`encoding`] is the form in which a report is stored, [`delta`] what it adds to the aggregates.

mod access;
mod aggregate;
mod check;
pub mod database;
mod decisions;
pub mod delta;
pub mod encoding;
mod ingest;
pub mod inspect;
mod interned;
mod labels;
mod locks;
mod model;
pub mod operator;
mod partitions;
pub mod plan;
mod postgres;
mod publication;
mod read;
mod remove;
mod retry;
mod sql;
mod sqlite;
mod transfer;
mod tx;

pub use model::{
    Access, Aggregate, Blocked, Checked, Counted, Credentials, DayReport, DayReports, ExactLabel, Expired, HeldReport,
    HideAction, Holdings, KeyedHash, NewSnapshot, Publication, PublishedPart, Removed, SnapshotPart, Submission,
};

use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::wire::Label;
use encoding::LabelId;
use interned::InternedReport;
use operator::OperatorAction;
use retry::{Body, Connector};
use sqlite::writer::{Command, Purpose};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};
use tx::{Pool, Tx};

/// An open database. Every change is durable when it returns.
pub struct Store {
    pool: Pool,
    writer: Writer,
}

/// What changes are sent to.
enum Writer {
    /// Nothing: the database is open to be read only.
    None,
    Sqlite(mpsc::Sender<Command>),
    /// Nothing once the store is closed.
    Postgres(Mutex<Option<postgres::Tasks>>),
}

#[expect(clippy::missing_errors_doc, reason = "each fails if the database does, and for no other reason")]
impl Store {
    /// Runs a transaction that changes something.
    async fn run_tx<A, T>(&self, name: &'static str, args: A, body: Body<A, T>) -> Result<T>
    where
        A: Send + 'static,
        T: Send + 'static,
    {
        self.run_tx_to(Purpose::Change, name, args, body).await
    }

    async fn run_tx_to<A, T>(&self, purpose: Purpose, name: &'static str, mut args: A, body: Body<A, T>) -> Result<T>
    where
        A: Send + 'static,
        T: Send + 'static,
    {
        match (&self.writer, &self.pool) {
            (Writer::Sqlite(commands), _) => {
                let (answer, answered) = oneshot::channel();
                commands.send(Command::run(purpose, name, args, body, answer)).await.map_err(|_| closed())?;
                answered.await.map_err(|_| closed())?
            }
            (Writer::Postgres(_), Pool::Postgres(pool)) => {
                Ok(Connector::Postgres(pool).run_tx(name, &mut args, body).await?.0)
            }
            _ => Err(closed()),
        }
    }

    async fn read(&self) -> Result<Tx<'static>> {
        Ok(self.pool.read().await?)
    }

    /// Stores a report; a later one of the same install and day replaces the earlier. A secret that comes with the
    /// first report is registered.
    pub async fn keep(&self, submission: Submission) -> Result<Access<()>> {
        let (answer, answered) = oneshot::channel();
        let report = (Box::new(InternedReport::new(submission)), answer);
        match &self.writer {
            Writer::Sqlite(commands) => commands.send(Command::Keep(report)).await.map_err(|_| closed())?,
            Writer::Postgres(tasks) => {
                let reports = {
                    let tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner);
                    tasks.as_ref().map(|tasks| tasks.reports.clone()).ok_or_else(closed)?
                };
                reports.send(report).await.map_err(|_| closed())?;
            }
            Writer::None => return Err(closed()),
        }
        answered.await.map_err(|_| closed())?
    }

    /// Deletes everything of an install, and stores a tombstone.
    pub async fn clear(&self, credentials: Credentials, tombstone: KeyedHash, today: Day) -> Result<Access<Removed>> {
        let answer = remove::check_clear(&mut self.read().await?, &credentials, remove::SECRET).await?;
        if let Some(answer) = answer {
            return Ok(answer);
        }
        if let Pool::Postgres(pool) = &self.pool {
            // Most of it now, while others go on.
            postgres::aggregate_added(pool).await?;
        }
        let clear = (credentials, tombstone, today);
        self.run_tx_to(Purpose::Delete, "clear", clear, |tx, clear| Box::pin(remove::clear(tx, clear))).await
    }

    /// Deletes everything of an install for the operator, whatever its secret, and logs that.
    pub async fn clear_as_operator(
        &self,
        install: KeyedHash,
        tombstone: KeyedHash,
        today: Day,
        action: OperatorAction,
    ) -> Result<Removed> {
        let clear = (install, tombstone, today, action);
        self.run_tx_to(Purpose::Delete, "clear-as-operator", clear, |tx, clear| Box::pin(operator::clear(tx, clear)))
            .await
    }

    /// Stores the ID of the key that signs receipts, if the database has none or has one of `earlier`. Returns the stored
    /// ID, which is another one if the database belongs to other receivers.
    pub async fn agree_on_signing_key(&self, current: String, earlier: Vec<String>) -> Result<String> {
        self.run_tx("agree-on-signing-key", (current, earlier), |tx, (current, earlier)| {
            Box::pin(operator::agree_on_signing_key(tx, current, earlier))
        })
        .await
    }

    /// All reports that are held of an install, by day.
    pub async fn held(&self, credentials: Credentials) -> Result<Access<Vec<HeldReport>>> {
        Ok(read::held(&mut self.read().await?, &credentials).await?)
    }

    /// Whether a report of an install and day is held, or what the install had was cleared on that day or later.
    pub async fn has_report(&self, install: KeyedHash, tombstone: KeyedHash, day: Day) -> Result<bool> {
        Ok(read::has_report(&mut self.read().await?, &install, &tombstone, day).await?)
    }

    /// One step of deleting what is older than `first_kept`; to be repeated until nothing is left.
    pub async fn expire(&self, first_kept: Day) -> Result<Expired> {
        self.run_tx_to(Purpose::Delete, "expire", first_kept, |tx, day| Box::pin(remove::expire_before(tx, *day)))
            .await?;
        let mut expired = Expired::default();
        loop {
            let (step, more) = self
                .run_tx_to(Purpose::Delete, "expire-days", first_kept, |tx, day| {
                    Box::pin(remove::expire_days(tx, *day))
                })
                .await?;
            expired.reports += step.reports;
            expired.aggregates += step.aggregates;
            if !more {
                break;
            }
        }
        if !expired.is_empty() {
            return Ok(expired);
        }
        // On PostgreSQL, others wait for what follows.
        let is_due = remove::are_others_expired(&mut self.read().await?, first_kept).await?;
        if !is_due && matches!(self.pool, Pool::Postgres(_)) {
            return Ok(expired);
        }
        self.run_tx_to(Purpose::Delete, "expire-others", first_kept, |tx, day| {
            Box::pin(remove::expire_others(tx, *day))
        })
        .await
    }

    async fn aggregate_added(&self) -> Result<()> {
        while self.run_tx("aggregate", (), |tx, ()| Box::pin(aggregate::step(tx))).await? {}
        Ok(())
    }

    /// Moves all reports into the daily aggregates.
    pub async fn aggregate(&self) -> Result<()> {
        self.aggregate_added().await?;
        if aggregate::has_replaced(&mut self.read().await?).await? {
            self.run_tx("reconcile-aggregates", (), |tx, ()| Box::pin(aggregate::reconcile(tx))).await?;
        }
        Ok(())
    }

    /// How much is held.
    pub async fn holdings(&self) -> Result<Holdings> {
        Ok(read::holdings(&mut self.read().await?).await?)
    }

    /// Size of the database in bytes, if a server has it.
    pub async fn server_bytes(&self) -> Result<Option<i64>> {
        Ok(read::server_bytes(&mut self.read().await?).await?)
    }

    /// All rows of a day's aggregates, by ID: the day's reports, then each group followed by its labels.
    pub async fn aggregates(&self, day: Day) -> Result<Vec<Aggregate>> {
        Ok(read::aggregates(&mut self.read().await?, day).await?)
    }

    /// Whether the database answers, and SQLite can be written.
    pub async fn ready(&self) -> Result<()> {
        read::ready(&mut self.read().await?).await?;
        let Writer::Sqlite(commands) = &self.writer else { return Ok(()) };
        let (answer, answered) = oneshot::channel();
        commands.send(Command::Ready(answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Networks that the operator blocked: a keyed hash and the length of the prefix.
    pub async fn blocked_networks(&self) -> Result<Vec<(KeyedHash, u8)>> {
        Ok(read::blocked_networks(&mut self.read().await?).await?)
    }

    /// The last day on which the clock was trusted; day 0 in a new store.
    pub async fn last_trusted_day(&self) -> Result<Day> {
        Ok(read::last_trusted_day(&mut self.read().await?).await?)
    }

    /// Stores that the clock was trusted on a day.
    pub async fn advance_clock_guard(&self, day: Day) -> Result<()> {
        self.run_tx("advance-clock-guard", day, |tx, day| {
            Box::pin(async move { tx.query("UPDATE state SET seen_day = $1").bind(day.0).run().await.map(drop) })
        })
        .await
    }

    /// Recomputes the aggregates from the reports and compares.
    pub async fn check(&self) -> Result<Checked> {
        Ok(check::check(&mut self.read().await?).await?)
    }

    /// Stores since when installs count for publication, and deletes snapshots that were made by other rules than
    /// `mark`. Returns the days up to `last` that have reports and no snapshot, newest first.
    pub async fn reconcile(&self, last: Day, mark: String) -> Result<Vec<Day>> {
        let args = (last, mark);
        self.run_tx("reconcile-snapshots", args, |tx, (last, mark)| Box::pin(publication::reconcile(tx, *last, mark)))
            .await
    }

    /// The reports of a day that count for publication, at one moment.
    pub async fn day_reports(&self, day: Day) -> Result<DayReports> {
        Ok(publication::day_reports(&mut self.read().await?, day).await?)
    }

    /// All labels of some groups, by their IDs.
    pub async fn labels_of(&self, groups: &[&str]) -> Result<BTreeMap<LabelId, Label>> {
        Ok(publication::labels_of(&mut self.read().await?, groups).await?)
    }

    /// Stores a snapshot, unless reports were removed since it was begun; returns whether it did.
    pub async fn publish(&self, snapshot: NewSnapshot) -> Result<bool> {
        self.run_tx("publish", snapshot, |tx, snapshot| Box::pin(publication::publish(tx, snapshot))).await
    }

    /// What is published at the moment.
    pub async fn publication(&self) -> Result<Publication> {
        Ok(publication::publication(&mut self.read().await?).await?)
    }

    /// Parts of the snapshots from a day to another, sorted by part and day.
    pub async fn snapshots(&self, first: Day, last: Day, parts: &[String]) -> Result<Vec<SnapshotPart>> {
        Ok(publication::snapshots(&mut self.read().await?, first, last, parts).await?)
    }

    /// The texts of labels by their IDs, without those that are deleted.
    pub async fn label_texts(&self, ids: &[LabelId]) -> Result<BTreeMap<LabelId, Label>> {
        Ok(labels::texts(&mut self.read().await?, ids).await?)
    }

    /// Hides something public, or shows it again, and records who did.
    pub async fn hide(&self, action: HideAction) -> Result<()> {
        self.run_tx("hide", action, |tx, action| Box::pin(publication::hide(tx, action))).await
    }

    /// All that was ever hidden or shown again, oldest first.
    pub async fn hide_log(&self) -> Result<Vec<HideAction>> {
        Ok(publication::hide_log(&mut self.read().await?).await?)
    }

    /// The newest day up to one that has reports. For the operator.
    pub async fn newest_day(&self, last: Day) -> Result<Option<Day>> {
        Ok(publication::newest_day(&mut self.read().await?, last).await?)
    }

    /// The labels of a group on a day with their exact numbers. For the operator.
    pub async fn exact(&self, day: Day, group: &str) -> Result<Vec<ExactLabel>> {
        Ok(publication::exact(&mut self.read().await?, day, group).await?)
    }

    /// What the database's files may still hold of deleted data, if it does not overwrite them at once.
    #[must_use]
    pub fn residual_data(&self) -> Option<&'static str> {
        matches!(self.pool, Pool::Postgres(_)).then_some(
            "bytes of deleted rows in PostgreSQL's files and write-ahead log, which no query reads, until they are \
             overwritten or the files of their day are deleted",
        )
    }

    /// Finishes what is under way and closes the database.
    pub async fn close(&self) {
        match (&self.writer, &self.pool) {
            (Writer::Postgres(tasks), Pool::Postgres(pool)) => {
                let tasks = tasks.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(tasks) = tasks {
                    tasks.close(pool).await;
                }
                self.pool.close().await;
            }
            (writer, _) => {
                self.pool.close().await;
                let Writer::Sqlite(commands) = writer else { return };
                let (answer, answered) = oneshot::channel();
                // The writer may have ended already; then there is nothing left to finish.
                if commands.send(Command::Close(answer)).await.is_ok() {
                    let _ = answered.await;
                }
            }
        }
    }
}

fn closed() -> Error {
    Code::DatabaseClosed.into()
}

#[cfg(test)]
mod tests {
    use callback_collector::digest::sha256_hex;
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn no_published_migration_was_edited() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut found = BTreeMap::new();
        for backend in ["postgres", "sqlite"] {
            for file in std::fs::read_dir(folder.join(backend)).unwrap() {
                let file = file.unwrap();
                let name = format!("{backend}/{}", file.file_name().to_str().unwrap());
                found.insert(name, sha256_hex(&std::fs::read(file.path()).unwrap()));
            }
        }
        let published: BTreeMap<String, String> = std::fs::read_to_string(folder.join("SHA256SUMS"))
            .unwrap()
            .lines()
            .map(|line| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned())).unwrap())
            .collect();
        assert_eq!(found, published, "a change is a new migration; add its line with: sha256sum */*.sql > SHA256SUMS");
    }
}
