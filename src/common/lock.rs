//! A lock between processes, on a file. The kernel releases it when its holder exits, even after a crash.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct FileLock(File);

impl FileLock {
    /// Takes the lock on an open file; `None` if another process holds it.
    ///
    /// # Errors
    /// If the file system does not support locks.
    pub fn try_take(file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Whether a process holds the lock on a file. It changes nothing, but another process that tries to take the lock at the
/// very same moment does not get it.
#[must_use]
pub fn is_taken(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    match file.try_lock_shared() {
        Ok(()) => file.unlock().is_err(),
        Err(error) => matches!(error, TryLockError::WouldBlock),
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing alone is not enough: a child process that is being started also has the file open for a moment.
        let _ = self.0.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_process_holds_the_lock_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let open = || File::create(directory.path().join("lock")).unwrap();
        let held = FileLock::try_take(open()).unwrap().unwrap();
        assert!(FileLock::try_take(open()).unwrap().is_none() && is_taken(&directory.path().join("lock")));
        drop(held);
        assert!(!is_taken(&directory.path().join("lock")) && !is_taken(&directory.path().join("none")));
        assert!(FileLock::try_take(open()).unwrap().is_some());
    }
}
