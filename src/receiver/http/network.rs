//! The one place that reads a client's address: behind trusted proxies if there are any, made into a keyed hash of its
//! network for the rate limit, compared with the hashes of blocked networks, and discarded. The rate limit's key lives in
//! memory only and changes every hour.

use crate::key::InstallKey;
use crate::store::KeyedHash;
use crate::wire::MAX_BODY;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError, RwLock};

/// Headers in which proxies say for whom they ask.
const FORWARDED: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-real-ip"),
];

/// Bytes of a body that count as much as a request.
pub const BYTES_OF_ONE: usize = 64 << 10;

/// Most networks that are counted at a time; beyond that, all others share one count.
const MAX_NETWORKS: usize = 200_000;

/// The other end of a connection. The listener puts it into a request's extensions; the rate limit takes it out.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Counts requests by network, and knows the blocked ones.
pub struct RateLimit {
    per_hour: u32,
    trusted: Vec<IpNet>,
    hour: Mutex<Hour>,
    blocked: RwLock<Blocked>,
}

/// Keyed hashes of networks, and which lengths of prefixes occur.
#[derive(Default)]
struct Blocked {
    networks: HashSet<KeyedHash>,
    bits: BTreeSet<u8>,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It goes on.
    Granted,
    /// There were too many from its network within the hour.
    TooMany,
    /// The operator has blocked its network.
    Blocked,
}

/// A network that may be blocked: one of so many addresses that it names no single client.
#[must_use]
pub fn blockable(text: &str) -> Option<IpNet> {
    let network: IpNet = text.parse().ok()?;
    let lengths = if network.addr().is_ipv4() { 8..=24 } else { 16..=56 };
    lengths.contains(&network.prefix_len()).then_some(network)
}

#[derive(Default)]
struct Hour {
    number: i64,
    key: RandomState,
    requests: HashMap<u64, u32>,
}

impl RateLimit {
    /// A limit of requests an hour for each network (IPv4 /24, IPv6 /56), large ones counting more; 0 is no limit.
    #[must_use]
    pub fn new(per_hour: u32, trusted: &[IpNet]) -> Self {
        Self { per_hour, trusted: trusted.to_vec(), hour: Mutex::default(), blocked: RwLock::default() }
    }

    /// Blocks these networks and no others: keyed hashes with the lengths of their prefixes.
    pub fn block(&self, networks: Vec<(KeyedHash, u8)>) {
        let mut blocked = self.blocked.write().unwrap_or_else(PoisonError::into_inner);
        let (networks, bits) = networks.into_iter().unzip();
        *blocked = Blocked { networks, bits };
    }

    /// What becomes of a request. Takes the address and every header with addresses out of it.
    pub fn admit(&self, request: &mut Request, now: Timestamp, key: &InstallKey) -> Admission {
        let peer = request.extensions_mut().remove::<Peer>();
        let client = peer.map(|Peer(peer)| self.client(peer, request.headers()));
        for name in &FORWARDED {
            request.headers_mut().remove(name);
        }
        let Some(client) = client else { return Admission::Granted };
        if self.is_blocked(client, key) {
            return Admission::Blocked;
        }
        let cost = cost(request.headers());
        if self.per_hour == 0 || self.is_within(client, cost, now) { Admission::Granted } else { Admission::TooMany }
    }

    fn is_blocked(&self, client: IpAddr, key: &InstallKey) -> bool {
        let blocked = self.blocked.read().unwrap_or_else(PoisonError::into_inner);
        let networks = blocked.bits.iter().filter_map(|bits| IpNet::new(client, *bits).ok());
        networks.into_iter().any(|network| blocked.networks.contains(&key.network(network)))
    }

    fn is_within(&self, client: IpAddr, cost: u32, now: Timestamp) -> bool {
        let number = now.as_second().div_euclid(3600);
        // A count that another thread left half-way is still a count.
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        if hour.number != number {
            *hour = Hour { number, ..Hour::default() };
        }
        let mut network = hour.key.hash_one(network(client));
        if hour.requests.len() >= MAX_NETWORKS && !hour.requests.contains_key(&network) {
            network = 0;
        }
        let spent = hour.requests.entry(network).or_default();
        // What is left is enough for one more, however large it is.
        let is_within = *spent < self.per_hour;
        *spent = spent.saturating_add(cost);
        is_within
    }

    /// The client: the last address that no trusted proxy has.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_trusted = |address: &IpAddr| self.trusted.iter().any(|net| net.contains(address));
        let mut client = peer.to_canonical();
        let chain: Vec<&str> = headers
            .get_all(&FORWARDED[0])
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        for hop in chain.into_iter().rev() {
            if !is_trusted(&client) {
                break;
            }
            // What cannot be read was not written by a proxy that is to be trusted.
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }
}

/// How long a body is said to be.
pub(super) fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// What a request counts for: one, and one more for every [`BYTES_OF_ONE`] of its body; the largest body where it does
/// not say how long it is.
fn cost(headers: &HeaderMap) -> u32 {
    let bytes = match content_length(headers) {
        Some(length) => length.min(MAX_BODY),
        None if headers.contains_key(header::TRANSFER_ENCODING) => MAX_BODY,
        None => 0,
    };
    1 + u32::try_from(bytes / BYTES_OF_ONE).unwrap_or_default()
}

