//! For tests: a receiver with its own database, keys and clock.

use crate::config::Settings;
use crate::day::{Clock, Day};
use crate::http::{Receiver, router};
use crate::jobs::Jobs;
use crate::key::InstallKey;
use crate::signing::Signing;
use crate::store::database::Database;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use tower::ServiceExt;

pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) jobs: Jobs,
    pub(crate) router: Router,
    today: Arc<AtomicI32>,
}

impl World {
    /// A world on a day, with the keys of another world if it is named, so that installs are the same in both.
    pub(crate) async fn new(today: Day, keys_of: Option<&Path>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        if let Some(other) = keys_of {
            std::fs::copy(other.join("install.key"), directory.path().join("install.key")).unwrap();
        }
        let key = InstallKey::load(&directory.path().join("install.key")).unwrap();
        let signing = Signing::load(&directory.path().join("signing.key")).unwrap();
        let store = Database::Sqlite(directory.path().join("receiver.sqlite3")).open(&key).await.unwrap();
        let today = Arc::new(AtomicI32::new(today.0));
        let clock: Clock = {
            let today = Arc::clone(&today);
            let noon = |day: i32| Timestamp::from_second(i64::from(day) * 86_400 + 43_200).unwrap();
            Arc::new(move || noon(today.load(Ordering::Relaxed)))
        };
        let receiver = Arc::new(Receiver::new(store, key, signing, Settings::default(), clock));
        let (jobs, router) = (Jobs::new(Arc::clone(&receiver)), router(Arc::clone(&receiver)));
        Self { directory, receiver, jobs, router, today }
    }

    pub(crate) fn set_today(&self, day: Day) {
        self.today.store(day.0, Ordering::Relaxed);
    }

    /// Sets the clock forward, or back.
    pub(crate) fn pass(&self, days: i32) {
        self.today.fetch_add(days, Ordering::Relaxed);
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let response = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status.as_u16(), parts.headers, to_bytes(body, 1 << 24).await.unwrap().to_vec())
    }
}
