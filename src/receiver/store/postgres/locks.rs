//! Locks between receivers, as PostgreSQL's advisory locks. Whoever takes several takes them in the order in which they
//! stand here, and before any row: so nobody ever waits in a circle.

use super::fault::Fault;
use sqlx::PgConnection;

/// The class of all locks: `CbSt`.
pub(super) const CLASS: i32 = 0x4362_5374;

/// A lock; a transaction that takes it has it to its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lock {
    /// Shared by whoever keeps reports; whoever removes labels has it alone, so that no report refers to one that goes.
    Labels = 1,
    /// Whoever changes the aggregates.
    Aggregates = 2,
    /// Whoever makes partitions.
    Partitions = 3,
    /// Shared, for as long as it runs, by every receiver; a restore has it alone.
    Running = 4,
}

/// Takes a lock alone.
pub(super) async fn alone(connection: &mut PgConnection, lock: Lock) -> Result<(), Fault> {
    sqlx::query("SELECT pg_advisory_xact_lock($1, $2)").bind(CLASS).bind(lock as i32).execute(connection).await?;
    Ok(())
}

/// Takes a lock that others of the same kind may have too.
pub(super) async fn shared(connection: &mut PgConnection, lock: Lock) -> Result<(), Fault> {
    sqlx::query("SELECT pg_advisory_xact_lock_shared($1, $2)")
        .bind(CLASS)
        .bind(lock as i32)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a lock for as long as the connection lives, unless somebody stands in the way.
pub(super) async fn for_good(connection: &mut PgConnection, lock: Lock, alone: bool) -> Result<bool, Fault> {
    let sql = if alone { "SELECT pg_try_advisory_lock($1, $2)" } else { "SELECT pg_try_advisory_lock_shared($1, $2)" };
    Ok(sqlx::query_scalar(sql).bind(CLASS).bind(lock as i32).fetch_one(connection).await?)
}
