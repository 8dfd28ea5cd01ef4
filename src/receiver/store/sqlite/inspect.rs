//! What `doctor` and `status` read from the database file.

use super::{MIGRATIONS, broken, lock, reading};
use crate::error::Result;
use crate::store::inspect::{Inspection, compare_migrations, contents_of, contents_sql};
use callback_common::lock::is_taken;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Inspects a database file.
///
/// # Errors
/// If it cannot be read.
pub async fn inspect(database: &Path) -> Result<Inspection> {
    let mut connection = reading(database).connect().await.map_err(broken)?;
    let version = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut connection).await.map_err(broken)?;
    let tables: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('_sqlx_migrations', 'state')")
            .fetch_one(&mut connection)
            .await
            .map_err(broken)?;
    let applied: Vec<i64> = match tables {
        2 => sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(&mut connection).await,
        _ => Ok(Vec::new()),
    }
    .map_err(broken)?;
    let (pending, is_newer) = compare_migrations(&MIGRATIONS, &applied);
    let contents = if tables == 2 { contents(&mut connection, pending).await? } else { None };
    connection.close().await.map_err(broken)?;
    Ok(Inspection {
        version,
        bytes: std::fs::metadata(database).map_or(0, |file| file.size()),
        pending,
        is_newer,
        receivers: u64::from(is_taken(&lock::path(database))),
        obstacles: obstacles(database),
        logging: Vec::new(),
        contents,
    })
}

async fn contents(
    connection: &mut SqliteConnection,
    pending: usize,
) -> Result<Option<crate::store::inspect::Contents>> {
    const SQL: &str = contents_sql!("SELECT COUNT(*) FROM reports WHERE id > (SELECT counted FROM state)");
    let Some(row) = sqlx::query(SQL).fetch_optional(&mut *connection).await.map_err(broken)? else { return Ok(None) };
    let signing_key = match pending {
        0 => sqlx::query_scalar("SELECT signing_key FROM state").fetch_one(connection).await.map_err(broken)?,
        _ => None,
    };
    Ok(Some(contents_of!(row, signing_key)))
}

/// Files that the receiver's user cannot write: those of another user than the owner of their directory, and those that
/// the user of this process cannot write.
fn obstacles(database: &Path) -> Vec<String> {
    let Some(owner) = database.parent().and_then(|directory| std::fs::metadata(directory).ok()) else {
        return Vec::new();
    };
    let files = [database.to_owned(), lock::path(database)].into_iter().chain(super::file::tails(database));
    files
        .filter_map(|file| {
            let found = std::fs::metadata(&file).ok()?;
            if found.uid() != owner.uid() {
                return Some(format!("{} belongs to another user than its directory", file.display()));
            }
            let is_writable = rustix::fs::access(&file, rustix::fs::Access::WRITE_OK).is_ok();
            (!is_writable).then(|| format!("{} is not writable", file.display()))
        })
        .collect()
}
