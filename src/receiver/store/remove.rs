//! Deleting: what an install asks for, and what is expired.

use super::access::check_secret;
use super::aggregate::{self, deleted_labels, reconcile};
use super::delta::Delta;
use super::locks::{Lock, lock};
use super::model::{Access, Credentials, Expired, KeyedHash, Removed};
use super::retry::TxError;
use super::sql::{Dialect, Sql};
use super::tx::{Flush, Row, Tx};
use super::{partitions, publication};
use crate::day::Day;

/// Reports, and other rows, that one step of expiry deletes: few enough not to keep reports waiting.
const REPORTS_AT_ONCE: i64 = 2_000;
const ROWS_AT_ONCE: i64 = 20_000;

/// Whether an install is known, and why its clear would be refused. Looked up before any lock is taken: who may not
/// clear must not keep others waiting.
pub(super) async fn check_clear(
    tx: &mut Tx<'_>,
    credentials: &Credentials,
    sql: impl Into<Sql>,
) -> Result<Option<Access<Removed>>, TxError> {
    let row = tx.query(sql).bind(credentials.install.as_slice()).optional().await?;
    let Some(row) = row else { return Ok(Some(Access::Granted(Removed::default()))) };
    Ok(check_secret(row.get("secret"), credentials))
}

/// An install's secret, as [`check_clear`] reads it.
pub(super) const SECRET: &str = "SELECT secret FROM installs WHERE install = $1";

/// What a clear deletes, and its tombstone's name and day.
pub(super) type Clear = (Credentials, KeyedHash, Day);

/// Deletes everything of an install, and stores its tombstone.
pub(super) async fn clear(tx: &mut Tx<'_>, clear: &Clear) -> Result<Access<Removed>, TxError> {
    let (credentials, tombstone, today) = clear;
    reconcile(tx).await?;
    let locked = Sql { sqlite: SECRET, postgres: "SELECT secret FROM installs WHERE install = $1 FOR UPDATE" };
    if let Some(answer) = check_clear(tx, credentials, locked).await? {
        return Ok(answer);
    }
    let sql = Sql {
        sqlite: "INSERT INTO tombstones (tombstone, last_report, day) \
                 VALUES ($1, (SELECT coalesce(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'reports'), $2) \
                 ON CONFLICT (tombstone) DO UPDATE SET last_report = excluded.last_report, day = excluded.day",
        postgres: "INSERT INTO tombstones (tombstone, last_report, day) \
                   VALUES ($1, (SELECT last_value FROM report_numbers), $2) \
                   ON CONFLICT (tombstone) DO UPDATE SET last_report = excluded.last_report, day = excluded.day",
    };
    tx.query(sql).bind(tombstone.as_slice()).bind(today.0).run().await?;
    let install = credentials.install.as_slice();
    let sql = "DELETE FROM reports WHERE install = (SELECT {key} FROM installs WHERE install = $1) \
               RETURNING day, entries";
    let deleted = tx.query(sql).bind(install).all().await?;
    let mut removed = subtract(tx, &deleted).await?;
    removed.installs = tx.query("DELETE FROM installs WHERE install = $1").bind(install).run().await?;
    tx.effects.flush = Flush::Now;
    Ok(Access::Granted(removed))
}

/// Subtracts deleted reports from the aggregates, withdraws the snapshots of their days, and deletes the labels that no
/// other report has. Everything must be aggregated.
pub(super) async fn subtract(tx: &mut Tx<'_>, deleted: &[Row]) -> Result<Removed, TxError> {
    let mut removed = Removed { reports: deleted.len() as u64, ..Removed::default() };
    if deleted.is_empty() {
        return Ok(removed);
    }
    let (mut delta, mut touched) = (Delta::default(), Vec::new());
    for row in deleted {
        let entries = row.entries()?;
        removed.entries += entries.len() as u64;
        delta.subtract(row.day("day"), &entries);
        touched.extend(entries.iter().map(|(label, _)| *label));
    }
    let days: Vec<i32> = deleted.iter().map(|row| row.get("day")).collect();
    publication::withdraw(tx, &days).await?;
    aggregate::apply(tx, &delta.merged()).await?;
    removed.labels = aggregate::delete_unused(tx, touched).await?;
    Ok(removed)
}

