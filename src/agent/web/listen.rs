//! Accepts connections. Any user of the host may connect to a loopback address, so idle connections must not lock the
//! admin out.

use axum::Router;
use axum::serve::Listener;
use callback_common::serve::{Accept, Limits, serve as serve_bounded};
use std::time::Duration;

/// Far below a process's limit of open files, since the databases need some, too.
const LIMITS: Limits = Limits {
    connections: 256,
    head_timeout: Duration::from_secs(10),
    write_timeout: Duration::from_secs(10),
    max_head: 64 << 10,
    shutdown_timeout: Duration::ZERO,
};

/// A listener with one router for all connections.
struct Routed<L> {
    listener: L,
    router: Router,
}

impl<L: Listener> Accept for Routed<L> {
    type Stream = L::Io;

    async fn accept(&mut self) -> (L::Io, Router) {
        // The listener itself retries failed accepts.
        (self.listener.accept().await.0, self.router.clone())
    }
}

/// Serves connections until the future is dropped.
pub(crate) async fn serve(listener: impl Listener, router: Router) {
    serve_bounded(Routed { listener, router }, LIMITS, std::future::pending()).await;
}
