//! Expiry: at the start, when the day changes, and every hour.

use super::Jobs;
use crate::error::Result;
use crate::log::Event;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often reports expire, besides at every change of day.
const EXPIRE_INTERVAL: Duration = Duration::from_secs(3600);

/// How often to check whether the day has changed.
const CLOCK_INTERVAL: Duration = Duration::from_secs(5);

impl Jobs {
    /// Deletes everything past its retention, unless the clock is not trusted.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn expire(&self) -> Result<()> {
        if !self.is_clock_trusted().await? {
            return Ok(());
        }
        let first_kept = self.receiver.today().plus(1 - self.receiver.settings.retention_days);
        loop {
            let expired = self.receiver.store.expire(first_kept).await?;
            if expired.is_empty() {
                return Ok(());
            }
            tracing::info!(
                event = Event::Expired.as_str(),
                reports = expired.reports,
                aggregates = expired.aggregates,
                labels = expired.labels,
                installs = expired.installs,
                tombstones = expired.tombstones,
            );
        }
    }

    pub(super) async fn run_expiry(self: Arc<Self>) {
        let mut day = self.receiver.today();
        loop {
            let begun = Instant::now();
            while begun.elapsed() < EXPIRE_INTERVAL && self.receiver.today() == day {
                tokio::time::sleep(CLOCK_INTERVAL).await;
            }
            day = self.receiver.today();
            if let Err(error) = self.expire().await {
                self.receiver.store_failed(&error);
            }
        }
    }
}
