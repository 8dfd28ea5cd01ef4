//! Disk space for deletions: a file of zeros beside the database. It is deleted when a deletion finds the disk full, and
//! created again once there is room.

use crate::ownership::give_to_owner_of_directory;
use callback_common::private_file;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use std::path::{Path, PathBuf};

/// Its size.
const SIZE: u64 = 4 << 20;

/// Bytes that must be free before it is created.
const MIN_FREE: u64 = 4 * SIZE;

/// The file.
pub(super) struct Reserve {
    database: PathBuf,
    /// Whether it exists.
    is_held: bool,
}

impl Reserve {
    /// The reserve of a database.
    pub(super) fn beside(database: &Path) -> Self {
        let mut reserve = Self { database: database.to_owned(), is_held: false };
        reserve.refill();
        reserve
    }

    /// Creates it unless it exists or the disk has no room. Without it, a deletion may fail on a full disk.
    pub(super) fn refill(&mut self) {
        if self.is_held || free(&self.database).is_none_or(|free| free < MIN_FREE) {
            return;
        }
        let path = self.path();
        let file = private_file::open(&path).and_then(|file| give_to_owner_of_directory(&path).map(|()| file));
        self.is_held = file.is_ok_and(|file| fallocate(file, FallocateFlags::empty(), 0, SIZE).is_ok());
    }

    fn path(&self) -> PathBuf {
        self.database.with_extension("reserve")
    }

    /// Deletes it.
    pub(super) fn release(&mut self) {
        self.is_held = false;
        // If it cannot be deleted, the deletion fails as it would without it.
        let _ = std::fs::remove_file(self.path());
    }
}

/// Bytes that are free on the disk of a file, if that is known.
pub(super) fn free(file: &Path) -> Option<u64> {
    let disk = statvfs(file).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}
