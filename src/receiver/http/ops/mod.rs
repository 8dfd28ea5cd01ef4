//! For the operator: health checks and metrics.

use super::operation::{Answer, Route, read};
use super::problem::Problem;
use super::state::Receiver;
use crate::code::Code;
use crate::config::Settings;
use crate::error::Result;
use crate::metrics::Stored;
use crate::store::database::Database;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use std::time::Duration;

/// The routes.
pub(super) const ROUTES: &[Route] = &[
    read(HEALTHZ, || get(healthz), "Whether the process answers", Answer::Text("text/plain")),
    read(READYZ, || get(readyz), "Whether reports can be stored", Answer::Text("text/plain")),
    read(
        "/metrics",
        || get(metrics),
        "Metrics for Prometheus, without data of installs",
        Answer::Text("application/openmetrics-text"),
    ),
];

pub(super) const HEALTHZ: &str = "/healthz";
pub(super) const READYZ: &str = "/readyz";

/// How long the database may take to answer.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(3);

/// What the database answers in time.
async fn in_time<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(DATABASE_TIMEOUT, answer).await.unwrap_or_else(|_| Err(Code::DatabaseTimeout.into()))
}

/// Size of a SQLite database with its write-ahead log.
fn file_bytes(settings: &Settings) -> Option<i64> {
    let Ok(Database::Sqlite(database)) = Database::from_settings(settings) else { return None };
    let mut log = database.clone().into_os_string();
    log.push("-wal");
    let bytes = std::fs::metadata(database).ok()?.len() + std::fs::metadata(log).map_or(0, |log| log.len());
    i64::try_from(bytes).ok()
}

/// `GET /healthz`: the process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers too, and accepts reports.
async fn readyz(State(receiver): State<Arc<Receiver>>) -> Result<&'static str, Problem> {
    receiver.stored(in_time(receiver.store.ready()).await).map(|()| "ok\n")
}

/// `GET /metrics`. While the database fails, its own figures are missing, and the others say so.
async fn metrics(State(receiver): State<Arc<Receiver>>) -> Response {
    let stored = in_time(async {
        let holdings = receiver.store.holdings().await?;
        let last_published = receiver.store.publication().await?.days.last().copied();
        let bytes = receiver.store.server_bytes().await?;
        Ok(Stored { holdings, last_published, database_bytes: bytes.or_else(|| file_bytes(&receiver.settings)) })
    });
    let stored = stored.await.inspect_err(|error| receiver.store_failed(error)).ok();
    let text = receiver.metrics.text(stored.as_ref());
    ([(header::CONTENT_TYPE, crate::metrics::MEDIA_TYPE)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_sqlite_database_includes_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { data: directory.path().into(), ..Settings::default() };
        assert_eq!(file_bytes(&settings), None);
        std::fs::write(directory.path().join("receiver.sqlite3"), [0; 100]).unwrap();
        assert_eq!(file_bytes(&settings), Some(100));
        std::fs::write(directory.path().join("receiver.sqlite3-wal"), [0; 20]).unwrap();
        assert_eq!(file_bytes(&settings), Some(120));
        let server = Settings { database: "postgres://u@h/d".into(), ..settings };
        assert_eq!(file_bytes(&server), None);
    }
}
