//! Keeps reports in SQLite: one for each install and day, for 90 days.

use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::receipt::RETENTION_DAYS;
use crate::wire::Report;
use jiff::ToSpan;
use jiff::civil::Date;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The store.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
    key: Arc<InstallKey>,
}

impl Store {
    /// Opens the database, or makes it.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot be used, [`Error::Key`] if the key is not that of the data.
    pub async fn open(database: &Path, key: InstallKey) -> Result<Self> {
        // Made here, so that it is never readable by others.
        std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(database).map_err(|error| {
            Error::Store(format!(
                "the database file cannot be written ({}); check its folder and permissions",
                error.kind()
            ))
        })?;
        let options = SqliteConnectOptions::new()
            .filename(database)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted is overwritten, not only unlinked.
            .pragma("secure_delete", "ON");
        let options = sqlx::ConnectOptions::disable_statement_logging(options);
        // One writer: SQLite has one anyway, and waiting here is fairer than its busy handler.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.map_err(|_| {
            Error::Store("the database cannot be opened; check that the file is one of this receiver's".into())
        })?;
        MIGRATIONS.run(&pool).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => {
                Error::Store("the database was made by a newer version; run that one".into())
            }
            _ => Error::Store(
                "the database cannot be brought up to date; check the disk and that the file is one of this receiver's"
                    .into(),
            ),
        })?;
        let store = Self { pool, key: Arc::new(key) };
        store.check_key().await?;
        Ok(store)
    }

    async fn check_key(&self) -> Result<()> {
        let value = self.key.check_value();
        sqlx::query("INSERT INTO key_check (only_row, value) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(value.as_slice())
            .execute(&self.pool)
            .await
            .map_err(|_| broken())?;
        let kept: Vec<u8> =
            sqlx::query_scalar("SELECT value FROM key_check").fetch_one(&self.pool).await.map_err(|_| broken())?;
        if kept == value {
            Ok(())
        } else {
            Err(Error::Key("the key is not the one that this database was made with; name the right key file".into()))
        }
    }

    /// Keeps a report for a day; a later one of the same install and day replaces it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn keep(&self, report: &Report, module_sha256: Option<&str>, day: Date) -> Result<()> {
        sqlx::query(
            "INSERT INTO reports (install, day, payload_sha256, module_sha256, report) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (install, day) DO UPDATE SET payload_sha256 = excluded.payload_sha256, \
             module_sha256 = excluded.module_sha256, report = excluded.report",
        )
        .bind(self.key.install(&report.uuid).as_slice())
        .bind(day.to_string())
        .bind(&report.payload_sha256)
        .bind(module_sha256)
        .bind(&report.kept)
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(|_| broken())
    }

    /// Forgets what is older than 90 days.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn forget(&self, today: Date) -> Result<u64> {
        let first_kept = today.saturating_sub((RETENTION_DAYS - 1).days());
        let done = sqlx::query("DELETE FROM reports WHERE day < ?")
            .bind(first_kept.to_string())
            .execute(&self.pool)
            .await
            .map_err(|_| broken())?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pool).await.map_err(|_| broken())?;
        Ok(done.rows_affected())
    }

    /// Number of reports that are kept, for health checks and tests.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn reports(&self) -> Result<i64> {
        sqlx::query_scalar("SELECT COUNT(*) FROM reports").fetch_one(&self.pool).await.map_err(|_| broken())
    }

    /// Closes the database.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn broken() -> Error {
    Error::Store("the database cannot be read or written; check the disk".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn report(uuid: &str, kept: &str) -> Report {
        Report { uuid: uuid.into(), payload_sha256: "00".into(), kept: kept.into() }
    }

    async fn store(folder: &Path) -> Store {
        let key = InstallKey::load(&folder.join("key")).unwrap();
        Store::open(&folder.join("receiver.sqlite3"), key).await.unwrap()
    }

    #[tokio::test]
    async fn a_later_report_of_the_same_day_replaces_and_old_ones_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let day = date(2026, 8, 1);
        store.keep(&report("a", "first"), None, day).await.unwrap();
        store.keep(&report("a", "second"), None, day).await.unwrap();
        store.keep(&report("b", "other"), None, day).await.unwrap();
        assert_eq!(store.reports().await.unwrap(), 2);
        assert_eq!(store.forget(date(2026, 10, 29)).await.unwrap(), 0);
        assert_eq!(store.forget(date(2026, 10, 30)).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn another_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path()).await.close().await;
        let other = InstallKey::load(&folder.path().join("other")).unwrap();
        assert!(matches!(Store::open(&folder.path().join("receiver.sqlite3"), other).await, Err(Error::Key(_))));
    }
}
