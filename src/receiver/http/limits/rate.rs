//! The rate limit: requests per network and hour, counted in memory by a keyed hash. The key changes every hour. This is
//! our own code because the rotation of the key is a promise about addresses.

use super::client_address::network;
use crate::http::headers::content_length;
use crate::wire::MAX_BODY;
use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Bytes of a body that count as one more request.
pub(super) const BYTES_PER_UNIT: usize = 64 << 10;

/// Maximum number of networks that are counted at a time.
pub(super) const MAX_NETWORKS: usize = 200_000;

/// When the table is full, networks that used less than this part of their limit are removed from it.
const KEEP_FROM_PART: u32 = 4;

/// The counts of this hour.
pub(super) struct RateLimit {
    per_hour: u32,
    hour: Mutex<Hour>,
}

#[derive(Default)]
struct Hour {
    number: i64,
    key: RandomState,
    counts: HashMap<u64, u32>,
    /// Whether most counted networks use so much of their limit that removing the others gains little.
    is_full: bool,
}

impl RateLimit {
    /// A limit of requests per hour and network; 0 is no limit.
    pub(super) fn new(per_hour: u32) -> Self {
        Self { per_hour, hour: Mutex::default() }
    }

    /// Counts a request. Returns whether it is within the limit.
    pub(super) fn count(&self, client: IpAddr, cost: u32, now: Timestamp) -> bool {
        if self.per_hour == 0 {
            return true;
        }
        let number = now.as_second().div_euclid(3600);
        // A panic cannot leave a count half-written.
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        if hour.number != number {
            *hour = Hour { number, ..Hour::default() };
        }
        let mut network = hour.key.hash_one(network(client));
        if hour.counts.len() >= MAX_NETWORKS && !hour.counts.contains_key(&network) {
            // A flood from many networks must not use up the limit of others. Those with few requests start again.
            if !hour.is_full {
                hour.counts.retain(|_, count| *count >= self.per_hour.div_ceil(KEEP_FROM_PART));
                hour.is_full = hour.counts.len() > MAX_NETWORKS / 2;
            }
            if hour.counts.len() >= MAX_NETWORKS {
                network = 0;
            }
        }
        let count = hour.counts.entry(network).or_default();
        // What is left is enough for one more, however large it is.
        let is_within = *count < self.per_hour;
        *count = count.saturating_add(cost);
        is_within
    }
}

/// What a request counts for: one, and one more for every [`BYTES_PER_UNIT`] of its body. A body of unknown length counts
/// as the largest.
pub(super) fn cost(headers: &HeaderMap) -> u32 {
    let bytes = match content_length(headers) {
        Some(length) => length.min(MAX_BODY),
        None if headers.contains_key(header::TRANSFER_ENCODING) => MAX_BODY,
        None => 0,
    };
    1 + u32::try_from(bytes / BYTES_PER_UNIT).unwrap_or_default()
}
