//! What is published, in SQLite: the reads and writes of [`crate::publish`].

use super::labels::json;
use super::{broken, damaged, digest, labels};
use crate::day::Day;
use crate::error::Result;
use crate::store::encoding::LabelId;
use crate::store::{DayReport, DayReports, ExactLabel, HideAction, NewSnapshot, Publication, SnapshotPart};
use crate::wire::Label;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Connection, Row, SqliteConnection, SqliteExecutor};
use std::collections::BTreeMap;

/// Takes snapshots of days away whose reports change, in the transaction that changes them.
pub(super) async fn withdraw(connection: &mut SqliteConnection, days: &[i32]) -> Result<()> {
    sqlx::query("DELETE FROM snapshots WHERE day IN (SELECT value FROM json_each(?))")
        .bind(json(&days))
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    sqlx::query("UPDATE publication SET generation = generation + 1, removals = removals + 1")
        .execute(connection)
        .await
        .map(drop)
        .map_err(broken)
}

/// Takes snapshots of days away that are over.
pub(super) async fn forget(connection: &mut SqliteConnection, first_kept: Day) -> Result<()> {
    let gone = sqlx::query("DELETE FROM snapshots WHERE day < ?")
        .bind(first_kept.0)
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    if gone.rows_affected() > 0 {
        changed(connection).await?;
    }
    Ok(())
}

async fn changed(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query("UPDATE publication SET generation = generation + 1")
        .execute(connection)
        .await
        .map(drop)
        .map_err(broken)
}

/// Says of installs since when they count, takes away snapshots of other rules; returns the days that need one.
pub(super) async fn settle(connection: &mut SqliteConnection, last: Day, mark: &str) -> Result<Vec<Day>> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    sqlx::query(
        "UPDATE installs SET third_day = \
         (SELECT day FROM reports WHERE install = installs.id ORDER BY day LIMIT 1 OFFSET 2) WHERE third_day IS NULL",
    )
    .execute(&mut *transaction)
    .await
    .map_err(broken)?;
    let gone = sqlx::query("DELETE FROM snapshots WHERE mark <> ?")
        .bind(mark)
        .execute(&mut *transaction)
        .await
        .map_err(broken)?;
    if gone.rows_affected() > 0 {
        changed(&mut transaction).await?;
    }
    let days: Vec<i32> = sqlx::query_scalar(
        "SELECT day FROM (WITH RECURSIVE span (day) AS (SELECT (SELECT MIN(day) FROM reports) \
         UNION ALL SELECT day + 1 FROM span WHERE day < ?1) SELECT day FROM span) AS span \
         WHERE day BETWEEN (SELECT first_kept FROM state) AND ?1 \
         AND EXISTS (SELECT 1 FROM reports WHERE reports.day = span.day) \
         AND NOT EXISTS (SELECT 1 FROM snapshots WHERE part = '' AND snapshots.day = span.day) ORDER BY day DESC",
    )
    .bind(last.0)
    .fetch_all(&mut *transaction)
    .await
    .map_err(broken)?;
    transaction.commit().await.map_err(broken)?;
    Ok(days.into_iter().map(Day).collect())
}

/// The reports of a day that count, at one moment.
pub(super) async fn day_reports(readers: &SqlitePool, day: Day) -> Result<DayReports> {
    let mut reading = readers.begin().await.map_err(broken)?;
    let removals = sqlx::query_scalar("SELECT removals FROM publication").fetch_one(&mut *reading).await;
    let rows = sqlx::query(
        "SELECT installs.install, entries FROM reports JOIN installs ON installs.id = reports.install \
         WHERE day = ?1 AND third_day <= ?1 AND day >= (SELECT first_kept FROM state)",
    )
    .bind(day.0)
    .fetch_all(&mut *reading)
    .await
    .map_err(broken)?;
    let groups = sqlx::query("SELECT id, name FROM groups").fetch_all(&mut *reading).await.map_err(broken)?;
    let reports = rows
        .into_iter()
        .map(|row| Ok(DayReport { install: digest(row.get("install"))?, entries: row.get("entries") }))
        .collect::<Result<_>>()?;
    let groups = groups.iter().map(|row| (row.get("id"), row.get("name"))).collect();
    Ok(DayReports { reports, groups, removals: removals.map_err(broken)? })
}

