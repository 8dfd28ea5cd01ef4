//! Errors of the agent: a code that programs branch on, and a message for the admin.
//!
//! A message is one line: what failed, why, and what to do. It names the admin's own settings, hosts and paths, and
//! never a secret or the text of a monitored device.

use crate::code::{Code, Exit};
use callback_collector::Problem;
use callback_protocol::agent_api::Notice;
use serde::Serialize;
use serde_json::{Value, json};

/// Result with the agent's error.
pub type Result<T> = std::result::Result<T, Error>;

/// A code and what it comes to in a given case.
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

/// What went wrong.
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

    /// The same error with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// The module's rejection of its input.
    #[must_use]
    pub fn rejected(problem: Problem) -> Self {
        Self::new(Code::FactsRejected, format!("the module rejected its input: {problem}")).caused_by(problem)
    }

    /// The problem that the module named, if it rejected its input.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        self.source.as_deref()?.downcast_ref()
    }

    /// The error of an operation that the system's random generator failed.
    pub(crate) fn no_random(source: getrandom::Error) -> Self {
        Self::new(Code::RandomUnavailable, "the system's random generator is not available").caused_by(source)
    }

    /// What happened.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// How the command ends.
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
