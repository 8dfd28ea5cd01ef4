//! The few things that the agent writes into LibreNMS's database: that reporting is on, that LibreNMS's own sender is
//! off, the pseudonym, and the day of the last report. A user who may only read cannot, and that is no error.

use super::connect::connect;
use super::database::Database;
use super::{Location, refusal};
use crate::code::Code;
use crate::error::{Error, Result};
use sqlx::mysql::MySqlConnection;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use std::time::Duration;

/// How long the database may take over a change.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// `reporting.usage` becomes true.
    UsageOn,
    /// `callback.enabled` becomes 0.
    StockSenderOff,
    /// The pseudonym, where there is none.
    Uuid(&'a str),
    /// A pseudonym that was cleared goes, with the day.
    NoUuid(&'a str),
    /// The day of the newest report; where it is there already, nothing is written.
    Day(&'a str),
    /// That day's report was not sent after all.
    NoDay(&'a str),
}

impl<'a> Change<'a> {
    /// The statements, one after the other, each with what is bound to it.
    pub(super) fn statements(self) -> Vec<(&'static str, Option<&'a str>)> {
        match self {
            // Written as LibreNMS writes it, as JSON; there is no unique key to rely on in every version.
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

/// A connection that may write, for as long as the changes take.
enum Writer {
    MySql(Box<MySqlConnection>),
    Sqlite(Box<SqliteConnection>),
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It is made.
    Made,
    /// It was there before.
    Before,
    /// This user may not write.
    Refused,
    /// It may be allowed, and could not be done now: another program holds the table, or the database cannot be reached.
    Hindered,
}

impl WriteOutcome {
    /// Whether the database is as it was meant to be; if not, the change is left to the admin.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Made | Self::Before)
    }
}

/// Writes a change.
///
/// # Errors
/// [`Exit::Librenms`](crate::code::Exit::Librenms) where the install itself cannot be found.
pub async fn write(location: &Location, change: Change<'_>) -> Result<WriteOutcome> {
    // A row that another program holds must not hold this one.
    tokio::time::timeout(CONNECT_TIMEOUT, written(location, change)).await.unwrap_or(Ok(WriteOutcome::Hindered))
}

fn failed(error: &sqlx::Error) -> WriteOutcome {
    if refusal::is_passing(error) { WriteOutcome::Hindered } else { WriteOutcome::Refused }
}

/// Whether the server rejects this user, or may accept it later.
fn not_connected(error: &Error) -> WriteOutcome {
    match error.code() {
        Code::DatabaseLogin | Code::DatabaseLoginMethod | Code::DatabaseDenied | Code::DatabaseHostDenied => {
            WriteOutcome::Refused
        }
        _ => WriteOutcome::Hindered,
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
    Ok(if rows > 0 { WriteOutcome::Made } else { WriteOutcome::Before })
}
