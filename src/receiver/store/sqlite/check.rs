//! Recomputes the daily aggregates from the reports and compares, in one consistent reading.

use super::{broken, transaction};
use crate::day::Day;
use crate::error::Result;
use crate::store::Checked;
use crate::store::delta::Delta;
use futures_util::TryStreamExt;
use sqlx::sqlite::SqlitePool;
use sqlx::{Row, SqliteConnection};

/// Checks everything; a difference is never repaired here.
pub(super) async fn check(readers: &SqlitePool) -> Result<Checked> {
    let mut reading = readers.begin().await.map_err(broken)?;
    let mut checked = Checked::default();
    let integrity: String =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *reading).await.map_err(broken)?;
    if integrity != "ok" {
        checked.differences.push("SQLite reports that the file is damaged; restore a backup".into());
    }
    let state = sqlx::query("SELECT counted, first_kept FROM state").fetch_one(&mut *reading).await.map_err(broken)?;
    let (counted, first_kept): (i64, i32) = (state.get("counted"), state.get("first_kept"));
    let days: Vec<i32> = sqlx::query_scalar(
        "SELECT DISTINCT day FROM reports WHERE day >= ?1 UNION SELECT DISTINCT day FROM aggregates WHERE day >= ?1",
    )
    .bind(first_kept)
    .fetch_all(&mut *reading)
    .await
    .map_err(broken)?;
    for day in days {
        one_day(&mut reading, Day(day), counted, &mut checked).await?;
    }
    for (sql, what) in [
        (
            "SELECT COUNT(*) FROM labels WHERE id NOT IN (SELECT label FROM aggregates) \
          AND (SELECT COUNT(*) FROM reports WHERE id > (SELECT counted FROM state)) = 0",
            "labels without a report",
        ),
        (
            "SELECT COUNT(*) FROM aggregates WHERE label & 4294967295 <> 0 \
          AND label NOT IN (SELECT id FROM labels)",
            "aggregates of missing labels",
        ),
        ("SELECT COUNT(*) FROM reports WHERE install NOT IN (SELECT id FROM installs)", "reports without an install"),
        (
            "SELECT COUNT(*) FROM installs WHERE last_day >= (SELECT first_kept FROM state) AND NOT EXISTS \
          (SELECT 1 FROM reports WHERE reports.install = installs.id)",
            "installs without a report",
        ),
    ] {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reading).await.map_err(broken)?;
        if found > 0 {
            checked.differences.push(format!("{found} {what}"));
        }
    }
    Ok(checked)
}

async fn one_day(connection: &mut SqliteConnection, day: Day, counted: i64, checked: &mut Checked) -> Result<()> {
    let mut delta = Delta::default();
    {
        let mut rows = sqlx::query("SELECT entries FROM reports WHERE day = ? AND id <= ?")
            .bind(day.0)
            .bind(counted)
            .fetch(&mut *connection);
        while let Some(row) = rows.try_next().await.map_err(broken)? {
            delta.add(day, &transaction::entries(&row)?);
            checked.reports += 1;
        }
    }
    let expected = delta.merged();
    let rows = sqlx::query("SELECT label, installs, total FROM aggregates WHERE day = ? ORDER BY label")
        .bind(day.0)
        .fetch_all(connection)
        .await
        .map_err(broken)?;
    checked.aggregates += rows.len() as u64;
    let kept =
        rows.iter().map(|row| (row.get::<i64, _>("label"), row.get::<i64, _>("installs"), row.get::<i64, _>("total")));
    if !kept.eq(expected.iter().map(|change| (change.label, change.installs, change.total))) {
        checked.differences.push(format!("the aggregates of {day} do not match its reports"));
    }
    Ok(())
}
