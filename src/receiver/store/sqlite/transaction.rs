//! The changes that are one transaction each: keep, clear, forget a step, count. The writer begins and commits.

use super::labels::{Labels, json};
use super::{broken, damaged, publication};
use crate::day::Day;
use crate::error::Result;
use crate::store::claim::refusal;
use crate::store::delta::{Change, Delta};
use crate::store::encoding::{LabelId, decode, encode};
use crate::store::numbered::Numbered;
use crate::store::{Access, Claim, Forgotten, Keyed, Removed};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, Row, SqliteConnection};

/// Reports that one step of counting takes.
const COUNTED_AT_ONCE: i64 = 256;

/// Rows that one step of forgetting removes: few enough not to keep reports waiting.
const REPORTS_AT_ONCE: i64 = 2_000;
const ROWS_AT_ONCE: i64 = 20_000;

/// A report's entries in a row.
pub(super) fn entries(row: &SqliteRow) -> Result<Vec<(LabelId, u64)>> {
    decode(row.get::<&[u8], _>("entries")).ok_or_else(damaged)
}

struct Install {
    id: i64,
    secret: Option<Vec<u8>>,
}

async fn install(connection: &mut SqliteConnection, install: &Keyed) -> Result<Option<Install>> {
    let row = sqlx::query("SELECT id, secret FROM installs WHERE install = ?")
        .bind(install.as_slice())
        .fetch_optional(connection)
        .await
        .map_err(broken)?;
    Ok(row.map(|row| Install { id: row.get("id"), secret: row.get("secret") }))
}

/// Keeps a report. Says also whether one was replaced, whose pages must leave the log.
pub(super) async fn keep(
    connection: &mut SqliteConnection,
    labels: &mut Labels,
    report: &Numbered,
) -> Result<(Access<()>, bool)> {
    let claim = &report.claim;
    let blocked: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM blocked WHERE install = ?)")
        .bind(claim.install.as_slice())
        .fetch_one(&mut *connection)
        .await
        .map_err(broken)?;
    if blocked {
        return Ok((Access::Blocked, false));
    }
    let id = match install(connection, &claim.install).await? {
        None => sqlx::query(
            "INSERT INTO installs (install, last_day, secret, secret_reads) VALUES (?1, ?2, ?3, ?3 IS NOT NULL)",
        )
        .bind(claim.install.as_slice())
        .bind(report.day.0)
        .bind(claim.secret.as_ref().map(<[u8; 32]>::as_slice))
        .execute(&mut *connection)
        .await
        .map_err(broken)?
        .last_insert_rowid(),
        Some(install) => {
            if let Some(refused) = refusal(install.secret.as_deref(), claim) {
                return Ok((refused, false));
            }
            sqlx::query(
                "UPDATE installs SET last_day = MAX(last_day, ?2), secret = coalesce(secret, ?3) WHERE id = ?1",
            )
            .bind(install.id)
            .bind(report.day.0)
            .bind(claim.secret.as_ref().map(<[u8; 32]>::as_slice))
            .execute(&mut *connection)
            .await
            .map_err(broken)?;
            install.id
        }
    };
    let earlier = sqlx::query("SELECT id FROM reports WHERE install = ? AND day = ?")
        .bind(id)
        .bind(report.day.0)
        .fetch_optional(&mut *connection)
        .await
        .map_err(broken)?;
    let replaces = earlier.is_some();
    if let Some(earlier) = earlier {
        remove_reports(connection, labels, Which::Report(earlier.get("id"))).await?;
    }
    let entries = labels.number(connection, &report.totals, report.day).await?;
    sqlx::query("INSERT INTO reports (install, day, payload_sha256, module_sha256, entries) VALUES (?, ?, ?, ?, ?)")
        .bind(id)
        .bind(report.day.0)
        .bind(report.payload_sha256.as_slice())
        .bind(report.module_sha256.as_ref().map(<[u8; 32]>::as_slice))
        .bind(encode(&entries))
        .execute(connection)
        .await
        .map_err(broken)?;
    Ok((Access::Granted(()), replaces))
}

/// Reports to be removed.
enum Which {
    /// One, by its number.
    Report(i64),
    /// All of an install.
    AllOf(i64),
}

/// Removes reports with their share of the aggregates, and the labels that nobody else has.
async fn remove_reports(connection: &mut SqliteConnection, labels: &mut Labels, which: Which) -> Result<Removed> {
    // All that is not counted yet is counted first: whether a label is still in use is then what the aggregates say.
    while count(connection).await? {}
    let delete = match which {
        Which::Report(id) => sqlx::query("DELETE FROM reports WHERE id = ? RETURNING day, entries").bind(id),
        Which::AllOf(install) => {
            sqlx::query("DELETE FROM reports WHERE install = ? RETURNING day, entries").bind(install)
        }
    };
    let rows = delete.fetch_all(&mut *connection).await.map_err(broken)?;
    let mut removed = Removed { reports: rows.len() as u64, ..Removed::default() };
    let mut delta = Delta::default();
    let mut touched = Vec::new();
    for row in &rows {
        let entries = entries(row)?;
        removed.entries += entries.len() as u64;
        delta.take_out(Day(row.get("day")), &entries);
        touched.extend(entries.iter().map(|(label, _)| *label));
    }
    touched.sort_unstable();
    touched.dedup();
    if !rows.is_empty() {
        let days: Vec<i32> = rows.iter().map(|row| row.get("day")).collect();
        publication::withdraw(connection, &days).await?;
    }
    apply(connection, &delta.merged()).await?;
    removed.labels = drop_unused(connection, labels, &touched).await?;
    Ok(removed)
}

