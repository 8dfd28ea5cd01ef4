//! Publication: at the start, after each deletion, and as days end.

use super::Jobs;
use crate::error::Result;
use crate::log::Event;
use crate::publish::publisher::publish_missing;
use std::sync::Arc;
use std::time::Duration;

/// How often to look for complete days without a snapshot. Other receivers on the same database may delete reports too.
const PUBLISH_INTERVAL: Duration = Duration::from_secs(60);

impl Jobs {
    /// Publishes complete days that have no snapshot, unless the clock is not trusted. Returns how many it published.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn publish(&self) -> Result<usize> {
        if !self.is_clock_trusted().await? {
            return Ok(0);
        }
        let yesterday = self.receiver.today().plus(-1);
        publish_missing(&self.receiver.store, self.receiver.rules(), yesterday).await
    }

    pub(super) async fn run_publication(self: Arc<Self>) {
        loop {
            match self.publish().await {
                Ok(0) => {}
                Ok(days) => tracing::info!(event = Event::Published.as_str(), days),
                Err(error) => self.receiver.store_failed(&error),
            }
            self.receiver.warm_cache().await;
            let _ = tokio::time::timeout(PUBLISH_INTERVAL, self.receiver.removed.notified()).await;
        }
    }
}
