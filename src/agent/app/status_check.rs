//! `status --check`: rates a status for monitoring. Having opted out is OK; having opted in without reports is not.

use super::status::{Status, failures_in_a_row, last_run, last_sent};
use crate::code::Code;
use crate::policy::Verdict;
use crate::store::consent::Consent;
use crate::store::ledger::{Entry, Outcome, Subject};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::Duration;

/// The result of a monitoring plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// No problem.
    Ok,
    /// Needs attention.
    Warning,
    /// Needs attention now.
    Critical,
    /// Cannot be determined.
    Unknown,
}

impl Level {
    /// The exit status of the Monitoring Plugins' guidelines.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    /// The word in the plugin's output.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// Ages of the last report at which the result is WARNING and CRITICAL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thresholds {
    /// WARNING.
    pub warning: Duration,
    /// CRITICAL.
    pub critical: Duration,
}

impl Thresholds {
    fn level(self, age: u64) -> Level {
        match age {
            age if age >= self.critical.as_secs() => Level::Critical,
            age if age >= self.warning.as_secs() => Level::Warning,
            _ => Level::Ok,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StatusCheck {
    /// How bad it is.
    pub level: Level,
    /// The code of the reason.
    pub code: Code,
    /// The reason, as text.
    pub text: String,
    /// Performance data.
    pub data: String,
}

/// Rates a status at a time.
pub(crate) fn status_check(status: &Status, is_scheduled: bool, now: Timestamp, thresholds: Thresholds) -> StatusCheck {
    let failures = failures_in_a_row(&status.entries, status.in_progress);
    let mut parts = Vec::new();
    let (mut level, mut code) = match &status.verdict.decision {
        Verdict::Report => reporting(status, now, thresholds, &mut parts),
        Verdict::Clear => clearing(status, now, thresholds, &mut parts),
        Verdict::Nothing(reason) => {
            parts.push(format!("off: {}", reason.text));
            (off(status, reason.code), reason.code)
        }
    };
    let is_on = matches!(status.consent, Consent::On(_));
    if is_on && !matches!(status.verdict.decision, Verdict::Nothing(_)) {
        let mut raise = |what: &str, because| {
            parts.push(what.to_owned());
            if level < Level::Warning {
                (level, code) = (Level::Warning, because);
            }
        };
        if let Some(error) = &status.unread {
            raise(&format!("the next run would fail: {error}"), error.code());
        }
        if !is_scheduled {
            raise("no schedule is installed", Code::NotScheduled);
        }
        if status.receipt_refused {
            raise("the last receipt is not verified, so nothing is sent", Code::ReceiptNotVerified);
        }
    }
    if let Some(failed) = last_failure(&status.entries) {
        parts.push(failed);
    }
    if let Some(at) = status.next_run {
        parts.push(format!("next run {at}"));
    }
    let age = newest_report(status).map(|at| {
        let age = seconds(at, now);
        format!("age={age}s;{};{};0 ", thresholds.warning.as_secs(), thresholds.critical.as_secs())
    });
    let pending = u8::from(matches!(status.verdict.decision, Verdict::Clear));
    let data = format!("{}failures={failures};;;0 clear_pending={pending};;;0;1", age.unwrap_or_default());
    StatusCheck { level, code, text: parts.join(", "), data }
}

/// Off is OK if it was chosen, and a problem if something blocks the reports that were opted in to.
fn off(status: &Status, code: Code) -> Level {
    match (&status.consent, code) {
        (Consent::On(_), Code::BlockedByEnvironment) => Level::Ok,
        (Consent::On(_), Code::BlockedByUsage) if !status.usage_is_unclear => Level::Ok,
        (Consent::On(_), _) => Level::Warning,
        _ => Level::Ok,
    }
}

/// Opted in: rated by the age of the last report, or of the opt-in if that is more recent.
fn reporting(status: &Status, now: Timestamp, thresholds: Thresholds, parts: &mut Vec<String>) -> (Level, Code) {
    let (newest, opted_in) = (newest_report(status), status.consent.given().map(|given| given.at));
    parts.push(match newest {
        Some(at) => format!("on, last report {} ago", age(seconds(at, now))),
        None => "on, no report yet".to_owned(),
    });
    let passed = newest.max(opted_in).map_or(0, |since| seconds(since, now));
    match thresholds.level(passed) {
        Level::Ok => (Level::Ok, Code::On),
        level => (level, Code::ReportOverdue),
    }
}

/// A pending delete request: rated by its age.
fn clearing(status: &Status, now: Timestamp, thresholds: Thresholds, parts: &mut Vec<String>) -> (Level, Code) {
    let asked = status.pending.as_ref().and_then(|pending| pending.asked);
    let Some(asked) = asked else {
        // A request through LibreNMS's `enabled` has no time until the next run records one.
        parts.push("delete request pending".to_owned());
        return (Level::Ok, Code::ClearPending);
    };
    let passed = seconds(asked, now);
    parts.push(format!("delete request pending for {}", age(passed)));
    match thresholds.level(passed) {
        Level::Ok => (Level::Ok, Code::ClearPending),
        level => (level, Code::ClearOverdue),
    }
}

/// The time of the newest report by any poller. For other pollers' reports, only the day is known.
fn newest_report(status: &Status) -> Option<Timestamp> {
    let elsewhere = status.agent_day.and_then(|day| Some(day.to_zoned_datetime(TimeZone::UTC).ok()?.timestamp()));
    last_sent(&status.entries).max(elsewhere)
}

/// The last run, if it failed.
fn last_failure(entries: &[Entry]) -> Option<String> {
    let run = last_run(entries)?;
    let ended = run.ended.as_ref().filter(|ended| matches!(ended.outcome, Outcome::NotSent | Outcome::Unknown))?;
    let what = match run.begun.as_ref().map(|begun| begun.subject) {
        Some(Subject::Clear) => "last delete request failed",
        _ => "last run failed",
    };
    let code = ended.code.as_deref().unwrap_or("no code");
    Some(format!("{what} {} ({code})", run.moment))
}

/// Seconds since a time; 0 if it is in the future.
fn seconds(since: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(since).as_secs()).unwrap_or_default()
}

/// An age in its largest unit.
fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
