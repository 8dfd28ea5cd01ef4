//! Integration with the host: the schedule, the user that it runs as, and the agent's directories.

pub(crate) mod command;
pub(crate) mod runner;
pub(crate) mod schedule;
pub(crate) mod switch;
pub(crate) mod users;

pub(crate) use schedule::{Job, Schedule, is_scheduled};

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Where the state directory is under the root of the file system.
pub(crate) const STATE_PATH: &str = "var/lib/callback-agent";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemFile {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
}

impl SystemFile {
    /// Whether the file exists with exactly this content.
    pub(crate) fn is_there(&self) -> bool {
        std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
    }

    /// Writes the file, readable by everyone, and creates its parent directories.
    pub(crate) fn write(&self) -> Result<()> {
        let cannot = |error| cannot("write", &self.path, error);
        if let Some(directory) = self.path.parent() {
            std::fs::create_dir_all(directory).map_err(cannot)?;
        }
        std::fs::write(&self.path, &self.text).map_err(cannot)?;
        std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(0o644)).map_err(cannot)
    }
}

/// The state directory under a root.
pub(crate) fn state_directory(root: &Path) -> PathBuf {
    root.join(STATE_PATH)
}

/// Removes a file. A missing file is not an error.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("remove", path, error)),
    }
}

/// The error for a failed change to the system, with what to do.
pub(crate) fn cannot(done: &str, path: &Path, error: io::Error) -> Error {
    use io::ErrorKind as Kind;
    let advice = match error.kind() {
        Kind::PermissionDenied if !users::is_root() => "; run this as root",
        Kind::PermissionDenied => {
            "; root lacks the capability or the file is immutable, so do this outside the container"
        }
        Kind::ReadOnlyFilesystem if path.ends_with(STATE_PATH) => {
            "; mount a writable volume there, or pass --state DIR with a directory on one"
        }
        Kind::ReadOnlyFilesystem => {
            "; mount it writable, or have the container's host start `callback-agent submit` once a day"
        }
        Kind::StorageFull | Kind::QuotaExceeded => "; free some space",
        _ => "",
    };
    Error::new(Code::SystemFile, format!("cannot {done} {}: {}{advice}", path.display(), why(&error))).caused_by(error)
}
