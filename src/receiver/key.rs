//! The key that hashes install IDs: a file apart from the data. Without it, nobody can tell from the data which install
//! sent a report.

use crate::code::Code;
use crate::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use sha2::Sha256;
use std::path::Path;

/// The key.
pub struct InstallKey([u8; 32]);

impl InstallKey {
    /// Reads the key file, or creates it.
    ///
    /// # Errors
    /// If it cannot be read or created, is not a key file, or other users can read it.
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_bytes(path, crate::key_file::read_or_create(path)?)
    }

    /// Reads the key file, which must exist: a new key would not match the data.
    ///
    /// # Errors
    /// [`Code::KeyMissing`], or as [`InstallKey::load`].
    pub fn existing(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::new(Code::KeyMissing, path.display()));
        }
        Self::from_bytes(path, crate::key_file::read(path)?)
    }

    fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let key = bytes.try_into().map_err(|_| Error::new(Code::KeyInvalid, path.display()))?;
        Ok(Self(key))
    }

    /// The keyed hash of an install.
    #[must_use]
    pub fn install(&self, uuid: &str) -> [u8; 32] {
        self.hash(b"install", uuid.as_bytes())
    }

    /// The keyed hash of an install's secret. It is bound to the install.
    #[must_use]
    pub fn secret(&self, install: &[u8; 32], secret: &[u8; 32]) -> [u8; 32] {
        self.hash(b"secret", &[install.as_slice(), secret].concat())
    }

    /// The keyed hash of a deleted install. Without the key, it cannot be matched with the install's own hash.
    #[must_use]
    pub fn tombstone(&self, install: &[u8; 32]) -> [u8; 32] {
        self.hash(b"tombstone", install)
    }

    /// The keyed hash of a blocked network. Its host bits do not count.
    #[must_use]
    pub fn network(&self, network: IpNet) -> [u8; 32] {
        let network = network.trunc();
        // An IPv4 prefix has 4 bytes, an IPv6 prefix 16: they never collide.
        let mut text = vec![network.prefix_len()];
        match network {
            IpNet::V4(network) => text.extend(network.network().octets()),
            IpNet::V6(network) => text.extend(network.network().octets()),
        }
        self.hash(b"network", &text)
    }

    /// The value by which a database recognises its key.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        self.hash(b"check", b"")
    }

    fn hash(&self, purpose: &[u8], text: &[u8]) -> [u8; 32] {
        // HMAC pads a short key with zeros to a block. Done here, the length cannot be wrong.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        // The length separates purposes, whatever the text.
        mac.update(&[purpose.len() as u8]);
        mac.update(purpose);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_key_is_created_once_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        let first = InstallKey::load(&path).unwrap();
        let again = InstallKey::load(&path).unwrap();
        assert_eq!(first.install("a"), again.install("a"));
        assert_ne!(first.install("a"), first.install("b"));
        let install = first.install("a");
        assert_ne!(first.tombstone(&install), install);
        assert_ne!(first.secret(&install, &[1; 32]), first.secret(&first.install("b"), &[1; 32]));
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_key_file_that_others_can_read_or_that_is_not_a_key_is_rejected() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, [7; 32]).unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        std::fs::set_permissions(&path, open).unwrap();
        assert!(InstallKey::load(&path).is_err());
        std::fs::write(&path, "short").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(InstallKey::load(&path).is_err());
    }
}
