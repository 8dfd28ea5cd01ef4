//! Files that hold a key: made once, readable by nobody else, refused if somebody else may read them.

use crate::error::{Error, Result};
use data_encoding::HEXLOWER;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// What a key file holds; made with 32 random bytes if there is none.
///
/// # Errors
/// [`Error::Key`] if it cannot be read or made, or others may read it.
pub(crate) fn read_or_make(path: &Path) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let mode = std::fs::metadata(path).map_err(|error| cannot("read", &error))?.mode();
            if mode & 0o077 != 0 {
                return Err(Error::Key("others may read the key file; make it private with: chmod 600 FILE".into()));
            }
            Ok(bytes)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = random()?;
            match write_whole(path, &random()?, &key) {
                Ok(()) => Ok(key.to_vec()),
                // Another receiver was quicker; which of them may run, the lock decides.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => read_or_make(path),
                Err(error) => Err(cannot("made", &error)),
            }
        }
        Err(error) => Err(cannot("read", &error)),
    }
}

/// Writes a new file that has its name only once it is whole; before that it has one that nobody else takes.
fn write_whole(path: &Path, nobodys: &[u8; 32], bytes: &[u8]) -> std::io::Result<()> {
    let unnamed = path.with_extension(format!("{}.new", HEXLOWER.encode(&nobodys[..8])));
    write_new(&unnamed, bytes)?;
    let linked = std::fs::hard_link(&unnamed, path);
    std::fs::remove_file(&unnamed)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => write_new(path, bytes), // no hard links there
        linked => linked,
    }
}

/// Writes a new file that nobody else can read.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all())
}

/// A key of random bytes.
pub(crate) fn random() -> Result<[u8; 32]> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| Error::Key("this machine gives no random numbers".into()))?;
    Ok(key)
}

fn cannot(what: &str, error: &std::io::Error) -> Error {
    Error::Key(format!("the key file cannot be {what} ({}); check its path and permissions", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_make_one_key_and_leave_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("install.key");
        let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| read_or_make(&path).unwrap())).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == std::fs::read(&path).unwrap() && key.len() == 32));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
