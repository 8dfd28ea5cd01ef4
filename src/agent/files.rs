//! The agent's own files: private from their first moment, refused where someone else could have put them there.

use crate::error::{Error, Result};
use rustix::process::geteuid;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// What went wrong with a file, in an admin's words.
#[must_use]
pub fn why(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "it is not there",
        Kind::PermissionDenied => "this user may not",
        Kind::AlreadyExists => "there is one already",
        Kind::StorageFull | Kind::QuotaExceeded => "the disk is full",
        Kind::ReadOnlyFilesystem => "the disk is read-only",
        Kind::NotADirectory => "a part of its path is no folder",
        Kind::IsADirectory => "it is a folder",
        Kind::InvalidData => "it is not UTF-8 text",
        Kind::BrokenPipe => "its reader has gone away",
        Kind::TimedOut => "it took too long",
        Kind::ConnectionRefused => "nothing listens there",
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::UnexpectedEof => "the connection broke off",
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => "the network does not lead there",
        Kind::AddrInUse => "the address is taken",
        _ => match error.raw_os_error() {
            Some(40) => "it is a symbolic link",
            _ => "the system gave no reason that helps",
        },
    }
}

/// Opens a private file for reading and writing, and makes it where it is not there: mode 0600, no symbolic link, this
/// user's. A file of this user that others may read is narrowed.
///
/// # Errors
/// [`Error::State`] for a file that cannot be had or must not be trusted.
pub fn private(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .map_err(|error| cannot("written", path, &error))?;
    let found = file.metadata().map_err(|error| cannot("read", path, &error))?;
    own(&found, path)?;
    if geteuid().is_root()
        && found.uid() == 0
        && let Some(Ok(above)) = path.parent().map(std::fs::metadata)
        && above.uid() != 0
    {
        // What root makes in another user's folder is for that user.
        std::os::unix::fs::fchown(&file, Some(above.uid()), Some(above.gid()))
            .map_err(|error| cannot("handed over", path, &error))?;
    }
    if found.mode() & 0o077 != 0 {
        let narrowed = file.set_permissions(Permissions::from_mode(0o600));
        narrowed.map_err(|error| cannot("made private", path, &error))?;
    }
    Ok(file)
}

/// Writes a new private file whole or not at all. What is there stays: a slip of the pen must not cost a configuration, or
/// an install's database.
///
/// # Errors
/// [`Error::Io`] if it cannot be written, or there is one.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(Error::Io(format!("{} cannot be written: there is one already; name another", path.display())));
    }
    replace_private(path, bytes)
}

/// Writes a private file whole or not at all: first beside its place, then moved there.
///
/// # Errors
/// [`Error::Io`] if it cannot be written.
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
        let _ = std::fs::remove_file(beside);
        Error::Io(format!("{} cannot be written: {}", path.display(), why(&error)))
    })
}

/// Makes a folder that only its owner may enter, or checks that the one that is there is such.
///
/// # Errors
/// [`Error::State`].
pub fn private_folder(folder: &Path) -> Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| cannot_use(folder, &error))?;
    let found = std::fs::metadata(folder).map_err(|error| cannot_use(folder, &error))?;
    own(&found, folder)?;
    if found.mode() & 0o022 != 0 {
        return Err(Error::State(format!(
            "others may write to the state folder {}; make it private with: chmod go-w {}",
            folder.display(),
            folder.display()
        )));
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
    Err(Error::State(format!(
        "{} belongs to another user; run the agent as that user, or name another place",
        path.display()
    )))
}

fn cannot(done: &str, path: &Path, error: &io::Error) -> Error {
    Error::State(format!("{} cannot be {done}: {}; check it and the state folder", path.display(), why(error)))
}

fn cannot_use(folder: &Path, error: &io::Error) -> Error {
    let why = if error.kind() == io::ErrorKind::AlreadyExists { "it is no folder" } else { why(error) };
    Error::State(format!(
        "the state folder {} cannot be used: {why}; name another with --state or `state`",
        folder.display()
    ))
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
        assert!(write_private(&file, b"new").unwrap_err().to_string().contains("there is one already"));
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
        assert!(private(&link).unwrap_err().to_string().contains("symbolic link"));
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o770)).unwrap();
        assert!(private_folder(folder.path()).unwrap_err().to_string().contains("chmod go-w"));
    }
}
