//! Moves everything between this backend's file and another backend, in batches of rows.

use super::file::{self, Aside, Decisions, Tombstone};
use super::labels::json;
use super::lock;
use super::{MIGRATIONS, broken, digest, options, publication, transaction};
use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::store::delta::Delta;
use crate::store::operator::Extent;
use crate::store::{HideAction, Keyed, encoding::LabelId};
use callback_common::lock::FileLock;
use data_encoding::HEXLOWER;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row};
use std::path::Path;

/// A label's text, os and sysObjectID.
type Texts = (Option<String>, Option<String>, Option<String>);

/// Rows of one table.
pub(in crate::store) enum Rows {
    /// Number and name.
    Groups(Vec<(i64, String)>),
    /// Number, digest, texts, last day.
    Labels(Vec<(LabelId, Vec<u8>, Texts, i32)>),
    Installs(Vec<Install>),
    Reports(Vec<Report>),
    /// Day, label, installs, total.
    Aggregates(Vec<(i32, LabelId, i64, i64)>),
    Tombstones(Vec<Tombstone>),
    Blocked(Vec<Keyed>),
    /// Hash and length of the prefix.
    Networks(Vec<(Keyed, i16)>),
    /// What is hidden follows from it.
    HideLog(Vec<HideAction>),
}

pub(in crate::store) struct Install {
    pub(in crate::store) install: Keyed,
    pub(in crate::store) last_day: i32,
    pub(in crate::store) secret: Option<Vec<u8>>,
    pub(in crate::store) secret_reads: bool,
    pub(in crate::store) third_day: Option<i32>,
}

pub(in crate::store) struct Report {
    pub(in crate::store) install: Keyed,
    pub(in crate::store) day: i32,
    pub(in crate::store) number: i64,
    pub(in crate::store) payload_sha256: Vec<u8>,
    pub(in crate::store) module_sha256: Option<Vec<u8>>,
    pub(in crate::store) entries: Vec<u8>,
}

/// Single values.
pub(in crate::store) struct State {
    pub(in crate::store) key_check: Keyed,
    pub(in crate::store) first_kept: i32,
    pub(in crate::store) seen_day: i32,
    /// The largest number that a report has had.
    pub(in crate::store) last_report: i64,
}

/// A new file that is being written. Everything is one transaction; without [`Writing::finish`] the file stays empty.
pub(in crate::store) struct Writing(SqliteConnection);

impl Writing {
    /// Makes the file.
    pub(in crate::store) async fn create(path: &Path) -> Result<Self> {
        file::new_backup(path)?;
        let mut connection = options(path).connect().await.map_err(broken)?;
        MIGRATIONS.run(&mut connection).await.map_err(|_| full())?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.map_err(|_| full())?;
        Ok(Self(connection))
    }

    pub(in crate::store) async fn state(&mut self, state: &State) -> Result<()> {
        sqlx::query("INSERT INTO state (only_row, key_check, first_kept, seen_day, counted) VALUES (1, ?, ?, ?, ?)")
            .bind(state.key_check.as_slice())
            .bind(state.first_kept)
            .bind(state.seen_day)
            .bind(state.last_report)
            .execute(&mut self.0)
            .await
            .map_err(|_| full())?;
        sqlx::query("INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', ?)")
            .bind(state.last_report)
            .execute(&mut self.0)
            .await
            .map_err(|_| full())?;
        Ok(())
    }

