//! Keeps reports: takes what waits, commits it as a group, then answers all. Every statement is about the whole group.

use super::counting::entries;
use super::fault::{Fault, Tries};
use super::labels::Labels;
use super::locks::{Lock, shared};
use super::{damaged, partitions};
use crate::day::Day;
use crate::error::Result;
use crate::store::claim::refusal;
use crate::store::encoding::encode;
use crate::store::interned::InternedReport;
use crate::store::{Access, KeyedHash};
use sqlx::{PgConnection, PgPool, Row};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc, oneshot};

/// Most reports in one transaction.
const GROUP: usize = 64;

/// A report that waits, and who hears of it.
pub(super) type Waiting = (Box<InternedReport>, oneshot::Sender<Result<Access<()>>>);

pub(super) struct Keeper {
    pool: PgPool,
    labels: Labels,
    /// Days whose partitions are known to be there.
    days: BTreeSet<Day>,
    /// Woken when there is something to count.
    counter: Arc<Notify>,
}

/// What is known of an install within a transaction.
struct Install {
    last_day: Day,
    secret: Option<Vec<u8>>,
    /// Whether the secret came with the very first report.
    reads: bool,
    is_new: bool,
    is_changed: bool,
}

impl Keeper {
    pub(super) fn new(pool: PgPool, labels: Labels, counter: Arc<Notify>) -> Self {
        Self { pool, labels, days: BTreeSet::new(), counter }
    }

    /// Works until nobody can ask any more.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Waiting>) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.recv_many(&mut group, GROUP).await > 0 {
            let outcomes = self.keep(&group).await;
            let outcomes: Vec<_> = match outcomes {
                Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
                Err(error) => group.iter().map(|_| Err(error.clone())).collect(),
            };
            for ((_, answer), outcome) in group.drain(..).zip(outcomes) {
                let _ = answer.send(outcome);
            }
            self.counter.notify_one();
        }
    }

    async fn keep(&mut self, group: &[Waiting]) -> Result<Vec<Access<()>>> {
        let mut tries = Tries::default();
        loop {
            match self.keep_all(group).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(fault) => {
                    self.labels.doubt();
                    self.days.clear();
                    tries.again(fault).await?;
                }
            }
        }
    }

    async fn keep_all(&mut self, group: &[Waiting]) -> Result<Vec<Access<()>>, Fault> {
        for (report, _) in group {
            if self.days.insert(report.day) {
                partitions::ensure(&self.pool, report.day).await?;
            }
        }
        let mut transaction = self.pool.begin().await?;
        shared(&mut transaction, Lock::Labels).await?;
        // Only once the lock is there does this see what whoever had it alone has done.
        self.labels.at(sqlx::query_scalar("SELECT labels_epoch FROM state").fetch_one(&mut *transaction).await?);
        let installs: BTreeSet<KeyedHash> = group.iter().map(|(report, _)| report.claim.install).collect();
        let blocked = blocked(&mut transaction, &installs).await?;
        let mut installs = known(&mut transaction, &installs).await?;
        let mut outcomes = Vec::with_capacity(group.len());
        let mut latest: BTreeMap<(KeyedHash, Day), &InternedReport> = BTreeMap::new();
        for (report, _) in group {
            let outcome = admit(&blocked, &mut installs, report);
            if outcome == Access::Granted(()) {
                latest.insert((report.claim.install, report.day), report);
            }
            outcomes.push(outcome);
        }
        if !latest.is_empty() {
            write_installs(&mut transaction, &installs).await?;
            let reports: Vec<&InternedReport> = latest.into_values().collect();
            self.labels.learn(&mut transaction, &reports).await?;
            self.write_reports(&mut transaction, &reports).await?;
        }
        transaction.commit().await?;
        Ok(outcomes)
    }

    async fn write_reports(&self, connection: &mut PgConnection, reports: &[&InternedReport]) -> Result<(), Fault> {
        let installs: Vec<&[u8]> = reports.iter().map(|report| report.claim.install.as_slice()).collect();
        let days: Vec<i32> = reports.iter().map(|report| report.day.0).collect();
        let payloads: Vec<&[u8]> = reports.iter().map(|report| report.payload_sha256.as_slice()).collect();
        let modules: Vec<Option<&[u8]>> =
            reports.iter().map(|report| report.module_sha256.as_ref().map(<[u8; 32]>::as_slice)).collect();
        let mut kept = Vec::with_capacity(reports.len());
        for report in reports {
            kept.push(encode(&self.labels.entries(report)?));
        }
        let replaced = sqlx::query(
            "DELETE FROM reports USING unnest($1::bytea[], $2::integer[]) AS new (install, day) \
             WHERE reports.install = new.install AND reports.day = new.day RETURNING reports.day, entries",
        )
        .bind(&installs)
        .bind(&days)
        .fetch_all(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO reports (install, day, payload_sha256, module_sha256, entries) \
             SELECT * FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::bytea[], $5::bytea[])",
        )
        .bind(installs)
        .bind(&days)
        .bind(payloads)
        .bind(modules)
        .bind(&kept)
        .execute(&mut *connection)
        .await?;
        let mut changes: Vec<(i32, i16, Vec<u8>)> =
            days.into_iter().zip(kept).map(|(day, entries)| (day, 1, entries)).collect();
        for row in &replaced {
            // Read before they go on, so that what is damaged is found where it stands.
            changes.push((row.get("day"), -1, encode(&entries(row)?)));
        }
        let (days, rest): (Vec<i32>, Vec<(i16, Vec<u8>)>) =
            changes.into_iter().map(|(day, sign, entries)| (day, (sign, entries))).unzip();
        let (signs, entries): (Vec<i16>, Vec<Vec<u8>>) = rest.into_iter().unzip();
        sqlx::query(
            "INSERT INTO changes (day, sign, entries) \
             SELECT * FROM unnest($1::integer[], $2::smallint[], $3::bytea[])",
        )
        .bind(days)
        .bind(signs)
        .bind(entries)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// What becomes of a report; its install's record changes with it.
