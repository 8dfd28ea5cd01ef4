//! The limits of each network: how many requests it may send, how many connections it may open, and whether the operator
//! has blocked it.
//!
//! Only this module sees client addresses. `client_address` takes the address out of a request, [`blocked`] and `rate`
//! decide about it, and then it is discarded.

pub mod blocked;
mod client_address;
pub mod connections;
mod rate;

pub use client_address::Peer;

use super::ops::{HEALTHZ, READYZ};
use crate::key::InstallKey;
use crate::store::KeyedHash;
use axum::extract::Request;
use blocked::BlockedNetworks;
use client_address::TrustedProxies;
use ipnet::IpNet;
use jiff::Timestamp;
use rate::{RateLimit, cost};

/// The limits.
pub struct Limits {
    proxies: TrustedProxies,
    blocked: BlockedNetworks,
    rate: RateLimit,
}

/// Whether a request may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Granted,
    /// Its network sent too many requests in this hour.
    TooMany,
    /// The operator has blocked its network.
    Blocked,
}

impl Limits {
    /// Limits with a number of requests per hour and network, 0 for no limit.
    #[must_use]
    pub fn new(requests_per_hour: u32, trusted_proxies: &[IpNet]) -> Self {
        Self {
            proxies: TrustedProxies::new(trusted_proxies),
            blocked: BlockedNetworks::default(),
            rate: RateLimit::new(requests_per_hour),
        }
    }

    /// Replaces the blocked networks: keyed hashes with the lengths of their prefixes.
    pub fn block(&self, networks: Vec<(KeyedHash, u8)>) {
        self.blocked.replace(networks);
    }

    /// Decides about a request. Removes the client's address, and every header with addresses, from it.
    pub fn admit(&self, request: &mut Request, now: Timestamp, key: &InstallKey) -> Verdict {
        let Some(client) = self.proxies.take_client(request) else { return Verdict::Granted };
        // Monitoring asks often and from one place, and these answers cost next to nothing.
        let is_counted = !matches!(request.uri().path(), HEALTHZ | READYZ);
        if self.blocked.contains(client, key) {
            Verdict::Blocked
        } else if !is_counted || self.rate.count(client, cost(request.headers()), now) {
            Verdict::Granted
        } else {
            Verdict::TooMany
        }
    }
}

#[cfg(test)]
mod tests;
