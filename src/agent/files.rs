//! The agent's own files: private from creation, rejected if another user could have put them there.

use crate::code::Code;
use crate::error::{Error, Result};
use callback_common::private_file;
use rustix::fs::OFlags;
use rustix::process::geteuid;
use std::fs::{File, Metadata, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

pub(crate) use callback_common::io_error::describe as why;

/// Opens a private file for reading and writing, and creates it if needed: mode 0600, owned by this user, not a
/// symbolic link. A file that others could read is made private.
pub(crate) fn private(path: &Path) -> Result<File> {
    let file = private_file::open(path).map_err(|error| cannot("write", path, error))?;
    let found = file.metadata().map_err(|error| cannot("read", path, error))?;
    check_owner(&found, path)?;
    if geteuid().is_root()
        && found.uid() == 0
        && let Some(Ok(above)) = path.parent().map(std::fs::metadata)
        && above.uid() != 0
    {
        // In another user's directory, root creates files for that user.
        std::os::unix::fs::fchown(&file, Some(above.uid()), Some(above.gid()))
            .map_err(|error| cannot("change the owner of", path, error))?;
    }
    if found.mode() & 0o077 != 0 {
        let narrowed = file.set_permissions(Permissions::from_mode(0o600));
        narrowed.map_err(|error| cannot("make private", path, error))?;
    }
    Ok(file)
}

/// The largest file of settings that is read.
pub(crate) const MAX_SETTINGS: u64 = 16 << 20;

/// Opens a regular file for reading. Another user may have put it there: opening a pipe would wait for its other end.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    match file.metadata()? {
        found if found.is_file() => Ok(file),
        found if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(rustix::io::Errno::NXIO.into()),
    }
}

/// The bytes of a regular file that is no larger than a limit.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

/// The text of a regular file that is no larger than a limit.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Whether the write-ahead log of a SQLite file is empty. The file then contains everything, and can be opened as
/// immutable; otherwise SQLite creates files next to it.
pub(crate) fn sqlite_log_is_empty(database: &Path) -> bool {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(true, |found| found.len() == 0)
}

/// Writes a new private file atomically. It never overwrites a file: a typo must not destroy a configuration or a
/// database.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    private_file::create(path, bytes).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::new(
            Code::FileExists,
            format!("cannot write {}: it already exists; choose a different name", path.display()),
        ),
        _ => not_written(path, error),
    })
}

/// Replaces a private file, or writes a new one.
pub(crate) fn replace_private(path: &Path, bytes: &[u8]) -> Result<()> {
    private_file::replace(path, bytes).map_err(|error| not_written(path, error))
}

/// Writes a private file next to another file and gives it to that file's owner, who must be able to read what root
/// writes.
pub(crate) fn replace_private_beside(other: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let owner = std::fs::metadata(other).ok().filter(|_| geteuid().is_root()).map(|found| (found.uid(), found.gid()));
    private_file::replace_for(path, bytes, owner).map_err(|error| not_written(path, error))
}

fn not_written(path: &Path, error: io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("; this runs as user {0}: choose a directory that {0} can write to", own_name())
        }
        _ => String::new(),
    };
    Error::new(Code::FileNotWritten, format!("cannot write {}: {}{advice}", path.display(), why(&error)))
        .caused_by(error)
}

/// The name of this process's user; the user ID if the user has no name.
pub(crate) fn own_name() -> String {
    let uid = geteuid().as_raw();
    uzers::get_user_by_uid(uid).map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned())
}

/// Creates a directory that only its owner may enter, or checks an existing one.
pub(crate) fn private_directory(directory: &Path) -> Result<()> {
    if directory.exists() && !directory.is_dir() {
        return Err(not_a_directory(directory));
    }
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|error| cannot_use(directory, error))?;
    check_private_directory(directory)
}

/// Checks an existing directory: only its owner may write to it.
pub(crate) fn check_private_directory(directory: &Path) -> Result<()> {
    let found = std::fs::metadata(directory).map_err(|error| cannot_use(directory, error))?;
    check_owner(&found, directory)?;
    if found.mode() & 0o022 != 0 {
        return Err(Error::new(
            Code::StateNotPrivate,
            format!("other users can write to the state directory {0}; run: chmod go-w {0}", directory.display()),
        ));
    }
    Ok(())
}

