//! Metrics of the receiver for Prometheus. They contain no data of installs: no label, no group, no address.

use crate::day::Day;
use crate::store::Holdings;
use axum::http::StatusCode;
use jiff::Timestamp;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// The media type of the text form.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the durations of requests, in seconds.
const DURATIONS: [f64; 10] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];

const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

type Label = [(&'static str, &'static str); 1];

/// For whom a response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Installs.
    Ingest,
    /// Everybody.
    Public,
    /// The operator.
    Operator,
    /// A request that no route handled: limited, blocked or not found.
    Nobody,
}

impl Audience {
    const ALL: [Self; 4] = [Self::Ingest, Self::Public, Self::Operator, Self::Nobody];

    const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Public => "public",
            Self::Operator => "operator",
            Self::Nobody => "none",
        }
    }
}

/// What the database says at the time of a scrape.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    /// What it holds.
    pub holdings: Holdings,
    /// The newest published day.
    pub last_published: Option<Day>,
    /// Size of the database in bytes, where it is known.
    pub database_bytes: Option<i64>,
}

/// The metrics, counted from the start of the process.
pub struct Metrics {
    registry: Registry,
    reports_kept: Counter,
    clears: Counter,
    rate_limited: Counter,
    store_errors: Counter,
    answers: Family<Label, Counter>,
    durations: Family<Label, Histogram, fn() -> Histogram>,
    last_report: Gauge,
    clock_doubted: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("callback"),
            reports_kept: Counter::default(),
            clears: Counter::default(),
            rate_limited: Counter::default(),
            store_errors: Counter::default(),
            answers: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(DURATIONS)),
            last_report: Gauge::default(),
            clock_doubted: Gauge::default(),
        };
        // Series that exist from the start, so that the first increase is visible.
        for status in STATUSES {
            drop(metrics.answers.get_or_create(&[("status", status)]));
        }
        for audience in Audience::ALL {
            drop(metrics.durations.get_or_create(&[("audience", audience.name())]));
        }
        metrics.last_report.set(Timestamp::now().as_second());
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("reports_kept", "Reports stored", self.reports_kept.clone());
        registry.register("clears", "Deletions confirmed", self.clears.clone());
        let help = "Requests rejected by the rate limit or a block";
        registry.register("rate_limited", help, self.rate_limited.clone());
        registry.register("store_errors", "Errors of the database", self.store_errors.clone());
        registry.register("answers", "Answers by status", self.answers.clone());
        let help = "Time from a request's head to its response, by audience of the route";
        registry.register("request_duration_seconds", help, self.durations.clone());
        let help = "When the last report was stored; when the receiver started, if none was stored since";
        registry.register("last_report_timestamp_seconds", help, self.last_report.clone());
        let help = "Whether the clock is doubted, so that nothing expires or is published";
        registry.register("clock_doubted", help, self.clock_doubted.clone());
    }

    pub(crate) fn report_stored(&self, now: Timestamp) {
        self.reports_kept.inc();
        self.last_report.set(now.as_second());
    }

    pub(crate) fn report_deleted(&self) {
        self.clears.inc();
    }

    pub(crate) fn limited(&self) {
        self.rate_limited.inc();
    }

    pub(crate) fn store_failed(&self) {
        self.store_errors.inc();
    }

    pub(crate) fn clock_trusted(&self, is_trusted: bool) {
        self.clock_doubted.set(i64::from(!is_trusted));
    }

    pub(crate) fn answered(&self, status: StatusCode, audience: Audience, duration: Duration) {
        if let Some(status) = STATUSES.get(usize::from(status.as_u16() / 100).wrapping_sub(1)) {
            self.answers.get_or_create(&[("status", *status)]).inc();
        }
        self.durations.get_or_create(&[("audience", audience.name())]).observe(duration.as_secs_f64());
    }

    /// The text form. Without `stored`, the figures of the database are left out.
    #[must_use]
    pub fn text(&self, stored: Option<&Stored>) -> String {
        let mut registry = Registry::with_prefix("callback");
        let mut gauge = |name: &str, help: &str, value: i64| {
            let gauge: Gauge = Gauge::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        };
        if let Some(Stored { holdings, last_published, database_bytes }) = stored {
            gauge("installs", "Installs with stored reports", holdings.installs);
            gauge("reports", "Reports stored", holdings.reports);
            gauge("labels", "Labels and pairs stored", holdings.labels);
            let help = "Stored reports that the aggregates do not include yet";
            gauge("reports_not_counted", help, holdings.not_yet_counted);
            if let Some(day) = last_published {
                let help = "Start of the newest published day (UTC)";
                gauge("last_published_timestamp_seconds", help, i64::from(day.0) * 86_400);
            }
            if let Some(bytes) = database_bytes {
                gauge("database_bytes", "Size of the database; of SQLite with its write-ahead log", *bytes);
            }
        }
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode_registry(&mut text, &self.registry);
        let _ = encode_registry(&mut text, &registry);
        let _ = encode_eof(&mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_are_there_from_the_start_and_those_of_the_database_while_it_answers() {
        let metrics = Metrics::new();
        let holdings = Holdings { installs: 1, reports: 2, labels: 3, not_yet_counted: 4 };
        let stored = Stored { holdings, last_published: Some(Day(20_600)), database_bytes: Some(7) };
        let text = metrics.text(Some(&stored));
        let own = [
            "callback_reports_kept_total 0",
            "callback_clears_total 0",
            "callback_rate_limited_total 0",
            "callback_store_errors_total 0",
            "callback_clock_doubted 0",
            "callback_answers_total{status=\"5xx\"} 0",
            "callback_request_duration_seconds_count{audience=\"public\"} 0",
        ];
        let of_database = [
            "callback_installs 1",
            "callback_reports 2",
            "callback_labels 3",
            "callback_reports_not_counted 4",
            "callback_last_published_timestamp_seconds 1779840000",
            "callback_database_bytes 7",
        ];
        let has = |text: &str, line: &str| text.lines().any(|other| other == line);
        for line in own.iter().chain(&of_database) {
            assert!(has(&text, line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        let text = metrics.text(None);
        assert!(own.iter().all(|line| has(&text, line)) && !of_database.iter().any(|line| has(&text, line)));
    }

    #[test]
    fn requests_and_reports_are_counted() {
        let metrics = Metrics::new();
        metrics.report_stored(Timestamp::from_second(1_779_840_123).unwrap());
        metrics.store_failed();
        metrics.answered(StatusCode::OK, Audience::Ingest, Duration::from_millis(30));
        let text = metrics.text(None);
        for line in [
            "callback_reports_kept_total 1",
            "callback_last_report_timestamp_seconds 1779840123",
            "callback_store_errors_total 1",
            "callback_answers_total{status=\"2xx\"} 1",
            "callback_request_duration_seconds_bucket{le=\"0.02\",audience=\"ingest\"} 0",
            "callback_request_duration_seconds_bucket{le=\"0.05\",audience=\"ingest\"} 1",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
    }
}
