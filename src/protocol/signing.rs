//! Ed25519 signatures over documents.
//!
//! The signed text is derived from the JSON, so that order and white space do not matter. Its first line names the kind of
//! document. Then follows one line `path=value` for each value, sorted by path, each line ending with a line feed. Paths
//! join the names of nested objects with dots, and number list elements from 0. Strings are written unchanged, everything
//! else as JSON. The top-level `signature` is left out.
//!
//! ```text
//! callback-receipt 1
//! cleaned.merged=3
//! day=2026-08-01
//! lags.0=a
//! ```

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Name of a document's field that holds the ID of the key that signed it.
pub const KEY: &str = "key";

/// Name of a document's field that holds the signature, in base64.
pub const SIGNATURE: &str = "signature";

/// A receiver's secret key. It does not appear in `Debug` output.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// A receiver's public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl SecretKey {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// The key with this seed.
    #[must_use]
    pub fn from_bytes(seed: &[u8; Self::LENGTH]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of a text, in base64.
    #[must_use]
    pub fn sign_text(&self, text: &str) -> String {
        BASE64.encode(&self.0.sign(text.as_bytes()).to_bytes())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey({})", self.public().id())
    }
}

impl PublicKey {
    /// Parses a key in base64; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64.decode(text.trim().as_bytes()).ok()?;
        VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok().map(Self)
    }

    /// The key in base64.
    #[must_use]
    pub fn text(&self) -> String {
        BASE64.encode(self.0.as_bytes())
    }

    /// The key's ID: the first 16 hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        HEXLOWER.encode(&Sha256::digest(self.0.as_bytes())[..8])
    }

    /// Whether `signature` (base64) is this key's signature of the text.
    #[must_use]
    pub fn verify_text(&self, text: &str, signature: &str) -> bool {
        let bytes = BASE64.decode(signature.as_bytes()).ok();
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
        // Strict: also rejects signatures that other libraries might reject.
        signature.is_some_and(|signature| self.0.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

/// The text that is signed for a document; `first_line` names its kind.
#[must_use]
pub fn signed_text(first_line: &str, document: &Value) -> String {
    let mut lines = Vec::new();
    collect(None, document, &mut lines);
    lines.retain(|(path, _)| path != SIGNATURE);
    lines.sort();
    let lines = lines.into_iter().map(|(path, value)| format!("{path}={value}\n"));
    std::iter::once(format!("{first_line}\n")).chain(lines).collect()
}

fn collect(path: Option<&str>, value: &Value, lines: &mut Vec<(String, String)>) {
    let nested = |key: &str| path.map_or_else(|| key.to_owned(), |path| format!("{path}.{key}"));
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| collect(Some(&nested(key)), value, lines)),
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                collect(Some(&nested(&index.to_string())), value, lines);
            }
        }
        Value::String(text) => lines.push((path.unwrap_or_default().to_owned(), text.clone())),
        other => lines.push((path.unwrap_or_default().to_owned(), other.to_string())),
    }
}

/// The document with [`KEY`] and [`SIGNATURE`] added.
///
/// # Errors
/// If the document is not a JSON object.
pub fn sign(first_line: &str, document: &impl Serialize, key: &SecretKey) -> serde_json::Result<Value> {
    let Value::Object(mut fields) = serde_json::to_value(document)? else {
        return Err(serde::ser::Error::custom("only a JSON object can be signed"));
    };
    fields.insert(KEY.to_owned(), key.public().id().into());
    let mut document = Value::Object(fields);
    let signature = key.sign_text(&signed_text(first_line, &document));
    document[SIGNATURE] = signature.into();
    Ok(document)
}

/// Whether a document carries the key's signature and has not changed since. Fields that this version does not know are
/// part of what is verified.
#[must_use]
pub fn verify(first_line: &str, document: &Value, key: &PublicKey) -> bool {
    document[SIGNATURE].as_str().is_some_and(|signature| key.verify_text(&signed_text(first_line, document), signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LINE: &str = "callback-receipt 1";

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_bytes(&[seed; 32])
    }

    #[test]
    fn the_signed_text_is_the_documented_one() {
        let document =
            json!({"day": "2026-08-01", "cleaned": {"merged": 3}, "lags": ["a", {"b": null}], "signature": "x"});
        let text = "callback-receipt 1\ncleaned.merged=3\nday=2026-08-01\nlags.0=a\nlags.1.b=null\n";
        assert_eq!(signed_text(LINE, &document), text);
    }

    #[test]
    fn a_signature_survives_reformatting_but_no_other_change() {
        let document = json!({"day": "2026-08-01", "cleaned": {"merged": 3}, "unknown to this version": [1]});
        let signed = sign(LINE, &document, &key(1)).unwrap();
        let again: Value = serde_json::from_str(&serde_json::to_string_pretty(&signed).unwrap()).unwrap();
        assert!(verify(LINE, &again, &key(1).public()));
        assert!(!verify(LINE, &again, &key(2).public()));
        assert!(!verify("callback-successor 1", &again, &key(1).public()));
        for path in ["/cleaned/merged", "/unknown to this version/0", "/key"] {
            let mut changed = again.clone();
            *changed.pointer_mut(path).unwrap() = json!(4);
            assert!(!verify(LINE, &changed, &key(1).public()), "{path}");
        }
        for nothing in [json!(null), json!(""), json!("AAAA"), json!(7)] {
            let mut changed = again.clone();
            changed[SIGNATURE] = nothing;
            assert!(!verify(LINE, &changed, &key(1).public()));
        }
        assert!(sign(LINE, &json!([1]), &key(1)).is_err());
    }

    #[test]
    fn a_secret_key_is_not_printed() {
        assert_eq!(format!("{:?}", key(1)), format!("SecretKey({})", key(1).public().id()));
        assert_eq!(PublicKey::parse(&key(1).public().text()), Some(key(1).public()));
        assert_eq!(PublicKey::parse("AAAA"), None);
    }
}
