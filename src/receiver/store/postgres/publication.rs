//! What is published, in PostgreSQL: the reads and writes of [`crate::publish`].

use super::fault::Fault;
use super::{damaged, digest, labels};
use crate::day::Day;
use crate::error::Result;
use crate::store::encoding::LabelId;
use crate::store::{DayReport, DayReports, ExactLabel, HideAction, NewSnapshot, Publication, SnapshotPart};
use crate::wire::Label;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgExecutor, PgPool, Row};
use std::collections::BTreeMap;

/// A reading at one moment.
const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Takes snapshots of days away whose reports change, in the transaction that changes them. The counter's row is taken
/// first, as [`publish`] does, so that one of the two sees the other.
pub(super) async fn withdraw(connection: &mut PgConnection, days: &[i32]) -> Result<(), Fault> {
    sqlx::query("UPDATE publication SET generation = generation + 1, removals = removals + 1")
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM snapshots WHERE day = ANY($1)").bind(days).execute(connection).await?;
    Ok(())
}

/// Takes snapshots of days away that are over.
pub(super) async fn forget(pool: &PgPool, first_kept: Day) -> Result<(), Fault> {
    let gone = sqlx::query("DELETE FROM snapshots WHERE day < $1").bind(first_kept.0).execute(pool).await?;
    if gone.rows_affected() > 0 {
        changed(&mut *pool.acquire().await?).await?;
    }
    Ok(())
}

async fn changed(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::query("UPDATE publication SET generation = generation + 1").execute(connection).await?;
    Ok(())
}

/// Says of installs since when they count, takes away snapshots of other rules; returns the days that need one.
pub(super) async fn settle(pool: &PgPool, last: Day, mark: &str) -> Result<Vec<Day>, Fault> {
    let mut transaction = pool.begin().await?;
    sqlx::query(
        "UPDATE installs SET third_day = third.day FROM (SELECT install, day, \
         row_number() OVER (PARTITION BY install ORDER BY day) AS place FROM reports \
         WHERE install IN (SELECT install FROM installs WHERE third_day IS NULL)) AS third \
         WHERE third.install = installs.install AND third.place = 3 AND installs.third_day IS NULL",
    )
    .execute(&mut *transaction)
    .await?;
    let gone = sqlx::query("DELETE FROM snapshots WHERE mark <> $1").bind(mark).execute(&mut *transaction).await?;
    if gone.rows_affected() > 0 {
        changed(&mut transaction).await?;
    }
    let days: Vec<i32> = sqlx::query_scalar(
        "SELECT DISTINCT day FROM reports WHERE day BETWEEN (SELECT first_kept FROM state) AND $1 \
         AND NOT EXISTS (SELECT 1 FROM snapshots WHERE part = '' AND snapshots.day = reports.day) ORDER BY day DESC",
    )
    .bind(last.0)
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(days.into_iter().map(Day).collect())
}

/// The reports of a day that count, at one moment.
pub(super) async fn day_reports(pool: &PgPool, day: Day) -> Result<DayReports, Fault> {
    let mut reading = pool.begin_with(READING).await?;
    let removals = sqlx::query_scalar("SELECT removals FROM publication").fetch_one(&mut *reading).await?;
    let rows = sqlx::query(
        "SELECT reports.install, entries FROM reports JOIN installs ON installs.install = reports.install \
         WHERE day = $1 AND third_day <= $1 AND day >= (SELECT first_kept FROM state)",
    )
    .bind(day.0)
    .fetch_all(&mut *reading)
    .await?;
    let groups = sqlx::query("SELECT id, name FROM groups").fetch_all(&mut *reading).await?;
    let reports = rows
        .into_iter()
        .map(|row| Ok(DayReport { install: digest(row.get("install"))?, entries: row.get("entries") }))
        .collect::<Result<_>>()?;
    let groups = groups.iter().map(|row| (i64::from(row.get::<i32, _>("id")), row.get("name"))).collect();
    Ok(DayReports { reports, groups, removals })
}

/// All labels of some groups.
pub(super) async fn labels_of(pool: &PgPool, groups: &[&str]) -> Result<BTreeMap<LabelId, Label>, Fault> {
    let mut reading = pool.begin_with(READING).await?;
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT labels.id FROM groups JOIN labels ON labels.id BETWEEN groups.id::bigint << 32 \
         AND (groups.id::bigint << 32) + 4294967295 WHERE groups.name = ANY($1)",
    )
    .bind(groups)
    .fetch_all(&mut *reading)
    .await?;
    labels::texts(&mut reading, &ids).await
}

/// Keeps a snapshot, unless reports were removed since it was begun. Says whether it did.
pub(super) async fn publish(pool: &PgPool, snapshot: &NewSnapshot) -> Result<bool, Fault> {
    let mut transaction = pool.begin().await?;
    let removals: i64 =
        sqlx::query_scalar("SELECT removals FROM publication FOR UPDATE").fetch_one(&mut *transaction).await?;
    let first_kept: i32 = sqlx::query_scalar("SELECT first_kept FROM state").fetch_one(&mut *transaction).await?;
    if removals != snapshot.removals || snapshot.day.0 < first_kept {
        return Ok(false);
    }
    let (parts, bodies): (Vec<&str>, Vec<&[u8]>) =
        snapshot.parts.iter().map(|part| (part.part.as_str(), part.body.as_slice())).unzip();
    sqlx::query(
        "INSERT INTO snapshots (part, day, mark, body) SELECT new.part, $1, $2, new.body \
         FROM unnest($3::text[], $4::bytea[]) AS new (part, body) \
         ON CONFLICT (part, day) DO UPDATE SET mark = excluded.mark, body = excluded.body",
    )
    .bind(snapshot.day.0)
    .bind(&snapshot.mark)
    .bind(parts)
    .bind(bodies)
    .execute(&mut *transaction)
    .await?;
    changed(&mut transaction).await?;
    transaction.commit().await?;
    Ok(true)
}

