//! What requests, metrics and commands read.

use super::access::check_read;
use super::delta;
use super::encoding::{LabelId, whole_group};
use super::interned::group_name;
use super::labels::{self, label};
use super::model::{Access, Aggregate, Counted, Credentials, Expired, HeldReport, Holdings, KeyedHash};
use super::retry::{TxError, damaged};
use super::sql::{Dialect, Sql};
use super::tx::{Row, Tx};
use crate::day::Day;

/// The reports of an install, by day.
pub(super) async fn held(tx: &mut Tx<'_>, credentials: &Credentials) -> Result<Access<Vec<HeldReport>>, TxError> {
    let install = credentials.install.as_slice();
    let sql = "SELECT secret, secret_reads FROM installs WHERE install = $1";
    let Some(known) = tx.query(sql).bind(install).optional().await? else {
        return Ok(Access::Granted(Vec::new()));
    };
    if let Some(refused) = check_read(known.get("secret"), known.get("secret_reads"), credentials) {
        return Ok(refused);
    }
    let sql = "SELECT day, payload_sha256, module_sha256, entries FROM reports \
               WHERE install = (SELECT {key} FROM installs WHERE install = $1) \
               AND day >= (SELECT first_kept FROM state) ORDER BY day";
    let rows = tx.query(sql).bind(install).all().await?;
    let mut reports = Vec::with_capacity(rows.len());
    for row in rows {
        let entries = row.entries()?;
        let ids: Vec<LabelId> = entries.iter().map(|(label, _)| *label).collect();
        let mut labels = labels::texts(tx, &ids).await?;
        let module = row.get::<Option<&[u8]>>("module_sha256").map(TryInto::try_into).transpose();
        reports.push(HeldReport {
            day: row.day("day"),
            payload_sha256: row.bytes("payload_sha256")?,
            module_sha256: module.map_err(|_| damaged())?,
            totals: entries.iter().filter_map(|(label, total)| Some((labels.remove(label)?, *total))).collect(),
        });
    }
    Ok(Access::Granted(reports))
}

/// Whether a report of an install and day is held, or the install was cleared on that day or later.
pub(super) async fn has_report(
    tx: &mut Tx<'_>,
    install: &KeyedHash,
    tombstone: &KeyedHash,
    day: Day,
) -> Result<bool, TxError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM reports WHERE day = $3 \
               AND install = (SELECT {key} FROM installs WHERE install = $1)) \
               OR EXISTS (SELECT 1 FROM tombstones WHERE tombstone = $2 AND day >= $3)";
    tx.query(sql).bind(install.as_slice()).bind(tombstone.as_slice()).bind(day.0).value().await
}

/// How much is held.
pub(super) async fn holdings(tx: &mut Tx<'_>) -> Result<Holdings, TxError> {
    let sql = Sql {
        sqlite: "SELECT (SELECT COUNT(*) FROM installs) AS installs, (SELECT COUNT(*) FROM reports) AS reports, \
                 (SELECT COUNT(*) FROM labels) AS labels, \
                 (SELECT COUNT(*) FROM reports WHERE id > (SELECT counted FROM state)) AS not_yet_counted",
        postgres: "SELECT (SELECT COUNT(*) FROM installs) AS installs, (SELECT COUNT(*) FROM reports) AS reports, \
                   (SELECT COUNT(*) FROM labels) AS labels, (SELECT COUNT(*) FROM changes) AS not_yet_counted",
    };
    let row = tx.query(sql).one().await?;
    Ok(Holdings {
        installs: row.get("installs"),
        reports: row.get("reports"),
        labels: row.get("labels"),
        not_yet_counted: row.get("not_yet_counted"),
    })
}

/// A day's aggregates.
pub(super) async fn aggregates(tx: &mut Tx<'_>, day: Day) -> Result<Vec<Aggregate>, TxError> {
    let sql = "SELECT aggregates.label AS id, name, labels.label, os, sys_object_id, installs, total FROM aggregates \
               LEFT JOIN groups ON groups.id = aggregates.label >> 32 \
               LEFT JOIN labels ON labels.id = aggregates.label WHERE day = $1 ORDER BY aggregates.label";
    let aggregate = |row: &Row| {
        let counted = counted(row)?;
        Some(Aggregate { counted, installs: row.get("installs"), total: row.get("total") })
    };
    Ok(tx.query(sql).bind(day.0).all().await?.iter().filter_map(aggregate).collect())
}

/// What a row of aggregates counts; nothing for a group that a later version has dropped.
fn counted(row: &Row) -> Option<Counted> {
    let id: LabelId = row.get("id");
    if id == delta::REPORTS {
        return Some(Counted::Reports);
    }
    if whole_group(id) == id {
        return group_name(row.get::<Option<&str>>("name")?).map(Counted::Group);
    }
    label(row).map(Counted::Label)
}

/// Whether the database answers.
pub(super) async fn ready(tx: &mut Tx<'_>) -> Result<(), TxError> {
    tx.query("SELECT first_kept FROM state").one().await.map(drop)
}

/// The networks that are blocked.
pub(super) async fn blocked_networks(tx: &mut Tx<'_>) -> Result<Vec<(KeyedHash, u8)>, TxError> {
    let rows = tx.query("SELECT network, bits FROM blocked_networks ORDER BY network").all().await?;
    let network = |row: &Row| {
        let bits = u8::try_from(row.get::<i16>("bits")).map_err(|_| damaged())?;
        Ok((row.bytes("network")?, bits))
    };
    rows.iter().map(network).collect()
}

/// The last day on which the clock was trusted.
pub(super) async fn last_trusted_day(tx: &mut Tx<'_>) -> Result<Day, TxError> {
    Ok(Day(tx.query("SELECT seen_day FROM state").value().await?))
}

/// What is older than a day.
pub(super) async fn expirable(tx: &mut Tx<'_>, first_kept: Day) -> Result<Expired, TxError> {
    let sql = "SELECT (SELECT COUNT(*) FROM reports WHERE day < $1) AS reports, \
               (SELECT COUNT(*) FROM installs WHERE last_day < $1) AS installs";
    let row = tx.query(sql).bind(first_kept.0).one().await?;
    let count = |column: &str| u64::try_from(row.get::<i64>(column)).unwrap_or_default();
    Ok(Expired { reports: count("reports"), installs: count("installs"), ..Expired::default() })
}

/// Size of the database in bytes, if a server has it: PostgreSQL.
pub(super) async fn server_bytes(tx: &mut Tx<'_>) -> Result<Option<i64>, TxError> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(None),
        Dialect::Postgres => tx.query("SELECT pg_database_size(current_database())").value().await.map(Some),
    }
}

/// Whether a receiver has stored something. Its tables may be missing.
pub(super) async fn has_data(tx: &mut Tx<'_>) -> Result<bool, TxError> {
    let has_tables: bool = match tx.dialect() {
        Dialect::Sqlite => true,
        Dialect::Postgres => tx.query("SELECT to_regclass('state') IS NOT NULL").value().await?,
    };
    Ok(has_tables && tx.query("SELECT EXISTS (SELECT 1 FROM state)").value().await?)
}