/// Writes changes into the aggregates. What no install has any more is gone.
pub(super) async fn apply(connection: &mut SqliteConnection, changes: &[Change]) -> Result<()> {
    let rows: Vec<_> = changes.iter().map(|c| (c.day.0, c.label, c.installs, c.total)).collect();
    sqlx::query(
        "INSERT INTO aggregates (day, label, installs, total) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE true \
         ON CONFLICT (day, label) DO UPDATE SET installs = installs + excluded.installs, total = total + excluded.total",
    )
    .bind(json(&rows))
    .execute(&mut *connection)
    .await
    .map_err(broken)?;
    let fewer: Vec<_> = changes.iter().filter(|c| c.installs < 0).map(|c| (c.day.0, c.label)).collect();
    if !fewer.is_empty() {
        sqlx::query(
            "DELETE FROM aggregates WHERE installs = 0 AND (day, label) IN \
             (SELECT value ->> 0, value ->> 1 FROM json_each(?))",
        )
        .bind(json(&fewer))
        .execute(connection)
        .await
        .map_err(broken)?;
    }
    Ok(())
}

/// Removes those of the labels that no day has any more, and says of the others until when they are in use.
async fn drop_unused(connection: &mut SqliteConnection, labels: &mut Labels, touched: &[LabelId]) -> Result<u64> {
    let span = sqlx::query("SELECT MIN(day) AS first, MAX(day) AS last FROM reports")
        .fetch_one(&mut *connection)
        .await
        .map_err(broken)?;
    let days: Vec<i32> = match (span.get::<Option<i32>, _>("first"), span.get::<Option<i32>, _>("last")) {
        (Some(first), Some(last)) => (first..=last).rev().collect(),
        _ => Vec::new(),
    };
    sqlx::query(
        "UPDATE labels SET last_day = coalesce((SELECT value FROM json_each(?2) WHERE EXISTS \
         (SELECT 1 FROM aggregates WHERE day = value AND label = labels.id) LIMIT 1), -1) \
         WHERE id IN (SELECT value FROM json_each(?1))",
    )
    .bind(json(&touched))
    .bind(json(&days))
    .execute(&mut *connection)
    .await
    .map_err(broken)?;
    let gone: Vec<Vec<u8>> = sqlx::query_scalar(
        "DELETE FROM labels WHERE last_day = -1 AND id IN (SELECT value FROM json_each(?)) RETURNING digest",
    )
    .bind(json(&touched))
    .fetch_all(connection)
    .await
    .map_err(broken)?;
    labels.remove(&gone);
    Ok(gone.len() as u64)
}

/// Removes everything of an install.
pub(super) async fn clear(
    connection: &mut SqliteConnection,
    labels: &mut Labels,
    claim: &Claim,
    tombstone: &Keyed,
    today: Day,
) -> Result<Access<Removed>> {
    let Some(install) = install(connection, &claim.install).await? else {
        return Ok(Access::Granted(Removed::default()));
    };
    if let Some(refused) = refusal(install.secret.as_deref(), claim) {
        return Ok(refused);
    }
    sqlx::query(
        "INSERT INTO tombstones (tombstone, last_report, day) \
         VALUES (?1, (SELECT coalesce(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'reports'), ?2) \
         ON CONFLICT (tombstone) DO UPDATE SET last_report = excluded.last_report, day = excluded.day",
    )
    .bind(tombstone.as_slice())
    .bind(today.0)
    .execute(&mut *connection)
    .await
    .map_err(broken)?;
    let mut removed = remove_reports(connection, labels, Which::AllOf(install.id)).await?;
    removed.installs = sqlx::query("DELETE FROM installs WHERE id = ?")
        .bind(install.id)
        .execute(connection)
        .await
        .map_err(broken)?
        .rows_affected();
    Ok(Access::Granted(removed))
}

/// Removes an install from a restored backup if all its reports there were cleared since, else those that were. Says
/// whether anything was removed.
pub(super) async fn clear_up_to(
    connection: &mut SqliteConnection,
    labels: &mut Labels,
    install: &Keyed,
    last_report: i64,
) -> Result<bool> {
    let Some(install) = self::install(connection, install).await? else { return Ok(false) };
    let cleared: Vec<i64> = sqlx::query_scalar("SELECT id FROM reports WHERE install = ? AND id <= ?")
        .bind(install.id)
        .bind(last_report)
        .fetch_all(&mut *connection)
        .await
        .map_err(broken)?;
    for id in &cleared {
        remove_reports(connection, labels, Which::Report(*id)).await?;
    }
    sqlx::query("DELETE FROM installs WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM reports WHERE install = ?1)")
        .bind(install.id)
        .execute(connection)
        .await
        .map_err(broken)?;
    Ok(!cleared.is_empty())
}

