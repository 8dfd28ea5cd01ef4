//! Opens the state for commands that only read: they neither create nor change anything.

use super::{DATABASE, MIGRATIONS, State, migrate, newer, state_error};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::{check_private_directory, check_readable, sqlite_log_is_empty};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use std::path::{Path, PathBuf};

/// How SQLite opens a file that must not be changed.
#[derive(Clone, Copy)]
enum Access {
    /// Locks it. SQLite creates a log next to it for that, and removes it again, so the directory must be writable.
    Locked,
    /// Creates no file next to it. If the log was empty, concurrent writes are not seen.
    Unlocked,
}

impl State {
    /// Opens the state for reading. Without a state, an empty one in memory is used; a state from an older version is
    /// copied into memory and migrated there.
    pub async fn open_for_reading(directory: &Path) -> Result<Self> {
        // A directory that cannot be checked counts as existing; opening it gives the error.
        if directory.try_exists().unwrap_or(true) {
            check_private_directory(directory)?;
            if directory.join(DATABASE).try_exists().unwrap_or(true) {
                return Self::open_existing(directory).await;
            }
        }
        Self::connect(SqliteConnectOptions::new().in_memory(true), directory).await
    }

    async fn open_existing(directory: &Path) -> Result<Self> {
        check_readable(&directory.join(DATABASE))?;
        let (mut state, (found, own), access) = match Self::opened(directory, Access::Locked).await {
            Err(error) if matches!(error.code(), Code::StateReadOnly | Code::StateDiskFull) => {
                Self::opened(directory, Access::Unlocked).await?
            }
            opened => opened?,
        };
        match found.cmp(&own) {
            std::cmp::Ordering::Greater => Err(newer()),
            std::cmp::Ordering::Equal => {
                sqlx::query("PRAGMA query_only = ON")
                    .execute(&mut state.connection)
                    .await
                    .map_err(|error| state_error(&error))?;
                Ok(state)
            }
            std::cmp::Ordering::Less => {
                state.close().await?;
                migrated_copy(directory, access).await
            }
        }
    }

    async fn opened(directory: &Path, access: Access) -> Result<(Self, (i64, i64), Access)> {
        let options = SqliteConnectOptions::new().filename(directory.join(DATABASE));
        let mut state = match access {
            Access::Locked => {
                let connection =
                    options.disable_statement_logging().connect().await.map_err(|error| state_error(&error))?;
                Self { connection, directory: directory.to_owned(), is_read_only: true }
            }
            Access::Unlocked => Self::open_read_only(directory).await?,
        };
        let schema = state.schema().await?;
        Ok((state, schema, access))
    }

    /// Opens the state without changing or creating anything in its directory. It may have an older or newer version:
    /// see [`State::schema`].
    pub(crate) async fn open_read_only(directory: &Path) -> Result<Self> {
        let file = directory.join(DATABASE);
        let options = SqliteConnectOptions::new().filename(&file).read_only(true).immutable(sqlite_log_is_empty(&file));
        let connection = options.disable_statement_logging().connect().await.map_err(|error| state_error(&error))?;
        Ok(Self { connection, directory: directory.to_owned(), is_read_only: true })
    }

    /// The version of the state's tables, and the version that this agent writes.
    pub(crate) async fn schema(&mut self) -> Result<(i64, i64)> {
        let own = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
        // A run that was killed while it created the state leaves an empty file.
        let has_versions: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_sqlx_migrations')")
                .fetch_one(&mut self.connection)
                .await
                .map_err(|error| state_error(&error))?;
        if !has_versions {
            return Ok((0, own));
        }
        let found: Option<i64> = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| state_error(&error))?;
        Ok((found.unwrap_or_default(), own))
    }
}

/// A copy of the state in memory, migrated.
async fn migrated_copy(directory: &Path, access: Access) -> Result<State> {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(false).disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| state_error(&error))?;
    copy(&mut connection, &uri(&directory.join(DATABASE), access)?).await.map_err(|error| state_error(&error))?;
    migrate(&mut connection).await?;
    Ok(State { connection, directory: directory.to_owned(), is_read_only: false })
}

/// A file as a URI for SQLite's `ATTACH`.
fn uri(file: &Path, access: Access) -> Result<String> {
    let path = file.to_str().ok_or_else(|| {
        Error::new(
            Code::StateNotUsable,
            "the path of the state directory is not UTF-8; choose a different one with --state",
        )
    })?;
    let path: PathBuf = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    let path = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    Ok(match access {
        Access::Locked => format!("file:{path}?mode=rw"),
        Access::Unlocked if sqlite_log_is_empty(file) => format!("file:{path}?mode=ro&immutable=1"),
        Access::Unlocked => format!("file:{path}?mode=ro"),
    })
}

