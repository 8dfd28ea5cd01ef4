//! Hashes of words, and maps whose keys are such hashes.

use core::hash::{BuildHasherDefault, Hasher};
use hashbrown::HashMap;

/// A map by hash. It is never iterated for a result, because the order of hashes is arbitrary.
pub type ByHash<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// Uses a hash unchanged.
#[derive(Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Hash of a word, equal to [`Word::hash`](super::scan::Word::hash).
#[must_use]
pub const fn hash(word: &str) -> u64 {
    hash_of(word.as_bytes())
}

/// Hash of some bytes, eight at a time. Good enough, because a collision redacts a harmless word and never leaks one.
pub(super) const fn hash_of(bytes: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    let mut rest = bytes;
    while let Some((eight, after)) = rest.split_first_chunk() {
        hash = (hash.rotate_left(29) ^ u64::from_le_bytes(*eight)).wrapping_mul(MULTIPLIER);
        rest = after;
    }
    // Two reads that may overlap cover the remaining bytes.
    let last = match (rest.first_chunk(), rest.last_chunk(), rest) {
        (Some(first), Some(last), _) => (u32::from_le_bytes(*first) as u64) << 32 | u32::from_le_bytes(*last) as u64,
        (_, _, [first, .., last]) => (*first as u64) << 16 | (rest[rest.len() / 2] as u64) << 8 | *last as u64,
        (_, _, [only]) => *only as u64,
        _ => 0,
    };
    hash = (hash.rotate_left(29) ^ last).wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 29)
}

/// Combines the hash of the words so far with that of another word.
#[must_use]
pub const fn join(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
