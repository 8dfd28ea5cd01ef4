//! Signs receipts with Ed25519, so that an install can prove what the receiver said.
//!
//! What is signed is a plain text that anyone can write down again from the receipt: the line `callback-receipt 1`,
//! then one line `path=value` for each value, sorted by path, without `signature`. White space and order of the JSON do
//! not matter.

use crate::error::{Error, Result};
use crate::private_file;
use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// First line of what is signed for a receipt.
pub const RECEIPT: &str = "callback-receipt 1";

/// First line of what an old key signs for its successor.
pub const SUCCESSOR: &str = "callback-successor 1";

/// The keys of a receiver, oldest first; the last one signs.
pub struct Signing(Vec<SigningKey>);

impl Signing {
    /// Reads the key file, or makes it if there is none.
    ///
    /// # Errors
    /// [`Error::Key`] if it cannot be read or made, is no key file, or can be read by others.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = private_file::read_or_make(path)?;
        let (keys, rest) = bytes.as_chunks::<32>();
        if keys.is_empty() || !rest.is_empty() {
            return Err(Error::Key("the signing key file holds no keys of 32 bytes; restore it from a backup".into()));
        }
        Ok(Self(keys.iter().map(SigningKey::from_bytes).collect()))
    }

    /// Adds a new key, which signs from the next start on; the old one vouches for it.
    ///
    /// # Errors
    /// As [`Signing::load`].
    pub fn renew(path: &Path) -> Result<String> {
        let mut signing = Self::load(path)?;
        let key = private_file::random()?;
        std::fs::OpenOptions::new()
            .append(true)
            .mode(0o600)
            .open(path)
            .and_then(|mut file| file.write_all(&key).and_then(|()| file.sync_all()))
            .map_err(|error| Error::Key(format!("the signing key file cannot be written ({})", error.kind())))?;
        signing.0.push(SigningKey::from_bytes(&key));
        Ok(signing.current().1)
    }

    fn current(&self) -> (&SigningKey, String) {
        // A file without a key is refused when it is loaded.
        let key = &self.0[self.0.len() - 1];
        (key, id(&key.verifying_key()))
    }

    /// A receipt with `key` and `signature` added.
    #[must_use]
    pub fn sign(&self, mut receipt: Value) -> Value {
        let (key, id) = self.current();
        receipt["key"] = id.into();
        let signature = key.sign(signed_text(RECEIPT, &receipt).as_bytes());
        receipt["signature"] = BASE64.encode(&signature.to_bytes()).into();
        receipt
    }

    /// What is published of the keys: the current one, and how each older one vouches for the next.
    #[must_use]
    pub fn published(&self) -> Value {
        let keys = self.0.iter().enumerate().map(|(at, key)| {
            let public = key.verifying_key();
            let successor = self.0.get(at + 1).map(|next| {
                let text = format!("{SUCCESSOR}\npublic_key={}\n", BASE64.encode(next.verifying_key().as_bytes()));
                json!({"id": id(&next.verifying_key()), "signature": BASE64.encode(&key.sign(text.as_bytes()).to_bytes())})
            });
            json!({
                "id": id(&public),
                "algorithm": "Ed25519",
                "public_key": BASE64.encode(public.as_bytes()),
                "current": at + 1 == self.0.len(),
                "successor": successor,
            })
        });
        json!({"keys": keys.collect::<Vec<_>>()})
    }
}

/// The name of a key: the first 16 hexadecimal digits of the SHA-256 of its public half.
#[must_use]
pub fn id(key: &VerifyingKey) -> String {
    HEXLOWER.encode(&Sha256::digest(key.as_bytes())[..8])
}

/// The text that is signed for a document.
#[must_use]
pub fn signed_text(first_line: &str, document: &Value) -> String {
    let mut lines = Vec::new();
    leaves("", document, &mut lines);
    lines.sort();
    let mut text = format!("{first_line}\n");
    for (path, value) in lines {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{path}={value}");
    }
    text
}

fn leaves(path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter().filter(|(key, _)| !(path.is_empty() && *key == "signature")) {
                leaves(&below(key), value, lines);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                leaves(&below(&at.to_string()), value, lines);
            }
        }
        Value::String(text) => lines.push((path.to_owned(), text.clone())),
        other => lines.push((path.to_owned(), other.to_string())),
    }
}

/// Whether a receipt was signed by a key.
#[must_use]
pub fn verify(receipt: &Value, key: &VerifyingKey) -> bool {
    let signature = receipt["signature"].as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok());
    let signature = signature.and_then(|bytes| ed25519_dalek::Signature::from_slice(&bytes).ok());
    signature.is_some_and(|signature| key.verify_strict(signed_text(RECEIPT, receipt).as_bytes(), &signature).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_verified_however_its_json_is_written_and_not_once_it_is_changed() {
        let folder = tempfile::tempdir().unwrap();
        let signing = Signing::load(&folder.path().join("signing.key")).unwrap();
        let receipt = signing.sign(json!({"day": "2026-08-01", "cleaned": {"merged": 3}, "lags": ["a", "b"]}));
        let key = signing.current().0.verifying_key();
        assert_eq!(
            signed_text(RECEIPT, &receipt),
            format!("callback-receipt 1\ncleaned.merged=3\nday=2026-08-01\nkey={}\nlags.0=a\nlags.1=b\n", id(&key))
        );
        let again: Value = serde_json::from_str(&serde_json::to_string_pretty(&receipt).unwrap()).unwrap();
        assert!(verify(&again, &key));
        let mut changed = again;
        changed["cleaned"]["merged"] = 4.into();
        assert!(!verify(&changed, &key));
    }

    #[test]
    fn an_old_key_vouches_for_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("signing.key");
        let old = Signing::load(&path).unwrap().current().0.verifying_key();
        let renewed = Signing::renew(&path).unwrap();
        let signing = Signing::load(&path).unwrap();
        assert_eq!(signing.current().1, renewed);
        let keys = signing.published();
        assert_eq!(keys["keys"][0]["id"], id(&old));
        assert_eq!(keys["keys"][1]["id"], renewed);
        assert_eq!((&keys["keys"][0]["current"], &keys["keys"][1]["current"]), (&json!(false), &json!(true)));
        let signature = BASE64.decode(keys["keys"][0]["successor"]["signature"].as_str().unwrap().as_bytes()).unwrap();
        let text = format!("{SUCCESSOR}\npublic_key={}\n", keys["keys"][1]["public_key"].as_str().unwrap());
        old.verify_strict(text.as_bytes(), &ed25519_dalek::Signature::from_slice(&signature).unwrap()).unwrap();
    }
}
