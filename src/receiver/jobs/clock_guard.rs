//! Keeps a wrong clock from expiring everything: a day far ahead of the last trusted one is trusted only after a while.

use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use crate::store::Store;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// A clock more than this many days ahead of the last trusted day is doubted, even if the receiver was off for as long.
pub(crate) const FAR_AHEAD_DAYS: i32 = 7;

/// How long it is doubted: time for the operator to read the log.
const DOUBT_DURATION: Duration = Duration::from_secs(24 * 3600);

/// How often that is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(3600);

/// Since when the clock is doubted, if it is.
#[derive(Default)]
pub(super) struct ClockGuard(Mutex<Option<Doubt>>);

/// A doubt about the clock.
struct Doubt {
    until: Instant,
    log_at: Instant,
}

impl ClockGuard {
    /// Whether `today` can be trusted. If so, the database remembers it as the last trusted day. Setting the clock back does
    /// not change that day.
    pub(super) async fn is_trusted(&self, store: &Store, today: Day) -> Result<bool> {
        let last_trusted = store.last_trusted_day().await?;
        let mut doubt = self.0.lock().await;
        if last_trusted > Day(0) && today > last_trusted.plus(FAR_AHEAD_DAYS) {
            let now = Instant::now();
            let doubt = doubt.get_or_insert(Doubt { until: now + DOUBT_DURATION, log_at: now });
            if now < doubt.until {
                if now >= doubt.log_at {
                    doubt.log_at = now + LOG_INTERVAL;
                    let detail = format!("it is {today}, the last day was {last_trusted}");
                    crate::log::error(&Error::new(Code::ClockJumped, detail));
                }
                return Ok(false);
            }
        }
        *doubt = None;
        if last_trusted < today {
            store.advance_clock_guard(today).await?;
        }
        Ok(true)
    }

    /// Ends a doubt as if its time had passed.
    #[cfg(test)]
    pub(super) async fn end_doubt(&self) {
        if let Some(doubt) = self.0.lock().await.as_mut() {
            doubt.until = Instant::now();
        }
    }
}
