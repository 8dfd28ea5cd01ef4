//! Backups of a PostgreSQL database, and restoring: through the file of the SQLite backend, which holds the same. So a
//! backup needs no program of PostgreSQL's and is checked like any other, what was cleared since is cleared again by the
//! same code, and a receiver that has outgrown its file moves into PostgreSQL by restoring its backup there.

use super::fault::Fault;
use super::locks::{self, Lock};
use super::{counting, digest, partitions, pool, prepare, publication};
use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::store::Keyed;
use crate::store::delta::Delta;
use crate::store::sqlite::file::{self, Decisions, Tombstone};
use crate::store::sqlite::transfer::{Install, Report, Rows, State};
use crate::store::sqlite::transfer::{Reading, Writing};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgRow};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, Row};
use std::path::Path;

/// Rows that are copied at a time.
const AT_ONCE: usize = 2_000;

/// Copies the database into a new file, as it is at one moment, and checks the copy. Receivers go on meanwhile.
///
/// # Errors
/// If the file exists, cannot be written, or does not pass the check.
pub async fn backup(options: PgConnectOptions, to: &Path) -> Result<()> {
    let pool = pool(options, 2).await?;
    counting::count(&pool).await?;
    let mut reading = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(Fault::from)?;
    let mut writing = Writing::create(to).await?;
    copy_out(&mut reading, &mut writing).await?;
    drop(reading);
    pool.close().await;
    writing.finish().await?;
    file::check_backup(to).await
}

/// Reads a table in batches, each handed on before the next is read.
async fn each<T>(
    connection: &mut PgConnection,
    sql: &'static str,
    read: impl Fn(&PgRow) -> Result<T>,
    mut write: impl AsyncFnMut(Vec<T>) -> Result<()>,
) -> Result<()> {
    let mut rows = sqlx::query(sql).fetch(connection);
    let mut batch = Vec::with_capacity(AT_ONCE);
    while let Some(row) = rows.try_next().await.map_err(Fault::from)? {
        batch.push(read(&row)?);
        if batch.len() == AT_ONCE {
            write(std::mem::take(&mut batch)).await?;
        }
    }
    write(batch).await
}

