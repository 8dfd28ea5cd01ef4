//! Storing reports, a group at a time: every statement is about the whole group.

use super::access::check_secret;
use super::encoding::encode;
use super::interned::InternedReport;
use super::labels::LabelCache;
use super::locks::{Lock, lock_shared};
use super::model::{Access, KeyedHash};
use super::retry::TxError;
use super::sql::{Dialect, Rows, Sql};
use super::tx::{Flush, Tx};
use super::{aggregate, partitions, remove};
use crate::day::Day;
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::oneshot;

/// A report that waits to be stored, and who waits for the outcome.
pub(super) type Waiting = (Box<InternedReport>, oneshot::Sender<Result<Access<()>>>);

/// Reports that are stored in one transaction.
pub(super) struct Group<'g> {
    pub(super) reports: &'g [Waiting],
    pub(super) labels: &'g mut LabelCache,
    /// Days whose partitions are known to exist.
    pub(super) partitions: &'g mut BTreeSet<Day>,
}

/// Answers all that wait for a group.
pub(super) fn answer(reports: &mut Vec<Waiting>, outcomes: Result<Vec<Access<()>>>) {
    let outcomes: Vec<Result<Access<()>>> = match outcomes {
        Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
        Err(error) => reports.iter().map(|_| Err(error.clone())).collect(),
    };
    for ((_, answer), outcome) in reports.drain(..).zip(outcomes) {
        // Who asked may have gone away.
        let _ = answer.send(outcome);
    }
}

/// An install's record within a transaction.
struct Install {
    last_day: Day,
    secret: Option<Vec<u8>>,
    /// Whether the secret came with the very first report.
    secret_reads: bool,
    is_new: bool,
    is_changed: bool,
}

/// Stores a group of reports.
pub(super) async fn keep(tx: &mut Tx<'_>, group: &mut Group<'_>) -> Result<Vec<Access<()>>, TxError> {
    lock_shared(tx, Lock::Labels).await?;
    // Only with the lock does this see what others deleted.
    if group.labels.begin(tx).await? {
        group.partitions.clear();
    }
    for (report, _) in group.reports {
        if group.partitions.insert(report.day) {
            partitions::create(tx, report.day).await?;
        }
    }
    let names: BTreeSet<KeyedHash> = group.reports.iter().map(|(report, _)| report.credentials.install).collect();
    let blocked = blocked(tx, &names).await?;
    let mut installs = known(tx, &names).await?;
    let mut outcomes = Vec::with_capacity(group.reports.len());
    let mut latest: BTreeMap<(KeyedHash, Day), &InternedReport> = BTreeMap::new();
    for (report, _) in group.reports {
        let outcome = admit(&blocked, &mut installs, report);
        if outcome == Access::Granted(()) {
            latest.insert((report.credentials.install, report.day), report);
        }
        outcomes.push(outcome);
    }
    if !latest.is_empty() {
        write_installs(tx, &installs).await?;
        let reports: Vec<&InternedReport> = latest.into_values().collect();
        let replaced = delete_replaced(tx, &reports).await?;
        group.labels.remove(&tx.effects.deleted_labels);
        group.labels.learn(tx, &reports).await?;
        write_reports(tx, group.labels, &reports, replaced).await?;
    }
    Ok(outcomes)
}

/// Decides whether a report is accepted, and updates the record of its install.
fn admit(
    blocked: &BTreeSet<KeyedHash>,
    installs: &mut BTreeMap<KeyedHash, Install>,
    report: &InternedReport,
) -> Access<()> {
    let credentials = &report.credentials;
    if blocked.contains(&credentials.install) {
        return Access::Blocked;
    }
    let shown = credentials.secret.map(|secret| secret.to_vec());
    let Some(install) = installs.get_mut(&credentials.install) else {
        let secret_reads = shown.is_some();
        let install = Install { last_day: report.day, secret: shown, secret_reads, is_new: true, is_changed: false };
        installs.insert(credentials.install, install);
        return Access::Granted(());
    };
    if let Some(refused) = check_secret(install.secret.as_deref(), credentials) {
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

fn slices(installs: &BTreeSet<KeyedHash>) -> impl Iterator<Item = &[u8]> {
    installs.iter().map(<[u8; 32]>::as_slice)
}

async fn blocked(tx: &mut Tx<'_>, installs: &BTreeSet<KeyedHash>) -> Result<BTreeSet<KeyedHash>, TxError> {
    let sql = "SELECT install FROM blocked WHERE install {any_blob 1}";
    let rows = tx.query(sql).bind_blobs(slices(installs)).all().await?;
    rows.iter().map(|row| row.bytes("install")).collect()
}

/// The installs that are known, locked in one order.
async fn known(tx: &mut Tx<'_>, installs: &BTreeSet<KeyedHash>) -> Result<BTreeMap<KeyedHash, Install>, TxError> {
    let sql = Sql {
        sqlite: "SELECT install, last_day, secret, secret_reads FROM installs WHERE install {any_blob 1}",
        postgres: "SELECT install, last_day, secret, secret_reads FROM installs WHERE install {any_blob 1} \
                   ORDER BY install FOR UPDATE",
    };
    let rows = tx.query(sql).bind_blobs(slices(installs)).all().await?;
    let known = rows.iter().map(|row| {
        let (secret, secret_reads) = (row.get("secret"), row.get("secret_reads"));
        let install = Install { last_day: row.day("last_day"), secret, secret_reads, is_new: false, is_changed: false };
        Ok((row.bytes("install")?, install))
    });
    known.collect()
}

async fn write_installs(tx: &mut Tx<'_>, installs: &BTreeMap<KeyedHash, Install>) -> Result<(), TxError> {
    let rows = |which: fn(&Install) -> bool| {
        let installs = || installs.iter().filter(move |(_, install)| which(install));
        Rows::default()
            .blob("install", installs().map(|(name, _)| Some(name.as_slice())))
            .int4("day", installs().map(|(_, install)| install.last_day.0))
            .blob("secret", installs().map(|(_, install)| install.secret.as_deref()))
            .bool("reads", installs().map(|(_, install)| install.secret_reads))
    };
    let new = rows(|install| install.is_new);
    if !new.is_empty() {
        let sql = "INSERT INTO installs (install, last_day, secret, secret_reads) \
                   SELECT install, day, secret, reads FROM {rows} WHERE true ON CONFLICT DO NOTHING";
        if tx.query(sql).bind_rows(&new).run().await? < new.len() as u64 {
            // Another receiver has just taken its first report; only a new transaction may see with which secret.
            return Err(TxError::Conflict);
        }
    }
    let changed = rows(|install| !install.is_new && install.is_changed);
    if !changed.is_empty() {
        let sql = "UPDATE installs SET last_day = new.day, secret = new.secret FROM {rows} \
                   WHERE installs.install = new.install";
        tx.query(sql).bind_rows(&changed).run().await?;
    }
    Ok(())
}

/// Reports as rows, by install and day.
fn by_install_and_day<'r>(reports: &[&'r InternedReport]) -> Rows<'r> {
    Rows::default()
        .blob("install", reports.iter().map(|report| Some(report.credentials.install.as_slice())))
        .int4("day", reports.iter().map(|report| report.day.0))
}

