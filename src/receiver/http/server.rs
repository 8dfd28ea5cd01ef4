//! Runs the receiver: connections within limits, a graceful stop, and the jobs beside them: expiry, publication, and
//! reading the blocked networks.

use super::network::Peer;
use super::{Receiver, router};
use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use axum::{Extension, Router};
use callback_common::io_error::describe;
use callback_common::serve::{Accept, Limits};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// How long a request's head may take, and how long a connection may be idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a client may read nothing of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Most bytes of a request's head.
const MAX_HEAD: usize = 32 << 10;

/// How often to look for complete days without a snapshot; other receivers on the same database may delete reports, too.
const PUBLISH_EVERY: Duration = Duration::from_secs(60);

/// How often reports expire, besides at every change of day.
const EXPIRE_EVERY: Duration = Duration::from_secs(3600);

/// How often to look whether the day has changed.
const LOOK_AT_CLOCK_EVERY: Duration = Duration::from_secs(5);

/// A clock more than this many days ahead of the last day is not trusted, even if the receiver was off for as long.
pub(crate) const FAR_AHEAD_DAYS: i32 = 7;

/// For how long it is not trusted: time for the operator to read the log.
const DOUBT: Duration = Duration::from_secs(24 * 3600);

/// How often the blocked networks are reloaded.
const NETWORKS_EVERY: Duration = Duration::from_secs(30);

/// A clock that is too far ahead to be trusted.
pub(super) struct Doubt {
    until: Instant,
    /// When to log it again.
    say_at: Instant,
}

#[cfg(test)]
impl Doubt {
    /// One that has ended.
    pub(super) fn over() -> Self {
        let now = Instant::now();
        Self { until: now, say_at: now }
    }
}

/// Serves until `stop` is done, then lets requests finish within the configured time. Expires reports at the start, when
/// the day changes, and every hour.
///
/// # Errors
/// If the database fails at the first expiry.
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
    let limits = Limits {
        connections: receiver.settings.connections,
        head_timeout: HEAD_TIMEOUT,
        write_timeout: WRITE_TIMEOUT,
        max_head: MAX_HEAD,
        shutdown_timeout: Duration::from_secs(receiver.settings.shutdown_seconds),
    };
    let connections = Connections { listener, router: router(Arc::clone(&receiver)) };
    if !callback_common::serve::serve(connections, limits, stop).await {
        let message = "stopped before all requests ended; the rest were not stored";
        crate::log::event("requests-aborted", message, &json!({}));
    }
    forgetter.abort();
    publisher.abort();
    blocker.abort();
    receiver.store.close().await;
    Ok(())
}

/// TCP connections, each with its client's address for the rate limit.
struct Connections {
    listener: TcpListener,
    router: Router,
}

impl Accept for Connections {
    type Stream = TcpStream;

    async fn accept(&mut self) -> (TcpStream, Router) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => return (stream, self.router.clone().layer(Extension(Peer(peer.ip())))),
                // Mostly too many open files: waiting lets others finish.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

/// Publishes complete days: at the start, after each deletion, and as days end.
async fn publish(receiver: Arc<Receiver>) {
    loop {
        // A day has ended only by a trusted clock.
        let made = match is_believed(&receiver, Day::of((receiver.clock)())).await {
            Ok(true) => receiver.make_snapshots().await,
            Ok(false) => Ok(0),
            Err(error) => Err(error),
        };
        match made {
            Ok(0) => {}
            Ok(made) => crate::log::event("published", "published complete days", &json!({"days": made})),
            Err(error) => crate::log::error(&error),
        }
        receiver.make_lasting().await;
        // After either, do the same.
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
        while begun.elapsed() < EXPIRE_EVERY && Day::of((receiver.clock)()) == day {
            tokio::time::sleep(LOOK_AT_CLOCK_EVERY).await;
        }
        day = Day::of((receiver.clock)());
        if let Err(error) = forget(&receiver).await {
            crate::log::error(&error);
        }
    }
}

/// Deletes everything past its retention, unless the clock is not trusted.
///
/// # Errors
/// If the database fails.
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
            "expired",
            "deleted expired reports",
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

/// Whether the clock can be trusted. One that is set far forward would delete everything at once, so a day far ahead of
/// the last one is trusted only after a while.
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
            doubt.say_at = now + EXPIRE_EVERY;
            crate::log::error(&Error::new(Code::ClockJumped, format!("it is {today}, the last day was {seen}")));
            return Ok(false);
        }
    }
    *doubted = None;
    // Setting the clock back does not undo a day.
    if seen < today {
        receiver.store.see_day(today).await?;
    }
    Ok(true)
}

/// Listens on an address.
///
/// # Errors
/// [`Code::ListenFailed`].
pub async fn listen(address: std::net::SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Error::new(Code::ListenFailed, format!("{address} ({})", describe(&error))))
}
