//! What was previewed: facts documents, in memory only, for a limited time.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most snapshots at a time; the oldest goes for a new one. Each is as large as the facts, about 10 MB for 20,000 devices.
const MOST: usize = 4;

/// A facts document as a page was given it.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// Its name: random, so that one page cannot guess another's.
    pub id: String,
    /// The document.
    pub facts: Arc<[u8]>,
    /// Its SHA-256.
    pub sha256: String,
    /// The pseudonym in it.
    pub uuid: String,
    made: Instant,
}

/// The snapshots of a page.
#[derive(Debug)]
pub(crate) struct Snapshots {
    keep: Duration,
    kept: Vec<Snapshot>,
}

impl Snapshots {
    /// None yet; each is kept for a time.
    pub(crate) const fn new(keep: Duration) -> Self {
        Self { keep, kept: Vec::new() }
    }

    /// How long each is kept.
    pub(crate) const fn keep(&self) -> Duration {
        self.keep
    }

    /// Keeps a document.
    pub(crate) fn add(&mut self, id: String, facts: Vec<u8>, sha256: String, uuid: String) -> Snapshot {
        self.expire();
        if self.kept.len() >= MOST {
            self.kept.remove(0);
        }
        let snapshot = Snapshot { id, facts: facts.into(), sha256, uuid, made: Instant::now() };
        self.kept.push(snapshot.clone());
        snapshot
    }

    /// The snapshot of this name, unless its time is over.
    pub(crate) fn get(&mut self, id: &str) -> Option<Snapshot> {
        self.expire();
        self.kept.iter().find(|snapshot| snapshot.id == id).cloned()
    }

    /// Forgets those whose time is over.
    pub(crate) fn expire(&mut self) {
        let keep = self.keep;
        self.kept.retain(|snapshot| snapshot.made.elapsed() < keep);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_kept_for_its_time_and_the_oldest_goes_first() {
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