/// Begins to expire what is older than a day: from then on nothing reads it.
pub(super) async fn expire_before(tx: &mut Tx<'_>, first_kept: Day) -> Result<(), TxError> {
    tx.query("UPDATE state SET first_kept = $1 WHERE first_kept < $1").bind(first_kept.0).run().await?;
    let sql = "UPDATE operator_log SET install = NULL WHERE at < $1 AND install IS NOT NULL";
    tx.query(sql).bind(first_kept.to_string()).run().await?;
    publication::expire(tx, first_kept).await
}

/// Deletes reports and aggregates of expired days: SQLite some rows, PostgreSQL the oldest day. Also returns whether
/// PostgreSQL had one.
pub(super) async fn expire_days(tx: &mut Tx<'_>, first_kept: Day) -> Result<(Expired, bool), TxError> {
    let mut expired = Expired::default();
    if tx.dialect() == Dialect::Sqlite {
        reconcile(tx).await?;
        let reports = "DELETE FROM reports WHERE id IN (SELECT id FROM reports WHERE day < $1 LIMIT $2)";
        expired.reports = tx.query(reports).bind(first_kept.0).bind(REPORTS_AT_ONCE).run().await?;
        if expired.reports == 0 {
            let aggregates = "DELETE FROM aggregates WHERE (day, label) IN \
                              (SELECT day, label FROM aggregates WHERE day < $1 LIMIT $2)";
            expired.aggregates = tx.query(aggregates).bind(first_kept.0).bind(ROWS_AT_ONCE).run().await?;
        }
        tx.effects.flush = if expired.is_empty() { Flush::No } else { Flush::Soon };
        return Ok((expired, false));
    }
    let day = partitions::days(tx).await?.into_iter().find(|day| *day < first_kept);
    let Some(day) = day else { return Ok((expired, false)) };
    lock(tx, Lock::Aggregates).await?;
    for (table, count) in [("reports", &mut expired.reports), ("aggregates", &mut expired.aggregates)] {
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE day = $1");
        *count = u64::try_from(tx.query_text(sql).bind(day.0).value::<i64>().await?).unwrap_or_default();
    }
    // After the counts, whose reading must not stand in this transaction's own way.
    partitions::drop_day(tx, day).await?;
    tx.query("DELETE FROM changes WHERE day = $1").bind(day.0).run().await?;
    Ok((expired, true))
}

/// Whether labels, installs or tombstones are expired.
pub(super) async fn are_others_expired(tx: &mut Tx<'_>, first_kept: Day) -> Result<bool, TxError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM labels WHERE last_day < $1) \
               OR EXISTS (SELECT 1 FROM installs WHERE last_day < $1) \
               OR EXISTS (SELECT 1 FROM tombstones WHERE day < $1)";
    tx.query(sql).bind(first_kept.0).value().await
}

/// Deletes some of the labels, installs and tombstones that are expired, once no report is.
pub(super) async fn expire_others(tx: &mut Tx<'_>, first_kept: Day) -> Result<Expired, TxError> {
    reconcile(tx).await?;
    let sql = "DELETE FROM labels WHERE id IN (SELECT id FROM labels WHERE last_day < $1 LIMIT $2) RETURNING digest";
    let labels = tx.query(sql).bind(first_kept.0).bind(ROWS_AT_ONCE).all().await?;
    let labels = deleted_labels(tx, &labels).await?;
    let mut expired = Expired { labels, ..Expired::default() };
    let installs = "DELETE FROM installs WHERE {key} IN (SELECT {key} FROM installs WHERE last_day < $1 LIMIT $2)";
    expired.installs = tx.query(installs).bind(first_kept.0).bind(ROWS_AT_ONCE).run().await?;
    let tombstones =
        "DELETE FROM tombstones WHERE tombstone IN (SELECT tombstone FROM tombstones WHERE day < $1 LIMIT $2)";
    expired.tombstones = tx.query(tombstones).bind(first_kept.0).bind(ROWS_AT_ONCE).run().await?;
    tx.effects.flush = if expired.is_empty() { Flush::Now } else { Flush::Soon };
    Ok(expired)
}
