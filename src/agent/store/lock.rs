//! The lock that allows one run at a time to act on receivers and LibreNMS. The kernel releases it when its holder
//! ends, even if it is killed.

use super::State;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::{private, why};
use callback_common::lock::FileLock;
use std::fs::{File, TryLockError};

/// The file of the lock within the state directory.
pub(super) const FILE: &str = "lock";

/// The lock, held until it is dropped.
pub(crate) struct RunLock(#[expect(dead_code, reason = "held for its drop")] FileLock);

impl RunLock {
    /// Takes the lock of a state directory.
    pub(crate) fn take(state: &State) -> Result<Self> {
        match FileLock::try_take(private(&state.directory().join(FILE))?) {
            Ok(Some(lock)) => Ok(Self(lock)),
            Ok(None) => {
                Err(Error::new(Code::RunInProgress, "another run of the agent is in progress; nothing was done"))
            }
            Err(error) => {
                let message = format!("cannot lock the state directory: {}", why(&error));
                Err(Error::new(Code::StateNotUsable, message).caused_by(error))
            }
        }
    }

    /// Whether a run holds the lock; false if that cannot be determined.
    pub(crate) fn is_held(state: &State) -> bool {
        let file = File::open(state.directory().join(FILE));
        // Shared, so that two concurrent checks do not mistake each other for a run.
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_one_run_holds_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).await.unwrap();
        assert!(!RunLock::is_held(&state));
        let held = RunLock::take(&state).unwrap();
        assert_eq!(RunLock::take(&state).err().map(|error| error.code()), Some(Code::RunInProgress));
        assert!(RunLock::is_held(&state));
        drop(held);
        assert!(!RunLock::is_held(&state));
        assert!(RunLock::take(&state).is_ok());
    }
}
