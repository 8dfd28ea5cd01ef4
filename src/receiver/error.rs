//! Errors of the receiver's own running; what is wrong with a report is a [`crate::wire::Refusal`].

/// Result with the receiver's error.
pub type Result<T> = std::result::Result<T, Error>;

/// What keeps the receiver from running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address to listen on cannot be had.
    #[error("{0}")]
    Listen(String),
    /// The database cannot be used.
    #[error("{0}")]
    Store(String),
    /// The key file cannot be used.
    #[error("{0}")]
    Key(String),
}

impl Error {
    /// The process's exit code. 0 is success, 2 a usage error.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Listen(_) => 3,
            Self::Store(_) => 4,
            Self::Key(_) => 5,
        }
    }
}
