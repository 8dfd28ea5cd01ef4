//! One partition for each day in PostgreSQL: created before its first report, dropped when the day expires. SQLite has
//! none.

use super::locks::{Lock, lock};
use super::retry::TxError;
use super::sql::Dialect;
use super::tx::Tx;
use crate::day::Day;

/// The tables with partitions.
const TABLES: [&str; 2] = ["reports", "aggregates"];

/// Creates the partitions of a day unless they exist. A table is created first and attached then, which keeps nobody
/// waiting, unlike creating it as a partition.
pub(super) async fn create(tx: &mut Tx<'_>, day: Day) -> Result<(), TxError> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    lock(tx, Lock::Partitions).await?;
    let (from, to) = (day.0, day.plus(1).0);
    for table in TABLES {
        let partition = format!("{table}_{from}");
        if tx.query("SELECT to_regclass($1) IS NOT NULL").bind(partition.as_str()).value().await? {
            continue;
        }
        for sql in [
            format!("CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"),
            format!("ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ({from}) TO ({to})"),
        ] {
            tx.query_text(sql).run().await?;
        }
    }
    Ok(())
}

/// The days that have partitions, oldest first.
pub(super) async fn days(tx: &mut Tx<'_>) -> Result<Vec<Day>, TxError> {
    let sql = "SELECT substring(relname FROM '[0-9]+$')::integer AS day FROM pg_inherits \
               JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'reports'::regclass ORDER BY day";
    Ok(tx.query(sql).values().await?.into_iter().map(Day).collect())
}

/// Drops the partitions of a day. Gives up soon if a long reading blocks it, since those who store reports wait behind
/// it.
pub(super) async fn drop_day(tx: &mut Tx<'_>, day: Day) -> Result<(), TxError> {
    tx.query("SET LOCAL lock_timeout = '2s'").run().await?;
    for table in TABLES {
        tx.query_text(format!("DROP TABLE IF EXISTS {table}_{}", day.0)).run().await?;
    }
    Ok(())
}
