//! What a receiver publishes about its signing keys, at `/api/v1/keys`, and how an agent that knows one key verifies the
//! current one.

use crate::signing::{PublicKey, SecretKey};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// First line of the text that a key signs for its successor; the second is `public_key=` and the successor in base64.
pub const SUCCESSOR: &str = "callback-successor 1";

/// Maximum number of keys that are read from one document. A receiver renews its key once every few years.
const MAX_KEYS: usize = 100;

/// All keys of a receiver, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishedKeys {
    /// The keys.
    pub keys: Vec<PublishedKey>,
    /// Whether the receipt of a deletion is bound to its request, if that has a nonce. Once an agent has read this, it
    /// accepts only bound receipts of deletions.
    #[serde(default)]
    pub binds_clears: bool,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishedKey {
    /// First 16 hexadecimal digits of the SHA-256 of the key.
    #[serde(default)]
    pub id: String,
    /// Always `Ed25519`.
    #[serde(default)]
    pub algorithm: String,
    /// The key, in base64.
    #[serde(default)]
    pub public_key: String,
    /// Whether it is the key that currently signs receipts; exactly one is.
    #[serde(default)]
    pub current: bool,
    /// The key that replaced it; null for the current one.
    #[serde(default)]
    pub successor: Option<Successor>,
}

/// A successor, signed by the key before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Successor {
    /// The successor's ID.
    pub id: String,
    /// The older key's signature of the successor, in base64.
    pub signature: String,
}

fn successor_text(key: &PublicKey) -> String {
    format!("{SUCCESSOR}\npublic_key={}\n", key.text())
}

impl PublishedKeys {
    /// The document for these keys, oldest first; the last one is current.
    #[must_use]
    pub fn of(keys: &[SecretKey]) -> Self {
        let keys = keys.iter().enumerate().map(|(index, key)| {
            let successor = keys.get(index + 1).map(|next| {
                let next = next.public();
                Successor { id: next.id(), signature: key.sign_text(&successor_text(&next)) }
            });
            PublishedKey {
                id: key.public().id(),
                algorithm: "Ed25519".to_owned(),
                public_key: key.public().text(),
                current: index + 1 == keys.len(),
                successor,
            }
        });
        Self { keys: keys.collect(), binds_clears: true }
    }

    /// The keys with their verified successors; entries that are not keys are skipped.
    fn parsed(&self) -> Vec<(PublicKey, &PublishedKey)> {
        let keys = self.keys.iter().take(MAX_KEYS);
        keys.filter_map(|entry| Some((PublicKey::parse(&entry.public_key)?, entry))).collect()
    }

    /// The current key; `None` if the document names none.
    #[must_use]
    pub fn current(&self) -> Option<PublicKey> {
        self.parsed().into_iter().find(|(_, entry)| entry.current).map(|(key, _)| key)
    }

    /// Keys beyond the known ones that a known key has signed, directly or through other keys.
    #[must_use]
    pub fn signed_by(&self, known: &[PublicKey]) -> Vec<PublicKey> {
        let keys = self.parsed();
        let successor = |of: &PublicKey| {
            let (key, entry) = keys.iter().find(|(key, _)| key == of)?;
            let successor = entry.successor.as_ref()?;
            let (next, _) = keys.iter().find(|(next, _)| next.id() == successor.id)?;
            key.verify_text(&successor_text(next), &successor.signature).then_some(*next)
        };
        let mut found: Vec<PublicKey> = Vec::new();
        let mut queue: VecDeque<PublicKey> = known.iter().copied().collect();
        while let Some(key) = queue.pop_front() {
            if let Some(next) = successor(&key)
                && !known.contains(&next)
                && !found.contains(&next)
            {
                found.push(next);
                queue.push_back(next);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(seed: u8) -> SecretKey {
        SecretKey::from_bytes(&[seed; 32])
    }

    fn entry(key: &SecretKey, current: bool, successor: Option<Successor>) -> PublishedKey {
        let public_key = key.public().text();
        PublishedKey { id: key.public().id(), algorithm: "Ed25519".into(), public_key, current, successor }
    }

    fn successor_of(key: &SecretKey, next: &SecretKey) -> Option<Successor> {
        let next = next.public();
        Some(Successor { id: next.id(), signature: key.sign_text(&successor_text(&next)) })
    }

    #[test]
    fn a_known_key_verifies_its_successors_and_no_other_keys() {
        let (a, b, c, d) = (key(1), key(2), key(3), key(4));
        let mut keys = PublishedKeys::of(&[a.clone(), b.clone(), c.clone()]);
        // Signed by a key other than the one it names.
        keys.keys.push(entry(&d, false, successor_of(&a, &c)));
        let [a, b, c, d] = [a, b, c, d].map(|key| key.public());
        assert_eq!(keys.current(), Some(c));
        assert_eq!(keys.signed_by(&[a]), [b, c]);
        assert_eq!(keys.signed_by(&[b]), [c]);
        assert_eq!(keys.signed_by(&[c]), []);
        assert_eq!(keys.signed_by(&[d]), []);
        assert_eq!(keys.signed_by(&[]), []);
    }

    #[test]
    fn a_cycle_of_keys_terminates() {
        let (a, d) = (key(1), key(4));
        let keys = vec![entry(&a, true, successor_of(&a, &d)), entry(&d, false, successor_of(&d, &a))];
        let keys = PublishedKeys { keys, binds_clears: false };
        assert_eq!(keys.signed_by(&[a.public()]), [d.public()]);
    }

    #[test]
    fn a_document_without_a_current_key_has_none() {
        for document in [json!({"keys": []}), json!({"keys": [{"public_key": "x", "current": true}]})] {
            let keys: PublishedKeys = serde_json::from_value(document).unwrap();
            assert_eq!(keys.current(), None);
        }
    }

    #[test]
    fn a_document_of_a_receiver_that_binds_no_receipts_is_read() {
        let keys = include_str!("../../tests/snapshots/keys-0.1.0.json");
        let keys: PublishedKeys = serde_json::from_str(keys).unwrap();
        assert_eq!((keys.current(), keys.binds_clears), (Some(key(7).public()), false));
        assert_eq!(serde_json::to_value(PublishedKeys::of(&[key(1)])).unwrap()["binds_clears"], true);
    }
}
