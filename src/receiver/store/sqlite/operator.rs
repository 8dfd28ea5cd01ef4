//! The operator's actions on a database file, also beside a running receiver. None of them touches labels, which the
//! receiver caches.

use super::file::disk;
use super::{MIGRATIONS, broken, cannot_write, check_key, digest, lock, options, reading};
use crate::error::Result;
use crate::key::InstallKey;
use crate::ownership::give_to_owner_of_directory;
use crate::store::Keyed;
use crate::store::operator::{OperatorAction, OperatorActionKind};
use callback_common::private_file;
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use std::path::Path;

/// Creates the files that [`super::Sqlite::open`] would create as root.
pub(in crate::store) fn create_for_service(database: &Path) -> Result<()> {
    for file in [database.to_owned(), lock::path(database)] {
        if !file.exists() {
            let created = private_file::open(&file).and_then(|_| give_to_owner_of_directory(&file));
            created.map_err(|error| cannot_write(&error))?;
        }
    }
    Ok(())
}

async fn open(database: &Path) -> Result<SqliteConnection> {
    let mut connection = options(database).connect().await.map_err(broken)?;
    MIGRATIONS.run(&mut connection).await.map_err(|_| disk())?;
    Ok(connection)
}

pub(in crate::store) async fn secret_of(database: &Path, install: &Keyed) -> Result<Option<Keyed>> {
    let mut connection = reading(database).connect().await.map_err(broken)?;
    let secret: Option<Option<Vec<u8>>> = sqlx::query_scalar("SELECT secret FROM installs WHERE install = ?")
        .bind(install.as_slice())
        .fetch_optional(&mut connection)
        .await
        .map_err(broken)?;
    connection.close().await.map_err(broken)?;
    secret.flatten().map(digest).transpose()
}

pub(in crate::store) async fn reset_secret(
    database: &Path,
    key: &InstallKey,
    install: &Keyed,
    action: &OperatorAction,
) -> Result<bool> {
    let mut connection = open(database).await?;
    check_key(&mut connection, key).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    let done =
        sqlx::query("UPDATE installs SET secret = NULL, secret_reads = 0 WHERE install = ? AND secret IS NOT NULL")
            .bind(install.as_slice())
            .execute(&mut *transaction)
            .await
            .map_err(broken)?;
    insert(&mut transaction, action).await?;
    transaction.commit().await.map_err(broken)?;
    connection.close().await.map_err(broken)?;
    Ok(done.rows_affected() > 0)
}

pub(in crate::store) async fn log(database: &Path) -> Result<Vec<OperatorAction>> {
    let mut connection = reading(database).connect().await.map_err(broken)?;
    let exists = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'operator_log')";
    let rows = match sqlx::query_scalar(exists).fetch_one(&mut connection).await.map_err(broken)? {
        true => {
            let sql = "SELECT at, action, install, actor, reason FROM operator_log ORDER BY at, id";
            sqlx::query(sql).fetch_all(&mut connection).await.map_err(broken)?
        }
        false => Vec::new(),
    };
    connection.close().await.map_err(broken)?;
    rows.iter()
        .map(|row| {
            Ok(OperatorAction {
                at: row.get("at"),
                kind: OperatorActionKind::from_name(row.get("action")),
                install: row.get::<Option<Vec<u8>>, _>("install").map(digest).transpose()?,
                actor: row.get("actor"),
                reason: row.get("reason"),
            })
        })
        .collect()
}

pub(in crate::store) async fn add(database: &Path, actions: &[OperatorAction]) -> Result<()> {
    let mut connection = open(database).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(broken)?;
    for action in actions {
        insert(&mut transaction, action).await?;
    }
    transaction.commit().await.map_err(broken)?;
    connection.close().await.map_err(broken)
}

async fn insert(connection: &mut SqliteConnection, action: &OperatorAction) -> Result<()> {
    sqlx::query(
        "INSERT INTO operator_log (at, action, install, actor, reason) SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS \
         (SELECT 1 FROM operator_log WHERE (at, action, actor, reason) = (?1, ?2, ?4, ?5))",
    )
    .bind(&action.at)
    .bind(action.kind.as_str())
    .bind(action.install.as_ref().map(<[u8; 32]>::as_slice))
    .bind(&action.actor)
    .bind(&action.reason)
    .execute(connection)
    .await
    .map(drop)
    .map_err(broken)
}

pub(in crate::store) async fn agree_on_signing_key(
    database: &Path,
    current: &str,
    earlier: &[String],
) -> Result<String> {
    let mut connection = open(database).await?;
    sqlx::query("UPDATE state SET signing_key = ?1 WHERE signing_key IS NULL OR signing_key IN (SELECT value FROM json_each(?2))")
        .bind(current)
        .bind(super::labels::json(&earlier))
        .execute(&mut connection)
        .await
        .map_err(broken)?;
    let stored: Option<String> =
        sqlx::query_scalar("SELECT signing_key FROM state").fetch_one(&mut connection).await.map_err(broken)?;
    connection.close().await.map_err(broken)?;
    Ok(stored.unwrap_or_default())
}

pub(in crate::store) async fn remove_signing_key(database: &Path) -> Result<()> {
    let mut connection = open(database).await?;
    sqlx::query("UPDATE state SET signing_key = NULL").execute(&mut connection).await.map_err(broken)?;
    connection.close().await.map_err(broken)
}
