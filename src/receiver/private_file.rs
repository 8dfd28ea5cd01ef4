//! Files that hold a key: made once, readable by nobody else, refused if somebody else may read them.

use crate::error::{Error, Result};
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
            write_new(path, &key).map_err(|error| cannot("made", &error))?;
            Ok(key.to_vec())
        }
        Err(error) => Err(cannot("read", &error)),
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