/// Copies all tables, indexes and triggers.
async fn copy(connection: &mut SqliteConnection, uri: &str) -> sqlx::Result<()> {
    sqlx::query("ATTACH ? AS old").bind(uri).execute(&mut *connection).await?;
    let all = "SELECT type, name, sql FROM old.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' \
               ESCAPE '\\' ORDER BY type = 'table' DESC";
    for row in sqlx::query(all).fetch_all(&mut *connection).await? {
        let (kind, name, sql): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        // Definitions and names come from the agent's own migrations.
        sqlx::query(AssertSqlSafe(sql)).execute(&mut *connection).await?;
        if kind == "table" {
            let name = name.replace('"', "\"\"");
            let rows = format!("INSERT INTO main.\"{name}\" SELECT * FROM old.\"{name}\"");
            sqlx::query(AssertSqlSafe(rows)).execute(&mut *connection).await?;
        }
    }
    sqlx::query("DETACH old").execute(&mut *connection).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    fn bytes_in(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
        files.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    #[tokio::test]
    async fn a_read_only_state_is_not_changed() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        state.keep_note("a", Some("b")).await.unwrap();
        state.close().await.unwrap();
        let before = bytes_in(directory.path());
        let mut state = State::open_read_only(directory.path()).await.unwrap();
        assert_eq!(state.note("a").await.unwrap().as_deref(), Some("b"));
        let (found, own) = state.schema().await.unwrap();
        assert_eq!(found, own);
        assert_eq!(state.keep_note("a", None).await.unwrap_err().code(), Code::StateReadOnly);
        drop(state);
        assert_eq!(bytes_in(directory.path()), before);
    }

    #[tokio::test]
    async fn recent_writes_of_another_process_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = State::open(directory.path()).await.unwrap();
        writer.keep_note("a", Some("in the log")).await.unwrap();
        let mut state = State::open_read_only(directory.path()).await.unwrap();
        assert_eq!(state.note("a").await.unwrap().as_deref(), Some("in the log"));
        writer.close().await.unwrap();
    }

    #[tokio::test]
    async fn reading_only_creates_no_state() {
        let directory = tempfile::tempdir().unwrap();
        assert!(State::open_read_only(directory.path()).await.is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    /// A state with a note, of the version before the last one.
    async fn older(directory: &Path) {
        let mut state = State::open(directory).await.unwrap();
        state.keep_note("a", Some("b")).await.unwrap();
        let last = MIGRATIONS.iter().map(|migration| migration.version).max();
        for undo in ["DROP TABLE receiver_keys", "DELETE FROM _sqlx_migrations WHERE version = ?"] {
            sqlx::query(undo).bind(last).execute(&mut state.connection).await.unwrap();
        }
        state.close().await.unwrap();
    }

    #[tokio::test]
    async fn reading_creates_nothing_without_a_state() {
        let directory = tempfile::tempdir().unwrap();
        let absent = directory.path().join("absent");
        for place in [directory.path(), &absent] {
            let mut state = State::open_for_reading(place).await.unwrap();
            assert_eq!(state.note("a").await.unwrap(), None);
            assert_eq!(state.keep_uuid("x", "made").await.unwrap(), "made");
            state.close().await.unwrap();
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn reading_changes_no_state() {
        let directory = tempfile::tempdir().unwrap();
        State::open(directory.path()).await.unwrap().close().await.unwrap();
        let before = bytes_in(directory.path());
        let mut state = State::open_for_reading(directory.path()).await.unwrap();
        // A preview shows the generated uuid; only commands that write store one.
        assert_eq!(state.keep_uuid("x", "made").await.unwrap(), "made");
        assert_eq!(state.uuid_of("x").await.unwrap(), None);
        assert_eq!(state.keep_note("a", Some("b")).await.unwrap_err().code(), Code::StateReadOnly);
        state.close().await.unwrap();
        assert_eq!(bytes_in(directory.path()), before);
    }

    #[tokio::test]
    async fn an_older_state_is_read_and_not_migrated() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("with ? and # and %41");
        older(&place).await;
        let before = bytes_in(&place);
        let mut state = State::open_for_reading(&place).await.unwrap();
        assert_eq!(state.note("a").await.unwrap().as_deref(), Some("b"));
        assert!(state.pinned_keys().await.unwrap().is_empty());
        state.close().await.unwrap();
        assert_eq!(bytes_in(&place), before);
        // A run that was killed while it created the state leaves an empty file.
        std::fs::write(place.join(DATABASE), "").unwrap();
        State::open_for_reading(&place).await.unwrap().close().await.unwrap();
        assert_eq!(std::fs::metadata(place.join(DATABASE)).unwrap().len(), 0);
    }

    #[tokio::test]
    async fn a_directory_that_others_can_write_to_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o770)).unwrap();
        assert_eq!(
            State::open_for_reading(directory.path()).await.err().map(|error| error.code()),
            Some(Code::StateNotPrivate)
        );
    }
}
