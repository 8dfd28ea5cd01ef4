//! What the receiver does besides answering requests: it expires reports, publishes complete days, and reloads the blocked
//! networks. Reports are added to the aggregates by [`crate::store`] itself.

mod clock_guard;
mod expire;
mod publish;

pub(crate) use clock_guard::FAR_AHEAD_DAYS;

use crate::error::Result;
use crate::http::Receiver;
use clock_guard::ClockGuard;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How often the blocked networks are reloaded.
const NETWORKS_INTERVAL: Duration = Duration::from_secs(30);

/// The jobs of a receiver.
pub struct Jobs {
    receiver: Arc<Receiver>,
    clock_guard: ClockGuard,
}

/// Jobs that run until this is dropped.
pub struct RunningJobs(#[expect(dead_code, reason = "dropping it stops the jobs")] JoinSet<()>);

impl Jobs {
    /// The jobs of a receiver, not started.
    #[must_use]
    pub fn new(receiver: Arc<Receiver>) -> Self {
        Self { receiver, clock_guard: ClockGuard::default() }
    }

    /// Expires reports and loads the blocked networks, then starts all jobs.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn start(self: Arc<Self>) -> Result<RunningJobs> {
        self.expire().await?;
        self.load_blocked_networks().await?;
        let mut running = JoinSet::new();
        running.spawn(Arc::clone(&self).run_expiry());
        running.spawn(Arc::clone(&self).run_publication());
        running.spawn(self.run_blocking());
        Ok(RunningJobs(running))
    }

    /// Whether the clock is trusted; see [`ClockGuard`].
    async fn is_clock_trusted(&self) -> Result<bool> {
        let today = self.receiver.today();
        let is_trusted = self.clock_guard.is_trusted(&self.receiver.store, today).await?;
        self.receiver.metrics.clock_trusted(is_trusted);
        Ok(is_trusted)
    }

    async fn load_blocked_networks(&self) -> Result<()> {
        self.receiver.limits.block(self.receiver.store.blocked_networks().await?);
        Ok(())
    }

    async fn run_blocking(self: Arc<Self>) {
        loop {
            tokio::time::sleep(NETWORKS_INTERVAL).await;
            if let Err(error) = self.load_blocked_networks().await {
                self.receiver.store_failed(&error);
            }
        }
    }
}

#[cfg(test)]
mod tests;
