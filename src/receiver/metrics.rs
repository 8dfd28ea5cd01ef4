//! Numbers about the receiver's work for Prometheus. They hold nothing of an install: no label, no group, no address.

use crate::store::Holdings;
use axum::http::StatusCode;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The numbers, from the start of the process.
#[derive(Default)]
pub struct Metrics {
    kept: AtomicU64,
    cleared: AtomicU64,
    limited: AtomicU64,
    /// Answers by the hundreds of their status, 100 to 599.
    answers: [AtomicU64; 5],
}

impl Metrics {
    pub(crate) fn kept(&self) {
        self.kept.fetch_add(1, Relaxed);
    }

    pub(crate) fn cleared(&self) {
        self.cleared.fetch_add(1, Relaxed);
    }

    pub(crate) fn limited(&self) {
        self.limited.fetch_add(1, Relaxed);
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        if let Some(count) = self.answers.get(usize::from(status.as_u16() / 100).wrapping_sub(1)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// The text form.
    #[must_use]
    pub fn text(&self, holdings: &Holdings) -> String {
        let mut text = String::new();
        let mut number = |name: &str, kind: &str, help: &str, value: &dyn std::fmt::Display| {
            // Writing into a text cannot fail.
            let _ =
                write!(text, "# HELP callback_{name} {help}\n# TYPE callback_{name} {kind}\ncallback_{name} {value}\n");
        };
        number("reports_kept_total", "counter", "Reports stored.", &self.kept.load(Relaxed));
        number("clears_total", "counter", "Deletions confirmed.", &self.cleared.load(Relaxed));
        number(
            "rate_limited_total",
            "counter",
            "Requests rejected by the rate limit or a block.",
            &self.limited.load(Relaxed),
        );
        number("installs", "gauge", "Installs with stored reports.", &holdings.installs);
        number("reports", "gauge", "Reports stored.", &holdings.reports);
        number("labels", "gauge", "Labels and pairs stored.", &holdings.labels);
        number(
            "reports_not_counted",
            "gauge",
            "Stored reports that the aggregates do not include yet.",
            &holdings.not_yet_counted,
        );
        let _ =
            write!(text, "# HELP callback_answers_total Answers by status.\n# TYPE callback_answers_total counter\n");
        for (at, count) in self.answers.iter().enumerate() {
            let _ = writeln!(text, "callback_answers_total{{status=\"{}xx\"}} {}", at + 1, count.load(Relaxed));
        }
        text
    }
}
