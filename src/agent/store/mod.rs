//! The agent's own files: a private directory with a SQLite database, a lock, and the cache of compiled code.
//!
//! `migrations/` describes the database's tables. [`install_ids`] has the uuids of installs, [`holders`] the receivers
//! that hold reports, [`keys`] the pinned keys.

pub(crate) mod consent;
pub(crate) mod directory;
pub(crate) mod holders;
pub(crate) mod install_ids;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod lock;
pub(crate) mod pending_clear;
mod read_only;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::{private, private_directory, why};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// The database file in the state directory.
pub(crate) const DATABASE: &str = "state.sqlite3";

/// A file that blocks reports, for when the database cannot be written: see [`State::create_off_file`].
const OFF_FILE: &str = "off";

/// The directory of compiled code within the state directory.
const COMPILED: &str = "compiled";

/// Everything that the agent creates in the state directory.
pub(crate) const OWN_NAMES: [&str; 7] =
    [DATABASE, "state.sqlite3-wal", "state.sqlite3-shm", "state.sqlite3-journal", lock::FILE, OFF_FILE, COMPILED];

/// The agent's state.
pub struct State {
    connection: SqliteConnection,
    directory: PathBuf,
    /// Whether it was opened for reading.
    is_read_only: bool,
}

impl State {
    /// Whether a directory holds a state.
    pub fn exists(directory: &Path) -> bool {
        directory.join(DATABASE).exists()
    }

    /// Opens the state in a directory. Creates it as a private directory if it does not exist.
    pub async fn open(directory: &Path) -> Result<Self> {
        private_directory(directory)?;
        let file = directory.join(DATABASE);
        // Created here, so that other users can never read it.
        private(&file)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Overwrite deleted data.
            .pragma("secure_delete", "ON");
        Self::connect(options, directory).await
    }

    async fn connect(options: SqliteConnectOptions, directory: &Path) -> Result<Self> {
        let options = options.disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| state_error(&error))?;
        migrate(&mut connection).await?;
        Ok(Self { connection, directory: directory.to_owned(), is_read_only: false })
    }

    /// The connection, for modules with tables of their own.
    pub(crate) const fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Creates the file `off`, which blocks reports even if the database is damaged or the disk is full.
    pub fn create_off_file(directory: &Path) -> Result<()> {
        private_directory(directory)?;
        match private(&directory.join(OFF_FILE)) {
            // Anything with this name blocks reports, even a dangling symbolic link.
            Err(_) if Self::has_off_file(directory) => Ok(()),
            marked => marked.map(drop),
        }
    }

    /// Whether the file `off` exists.
    pub fn has_own_off_file(&self) -> bool {
        // If that cannot be checked, it counts as existing.
        !matches!(self.directory.join(OFF_FILE).symlink_metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Whether the file `off` can be seen in a state directory, even if the state itself cannot be opened.
    pub fn has_off_file(directory: &Path) -> bool {
        directory.join(OFF_FILE).symlink_metadata().is_ok()
    }

    /// Fails if `off` is a directory, which cannot be removed, before anything is recorded that it would contradict.
    pub(crate) fn check_off_file(&self) -> Result<()> {
        let path = self.directory.join(OFF_FILE);
        if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(());
        }
        Err(Error::new(
            Code::StateNotUsable,
            format!("reporting stays off: {} is a directory; remove it first, with: rmdir {0}", path.display()),
        ))
    }

    /// Removes the file `off`. From then on, only the database applies.
    pub fn remove_off_file(&self) -> Result<()> {
        match std::fs::remove_file(self.directory.join(OFF_FILE)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let message = format!("cannot remove the file `off` from the state directory: {}", why(&error));
                Err(Error::new(Code::StateNotUsable, message).caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// A note with a name.
    pub async fn note(&mut self, name: &str) -> Result<Option<String>> {
        sqlx::query_scalar("SELECT value FROM notes WHERE name = ?")
            .bind(name)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| state_error(&error))
    }

    /// Stores a note, or deletes it.
    pub async fn keep_note(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let query = match value {
            Some(value) => {
                sqlx::query("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)").bind(name).bind(value)
            }
            None => sqlx::query("DELETE FROM notes WHERE name = ?").bind(name),
        };
        query.execute(&mut self.connection).await.map(drop).map_err(|error| state_error(&error))
    }

    /// Closes the database, which empties its log.
    pub async fn close(self) -> Result<()> {
        self.connection.close().await.map_err(|error| state_error(&error))
    }
}

/// The directory for compiled code: private, since what is in it is run.
pub(crate) fn cache_directory(state: &Path) -> Result<PathBuf> {
    private_directory(state)?;
    let directory = state.join(COMPILED);
    private_directory(&directory)?;
    directory.canonicalize().map_err(|error| {
        Error::new(Code::StateNotUsable, format!("cannot use the state directory: {}", why(&error))).caused_by(error)
    })
}

/// Brings the tables up to date.
async fn migrate(connection: &mut SqliteConnection) -> Result<()> {
    MIGRATIONS.run(connection).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::VersionMissing(_) => newer(),
        sqlx::migrate::MigrateError::Execute(error) => state_error(&error),
        // For example, if a recorded migration differs from the one in this build.
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

/// Converts an error of the state's database.
pub(crate) fn state_error(error: &sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    // The lowest byte is the kind of error, the others are details.
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
