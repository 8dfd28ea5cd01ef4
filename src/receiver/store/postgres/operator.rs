//! The operator's actions on a PostgreSQL database, beside the receivers that use it.

use super::fault::Fault;
use super::{MIGRATIONS, check_key, digest, pool};
use crate::Code;
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::store::Keyed;
use crate::store::operator::{OperatorAction, OperatorActionKind};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{PgConnection, Row};

async fn open(options: PgConnectOptions) -> Result<PgPool> {
    let pool = pool(options, 1).await?;
    let failed = |_| Error::new(Code::DatabaseMigrationFailed, "its user must own the schema");
    MIGRATIONS.run(&pool).await.map_err(failed)?;
    Ok(pool)
}

pub(in crate::store) async fn secret_of(options: PgConnectOptions, install: &Keyed) -> Result<Option<Keyed>> {
    let pool = pool(options, 1).await?;
    let secret: Option<Option<Vec<u8>>> = sqlx::query_scalar("SELECT secret FROM installs WHERE install = $1")
        .bind(install.as_slice())
        .fetch_optional(&pool)
        .await
        .map_err(Fault::from)?;
    pool.close().await;
    secret.flatten().as_deref().map(digest).transpose()
}

pub(in crate::store) async fn reset_secret(
    options: PgConnectOptions,
    key: &InstallKey,
    install: &Keyed,
    action: &OperatorAction,
) -> Result<bool> {
    let pool = open(options).await?;
    check_key(&pool, key).await?;
    let mut transaction = pool.begin().await.map_err(Fault::from)?;
    let done = sqlx::query(
        "UPDATE installs SET secret = NULL, secret_reads = false WHERE install = $1 AND secret IS NOT NULL",
    )
    .bind(install.as_slice())
    .execute(&mut *transaction)
    .await
    .map_err(Fault::from)?;
    insert(&mut transaction, action).await?;
    transaction.commit().await.map_err(Fault::from)?;
    pool.close().await;
    Ok(done.rows_affected() > 0)
}

pub(in crate::store) async fn log(options: PgConnectOptions) -> Result<Vec<OperatorAction>> {
    let pool = pool(options, 1).await?;
    let exists = "SELECT to_regclass('operator_log') IS NOT NULL";
    let rows = match sqlx::query_scalar(exists).fetch_one(&pool).await.map_err(Fault::from)? {
        true => {
            let sql = "SELECT at, action, install, actor, reason FROM operator_log ORDER BY at, id";
            sqlx::query(sql).fetch_all(&pool).await.map_err(Fault::from)?
        }
        false => Vec::new(),
    };
    pool.close().await;
    rows.iter()
        .map(|row| {
            Ok(OperatorAction {
                at: row.get("at"),
                kind: OperatorActionKind::from_name(row.get("action")),
                install: row.get::<Option<&[u8]>, _>("install").map(digest).transpose()?,
                actor: row.get("actor"),
                reason: row.get("reason"),
            })
        })
        .collect()
}

pub(in crate::store) async fn add(options: PgConnectOptions, actions: &[OperatorAction]) -> Result<()> {
    let pool = open(options).await?;
    let mut transaction = pool.begin().await.map_err(Fault::from)?;
    for action in actions {
        insert(&mut transaction, action).await?;
    }
    transaction.commit().await.map_err(Fault::from)?;
    pool.close().await;
    Ok(())
}

async fn insert(connection: &mut PgConnection, action: &OperatorAction) -> Result<()> {
    sqlx::query(
        "INSERT INTO operator_log (at, action, install, actor, reason) SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS \
         (SELECT 1 FROM operator_log WHERE (at, action, actor, reason) = ($1, $2, $4, $5))",
    )
    .bind(&action.at)
    .bind(action.kind.as_str())
    .bind(action.install.as_ref().map(<[u8; 32]>::as_slice))
    .bind(&action.actor)
    .bind(&action.reason)
    .execute(connection)
    .await
    .map_err(Fault::from)?;
    Ok(())
}

pub(in crate::store) async fn agree_on_signing_key(
    options: PgConnectOptions,
    current: &str,
    earlier: &[String],
) -> Result<String> {
    let pool = pool(options, 1).await?;
    sqlx::query("UPDATE state SET signing_key = $1 WHERE signing_key IS NULL OR signing_key = ANY($2)")
        .bind(current)
        .bind(earlier)
        .execute(&pool)
        .await
        .map_err(Fault::from)?;
    let stored: Option<String> =
        sqlx::query_scalar("SELECT signing_key FROM state").fetch_one(&pool).await.map_err(Fault::from)?;
    pool.close().await;
    Ok(stored.unwrap_or_default())
}

pub(in crate::store) async fn remove_signing_key(options: PgConnectOptions) -> Result<()> {
    let pool = open(options).await?;
    sqlx::query("UPDATE state SET signing_key = NULL").execute(&pool).await.map_err(Fault::from)?;
    pool.close().await;
    Ok(())
}
