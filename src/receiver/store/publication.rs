//! What publication reads and writes: which installs count, the snapshots of the days, what is hidden.

use super::encoding::LabelId;
use super::labels;
use super::model::{DayReport, DayReports, ExactLabel, HideAction, NewSnapshot, Publication, SnapshotPart};
use super::retry::{TxError, damaged};
use super::sql::{Rows, Sql};
use super::tx::{Row, Tx};
use crate::day::Day;
use crate::wire::Label;
use std::collections::BTreeMap;

/// Withdraws the snapshots of days whose reports change, in the transaction that changes them. The counter's row is
/// written first, as [`publish`] reads it, so that one of the two sees the other.
pub(super) async fn withdraw(tx: &mut Tx<'_>, days: &[i32]) -> Result<(), TxError> {
    tx.query("UPDATE publication SET generation = generation + 1, removals = removals + 1").run().await?;
    tx.query("DELETE FROM snapshots WHERE day {any 1}").bind_list(days).run().await.map(drop)
}

/// Deletes the snapshots of expired days.
pub(super) async fn expire(tx: &mut Tx<'_>, first_kept: Day) -> Result<(), TxError> {
    let deleted = tx.query("DELETE FROM snapshots WHERE day < $1").bind(first_kept.0).run().await?;
    if deleted > 0 { changed(tx).await } else { Ok(()) }
}

async fn changed(tx: &mut Tx<'_>) -> Result<(), TxError> {
    tx.query("UPDATE publication SET generation = generation + 1").run().await.map(drop)
}

/// Stores since when installs count, and deletes snapshots that were made by other rules. Returns the days up to `last`
/// that need a snapshot, newest first.
pub(super) async fn reconcile(tx: &mut Tx<'_>, last: Day, mark: &str) -> Result<Vec<Day>, TxError> {
    let third_days = Sql {
        sqlite: "UPDATE installs SET third_day = (SELECT day FROM reports WHERE install = installs.id \
                 ORDER BY day LIMIT 1 OFFSET 2) WHERE third_day IS NULL",
        postgres: "UPDATE installs SET third_day = third.day FROM (SELECT install, day, \
                   row_number() OVER (PARTITION BY install ORDER BY day) AS place FROM reports \
                   WHERE install IN (SELECT install FROM installs WHERE third_day IS NULL)) AS third \
                   WHERE third.install = installs.install AND third.place = 3 AND installs.third_day IS NULL",
    };
    tx.query(third_days).run().await?;
    if tx.query("DELETE FROM snapshots WHERE mark <> $1").bind(mark).run().await? > 0 {
        changed(tx).await?;
    }
    let missing = Sql {
        // Day by day: an index is asked for each, instead of reading all reports.
        sqlite: "SELECT day FROM (WITH RECURSIVE span (day) AS (SELECT (SELECT MIN(day) FROM reports) \
                 UNION ALL SELECT day + 1 FROM span WHERE day < $1) SELECT day FROM span) AS span \
                 WHERE day BETWEEN (SELECT first_kept FROM state) AND $1 \
                 AND EXISTS (SELECT 1 FROM reports WHERE reports.day = span.day) \
                 AND NOT EXISTS (SELECT 1 FROM snapshots WHERE part = '' AND snapshots.day = span.day) \
                 ORDER BY day DESC",
        postgres: "SELECT DISTINCT day FROM reports WHERE day BETWEEN (SELECT first_kept FROM state) AND $1 \
                   AND NOT EXISTS (SELECT 1 FROM snapshots WHERE part = '' AND snapshots.day = reports.day) \
                   ORDER BY day DESC",
    };
    Ok(tx.query(missing).bind(last.0).values().await?.into_iter().map(Day).collect())
}

/// The reports of a day that count.
pub(super) async fn day_reports(tx: &mut Tx<'_>, day: Day) -> Result<DayReports, TxError> {
    let removals = tx.query("SELECT removals FROM publication").value().await?;
    let sql = "SELECT installs.install, entries FROM reports JOIN installs ON installs.{key} = reports.install \
               WHERE day = $1 AND third_day <= $1 AND day >= (SELECT first_kept FROM state)";
    let rows = tx.query(sql).bind(day.0).all().await?;
    let groups = tx.query("SELECT id, name FROM groups").all().await?;
    let report = |row: &Row| Ok(DayReport { install: row.bytes("install")?, entries: row.get("entries") });
    Ok(DayReports {
        reports: rows.iter().map(report).collect::<Result<_, TxError>>()?,
        groups: groups.iter().map(|row| (i64::from(row.get::<i32>("id")), row.get("name"))).collect(),
        removals,
    })
}