/// The network that an address belongs to, as far as one customer's reach.
fn network(address: IpAddr) -> IpNet {
    let length = if address.is_ipv4() { 24 } else { 56 };
    IpNet::new(address, length).map_or_else(|_| address.into(), |net| net.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn admit(limit: &RateLimit, peer: &str, forwarded: &str, now: i64) -> bool {
        admission(limit, peer, forwarded, now) == Admission::Granted
    }

    fn key() -> InstallKey {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        callback_common::private_file::create(&path, &[7; 32]).unwrap();
        InstallKey::load(&path).unwrap()
    }

    fn admission(limit: &RateLimit, peer: &str, forwarded: &str, now: i64) -> Admission {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        if !forwarded.is_empty() {
            request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
        }
        request.headers_mut().insert("x-real-ip", "198.51.100.9".parse().unwrap());
        let admission = limit.admit(&mut request, Timestamp::from_second(now).unwrap(), &key());
        assert!(request.extensions().get::<Peer>().is_none());
        assert!(request.headers().is_empty(), "no address goes on to a handler");
        admission
    }

    #[test]
    fn a_large_body_counts_for_more_and_one_of_unknown_length_for_the_largest() {
        let cost_of = |name: &'static str, value: &str| {
            cost(&HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]))
        };
        assert_eq!(cost(&HeaderMap::new()), 1);
        for (length, expected) in
            [("0", 1), ("65535", 1), ("65536", 2), ("7400000", 113), ("99999999999", 385), ("x", 1)]
        {
            assert_eq!(cost_of("content-length", length), expected, "{length}");
        }
        assert_eq!(cost_of("transfer-encoding", "chunked"), 385);
        let limit = RateLimit::new(600, &[]);
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        let now = Timestamp::from_second(0).unwrap();
        let taken = (0..9).filter(|_| limit.is_within(client, 113, now)).count();
        // Five use up 565, and what is left is enough for one more.
        assert_eq!(taken, 6);
    }

    #[test]
    fn a_blocked_network_is_refused_in_every_form_and_others_are_not() {
        let limit = RateLimit::new(0, &["127.0.0.1/32".parse().unwrap()]);
        let networks = ["203.0.113.77/24", "2001:db8:1::/48"].map(|text| blockable(text).unwrap());
        limit.block(networks.iter().map(|network| (key().network(*network), network.prefix_len())).collect());
        for peer in ["203.0.113.1", "::ffff:203.0.113.200", "2001:db8:1:2::3"] {
            assert_eq!(admission(&limit, peer, "", 0), Admission::Blocked, "{peer}");
            assert_eq!(admission(&limit, "127.0.0.1", peer, 0), Admission::Blocked, "{peer} behind a proxy");
        }
        for peer in ["203.0.112.1", "198.51.100.1", "2001:db8:2::1"] {
            assert_eq!(admission(&limit, peer, "", 0), Admission::Granted, "{peer}");
        }
        limit.block(Vec::new());
        assert_eq!(admission(&limit, "203.0.113.1", "", 0), Admission::Granted);
    }

    #[test]
    fn what_may_name_a_single_client_is_no_network_to_block() {
        for text in ["203.0.113.0/25", "203.0.113.1", "203.0.113.1/32", "2001:db8::/64", "0.0.0.0/0", "", "x/24"] {
            assert_eq!(blockable(text), None, "{text}");
        }
    }

    #[test]
    fn a_network_has_its_count_for_an_hour() {
        let limit = RateLimit::new(2, &[]);
        assert!(admit(&limit, "192.0.2.1", "", 0) && admit(&limit, "192.0.2.200", "", 10));
        assert!(!admit(&limit, "192.0.2.7", "", 20));
        assert!(!admit(&limit, "::ffff:192.0.2.7", "", 20), "an IPv4 address is the same in IPv6's clothes");
        assert!(admit(&limit, "192.0.3.1", "", 30) && admit(&limit, "2001:db8::1", "", 30));
        assert!(admit(&limit, "192.0.2.1", "", 3600), "the next hour");
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let limit = RateLimit::new(1, &["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]);
        assert!(admit(&limit, "127.0.0.1", "192.0.2.1", 0));
        assert!(!admit(&limit, "127.0.0.1", "192.0.2.2", 0));
        assert!(admit(&limit, "127.0.0.1", "192.0.2.1, 192.0.3.1, 10.1.1.1", 0), "the last that is not a proxy");
        assert!(!admit(&limit, "127.0.0.1", "203.0.113.1, 192.0.3.9", 0), "what a client wrote before is not believed");
        assert!(admit(&limit, "198.51.100.1", "203.0.113.1", 0));
        assert!(!admit(&limit, "198.51.100.1", "203.0.114.1", 0), "no proxy of ours");
        assert!(admit(&limit, "127.0.0.1", "nonsense", 0));
        assert!(!admit(&limit, "127.0.0.1", "nonsense", 0));
    }

    #[test]
    fn without_a_limit_all_may_pass() {
        let limit = RateLimit::new(0, &[]);
        assert!((0..1000).all(|_| admit(&limit, "192.0.2.1", "", 0)));
    }
}
