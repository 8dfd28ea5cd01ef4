//! Files that only their owner can read (mode 0600), written atomically.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// Opens a file for reading and appending. Creates it if needed; rejects symbolic links.
///
/// # Errors
/// Those of opening.
pub fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
}

/// Whether anyone but the owner may read or write the file.
///
/// # Errors
/// Those of reading its metadata.
pub fn is_open_to_others(path: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(path)?.mode() & 0o077 != 0)
}

/// Creates a file atomically.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] if the file exists, which is then unchanged; otherwise those of writing.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match beside(path, bytes)?.persist_noclobber(path) {
        Ok(_) => sync_directory(path),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(error.error),
        // A file system without hard links: not atomic, but never overwrites an existing file.
        Err(_) => {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(bytes).and_then(|()| file.sync_all())
        }
    }
}

/// Replaces or creates a file atomically.
///
/// # Errors
/// Those of writing; the old file is then unchanged.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_for(path, bytes, None)
}

/// The same, with an owner (user and group ID) that is set before the file gets its name.
///
/// # Errors
/// Those of writing and of changing the owner; the old file is then unchanged.
pub fn replace_for(path: &Path, bytes: &[u8], owner: Option<(u32, u32)>) -> io::Result<()> {
    let file = beside(path, bytes)?;
    if let Some((user, group)) = owner {
        std::os::unix::fs::fchown(file.as_file(), Some(user), Some(group))?;
    }
    file.persist(path)?;
    sync_directory(path)
}

/// A temporary file in the same directory with these bytes; it is deleted unless it is given its final name.
fn beside(path: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // tempfile creates its files with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".").suffix(".part").tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Makes a rename durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(directory).and_then(|directory| directory.sync_all()) {
        // Some network file systems cannot do this. The file itself is durable.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        // A directory with write permission but no read permission.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn files_are_private_and_never_replaced_by_create() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        create(&path, b"one").unwrap();
        assert_eq!(create(&path, b"two").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"one".to_vec(), 0o600));
        replace(&path, b"three").unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), mode(&path)), (b"three".to_vec(), 0o600));
        assert!(!is_open_to_others(&path).unwrap());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "a temporary file is left");
    }

    #[test]
    fn only_one_of_many_concurrent_calls_creates_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let created = std::thread::scope(|scope| {
            let path = &path;
            let all: Vec<_> = (0..8_u8).map(|n| scope.spawn(move || create(path, &[n; 32]).is_ok())).collect();
            all.into_iter().map(|one| usize::from(one.join().unwrap())).sum::<usize>()
        });
        assert_eq!((created, std::fs::read(&path).unwrap().len()), (1, 32));
    }

    #[test]
    fn a_symbolic_link_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(crate::io_error::describe(&open(&link).unwrap_err()), "is a symbolic link");
    }
}
