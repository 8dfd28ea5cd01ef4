//! Integration with the host: the schedule, the user that it runs as, and the agent's directories.

pub(crate) mod runner;
pub(crate) mod schedule;
pub(crate) mod switch;
pub(crate) mod users;

pub(crate) use schedule::{Job, Schedule, is_scheduled};

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, lchown};
use std::path::{Path, PathBuf};
use users::User;

const STATE_PATH: &str = "var/lib/callback-agent";

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

/// Creates the state directory, private to the user; returns whether anything changed. Files that root left there
/// become the user's, too.
pub(crate) fn make_state_directory(directory: &Path, user: &User) -> Result<bool> {
    let cannot = |error| cannot("create", directory, error);
    if let Some(above) = directory.parent() {
        std::fs::create_dir_all(above).map_err(cannot)?;
    }
    let is_new = !directory.is_dir();
    if is_new {
        std::fs::DirBuilder::new().mode(0o700).create(directory).map_err(cannot)?;
    }
    let found = std::fs::metadata(directory).map_err(cannot)?;
    if (found.uid(), found.gid()) == (user.uid, user.gid) {
        return Ok(is_new);
    }
    if found.uid() == 0 && found.mode() & 0o022 == 0 && !is_new {
        // Only root can have created these files.
        change_owner_below(directory, user).map_err(|error| self::cannot("change the owner of", directory, error))?;
    }
    chown(directory, Some(user.uid), Some(user.gid))
        .map_err(|error| self::cannot("change the owner of", directory, error))?;
    Ok(true)
}

/// Changes the owner of everything below a directory. Does not follow symbolic links.
fn change_owner_below(directory: &Path, user: &User) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            change_owner_below(&entry.path(), user)?;
        }
        lchown(entry.path(), Some(user.uid), Some(user.gid))?;
    }
    Ok(())
}

/// Removes a file. A missing file is not an error.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("remove", path, error)),
    }
}

/// The error of a change to the system, with what to do.
fn cannot(done: &str, path: &Path, error: io::Error) -> Error {
    use io::ErrorKind as Kind;
    let advice = match error.kind() {
        Kind::PermissionDenied if !users::is_root() => "; run this as root",
        Kind::PermissionDenied => {
            "; root lacks the capability or the file is immutable, so do this outside of the container"
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: u32 = 65534;

    #[test]
    fn the_state_of_root_is_given_to_the_user_without_following_links() {
        let directory = tempfile::tempdir().unwrap();
        let (state, outside) = (directory.path().join("state"), directory.path().join("outside"));
        std::fs::create_dir_all(state.join("compiled")).unwrap();
        std::fs::write(state.join("compiled/code"), "").unwrap();
        std::fs::write(&outside, "").unwrap();
        std::os::unix::fs::symlink(&outside, state.join("link")).unwrap();
        let user = User { uid: NOBODY, gid: NOBODY, ..User::named("root").unwrap() };
        assert!(make_state_directory(&state, &user).unwrap());
        for path in [&state, &state.join("compiled"), &state.join("compiled/code"), &state.join("link")] {
            assert_eq!(path.symlink_metadata().unwrap().uid(), NOBODY, "{}", path.display());
        }
        assert_eq!(std::fs::metadata(&outside).unwrap().uid(), 0);
        assert!(!make_state_directory(&state, &user).unwrap(), "nothing was left to do");
    }
}
