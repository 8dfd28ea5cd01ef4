//! Takes connections. Any user of the host may connect to loopback; idle connections must not keep the admin out.

use axum::Router;
use axum::serve::Listener;
use callback_common::serve::{Accept, Limits, serve as serve_bounded};
use std::time::Duration;

/// Far fewer connections than a process may have files open, since the databases need some, too.
const LIMITS: Limits = Limits {
    connections: 256,
    head_timeout: Duration::from_secs(10),
    write_timeout: Duration::from_secs(10),
    max_head: 64 << 10,
    shutdown_timeout: Duration::ZERO,
};

/// A listener whose connections all go to one router.
struct Routed<L> {
    listener: L,
    router: Router,
}

impl<L: Listener> Accept for Routed<L> {
    type Stream = L::Io;

    async fn accept(&mut self) -> (L::Io, Router) {
        // The listener itself waits out a failure to accept.
        (self.listener.accept().await.0, self.router.clone())
    }
}

/// Serves every connection until the future is dropped.
pub(crate) async fn serve(listener: impl Listener, router: Router) {
    serve_bounded(Routed { listener, router }, LIMITS, std::future::pending()).await;
}
