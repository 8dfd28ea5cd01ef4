//! Whether reports are sent, and why.

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::librenms::Settings;
use crate::policy::PolicyVerdict;
use crate::receiver::Receiver;
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, Entry, EntryKind, Outcome, Subject};
use crate::store::lock::RunLock;
use crate::store::pending_clear::Pending;
use crate::submit::{RunContext, held_up, next_run, random_delay, read_run_state, verdict_without_install};
use crate::trust::policy as receiver_policy;
use jiff::Timestamp;
use jiff::civil::Date;

pub(crate) struct Status {
    /// What the next run does, and which setting decides that.
    pub verdict: PolicyVerdict,
    /// The receiver; `None` if the install cannot be read.
    pub receiver: Option<Receiver>,
    /// Why the install cannot be read.
    pub unread: Option<Error>,
    /// The recorded consent.
    pub consent: Consent,
    /// The delete request that is pending.
    pub pending: Option<Pending>,
    /// Whether a run is in progress.
    pub in_progress: bool,
    /// The ledger, oldest first.
    pub entries: Vec<Entry>,
    /// The receivers that hold reports.
    pub holders: Vec<DataHolder>,
    /// Whether the receiver's policy has changed since the opt-in.
    pub policy_changed: bool,
    /// Whether the last receipt was not signed by a pinned key.
    pub receipt_refused: bool,
    /// Whether today's report has been sent, by any poller.
    pub is_sent_today: bool,
    /// When the schedule starts the next run.
    pub next_run: Option<Timestamp>,
    /// The day of the newest report by any poller, as recorded in LibreNMS's database.
    pub agent_day: Option<Date>,
    /// Whether `reporting.usage` cannot be determined, and therefore counts as off.
    pub usage_is_unclear: bool,
}

impl Status {
    /// The newest entry of a report or delete request.
    pub(crate) fn last_run(&self) -> Option<&Entry> {
        last_run(&self.entries)
    }
}

/// The newest entry of a report or delete request.
pub(crate) fn last_run(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().rev().find(|entry| entry.what == EntryKind::Begun)
}

/// The outcome of a run, in words.
pub(crate) fn outcome_of(run: &Entry, in_progress: bool) -> String {
    let Some(ended) = &run.ended else {
        return if in_progress { "in progress" } else { "killed before it ended" }.to_owned();
    };
    let is_clear = run.begun.as_ref().is_some_and(|begun| begun.subject == Subject::Clear);
    let words = match ended.outcome {
        // The receiver answered, but its receipt proves nothing.
        Outcome::Unknown if is_clear && ended.receipt.is_some() => "confirmed with a receipt that is not accepted",
        Outcome::Cleared => "deleted",
        outcome => outcome.description(),
    };
    match &ended.code {
        Some(code) if matches!(ended.outcome, Outcome::NotSent | Outcome::Unknown) => format!("{words} ({code})"),
        _ => words.to_owned(),
    }
}

/// When the last report was sent or written to a file, within the ledger's retention.
pub(crate) fn last_sent(entries: &[Entry]) -> Option<Timestamp> {
    let arrived = |entry: &&Entry| {
        let outcome = entry.ended.as_ref().map(|ended| ended.outcome);
        matches!(outcome, Some(Outcome::Sent | Outcome::Written))
    };
    entries.iter().rev().find(arrived).map(|entry| entry.moment)
}

/// How many of the last runs failed in a row, not counting one in progress.
pub(crate) fn failures_in_a_row(entries: &[Entry], in_progress: bool) -> usize {
    let runs = entries.iter().rev().filter(|entry| entry.what == EntryKind::Begun).enumerate();
    let runs = runs.filter(|(at, entry)| !(in_progress && *at == 0 && entry.ended.is_none())).map(|(_, entry)| entry);
    let failed = |entry: &&Entry| {
        entry.ended.as_ref().is_none_or(|ended| matches!(ended.outcome, Outcome::NotSent | Outcome::Unknown))
    };
    runs.take_while(failed).count()
}

/// Reads the state, and the install if possible.
pub(crate) async fn status(install: Result<RunContext<'_>>, state: &mut State) -> Result<Status> {
    let found = match install {
        Ok(context) => read_run_state(context, state).await,
        Err(error) => Err(error),
    };
    let (verdict, receiver, pending, settings, unread) = match found {
        Ok(found) => (found.verdict, Some(found.receiver), found.pending, found.settings, None),
        Err(error) => {
            let pending = Pending::load(state).await?;
            (verdict_without_install(state).await?, None, pending, Settings::default(), Some(error))
        }
    };
    let consent = Consent::load(state).await?;
    let held_up = match consent.given() {
        Some(given) => held_up(state, &given.receiver).await?,
        None => None,
    };
    let receipt_refused = held_up.as_ref().is_some_and(|reason| reason.code == Code::ReceiptNotVerified);
    let entries = ledger::entries(state).await?;
    let seed = random_delay::known_seed(state).await?;
    let (today, agent_day) = (clock::today(), settings.agent_day.as_ref().and_then(|day| day.parse().ok()));
    let is_sent_today = ledger::sent_on(&entries, today).is_some() || agent_day == Some(today);
    Ok(Status {
        verdict: verdict.held_up(held_up),
        receiver,
        unread,
        in_progress: RunLock::is_held(state),
        next_run: next_run(seed.as_deref(), is_sent_today),
        is_sent_today,
        agent_day,
        usage_is_unclear: settings.unreadable.contains("reporting.usage"),
        pending,
        entries,
        holders: state.held().await?,
        policy_changed: receiver_policy::has_changed(state).await?,
        receipt_refused,
        consent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(subject: &str, ended: serde_json::Value) -> Entry {
        let begun = serde_json::json!({"subject": subject, "day": "2026-11-24", "receiver": "https://a.example/clear.php",
            "kind": "callback-stats", "payload_sha256": null, "payload_bytes": null, "payload_schema": null,
            "module_sha256": null});
        let entry = serde_json::json!({"id": 1, "moment": "2026-11-24T03:00:00Z", "what": "begun", "begun": begun,
            "ended": ended, "note": null});
        serde_json::from_value(entry).unwrap()
    }

    #[test]
    fn an_outcome_has_its_reason() {
        let ended = |outcome: &str, code: &str, receipt: serde_json::Value| {
            serde_json::json!({"outcome": outcome, "status": 200, "attempts": 1, "code": code, "said": "x",
                "receipt": receipt, "proof": null})
        };
        let receipt = serde_json::json!({"cleared": {}});
        let words = |subject, ended| outcome_of(&run(subject, ended), false);
        assert_eq!(words("report", ended("not-sent", "receiver-error", ().into())), "not sent (receiver-error)");
        assert_eq!(words("report", ended("unknown", "answer-lost", ().into())), "may have arrived (answer-lost)");
        assert_eq!(words("report", ended("sent", "sent", receipt.clone())), "sent");
        assert_eq!(
            words("clear", ended("unknown", "receipt-not-verified", receipt)),
            "confirmed with a receipt that is not accepted (receipt-not-verified)"
        );
        assert_eq!(words("clear", ().into()), "killed before it ended");
    }
}
