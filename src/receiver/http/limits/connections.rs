//! A maximum number of open connections per network, so that one network cannot take all of them. Networks are counted by
//! a keyed hash. Trusted proxies and this host itself are not limited, since their connections serve many clients.

use super::client_address::network;
use ipnet::IpNet;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The part of all connections that one network may have.
const PART: usize = 4;

/// The open connections.
pub struct Connections {
    max_per_network: usize,
    unlimited: Vec<IpNet>,
    key: RandomState,
    open: Arc<Counts>,
}

/// Connections by keyed hash of their network.
type Counts = Mutex<HashMap<u64, usize>>;

/// An open connection. It counts until it is dropped.
pub struct OpenConnection(Option<(u64, Arc<Counts>)>);

impl Connections {
    /// For a server with a maximum number of connections.
    #[must_use]
    pub fn new(max: usize, trusted_proxies: &[IpNet]) -> Self {
        let (max_per_network, unlimited) = (max.div_ceil(PART), trusted_proxies.to_vec());
        Self { max_per_network, unlimited, key: RandomState::new(), open: Arc::default() }
    }

    /// Counts a new connection; nothing if its network has too many.
    #[must_use]
    pub fn open(&self, peer: IpAddr) -> Option<OpenConnection> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || self.unlimited.iter().any(|network| network.contains(&peer)) {
            return Some(OpenConnection(None));
        }
        let network = self.key.hash_one(network(peer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.max_per_network {
            return None;
        }
        *count += 1;
        Some(OpenConnection(Some((network, Arc::clone(&self.open)))))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        let Some((network, open)) = self.0.take() else { return };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_cannot_take_all_connections() {
        let connections = Connections::new(8, &["10.0.0.0/8".parse().unwrap()]);
        let open = |peer: &str| connections.open(peer.parse().unwrap());
        let first = open("192.0.2.1").unwrap();
        let _second = open("::ffff:192.0.2.200").unwrap();
        assert!(open("192.0.2.7").is_none(), "a quarter of eight");
        let _other = open("198.51.100.1").unwrap();
        drop(first);
        let _again = open("192.0.2.7").unwrap();
        let many: Vec<_> = (0..20).map(|n| open(if n % 2 == 0 { "127.0.0.1" } else { "10.1.2.3" })).collect();
        assert!(many.iter().all(Option::is_some), "proxies and this host");
        drop((_second, _other, _again, many));
        assert!(connections.open.lock().unwrap().is_empty());
    }
}