/// The error for a state directory that is not a directory.
pub(crate) fn not_a_directory(directory: &Path) -> Error {
    let message = format!("{} is not a directory; choose a different one with --state DIR", directory.display());
    Error::new(Code::StateNotUsable, message)
}

/// Checks that one of the agent's own files can be read: owned by this user, not a symbolic link. The error names it.
pub(crate) fn check_readable(path: &Path) -> Result<()> {
    let mut options = File::options();
    let options = options.read(true).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let found = options.open(path).and_then(|file| file.metadata()).map_err(|error| cannot("read", path, error))?;
    check_owner(&found, path)
}

/// Rejects another user's files. Root may use any user's files, since it can read everything anyway. But the owner
/// could not read files created by root, so commands drop root before they get here.
fn check_owner(found: &Metadata, path: &Path) -> Result<()> {
    let me = geteuid();
    if found.uid() == me.as_raw() || me.is_root() {
        return Ok(());
    }
    Err(Error::new(
        Code::StateOwner,
        format!("{} belongs to a different user; run the agent as that user, or use --state", path.display()),
    ))
}

fn cannot(done: &str, path: &Path, error: io::Error) -> Error {
    let code = code_of(&error);
    let advice = match code {
        Code::StateReadOnly => "; make it writable, or choose a different state directory with --state DIR",
        Code::StateDiskFull => "; free some space",
        _ => "",
    };
    Error::new(code, format!("cannot {done} {}: {}{advice}", path.display(), why(&error))).caused_by(error)
}

fn cannot_use(directory: &Path, error: io::Error) -> Error {
    let why = if error.kind() == io::ErrorKind::AlreadyExists { "not a directory" } else { why(&error) };
    let message =
        format!("cannot use the state directory {}: {why}; choose a different one with --state", directory.display());
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
    fn new_and_existing_private_files_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x");
        private(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        private(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(write_private(&file, b"new").unwrap_err().code(), Code::FileExists);
        std::fs::remove_file(&file).unwrap();
        write_private(&file, b"new").unwrap();
        assert_eq!((mode(&file), std::fs::read(&file).unwrap()), (0o600, b"new".to_vec()));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "no other file is left");
    }

    #[test]
    fn only_regular_files_up_to_a_limit_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let (file, pipe) = (directory.path().join("x"), directory.path().join("pipe"));
        std::fs::write(&file, "abc").unwrap();
        assert_eq!(read(&file, 3).unwrap(), b"abc");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        for (path, phrase) in [
            (file.as_path(), "is too large"),
            (&pipe, "is not a regular file"),
            (Path::new("/dev/zero"), "is not a regular file"),
            (directory.path(), "is a directory"),
        ] {
            assert_eq!(why(&read(path, 2).unwrap_err()), phrase, "{}", path.display());
        }
    }

    #[test]
    fn a_file_that_root_writes_next_to_another_belongs_to_its_owner() {
        // Tests of the agent run as root: they change owners.
        let directory = tempfile::tempdir().unwrap();
        let (file, answer) = (directory.path().join("x"), directory.path().join("x.answer"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::chown(&file, Some(4242), Some(4343)).unwrap();
        for bytes in [b"one", b"two"] {
            replace_private_beside(&file, &answer, bytes).unwrap();
            let found = std::fs::metadata(&answer).unwrap();
            assert_eq!((found.uid(), found.gid(), mode(&answer)), (4242, 4343, 0o600));
        }
    }

    #[test]
    fn a_symbolic_link_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("x"), directory.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let error = private(&link).unwrap_err();
        assert_eq!(error.code(), Code::StateNotUsable);
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>()).unwrap();
        assert_eq!(cause.raw_os_error(), Some(rustix::io::Errno::LOOP.raw_os_error()));
        assert_eq!(why(cause), "is a symbolic link");
    }

    #[test]
    fn a_directory_writable_by_others_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o770)).unwrap();
        assert_eq!(private_directory(directory.path()).unwrap_err().code(), Code::StateNotPrivate);
    }
}