/// What is published at the moment.
pub(super) async fn publication(pool: &PgPool) -> Result<Publication, Fault> {
    let mut reading = pool.begin_with(READING).await?;
    let generation = sqlx::query_scalar("SELECT generation FROM publication").fetch_one(&mut *reading).await?;
    let days: Vec<i32> =
        sqlx::query_scalar("SELECT day FROM snapshots WHERE part = '' ORDER BY day").fetch_all(&mut *reading).await?;
    let hidden: Vec<Vec<u8>> = sqlx::query_scalar("SELECT label FROM hidden").fetch_all(&mut *reading).await?;
    let hidden = hidden.iter().map(|label| short(label)).collect::<Result<_>>()?;
    Ok(Publication { generation, days: days.into_iter().map(Day).collect(), hidden })
}

/// Parts of the snapshots from a day to another.
pub(super) async fn snapshots(
    pool: &PgPool,
    first: Day,
    last: Day,
    parts: &[String],
) -> Result<Vec<SnapshotPart>, Fault> {
    let rows = sqlx::query(
        "SELECT day, part, body FROM snapshots WHERE part = ANY($1) AND day BETWEEN $2 AND $3 ORDER BY part, day",
    )
    .bind(parts)
    .bind(first.0)
    .bind(last.0)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(|row| (Day(row.get("day")), row.get("part"), row.get("body"))).collect())
}

/// The texts of labels by their numbers.
pub(super) async fn texts(pool: &PgPool, ids: &[LabelId]) -> Result<BTreeMap<LabelId, Label>, Fault> {
    labels::texts(&mut *pool.acquire().await?, ids).await
}

/// Hides something, or shows it again, and writes down who did.
pub(super) async fn hide(pool: &PgPool, action: &HideAction) -> Result<(), Fault> {
    let mut transaction = pool.begin().await?;
    let sql = if action.hide {
        "INSERT INTO hidden (label) VALUES ($1) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM hidden WHERE label = $1"
    };
    sqlx::query(sql).bind(action.label.as_slice()).execute(&mut *transaction).await?;
    sqlx::query("INSERT INTO hidden_log (at, hide, label, actor, reason) VALUES ($1, $2, $3, $4, $5)")
        .bind(&action.at)
        .bind(action.hide)
        .bind(action.label.as_slice())
        .bind(&action.actor)
        .bind(&action.reason)
        .execute(&mut *transaction)
        .await?;
    changed(&mut transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// All that was ever hidden or shown again, oldest first.
pub(super) async fn hide_log(reader: impl PgExecutor<'_>) -> Result<Vec<HideAction>, Fault> {
    let rows = sqlx::query(HIDE_LOG).fetch_all(reader).await?;
    rows.iter().map(|row| hide_action(row).map_err(Fault::from)).collect()
}

/// The log of what was hidden, as [`hide_action`] reads it.
pub(super) const HIDE_LOG: &str = "SELECT at, hide, label, actor, reason FROM hidden_log ORDER BY at, id";

/// What was hidden or shown again, in a row.
pub(super) fn hide_action(row: &PgRow) -> Result<HideAction> {
    Ok(HideAction {
        at: row.get("at"),
        hide: row.get("hide"),
        label: short(row.get("label"))?,
        actor: row.get("actor"),
        reason: row.get("reason"),
    })
}

/// Has the log say what is hidden: of each label the latest action holds.
pub(super) const HIDE_AS_LOGGED: [&str; 2] = [
    "DELETE FROM hidden",
    "INSERT INTO hidden (label) SELECT label FROM \
     (SELECT DISTINCT ON (label) label, hide FROM hidden_log ORDER BY label, at DESC, id DESC) AS last WHERE hide",
];

/// The newest day up to one that has reports counted.
pub(super) async fn newest_day(pool: &PgPool, last: Day) -> Result<Option<Day>, Fault> {
    let day: Option<i32> =
        sqlx::query_scalar("SELECT MAX(day) FROM aggregates WHERE day <= $1").bind(last.0).fetch_one(pool).await?;
    Ok(day.map(Day))
}

/// The labels of a group on a day with their exact numbers.
pub(super) async fn exact(pool: &PgPool, day: Day, group: &str) -> Result<Vec<ExactLabel>, Fault> {
    let mut reading = pool.begin_with(READING).await?;
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT aggregates.label, installs, total FROM groups JOIN aggregates ON day = $2 AND aggregates.label \
         BETWEEN (groups.id::bigint << 32) + 1 AND (groups.id::bigint << 32) + 4294967295 WHERE name = $1",
    )
    .bind(group)
    .bind(day.0)
    .fetch_all(&mut *reading)
    .await?;
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let mut texts = labels::texts(&mut reading, &ids).await?;
    rows.into_iter()
        .map(|(id, installs, total)| {
            Ok(ExactLabel { id, label: texts.remove(&id).ok_or_else(damaged)?, installs, total })
        })
        .collect()
}

fn short(bytes: &[u8]) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| damaged())
}