    pub(in crate::store) async fn rows(&mut self, rows: &Rows) -> Result<()> {
        let hex = |bytes: &[u8]| HEXLOWER.encode(bytes);
        let maybe = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(|bytes| HEXLOWER.encode(bytes));
        let (sql, list) = match rows {
            Rows::Groups(rows) => {
                ("INSERT INTO groups (id, name) SELECT value ->> 0, value ->> 1 FROM json_each(?)", json(rows))
            }
            Rows::Labels(rows) => (
                "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) SELECT value ->> 0, \
                 unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)",
                json(
                    &rows
                        .iter()
                        .map(|(id, digest, (text, os, oid), day)| (id, hex(digest), text, os, oid, day))
                        .collect::<Vec<_>>(),
                ),
            ),
            Rows::Installs(rows) => (
                "INSERT INTO installs (install, last_day, secret, secret_reads, third_day) SELECT unhex(value ->> 0), \
                 value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4 FROM json_each(?)",
                json(
                    &rows
                        .iter()
                        .map(|row| {
                            let secret = (maybe(&row.secret), i32::from(row.secret_reads));
                            (hex(&row.install), row.last_day, secret.0, secret.1, row.third_day)
                        })
                        .collect::<Vec<_>>(),
                ),
            ),
            Rows::Reports(rows) => (
                "INSERT INTO reports (id, install, day, payload_sha256, module_sha256, entries) SELECT value ->> 0, \
                 (SELECT id FROM installs WHERE install = unhex(value ->> 1)), value ->> 2, unhex(value ->> 3), \
                 unhex(value ->> 4), unhex(value ->> 5) FROM json_each(?)",
                json(
                    &rows
                        .iter()
                        .map(|row| {
                            let digests = (hex(&row.payload_sha256), maybe(&row.module_sha256));
                            (row.number, hex(&row.install), row.day, digests.0, digests.1, hex(&row.entries))
                        })
                        .collect::<Vec<_>>(),
                ),
            ),
            Rows::Aggregates(rows) => (
                "INSERT INTO aggregates (day, label, installs, total) \
                 SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)",
                json(rows),
            ),
            Rows::Tombstones(rows) => (
                "INSERT INTO tombstones (tombstone, last_report, day) \
                 SELECT unhex(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?)",
                json(&rows.iter().map(|row| (hex(&row.tombstone), row.last_report, row.day)).collect::<Vec<_>>()),
            ),
            Rows::Blocked(rows) => (
                "INSERT INTO blocked (install) SELECT unhex(value) FROM json_each(?)",
                json(&rows.iter().map(|row| hex(row)).collect::<Vec<_>>()),
            ),
            Rows::Networks(rows) => (
                "INSERT INTO blocked_networks (network, bits) \
                 SELECT unhex(value ->> 0), value ->> 1 FROM json_each(?)",
                json(&rows.iter().map(|row| (hex(&row.0), row.1)).collect::<Vec<_>>()),
            ),
            Rows::HideLog(log) => return publication::take_over(&mut self.0, log).await,
        };
        sqlx::query(sql).bind(list).execute(&mut self.0).await.map(drop).map_err(|_| full())
    }

    /// Counts what is not in the aggregates that were written.
    pub(in crate::store) async fn apply(&mut self, delta: Delta) -> Result<()> {
        transaction::apply(&mut self.0, &delta.merged()).await?;
        sqlx::query("DELETE FROM labels WHERE id NOT IN (SELECT label FROM aggregates)")
            .execute(&mut self.0)
            .await
            .map(drop)
            .map_err(|_| full())
    }

    pub(in crate::store) async fn finish(mut self) -> Result<()> {
        for sql in ["COMMIT", "PRAGMA journal_mode = DELETE"] {
            sqlx::query(sql).execute(&mut self.0).await.map_err(|_| full())?;
        }
        self.0.close().await.map_err(|_| full())
    }
}

/// Name of the copy of a backup that is read.
const COPY: &str = "restoring.sqlite3";

/// A private copy of a backup, brought up to date, from which everything is read.
pub(in crate::store) struct Reading {
    connection: SqliteConnection,
    /// Removed with this.
    _copy: Aside,
    /// Held until then.
    _lock: FileLock,
}

impl Reading {
    /// Copies a backup into a folder, has the decisions carried out in it, and counts what it had not counted. Says how
    /// many installs were cleared.
    pub(in crate::store) async fn prepared(
        from: &Path,
        folder: &Path,
        key: &InstallKey,
        decisions: &Decisions,
    ) -> Result<(Self, u64)> {
        let path = folder.join(COPY);
        let lock = lock::take(&path)?;
        let copy = Aside::copy(from, path)?;
        let removed = file::prepare(copy.path(), key, decisions).await?;
        let mut connection = options(copy.path()).connect().await.map_err(broken)?;
        while transaction::count(&mut connection).await? {}
        Ok((Self { connection, _copy: copy, _lock: lock }, removed))
    }

    /// Removes what one that was killed left in a folder, unless another is at work there.
    pub(in crate::store) fn remove_left_over(folder: &Path) {
        let path = folder.join(COPY);
        if path.exists()
            && let Ok(_lock) = lock::take(&path)
        {
            file::remove(&path);
        }
    }

    pub(in crate::store) async fn close(self) {
        // Nobody else has it; what cannot be closed is removed all the same.
        let _ = self.connection.close().await;
    }

    pub(in crate::store) async fn extent(&mut self) -> Result<Extent> {
        super::dry_run::extent(&mut self.connection).await
    }

