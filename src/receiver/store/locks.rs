//! Locks between receivers, as PostgreSQL's advisory locks. Who takes several takes them in the order in which they stand
//! here, and before any row: so nobody ever waits in a circle. In SQLite, where only one process writes and only one
//! transaction at a time, they are not needed.

use super::retry::TxError;
use super::sql::Dialect;
use super::tx::Tx;
use sqlx::PgConnection;

/// The class of all locks: `CbSt`.
pub(super) const CLASS: i32 = 0x4362_5374;

/// A lock. A transaction that takes it holds it until it ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lock {
    /// Shared by all that store reports; who deletes labels has it alone, so that no report refers to a deleted one.
    Labels = 1,
    /// Held to change the aggregates.
    Aggregates = 2,
    /// Held to create partitions.
    Partitions = 3,
    /// Shared, for as long as it runs, by every receiver; a restore has it alone.
    Running = 4,
}

/// Takes a lock alone.
pub(super) async fn lock(tx: &mut Tx<'_>, lock: Lock) -> Result<(), TxError> {
    take(tx, lock, "SELECT pg_advisory_xact_lock($1, $2)").await
}

/// Takes a lock that others may share.
pub(super) async fn lock_shared(tx: &mut Tx<'_>, lock: Lock) -> Result<(), TxError> {
    take(tx, lock, "SELECT pg_advisory_xact_lock_shared($1, $2)").await
}

async fn take(tx: &mut Tx<'_>, lock: Lock, sql: &'static str) -> Result<(), TxError> {
    match tx.dialect() {
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => tx.query(sql).bind(CLASS).bind(lock as i32).run().await.map(drop),
    }
}

/// Takes a lock for as long as the connection lives, unless another process holds it.
pub(super) async fn try_lock_session(connection: &mut PgConnection, lock: Lock, alone: bool) -> Result<bool, TxError> {
    let sql = if alone { "SELECT pg_try_advisory_lock($1, $2)" } else { "SELECT pg_try_advisory_lock_shared($1, $2)" };
    let taken = sqlx::query_scalar(sql).bind(CLASS).bind(lock as i32).fetch_one(connection).await;
    taken.map_err(TxError::Postgres)
}
