//! Key files: created once with random bytes, and rejected if other users can read them.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::ownership::give_to_owner_of_directory;
use callback_common::io_error::describe;
use callback_common::private_file;
use std::io::ErrorKind;
use std::path::Path;

/// The content of a key file; 32 random bytes if it had to be created.
///
/// # Errors
/// If it cannot be read or created, or other users can read it.
pub(crate) fn read_or_create(path: &Path) -> Result<Vec<u8>> {
    if path.exists() {
        return read(path);
    }
    let key = random()?;
    match private_file::create(path, &key).and_then(|()| give_to_owner_of_directory(path)) {
        Ok(()) => Ok(key.to_vec()),
        // Another process created it first. The lock on the database decides which of them may run.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(failed(path, Code::KeyNotWritable, &error)),
    }
}

/// The content of a key file.
///
/// # Errors
/// If it cannot be read, or other users can read it.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| failed(path, Code::KeyUnreadable, &error);
    let bytes = std::fs::read(path).map_err(unreadable)?;
    if private_file::is_open_to_others(path).map_err(unreadable)? {
        return Err(Error::new(Code::KeyExposed, path.display()));
    }
    Ok(bytes)
}

fn failed(path: &Path, code: Code, error: &std::io::Error) -> Error {
    Error::new(code, format!("{} ({})", path.display(), describe(error)))
}

/// A random key.
pub(crate) fn random() -> Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| Code::RandomUnavailable)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn many_at_once_create_one_key_and_leave_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("install.key");
        let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| read_or_create(&path).unwrap())).collect();
            all.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == std::fs::read(&path).unwrap() && key.len() == 32));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_key_that_others_can_read_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("install.key");
        read_or_create(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(read_or_create(&path).unwrap_err().code(), Code::KeyExposed);
    }
}
