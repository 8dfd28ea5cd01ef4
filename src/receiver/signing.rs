//! The file with the keys that sign receipts. [`callback_protocol::signing`] defines what is signed and how.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::key_file;
use callback_common::io_error::describe;
use callback_protocol::receipt::first_line;
use callback_protocol::signing::sign;
use callback_protocol::{PublishedKeys, SecretKey};
use serde::Serialize;
use serde_json::Value;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The keys of a receiver, oldest first; the last one signs.
pub struct Signing(Vec<SecretKey>);

impl Signing {
    /// Reads the key file, or creates it.
    ///
    /// # Errors
    /// If it cannot be read or created, is not a key file, or is readable by others.
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_bytes(path, &key_file::read_or_create(path)?)
    }

    /// Reads the key file, which must exist.
    ///
    /// # Errors
    /// [`Code::SigningKeyMissing`], or as [`Signing::load`].
    pub fn existing(path: &Path) -> Result<Self> {
        if !path.exists() {
            return Err(Error::new(Code::SigningKeyMissing, path.display()));
        }
        Self::from_bytes(path, &key_file::read(path)?)
    }

    fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self> {
        let (keys, rest) = bytes.as_chunks::<{ SecretKey::LENGTH }>();
        if keys.is_empty() || !rest.is_empty() {
            return Err(Error::new(Code::KeyInvalid, path.display()));
        }
        Ok(Self(keys.iter().map(SecretKey::from_bytes).collect()))
    }

    /// The ID of the key that signs, and those of the earlier ones.
    #[must_use]
    pub fn ids(&self) -> (String, Vec<String>) {
        let mut ids: Vec<String> = self.0.iter().map(|key| key.public().id()).collect();
        (ids.pop().unwrap_or_default(), ids)
    }

    /// Adds a new key and returns its ID. It signs from the next start on; the old one signs it.
    ///
    /// # Errors
    /// As [`Signing::existing`].
    pub fn renew(path: &Path) -> Result<String> {
        Self::existing(path)?;
        let key = key_file::random()?;
        std::fs::OpenOptions::new()
            .append(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()))
            .map_err(|error| Error::new(Code::KeyNotWritable, format!("{} ({})", path.display(), describe(&error))))?;
        Ok(SecretKey::from_bytes(&key).public().id())
    }

    fn current(&self) -> &SecretKey {
        // A file without a key is refused when it is loaded.
        &self.0[self.0.len() - 1]
    }

    /// A receipt with `key` and `signature` added.
    #[must_use]
    pub fn sign(&self, receipt: impl Serialize) -> Value {
        // Only a document that is not an object cannot be signed, and receipts are objects.
        let receipt = serde_json::to_value(receipt).unwrap_or_default();
        sign(first_line(&receipt), &receipt, self.current()).unwrap_or_default()
    }

    /// The document at `/api/v1/keys`.
    #[must_use]
    pub fn published(&self) -> Value {
        serde_json::to_value(PublishedKeys::of(&self.0)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callback_protocol::receipt::RECEIPT;
    use callback_protocol::signing::verify;
    use serde_json::json;

    #[test]
    fn a_receipt_is_verified_however_its_json_is_written_and_not_once_it_is_changed() {
        let directory = tempfile::tempdir().unwrap();
        let signing = Signing::load(&directory.path().join("signing.key")).unwrap();
        let receipt = signing.sign(json!({"day": "2026-08-01", "cleaned": {"merged": 3}, "lags": ["a", "b"]}));
        let key = signing.current().public();
        let mut again: Value = serde_json::from_str(&serde_json::to_string_pretty(&receipt).unwrap()).unwrap();
        assert!(verify(RECEIPT, &again, &key));
        again["cleaned"]["merged"] = 4.into();
        assert!(!verify(RECEIPT, &again, &key));
    }

    #[test]
    fn a_receipt_of_the_first_version_is_written_and_verified_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signing.key");
        callback_common::private_file::create(&path, &[7; 32]).unwrap();
        let signing = Signing::load(&path).unwrap();
        for stored in [
            include_str!("../../tests/snapshots/receipt-0.1.0.json"),
            include_str!("../../tests/snapshots/clear-receipt-0.1.0.json"),
        ] {
            let stored: Value = serde_json::from_str(stored).unwrap();
            assert!(verify(RECEIPT, &stored, &signing.current().public()));
            let mut unsigned = stored.clone();
            for added in ["key", "signature"] {
                unsigned.as_object_mut().unwrap().remove(added);
            }
            assert_eq!(signing.sign(unsigned).to_string(), stored.to_string());
        }
    }

    #[test]
    fn a_new_key_is_signed_by_the_old_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signing.key");
        let old = Signing::load(&path).unwrap().current().public();
        let renewed = Signing::renew(&path).unwrap();
        let signing = Signing::existing(&path).unwrap();
        assert_eq!(signing.ids(), (renewed.clone(), vec![old.id()]));
        assert_eq!(signing.current().public().id(), renewed);
        let keys: PublishedKeys = serde_json::from_value(signing.published()).unwrap();
        assert_eq!(keys.keys.iter().map(|key| key.current).collect::<Vec<_>>(), [false, true]);
        assert_eq!(keys.signed_by(&[old]), [signing.current().public()]);
    }

    #[test]
    fn a_missing_file_is_not_created_where_it_must_exist() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signing.key");
        assert_eq!(Signing::existing(&path).err().map(|error| error.code()), Some(Code::SigningKeyMissing));
        assert_eq!(Signing::renew(&path).unwrap_err().code(), Code::SigningKeyMissing);
        assert!(!path.exists());
    }
}
