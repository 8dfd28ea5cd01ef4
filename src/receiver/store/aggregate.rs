//! The daily aggregates: reports that came in are moved into them in steps, and what is deleted is subtracted.
//!
//! Until then, SQLite knows the reports by their numbers, PostgreSQL in the table `changes`, where those that were
//! replaced stand, too. There one receiver at a time aggregates, so that no two wait for each other's rows.

use super::delta::{Change, Delta};
use super::encoding::LabelId;
use super::locks::{Lock, lock};
use super::partitions;
use super::retry::TxError;
use super::sql::{Dialect, Rows, Sql};
use super::tx::{Row, Tx};
use crate::day::Day;

/// Reports that one step aggregates.
const STEP: i64 = 512;

/// Which reports a step aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    /// Those that came in.
    Added,
    /// Those that were replaced, too.
    All,
}

/// Aggregates some of the reports; returns whether there may be more.
pub(super) async fn step(tx: &mut Tx<'_>) -> Result<bool, TxError> {
    lock(tx, Lock::Aggregates).await?;
    let (rows, _) = aggregate(tx, Which::Added).await?;
    Ok(rows as i64 >= STEP)
}

/// Aggregates everything, and deletes the labels that are no longer used. On PostgreSQL, nothing can come in until the
/// transaction ends.
pub(super) async fn reconcile(tx: &mut Tx<'_>) -> Result<(), TxError> {
    lock(tx, Lock::Labels).await?;
    lock(tx, Lock::Aggregates).await?;
    let mut touched = Vec::new();
    loop {
        let (rows, subtracted) = aggregate(tx, Which::All).await?;
        touched.extend(subtracted);
        if rows == 0 {
            break;
        }
    }
    delete_unused(tx, touched).await?;
    Ok(())
}

/// Whether reports were replaced since, which only [`reconcile`] aggregates.
pub(super) async fn has_replaced(tx: &mut Tx<'_>) -> Result<bool, TxError> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(false),
        Dialect::Postgres => tx.query("SELECT EXISTS (SELECT 1 FROM changes WHERE sign < 0)").value().await,
    }
}

/// Adds a report that is in a row to a delta, or subtracts one that was replaced.
pub(super) fn add(delta: &mut Delta, day: Day, sign: i16, entries: &[(LabelId, u64)]) {
    if sign > 0 {
        delta.add(day, entries);
    } else {
        delta.subtract(day, entries);
    }
}

/// One step: how many reports it took, and the labels of those that it subtracted.
async fn aggregate(tx: &mut Tx<'_>, which: Which) -> Result<(usize, Vec<LabelId>), TxError> {
    let rows = take(tx, which).await?;
    let mut subtracted = Vec::new();
    if rows.is_empty() {
        return Ok((0, subtracted));
    }
    // What came late for an expired day has nowhere to be counted, and expires with its report.
    let days = stored_days(tx).await?;
    let mut delta = Delta::default();
    for row in &rows {
        let (day, sign, entries) = (row.day("day"), row.get("sign"), row.entries()?);
        if days.binary_search(&day).is_ok() {
            add(&mut delta, day, sign, &entries);
            if sign < 0 {
                subtracted.extend(entries.iter().map(|(label, _)| *label));
            }
        }
    }
    let changes = delta.merged();
    apply(tx, &changes).await?;
    let used = changes.iter().filter(|change| change.installs > 0);
    let used = Rows::default().int8("label", used.clone().map(|c| c.label)).int4("day", used.map(|c| c.day.0));
    tx.query(
        "UPDATE labels SET last_day = used.day FROM (SELECT label, MAX(day) AS day FROM {rows} GROUP BY label) AS used \
         WHERE labels.id = used.label AND labels.last_day < used.day",
    )
    .bind_rows(&used)
    .run()
    .await?;
    Ok((rows.len(), subtracted))
}

/// Takes some of the reports that are not aggregated yet: they count as aggregated.
async fn take(tx: &mut Tx<'_>, which: Which) -> Result<Vec<Row>, TxError> {
    if tx.dialect() == Dialect::Postgres {
        let sql = "DELETE FROM changes WHERE number IN (SELECT number FROM changes WHERE $1 OR sign > 0 \
                   ORDER BY number LIMIT $2) RETURNING day, sign, entries";
        return tx.query(sql).bind(which == Which::All).bind(STEP).all().await;
    }
    let sql = "SELECT id, day, 1 AS sign, entries FROM reports WHERE id > (SELECT counted FROM state) \
               ORDER BY id LIMIT $1";
    let rows = tx.query(sql).bind(STEP).all().await?;
    if let Some(last) = rows.last() {
        tx.query("UPDATE state SET counted = $1").bind(last.get::<i64>("id")).run().await?;
    }
    Ok(rows)
}

