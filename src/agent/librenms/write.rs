//! The few values that the agent writes to LibreNMS's database: `reporting.usage` on, LibreNMS's built-in sender off,
//! the uuid, and the day of the last report. A user with only read access cannot write them, which is not an error.

use super::connect::connect;
use super::database::Database;
use super::{Location, refusal};
use crate::code::Code;
use crate::error::{Error, Result};
use sqlx::mysql::MySqlConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use std::time::Duration;

/// Timeout for a change.
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// A change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// Sets `reporting.usage` to true.
    UsageOn,
    /// Sets `callback.enabled` to 0.
    StockSenderOff,
    /// Adds a uuid, if the table has none.
    Uuid(&'a str),
    /// Removes a deleted uuid, with the day.
    NoUuid(&'a str),
    /// Adds the day of the newest report, unless the row exists.
    Day(&'a str),
    /// Removes the day of a report that was not sent.
    NoDay(&'a str),
}

impl<'a> Change<'a> {
    /// The statements in order, each with its bound value.
    pub(super) fn statements(self) -> Vec<(&'static str, Option<&'a str>)> {
        match self {
            // JSON, as LibreNMS writes it. Not every version has a unique key to rely on.
            Self::UsageOn => vec![
                ("UPDATE config SET config_value = 'true' WHERE config_name = 'reporting.usage'", None),
                (
                    "INSERT INTO config (config_name, config_value) SELECT 'reporting.usage', 'true' FROM \
                     (SELECT 1 AS one) AS a WHERE NOT EXISTS (SELECT 1 FROM config WHERE config_name = 'reporting.usage')",
                    None,
                ),
            ],
            Self::StockSenderOff => vec![("UPDATE callback SET value = '0' WHERE name = 'enabled'", None)],
            Self::Uuid(uuid) => vec![(
                "INSERT INTO callback (name, value) SELECT 'uuid', ? FROM (SELECT 1 AS one) AS a \
                 WHERE NOT EXISTS (SELECT 1 FROM callback WHERE name = 'uuid')",
                Some(uuid),
            )],
            Self::NoUuid(uuid) => vec![
                ("DELETE FROM callback WHERE name = 'uuid' AND value = ?", Some(uuid)),
                ("DELETE FROM callback WHERE name = 'agent_day'", None),
            ],
            Self::Day(day) => vec![
                ("DELETE FROM callback WHERE name = 'agent_day' AND (value IS NULL OR value <> ?)", Some(day)),
                (
                    "INSERT INTO callback (name, value) SELECT 'agent_day', ? FROM (SELECT 1 AS one) AS a \
                     WHERE NOT EXISTS (SELECT 1 FROM callback WHERE name = 'agent_day')",
                    Some(day),
                ),
            ],
            Self::NoDay(day) => vec![("DELETE FROM callback WHERE name = 'agent_day' AND value = ?", Some(day))],
        }
    }
}

/// A writable connection for the duration of the changes.
enum Writer {
    MySql(Box<MySqlConnection>),
    Sqlite(Box<SqliteConnection>),
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The change was made.
    Made,
    /// Nothing to change.
    Unchanged,
    /// Permission denied.
    Denied,
    /// Failed for now: another program locks the table, or the database cannot be reached.
    Failed,
}

impl WriteOutcome {
    /// Whether the database is in the desired state; if not, the admin must change it.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Made | Self::Unchanged)
    }
}

/// Makes a change.
///
/// # Errors
/// [`Exit::Librenms`](crate::code::Exit::Librenms) if the install cannot be found.
pub async fn write(location: &Location, change: Change<'_>) -> Result<WriteOutcome> {
    // A row that another program has locked must not block this one.
    tokio::time::timeout(WRITE_TIMEOUT, written(location, change)).await.unwrap_or(Ok(WriteOutcome::Failed))
}

fn failed(error: &sqlx::Error) -> WriteOutcome {
    if refusal::is_temporary(error) { WriteOutcome::Failed } else { WriteOutcome::Denied }
}

/// Whether the server rejects this user, or may accept it later.
fn not_connected(error: &Error) -> WriteOutcome {
    match error.code() {
        Code::DatabaseLogin | Code::DatabaseLoginMethod | Code::DatabaseDenied | Code::DatabaseHostDenied => {
            WriteOutcome::Denied
        }
        _ => WriteOutcome::Failed,
    }
}

async fn written(location: &Location, change: Change<'_>) -> Result<WriteOutcome> {
    let mut writer = match location.database()? {
        Database::MySql(server) => match connect(&server).await {
            Ok(opened) => Writer::MySql(Box::new(opened.connection)),
            Err(error) => return Ok(not_connected(&error)),
        },
        Database::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path).disable_statement_logging();
            match options.connect().await {
                Ok(connection) => Writer::Sqlite(Box::new(connection)),
                Err(error) => return Ok(failed(&error)),
            }
        }
    };
    let mut rows = 0;
    for (sql, bound) in change.statements() {
        let changed = match &mut writer {
            Writer::MySql(connection) => {
                let query = sqlx::query(AssertSqlSafe(sql));
                let query = match bound {
                    Some(text) => query.bind(text),
                    None => query,
                };
                query.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
            Writer::Sqlite(connection) => {
                let query = sqlx::query(AssertSqlSafe(sql));
                let query = match bound {
                    Some(text) => query.bind(text),
                    None => query,
                };
                query.execute(&mut **connection).await.map(|done| done.rows_affected())
            }
        };
        match changed {
            Ok(changed) => rows += changed,
            Err(error) => return Ok(failed(&error)),
        }
    }
    Ok(if rows > 0 { WriteOutcome::Made } else { WriteOutcome::Unchanged })
}
