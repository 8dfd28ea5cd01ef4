//! The address of the client that sent a request. It is read here and nowhere else.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::IpAddr;

/// Headers in which proxies name their clients.
const FORWARDED: [HeaderName; 3] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-real-ip"),
];

/// The other end of a connection. The listener adds it to the extensions of requests; the limits remove it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Networks of the proxies whose `X-Forwarded-For` is trusted.
pub(super) struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(super) fn new(networks: &[IpNet]) -> Self {
        Self(networks.to_vec())
    }

    /// Removes all addresses from a request and returns the client's, if the request came from a connection.
    pub(super) fn take_client(&self, request: &mut Request) -> Option<IpAddr> {
        let peer = request.extensions_mut().remove::<Peer>();
        let client = peer.map(|Peer(peer)| self.client(peer, request.headers()));
        for name in &FORWARDED {
            request.headers_mut().remove(name);
        }
        client
    }

    /// The last address that is not a trusted proxy.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_trusted = |address: &IpAddr| self.0.iter().any(|network| network.contains(address));
        let mut client = peer.to_canonical();
        let values = headers.get_all(&FORWARDED[0]).iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
        for hop in chain.into_iter().rev() {
            if !is_trusted(&client) {
                break;
            }
            // A trusted proxy writes addresses only.
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            client = address.to_canonical();
        }
        client
    }
}

/// The network of one customer that an address belongs to: IPv4 /24, IPv6 /56.
pub(super) fn network(address: IpAddr) -> IpNet {
    let length = if address.is_ipv4() { 24 } else { 56 };
    IpNet::new(address, length).map_or_else(|_| address.into(), |network| network.trunc())
}
