//! Networks that the operator has blocked, as keyed hashes.

use crate::key::InstallKey;
use crate::store::KeyedHash;
use ipnet::IpNet;
use std::collections::{BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};

/// A network that may be blocked: large enough that it does not identify a single client.
#[must_use]
pub fn blockable(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().ok()?;
    let lengths = if network.addr().is_ipv4() { 8..=24 } else { 16..=56 };
    lengths.contains(&network.prefix_len()).then_some(network)
}

/// The blocked networks.
#[derive(Default)]
pub(super) struct BlockedNetworks(RwLock<Hashes>);

/// KeyedHash hashes of networks, and the prefix lengths that occur.
#[derive(Default)]
struct Hashes {
    networks: HashSet<KeyedHash>,
    lengths: BTreeSet<u8>,
}

impl BlockedNetworks {
    pub(super) fn replace(&self, networks: Vec<(KeyedHash, u8)>) {
        let (networks, lengths) = networks.into_iter().unzip();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Hashes { networks, lengths };
    }

    pub(super) fn contains(&self, client: IpAddr, key: &InstallKey) -> bool {
        let blocked = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut networks = blocked.lengths.iter().filter_map(|length| IpNet::new(client, *length).ok());
        networks.any(|network| blocked.networks.contains(&key.network(network)))
    }
}
