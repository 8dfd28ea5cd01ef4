//! Recomputes the daily aggregates from the reports and compares, in one consistent reading.

use super::aggregate;
use super::delta::Delta;
use super::interned::label_key;
use super::labels::label;
use super::model::Checked;
use super::retry::TxError;
use super::sql::{Dialect, Sql};
use super::tx::Tx;
use crate::day::Day;
use futures_util::TryStreamExt;

/// What must not be found in a consistent database.
const INCONSISTENT: [(Sql, &str); 4] = [
    (
        Sql {
            sqlite: "SELECT COUNT(*) FROM labels WHERE id NOT IN (SELECT label FROM aggregates) \
                     AND NOT EXISTS (SELECT 1 FROM reports WHERE id > (SELECT counted FROM state))",
            postgres: "SELECT COUNT(*) FROM labels WHERE NOT EXISTS (SELECT 1 FROM changes) \
                       AND NOT EXISTS (SELECT 1 FROM aggregates WHERE label = labels.id)",
        },
        "labels without a report",
    ),
    (
        Sql {
            sqlite: "SELECT COUNT(*) FROM aggregates WHERE label & 4294967295 <> 0 \
                     AND label NOT IN (SELECT id FROM labels)",
            postgres: "SELECT COUNT(*) FROM \
                       (SELECT DISTINCT label FROM aggregates WHERE label & 4294967295 <> 0) AS used \
                       WHERE NOT EXISTS (SELECT 1 FROM labels WHERE labels.id = used.label)",
        },
        "aggregates of missing labels",
    ),
    (
        Sql::both(
            "SELECT COUNT(*) FROM reports WHERE NOT EXISTS \
                   (SELECT 1 FROM installs WHERE installs.{key} = reports.install)",
        ),
        "reports without an install",
    ),
    (
        Sql::both(
            "SELECT COUNT(*) FROM installs WHERE last_day >= (SELECT first_kept FROM state) \
                   AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.install = installs.{key})",
        ),
        "installs without a report",
    ),
];

/// Checks everything. Differences are not repaired.
pub(super) async fn check(tx: &mut Tx<'_>) -> Result<Checked, TxError> {
    let mut checked = Checked::default();
    if tx.dialect() == Dialect::Sqlite {
        let integrity: String = tx.query("PRAGMA integrity_check(1)").value().await?;
        if integrity != "ok" {
            checked.differences.push("SQLite reports that the file is damaged; restore a backup".into());
        }
    }
    let sql = "SELECT day FROM (SELECT day FROM reports UNION SELECT day FROM aggregates) AS days \
               WHERE day >= (SELECT first_kept FROM state) ORDER BY day";
    let days: Vec<i32> = tx.query(sql).values().await?;
    for day in days {
        check_day(tx, Day(day), &mut checked).await?;
    }
    for (sql, what) in INCONSISTENT {
        let found: i64 = tx.query(sql).value().await?;
        if found > 0 {
            checked.differences.push(format!("{found} {what}"));
        }
    }
    check_labels(tx, &mut checked).await?;
    Ok(checked)
}

/// The aggregates of a day are the sum of its reports, less what is still to be aggregated.
async fn check_day(tx: &mut Tx<'_>, day: Day, checked: &mut Checked) -> Result<(), TxError> {
    let mut delta = Delta::default();
    {
        let mut rows = tx.query("SELECT entries FROM reports WHERE day = $1").bind(day.0).stream();
        while let Some(row) = rows.try_next().await? {
            delta.add(day, &row.entries()?);
            checked.reports += 1;
        }
    }
    subtract_pending(tx, day, &mut delta).await?;
    let expected = delta.merged();
    let sql = "SELECT label, installs, total FROM aggregates WHERE day = $1 ORDER BY label";
    let rows = tx.query(sql).bind(day.0).all().await?;
    checked.aggregates += rows.len() as u64;
    let kept = rows.iter().map(|row| (row.get::<i64>("label"), row.get::<i64>("installs"), row.get::<i64>("total")));
    if !kept.eq(expected.iter().map(|change| (change.label, change.installs, change.total))) {
        checked.differences.push(format!("the aggregates of {day} do not match its reports"));
    }
    Ok(())
}

/// Subtracts from a day what its aggregates do not hold yet.
async fn subtract_pending(tx: &mut Tx<'_>, day: Day, delta: &mut Delta) -> Result<(), TxError> {
    let sql = Sql {
        sqlite: "SELECT 1 AS sign, entries FROM reports WHERE day = $1 AND id > (SELECT counted FROM state)",
        postgres: "SELECT sign, entries FROM changes WHERE day = $1",
    };
    let mut rows = tx.query(sql).bind(day.0).stream();
    while let Some(row) = rows.try_next().await? {
        aggregate::add(delta, day, -row.get::<i16>("sign"), &row.entries()?);
    }
    Ok(())
}

/// A label's digest is that of its group and texts. Groups that a later version has dropped are not known any more.
async fn check_labels(tx: &mut Tx<'_>, checked: &mut Checked) -> Result<(), TxError> {
    let sql = "SELECT digest, name, label, os, sys_object_id FROM labels JOIN groups ON groups.id = labels.id >> 32";
    let mut changed = 0;
    {
        let mut rows = tx.query(sql).stream();
        while let Some(row) = rows.try_next().await? {
            let digest = row.bytes("digest")?;
            changed += u64::from(label(&row).is_some_and(|label| label_key(&label) != digest));
        }
    }
    if changed > 0 {
        checked.differences.push(format!("{changed} labels whose texts do not match their digests"));
    }
    Ok(())
}
