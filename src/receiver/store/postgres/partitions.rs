//! One partition for each day: made before its first report, dropped when its time is over.

use super::fault::Fault;
use super::locks::{Lock, alone};
use crate::day::Day;
use sqlx::{AssertSqlSafe, PgConnection, PgPool};

/// The tables with partitions.
const TABLES: [&str; 2] = ["reports", "aggregates"];

fn name(table: &str, day: Day) -> String {
    format!("{table}_{}", day.0)
}

/// Makes the partitions of a day unless they are there.
pub(super) async fn ensure(pool: &PgPool, day: Day) -> Result<(), Fault> {
    let mut transaction = pool.begin().await?;
    make(&mut transaction, day).await?;
    transaction.commit().await?;
    Ok(())
}

/// Makes the partitions of a day in a transaction, unless they are there. A table is made first and attached then, which
/// keeps nobody waiting, unlike making it as a partition.
pub(super) async fn make(connection: &mut PgConnection, day: Day) -> Result<(), Fault> {
    alone(connection, Lock::Partitions).await?;
    for table in TABLES {
        let partition = name(table, day);
        let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(&partition)
            .fetch_one(&mut *connection)
            .await?;
        if there {
            continue;
        }
        let (from, to) = (day.0, day.plus(1).0);
        for sql in [
            format!("CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"),
            format!("ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({from}) TO ({to})"),
        ] {
            // Only names of tables and numbers of days are in it.
            sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// The days that have partitions.
pub(super) async fn days(connection: &mut PgConnection) -> Result<Vec<Day>, Fault> {
    let days: Vec<i32> = sqlx::query_scalar(
        "SELECT substring(relname FROM '[0-9]+$')::integer AS day FROM pg_inherits \
         JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'reports'::regclass ORDER BY day",
    )
    .fetch_all(connection)
    .await?;
    Ok(days.into_iter().map(Day).collect())
}

/// Drops the partitions of a day. Gives up soon where a long reading stands in the way, since those who keep reports
/// wait behind it.
pub(super) async fn drop_day(connection: &mut PgConnection, day: Day) -> Result<(), Fault> {
    sqlx::query("SET LOCAL lock_timeout = '2s'").execute(&mut *connection).await?;
    for table in TABLES {
        let sql = format!("DROP TABLE IF EXISTS {}", name(table, day));
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
    }
    Ok(())
}
