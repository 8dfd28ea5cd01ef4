//! The agent's own files: a private folder with a SQLite database in it, and the cache of compiled code.

use crate::error::{Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The agent's memory.
pub struct State {
    connection: SqliteConnection,
}

impl State {
    /// Opens the state in a folder, which is made private if it is not there.
    ///
    /// # Errors
    /// [`Error::State`] if the folder or the file cannot be used.
    pub async fn open(folder: &Path) -> Result<Self> {
        private_folder(folder)?;
        let file = folder.join("state.sqlite3");
        // Made here, so that it is never readable by others, not even for a moment.
        std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&file).map_err(|error| {
            Error::State(format!("the agent's state cannot be written ({}); check the state folder", error.kind()))
        })?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| broken(&error))?;
        MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => {
                Error::State("the agent's state was made by a newer version; install that one again".into())
            }
            _ => Error::State(
                "the agent's state cannot be brought up to date; check the disk and the state folder".into(),
            ),
        })?;
        Ok(Self { connection })
    }

    /// The pseudonym that this agent made, if it made one.
    ///
    /// # Errors
    /// [`Error::State`].
    pub async fn uuid(&mut self) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT uuid FROM install")
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| broken(&error))
    }

    /// Keeps a pseudonym, unless there is one already; returns the one that is kept.
    ///
    /// # Errors
    /// [`Error::State`].
    pub async fn keep_uuid(&mut self, uuid: &str) -> Result<String> {
        sqlx::query("INSERT INTO install (only_row, uuid) VALUES (1, ?) ON CONFLICT DO NOTHING")
            .bind(uuid)
            .execute(&mut self.connection)
            .await
            .map_err(|error| broken(&error))?;
        self.uuid()
            .await?
            .ok_or_else(|| Error::State("the agent's state did not keep what was written; check the disk".into()))
    }

    /// The connection, for the modules that keep something of their own.
    pub(crate) const fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Closes the database, so that nothing is left in its log.
    ///
    /// # Errors
    /// [`Error::State`].
    pub async fn close(self) -> Result<()> {
        self.connection.close().await.map_err(|error| broken(&error))
    }
}

/// The folder for compiled code: private, since what is in it is run.
///
/// # Errors
/// [`Error::State`] if it cannot be made.
pub fn cache_folder(state: &Path) -> Result<PathBuf> {
    private_folder(state)?;
    let folder = state.join("compiled");
    private_folder(&folder)?;
    folder.canonicalize().map_err(|error| Error::State(format!("the state folder cannot be used ({})", error.kind())))
}

/// Makes a folder that only its owner may enter, or checks that the one that is there is such.
fn private_folder(folder: &Path) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::State(format!(
            "the state folder cannot be used ({}); name another with --state or `state`",
            error.kind()
        ))
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(cannot)?;
    let found = std::fs::metadata(folder).map_err(cannot)?;
    if found.mode() & 0o022 != 0 {
        return Err(Error::State(
            "others may write to the state folder; make it private with: chmod go-w FOLDER".into(),
        ));
    }
    Ok(())
}

pub(crate) fn broken(error: &sqlx::Error) -> Error {
    Error::State(match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("13") => "the disk is full; free some space, nothing was lost".into(),
        Some("5" | "6" | "261" | "517") => "another agent is at work on the same state; try again later".into(),
        Some("8" | "1032" | "14" | "1544") => {
            "the agent's state cannot be written; check the permissions of the state folder".into()
        }
        Some("11" | "26" | "267") => "the agent's state is damaged; restore the state folder from a backup".into(),
        _ => "the agent's state cannot be read or written; check the disk and the state folder".into(),
    })
}
