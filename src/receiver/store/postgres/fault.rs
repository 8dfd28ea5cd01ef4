//! What can go wrong in a transaction, and whether trying it again helps.

use crate::code::Code;
use crate::error::Error;
use std::time::Duration;

/// Tries of one transaction; with the waits between them some three seconds.
const TRIES: u32 = 8;

/// Codes (SQLSTATE) that a second try may not meet: serialisation, deadlock, a lock not had in time, a row that another
/// receiver was first to write, a partition that it has just dropped, a server that restarts.
const TEMPORARY: [&str; 9] = ["40001", "40P01", "55P03", "23505", "23514", "42P01", "57P01", "57P03", "53300"];

/// Why a transaction did not come to its end.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database said so.
    Database(sqlx::Error),
    /// Another receiver was first; a second try sees what it did.
    Again,
    /// Trying again is no use.
    Ours(Error),
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<Fault> for Error {
    // What the server says may hold values; only its code goes on.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Ours(error) => error,
            Fault::Again => Code::DatabaseBusy.into(),
            Fault::Database(sqlx::Error::Database(error)) => {
                Self::new(Code::PostgresqlRejected, error.code().unwrap_or_default())
            }
            Fault::Database(_) => Code::PostgresqlUnreachable.into(),
        }
    }
}

impl Fault {
    fn is_temporary(&self) -> bool {
        match self {
            Self::Again => true,
            Self::Ours(_) => false,
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| TEMPORARY.contains(&&*code) || code.starts_with("08"))
            }
            Self::Database(error) => matches!(error, sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed),
        }
    }
}

/// Counts the tries of a transaction.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Waits before the next try, longer each time.
    ///
    /// # Errors
    /// The fault, if another try is no use or one too many.
    pub(super) async fn again(&mut self, fault: Fault) -> Result<(), Error> {
        self.0 += 1;
        if !fault.is_temporary() || self.0 >= TRIES {
            return Err(fault.into());
        }
        let mut random = [0_u8; 1];
        // Without random numbers all wait equally long, which is no worse than slow.
        let _ = getrandom::fill(&mut random);
        let most = 10_u64 << self.0;
        tokio::time::sleep(Duration::from_millis(most / 2 + most * u64::from(random[0]) / 512)).await;
        Ok(())
    }
}
