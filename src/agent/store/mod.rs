//! The agent's own files: a private folder with a SQLite database in it, a lock, and the cache of compiled code.
//!
//! The database's tables are described in `migrations/`. [`install`] has the pseudonyms, [`held`] who holds data,
//! [`keys`] by which keys receivers are known.

pub(crate) mod consent;
pub(crate) mod directory;
pub(crate) mod holders;
pub(crate) mod install_ids;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod lock;
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

/// The folder of compiled code within the state folder.
const COMPILED: &str = "compiled";

/// All that the agent itself puts into the state folder.
pub(crate) const OWN_NAMES: [&str; 7] =
    [DATABASE, "state.sqlite3-wal", "state.sqlite3-shm", "state.sqlite3-journal", lock::FILE, OFF_MARK, COMPILED];

/// The agent's memory.
pub struct State {
    connection: SqliteConnection,
    folder: PathBuf,
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

    /// Opens the state in a folder for whoever only looks: where there is no such folder, none is made, and what is seen is a
    /// state that remembers nothing.
    pub async fn look_into(folder: &Path) -> Result<Self> {
        // What cannot be looked at counts as there, and says why it cannot.
        if folder.try_exists().unwrap_or(true) {
            return Self::open(folder).await;
        }
        Self::connect(SqliteConnectOptions::new().in_memory(true), folder).await
    }

    /// Opens the state in a folder, and neither changes nor creates anything there. It may be one of an older or newer
    /// version: see [`State::schema`].
    pub(crate) async fn open_read_only(folder: &Path) -> Result<Self> {
        let file = folder.join(DATABASE);
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        // Without anything in the log the file is read as it stands; SQLite would create files beside it otherwise.
        let is_settled = std::fs::metadata(log).map_or(true, |log| log.len() == 0);
        let options = SqliteConnectOptions::new().filename(&file).read_only(true).immutable(is_settled);
        let connection = options.disable_statement_logging().connect().await.map_err(|error| broken(&error))?;
        Ok(Self { connection, folder: folder.to_owned() })
    }

    /// The version of the state's tables, and the one that this agent writes.
    pub(crate) async fn schema(&mut self) -> Result<(i64, i64)> {
        let found: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| broken(&error))?;
        let own = MIGRATIONS.iter().map(|migration| migration.version).max();
        Ok((found.unwrap_or_default(), own.unwrap_or_default()))
    }

    async fn connect(options: SqliteConnectOptions, folder: &Path) -> Result<Self> {
        let options = options.disable_statement_logging();
        let mut connection = options.connect().await.map_err(|error| broken(&error))?;
        MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
            sqlx::migrate::MigrateError::VersionMissing(_) => Error::new(
                Code::StateNewer,
                "a newer version of the agent wrote this state; install that version again",
            ),
            sqlx::migrate::MigrateError::Execute(error) => broken(&error),
            // Of migrations that are recorded otherwise than they were made, say.
            _ => damaged(),
        })?;
        Ok(Self { connection, folder: folder.to_owned() })
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
        match private(&folder.join(OFF_MARK)) {
            // Whatever has this name says so, be it a symbolic link that leads nowhere.
            Err(_) if Self::shows_off_mark(folder) => Ok(()),
            marked => marked.map(drop),
        }
    }

    /// Whether the file that says "off" is there.
    pub fn is_marked_off(&self) -> bool {
        // What cannot be looked at counts as there.
        !matches!(self.folder.join(OFF_MARK).symlink_metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Whether that file is seen in a folder whose state may not even open.
    pub fn shows_off_mark(folder: &Path) -> bool {
        folder.join(OFF_MARK).symlink_metadata().is_ok()
    }

    /// Refuses a mark that cannot be removed, before anything is recorded that it would contradict.
    pub(crate) fn check_off_mark(&self) -> Result<()> {
        let path = self.folder.join(OFF_MARK);
        if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(());
        }
        Err(Error::new(
            Code::StateNotUsable,
            format!("reporting stays off: {} is a directory; remove it first, with: rmdir {0}", path.display()),
        ))
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
    let folder = state.join(COMPILED);
    private_folder(&folder)?;
    folder.canonicalize().map_err(|error| {
        Error::new(Code::StateNotUsable, format!("cannot use the state directory: {}", why(&error))).caused_by(error)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn bytes_in(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    #[tokio::test]
    async fn a_state_that_is_only_read_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(folder.path()).await.unwrap();
        state.keep_note("a", Some("b")).await.unwrap();
        state.close().await.unwrap();
        let before = bytes_in(folder.path());
        let mut state = State::open_read_only(folder.path()).await.unwrap();
        assert_eq!(state.note("a").await.unwrap().as_deref(), Some("b"));
        let (found, own) = state.schema().await.unwrap();
        assert_eq!(found, own);
        assert_eq!(state.keep_note("a", None).await.unwrap_err().code(), Code::StateReadOnly);
        drop(state);
        assert_eq!(bytes_in(folder.path()), before);
    }

    #[tokio::test]
    async fn what_another_process_has_just_written_is_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = State::open(folder.path()).await.unwrap();
        writer.keep_note("a", Some("in the log")).await.unwrap();
        let mut state = State::open_read_only(folder.path()).await.unwrap();
        assert_eq!(state.note("a").await.unwrap().as_deref(), Some("in the log"));
        writer.close().await.unwrap();
    }

    #[tokio::test]
    async fn reading_only_creates_no_state() {
        let folder = tempfile::tempdir().unwrap();
        assert!(State::open_read_only(folder.path()).await.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
