//! Errors of the receiver's own operation; what is wrong with a request is a [`crate::http::problem::Problem`].

use crate::code::{Code, Outcome};
use std::fmt::{self, Display};

/// Result with the receiver's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command failed, or what `serve` logs: a code, and what its message lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: Code,
    detail: String,
}

impl Error {
    /// An error whose message needs a detail: a setting, an address, a path or the kind of an I/O error. Never a secret
    /// and never text of a report.
    #[must_use]
    pub fn new(code: Code, detail: impl Display) -> Self {
        debug_assert!(code.has_detail(), "{code} takes no detail");
        Self { code, detail: detail.to_string() }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The process's exit status.
    #[must_use]
    pub const fn exit_status(&self) -> u8 {
        match self.code.outcome() {
            Outcome::Exit(status) => status,
            Outcome::Answer { .. } => 1,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        debug_assert!(!code.has_detail(), "{code} needs a detail");
        Self { code, detail: String::new() }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code.describe(&self.detail))
    }
}

impl std::error::Error for Error {}
