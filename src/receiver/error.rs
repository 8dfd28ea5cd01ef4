//! Errors of the receiver's own running; what is wrong with a request is a [`crate::http::problem::Problem`].

/// Result with the receiver's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

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
    /// A key file cannot be used.
    #[error("{0}")]
    Key(String),
    /// The configuration is wrong.
    #[error("{0}")]
    Config(String),
    /// A check found differences.
    #[error("{0}")]
    Differs(String),
    /// The detection rules cannot be used.
    #[error("{0}")]
    Definitions(String),
    /// What was asked for cannot be written.
    #[error("{0}")]
    Output(String),
}

impl Error {
    /// The process's exit code. 0 is success, 2 a usage error.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Listen(_) => 3,
            Self::Store(_) => 4,
            Self::Key(_) => 5,
            Self::Config(_) => 6,
            Self::Differs(_) => 7,
            Self::Definitions(_) => 8,
            Self::Output(_) => 9,
        }
    }
}
