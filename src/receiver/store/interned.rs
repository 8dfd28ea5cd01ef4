//! What a label is found by in a database, and a submission whose labels have it.

use super::model::{Credentials, Submission};
use crate::day::Day;
use crate::wire::Label;
use callback_collector::dictionary::{GROUPS, INFO};
use sha2::{Digest, Sha256};

/// What a label is found by.
pub(super) type LabelKey = [u8; 16];

/// A submission whose labels have their keys; made before the writer has its turn.
pub(super) struct InternedReport {
    pub(super) credentials: Credentials,
    pub(super) day: Day,
    pub(super) payload_sha256: [u8; 32],
    pub(super) module_sha256: Option<[u8; 32]>,
    pub(super) totals: Vec<(LabelKey, Label, u64)>,
}

impl InternedReport {
    pub(super) fn new(submission: Submission) -> Self {
        let Submission { credentials, day, payload_sha256, module_sha256, totals } = submission;
        let totals = totals.into_iter().map(|(label, total)| (label_key(&label), label, total)).collect();
        Self { credentials, day, payload_sha256, module_sha256, totals }
    }
}

/// What a label is found by: a digest of its group and texts.
pub(super) fn label_key(label: &Label) -> LabelKey {
    let mut hash = Sha256::new();
    let (os, oid) = label.pair.as_ref().map_or((None, None), |(os, oid)| (Some(os.as_str()), Some(oid.as_str())));
    for text in [Some(label.group), label.text.as_deref(), os, oid] {
        // Length first, so that no two lists of texts are the same bytes; NULL is no length.
        hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hash.update(text.unwrap_or_default());
    }
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

/// All names that groups have, `info` for pairs among them.
pub(super) fn group_names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().map(|group| group.name).chain([INFO])
}

/// The name of a group as the dictionary has it; nothing for one that a later version has dropped.
pub(super) fn group_name(name: &str) -> Option<&'static str> {
    group_names().find(|known| *known == name)
}
