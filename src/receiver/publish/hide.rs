//! What the operator hides. Labels and pairs are stored as digests of their texts, so that hiding a text does not store it.

use crate::wire::Label;
use callback_collector::dictionary::INFO;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Stands for every part.
pub const EVERYWHERE: &str = "*";

/// Digest of a label of a part, or of a text [`EVERYWHERE`].
#[must_use]
pub fn label_key(part: &str, text: &str) -> [u8; 16] {
    key(&["label", part, text])
}

/// Digest of a pair.
#[must_use]
pub fn pair_key(os: &str, sys_object_id: &str, sys_descr: &str) -> [u8; 16] {
    key(&["pair", os, sys_object_id, sys_descr])
}

fn key(texts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for text in texts {
        // The length comes first, so that different lists of texts never have the same bytes.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

/// All that is hidden.
#[derive(Debug, Clone, Default)]
pub struct Hidden(BTreeSet<[u8; 16]>);

impl Hidden {
    /// What is hidden, by digest.
    #[must_use]
    pub fn new(keys: &[[u8; 16]]) -> Self {
        Self(keys.iter().copied().collect())
    }

    /// Whether a part's label is hidden.
    #[must_use]
    pub fn label(&self, part: &str, text: &str) -> bool {
        !self.0.is_empty() && (self.0.contains(&label_key(part, text)) || self.0.contains(&label_key(EVERYWHERE, text)))
    }

    /// Whether a label of the store is hidden: of a pair also by its os, its description or its object identifier.
    #[must_use]
    pub fn stored(&self, label: &Label) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let text = label.text.as_deref().unwrap_or_default();
        match &label.pair {
            None => self.label(label.group, text),
            Some((os, oid)) => {
                self.0.contains(&pair_key(os, oid, text))
                    || self.label(INFO, text)
                    || self.label("os", os)
                    || self.label(EVERYWHERE, oid)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_hidden_in_its_part_or_everywhere_with_its_pairs() {
        let pair = Label { group: INFO, text: Some("acme".into()), pair: Some(("ios".into(), ".1".into())) };
        let hidden = Hidden::new(&[label_key("os", "ios"), label_key(EVERYWHERE, "word")]);
        assert!(hidden.label("os", "ios") && !hidden.label("type", "ios") && hidden.label("hardware", "word"));
        assert!(hidden.stored(&pair) && !Hidden::default().stored(&pair));
        assert!(Hidden::new(&[pair_key("ios", ".1", "acme")]).stored(&pair));
        assert!(Hidden::new(&[label_key(EVERYWHERE, "acme")]).stored(&pair));
        assert!(!Hidden::new(&[pair_key("ios", ".1", "other")]).stored(&pair));
    }
}
