//! Errors of the agent, by what the admin can do about them; the kind is the exit code.
//!
//! Messages are one line, say what was expected and what to do, and hold nothing that an install's database says: no
//! host name, no user, no password.

use callback_collector::Problem;

/// Result with the agent's error.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration or an argument is wrong.
    #[error("{0}")]
    Config(String),
    /// The install cannot be found or read.
    #[error("{0}")]
    Install(String),
    /// The database refused or broke off.
    #[error("{0}")]
    Database(String),
    /// Not allowed to send: no consent, or a switch that is off.
    #[error("{0}")]
    NotAllowed(String),
    /// The receiver cannot be reached or did not take the report.
    #[error("{0}")]
    Receiver(String),
    /// The module is not the expected one, or misbehaved.
    #[error("{0}")]
    Module(String),
    /// The module refused the facts.
    #[error("the module refused its input: {0}")]
    Refused(Problem),
    /// The agent's own files cannot be read or written.
    #[error("{0}")]
    State(String),
    /// Another run is under way.
    #[error("{0}")]
    Busy(String),
    /// Input or output of a command failed.
    #[error("{0}")]
    Io(String),
}

impl Error {
    /// The process's exit code for this kind of error. 0 is success, 1 an unexpected failure, 2 a usage error.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Io(_) => 1,
            Self::Config(_) => 3,
            Self::Install(_) => 4,
            Self::Database(_) => 5,
            Self::NotAllowed(_) => 6,
            Self::Receiver(_) => 7,
            Self::Module(_) | Self::Refused(_) => 8,
            Self::State(_) => 9,
            Self::Busy(_) => 10,
        }
    }
}

/// The exit codes, for the help text.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  input or output failed
  2  wrong usage
  3  configuration is wrong
  4  install not found or not readable
  5  database refused or broke off
  6  not allowed (no consent, the answer was not yes, or switched off)
  7  receiver not reached, or it refused the report
  8  module is not the expected one, or misbehaved
  9  the agent's own state cannot be read or written, or its ledger is not as it was written
  10 another run is under way";