async fn copy_out(connection: &mut PgConnection, to: &mut Writing) -> Result<()> {
    let row = sqlx::query(
        "SELECT key_check, first_kept, seen_day, (SELECT last_value FROM report_numbers) AS last_report FROM state",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(Fault::from)?;
    to.state(&State {
        key_check: digest(row.get("key_check"))?,
        first_kept: row.get("first_kept"),
        seen_day: row.get("seen_day"),
        last_report: row.get("last_report"),
    })
    .await?;
    let text = |row: &PgRow| Ok((i64::from(row.get::<i32, _>("id")), row.get::<String, _>("name")));
    each(connection, "SELECT id, name FROM groups", text, async |rows| to.rows(&Rows::Groups(rows)).await).await?;
    each(
        connection,
        "SELECT id, digest, label, os, sys_object_id, last_day FROM labels",
        |row| {
            let digest = row.get::<Vec<u8>, _>("digest");
            let texts = (row.get("label"), row.get("os"), row.get("sys_object_id"));
            Ok((row.get("id"), digest, texts, row.get("last_day")))
        },
        async |rows| to.rows(&Rows::Labels(rows)).await,
    )
    .await?;
    each(
        connection,
        "SELECT install, last_day, secret, secret_reads, third_day FROM installs",
        |row| {
            Ok(Install {
                install: digest(row.get("install"))?,
                last_day: row.get("last_day"),
                secret: row.get("secret"),
                secret_reads: row.get("secret_reads"),
                third_day: row.get("third_day"),
            })
        },
        async |rows| to.rows(&Rows::Installs(rows)).await,
    )
    .await?;
    each(
        connection,
        "SELECT install, day, number, payload_sha256, module_sha256, entries FROM reports",
        |row| {
            Ok(Report {
                install: digest(row.get("install"))?,
                day: row.get("day"),
                number: row.get("number"),
                payload_sha256: row.get("payload_sha256"),
                module_sha256: row.get("module_sha256"),
                entries: row.get("entries"),
            })
        },
        async |rows| to.rows(&Rows::Reports(rows)).await,
    )
    .await?;
    each(
        connection,
        "SELECT day, label, installs, total FROM aggregates",
        |row| Ok((row.get("day"), row.get("label"), row.get("installs"), row.get("total"))),
        async |rows| to.rows(&Rows::Aggregates(rows)).await,
    )
    .await?;
    each(connection, TOMBSTONES, tombstone, async |rows| to.rows(&Rows::Tombstones(rows)).await).await?;
    each(connection, BLOCKED, blocked, async |rows| to.rows(&Rows::Blocked(rows)).await).await?;
    each(connection, NETWORKS, network, async |rows| to.rows(&Rows::Networks(rows)).await).await?;
    let hide_log = async |rows| to.rows(&Rows::HideLog(rows)).await;
    each(connection, publication::HIDE_LOG, publication::hide_action, hide_log).await?;
    // What came in between the counting above and this reading.
    let mut delta = Delta::default();
    let rows =
        sqlx::query("SELECT day, sign, entries FROM changes").fetch_all(connection).await.map_err(Fault::from)?;
    for row in rows {
        let (day, entries) = (Day(row.get("day")), counting::entries(&row)?);
        if row.get::<i16, _>("sign") > 0 {
            delta.add(day, &entries);
        } else {
            delta.take_out(day, &entries);
        }
    }
    to.apply(delta).await
}

const TOMBSTONES: &str = "SELECT tombstone, last_report, day FROM tombstones";
const BLOCKED: &str = "SELECT install FROM blocked";
const NETWORKS: &str = "SELECT network, bits FROM blocked_networks";

fn tombstone(row: &PgRow) -> Result<Tombstone> {
    let (last_report, day) = (row.get("last_report"), row.get("day"));
    Ok(Tombstone { tombstone: digest(row.get("tombstone"))?, last_report, day })
}

fn blocked(row: &PgRow) -> Result<Keyed> {
    digest(row.get("install"))
}

fn network(row: &PgRow) -> Result<(Keyed, i16)> {
    Ok((digest(row.get("network"))?, row.get("bits")))
}

/// The decisions in the database that is replaced.
pub(super) async fn decisions(pool: &PgPool) -> Result<Decisions> {
    let all = async |sql: &'static str| sqlx::query(sql).fetch_all(pool).await.map_err(Fault::from);
    Ok(Decisions {
        tombstones: all(TOMBSTONES).await?.iter().map(tombstone).collect::<Result<_>>()?,
        hide_log: publication::hide_log(pool).await?,
        blocked: all(BLOCKED).await?.iter().map(blocked).collect::<Result<_>>()?,
        networks: all(NETWORKS).await?.iter().map(network).collect::<Result<_>>()?,
    })
}

/// Puts a backup, of this backend or of the file, in the place of what is in the database, without what was cleared
/// after it was made and with what was hidden or blocked since (`Decisions`). Returns how many installs were cleared
/// again. A copy of the backup is worked on in a folder that is nobody else's.
///
/// # Errors
/// If either cannot be used or a receiver runs, or [`Code::KeyMismatch`].
pub async fn restore(options: PgConnectOptions, from: &Path, folder: &Path, key: &InstallKey) -> Result<u64> {
    let mut alone = PgConnection::connect_with(&options).await.map_err(Fault::from)?;
    let pool = pool(options, 2).await?;
    if !locks::for_good(&mut alone, Lock::Running, true).await? {
        return Err(Code::DatabaseInUse.into());
    }
    let restored = async {
        prepare(&pool, key).await?;
        let (mut reading, removed) = Reading::prepared(from, folder, key, &decisions(&pool).await?).await?;
        let copied = async {
            let mut transaction = pool.begin().await.map_err(Fault::from)?;
            copy_in(&mut transaction, &mut reading).await?;
            transaction.commit().await.map_err(Fault::from)?;
            Ok::<_, Error>(removed)
        }
        .await;
        reading.close().await;
        copied
    }
    .await;
    // The server notices a closed connection only some time later, so the lock is released explicitly.
    let _ = execute(&mut alone, "SELECT pg_advisory_unlock_all()").await;
    let _ = alone.close().await;
    pool.close().await;
    restored
}

/// Columns of rows, as `unnest` takes them.
macro_rules! column {
    ($rows:expr, $row:ident => $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

async fn copy_in(connection: &mut PgConnection, from: &mut Reading) -> Result<()> {
    for day in partitions::days(connection).await? {
        partitions::drop_day(connection, day).await?;
    }
    let sql =
        "TRUNCATE installs, groups, labels, changes, tombstones, blocked, blocked_networks, snapshots, hidden_log";
    execute(connection, sql).await?;
    for day in from.days().await? {
        partitions::make(connection, day).await?;
    }
    let mut after = 0;
    while let Some(rows) = from.next(&mut after, AT_ONCE).await? {
        write(connection, &rows).await?;
    }
    for sql in publication::HIDE_AS_LOGGED {
        execute(connection, sql).await?;
    }
    execute(connection, "UPDATE publication SET generation = generation + 1, removals = removals + 1").await?;
    let state = from.state().await?;
    sqlx::query(
        "UPDATE state SET first_kept = greatest(first_kept, $1), seen_day = greatest(seen_day, $2), \
         labels_epoch = labels_epoch + 1",
    )
    .bind(state.first_kept)
    .bind(state.seen_day)
    .execute(&mut *connection)
    .await
    .map_err(Fault::from)?;
    // Numbers go on from where either database was, so that tombstones keep their meaning.
    sqlx::query("SELECT setval('report_numbers', greatest($1, (SELECT last_value FROM report_numbers)))")
        .bind(state.last_report)
        .execute(&mut *connection)
        .await
        .map_err(Fault::from)?;
    execute(connection, "SELECT setval('label_numbers', greatest(1, (SELECT MAX(id & 4294967295) FROM labels)))")
        .await?;
    execute(
        connection,
        "SELECT setval(pg_get_serial_sequence('groups', 'id'), greatest(1, (SELECT MAX(id) FROM groups)))",
    )
    .await
}

async fn execute(connection: &mut PgConnection, sql: &'static str) -> Result<()> {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.map(drop).map_err(|error| Fault::from(error).into())
}

async fn write(connection: &mut PgConnection, rows: &Rows) -> Result<()> {
    let query = match rows {
        Rows::Groups(rows) => sqlx::query(
            "INSERT INTO groups (id, name) OVERRIDING SYSTEM VALUE \
             SELECT id::integer, name FROM unnest($1::bigint[], $2::text[]) AS new (id, name)",
        )
        .bind(column!(rows, row => row.0))
        .bind(column!(rows, row => row.1.as_str())),
        Rows::Labels(rows) => sqlx::query(
            "INSERT INTO labels (id, digest, label, os, sys_object_id, last_day) \
             SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::text[], $4::text[], $5::text[], $6::integer[])",
        )
        .bind(column!(rows, row => row.0))
        .bind(column!(rows, row => row.1.as_slice()))
        .bind(column!(rows, row => row.2.0.as_deref()))
        .bind(column!(rows, row => row.2.1.as_deref()))
        .bind(column!(rows, row => row.2.2.as_deref()))
        .bind(column!(rows, row => row.3)),
        Rows::Installs(rows) => sqlx::query(
            "INSERT INTO installs (install, last_day, secret, secret_reads, third_day) \
             SELECT * FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::boolean[], $5::integer[])",
        )
        .bind(column!(rows, row => row.install.as_slice()))
        .bind(column!(rows, row => row.last_day))
        .bind(column!(rows, row => row.secret.as_deref()))
        .bind(column!(rows, row => row.secret_reads))
        .bind(column!(rows, row => row.third_day)),
        Rows::Reports(rows) => sqlx::query(
            "INSERT INTO reports (install, day, number, payload_sha256, module_sha256, entries) \
             SELECT * FROM unnest($1::bytea[], $2::integer[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[])",
        )
        .bind(column!(rows, row => row.install.as_slice()))
        .bind(column!(rows, row => row.day))
        .bind(column!(rows, row => row.number))
        .bind(column!(rows, row => row.payload_sha256.as_slice()))
        .bind(column!(rows, row => row.module_sha256.as_deref()))
        .bind(column!(rows, row => row.entries.as_slice())),
        Rows::Aggregates(rows) => sqlx::query(
            "INSERT INTO aggregates (day, label, installs, total) \
             SELECT * FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bigint[])",
        )
        .bind(column!(rows, row => row.0))
        .bind(column!(rows, row => row.1))
        .bind(column!(rows, row => row.2))
        .bind(column!(rows, row => row.3)),
        Rows::Tombstones(rows) => sqlx::query(
            "INSERT INTO tombstones (tombstone, last_report, day) \
             SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::integer[])",
        )
        .bind(column!(rows, row => row.tombstone.as_slice()))
        .bind(column!(rows, row => row.last_report))
        .bind(column!(rows, row => row.day)),
        Rows::Blocked(rows) => sqlx::query("INSERT INTO blocked (install) SELECT * FROM unnest($1::bytea[])")
            .bind(column!(rows, row => row.as_slice())),
        Rows::Networks(rows) => sqlx::query(
            "INSERT INTO blocked_networks (network, bits) SELECT * FROM unnest($1::bytea[], $2::smallint[])",
        )
        .bind(column!(rows, row => row.0.as_slice()))
        .bind(column!(rows, row => row.1)),
        Rows::HideLog(rows) => sqlx::query(
            "INSERT INTO hidden_log (at, hide, label, actor, reason) \
             SELECT * FROM unnest($1::text[], $2::boolean[], $3::bytea[], $4::text[], $5::text[])",
        )
        .bind(column!(rows, row => row.at.as_str()))
        .bind(column!(rows, row => row.hide))
        .bind(column!(rows, row => row.label.as_slice()))
        .bind(column!(rows, row => row.actor.as_str()))
        .bind(column!(rows, row => row.reason.as_str())),
    };
    query.execute(connection).await.map(drop).map_err(|error| Fault::from(error).into())
}