/// All labels of some groups.
pub(super) async fn labels_of(tx: &mut Tx<'_>, groups: &[&str]) -> Result<BTreeMap<LabelId, Label>, TxError> {
    let sql = Sql {
        sqlite: "SELECT labels.id FROM groups JOIN labels ON labels.id BETWEEN groups.id << 32 \
                 AND (groups.id << 32) + 4294967295 WHERE groups.name {any 1}",
        postgres: "SELECT labels.id FROM groups JOIN labels ON labels.id BETWEEN groups.id::bigint << 32 \
                   AND (groups.id::bigint << 32) + 4294967295 WHERE groups.name {any 1}",
    };
    let ids: Vec<LabelId> = tx.query(sql).bind_list(groups).values().await?;
    labels::texts(tx, &ids).await
}

/// Stores a snapshot, unless reports were removed since it was begun. Returns whether it did.
pub(super) async fn publish(tx: &mut Tx<'_>, snapshot: &NewSnapshot) -> Result<bool, TxError> {
    let removals =
        Sql { sqlite: "SELECT removals FROM publication", postgres: "SELECT removals FROM publication FOR UPDATE" };
    let removals: i64 = tx.query(removals).value().await?;
    let first_kept = Day(tx.query("SELECT first_kept FROM state").value().await?);
    if removals != snapshot.removals || snapshot.day < first_kept {
        return Ok(false);
    }
    let rows = Rows::default()
        .text("part", snapshot.parts.iter().map(|part| Some(part.part.as_str())))
        .blob("body", snapshot.parts.iter().map(|part| Some(part.body.as_slice())));
    let sql = "INSERT INTO snapshots (part, day, mark, body) SELECT part, $1, $2, body FROM {rows} WHERE true \
               ON CONFLICT (part, day) DO UPDATE SET mark = excluded.mark, body = excluded.body";
    tx.query(sql).bind(snapshot.day.0).bind(&*snapshot.mark).bind_rows(&rows).run().await?;
    changed(tx).await?;
    Ok(true)
}

/// What is published at the moment.
pub(super) async fn publication(tx: &mut Tx<'_>) -> Result<Publication, TxError> {
    let generation = tx.query("SELECT generation FROM publication").value().await?;
    let days = tx.query("SELECT day FROM snapshots WHERE part = '' ORDER BY day").values().await?;
    let hidden = tx.query("SELECT label FROM hidden").all().await?;
    let hidden = hidden.iter().map(|row| row.bytes("label")).collect::<Result<_, _>>()?;
    Ok(Publication { generation, days: days.into_iter().map(Day).collect(), hidden })
}

/// Parts of the snapshots from a day to another.
pub(super) async fn snapshots(
    tx: &mut Tx<'_>,
    first: Day,
    last: Day,
    parts: &[String],
) -> Result<Vec<SnapshotPart>, TxError> {
    let sql = "SELECT day, part, body FROM snapshots WHERE part {any 1} AND day BETWEEN $2 AND $3 ORDER BY part, day";
    let rows = tx.query(sql).bind_list(parts).bind(first.0).bind(last.0).all().await?;
    Ok(rows.iter().map(|row| (row.day("day"), row.get("part"), row.get("body"))).collect())
}

/// Hides a label, or shows it again, and records who did.
pub(super) async fn hide(tx: &mut Tx<'_>, action: &HideAction) -> Result<(), TxError> {
    record(tx, std::slice::from_ref(action)).await?;
    let sql = if action.hide {
        "INSERT INTO hidden (label) VALUES ($1) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM hidden WHERE label = $1"
    };
    tx.query(sql).bind(action.label.as_slice()).run().await?;
    changed(tx).await
}

