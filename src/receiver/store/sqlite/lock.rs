//! The lock that one process at a time has on a database: numbers of labels are remembered, so two must not give them out.

use super::cannot_write;
use crate::error::{Error, Result};
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The lock, held until it is dropped, or until the process ends, however that ends.
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock of a database.
    ///
    /// # Errors
    /// [`Error::Store`] if somebody has it, or it cannot be had at all.
    pub(super) fn take(database: &Path) -> Result<Self> {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(Self::file(database))
            .map_err(|error| cannot_write(&error))?;
        let in_use = |_| Error::Store("the database is in use; stop the receiver that uses it first".into());
        file.try_lock().map_err(in_use)?;
        Ok(Self(file))
    }

    /// Where it is.
    pub(super) fn file(database: &Path) -> PathBuf {
        database.with_extension("lock")
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Not by closing alone: a process that is just being started has the file open, too, for a moment.
        let _ = self.0.unlock();
    }
}
