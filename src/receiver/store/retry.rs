//! The one way in which a transaction is run: begun, tried again where that helps, committed. Limits on how long one may
//! take belong here.

use super::tx::{Effects, Tx};
use crate::code::Code;
use crate::error::{Error, Result};
use futures_util::future::BoxFuture;
use sqlx::{Connection, PgPool, SqliteConnection};
use std::time::Duration;

/// Attempts at one transaction; with the waits between them some three seconds.
const MAX_ATTEMPTS: u32 = 8;

/// Errors of PostgreSQL (SQLSTATE) that another attempt may not meet: serialisation, deadlock, lock timeout, a row that
/// another receiver was first to write, a partition that it has just dropped, a server that restarts.
const RETRYABLE: [&str; 9] = ["40001", "40P01", "55P03", "23505", "23514", "42P01", "57P01", "57P03", "53300"];

/// Errors of SQLite that another attempt may not meet: a command that writes beside the receiver has the lock.
const SQLITE_BUSY: u32 = 5;

/// Why a transaction failed.
#[derive(Debug)]
pub(super) enum TxError {
    /// SQLite returned an error.
    Sqlite(sqlx::Error),
    /// PostgreSQL returned an error.
    Postgres(sqlx::Error),
    /// Another receiver was first; another attempt sees what it did.
    Conflict,
    /// Another attempt is no use.
    Permanent(Error),
}

impl From<Error> for TxError {
    fn from(error: Error) -> Self {
        Self::Permanent(error)
    }
}

impl From<TxError> for Error {
    // The database's own message may hold values; only its code goes on.
    fn from(error: TxError) -> Self {
        match error {
            TxError::Permanent(error) => error,
            TxError::Conflict => Self::new(Code::DatabaseBusy, "of a command"),
            TxError::Sqlite(error) => sqlite_code(&error).into(),
            TxError::Postgres(sqlx::Error::Database(error)) => {
                Self::new(Code::PostgresqlRejected, error.code().unwrap_or_default())
            }
            TxError::Postgres(_) => Code::PostgresqlUnreachable.into(),
        }
    }
}

impl TxError {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Conflict => true,
            Self::Permanent(_) => false,
            Self::Sqlite(error) => sqlite_result(error) == Some(SQLITE_BUSY),
            Self::Postgres(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| RETRYABLE.contains(&&*code) || code.starts_with("08"))
            }
            Self::Postgres(error) => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
        }
    }
}

/// The kind of an error of SQLite: the low byte of its result code; the others are details.
fn sqlite_result(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.map(|code| code & 0xff)
}

/// The code of an error of SQLite.
pub(super) fn sqlite_code(error: &sqlx::Error) -> Code {
    match sqlite_result(error) {
        Some(8) => Code::DatabaseReadOnly,
        Some(11 | 26) => Code::DatabaseDamaged,
        Some(13) => Code::DatabaseFull,
        Some(14) => Code::DatabaseNotOpened,
        _ => Code::DatabaseIo,
    }
}

/// The database holds what no receiver wrote.
pub(super) fn damaged() -> Error {
    Code::DatabaseInconsistent.into()
}

/// What a transaction does. It may be run several times, each time in a new transaction.
pub(super) type Body<A, T> = for<'t> fn(&'t mut Tx<'_>, &'t mut A) -> BoxFuture<'t, Result<T, TxError>>;

/// Where transactions are begun.
pub(super) enum Connector<'a> {
    /// SQLite: its one connection that writes.
    Sqlite(&'a mut SqliteConnection),
    /// PostgreSQL: any connection.
    Postgres(&'a PgPool),
}

impl Connector<'_> {
    async fn begin(&mut self) -> Result<Tx<'_>, TxError> {
        match self {
            Self::Sqlite(connection) => {
                let begun = connection.begin_with("BEGIN IMMEDIATE").await;
                begun.map(Tx::sqlite).map_err(TxError::Sqlite)
            }
            Self::Postgres(pool) => pool.begin().await.map(Tx::postgres).map_err(TxError::Postgres),
        }
    }

    async fn attempt<A, T>(&mut self, args: &mut A, body: Body<A, T>) -> Result<(T, Effects), TxError> {
        let mut tx = self.begin().await?;
        let done = body(&mut tx, args).await?;
        Ok((done, tx.commit().await?))
    }

    /// Runs a transaction. When it returns, what was changed is durable.
    ///
    /// # Errors
    /// The transaction's error, if another attempt is no use or one too many.
    pub(super) async fn run_tx<A, T>(
        &mut self,
        name: &'static str,
        args: &mut A,
        body: Body<A, T>,
    ) -> Result<(T, Effects)> {
        let mut attempts = 1;
        loop {
            match self.attempt(args, body).await {
                Err(error) if error.is_retryable() && attempts < MAX_ATTEMPTS => wait(attempts).await,
                Err(TxError::Conflict) => return Err(Error::new(Code::DatabaseBusy, name)),
                done => return Ok(done?),
            }
            attempts += 1;
        }
    }
}

/// Waits before the next attempt, longer each time.
async fn wait(attempts: u32) {
    let mut random = [0_u8; 1];
    // Without random numbers all wait equally long, which is no worse than slow.
    let _ = getrandom::fill(&mut random);
    let most = 10_u64 << attempts;
    tokio::time::sleep(Duration::from_millis(most / 2 + most * u64::from(random[0]) / 512)).await;
}
