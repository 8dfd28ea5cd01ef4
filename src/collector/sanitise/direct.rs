//! Maps whose keys are good hashes already.

use core::hash::{BuildHasherDefault, Hasher};
use hashbrown::HashMap;

/// A map by hash. Only looked into, never iterated for a result: hash order is not an order.
pub type ByHash<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// Takes a hash as it is.
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
