//! What restoring a backup into a database file would do.

use super::file::{Aside, Decisions, aside_of, prepare, read_decisions};
use super::{broken, lock, options, reading};
use crate::error::Result;
use crate::key::InstallKey;
use crate::store::operator::{EXTENT, Extent, RestorePlan, extent_of};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use std::path::Path;

/// Checks a backup and compares it with the database, which stays as it is.
///
/// # Errors
/// As for restoring.
pub async fn dry_run(from: &Path, database: &Path, key: &InstallKey) -> Result<RestorePlan> {
    let _lock = lock::take(database)?;
    let copy = Aside::copy(from, aside_of(database))?;
    let (decisions, current) = match database.exists() {
        true => {
            let mut connection = reading(database).connect().await.map_err(|_| crate::Code::DatabaseUnknown)?;
            let decisions = read_decisions(&mut connection).await.map_err(|_| crate::Code::DatabaseUnknown)?;
            let current = extent(&mut connection).await?;
            connection.close().await.map_err(broken)?;
            (decisions, Some(current))
        }
        false => (Decisions::default(), None),
    };
    let stay_deleted = prepare(copy.path(), key, &decisions).await?;
    let mut connection = options(copy.path()).connect().await.map_err(broken)?;
    let restored = extent(&mut connection).await?;
    connection.close().await.map_err(broken)?;
    Ok(RestorePlan { current, restored, stay_deleted })
}

/// How much a database holds.
pub(in crate::store) async fn extent(connection: &mut SqliteConnection) -> Result<Extent> {
    let row = sqlx::query(EXTENT).fetch_one(connection).await.map_err(broken)?;
    Ok(extent_of!(row))
}
