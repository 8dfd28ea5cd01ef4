//! The lock that one process at a time holds on a database: it caches the IDs of labels, so two must not assign them.

use super::cannot_write;
use crate::code::Code;
use crate::error::Result;
use callback_common::lock::FileLock;
use callback_common::private_file;
use std::path::{Path, PathBuf};

/// Takes the lock of a database.
///
/// # Errors
/// [`Code::DatabaseInUse`] if another process holds it, [`Code::DatabaseNotWritable`] if it cannot be created.
pub(super) fn take(database: &Path) -> Result<FileLock> {
    let file = private_file::open(&path(database)).map_err(|error| cannot_write(&error))?;
    let lock = FileLock::try_take(file).map_err(|error| cannot_write(&error))?;
    Ok(lock.ok_or(Code::DatabaseInUse)?)
}

/// Where it is.
pub(super) fn path(database: &Path) -> PathBuf {
    database.with_extension("lock")
}
