//! What `doctor` and `status` read from a PostgreSQL server.

use super::fault::Fault;
use super::locks::{CLASS, Lock};
use super::{MIGRATIONS, pool};
use crate::error::Result;
use crate::store::inspect::{Contents, Inspection, compare_migrations, contents_of, contents_sql};
use sqlx::Row;
use sqlx::postgres::{PgConnectOptions, PgPool};

/// Inspects a database.
///
/// # Errors
/// If it cannot be reached or read.
pub async fn inspect(options: PgConnectOptions) -> Result<Inspection> {
    let pool = pool(options, 1).await?;
    let inspected = inspect_all(&pool).await;
    pool.close().await;
    Ok(inspected?)
}

async fn inspect_all(pool: &PgPool) -> Result<Inspection, Fault> {
    let row = sqlx::query(
        "SELECT current_setting('server_version') AS version, pg_database_size(current_database()) AS bytes, \
         to_regclass('state') IS NOT NULL AND to_regclass('_sqlx_migrations') IS NOT NULL AS has_tables, \
         (SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid::bigint = $1 \
         AND objid::bigint = $2 AND mode = 'ShareLock' \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS receivers",
    )
    .bind(i64::from(CLASS))
    .bind(Lock::Running as i64)
    .fetch_one(pool)
    .await?;
    let has_tables: bool = row.get("has_tables");
    let applied: Vec<i64> = match has_tables {
        true => sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(pool).await?,
        false => Vec::new(),
    };
    let (pending, is_newer) = compare_migrations(&MIGRATIONS, &applied);
    Ok(Inspection {
        version: row.get("version"),
        bytes: u64::try_from(row.get::<i64, _>("bytes")).unwrap_or_default(),
        pending,
        is_newer,
        receivers: u64::try_from(row.get::<i64, _>("receivers")).unwrap_or_default(),
        obstacles: obstacles(pool).await?,
        logging: logging(pool).await?,
        contents: if has_tables { contents(pool, pending).await? } else { None },
    })
}

async fn contents(pool: &PgPool, pending: usize) -> Result<Option<Contents>, Fault> {
    const SQL: &str = contents_sql!("SELECT COUNT(*) FROM changes");
    let Some(row) = sqlx::query(SQL).fetch_optional(pool).await? else { return Ok(None) };
    let signing_key = match pending {
        0 => sqlx::query_scalar("SELECT signing_key FROM state").fetch_one(pool).await?,
        _ => None,
    };
    Ok(Some(contents_of!(row, signing_key)))
}

/// Permissions that the receiver's user lacks, and whether the server accepts writes.
async fn obstacles(pool: &PgPool) -> Result<Vec<String>, Fault> {
    let row = sqlx::query(
        "SELECT pg_is_in_recovery() AS is_standby, current_setting('default_transaction_read_only')::boolean AS is_read_only, \
         coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create, \
         ARRAY(SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) \
         AND relkind IN ('r', 'p', 'S') AND NOT relispartition AND NOT pg_has_role(relowner, 'USAGE') \
         ORDER BY relname) AS of_others",
    )
    .fetch_one(pool)
    .await?;
    let mut obstacles = Vec::new();
    if row.get("is_standby") {
        obstacles.push("the server is a standby, which is read-only".to_owned());
    }
    if row.get("is_read_only") {
        obstacles.push("default_transaction_read_only is on".to_owned());
    }
    if !row.get::<bool, _>("may_create") {
        obstacles.push("its user lacks CREATE on the schema".to_owned());
    }
    let of_others: Vec<String> = row.get("of_others");
    if !of_others.is_empty() {
        obstacles.push(format!("its user does not own {}", of_others.join(", ")));
    }
    Ok(obstacles)
}

/// Settings that make the server log statements, which contain labels.
async fn logging(pool: &PgPool) -> Result<Vec<String>, Fault> {
    let settings: Vec<String> = sqlx::query_scalar(
        "SELECT name || ' = ' || setting FROM pg_settings WHERE (name = 'log_statement' AND setting <> 'none') \
         OR (name IN ('log_min_duration_statement', 'log_min_duration_sample') AND setting <> '-1') ORDER BY name",
    )
    .fetch_all(pool)
    .await?;
    Ok(settings)
}
