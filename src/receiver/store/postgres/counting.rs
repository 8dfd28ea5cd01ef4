//! The daily aggregates: one receiver at a time moves what has come in into them, so that no two wait for each other's
//! rows, and nothing is counted twice or never, whatever order transactions end in.

use super::damaged;
use super::fault::Fault;
use super::locks::{Lock, alone};
use super::partitions;
use crate::day::Day;
use crate::store::delta::{Change, Delta};
use crate::store::encoding::{LabelId, decode};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

/// Rows that one step takes.
const AT_ONCE: i64 = 512;

/// A report's entries in a row.
pub(super) fn entries(row: &PgRow) -> Result<Vec<(LabelId, u64)>, Fault> {
    Ok(decode(row.get::<&[u8], _>("entries")).ok_or_else(damaged)?)
}

/// Counts reports that came; those that were replaced are left for [`settle`].
pub(super) async fn count(pool: &PgPool) -> Result<(), Fault> {
    loop {
        let mut transaction = pool.begin().await?;
        alone(&mut transaction, Lock::Aggregates).await?;
        let counted = step(&mut transaction, false).await?;
        transaction.commit().await?;
        if counted.rows < AT_ONCE as usize {
            return Ok(());
        }
    }
}

/// Whether reports were replaced since, which only [`settle`] counts.
pub(super) async fn replaced(pool: &PgPool) -> Result<bool, Fault> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM changes WHERE sign < 0)").fetch_one(pool).await?)
}

/// Counts everything, those that were replaced too, and removes the labels that nobody has any more. The transaction
/// has both locks afterwards, so nothing can come in until it ends.
pub(super) async fn settle(connection: &mut PgConnection) -> Result<(), Fault> {
    alone(connection, Lock::Labels).await?;
    alone(connection, Lock::Aggregates).await?;
    let mut fewer = Vec::new();
    loop {
        let counted = step(connection, true).await?;
        fewer.extend(counted.fewer);
        if counted.rows == 0 {
            break;
        }
    }
    drop_unused(connection, fewer).await?;
    Ok(())
}

struct Counted {
    rows: usize,
    /// Labels of which there are fewer now.
    fewer: Vec<LabelId>,
}

async fn step(connection: &mut PgConnection, all: bool) -> Result<Counted, Fault> {
    let rows = sqlx::query(
        "DELETE FROM changes WHERE number IN \
         (SELECT number FROM changes WHERE $1 OR sign > 0 ORDER BY number LIMIT $2) RETURNING day, sign, entries",
    )
    .bind(all)
    .bind(AT_ONCE)
    .fetch_all(&mut *connection)
    .await?;
    let mut counted = Counted { rows: rows.len(), fewer: Vec::new() };
    if rows.is_empty() {
        return Ok(counted);
    }
    // What came late for a day that is over has nowhere to be counted, and is forgotten with its report.
    let kept = partitions::days(connection).await?;
    let mut delta = Delta::default();
    for row in &rows {
        let day = Day(row.get("day"));
        if kept.binary_search(&day).is_err() {
            continue;
        }
        let entries = entries(row)?;
        if row.get::<i16, _>("sign") > 0 {
            delta.add(day, &entries);
        } else {
            delta.subtract(day, &entries);
            counted.fewer.extend(entries.iter().map(|(label, _)| *label));
        }
    }
    let changes = delta.merged();
    apply(connection, &changes).await?;
    let (labels, days): (Vec<i64>, Vec<i32>) =
        changes.iter().filter(|change| change.installs > 0).map(|change| (change.label, change.day.0)).unzip();
    sqlx::query(
        "UPDATE labels SET last_day = used.day FROM \
         (SELECT label, MAX(day) AS day FROM unnest($1::bigint[], $2::integer[]) AS u (label, day) GROUP BY label) \
         AS used WHERE labels.id = used.label AND labels.last_day < used.day",
    )
    .bind(labels)
    .bind(days)
    .execute(connection)
    .await?;
    Ok(counted)
}

/// Writes changes into the aggregates. What no install has any more is gone.
pub(super) async fn apply(connection: &mut PgConnection, changes: &[Change]) -> Result<(), Fault> {
    let of = |change: &Change| (change.day.0, change.label);
    let (days, labels): (Vec<i32>, Vec<i64>) = changes.iter().map(of).unzip();
    let (installs, totals): (Vec<i64>, Vec<i64>) = changes.iter().map(|change| (change.installs, change.total)).unzip();
    sqlx::query(
        "INSERT INTO aggregates AS kept (day, label, installs, total) \
         SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[]) \
         ON CONFLICT (day, label) DO UPDATE SET installs = kept.installs + excluded.installs, \
         total = kept.total + excluded.total",
    )
    .bind(days)
    .bind(labels)
    .bind(installs)
    .bind(totals)
    .execute(&mut *connection)
    .await?;
    let (days, labels): (Vec<i32>, Vec<i64>) = changes.iter().filter(|change| change.installs < 0).map(of).unzip();
    if !days.is_empty() {
        sqlx::query(
            "DELETE FROM aggregates USING unnest($1::integer[], $2::bigint[]) AS gone (day, label) \
             WHERE aggregates.day = gone.day AND aggregates.label = gone.label AND installs = 0",
        )
        .bind(days)
        .bind(labels)
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Removes those of the labels that no day has any more, and says of the others until when they are in use. Needs both
/// locks, and everything counted.
pub(super) async fn drop_unused(connection: &mut PgConnection, mut touched: Vec<LabelId>) -> Result<u64, Fault> {
    if touched.is_empty() {
        return Ok(0);
    }
    touched.sort_unstable();
    touched.dedup();
    let days: Vec<i32> = partitions::days(connection).await?.iter().rev().map(|day| day.0).collect();
    sqlx::query(
        "UPDATE labels SET last_day = coalesce((SELECT u.day FROM unnest($2::integer[]) WITH ORDINALITY AS u (day, n) \
         WHERE EXISTS (SELECT 1 FROM aggregates WHERE aggregates.day = u.day AND aggregates.label = labels.id) \
         ORDER BY u.n LIMIT 1), -1) WHERE id = ANY($1)",
    )
    .bind(&touched)
    .bind(days)
    .execute(&mut *connection)
    .await?;
    let gone = sqlx::query("DELETE FROM labels WHERE last_day = -1 AND id = ANY($1)")
        .bind(&touched)
        .execute(&mut *connection)
        .await?
        .rows_affected();
    if gone > 0 {
        new_epoch(connection).await?;
    }
    Ok(gone)
}

/// Tells all receivers that numbers which they remember may be gone.
pub(super) async fn new_epoch(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::query("UPDATE state SET labels_epoch = labels_epoch + 1").execute(connection).await?;
    Ok(())
}
