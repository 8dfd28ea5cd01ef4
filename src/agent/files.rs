//! The agent's own files: private from their first moment, refused where someone else could have put them there.

use crate::code::Code;
use crate::error::{Error, Result};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::borrow::Cow;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Describes an I/O error in the words of the system.
#[must_use]
pub fn why(error: &io::Error) -> Cow<'static, str> {
    use io::ErrorKind as Kind;
    Cow::Borrowed(match error.kind() {
        Kind::NotFound => "no such file or directory",
        Kind::PermissionDenied => "permission denied",
        Kind::AlreadyExists => "it exists already",
        Kind::StorageFull | Kind::QuotaExceeded => "the disk is full",
        Kind::ReadOnlyFilesystem => "read-only file system",
        Kind::NotADirectory => "a part of the path is not a directory",
        Kind::IsADirectory => "it is a directory",
        Kind::InvalidData => "not valid UTF-8",
        Kind::BrokenPipe => "broken pipe",
        Kind::TimedOut => "timed out",
        Kind::ConnectionRefused => "connection refused",
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::UnexpectedEof => "the connection was closed",
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => "the network is unreachable",
        Kind::AddrInUse => "address already in use",
        _ => match error.raw_os_error() {
            Some(code) if code == Errno::LOOP.raw_os_error() => "it is a symbolic link",
            // The system's own text for the number: nothing of a file or a server is in it.
            Some(code) => return Cow::Owned(io::Error::from_raw_os_error(code).to_string()),
            None => "unknown I/O error",
        },
    })
}

/// Opens a private file for reading and writing, and creates it if needed: mode 0600, owned by this user, not a
/// symbolic link. A file that others could read is made private.
///
/// # Errors
/// A file that cannot be opened or must not be trusted.
pub fn private(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(|error| cannot("write", path, error))?;
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
///
/// # Errors
/// If it exists, or cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(Error::new(
            Code::FileExists,
            format!("cannot write {}: it exists already; choose another name", path.display()),
        ));
    }
    replace_private(path, bytes)
}

/// Writes a private file atomically.
///
/// # Errors
/// If it cannot be written.
pub fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.create_new(true).write(true).mode(0o600);
    let written = options.open(beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(beside, path)
    });
    written.map_err(|error| {
        // What was written so far is no use to anybody.
        let _ = std::fs::remove_file(beside);
        Error::new(Code::FileNotWritten, format!("cannot write {}: {}", path.display(), why(&error))).caused_by(error)
    })
}

/// Creates a directory that only its owner may enter, or checks an existing one.
///
/// # Errors
/// If it cannot be created or must not be trusted.
pub fn private_folder(folder: &Path) -> Result<()> {
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
    Error::new(code_of(&error), format!("cannot {done} {}: {}", path.display(), why(&error))).caused_by(error)
}

fn cannot_use(directory: &Path, error: io::Error) -> Error {
    let why = if error.kind() == io::ErrorKind::AlreadyExists { "it is not a directory".into() } else { why(&error) };
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
        assert_eq!(cause.raw_os_error(), Some(Errno::LOOP.raw_os_error()));
        // The system's text for it names the number of levels, which helps nobody.
        assert_eq!(why(cause), "it is a symbolic link");
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o770)).unwrap();
        assert_eq!(private_folder(folder.path()).unwrap_err().code(), Code::StateNotPrivate);
    }
}
