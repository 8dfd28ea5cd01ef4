//! Moves everything between databases: a backup of PostgreSQL is a file of SQLite, which holds the same, and restoring
//! it reads that file. So a backup needs no program of PostgreSQL's and is checked like any other, and a receiver that
//! has outgrown its file moves to PostgreSQL by restoring its backup there.
//!
//! Each table is one list of columns: read with one statement, written with another, in batches of rows.

use super::delta::Delta;
use super::model::KeyedHash;
use super::retry::TxError;
use super::sql::{Column, Dialect, Rows, Sql};
use super::tx::{Row, Tx};
use super::{aggregate, operator, partitions, publication};
use crate::day::Day;
use futures_util::TryStreamExt;

/// Rows that are copied at a time.
const BATCH: usize = 2_000;

/// The type of a column.
#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Text,
    Blob,
}

/// A table: its columns, how they are read, and how they are written.
struct Table {
    columns: &'static [(&'static str, Kind)],
    read: Sql,
    write: Sql,
}

/// All tables but `state`, `reports`' partitions, and what follows from the log of what was hidden.
const TABLES: [Table; 8] = [
    Table {
        columns: &[("id", Kind::Int4), ("name", Kind::Text)],
        read: Sql::both("SELECT id, name FROM groups"),
        write: Sql {
            sqlite: "INSERT INTO groups (id, name) SELECT id, name FROM {rows}",
            postgres: "INSERT INTO groups (id, name) OVERRIDING SYSTEM VALUE SELECT id, name FROM {rows}",
        },
    },
    Table {
        columns: &[
            ("id", Kind::Int8),
            ("digest", Kind::Blob),
            ("label", Kind::Text),
            ("os", Kind::Text),
            ("sys_object_id", Kind::Text),
            ("last_day", Kind::Int4),
        ],
        read: Sql::both("SELECT id, digest, label, os, sys_object_id, last_day FROM labels"),
        write: Sql::both(
            "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) \
             SELECT id, digest, label, os, sys_object_id, last_day FROM {rows}",
        ),
    },
    Table {
        columns: &[
            ("install", Kind::Blob),
            ("last_day", Kind::Int4),
            ("secret", Kind::Blob),
            ("secret_reads", Kind::Bool),
            ("third_day", Kind::Int4),
        ],
        read: Sql::both("SELECT install, last_day, secret, secret_reads, third_day FROM installs"),
        write: Sql::both(
            "INSERT INTO installs (install, last_day, secret, secret_reads, third_day) \
             SELECT install, last_day, secret, secret_reads, third_day FROM {rows}",
        ),
    },
    Table {
        columns: &[
            ("install", Kind::Blob),
            ("day", Kind::Int4),
            ("number", Kind::Int8),
            ("payload_sha256", Kind::Blob),
            ("module_sha256", Kind::Blob),
            ("entries", Kind::Blob),
        ],
        read: Sql {
            sqlite: "SELECT installs.install, day, reports.id AS number, payload_sha256, module_sha256, entries \
                     FROM reports JOIN installs ON installs.id = reports.install",
            postgres: "SELECT install, day, number, payload_sha256, module_sha256, entries FROM reports",
        },
        write: Sql {
            sqlite: "INSERT INTO reports (id, install, day, payload_sha256, module_sha256, entries) \
                     SELECT number, installs.id, day, payload_sha256, module_sha256, entries FROM {rows} \
                     JOIN installs ON installs.install = new.install",
            postgres: "INSERT INTO reports (install, day, number, payload_sha256, module_sha256, entries) \
                       SELECT install, day, number, payload_sha256, module_sha256, entries FROM {rows}",
        },
    },
    Table {
        columns: &[("day", Kind::Int4), ("label", Kind::Int8), ("installs", Kind::Int8), ("total", Kind::Int8)],
        read: Sql::both("SELECT day, label, installs, total FROM aggregates"),
        write: Sql::both(
            "INSERT INTO aggregates (day, label, installs, total) SELECT day, label, installs, total FROM {rows}",
        ),
    },
    Table {
        columns: &[("tombstone", Kind::Blob), ("last_report", Kind::Int8), ("day", Kind::Int4)],
        read: Sql::both("SELECT tombstone, last_report, day FROM tombstones"),
        write: Sql::both(
            "INSERT INTO tombstones (tombstone, last_report, day) SELECT tombstone, last_report, day FROM {rows}",
        ),
    },
    Table {
        columns: &[("install", Kind::Blob)],
        read: Sql::both("SELECT install FROM blocked"),
        write: Sql::both("INSERT INTO blocked (install) SELECT install FROM {rows}"),
    },
    Table {
        columns: &[("network", Kind::Blob), ("bits", Kind::Int2)],
        read: Sql::both("SELECT network, bits FROM blocked_networks"),
        write: Sql::both("INSERT INTO blocked_networks (network, bits) SELECT network, bits FROM {rows}"),
    },
];

