//! What restoring a backup into a PostgreSQL database would do.

use super::fault::Fault;
use super::locks::{self, Lock};
use super::{pool, transfer};
use crate::code::Code;
use crate::error::Result;
use crate::key::InstallKey;
use crate::store::operator::{EXTENT, RestorePlan, extent_of, is_key_of};
use crate::store::sqlite::file::Decisions;
use crate::store::sqlite::transfer::Reading;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{Connection, PgConnection, Row};
use std::path::Path;

/// Checks a backup and compares it with the database, which stays as it is.
///
/// # Errors
/// As for restoring.
pub async fn dry_run(options: PgConnectOptions, from: &Path, folder: &Path, key: &InstallKey) -> Result<RestorePlan> {
    let mut alone = PgConnection::connect_with(&options).await.map_err(Fault::from)?;
    let pool = pool(options, 1).await?;
    if !locks::for_good(&mut alone, Lock::Running, true).await? {
        return Err(Code::DatabaseInUse.into());
    }
    let planned = plan(&pool, from, folder, key).await;
    // The server notices a closed connection only some time later.
    let _ = sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut alone).await;
    let _ = alone.close().await;
    pool.close().await;
    planned
}

async fn plan(pool: &PgPool, from: &Path, folder: &Path, key: &InstallKey) -> Result<RestorePlan> {
    let has_tables: bool =
        sqlx::query_scalar("SELECT to_regclass('state') IS NOT NULL").fetch_one(pool).await.map_err(Fault::from)?;
    let (decisions, current) = match has_tables {
        true => {
            let stored: Option<Vec<u8>> =
                sqlx::query_scalar("SELECT key_check FROM state").fetch_optional(pool).await.map_err(Fault::from)?;
            if stored.is_some_and(|stored| !is_key_of(key, &stored)) {
                return Err(Code::KeyMismatch.into());
            }
            let row = sqlx::query(EXTENT).fetch_one(pool).await.map_err(Fault::from)?;
            (transfer::decisions(pool).await?, Some(extent_of!(row)))
        }
        false => (Decisions::default(), None),
    };
    let (mut reading, stay_deleted) = Reading::prepared(from, folder, key, &decisions).await?;
    let restored = reading.extent().await;
    reading.close().await;
    Ok(RestorePlan { current, restored: restored?, stay_deleted })
}