/// All labels of some groups.
pub(super) async fn labels_of(readers: &SqlitePool, groups: &[&str]) -> Result<BTreeMap<LabelId, Label>> {
    let mut reading = readers.begin().await.map_err(broken)?;
    let ids: Vec<i64> = sqlx::query_scalar(
        "SELECT labels.id FROM json_each(?) JOIN groups ON groups.name = value \
         JOIN labels ON labels.id BETWEEN groups.id << 32 AND (groups.id << 32) + 4294967295",
    )
    .bind(json(&groups))
    .fetch_all(&mut *reading)
    .await
    .map_err(broken)?;
    labels::texts(&mut reading, &ids).await
}

/// Keeps a snapshot, unless reports were removed since it was begun. Says whether it did.
pub(super) async fn publish(connection: &mut SqliteConnection, snapshot: &NewSnapshot) -> Result<bool> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    let current: bool =
        sqlx::query_scalar("SELECT removals = ?1 AND (SELECT first_kept FROM state) <= ?2 FROM publication")
            .bind(snapshot.removals)
            .bind(snapshot.day.0)
            .fetch_one(&mut *transaction)
            .await
            .map_err(broken)?;
    if !current {
        return Ok(false);
    }
    for part in &snapshot.parts {
        sqlx::query("INSERT OR REPLACE INTO snapshots (part, day, mark, body) VALUES (?, ?, ?, ?)")
            .bind(&part.part)
            .bind(snapshot.day.0)
            .bind(&snapshot.mark)
            .bind(&part.body)
            .execute(&mut *transaction)
            .await
            .map_err(broken)?;
    }
    changed(&mut transaction).await?;
    transaction.commit().await.map_err(broken)?;
    Ok(true)
}

/// What is published at the moment.
pub(super) async fn publication(readers: &SqlitePool) -> Result<Publication> {
    let mut reading = readers.begin().await.map_err(broken)?;
    let generation: i64 =
        sqlx::query_scalar("SELECT generation FROM publication").fetch_one(&mut *reading).await.map_err(broken)?;
    let days: Vec<i32> = sqlx::query_scalar("SELECT day FROM snapshots WHERE part = '' ORDER BY day")
        .fetch_all(&mut *reading)
        .await
        .map_err(broken)?;
    let hidden: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT label FROM hidden").fetch_all(&mut *reading).await.map_err(broken)?;
    let hidden = hidden.into_iter().map(short).collect::<Result<_>>()?;
    Ok(Publication { generation, days: days.into_iter().map(Day).collect(), hidden })
}

/// Parts of the snapshots from a day to another.
pub(super) async fn snapshots(
    readers: &SqlitePool,
    first: Day,
    last: Day,
    parts: &[String],
) -> Result<Vec<SnapshotPart>> {
    let rows = sqlx::query(
        "SELECT day, part, body FROM json_each(?1) JOIN snapshots ON part = value AND day BETWEEN ?2 AND ?3 \
         ORDER BY part, day",
    )
    .bind(json(&parts))
    .bind(first.0)
    .bind(last.0)
    .fetch_all(readers)
    .await
    .map_err(broken)?;
    Ok(rows.into_iter().map(|row| (Day(row.get("day")), row.get("part"), row.get("body"))).collect())
}

/// The texts of labels by their numbers.
pub(super) async fn texts(readers: &SqlitePool, ids: &[LabelId]) -> Result<BTreeMap<LabelId, Label>> {
    let mut connection = readers.acquire().await.map_err(broken)?;
    labels::texts(&mut connection, ids).await
}

