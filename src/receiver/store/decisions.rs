//! What was decided in a database that a backup replaces, and outlives it: a backup brings back reports, but neither
//! deleted ones nor expired ones, nothing hidden, and nobody who is blocked.

use super::access::same;
use super::model::{Blocked, HideAction, KeyedHash};
use super::operator::{self, OperatorAction};
use super::retry::TxError;
use super::sql::{Rows, Sql};
use super::tx::{Row, Tx};
use super::{aggregate, publication, read, remove};
use crate::code::Code;
use crate::day::Day;
use crate::error::Error;
use crate::key::InstallKey;
use std::collections::BTreeMap;

/// That an install was cleared.
struct Tombstone {
    last_report: i64,
    day: i32,
}

/// Decisions.
#[derive(Default)]
pub(super) struct Decisions {
    tombstones: BTreeMap<KeyedHash, Tombstone>,
    /// In order. Of both databases' actions the latest says whether a label is hidden.
    hide_log: Vec<HideAction>,
    operator_log: Vec<OperatorAction>,
    /// Who is blocked in either is blocked afterwards.
    blocked: Vec<Blocked>,
    /// Everything before this day is expired.
    first_kept: i32,
    last_trusted_day: i32,
}

/// The decisions in a database.
pub(super) async fn decisions(tx: &mut Tx<'_>) -> Result<Decisions, TxError> {
    let tombstone = |row: &Row| {
        let (last_report, day) = (row.get("last_report"), row.get("day"));
        Ok((row.bytes("tombstone")?, Tombstone { last_report, day }))
    };
    let rows = tx.query("SELECT tombstone, last_report, day FROM tombstones").all().await?;
    let tombstones = rows.iter().map(tombstone).collect::<Result<_, TxError>>()?;
    let rows = tx.query("SELECT install FROM blocked").all().await?;
    let installs = rows.iter().map(|row| Ok(Blocked::Install(row.bytes("install")?)));
    let mut blocked = installs.collect::<Result<Vec<_>, TxError>>()?;
    let networks = read::blocked_networks(tx).await?;
    blocked.extend(networks.into_iter().map(|(network, bits)| Blocked::Network(network, bits)));
    let row = tx.query("SELECT first_kept, seen_day FROM state").optional().await?;
    let day = |column: &str| row.as_ref().map_or(0, |row| row.get(column));
    let (first_kept, last_trusted_day) = (day("first_kept"), day("seen_day"));
    let (hide_log, operator_log) = (publication::hide_log(tx).await?, operator::log(tx).await?);
    Ok(Decisions { tombstones, hide_log, operator_log, blocked, first_kept, last_trusted_day })
}

/// Carries decisions out in a copy of a backup. Returns how many installs were deleted again.
pub(super) async fn carry_out(tx: &mut Tx<'_>, decisions: &Decisions, key: &InstallKey) -> Result<u64, TxError> {
    aggregate::reconcile(tx).await?;
    let mut removed = 0;
    for row in tx.query("SELECT install FROM installs").all().await? {
        let install = row.bytes("install")?;
        if let Some(tombstone) = decisions.tombstones.get(&key.tombstone(&install)) {
            removed += u64::from(clear_up_to(tx, &install, tombstone.last_report).await?);
        }
    }
    let tombstones = Rows::default()
        .blob("tombstone", decisions.tombstones.keys().map(|name| Some(name.as_slice())))
        .int8("last_report", decisions.tombstones.values().map(|tombstone| tombstone.last_report))
        .int4("day", decisions.tombstones.values().map(|tombstone| tombstone.day));
    tx.query(
        "INSERT INTO tombstones (tombstone, last_report, day) SELECT tombstone, last_report, day FROM {rows} \
         WHERE true ON CONFLICT (tombstone) DO UPDATE SET last_report = MAX(last_report, excluded.last_report), \
         day = MAX(day, excluded.day)",
    )
    .bind_rows(&tombstones)
    .run()
    .await?;
    publication::merge_hide_log(tx, &decisions.hide_log).await?;
    operator::add(tx, &decisions.operator_log).await?;
    for blocked in &decisions.blocked {
        block(tx, blocked, true).await?;
    }
    // Expired reports stay expired, and the clock guard does not go back.
    remove::expire_before(tx, Day(decisions.first_kept)).await?;
    let sql = "UPDATE state SET seen_day = $1 WHERE seen_day < $1";
    tx.query(sql).bind(decisions.last_trusted_day).run().await?;
    // Numbers of reports go on from where the replaced database was, so that tombstones keep their meaning.
    let sql = "UPDATE sqlite_sequence SET seq = MAX(seq, (SELECT coalesce(MAX(last_report), 0) FROM tombstones)) \
               WHERE name = 'reports'";
    tx.query(sql).run().await?;
    Ok(removed)
}

/// Deletes those reports of an install that were cleared after the backup was made, and the install if it has no others.
/// Returns whether it deleted any.
async fn clear_up_to(tx: &mut Tx<'_>, install: &KeyedHash, last_report: i64) -> Result<bool, TxError> {
    let sql = "DELETE FROM reports WHERE install = (SELECT id FROM installs WHERE install = $1) AND id <= $2 \
               RETURNING day, entries";
    let deleted = tx.query(sql).bind(install.as_slice()).bind(last_report).all().await?;
    remove::subtract(tx, &deleted).await?;
    let sql = "DELETE FROM installs WHERE install = $1 \
               AND NOT EXISTS (SELECT 1 FROM reports WHERE reports.install = installs.id)";
    tx.query(sql).bind(install.as_slice()).run().await?;
    Ok(!deleted.is_empty())
}

/// Blocks an install or a network, or no longer blocks it.
pub(super) async fn block(tx: &mut Tx<'_>, blocked: &Blocked, is_blocked: bool) -> Result<(), TxError> {
    let query = match (blocked, is_blocked) {
        (Blocked::Install(install), true) => {
            tx.query("INSERT INTO blocked (install) VALUES ($1) ON CONFLICT DO NOTHING").bind(install.as_slice())
        }
        (Blocked::Install(install), false) => {
            tx.query("DELETE FROM blocked WHERE install = $1").bind(install.as_slice())
        }
        (Blocked::Network(network, bits), true) => tx
            .query("INSERT INTO blocked_networks (network, bits) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(network.as_slice())
            .bind(i16::from(*bits)),
        (Blocked::Network(network, bits), false) => tx
            .query("DELETE FROM blocked_networks WHERE network = $1 AND bits = $2")
            .bind(network.as_slice())
            .bind(i16::from(*bits)),
    };
    query.run().await.map(drop)
}

/// Writes the key's check value into a new database, and checks that an existing database is of this key.
pub(super) async fn check_key(tx: &mut Tx<'_>, key: &InstallKey) -> Result<(), TxError> {
    let value = key.check_value();
    let sql = Sql {
        sqlite: "INSERT INTO state (only_row, key_check) VALUES (1, $1) ON CONFLICT DO NOTHING",
        postgres: "INSERT INTO state (key_check) VALUES ($1) ON CONFLICT DO NOTHING",
    };
    tx.query(sql).bind(value.as_slice()).run().await?;
    let kept: Vec<u8> = tx.query("SELECT key_check FROM state").value().await?;
    if same(&value, &kept) { Ok(()) } else { Err(Error::from(Code::KeyMismatch).into()) }
}