/// All that was ever hidden or shown again, oldest first.
pub(super) async fn hide_log(tx: &mut Tx<'_>) -> Result<Vec<HideAction>, TxError> {
    let sql = Sql {
        sqlite: "SELECT at, action = 'hide' AS hide, label, actor, reason FROM hidden_log ORDER BY at, id",
        postgres: "SELECT at, hide, label, actor, reason FROM hidden_log ORDER BY at, id",
    };
    let action = |row: &Row| {
        let (at, hide, label) = (row.get("at"), row.get("hide"), row.bytes("label")?);
        Ok(HideAction { at, hide, label, actor: row.get("actor"), reason: row.get("reason") })
    };
    tx.query(sql).all().await?.iter().map(action).collect()
}

/// Adds to the log what is new in another database's, and derives from it what is hidden: of each label, the latest
/// action counts.
pub(super) async fn merge_hide_log(tx: &mut Tx<'_>, log: &[HideAction]) -> Result<(), TxError> {
    let known = hide_log(tx).await?;
    let new: Vec<HideAction> = log.iter().filter(|action| !known.contains(action)).cloned().collect();
    record(tx, &new).await?;
    let latest: BTreeMap<[u8; 16], bool> =
        hide_log(tx).await?.into_iter().map(|action| (action.label, action.hide)).collect();
    let hidden = latest.iter().filter(|(_, hide)| **hide).map(|(label, _)| Some(label.as_slice()));
    tx.query("DELETE FROM hidden").run().await?;
    let sql = "INSERT INTO hidden (label) SELECT label FROM {rows}";
    tx.query(sql).bind_rows(&Rows::default().blob("label", hidden)).run().await?;
    changed(tx).await
}

async fn record(tx: &mut Tx<'_>, log: &[HideAction]) -> Result<(), TxError> {
    let rows = Rows::default()
        .text("at", log.iter().map(|action| Some(action.at.as_str())))
        .bool("hide", log.iter().map(|action| action.hide))
        .blob("label", log.iter().map(|action| Some(action.label.as_slice())))
        .text("actor", log.iter().map(|action| Some(action.actor.as_str())))
        .text("reason", log.iter().map(|action| Some(action.reason.as_str())));
    let sql = Sql {
        sqlite: "INSERT INTO hidden_log (at, action, label, actor, reason) \
                 SELECT at, CASE WHEN hide THEN 'hide' ELSE 'unhide' END, label, actor, reason FROM {rows}",
        postgres: "INSERT INTO hidden_log (at, hide, label, actor, reason) \
                   SELECT at, hide, label, actor, reason FROM {rows}",
    };
    tx.query(sql).bind_rows(&rows).run().await.map(drop)
}

/// The newest day up to one that has aggregates.
pub(super) async fn newest_day(tx: &mut Tx<'_>, last: Day) -> Result<Option<Day>, TxError> {
    let sql = "SELECT MAX(day) FROM aggregates WHERE day <= $1";
    Ok(tx.query(sql).bind(last.0).value::<Option<i32>>().await?.map(Day))
}

/// The labels of a group on a day with their exact numbers.
pub(super) async fn exact(tx: &mut Tx<'_>, day: Day, group: &str) -> Result<Vec<ExactLabel>, TxError> {
    let sql = Sql {
        sqlite: "SELECT aggregates.label, installs, total FROM groups JOIN aggregates ON day = $2 \
                 AND aggregates.label BETWEEN (groups.id << 32) + 1 AND (groups.id << 32) + 4294967295 WHERE name = $1",
        postgres: "SELECT aggregates.label, installs, total FROM groups JOIN aggregates ON day = $2 \
                   AND aggregates.label BETWEEN (groups.id::bigint << 32) + 1 \
                   AND (groups.id::bigint << 32) + 4294967295 WHERE name = $1",
    };
    let rows = tx.query(sql).bind(group).bind(day.0).all().await?;
    let ids: Vec<LabelId> = rows.iter().map(|row| row.get("label")).collect();
    let mut texts = labels::texts(tx, &ids).await?;
    let exact = rows.iter().zip(ids).map(|(row, id)| {
        let label = texts.remove(&id).ok_or_else(damaged)?;
        Ok(ExactLabel { id, label, installs: row.get("installs"), total: row.get("total") })
    });
    exact.collect()
}
