//! The key under which installs are kept: a file apart from the data. Without it nobody can tell from the data which
//! pseudonym a report came from.

use crate::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

/// The key.
pub struct InstallKey([u8; 32]);

impl InstallKey {
    /// Reads the key file, or makes it if there is none.
    ///
    /// # Errors
    /// [`Error::Key`] if it cannot be read or made, is no key, or can be read by others.
    pub fn load(path: &Path) -> Result<Self> {
        let cannot = |what: &str, error: &std::io::Error| {
            Error::Key(format!("the key file cannot be {what} ({}); check its path and permissions", error.kind()))
        };
        match std::fs::read(path) {
            Ok(bytes) => {
                let mode = std::fs::metadata(path).map_err(|error| cannot("read", &error))?.mode();
                if mode & 0o077 != 0 {
                    return Err(Error::Key(
                        "others may read the key file; make it private with: chmod 600 FILE".into(),
                    ));
                }
                let key = <[u8; 32]>::try_from(bytes)
                    .map_err(|_| Error::Key("the key file is no key (32 bytes); restore it from a backup".into()))?;
                Ok(Self(key))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(|_| Error::Key("this machine gives no random numbers".into()))?;
                let mut file = std::fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)
                    .map_err(|error| cannot("made", &error))?;
                file.write_all(&key).and_then(|()| file.sync_all()).map_err(|error| cannot("made", &error))?;
                Ok(Self(key))
            }
            Err(error) => Err(cannot("read", &error)),
        }
    }

    /// The name under which an install is kept.
    #[must_use]
    pub fn install(&self, uuid: &str) -> [u8; 32] {
        self.hash(b"install", uuid.as_bytes())
    }

    /// What the data keeps to recognise its key.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        self.hash(b"check", b"")
    }

    fn hash(&self, purpose: &[u8], text: &[u8]) -> [u8; 32] {
        // HMAC fills a short key up with zeroes to a block itself; done here, the length cannot be wrong.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // The length keeps purposes apart whatever the text.
        mac.update(&[purpose.len() as u8]);
        mac.update(purpose);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let first = InstallKey::load(&path).unwrap();
        let again = InstallKey::load(&path).unwrap();
        assert_eq!(first.install("a"), again.install("a"));
        assert_ne!(first.install("a"), first.install("b"));
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_can_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, [7; 32]).unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&path, open).unwrap();
        assert!(InstallKey::load(&path).is_err());
        std::fs::write(&path, "short").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(InstallKey::load(&path).is_err());
    }
}
