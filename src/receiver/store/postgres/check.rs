//! Recomputes the daily aggregates from the reports and compares, in one consistent reading.

use super::counting::entries;
use super::fault::Fault;
use crate::day::Day;
use crate::store::Checked;
use crate::store::delta::Delta;
use futures_util::TryStreamExt;
use sqlx::{PgConnection, PgPool, Row};

/// Checks everything; a difference is never repaired here.
pub(super) async fn check(pool: &PgPool) -> Result<Checked, Fault> {
    let mut reading = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let mut checked = Checked::default();
    let days: Vec<i32> = sqlx::query_scalar(
        "SELECT day FROM (SELECT day FROM reports UNION SELECT day FROM aggregates) AS days \
         WHERE day >= (SELECT first_kept FROM state) ORDER BY day",
    )
    .fetch_all(&mut *reading)
    .await?;
    for day in days {
        one_day(&mut reading, Day(day), &mut checked).await?;
    }
    for (sql, what) in [
        (
            "SELECT COUNT(*) FROM labels WHERE NOT EXISTS (SELECT 1 FROM changes) \
             AND NOT EXISTS (SELECT 1 FROM aggregates WHERE label = labels.id)",
            "labels without a report",
        ),
        (
            "SELECT COUNT(*) FROM (SELECT DISTINCT label FROM aggregates WHERE label & 4294967295 <> 0) AS used \
             WHERE NOT EXISTS (SELECT 1 FROM labels WHERE labels.id = used.label)",
            "aggregates of missing labels",
        ),
        (
            "SELECT COUNT(*) FROM reports WHERE NOT EXISTS \
             (SELECT 1 FROM installs WHERE installs.install = reports.install)",
            "reports without an install",
        ),
        (
            "SELECT COUNT(*) FROM installs WHERE last_day >= (SELECT first_kept FROM state) AND NOT EXISTS \
             (SELECT 1 FROM reports WHERE reports.install = installs.install)",
            "installs without a report",
        ),
    ] {
        let found: i64 = sqlx::query_scalar(sql).fetch_one(&mut *reading).await?;
        if found > 0 {
            checked.differences.push(format!("{found} {what}"));
        }
    }
    Ok(checked)
}

/// The aggregates of a day are what its reports add up to, less what is still to be counted.
async fn one_day(connection: &mut PgConnection, day: Day, checked: &mut Checked) -> Result<(), Fault> {
    let mut delta = Delta::default();
    {
        let mut rows = sqlx::query("SELECT entries FROM reports WHERE day = $1").bind(day.0).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            delta.add(day, &entries(&row)?);
            checked.reports += 1;
        }
    }
    {
        let mut rows =
            sqlx::query("SELECT sign, entries FROM changes WHERE day = $1").bind(day.0).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            let entries = entries(&row)?;
            if row.get::<i16, _>("sign") > 0 {
                delta.subtract(day, &entries);
            } else {
                delta.add(day, &entries);
            }
        }
    }
    let expected = delta.merged();
    let rows = sqlx::query("SELECT label, installs, total FROM aggregates WHERE day = $1 ORDER BY label")
        .bind(day.0)
        .fetch_all(connection)
        .await?;
    checked.aggregates += rows.len() as u64;
    let kept =
        rows.iter().map(|row| (row.get::<i64, _>("label"), row.get::<i64, _>("installs"), row.get::<i64, _>("total")));
    if !kept.eq(expected.iter().map(|change| (change.label, change.installs, change.total))) {
        checked.differences.push(format!("the aggregates of {day} do not match its reports"));
    }
    Ok(())
}
