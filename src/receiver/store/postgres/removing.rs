//! What removes: clears of an install, and forgetting by dropping days.

use super::counting::{self, entries};
use super::fault::Fault;
use super::locks::{Lock, alone};
use super::{partitions, publication};
use crate::day::Day;
use crate::store::claim::refusal;
use crate::store::delta::Delta;
use crate::store::{Access, Claim, Forgotten, Keyed, Removed};
use sqlx::{PgConnection, PgPool, Row};

/// Rows of one kind that one step of forgetting removes.
const AT_ONCE: i64 = 20_000;

/// Removes everything of an install.
pub(super) async fn clear(
    pool: &PgPool,
    claim: &Claim,
    tombstone: &Keyed,
    today: Day,
) -> Result<Access<Removed>, Fault> {
    let Some(refused) = standing(pool, claim).await? else { return Ok(Access::Granted(Removed::default())) };
    if let Some(refused) = refused {
        return Ok(refused);
    }
    // Most of the counting now, while others go on.
    counting::count(pool).await?;
    let mut transaction = pool.begin().await?;
    counting::settle(&mut transaction).await?;
    let row = sqlx::query("SELECT secret FROM installs WHERE install = $1 FOR UPDATE")
        .bind(claim.install.as_slice())
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(row) = row else { return Ok(Access::Granted(Removed::default())) };
    if let Some(refused) = refusal(row.get("secret"), claim) {
        return Ok(refused);
    }
    sqlx::query(
        "INSERT INTO tombstones (tombstone, last_report, day) \
         VALUES ($1, (SELECT last_value FROM report_numbers), $2) ON CONFLICT (tombstone) DO UPDATE SET \
         last_report = excluded.last_report, day = excluded.day",
    )
    .bind(tombstone.as_slice())
    .bind(today.0)
    .execute(&mut *transaction)
    .await?;
    let rows = sqlx::query("DELETE FROM reports WHERE install = $1 RETURNING day, entries")
        .bind(claim.install.as_slice())
        .fetch_all(&mut *transaction)
        .await?;
    let mut removed = Removed { reports: rows.len() as u64, ..Removed::default() };
    let (mut delta, mut touched) = (Delta::default(), Vec::new());
    for row in &rows {
        let entries = entries(row)?;
        removed.entries += entries.len() as u64;
        delta.take_out(Day(row.get("day")), &entries);
        touched.extend(entries.iter().map(|(label, _)| *label));
    }
    if !rows.is_empty() {
        let days: Vec<i32> = rows.iter().map(|row| row.get("day")).collect();
        publication::withdraw(&mut transaction, &days).await?;
    }
    counting::apply(&mut transaction, &delta.merged()).await?;
    removed.labels = counting::drop_unused(&mut transaction, touched).await?;
    removed.installs = sqlx::query("DELETE FROM installs WHERE install = $1")
        .bind(claim.install.as_slice())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    transaction.commit().await?;
    Ok(Access::Granted(removed))
}

/// Whether the install is known, and why the claim on it would be refused, before any lock is taken: whoever may not
/// clear must not keep others waiting.
async fn standing(pool: &PgPool, claim: &Claim) -> Result<Option<Option<Access<Removed>>>, Fault> {
    let row = sqlx::query("SELECT secret FROM installs WHERE install = $1")
        .bind(claim.install.as_slice())
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| refusal(row.get("secret"), claim)))
}

/// Drops all days before `first_kept`, and removes a part of what else is that old.
pub(super) async fn forget(pool: &PgPool, first_kept: Day) -> Result<Forgotten, Fault> {
    sqlx::query("UPDATE state SET first_kept = $1 WHERE first_kept < $1").bind(first_kept.0).execute(pool).await?;
    publication::forget(pool, first_kept).await?;
    sqlx::query("UPDATE operator_log SET install = NULL WHERE at < $1 AND install IS NOT NULL")
        .bind(first_kept.to_string())
        .execute(pool)
        .await?;
    let mut forgotten = Forgotten::default();
    let days = partitions::days(&mut *pool.acquire().await?).await?;
    for day in days.into_iter().filter(|day| *day < first_kept) {
        let mut transaction = pool.begin().await?;
        alone(&mut transaction, Lock::Aggregates).await?;
        let count = async |connection: &mut PgConnection, sql: &'static str| -> Result<u64, Fault> {
            let count: i64 = sqlx::query_scalar(sql).bind(day.0).fetch_one(connection).await?;
            Ok(u64::try_from(count).unwrap_or_default())
        };
        forgotten.reports += count(&mut transaction, "SELECT COUNT(*) FROM reports WHERE day = $1").await?;
        forgotten.aggregates += count(&mut transaction, "SELECT COUNT(*) FROM aggregates WHERE day = $1").await?;
        // After the counts, whose reading must not stand in this transaction's own way.
        partitions::drop_day(&mut transaction, day).await?;
        sqlx::query("DELETE FROM changes WHERE day = $1").bind(day.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
    }
    let due: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM labels WHERE last_day < $1) OR EXISTS (SELECT 1 FROM installs WHERE last_day < $1) \
         OR EXISTS (SELECT 1 FROM tombstones WHERE day < $1)",
    )
    .bind(first_kept.0)
    .fetch_one(pool)
    .await?;
    if !due {
        return Ok(forgotten);
    }
    counting::count(pool).await?;
    let mut transaction = pool.begin().await?;
    counting::settle(&mut transaction).await?;
    let removed = async |connection: &mut PgConnection, sql: &'static str| -> Result<u64, Fault> {
        Ok(sqlx::query(sql).bind(first_kept.0).bind(AT_ONCE).execute(connection).await?.rows_affected())
    };
    const LABELS: &str = "DELETE FROM labels WHERE id IN (SELECT id FROM labels WHERE last_day < $1 LIMIT $2)";
    const INSTALLS: &str =
        "DELETE FROM installs WHERE install IN (SELECT install FROM installs WHERE last_day < $1 LIMIT $2)";
    const TOMBSTONES: &str =
        "DELETE FROM tombstones WHERE tombstone IN (SELECT tombstone FROM tombstones WHERE day < $1 LIMIT $2)";
    forgotten.labels = removed(&mut transaction, LABELS).await?;
    forgotten.installs = removed(&mut transaction, INSTALLS).await?;
    forgotten.tombstones = removed(&mut transaction, TOMBSTONES).await?;
    if forgotten.labels > 0 {
        counting::new_epoch(&mut transaction).await?;
    }
    transaction.commit().await?;
    Ok(forgotten)
}
