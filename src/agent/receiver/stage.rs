//! How far a request got. A report may have arrived if a byte of it was written. The kind of error does not show that:
//! a resolver, a proxy or an interrupted TLS handshake fails with the same kinds of error as a receiver that was
//! reached.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectProxyConnector, ConnectionDetails, Connector, NextTimeout, RustlsConnector, SocksConnector,
    TcpConnector, Transport,
};
use ureq::{Agent, Error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    Resolve,
    ResolveProxy,
    Connect,
    /// Connecting to the proxy, or through it.
    Proxy,
    /// The TLS handshake with the receiver.
    Tls,
    /// Sending the request, or waiting for the answer: the receiver may have the request.
    Request,
}

impl Stage {
    const ALL: [Self; 6] = [Self::Resolve, Self::ResolveProxy, Self::Connect, Self::Proxy, Self::Tls, Self::Request];
}

/// The stage of a request, shared with its connectors.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<AtomicU8>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicU8::new(Stage::Resolve as u8)))
    }

    pub(super) fn stage(&self) -> Stage {
        Stage::ALL[usize::from(self.0.load(Ordering::Acquire))]
    }

    /// A new request starts, or enters a stage.
    pub(super) fn enter(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Release);
    }
}

/// A client that records the stage of its requests.
pub(super) fn agent(config: Config, progress: &Progress) -> Agent {
    let is_proxied = config.proxy().is_some();
    let at = |stage| Enter { stage, is_proxied, progress: progress.clone() };
    // ureq's default chain, with markers in between.
    let connector =
        ().chain(SocksConnector::default())
            .chain(ConnectProxyConnector::default())
            .chain(TcpConnector::default())
            .chain(at(Stage::Tls))
            .chain(RustlsConnector::default())
            .chain(Watch { is_proxied, progress: progress.clone() });
    Agent::with_parts(config, connector, Resolve { inner: DefaultResolver::default(), progress: progress.clone() })
}

/// Whether a connection goes to an HTTP proxy. ureq opens it with the same chain as the one to the receiver.
fn is_to_proxy(is_proxied: bool, details: &ConnectionDetails<'_>) -> bool {
    is_proxied && details.config.proxy().is_none()
}

/// Resolves names. The name tells whether the proxy or the receiver is next.
#[derive(Debug)]
struct Resolve {
    inner: DefaultResolver,
    progress: Progress,
}

impl Resolver for Resolve {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let is_proxy = config.proxy().is_some_and(|proxy| proxy.uri() == uri);
        self.progress.enter(if is_proxy { Stage::ResolveProxy } else { Stage::Resolve });
        let addresses = self.inner.resolve(uri, config, timeout)?;
        self.progress.enter(if is_proxy { Stage::Proxy } else { Stage::Connect });
        Ok(addresses)
    }
}

/// A marker between two connectors.
#[derive(Debug)]
struct Enter {
    stage: Stage,
    is_proxied: bool,
    progress: Progress,
}

impl<In: Transport> Connector<In> for Enter {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, Error> {
        if !is_to_proxy(self.is_proxied, details) {
            self.progress.enter(self.stage);
        }
        Ok(chained)
    }
}

/// The end of the chain: detects the first byte of the request.
#[derive(Debug)]
struct Watch {
    is_proxied: bool,
    progress: Progress,
}

impl<In: Transport> Connector<In> for Watch {
    type Out = Watched<In>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Watched<In>>, Error> {
        let progress = (!is_to_proxy(self.is_proxied, details)).then(|| self.progress.clone());
        Ok(chained.map(|inner| Watched { inner, progress }))
    }
}

/// A connection whose first write starts the request. Connections to a proxy have no `progress`.
#[derive(Debug)]
struct Watched<In> {
    inner: In,
    progress: Option<Progress>,
}

impl<In: Transport> Transport for Watched<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        // Before the write: even a failed write may have sent some bytes.
        if let Some(progress) = &self.progress {
            progress.enter(Stage::Request);
        }
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
