//! HTTP/1.1 connections with limits. `axum::serve` has no time limits; hyper has none for writing.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

/// Limits of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of connections. Further ones wait.
    pub connections: usize,
    /// How long a request's head may take, and how long a connection may be idle.
    pub head_timeout: Duration,
    /// How long a client may stop reading a response.
    pub write_timeout: Duration,
    /// Largest request head, in bytes.
    pub max_head: usize,
    /// How long requests may take to finish after the server was asked to stop.
    pub shutdown_timeout: Duration,
}

/// Accepts connections. Implementations wait if accepting fails, since the usual cause is too many open files.
pub trait Accept {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Send + 'static;

    /// The next connection, and the router that serves it.
    fn accept(&mut self) -> impl Future<Output = (Self::Stream, Router)> + Send;
}

/// Serves until `stop` completes, then lets requests finish. Returns whether all finished within the timeout.
pub async fn serve(mut listener: impl Accept, limits: Limits, stop: impl Future<Output = ()>) -> bool {
    let places = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_buf_size(limits.max_head);
    tokio::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let ((stream, router), place) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(limits.write_timeout));
        let service = TowerToHyperService::new(router);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            let _place = place;
            // A client that disconnects early is not an error of the server.
            let _ = connection.await;
        });
    }
    drop(listener);
    tokio::time::timeout(limits.shutdown_timeout, graceful.shutdown()).await.is_ok()
}