/// Hides something, or shows it again, and writes down who did.
pub(super) async fn hide(connection: &mut SqliteConnection, action: &HideAction) -> Result<()> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    let sql = if action.hide {
        "INSERT INTO hidden (label) VALUES (?) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM hidden WHERE label = ?"
    };
    sqlx::query(sql).bind(action.label.as_slice()).execute(&mut *transaction).await.map_err(broken)?;
    sqlx::query("INSERT INTO hidden_log (at, action, label, actor, reason) VALUES (?, ?, ?, ?, ?)")
        .bind(&action.at)
        .bind(if action.hide { "hide" } else { "unhide" })
        .bind(action.label.as_slice())
        .bind(&action.actor)
        .bind(&action.reason)
        .execute(&mut *transaction)
        .await
        .map_err(broken)?;
    changed(&mut transaction).await?;
    transaction.commit().await.map_err(broken)
}

/// All that was ever hidden or shown again, oldest first.
pub(super) async fn hide_log(reader: impl SqliteExecutor<'_>) -> Result<Vec<HideAction>> {
    let rows = sqlx::query("SELECT at, action, label, actor, reason FROM hidden_log ORDER BY at, id")
        .fetch_all(reader)
        .await
        .map_err(broken)?;
    rows.iter().map(hide_action).collect()
}

/// What was hidden or shown again, in a row.
pub(super) fn hide_action(row: &SqliteRow) -> Result<HideAction> {
    Ok(HideAction {
        at: row.get("at"),
        hide: row.get::<&str, _>("action") == "hide",
        label: short(row.get("label"))?,
        actor: row.get("actor"),
        reason: row.get("reason"),
    })
}

/// Adds what is new in another database's log; of each label the latest action then holds.
pub(super) async fn take_over(connection: &mut SqliteConnection, log: &[HideAction]) -> Result<()> {
    for action in log {
        sqlx::query(
            "INSERT INTO hidden_log (at, action, label, actor, reason) SELECT ?1, ?2, ?3, ?4, ?5 \
             WHERE NOT EXISTS (SELECT 1 FROM hidden_log WHERE (at, action, label, actor, reason) = (?1, ?2, ?3, ?4, ?5))",
        )
        .bind(&action.at)
        .bind(if action.hide { "hide" } else { "unhide" })
        .bind(action.label.as_slice())
        .bind(&action.actor)
        .bind(&action.reason)
        .execute(&mut *connection)
        .await
        .map_err(broken)?;
    }
    for sql in [
        "DELETE FROM hidden",
        "INSERT INTO hidden (label) SELECT label FROM (SELECT label, action, \
         row_number() OVER (PARTITION BY label ORDER BY at DESC, id DESC) AS place FROM hidden_log) \
         WHERE place = 1 AND action = 'hide'",
    ] {
        sqlx::query(sql).execute(&mut *connection).await.map_err(broken)?;
    }
    changed(connection).await
}

/// The newest day up to one that has reports counted.
pub(super) async fn newest_day(readers: &SqlitePool, last: Day) -> Result<Option<Day>> {
    let day: Option<i32> = sqlx::query_scalar("SELECT MAX(day) FROM aggregates WHERE day <= ?")
        .bind(last.0)
        .fetch_one(readers)
        .await
        .map_err(broken)?;
    Ok(day.map(Day))
}

/// The labels of a group on a day with their exact numbers.
pub(super) async fn exact(readers: &SqlitePool, day: Day, group: &str) -> Result<Vec<ExactLabel>> {
    let mut reading = readers.begin().await.map_err(broken)?;
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT aggregates.label, installs, total FROM groups JOIN aggregates ON day = ?2 AND aggregates.label \
         BETWEEN (groups.id << 32) + 1 AND (groups.id << 32) + 4294967295 WHERE name = ?1",
    )
    .bind(group)
    .bind(day.0)
    .fetch_all(&mut *reading)
    .await
    .map_err(broken)?;
    let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
    let mut texts = labels::texts(&mut reading, &ids).await?;
    rows.into_iter()
        .map(|(id, installs, total)| {
            Ok(ExactLabel { id, label: texts.remove(&id).ok_or_else(damaged)?, installs, total })
        })
        .collect()
}

fn short(bytes: Vec<u8>) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| damaged())
}