/// Days that may have reports, oldest first.
pub(super) async fn stored_days(tx: &mut Tx<'_>) -> Result<Vec<Day>, TxError> {
    if tx.dialect() == Dialect::Postgres {
        return partitions::days(tx).await;
    }
    // Two reads of an index; in one SELECT they would scan it.
    let sql = "SELECT (SELECT MIN(day) FROM reports) AS first, (SELECT MAX(day) FROM reports) AS last";
    let span = tx.query(sql).one().await?;
    let span = span.get::<Option<i32>>("first").zip(span.get::<Option<i32>>("last"));
    Ok(span.map_or_else(Vec::new, |(first, last)| (first..=last).map(Day).collect()))
}

/// Writes changes into the aggregates. Rows that no install has any more are deleted.
pub(super) async fn apply(tx: &mut Tx<'_>, changes: &[Change]) -> Result<(), TxError> {
    let rows = Rows::default()
        .int4("day", changes.iter().map(|change| change.day.0))
        .int8("label", changes.iter().map(|change| change.label))
        .int8("installs", changes.iter().map(|change| change.installs))
        .int8("total", changes.iter().map(|change| change.total));
    tx.query(
        "INSERT INTO aggregates AS kept (day, label, installs, total) SELECT day, label, installs, total FROM {rows} \
         WHERE true ON CONFLICT (day, label) DO UPDATE SET installs = kept.installs + excluded.installs, \
         total = kept.total + excluded.total",
    )
    .bind_rows(&rows)
    .run()
    .await?;
    let fewer = changes.iter().filter(|change| change.installs < 0);
    let fewer = Rows::default().int4("day", fewer.clone().map(|c| c.day.0)).int8("label", fewer.map(|c| c.label));
    if fewer.is_empty() {
        return Ok(());
    }
    let sql = Sql {
        sqlite: "DELETE FROM aggregates WHERE installs = 0 AND (day, label) IN (SELECT day, label FROM {rows})",
        postgres: "DELETE FROM aggregates USING {rows} \
                   WHERE aggregates.day = new.day AND aggregates.label = new.label AND installs = 0",
    };
    tx.query(sql).bind_rows(&fewer).run().await.map(drop)
}

/// Deletes those of the labels that no day has any more, and stores the last day of the others. Needs both locks, and
/// everything aggregated. Returns how many it deleted.
pub(super) async fn delete_unused(tx: &mut Tx<'_>, mut touched: Vec<LabelId>) -> Result<u64, TxError> {
    if touched.is_empty() {
        return Ok(0);
    }
    touched.sort_unstable();
    touched.dedup();
    let newest_first: Vec<i32> = stored_days(tx).await?.iter().rev().map(|day| day.0).collect();
    let sql = Sql {
        sqlite: "UPDATE labels SET last_day = coalesce((SELECT value FROM json_each($2) WHERE EXISTS \
                 (SELECT 1 FROM aggregates WHERE day = value AND label = labels.id) LIMIT 1), -1) WHERE id {any 1}",
        postgres: "UPDATE labels SET last_day = coalesce((SELECT u.day FROM unnest($2) WITH ORDINALITY AS u (day, n) \
                   WHERE EXISTS (SELECT 1 FROM aggregates WHERE aggregates.day = u.day \
                   AND aggregates.label = labels.id) ORDER BY u.n LIMIT 1), -1) WHERE id {any 1}",
    };
    tx.query(sql).bind_list(&touched).bind_list(&newest_first).run().await?;
    let sql = "DELETE FROM labels WHERE last_day = -1 AND id {any 1} RETURNING digest";
    let rows = tx.query(sql).bind_list(&touched).all().await?;
    deleted_labels(tx, &rows).await
}

/// Has caches drop labels that were deleted.
pub(super) async fn deleted_labels(tx: &mut Tx<'_>, rows: &[Row]) -> Result<u64, TxError> {
    for row in rows {
        let key = row.bytes("digest")?;
        tx.effects.deleted_labels.push(key);
    }
    if tx.dialect() == Dialect::Postgres && !rows.is_empty() {
        tx.query("UPDATE state SET labels_epoch = labels_epoch + 1").run().await?;
    }
    Ok(rows.len() as u64)
}