/// Copies all tables from one database into another, whose tables are empty.
pub(super) async fn copy(from: &mut Tx<'_>, to: &mut Tx<'_>) -> Result<(), TxError> {
    for table in &TABLES {
        let mut rows = from.query(table.read).stream();
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = rows.try_next().await? {
            batch.push(row);
            if batch.len() == BATCH {
                write(to, table, &batch).await?;
                batch.clear();
            }
        }
        write(to, table, &batch).await?;
    }
    let log = publication::hide_log(from).await?;
    publication::merge_hide_log(to, &log).await?;
    let log = operator::log(from).await?;
    operator::add(to, &log).await
}

async fn write(to: &mut Tx<'_>, table: &Table, batch: &[Row]) -> Result<(), TxError> {
    let mut rows = Rows::default();
    for (name, kind) in table.columns {
        let all = batch.iter();
        rows = rows.with(
            name,
            match kind {
                Kind::Bool => Column::Bool(all.map(|row| row.get(*name)).collect()),
                Kind::Int2 => Column::Int2(all.map(|row| row.get(*name)).collect()),
                Kind::Int4 => Column::Int4(all.map(|row| row.get(*name)).collect()),
                Kind::Int8 => Column::Int8(all.map(|row| row.get(*name)).collect()),
                Kind::Text => Column::Text(all.map(|row| row.get(*name)).collect()),
                Kind::Blob => Column::Blob(all.map(|row| row.get(*name)).collect()),
            },
        );
    }
    if rows.is_empty() {
        return Ok(());
    }
    to.query(table.write).bind_rows(&rows).run().await.map(drop)
}

/// Single values.
pub(super) struct State {
    pub(super) key_check: KeyedHash,
    pub(super) first_kept: i32,
    pub(super) last_trusted_day: i32,
    /// The largest number that a report has had.
    pub(super) last_report: i64,
}

/// The single values of a database.
pub(super) async fn state(tx: &mut Tx<'_>) -> Result<State, TxError> {
    let sql = Sql {
        sqlite: "SELECT key_check, first_kept, seen_day, \
                 (SELECT coalesce(MAX(seq), 1) FROM sqlite_sequence WHERE name = 'reports') AS last_report FROM state",
        postgres: "SELECT key_check, first_kept, seen_day, \
                   (SELECT last_value FROM report_numbers) AS last_report FROM state",
    };
    let row = tx.query(sql).one().await?;
    Ok(State {
        key_check: row.bytes("key_check")?,
        first_kept: row.get("first_kept"),
        last_trusted_day: row.get("seen_day"),
        last_report: row.get::<i64>("last_report").max(1),
    })
}

/// Writes PostgreSQL into a new file of SQLite.
pub(super) async fn write_backup(from: &mut Tx<'_>, to: &mut Tx<'_>) -> Result<(), TxError> {
    let state = state(from).await?;
    to.query("INSERT INTO state (only_row, key_check, first_kept, seen_day, counted) VALUES (1, $1, $2, $3, $4)")
        .bind(state.key_check.as_slice())
        .bind(state.first_kept)
        .bind(state.last_trusted_day)
        .bind(state.last_report)
        .run()
        .await?;
    let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', $1)";
    to.query(sql).bind(state.last_report).run().await?;
    copy(from, to).await?;
    // What the aggregates do not hold yet.
    let mut delta = Delta::default();
    for row in from.query("SELECT day, sign, entries FROM changes").all().await? {
        aggregate::add(&mut delta, row.day("day"), row.get("sign"), &row.entries()?);
    }
    aggregate::apply(to, &delta.merged()).await?;
    to.query("DELETE FROM labels WHERE id NOT IN (SELECT label FROM aggregates)").run().await.map(drop)
}

/// Replaces everything in PostgreSQL by a prepared copy of a backup.
pub(super) async fn read_backup(from: &mut Tx<'_>, to: &mut Tx<'_>) -> Result<(), TxError> {
    debug_assert!(from.dialect() == Dialect::Sqlite && to.dialect() == Dialect::Postgres);
    for day in partitions::days(to).await? {
        partitions::drop_day(to, day).await?;
    }
    let tables = "TRUNCATE installs, groups, labels, changes, tombstones, blocked, blocked_networks, snapshots, hidden_log, \
         operator_log";
    to.query(tables).run().await?;
    let days: Vec<i32> = from.query("SELECT day FROM reports UNION SELECT day FROM aggregates").values().await?;
    for day in days {
        partitions::create(to, Day(day)).await?;
    }
    copy(from, to).await?;
    to.query("UPDATE publication SET removals = removals + 1").run().await?;
    let state = state(from).await?;
    let sql = "UPDATE state SET first_kept = greatest(first_kept, $1), seen_day = greatest(seen_day, $2), \
               labels_epoch = labels_epoch + 1";
    to.query(sql).bind(state.first_kept).bind(state.last_trusted_day).run().await?;
    // Numbers go on from where either database was, so that tombstones keep their meaning.
    let sql = "SELECT setval('report_numbers', greatest($1, (SELECT last_value FROM report_numbers)))";
    to.query(sql).bind(state.last_report).run().await?;
    for sql in [
        "SELECT setval('label_numbers', greatest(1, (SELECT MAX(id & 4294967295) FROM labels)))",
        "SELECT setval(pg_get_serial_sequence('groups', 'id'), greatest(1, (SELECT MAX(id) FROM groups)))",
    ] {
        to.query(sql).run().await?;
    }
    Ok(())
}
