//! The key under which installs are kept: a file apart from the data. Without it nobody can tell from the data which
//! pseudonym a report came from.

use crate::code::Code;
use crate::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use ipnet::IpNet;
use sha2::Sha256;
use std::path::Path;

/// The key.
pub struct InstallKey([u8; 32]);

impl InstallKey {
    /// Reads the key file, or makes it if there is none.
    ///
    /// # Errors
    /// If it cannot be read or made, is no key, or can be read by others.
    pub fn load(path: &Path) -> Result<Self> {
        let key = <[u8; 32]>::try_from(crate::key_file::read_or_create(path)?)
            .map_err(|_| Error::new(Code::KeyInvalid, path.display()))?;
        Ok(Self(key))
    }

    /// The name under which an install is kept.
    #[must_use]
    pub fn install(&self, uuid: &str) -> [u8; 32] {
        self.hash(b"install", uuid.as_bytes())
    }

    /// The form in which an install's secret is kept. It is bound to the install.
    #[must_use]
    pub fn secret(&self, install: &[u8; 32], secret: &[u8; 32]) -> [u8; 32] {
        self.hash(b"secret", &[install.as_slice(), secret].concat())
    }

    /// The name under which it is kept that an install was cleared; not to be told from other names without the key.
    #[must_use]
    pub fn tombstone(&self, install: &[u8; 32]) -> [u8; 32] {
        self.hash(b"tombstone", install)
    }

    /// The name under which a blocked network is kept. Its host bits do not count.
    #[must_use]
    pub fn network(&self, network: IpNet) -> [u8; 32] {
        let network = network.trunc();
        // An IPv4 prefix has four bytes, an IPv6 one sixteen: they are never the same text.
        let mut text = vec![network.prefix_len()];
        match network {
            IpNet::V4(network) => text.extend(network.network().octets()),
            IpNet::V6(network) => text.extend(network.network().octets()),
        }
        self.hash(b"network", &text)
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
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_key_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
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