/// Deletes the reports that others replace. SQLite subtracts them from the aggregates at once. PostgreSQL, where that
/// would need the locks, leaves them to [`aggregate::reconcile`]: they are returned as day and entries.
async fn delete_replaced(tx: &mut Tx<'_>, reports: &[&InternedReport]) -> Result<Vec<(Day, Vec<u8>)>, TxError> {
    let rows = by_install_and_day(reports);
    if tx.dialect() == Dialect::Postgres {
        let sql = "DELETE FROM reports USING {rows} WHERE reports.install = new.install AND reports.day = new.day \
                   RETURNING reports.day, entries";
        let deleted = tx.query(sql).bind_rows(&rows).all().await?;
        // Decoded before they go on, so that damage is found where it is.
        return deleted.iter().map(|row| Ok((row.day("day"), encode(&row.entries()?)))).collect();
    }
    let sql = "SELECT reports.id FROM {rows} JOIN installs ON installs.install = new.install \
               JOIN reports ON reports.install = installs.id AND reports.day = new.day";
    let replaced: Vec<i64> = tx.query(sql).bind_rows(&rows).values().await?;
    if !replaced.is_empty() {
        aggregate::reconcile(tx).await?;
        let sql = "DELETE FROM reports WHERE id {any 1} RETURNING day, entries";
        let deleted = tx.query(sql).bind_list(&replaced).all().await?;
        remove::subtract(tx, &deleted).await?;
        tx.effects.flush = Flush::Soon;
    }
    Ok(Vec::new())
}

async fn write_reports(
    tx: &mut Tx<'_>,
    labels: &LabelCache,
    reports: &[&InternedReport],
    replaced: Vec<(Day, Vec<u8>)>,
) -> Result<(), TxError> {
    let mut entries = Vec::with_capacity(reports.len());
    for report in reports {
        entries.push(encode(&labels.entries(report)?));
    }
    let rows = by_install_and_day(reports)
        .blob("payload", reports.iter().map(|report| Some(report.payload_sha256.as_slice())))
        .blob("module", reports.iter().map(|report| report.module_sha256.as_ref().map(<[u8; 32]>::as_slice)))
        .blob("entries", entries.iter().map(|entries| Some(entries.as_slice())));
    let sql = Sql {
        sqlite: "INSERT INTO reports (install, day, payload_sha256, module_sha256, entries) \
                 SELECT installs.id, new.day, payload, module, entries FROM {rows} \
                 JOIN installs ON installs.install = new.install",
        postgres: "INSERT INTO reports (install, day, payload_sha256, module_sha256, entries) \
                   SELECT install, day, payload, module, entries FROM {rows}",
    };
    tx.query(sql).bind_rows(&rows).run().await?;
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let added = reports.iter().zip(&entries).map(|(report, entries)| (report.day, 1, entries));
    let changes: Vec<_> = added.chain(replaced.iter().map(|(day, entries)| (*day, -1, entries))).collect();
    let rows = Rows::default()
        .int4("day", changes.iter().map(|(day, ..)| day.0))
        .int2("sign", changes.iter().map(|(_, sign, _)| *sign))
        .blob("entries", changes.iter().map(|(.., entries)| Some(entries.as_slice())));
    let sql = "INSERT INTO changes (day, sign, entries) SELECT day, sign, entries FROM {rows}";
    tx.query(sql).bind_rows(&rows).run().await.map(drop)
}