fn admit(
    blocked: &BTreeSet<KeyedHash>,
    installs: &mut BTreeMap<KeyedHash, Install>,
    report: &InternedReport,
) -> Access<()> {
    let claim = &report.claim;
    if blocked.contains(&claim.install) {
        return Access::Blocked;
    }
    let shown = claim.secret.map(|secret| secret.to_vec());
    let Some(install) = installs.get_mut(&claim.install) else {
        let reads = shown.is_some();
        let install = Install { last_day: report.day, secret: shown, reads, is_new: true, is_changed: false };
        installs.insert(claim.install, install);
        return Access::Granted(());
    };
    if let Some(refused) = refusal(install.secret.as_deref(), claim) {
        return refused;
    }
    if report.day > install.last_day {
        install.last_day = report.day;
        install.is_changed = true;
    }
    if install.secret.is_none() && shown.is_some() {
        install.secret = shown;
        install.is_changed = true;
    }
    Access::Granted(())
}

fn keyed(bytes: &[u8]) -> Result<KeyedHash, Fault> {
    Ok(bytes.try_into().map_err(|_| damaged())?)
}

fn list(installs: &BTreeSet<KeyedHash>) -> Vec<&[u8]> {
    installs.iter().map(<[u8; 32]>::as_slice).collect()
}

async fn blocked(connection: &mut PgConnection, installs: &BTreeSet<KeyedHash>) -> Result<BTreeSet<KeyedHash>, Fault> {
    let found: Vec<Vec<u8>> = sqlx::query_scalar("SELECT install FROM blocked WHERE install = ANY($1)")
        .bind(list(installs))
        .fetch_all(connection)
        .await?;
    found.iter().map(|install| keyed(install)).collect()
}

/// The installs that are known, locked in one order.
async fn known(
    connection: &mut PgConnection,
    installs: &BTreeSet<KeyedHash>,
) -> Result<BTreeMap<KeyedHash, Install>, Fault> {
    let rows = sqlx::query(
        "SELECT install, last_day, secret, secret_reads FROM installs WHERE install = ANY($1) ORDER BY install FOR UPDATE",
    )
    .bind(list(installs))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let (last_day, secret, reads) = (Day(row.get("last_day")), row.get("secret"), row.get("secret_reads"));
            Ok((keyed(row.get("install"))?, Install { last_day, secret, reads, is_new: false, is_changed: false }))
        })
        .collect()
}

async fn write_installs(connection: &mut PgConnection, installs: &BTreeMap<KeyedHash, Install>) -> Result<(), Fault> {
    let columns = |which: fn(&Install) -> bool| {
        let (mut names, mut days, mut secrets, mut reads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (name, install) in installs.iter().filter(|(_, install)| which(install)) {
            names.push(name.to_vec());
            days.push(install.last_day.0);
            secrets.push(install.secret.clone());
            reads.push(install.reads);
        }
        (names, days, secrets, reads)
    };
    let (names, days, secrets, reads) = columns(|install| install.is_new);
    if !names.is_empty() {
        let expected = names.len() as u64;
        let added = sqlx::query(
            "INSERT INTO installs (install, last_day, secret, secret_reads) \
             SELECT * FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::boolean[]) ON CONFLICT DO NOTHING",
        )
        .bind(names)
        .bind(days)
        .bind(secrets)
        .bind(reads)
        .execute(&mut *connection)
        .await?;
        if added.rows_affected() < expected {
            // Another receiver has just taken its first report; only a new transaction may see with which secret.
            return Err(Fault::Again);
        }
    }
    let (names, days, secrets, _) = columns(|install| !install.is_new && install.is_changed);
    if !names.is_empty() {
        sqlx::query(
            "UPDATE installs SET last_day = new.day, secret = new.secret \
             FROM unnest($1::bytea[], $2::integer[], $3::bytea[]) AS new (install, day, secret) \
             WHERE installs.install = new.install",
        )
        .bind(names)
        .bind(days)
        .bind(secrets)
        .execute(connection)
        .await?;
    }
    Ok(())
}