    pub(in crate::store) async fn days(&mut self) -> Result<Vec<Day>> {
        let days: Vec<i32> = sqlx::query_scalar("SELECT day FROM reports UNION SELECT day FROM aggregates")
            .fetch_all(&mut self.connection)
            .await
            .map_err(broken)?;
        Ok(days.into_iter().map(Day).collect())
    }

    pub(in crate::store) async fn state(&mut self) -> Result<State> {
        let row = sqlx::query(
            "SELECT key_check, first_kept, seen_day, \
             (SELECT coalesce(MAX(seq), 1) FROM sqlite_sequence WHERE name = 'reports') AS last_report FROM state",
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(broken)?;
        Ok(State {
            key_check: digest(row.get("key_check"))?,
            first_kept: row.get("first_kept"),
            seen_day: row.get("seen_day"),
            last_report: row.get::<i64, _>("last_report").max(1),
        })
    }

    /// The next batch of rows, table after table; `place` is where the reading stands, 0 at first.
    pub(in crate::store) async fn next(&mut self, place: &mut u64, most: usize) -> Result<Option<Rows>> {
        const TABLES: [&str; 9] = [
            "SELECT id, name FROM groups ORDER BY id",
            "SELECT id, digest, label, os, sys_object_id, last_day FROM labels ORDER BY id",
            "SELECT install, last_day, secret, secret_reads, third_day FROM installs ORDER BY id",
            "SELECT installs.install, day, reports.id AS number, payload_sha256, module_sha256, entries \
             FROM reports JOIN installs ON installs.id = reports.install ORDER BY reports.id",
            "SELECT day, label, installs, total FROM aggregates ORDER BY day, label",
            "SELECT tombstone, last_report, day FROM tombstones ORDER BY tombstone",
            "SELECT install FROM blocked ORDER BY install",
            "SELECT network, bits FROM blocked_networks ORDER BY network",
            "SELECT at, action, label, actor, reason FROM hidden_log ORDER BY at, id",
        ];
        loop {
            let (table, offset) = ((*place >> 48) as usize, *place & ((1 << 48) - 1));
            let Some(sql) = TABLES.get(table) else { return Ok(None) };
            let rows = sqlx::query(AssertSqlSafe(format!("{sql} LIMIT ? OFFSET ?")))
                .bind(most as i64)
                .bind(offset as i64)
                .fetch_all(&mut self.connection)
                .await
                .map_err(broken)?;
            if rows.is_empty() {
                *place = (table as u64 + 1) << 48;
                continue;
            }
            *place += rows.len() as u64;
            return read(table, &rows).map(Some);
        }
    }
}

fn read(table: usize, rows: &[SqliteRow]) -> Result<Rows> {
    let all = rows.iter();
    Ok(match table {
        0 => Rows::Groups(all.map(|row| (row.get("id"), row.get("name"))).collect()),
        1 => Rows::Labels(
            all.map(|row| {
                let texts = (row.get("label"), row.get("os"), row.get("sys_object_id"));
                (row.get("id"), row.get("digest"), texts, row.get("last_day"))
            })
            .collect(),
        ),
        2 => Rows::Installs(
            all.map(|row| {
                Ok(Install {
                    install: digest(row.get("install"))?,
                    last_day: row.get("last_day"),
                    secret: row.get("secret"),
                    secret_reads: row.get("secret_reads"),
                    third_day: row.get("third_day"),
                })
            })
            .collect::<Result<_>>()?,
        ),
        3 => Rows::Reports(
            all.map(|row| {
                Ok(Report {
                    install: digest(row.get("install"))?,
                    day: row.get("day"),
                    number: row.get("number"),
                    payload_sha256: row.get("payload_sha256"),
                    module_sha256: row.get("module_sha256"),
                    entries: row.get("entries"),
                })
            })
            .collect::<Result<_>>()?,
        ),
        4 => Rows::Aggregates(
            all.map(|row| (row.get("day"), row.get("label"), row.get("installs"), row.get("total"))).collect(),
        ),
        5 => Rows::Tombstones(all.map(file::tombstone).collect::<Result<_>>()?),
        6 => Rows::Blocked(all.map(|row| digest(row.get("install"))).collect::<Result<_>>()?),
        7 => Rows::Networks(all.map(file::network).collect::<Result<_>>()?),
        _ => Rows::HideLog(all.map(publication::hide_action).collect::<Result<_>>()?),
    })
}

fn full() -> Error {
    Error::new(Code::BackupFailed, "check the free space")
}