/// Counts some of the reports that the aggregates do not count yet; says whether there were any.
pub(super) async fn count(connection: &mut SqliteConnection) -> Result<bool> {
    let rows =
        sqlx::query("SELECT id, day, entries FROM reports WHERE id > (SELECT counted FROM state) ORDER BY id LIMIT ?")
            .bind(COUNTED_AT_ONCE)
            .fetch_all(&mut *connection)
            .await
            .map_err(broken)?;
    let Some(last) = rows.last() else { return Ok(false) };
    let mut delta = Delta::default();
    for row in &rows {
        delta.add(Day(row.get("day")), &entries(row)?);
    }
    let changes = delta.merged();
    apply(connection, &changes).await?;
    let used: Vec<_> = changes.iter().map(|change| (change.day.0, change.label)).collect();
    sqlx::query(
        "UPDATE labels SET last_day = used.day FROM \
         (SELECT value ->> 0 AS day, value ->> 1 AS label FROM json_each(?)) AS used \
         WHERE labels.id = used.label AND labels.last_day < used.day",
    )
    .bind(json(&used))
    .execute(&mut *connection)
    .await
    .map_err(broken)?;
    sqlx::query("UPDATE state SET counted = ?")
        .bind(last.get::<i64, _>("id"))
        .execute(connection)
        .await
        .map_err(broken)?;
    Ok(true)
}

/// Removes some of what is older than a day. What is left of it in between is no longer read by anything.
pub(super) async fn forget(
    connection: &mut SqliteConnection,
    labels: &mut Labels,
    first_kept: Day,
) -> Result<Forgotten> {
    while count(connection).await? {}
    sqlx::query("UPDATE state SET first_kept = ?1 WHERE first_kept < ?1")
        .bind(first_kept.0)
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    publication::forget(connection, first_kept).await?;
    sqlx::query("UPDATE operator_log SET install = NULL WHERE at < ? AND install IS NOT NULL")
        .bind(first_kept.to_string())
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    let mut forgotten = Forgotten::default();
    let removed = async |connection: &mut SqliteConnection, sql: &'static str, most: i64| -> Result<u64> {
        let done = sqlx::query(sql).bind(first_kept.0).bind(most).execute(connection).await.map_err(broken)?;
        Ok(done.rows_affected())
    };
    const REPORTS: &str = "DELETE FROM reports WHERE id IN (SELECT id FROM reports WHERE day < ?1 LIMIT ?2)";
    const AGGREGATES: &str = "DELETE FROM aggregates WHERE (day, label) IN \
                              (SELECT day, label FROM aggregates WHERE day < ?1 LIMIT ?2)";
    const INSTALLS: &str = "DELETE FROM installs WHERE id IN (SELECT id FROM installs WHERE last_day < ?1 LIMIT ?2)";
    const TOMBSTONES: &str = "DELETE FROM tombstones WHERE tombstone IN \
                              (SELECT tombstone FROM tombstones WHERE day < ?1 LIMIT ?2)";
    forgotten.reports = removed(connection, REPORTS, REPORTS_AT_ONCE).await?;
    if forgotten.reports == 0 {
        forgotten.aggregates = removed(connection, AGGREGATES, ROWS_AT_ONCE).await?;
    }
    if forgotten.reports + forgotten.aggregates == 0 {
        let gone: Vec<Vec<u8>> = sqlx::query_scalar(
            "DELETE FROM labels WHERE id IN (SELECT id FROM labels WHERE last_day < ?1 LIMIT ?2) RETURNING digest",
        )
        .bind(first_kept.0)
        .bind(ROWS_AT_ONCE)
        .fetch_all(&mut *connection)
        .await
        .map_err(broken)?;
        labels.remove(&gone);
        forgotten.labels = gone.len() as u64;
        forgotten.installs = removed(connection, INSTALLS, ROWS_AT_ONCE).await?;
        forgotten.tombstones = removed(connection, TOMBSTONES, ROWS_AT_ONCE).await?;
    }
    Ok(forgotten)
}

/// Writes what is there already, to see whether the database is writable.
pub(super) async fn try_to_write(connection: &mut SqliteConnection) -> Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    sqlx::query("UPDATE state SET seen_day = seen_day").execute(&mut *transaction).await.map_err(broken)?;
    transaction.commit().await.map_err(broken)
}

/// Stores the last day on which the clock was trusted.
pub(super) async fn see_day(connection: &mut SqliteConnection, day: Day) -> Result<()> {
    sqlx::query("UPDATE state SET seen_day = ?").bind(day.0).execute(connection).await.map(drop).map_err(broken)
}
