//! The lock that lets one run at a time do something that is seen outside. The kernel lets go of it when its holder
//! ends, however it ends.

use super::State;
use crate::error::{Error, Result};
use crate::files::{private, why};
use std::fs::{File, TryLockError};

/// The lock, held until it is dropped.
pub struct RunLock(File);

impl RunLock {
    /// Takes the lock of a state folder.
    ///
    /// # Errors
    /// [`Error::Busy`] if another run has it, [`Error::State`] if it cannot be had at all.
    pub fn take(state: &State) -> Result<Self> {
        let file = private(&state.folder().join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                Err(Error::Busy("another run of the agent is under way; nothing was done".into()))
            }
            Err(TryLockError::Error(error)) => {
                Err(Error::State(format!("the lock in the state folder cannot be taken: {}", why(&error))))
            }
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Not by closing alone: a process that is just being started has the file open, too, for a moment.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(folder.path()).await.unwrap();
        let held = RunLock::take(&state).unwrap();
        assert!(matches!(RunLock::take(&state), Err(Error::Busy(_))));
        drop(held);
        assert!(RunLock::take(&state).is_ok());
    }
}
