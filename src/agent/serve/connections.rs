//! Takes connections: so many at a time, each with a time for its requests' heads. Anybody on the machine may connect to
//! loopback; whoever opens connections and says nothing must not keep the admin out for long.

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

/// Most connections at a time. Far below what a process may have files open, since the databases need some, too.
const MOST: usize = 256;

/// How long a request's head may take, and how long a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// How long a client may take no byte of an answer.
const TAKE_WITHIN: Duration = Duration::from_secs(10);

/// Serves every connection, for ever.
pub async fn serve(mut listener: impl Listener, router: Router) {
    let places = Arc::new(Semaphore::new(MOST));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        // A failure to accept is waited out by the listener itself.
        let (stream, _) = listener.accept().await;
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(TAKE_WITHIN));
        let service = TowerToHyperService::new(router.clone());
        let connection = http.serve_connection(TokioIo::new(Box::pin(stream)), service);
        tokio::spawn(async move {
            let _place = place;
            // A client that breaks off is its own business.
            let _ = connection.await;
        });
    }
}
