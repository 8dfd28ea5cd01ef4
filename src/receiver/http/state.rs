//! What handlers and jobs share.

use super::ingest::admission::Admission;
use super::limits::Limits;
use super::problem::Problem;
use super::public::cache::Cache;
use crate::config::Settings;
use crate::day::{Clock, Day};
use crate::error::{Error, Result};
use crate::key::InstallKey;
use crate::metrics::Metrics;
use crate::publish::rules::Rules;
use crate::signing::Signing;
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::Notify;

/// A receiver: its database, keys and settings, with what it keeps in memory.
pub struct Receiver {
    pub(crate) store: Arc<Store>,
    pub(crate) key: InstallKey,
    pub(crate) signing: Signing,
    pub(crate) settings: Settings,
    pub(crate) metrics: Metrics,
    pub(crate) limits: Limits,
    /// Notified when reports were deleted, so that the snapshots of their days are rebuilt.
    pub(crate) removed: Notify,
    pub(super) admission: Admission,
    pub(super) cache: Cache,
    pub(super) clock: Clock,
}

impl Receiver {
    /// A receiver.
    #[must_use]
    pub fn new(store: Arc<Store>, key: InstallKey, signing: Signing, settings: Settings, clock: Clock) -> Self {
        let limits = Limits::new(settings.requests_per_hour, &settings.trusted_proxies);
        let (metrics, admission, cache) = (Metrics::new(), Admission::default(), Cache::default());
        Self { store, key, signing, settings, metrics, limits, removed: Notify::new(), admission, cache, clock }
    }

    /// The current day (UTC).
    pub(crate) fn today(&self) -> Day {
        Day::of((self.clock)())
    }

    /// The configured rules of publication.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules { installs_at_least: self.settings.installs_at_least }
    }

    /// Counts and logs an error of the database.
    pub(crate) fn store_failed(&self, error: &Error) {
        self.metrics.store_failed();
        crate::log::error(error);
    }

    /// What the database answered. Its errors are logged, and answered without detail.
    pub(super) fn stored<T>(&self, result: Result<T>) -> std::result::Result<T, Problem> {
        result.map_err(|error| {
            self.store_failed(&error);
            Problem::store()
        })
    }
}
