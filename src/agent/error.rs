//! Errors of the agent: a code for programs, and a message for the admin.
//!
//! A message is one line: what failed, why, and what to do. It may name the admin's settings, hosts and paths, but
//! never a secret or text from a monitored device.

use crate::code::{Code, Exit};
use callback_collector::Problem;
use callback_protocol::agent_api::Notice;
use serde::Serialize;
use serde_json::{Value, json};

/// Result with the agent's error.
pub type Result<T> = std::result::Result<T, Error>;

/// A code with the message for a specific case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The code.
    pub code: Code,
    /// The message.
    #[serde(rename = "message")]
    pub text: String,
}

impl Reason {
    /// A reason with its message.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The error of a run that sent nothing for this reason.
    #[must_use]
    pub fn nothing_sent(&self) -> Error {
        Error::new(self.code, format!("nothing was sent: {}", self.text))
    }
}

/// An error.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    code: Code,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with its message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), source: None }
    }

    /// Adds the cause of an error.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The error for input that the module rejected.
    #[must_use]
    pub fn rejected(problem: Problem) -> Self {
        Self::new(Code::FactsRejected, format!("the module rejected its input: {problem}")).caused_by(problem)
    }

    /// The module's message, if it rejected its input.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.source.as_deref()?.downcast_ref()
    }

    /// The error for a failure of the system's random generator.
    pub(crate) fn no_random(source: getrandom::Error) -> Self {
        Self::new(Code::RandomUnavailable, "the system's random generator is not available").caused_by(source)
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The exit status.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.code.exit()
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The error as `--json` prints it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"code": self.code, "message": self.message, "exit": self.exit().status()})
    }
}

impl From<Reason> for Notice {
    fn from(reason: Reason) -> Self {
        Self { code: reason.code.into(), message: reason.text }
    }
}

impl From<Reason> for Error {
    fn from(reason: Reason) -> Self {
        Self::new(reason.code, reason.text)
    }
}
