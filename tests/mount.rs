//! A small file system that tests can fill or make read-only. Needs root in a separate mount namespace.

use crate::programs::text;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// A file system in memory, unmounted on drop.
pub struct Mount(tempfile::TempDir);

impl Mount {
    /// A new file system of this many MiB.
    ///
    /// # Errors
    /// If it cannot be mounted.
    pub fn new(mib: u32) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        mount(&["-t", "tmpfs", "-o", &format!("size={mib}m,mode=0700"), "tmpfs", text(folder.path())])?;
        Ok(Self(folder))
    }

    /// Its mount point.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it, or frees the space again.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn is_full(&self, full: bool) -> Result<()> {
        let filler = self.path().join("filler");
        if !full {
            return Ok(std::fs::remove_file(filler)?);
        }
        let mut file = std::fs::File::create(filler)?;
        while std::io::Write::write_all(&mut file, &[0; 4096]).is_ok() {}
        Ok(())
    }

    /// Makes it read-only or writable.
    ///
    /// # Errors
    /// If that cannot be done.
    pub fn is_read_only(&self, read_only: bool) -> Result<()> {
        mount(&["-o", if read_only { "remount,ro" } else { "remount,rw" }, text(self.path())])
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str]) -> Result<()> {
    let output = Command::new("mount").args(arguments).output().context("mount could not be started")?;
    ensure!(
        output.status.success(),
        "this test mounts a small file system and needs root in a mount namespace of its own: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
