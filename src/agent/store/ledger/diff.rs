//! The differences between two payloads, by group and label, and by pair.

use crate::code::Code;
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// The group; `info` for a pair.
    pub group: String,
    /// The label; for a pair its os, sysObjectID and sysDescr, separated by spaces.
    pub label: String,
    /// The count in the first payload; `None` if it is not there.
    pub before: Option<u64>,
    /// The count in the second payload.
    pub after: Option<u64>,
}

/// The differences, by group in alphabetical order, pairs last.
pub(crate) fn diff(before: &[u8], after: &[u8]) -> Result<Vec<Change>> {
    let (before, after) = (counts(before)?, counts(after)?);
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let changes = keys.into_iter().filter(|key| before.get(key) != after.get(key)).map(|key| Change {
        group: key.1.clone(),
        label: key.2.clone(),
        before: before.get(key).copied(),
        after: after.get(key).copied(),
    });
    Ok(changes.collect())
}

/// Whether it is a pair, the group, and the label.
type Key = (bool, String, String);

/// All counts of a payload.
fn counts(payload: &[u8]) -> Result<BTreeMap<Key, u64>> {
    let unreadable =
        || Error::new(Code::LedgerDamaged, "a payload of the ledger is damaged; run: callback-agent verify");
    let payload: Value = serde_json::from_slice(payload).map_err(|_| unreadable())?;
    let mut counts = BTreeMap::new();
    for (group, entries) in payload["data"].as_object().ok_or_else(unreadable)? {
        for entry in entries.as_array().into_iter().flatten() {
            let total = entry["total"].as_u64().unwrap_or_default();
            let label = entry.as_object().and_then(|entry| entry.iter().find(|(key, _)| *key != "total"));
            let label = match label {
                None => String::new(),
                Some((_, Value::String(label))) => label.clone(),
                Some((_, Value::Null)) => "NULL".to_owned(),
                Some((_, other)) => other.to_string(),
            };
            *counts.entry((false, group.clone(), label)).or_default() += total;
        }
    }
    for pair in payload["info"].as_array().into_iter().flatten() {
        let text = |key: &str| pair[key].as_str().unwrap_or_default();
        let label = format!("{} {} {}", text("os"), text("sysObjectID"), text("sysDescr"));
        *counts.entry((true, "info".to_owned(), label)).or_default() += pair["count"].as_u64().unwrap_or_default();
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_removed_and_changed_counts_are_listed_by_group_and_pair() {
        let before = br#"{"data":{"os":[{"total":3,"os":"linux"},{"total":1,"os":null}],"vrfs":[{"total":2}]},
            "info":[{"count":1,"os":"linux","sysDescr":"x","sysObjectID":".1"}]}"#;
        let after = br#"{"data":{"os":[{"total":4,"os":"linux"}],"vrfs":[{"total":2}]},
            "info":[{"count":1,"os":"linux","sysDescr":"y","sysObjectID":".1"}]}"#;
        let changes: Vec<_> = diff(before, after)
            .unwrap()
            .into_iter()
            .map(|change| (change.group + "/" + &change.label, change.before, change.after))
            .collect();
        assert_eq!(
            changes,
            [
                ("os/NULL".to_owned(), Some(1), None),
                ("os/linux".to_owned(), Some(3), Some(4)),
                ("info/linux .1 x".to_owned(), Some(1), None),
                ("info/linux .1 y".to_owned(), None, Some(1)),
            ]
        );
        assert_eq!(diff(before, before).unwrap(), []);
        assert!(diff(b"noise", before).is_err());
    }
}
