//! Settles runs that were killed or whose answer was lost. A callback-receiver is asked by digest. A stock site cannot
//! be asked, so the day counts as sent, and no report is counted twice.

use super::RunContext;
use super::attempts::bearer;
use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::librenms::write::{Change, WriteOutcome, write};
use crate::librenms::{Location, Settings};
use crate::receiver::transport::{Answer, Transport};
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, Outcome, Subject};
use jiff::civil::Date;
use std::time::Duration;

/// The note of a day that could not be removed from LibreNMS's database.
const UNREMOVED_DAY: &str = "own-day";

/// Determines the outcome of every open run.
pub(super) async fn open_runs(
    work: RunContext<'_>,
    state: &mut State,
    receiver: &Receiver,
    settings: &mut Settings,
) -> Result<()> {
    let today = clock::today();
    if let Some(day) = state.note(UNREMOVED_DAY).await?
        && remove_day(work.location, state, &day).await?
    {
        settings.agent_day.take_if(|noted| *noted == day);
    }
    for entry in ledger::entries(state).await? {
        let Some(begun) = &entry.begun else { continue };
        let lost = entry.ended.as_ref().is_some_and(|ended| ended.outcome == Outcome::Unknown);
        let ask =
            begun.subject == Subject::Report && begun.kind == Kind::CallbackStats && begun.receiver == receiver.url;
        if entry.ended.is_some() && !(lost && ask && begun.day == today) {
            continue;
        }
        let ended = if ask { ask_receiver(work, state, begun, settings).await? } else { unknown(begun.subject) };
        if ended.outcome == Outcome::NotSent {
            let day = begun.day.to_string();
            remove_day(work.location, state, &day).await?;
            settings.agent_day.take_if(|noted| *noted == day);
        }
        ledger::end(state, entry.id, &ended).await?;
    }
    Ok(())
}

/// Removes the day of an unsent report from LibreNMS's database. If that fails, the day is noted: no other poller
/// writes the row while it exists, so it remains this poller's. Returns false if the removal must be retried.
pub(super) async fn remove_day(location: &Location, state: &mut State, day: &str) -> Result<bool> {
    let has_failed = write(location, Change::NoDay(day)).await? == WriteOutcome::Failed;
    state.keep_note(UNREMOVED_DAY, has_failed.then_some(day)).await?;
    Ok(!has_failed)
}

/// The outcome of a killed run if the receiver cannot be asked.
pub(crate) fn unknown(subject: Subject) -> AttemptOutcome {
    let message = match subject {
        Subject::Report => "the run was killed; the report may have arrived and is not sent again",
        Subject::File => "the run was killed; the file may exist",
        Subject::Clear => "the run was killed; the delete request is sent again",
    };
    ledger::outcome_without_receipt(Outcome::Unknown, None, 0, Reason::new(Code::Killed, message))
}

/// Asks a callback-receiver whether it holds a report with a digest.
async fn ask_receiver(
    work: RunContext<'_>,
    state: &mut State,
    begun: &AttemptStarted,
    settings: &Settings,
) -> Result<AttemptOutcome> {
    let held = state.held().await?;
    let Some(held) = held.into_iter().rev().find(|held| held.receiver.url == begun.receiver) else {
        return Ok(unknown(begun.subject));
    };
    let digest = begun.payload_sha256.clone().unwrap_or_default();
    let ended = |outcome, status, code, message: &str| {
        Ok(ledger::outcome_without_receipt(outcome, Some(status), 0, Reason::new(code, message)))
    };
    let unresolved = |why: &str| {
        Err(Error::new(
            Code::EarlierReportUnknown,
            format!(
                "nothing was sent: cannot ask the receiver whether it has an earlier report: {why}; the next run asks again"
            ),
        ))
    };
    match request_held(work, &held, settings, begun.day, &digest).await? {
        Answer::Status { status, text, .. } if (200..300).contains(&status) && !text.is_empty() => {
            ended(Outcome::Sent, status, Code::Sent, "the receiver has the report; its receipt was lost with the run")
        }
        Answer::Status { status, .. } if (200..300).contains(&status) => {
            ended(Outcome::NotSent, status, Code::NotStored, "the receiver does not have the report")
        }
        // A receiver stores the secret with the report, so it did not store this one.
        Answer::Status { status: status @ (401 | 403), .. } => ended(
            Outcome::NotSent,
            status,
            Code::NotStored,
            "the receiver rejected this LibreNMS's secret, so it does not have the report",
        ),
        Answer::Status { status, .. } if status < 500 && status != 429 => ended(
            Outcome::Unknown,
            status,
            Code::Killed,
            "the receiver cannot tell whether it has the report, which is not sent again today",
        ),
        Answer::Status { status, .. } => unresolved(&format!("it answered {status}")),
        Answer::NotReached(reason) | Answer::Lost(reason) => unresolved(&reason.text),
    }
}

/// Asks about a single day, since the reports of several days may have the same bytes. The answer's text is the digest
/// if the receiver lists it.
async fn request_held(
    work: RunContext<'_>,
    held: &DataHolder,
    settings: &Settings,
    day: Date,
    digest: &str,
) -> Result<Answer> {
    let url = held.receiver.api("api/v1/held");
    let timeout = Duration::from_secs(work.config.submit.timeout_seconds);
    let transport = Transport::new(&url, Some(settings), timeout);
    let body: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("uuid", &held.uuid)
        .append_pair("day", &day.to_string())
        .finish();
    let (bearer, digest) = (held.secret.as_ref().map(bearer), digest.to_owned());
    let post = move || {
        let headers: Vec<_> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
        transport.post_and_find(&url, &headers, &body, &digest)
    };
    let interrupted = |error| Error::new(Code::Internal, "the request was interrupted").caused_by(error);
    tokio::task::spawn_blocking(post).await.map_err(interrupted)
}
