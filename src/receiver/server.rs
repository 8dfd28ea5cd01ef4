//! Runs the receiver: connections within limits, the background jobs beside them, and a graceful stop.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::http::limits::Peer;
use crate::http::limits::connections::Connections;
use crate::http::{Receiver, router};
use crate::jobs::Jobs;
use crate::log::Event;
use axum::{Extension, Router};
use callback_common::io_error::describe;
use callback_common::serve::{Accept, Limits};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long a request's head may take, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a client may stop reading a response.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Largest request head, in bytes.
const MAX_HEAD: usize = 32 << 10;

/// How long to wait after an error of accepting, which mostly is too many open files.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Listens on an address.
///
/// # Errors
/// [`Code::ListenFailed`].
pub async fn listen(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::new(Code::ListenFailed, format!("{address} ({})", describe(&error))))
}

/// Serves until `stop` is done, then lets requests finish within the configured time.
///
/// # Errors
/// If the database fails at the start.
pub async fn serve(
    listener: TcpListener,
    receiver: Arc<Receiver>,
    stop: impl Future<Output = ()> + Send,
) -> Result<()> {
    let jobs = Arc::new(Jobs::new(Arc::clone(&receiver)));
    let running = jobs.start().await?;
    let settings = &receiver.settings;
    let limits = Limits {
        connections: settings.connections,
        head_timeout: HEAD_TIMEOUT,
        write_timeout: WRITE_TIMEOUT,
        max_head: MAX_HEAD,
        shutdown_timeout: Duration::from_secs(settings.shutdown_seconds),
    };
    let connections = Connections::new(settings.connections, &settings.trusted_proxies);
    let listener = Listener { listener, connections, router: router(Arc::clone(&receiver)) };
    if !callback_common::serve::serve(listener, limits, stop).await {
        tracing::warn!(event = Event::RequestsAborted.as_str());
    }
    drop(running);
    receiver.store.close().await;
    Ok(())
}

/// TCP connections, each with its client's address for the limits.
struct Listener {
    listener: TcpListener,
    connections: Connections,
    router: Router,
}

impl Accept for Listener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> (TcpStream, Router) {
        loop {
            let Ok((stream, peer)) = self.listener.accept().await else {
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            };
            // A connection beyond the limit of its network is closed at once.
            if let Some(open) = self.connections.open(peer.ip()) {
                // The router lives as long as its connection.
                let extensions = (Extension(Peer(peer.ip())), Extension(Arc::new(open)));
                return (stream, self.router.clone().layer(extensions));
            }
        }
    }
}
