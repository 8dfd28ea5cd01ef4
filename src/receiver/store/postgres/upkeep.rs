//! Work on a PostgreSQL database beside the receivers that use it: check, what is due, block.

use super::fault::Fault;
use super::{check, check_key, pool};
use crate::day::Day;
use crate::error::Result;
use crate::key::InstallKey;
use crate::store::{Blocked, Checked, Expired};
use sqlx::Row;
use sqlx::postgres::PgConnectOptions;

/// Recomputes the aggregates from the reports and compares.
///
/// # Errors
/// If the database cannot be read.
pub async fn check(options: PgConnectOptions) -> Result<Checked> {
    let pool = pool(options, 1).await?;
    let checked = check::check(&pool).await?;
    pool.close().await;
    Ok(checked)
}

/// Whether a receiver has kept something in it.
///
/// # Errors
/// If the database cannot be read.
pub async fn has_data(options: PgConnectOptions) -> Result<bool> {
    let pool = pool(options, 1).await?;
    let has_table: bool =
        sqlx::query_scalar("SELECT to_regclass('state') IS NOT NULL").fetch_one(&pool).await.map_err(Fault::from)?;
    let has_row = "SELECT EXISTS (SELECT FROM state)";
    let has_data = has_table && sqlx::query_scalar(has_row).fetch_one(&pool).await.map_err(Fault::from)?;
    pool.close().await;
    Ok(has_data)
}

/// What is older than a day.
///
/// # Errors
/// If the database cannot be read.
pub async fn due(options: PgConnectOptions, first_kept: Day) -> Result<Expired> {
    let pool = pool(options, 1).await?;
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM reports WHERE day < $1) AS reports, \
         (SELECT COUNT(*) FROM installs WHERE last_day < $1) AS installs",
    )
    .bind(first_kept.0)
    .fetch_one(&pool)
    .await
    .map_err(Fault::from)?;
    pool.close().await;
    let count = |name: &str| u64::try_from(row.get::<i64, _>(name)).unwrap_or_default();
    Ok(Expired { reports: count("reports"), installs: count("installs"), ..Expired::default() })
}

/// Blocks an install or a network, or takes their reports again.
///
/// # Errors
/// If the database fails, or [`Code::KeyMismatch`](crate::Code::KeyMismatch).
pub async fn block(options: PgConnectOptions, key: &InstallKey, what: &Blocked, undo: bool) -> Result<()> {
    let pool = pool(options, 1).await?;
    check_key(&pool, key).await?;
    let sql = match (what, undo) {
        (Blocked::Install(_), false) => "INSERT INTO blocked (install) VALUES ($1) ON CONFLICT DO NOTHING",
        (Blocked::Install(_), true) => "DELETE FROM blocked WHERE install = $1",
        (Blocked::Network(..), false) => {
            "INSERT INTO blocked_networks (network, bits) VALUES ($1, $2) ON CONFLICT DO NOTHING"
        }
        (Blocked::Network(..), true) => "DELETE FROM blocked_networks WHERE network = $1 AND bits = $2",
    };
    let query = match what {
        Blocked::Install(install) => sqlx::query(sql).bind(install.as_slice()),
        Blocked::Network(network, bits) => sqlx::query(sql).bind(network.as_slice()).bind(i16::from(*bits)),
    };
    query.execute(&pool).await.map_err(Fault::from)?;
    pool.close().await;
    Ok(())
}
