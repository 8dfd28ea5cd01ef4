//! The agent's own files: a private folder with a SQLite database in it, a lock, and the cache of compiled code.
//!
//! The database's tables are described in `migrations/`. [`install`] has the pseudonyms, [`held`] who holds data,
//! [`keys`] by which keys receivers are known.

pub(crate) mod consent;
pub(crate) mod holders;
pub(crate) mod install_ids;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod lock;
mod look;
pub(crate) mod pending_clear;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::{private, private_folder, why};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The file of the database within the state folder.
pub(crate) const DATABASE: &str = "state.sqlite3";

/// A file that says "off" where the database cannot: see [`State::mark_off`].
const OFF_MARK: &str = "off";

/// The agent's memory.
pub struct State {
    connection: SqliteConnection,
    folder: PathBuf,
    /// Whether nothing can be written to it: a command that only looks has opened it.
    is_read_only: bool,
}

impl State {
    /// Whether there is a state in a folder.
    pub fn exists(folder: &Path) -> bool {
        folder.join(DATABASE).exists()
    }

    /// Opens the state in a folder, which is made private if it is not there.
    pub async fn open(folder: &Path) -> Result<Self> {
        private_folder(folder)?;
        let file = folder.join(DATABASE);
        // Made here, so that it is never readable by others, not even for a moment.
        private(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is forgotten is overwritten.
            .pragma("secure_delete", "ON");
        Self::connect(options, folder).await
    }

    async fn connect(options: SqliteConnectOptions, folder: &Path) -> Result<Self> {
        let options = options.disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| broken(&error))?;
        migrate(&mut connection).await?;
        Ok(Self { connection, folder: folder.to_owned(), is_read_only: false })
    }

    /// The connection, for the modules that keep something of their own.
    pub(crate) const fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Says "off" without the database, which may be damaged or on a full disk: an empty file is enough.
    pub fn mark_off(folder: &Path) -> Result<()> {
        private_folder(folder)?;
        private(&folder.join(OFF_MARK)).map(drop)
    }

    /// Whether the file that says "off" is there.
    pub fn is_marked_off(&self) -> bool {
        // What cannot be looked at counts as there.
        self.folder.join(OFF_MARK).try_exists().unwrap_or(true)
    }

    /// Whether that file is seen in a folder whose state may not even open.
    pub fn shows_off_mark(folder: &Path) -> bool {
        folder.join(OFF_MARK).exists()
    }

    /// Removes the file that says "off"; from then on the database alone counts.
    pub fn unmark_off(&self) -> Result<()> {
        match std::fs::remove_file(self.folder.join(OFF_MARK)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let message = format!("cannot remove the file `off` from the state directory: {}", why(&error));
                Err(Error::new(Code::StateNotUsable, message).caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// A note by its name.
    pub async fn note(&mut self, name: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM notes WHERE name = ?")
            .bind(name)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| broken(&error))
    }

    /// Keeps a note, or forgets it.
    pub async fn keep_note(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let query = match value {
            Some(value) => {
                sqlx::query("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)").bind(name).bind(value)
            }
            None => sqlx::query("DELETE FROM notes WHERE name = ?").bind(name),
        };
        query.execute(&mut self.connection).await.map(drop).map_err(|error| broken(&error))
    }

    /// Closes the database, so that nothing is left in its log.
    pub async fn close(self) -> Result<()> {
        self.connection.close().await.map_err(|error| broken(&error))
    }
}

/// The folder for compiled code: private, since what is in it is run.
pub(crate) fn cache_folder(state: &Path) -> Result<PathBuf> {
    private_folder(state)?;
    let folder = state.join("compiled");
    private_folder(&folder)?;
    folder.canonicalize().map_err(|error| {
        Error::new(Code::StateNotUsable, format!("cannot use the state directory: {}", why(&error))).caused_by(error)
    })
}

/// Brings the tables up to date.
async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    MIGRATIONS.run(connection).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(_) => newer(),
        sqlx::migrate::MigrateError::Execute(error) => broken(&error),
        // Of migrations that are recorded otherwise than they were made, say.
        _ => damaged(),
    })
}

fn newer() -> Error {
    Error::new(Code::StateNewer, "a newer version of the agent wrote this state; install that version again")
}

fn damaged() -> Error {
    Error::new(
        Code::StateDamaged,
        "the agent's state is damaged; restore the state directory from a backup, or move it away and start over \
         (`callback-agent disable` works in any case)",
    )
}

/// What an error of the state's database means for the admin.
pub(crate) fn broken(error: &sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    // The lowest byte is the kind of error, the rest is detail.
    match code.map(|code| code & 0xff) {
        Some(13) => Error::new(Code::StateDiskFull, "the disk is full; free some space, nothing was lost"),
        Some(10) => Error::new(
            Code::StateDiskFull,
            "the disk is full or failing; free some space or check it, nothing was lost",
        ),
        Some(5 | 6) => Error::new(Code::StateLocked, "another agent is using the same state; try again later"),
        Some(8 | 14) => Error::new(
            Code::StateReadOnly,
            "cannot write the agent's state; check the owner and mode of the state directory, and for a read-only disk",
        ),
        Some(11 | 26) => damaged(),
        _ => Error::new(
            Code::StateError,
            "cannot read or write the agent's state; check the disk and the state directory",
        ),
    }
}
