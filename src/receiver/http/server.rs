//! Listens: connections with a time for their headers, a number of them at a time, and a stop that finishes what is
//! under way within its time.

use super::network::Peer;
use super::{Receiver, router};
use crate::day::Day;
use crate::error::{Error, Result};
use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;

/// How long a client may take for a request's head, and how long a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(15);

/// How long a client may take no byte of an answer.
const TAKE_WITHIN: Duration = Duration::from_secs(30);

/// Most bytes of a request's head.
const MAX_HEAD: usize = 32 << 10;

/// How often it is looked for complete days without a snapshot, also of removals by other receivers on the same data.
const PUBLISH_EVERY: Duration = Duration::from_secs(60);

/// How often it is looked for what must be forgotten; and at once when the day changes.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// How often it is looked whether the day has changed.
const LOOK_AT_CLOCK_EVERY: Duration = Duration::from_secs(5);

/// Days after the last one from which the clock is doubted. A receiver that was off for as long is doubted too.
const FAR_AHEAD_DAYS: i32 = 7;

/// For how long: enough for whoever reads the log.
const DOUBT: Duration = Duration::from_secs(24 * 3600);

/// How often blocked networks are read anew.
const NETWORKS_EVERY: Duration = Duration::from_secs(30);

/// That the clock's day is too far ahead to be believed.
pub(super) struct Doubt {
    until: Instant,
    /// When to say so again.
    say_at: Instant,
}

#[cfg(test)]
impl Doubt {
    /// One whose time is over.
    pub(super) fn over() -> Self {
        let now = Instant::now();
        Self { until: now, say_at: now }
    }
}

/// Serves until `stop` is done; requests that have begun are finished, within the configured time. Forgets at the
/// start, when the day changes, and every hour.
///
/// # Errors
/// [`Error::Store`] if the first forgetting fails.
pub async fn serve(
    listener: TcpListener,
    receiver: Arc<Receiver>,
    stop: impl Future<Output = ()> + Send,
) -> Result<()> {
    forget(&receiver).await?;
    receiver.limit.block(receiver.store.blocked_networks().await?);
    let forgetter = tokio::spawn(keep_forgetting(Arc::clone(&receiver)));
    let publisher = tokio::spawn(publish(Arc::clone(&receiver)));
    let blocker = tokio::spawn(read_blocked_networks(Arc::clone(&receiver)));
    let service = router(Arc::clone(&receiver));
    let connections = Arc::new(Semaphore::new(receiver.settings.connections));
    let graceful = GracefulShutdown::new();
    let mut head = http1::Builder::new();
    head.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(MAX_HEAD);
    tokio::pin!(stop);
    loop {
        let accept = async {
            let permit = Arc::clone(&connections).acquire_owned().await;
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            accepted = accept => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, mostly: waiting lets others finish.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let service = TowerToHyperService::new(service.clone().layer(Extension(Peer(peer.ip()))));
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(TAKE_WITHIN));
        let connection = graceful.watch(head.serve_connection(TokioIo::new(Box::pin(stream)), service));
        tokio::spawn(async move {
            let _permit = permit;
            // A client that breaks off is its own business.
            let _ = connection.await;
        });
    }
    drop(listener);
    let patience = Duration::from_secs(receiver.settings.shutdown_seconds);
    if tokio::time::timeout(patience, graceful.shutdown()).await.is_err() {
        crate::log::event("stopped with requests under way; they were not stored", &json!({}));
    }
    forgetter.abort();
    publisher.abort();
    blocker.abort();
    receiver.store.close().await;
    Ok(())
}

/// Makes the snapshots of complete days: at the start, after each removal, and as days end.
async fn publish(receiver: Arc<Receiver>) {
    loop {
        // A day is over once a clock says so that is believed.
        let made = match is_believed(&receiver, Day::of((receiver.clock)())).await {
            Ok(true) => receiver.make_snapshots().await,
            Ok(false) => Ok(0),
            Err(error) => Err(error),
        };
        match made {
            Ok(0) => {}
            Ok(made) => crate::log::event("published complete days", &json!({"days": made})),
            Err(error) => crate::log::error(&error),
        }
        receiver.make_lasting().await;
        // Whether it was told or the time is over, the same is to be done.
        let _ = tokio::time::timeout(PUBLISH_EVERY, receiver.removed.notified()).await;
    }
}

async fn read_blocked_networks(receiver: Arc<Receiver>) {
    loop {
        tokio::time::sleep(NETWORKS_EVERY).await;
        match receiver.store.blocked_networks().await {
            Ok(networks) => receiver.limit.block(networks),
            Err(error) => crate::log::error(&error),
        }
    }
}

async fn keep_forgetting(receiver: Arc<Receiver>) {
    let mut day = Day::of((receiver.clock)());
    loop {
        let begun = Instant::now();
        while begun.elapsed() < FORGET_EVERY && Day::of((receiver.clock)()) == day {
            tokio::time::sleep(LOOK_AT_CLOCK_EVERY).await;
        }
        day = Day::of((receiver.clock)());
        if let Err(error) = forget(&receiver).await {
            crate::log::error(&error);
        }
    }
}

/// Forgets all that is older than the configured time, unless the clock is in doubt.
///
/// # Errors
/// [`Error::Store`].
pub async fn forget(receiver: &Receiver) -> Result<()> {
    let today = Day::of((receiver.clock)());
    if !is_believed(receiver, today).await? {
        return Ok(());
    }
    let first_kept = today.plus(1 - receiver.settings.retention_days);
    loop {
        let forgotten = receiver.store.forget(first_kept).await?;
        if forgotten.is_nothing() {
            return Ok(());
        }
        crate::log::event(
            "forgot what is over its time",
            &json!({
                "reports": forgotten.reports,
                "aggregates": forgotten.aggregates,
                "labels": forgotten.labels,
                "installs": forgotten.installs,
                "tombstones": forgotten.tombstones,
            }),
        );
    }
}

/// Whether the clock's day may be true. A clock that is set far forward would forget everything at once, so a day that is
/// far ahead of the last one is believed only after a while.
async fn is_believed(receiver: &Receiver, today: Day) -> Result<bool> {
    let seen = receiver.store.seen_day().await?;
    let mut doubted = receiver.doubt.lock().await;
    if seen > Day(0) && today > seen.plus(FAR_AHEAD_DAYS) {
        let now = Instant::now();
        let doubt = doubted.get_or_insert(Doubt { until: now + DOUBT, say_at: now });
        if now < doubt.until {
            if now < doubt.say_at {
                return Ok(false);
            }
            doubt.say_at = now + FORGET_EVERY;
            crate::log::error(&Error::Store(format!(
                "the clock says {today}, and the last day here was {seen}: nothing is forgotten for 24 hours. Set the \
                 clock right, or run `purge` if it is"
            )));
            return Ok(false);
        }
    }
    *doubted = None;
    // A clock that was set back has not unseen a day.
    if seen < today {
        receiver.store.see_day(today).await?;
    }
    Ok(true)
}

/// Listens on an address.
///
/// # Errors
/// [`Error::Listen`].
pub async fn listen(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::Listen(format!(
            "{address} cannot be listened on ({}); choose another address with --listen",
            error.kind()
        ))
    })
}
