//! The agent's own files: private from their first moment, refused where someone else could have put them there.

use crate::code::Code;
use crate::error::{Error, Result};
use callback_common::private_file;
use rustix::process::geteuid;
use std::fs::{File, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

pub(crate) use callback_common::io_error::describe as why;

/// Opens a private file for reading and writing, and creates it if needed: mode 0600, owned by this user, not a
/// symbolic link. A file that others could read is made private.
pub(crate) fn private(path: &Path) -> Result<File> {
    let file = private_file::open(path).map_err(|error| cannot("write", path, error))?;
    let found = file.metadata().map_err(|error| cannot("read", path, error))?;
    own(&found, path)?;
    if geteuid().is_root()
        && found.uid() == 0
        && let Some(Ok(above)) = path.parent().map(std::fs::metadata)
        && above.uid() != 0
    {
        // What root makes in another user's folder is for that user.
        std::os::unix::fs::fchown(&file, Some(above.uid()), Some(above.gid()))
            .map_err(|error| cannot("change the owner of", path, error))?;
    }
    if found.mode() & 0o077 != 0 {
        let narrowed = file.set_permissions(Permissions::from_mode(0o600));
        narrowed.map_err(|error| cannot("make private", path, error))?;
    }
    Ok(file)
}

/// Writes a new private file atomically. An existing file is never overwritten: a typo must not cost a configuration or
/// a database.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    private_file::create(path, bytes).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::new(
            Code::FileExists,
            format!("cannot write {}: it exists already; choose another name", path.display()),
        ),
        _ => not_written(path, error),
    })
}

/// Writes a private file atomically.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    private_file::replace(path, bytes).map_err(|error| not_written(path, error))
}

fn not_written(path: &Path, error: io::Error) -> Error {
    Error::new(Code::FileNotWritten, format!("cannot write {}: {}", path.display(), why(&error))).caused_by(error)
}

/// Creates a directory that only its owner may enter, or checks an existing one.
pub(crate) fn private_folder(folder: &Path) -> Result<()> {
    if folder.exists() && !folder.is_dir() {
        return Err(not_a_directory(folder));
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| cannot_use(folder, error))?;
    let found = std::fs::metadata(folder).map_err(|error| cannot_use(folder, error))?;
    own(&found, folder)?;
    if found.mode() & 0o022 != 0 {
        return Err(Error::new(
            Code::StateNotPrivate,
            format!("other users can write to the state directory {0}; run: chmod go-w {0}", folder.display()),
        ));
    }
    Ok(())
}

/// The error of a state directory that is something else.
pub(crate) fn not_a_directory(folder: &Path) -> Error {
    let message = format!("{} is not a directory; choose another with --state DIR", folder.display());
    Error::new(Code::StateNotUsable, message)
}

/// Refuses what belongs to another user; root may use anyone's, since it can read everything anyway, but what root
/// would make there the owner could not read: commands drop to the owner before they come here.
fn own(found: &Metadata, path: &Path) -> Result<()> {
    let me = geteuid();
    if found.uid() == me.as_raw() || me.is_root() {
        return Ok(());
    }
    Err(Error::new(
        Code::StateOwner,
        format!("{} belongs to another user; run the agent as that user, or use --state", path.display()),
    ))
}

fn cannot(done: &str, path: &Path, error: io::Error) -> Error {
    let code = code_of(&error);
    let advice = match code {
        Code::StateReadOnly => "; make it writable, or choose another state directory with --state DIR",
        Code::StateDiskFull => "; free some space",
        _ => "",
    };
    Error::new(code, format!("cannot {done} {}: {}{advice}", path.display(), why(&error))).caused_by(error)
}

fn cannot_use(directory: &Path, error: io::Error) -> Error {
    let why = if error.kind() == io::ErrorKind::AlreadyExists { "not a directory" } else { why(&error) };
    let message = format!("cannot use the state directory {}: {why}; choose another with --state", directory.display());
    Error::new(code_of(&error), message).caused_by(error)
}

fn code_of(error: &io::Error) -> Code {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => Code::StateDiskFull,
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => Code::StateReadOnly,
        _ => Code::StateNotUsable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_private_file_is_private_whether_it_was_there_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        private(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        private(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(write_private(&file, b"new").unwrap_err().code(), Code::FileExists);
        std::fs::remove_file(&file).unwrap();
        write_private(&file, b"new").unwrap();
        assert_eq!((mode(&file), std::fs::read(&file).unwrap()), (0o600, b"new".to_vec()));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_symbolic_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("x"), folder.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let error = private(&link).unwrap_err();
        assert_eq!(error.code(), Code::StateNotUsable);
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>()).unwrap();
        assert_eq!(cause.raw_os_error(), Some(rustix::io::Errno::LOOP.raw_os_error()));
        assert_eq!(why(cause), "is a symbolic link");
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o770)).unwrap();
        assert_eq!(private_folder(folder.path()).unwrap_err().code(), Code::StateNotPrivate);
    }
}
