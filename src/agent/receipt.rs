//! The signatures of receipts: which text is signed, by which key, and which key vouches for which. Nothing here asks
//! anybody; [`crate::trust`] does.
//!
//! The text is the line `callback-receipt 1`, then `path=value` for each value of the receipt but `signature`, sorted by
//! path, each line with a line feed. Paths of inner values are joined by dots, elements of lists are numbered from 0. An
//! old key vouches for the next by signing `callback-successor 1` and the line `public_key=…` (base64) in the same way.

use callback_collector::digest::sha256_hex;
use data_encoding::BASE64;
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::Value;
use std::collections::BTreeMap;

/// More keys than that were never one receiver's.
const MOST_KEYS: usize = 100;

/// A receiver's public key (Ed25519).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads one, in base64; nothing for what is no key.
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

    /// Its name: the first 16 hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        let mut digest = sha256_hex(self.0.as_bytes());
        digest.truncate(16);
        digest
    }

    fn has_signed(&self, text: &str, signature: &Value) -> bool {
        let bytes = signature.as_str().and_then(|signature| BASE64.decode(signature.as_bytes()).ok());
        let signature = bytes.and_then(|bytes| Signature::from_slice(&bytes).ok());
        signature.is_some_and(|signature| self.0.verify_strict(text.as_bytes(), &signature).is_ok())
    }

    /// Whether a receipt carries this key's signature and is as it was when it was signed.
    #[must_use]
    pub fn has_signed_receipt(&self, receipt: &Value) -> bool {
        self.has_signed(&signed_text(receipt), &receipt["signature"])
    }
}

/// The text that is signed for a receipt.
fn signed_text(receipt: &Value) -> String {
    let mut lines = BTreeMap::new();
    collect(None, receipt, &mut lines);
    lines.remove("signature");
    let lines = lines.into_iter().map(|(path, value)| format!("{path}={value}\n"));
    std::iter::once("callback-receipt 1\n".to_owned()).chain(lines).collect()
}

fn collect(path: Option<&str>, value: &Value, lines: &mut BTreeMap<String, String>) {
    let inner = |key: &str| path.map_or_else(|| key.to_owned(), |path| format!("{path}.{key}"));
    match value {
        Value::Object(values) => values.iter().for_each(|(key, value)| collect(Some(&inner(key)), value, lines)),
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(at, value)| collect(Some(&inner(&at.to_string())), value, lines));
        }
        Value::String(text) => drop(lines.insert(path.unwrap_or_default().to_owned(), text.clone())),
        other => drop(lines.insert(path.unwrap_or_default().to_owned(), other.to_string())),
    }
}

/// What a receiver publishes of its keys at `api/v1/keys`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    keys: Vec<PublicKey>,
    /// For a key: the one that it vouches for.
    successors: Vec<Option<PublicKey>>,
    current: PublicKey,
}

impl Published {
    /// Reads the document; nothing for one that is none, or names no current key.
    #[must_use]
    pub fn read(document: &Value) -> Option<Self> {
        let listed = document["keys"].as_array()?.iter().take(MOST_KEYS);
        let listed: Vec<(PublicKey, &Value)> =
            listed.filter_map(|key| Some((PublicKey::parse(key["public_key"].as_str()?)?, key))).collect();
        let keys: Vec<PublicKey> = listed.iter().map(|(key, _)| *key).collect();
        let successors = listed.iter().map(|(key, entry)| {
            let next = keys.iter().find(|next| Some(next.id().as_str()) == entry["successor"]["id"].as_str())?;
            let text = format!("callback-successor 1\npublic_key={}\n", next.text());
            key.has_signed(&text, &entry["successor"]["signature"]).then_some(*next)
        });
        let current = listed.iter().find(|(_, entry)| entry["current"] == true)?.0;
        Some(Self { successors: successors.collect(), keys, current })
    }

    /// The key that signs now.
    #[must_use]
    pub const fn current(&self) -> &PublicKey {
        &self.current
    }

    /// Keys that are not among the known ones and that one of these vouches for, directly or through others.
    #[must_use]
    pub fn vouched_for(&self, known: &[PublicKey]) -> Vec<PublicKey> {
        let mut found: Vec<PublicKey> = Vec::new();
        let mut ask: Vec<PublicKey> = known.to_vec();
        while let Some(key) = ask.pop() {
            let at = self.keys.iter().position(|other| *other == key);
            if let Some(next) = at.and_then(|at| self.successors[at])
                && !known.contains(&next)
                && !found.contains(&next)
            {
                found.push(next);
                ask.push(next);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use serde_json::json;

    fn pair(seed: u8) -> (SigningKey, PublicKey) {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey(key.verifying_key());
        (key, public)
    }

    fn sign(key: &SigningKey, text: &str) -> String {
        BASE64.encode(&key.sign(text.as_bytes()).to_bytes())
    }

    #[test]
    fn the_text_is_that_of_the_receivers_documentation() {
        let receipt =
            json!({"day": "2026-08-01", "cleaned": {"merged": 3}, "lags": ["a", {"b": null}], "signature": "x"});
        let text = "callback-receipt 1\ncleaned.merged=3\nday=2026-08-01\nlags.0=a\nlags.1.b=null\n";
        assert_eq!(signed_text(&receipt), text);
        let (key, public) = pair(1);
        let mut receipt = receipt;
        receipt["signature"] = sign(&key, text).into();
        assert!(public.has_signed_receipt(&receipt) && !pair(2).1.has_signed_receipt(&receipt));
        receipt["cleaned"]["merged"] = 4.into();
        assert!(!public.has_signed_receipt(&receipt));
        for nothing in [json!(null), json!(""), json!("AAAA"), json!(7)] {
            receipt["signature"] = nothing;
            assert!(!public.has_signed_receipt(&receipt));
        }
    }

    #[test]
    fn a_key_is_followed_through_those_that_it_vouches_for_and_no_further() {
        let ((one, a), (two, b), (_, c), (other, d)) = (pair(1), pair(2), pair(3), pair(4));
        let vouch = |key: &SigningKey, next: &PublicKey| json!({"id": next.id(), "signature": sign(key, &format!("callback-successor 1\npublic_key={}\n", next.text()))});
        let listed = |key: &PublicKey, current: bool, successor: Value| json!({"id": key.id(), "public_key": key.text(), "current": current, "successor": successor});
        let document = json!({"keys": [
            listed(&a, false, vouch(&one, &b)),
            listed(&b, false, vouch(&two, &c)),
            listed(&c, true, Value::Null),
            // Signed by somebody else than it says.
            listed(&d, false, vouch(&one, &c)),
        ]});
        let published = Published::read(&document).unwrap();
        assert_eq!(published.current(), &c);
        assert_eq!(published.vouched_for(&[a]), [b, c]);
        assert_eq!(published.vouched_for(&[b]), [c]);
        assert_eq!(published.vouched_for(&[c]), []);
        assert_eq!(published.vouched_for(&[d]), []);
        assert_eq!(published.vouched_for(&[]), []);
        // In a circle.
        let circle = json!({"keys": [listed(&a, true, vouch(&one, &d)), listed(&d, false, vouch(&other, &a))]});
        assert_eq!(Published::read(&circle).unwrap().vouched_for(&[a]), [d]);
        for document in [json!({}), json!({"keys": []}), json!({"keys": [{"public_key": "x", "current": true}]})] {
            assert_eq!(Published::read(&document), None, "{document}");
        }
    }
}
