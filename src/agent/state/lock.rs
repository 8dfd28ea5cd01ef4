//! The lock that lets one run at a time do something that is seen outside. The kernel lets go of it when its holder
//! ends, however it ends.

use super::State;
use crate::code::Code;
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
                Err(Error::new(Code::RunInProgress, "another run of the agent is in progress; nothing was done"))
            }
            Err(TryLockError::Error(error)) => {
                let message = format!("cannot lock the state directory: {}", why(&error));
                Err(Error::new(Code::StateNotUsable, message).caused_by(error))
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
        assert_eq!(RunLock::take(&state).err().map(|error| error.code()), Some(Code::RunInProgress));
        drop(held);
        assert!(RunLock::take(&state).is_ok());
    }
}
