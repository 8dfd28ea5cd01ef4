//! Snapshots: previewed facts documents, kept in memory for a limited time.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Maximum number of snapshots; a new one replaces the oldest. Each is as large as the facts, about 10 MB for 20,000
/// devices.
const MAX_SNAPSHOTS: usize = 4;

/// A facts document that was sent to a page.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Its ID. It is random, so that a page cannot guess another's.
    pub id: String,
    /// The document.
    pub facts: Arc<[u8]>,
    /// SHA-256 of the document.
    pub sha256: String,
    /// The uuid in it.
    pub uuid: String,
    made: Instant,
}

#[derive(Debug)]
pub(crate) struct Snapshots {
    keep: Duration,
    kept: Vec<Snapshot>,
}

impl Snapshots {
    /// An empty store that keeps each snapshot for a time.
    pub(crate) const fn new(keep: Duration) -> Self {
        Self { keep, kept: Vec::new() }
    }

    /// How long a snapshot is kept.
    pub(crate) const fn keep(&self) -> Duration {
        self.keep
    }

    pub(crate) fn add(&mut self, id: String, facts: Vec<u8>, sha256: String, uuid: String) -> Snapshot {
        self.expire();
        if self.kept.len() >= MAX_SNAPSHOTS {
            self.kept.remove(0);
        }
        let snapshot = Snapshot { id, facts: facts.into(), sha256, uuid, made: Instant::now() };
        self.kept.push(snapshot.clone());
        snapshot
    }

    /// The snapshot with this ID, unless it has expired.
    pub(crate) fn get(&mut self, id: &str) -> Option<Snapshot> {
        self.expire();
        self.kept.iter().find(|snapshot| snapshot.id == id).cloned()
    }

    /// Deletes expired snapshots.
    pub(crate) fn expire(&mut self) {
        let keep = self.keep;
        self.kept.retain(|snapshot| snapshot.made.elapsed() < keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_expires_and_a_new_one_replaces_the_oldest() {
        let mut snapshots = Snapshots::new(Duration::from_secs(60));
        for id in ["a", "b", "c", "d", "e"] {
            snapshots.add(id.into(), vec![1], String::new(), String::new());
        }
        assert!(snapshots.get("a").is_none());
        assert_eq!(snapshots.get("b").unwrap().facts.len(), 1);
        snapshots.keep = Duration::ZERO;
        assert!(snapshots.get("e").is_none());
        assert!(snapshots.kept.is_empty());
    }
}
