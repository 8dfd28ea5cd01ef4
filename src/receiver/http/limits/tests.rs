//! The limits as requests meet them.

use super::blocked::blockable;
use super::rate::{BYTES_PER_UNIT, MAX_NETWORKS};
use super::*;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName};
use std::net::{IpAddr, Ipv6Addr};

fn admit(limits: &Limits, peer: &str, forwarded: &str, now: i64) -> bool {
    verdict(limits, peer, forwarded, now) == Verdict::Granted
}

fn key() -> InstallKey {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    callback_common::private_file::create(&path, &[7; 32]).unwrap();
    InstallKey::load(&path).unwrap()
}

fn verdict(limits: &Limits, peer: &str, forwarded: &str, now: i64) -> Verdict {
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(Peer(peer.parse().unwrap()));
    if !forwarded.is_empty() {
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    }
    request.headers_mut().insert("x-real-ip", "198.51.100.9".parse().unwrap());
    let verdict = limits.admit(&mut request, Timestamp::from_second(now).unwrap(), &key());
    assert!(request.extensions().get::<Peer>().is_none());
    assert!(request.headers().is_empty(), "no address goes on to a handler");
    verdict
}

#[test]
fn a_large_body_counts_for_more_and_one_of_unknown_length_for_the_largest() {
    let cost_of = |name: &'static str, value: &str| {
        cost(&HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]))
    };
    assert_eq!(cost(&HeaderMap::new()), 1);
    for (length, expected) in [("0", 1), ("65535", 1), ("65536", 2), ("7400000", 113), ("99999999999", 385), ("x", 1)] {
        assert_eq!(cost_of("content-length", length), expected, "{length}");
    }
    assert_eq!(cost_of("transfer-encoding", "chunked"), 385);
    let limit = RateLimit::new(600);
    let client: IpAddr = "192.0.2.1".parse().unwrap();
    let now = Timestamp::from_second(0).unwrap();
    let taken = (0..9).filter(|_| limit.count(client, 113, now)).count();
    // Five use up 565, and what is left is enough for one more.
    assert_eq!(taken, 6);
    assert_eq!(BYTES_PER_UNIT, 65_536);
}

#[test]
fn a_flood_from_many_networks_does_not_use_up_the_limit_of_others() {
    let limit = RateLimit::new(8);
    let now = Timestamp::from_second(0).unwrap();
    let (honest, greedy): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "198.51.100.1".parse().unwrap());
    assert_eq!((0..9).filter(|_| limit.count(greedy, 1, now)).count(), 8);
    for n in 0..=MAX_NETWORKS as u128 {
        limit.count(Ipv6Addr::from_bits((0x2001 << 112) | (n << 72)).into(), 1, now);
    }
    assert!((0..8).all(|_| limit.count(honest, 1, now)), "it has a count of its own");
    assert!(!limit.count(greedy, 1, now), "what it used is not forgotten");
}

#[test]
fn a_blocked_network_is_refused_in_every_form_and_others_are_not() {
    let limit = Limits::new(0, &["127.0.0.1/32".parse().unwrap()]);
    let networks = ["203.0.113.77/24", "2001:db8:1::/48"].map(|text| blockable(text).unwrap());
    limit.block(networks.iter().map(|network| (key().network(*network), network.prefix_len())).collect());
    for peer in ["203.0.113.1", "::ffff:203.0.113.200", "2001:db8:1:2::3"] {
        assert_eq!(verdict(&limit, peer, "", 0), Verdict::Blocked, "{peer}");
        assert_eq!(verdict(&limit, "127.0.0.1", peer, 0), Verdict::Blocked, "{peer} behind a proxy");
    }
    for peer in ["203.0.112.1", "198.51.100.1", "2001:db8:2::1"] {
        assert_eq!(verdict(&limit, peer, "", 0), Verdict::Granted, "{peer}");
    }
    limit.block(Vec::new());
    assert_eq!(verdict(&limit, "203.0.113.1", "", 0), Verdict::Granted);
}

#[test]
fn a_network_that_may_identify_a_single_client_cannot_be_blocked() {
    for text in ["203.0.113.0/25", "203.0.113.1", "203.0.113.1/32", "2001:db8::/64", "0.0.0.0/0", "", "x/24"] {
        assert_eq!(blockable(text), None, "{text}");
    }
}

#[test]
fn a_network_has_its_count_for_an_hour() {
    let limit = Limits::new(2, &[]);
    assert!(admit(&limit, "192.0.2.1", "", 0) && admit(&limit, "192.0.2.200", "", 10));
    assert!(!admit(&limit, "192.0.2.7", "", 20));
    assert!(!admit(&limit, "::ffff:192.0.2.7", "", 20), "an IPv4 address is the same when mapped to IPv6");
    assert!(admit(&limit, "192.0.3.1", "", 30) && admit(&limit, "2001:db8::1", "", 30));
    assert!(admit(&limit, "192.0.2.1", "", 3600), "the next hour");
}

#[test]
fn only_trusted_proxies_name_their_clients() {
    let limit = Limits::new(1, &["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()]);
    assert!(admit(&limit, "127.0.0.1", "192.0.2.1", 0));
    assert!(!admit(&limit, "127.0.0.1", "192.0.2.2", 0));
    assert!(admit(&limit, "127.0.0.1", "192.0.2.1, 192.0.3.1, 10.1.1.1", 0), "the last that is not a proxy");
    assert!(!admit(&limit, "127.0.0.1", "203.0.113.1, 192.0.3.9", 0), "what a client wrote itself is ignored");
    assert!(admit(&limit, "198.51.100.1", "203.0.113.1", 0));
    assert!(!admit(&limit, "198.51.100.1", "203.0.114.1", 0), "not a trusted proxy");
    assert!(admit(&limit, "127.0.0.1", "nonsense", 0));
    assert!(!admit(&limit, "127.0.0.1", "nonsense", 0));
}

#[test]
fn without_a_limit_all_may_pass() {
    let limit = Limits::new(0, &[]);
    assert!((0..1000).all(|_| admit(&limit, "192.0.2.1", "", 0)));
}
