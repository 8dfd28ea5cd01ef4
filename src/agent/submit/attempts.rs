//! Sends a report with retries, and interprets the answers.

use super::{RunContext, still_allowed};
use crate::clock;
use crate::code::{Code, Exit};
use crate::error::{Error, Reason, Result};
use crate::failpoint::{Point, reached};
use crate::librenms::Settings;
use crate::receiver::transport::{Answer, Transport};
use crate::receiver::{Kind, without_query};
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::holders::{DataHolder, Secret};
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, Outcome};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::time::Duration;

/// The longest wait within a run. If a receiver asks for more, a later run retries.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// The longest time for which a receiver's `Retry-After` is respected.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// The note that holds when the receiver may be contacted again.
const NOT_BEFORE: &str = "not-before";

/// A report to be sent.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// Its record in the ledger.
    pub begun: &'a AttemptStarted,
    /// The receiver, the uuid and the secret.
    pub held: &'a DataHolder,
    /// The payload.
    pub payload: &'a [u8],
}

/// What an answer means.
pub(super) struct Meaning {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) reason: Reason,
    pub(super) receipt: Option<Value>,
    /// Whether a retry may help, and after how long if the receiver says so.
    again: Option<Option<Duration>>,
}

/// Sends a report, with as many attempts as configured.
pub(crate) async fn send(
    work: RunContext<'_>,
    state: &mut State,
    sending: &Attempt<'_>,
    settings: &Settings,
    built_by: &Consent,
) -> Result<(AttemptOutcome, Option<Error>)> {
    let most = work.config.submit.attempts;
    let timeout = Duration::from_secs(work.config.submit.timeout_seconds);
    let mut may_have_arrived = false;
    for attempt in 1..=most {
        match still_allowed(work, state, built_by).await {
            Ok(()) => {}
            Err(error) if matches!(error.exit(), Exit::NotAllowed | Exit::Database | Exit::Librenms) => {
                // If consent cannot be checked, nothing is sent.
                let outcome = match error.exit() {
                    _ if may_have_arrived => Outcome::Unknown,
                    Exit::NotAllowed => Outcome::SwitchedOff,
                    _ => Outcome::NotSent,
                };
                let reason = Reason::new(error.code(), error.message());
                return Ok((ledger::outcome_without_receipt(outcome, None, attempt - 1, reason), Some(error)));
            }
            Err(error) => return Err(error),
        }
        let answer = post(sending, Some(settings), timeout).await?;
        reached(Point::Answered);
        let meaning = meaning(&answer, sending);
        may_have_arrived |= meaning.outcome == Outcome::Unknown;
        let outcome = match meaning.outcome {
            Outcome::NotSent if may_have_arrived => Outcome::Unknown,
            outcome => outcome,
        };
        let mut ended = ledger::outcome_without_receipt(outcome, meaning.status, attempt, meaning.reason);
        ended.receipt = meaning.receipt;
        let Some(wanted) = meaning.again else {
            if ended.outcome == Outcome::Sent {
                state.keep_note(NOT_BEFORE, None).await?;
            }
            return Ok((ended, None));
        };
        let wait = wait(work.config.submit.wait_seconds, attempt, wanted)?;
        if attempt == most || wait > MAX_WAIT {
            if let Some(wanted) = wanted {
                let pause = SignedDuration::try_from(wanted.min(MAX_PAUSE)).unwrap_or_default();
                state
                    .keep_note(
                        NOT_BEFORE,
                        Some(&clock::now().saturating_add(pause).unwrap_or(Timestamp::MAX).to_string()),
                    )
                    .await?;
            }
            return Ok((ended, None));
        }
        clock::sleep(wait).await;
    }
    Err(Error::new(Code::ConfigInvalid, "`submit.attempts` must be at least 1"))
}

/// The reason if the receiver has asked to wait.
pub(super) async fn not_before(state: &mut State) -> Result<Option<Reason>> {
    let until = state.note(NOT_BEFORE).await?.and_then(|text| text.parse::<Timestamp>().ok());
    match until {
        // A clock that jumped must not block reports forever.
        Some(until) if until > clock::now() && until.duration_since(clock::now()) <= SignedDuration::from_hours(24) => {
            Ok(Some(Reason::new(
                Code::ReceiverRetryLater,
                format!("the receiver asked to retry after {until}; the next run after that does"),
            )))
        }
        _ => Ok(None),
    }
}

fn body(payload: &[u8]) -> String {
    let mut body = String::with_capacity(payload.len() * 3 / 2);
    body.push_str("data=");
    body.extend(form_urlencoded::byte_serialize(payload));
    body
}

/// One attempt, on its own thread because the client blocks.
pub(super) async fn post(sending: &Attempt<'_>, settings: Option<&Settings>, timeout: Duration) -> Result<Answer> {
    let transport = Transport::new(&sending.begun.receiver, settings, timeout);
    let (url, body) = (sending.begun.receiver.clone(), body(sending.payload));
    let digest = sending.begun.payload_sha256.clone().unwrap_or_default();
    let module = sending.begun.module_sha256.clone().unwrap_or_default();
    let bearer = sending.held.secret.as_ref().map(bearer);
    let post = move || {
        let mut headers =
            vec![("Callback-Payload-SHA256", digest.as_str()), ("Callback-Module-SHA256", module.as_str())];
        headers.extend(bearer.as_ref().map(|bearer| ("Authorization", bearer.as_str())));
        transport.post(&url, &headers, &body)
    };
    tokio::task::spawn_blocking(post).await.map_err(|error| {
        Error::new(Code::Internal, "sending was interrupted; the next run asks whether the report arrived")
            .caused_by(error)
    })
}

/// The header with the secret for a callback-receiver.
pub(crate) fn bearer(secret: &Secret) -> String {
    format!("Bearer {}", secret.reveal())
}

/// What an answer to a report means.
pub(super) fn meaning(answer: &Answer, sending: &Attempt<'_>) -> Meaning {
    let is_callback = sending.begun.kind == Kind::CallbackStats;
    let url = without_query(&sending.begun.receiver);
    let failed = |status, reason, again| Meaning { outcome: Outcome::NotSent, status, reason, receipt: None, again };
    let (status, retry_after, text) = match answer {
        Answer::NotReached(Reason { code, text }) => {
            // Only the admin can correct these.
            let is_setting = matches!(code, Code::ProxyInvalid | Code::ReceiverUrlInvalid);
            let again = (!is_setting).then_some(None);
            return failed(None, Reason::new(*code, format!("{text}; the next run tries again")), again);
        }
        Answer::Lost(Reason { code, text }) => {
            // The stock site counts a repeated report twice; a callback-receiver replaces it.
            let (what, again) = if is_callback {
                ("the next run asks whether the report arrived", Some(None))
            } else {
                ("the report may have arrived and is not sent again today", None)
            };
            let reason = Reason::new(*code, format!("{text}; {what}"));
            return Meaning { outcome: Outcome::Unknown, status: None, reason, receipt: None, again };
        }
        Answer::Status { status, retry_after, text } => (*status, *retry_after, text),
    };
    if (200..300).contains(&status) {
        return accepted(status, text, sending);
    }
    let reason = match status {
        300..=399 => Reason::new(
            Code::ReceiverRedirect,
            format!("{url} answered {status}, a redirect, which the agent does not follow; configure the final URL"),
        ),
        404 | 405 => Reason::new(
            Code::ReceiverNotFound,
            format!("{url} answered {status}: reports are not accepted there; the URL should end in /log.php"),
        ),
        401 | 403 if is_callback => Reason::new(
            Code::ReceiverSecret,
            format!(
                "{url} answered {status}: a different secret is registered there for this LibreNMS; restore it with \
                 `callback-agent secret import`, or wait until the receiver deletes its reports after 90 days"
            ),
        ),
        413 => Reason::new(
            Code::ReceiverTooLarge,
            format!("{url} answered {status}: the report is too large; tell the receiver's operator"),
        ),
        429 => Reason::new(
            Code::ReceiverRateLimit,
            format!("{url} answered {status}: rate limit exceeded; the next run tries again"),
        ),
        _ => Reason::new(
            Code::ReceiverError,
            format!("{url} answered {status} and rejected the report; the next run tries again"),
        ),
    };
    let again = matches!(status, 408 | 425 | 429 | 500..=599).then_some(retry_after);
    failed(Some(status), reason, again)
}

/// What a successful answer means.
fn accepted(status: u16, text: &str, sending: &Attempt<'_>) -> Meaning {
    let receipt = serde_json::from_str::<Value>(text).ok().filter(|receipt| receipt["payload_sha256"].is_string());
    let is_ours = sending.begun.kind == Kind::CallbackStats;
    let (outcome, reason, receipt) = match receipt {
        Some(receipt) if receipt["payload_sha256"].as_str() == sending.begun.payload_sha256.as_deref() => {
            let reason = Reason::new(Code::Sent, "the receiver accepted the report and sent a receipt");
            (Outcome::Sent, reason, Some(receipt))
        }
        Some(_) => {
            let reason = Reason::new(
                Code::ReceiptMismatch,
                "the receipt is for a different report than was sent; tell the receiver's operator",
            );
            (Outcome::Unknown, reason, None)
        }
        None if is_ours => {
            let reason = Reason::new(
                Code::ReceiptMissing,
                "the answer is not a receipt, so this is not a callback-receiver, but it may have stored the report; check \
                 its URL and kind, and any proxy",
            );
            (Outcome::Unknown, reason, None)
        }
        None if text.trim().is_empty() => {
            (Outcome::Sent, Reason::new(Code::Sent, "the receiver accepted the report; it gives no receipts"), None)
        }
        None => {
            let reason = Reason::new(
                Code::SentUnexpectedBody,
                "the receiver answered 200 with an unexpected body (a captive portal or proxy?); the report may not have been stored",
            );
            (Outcome::Sent, reason, None)
        }
    };
    Meaning { outcome, status: Some(status), reason, receipt, again: None }
}

/// The wait after an attempt: it doubles each time, has up to half of it added at random, and is never less than the
/// receiver asks for.
fn wait(first: u64, attempt: u32, wanted: Option<Duration>) -> Result<Duration> {
    let mut random = [0_u8; 2];
    getrandom::fill(&mut random).map_err(Error::no_random)?;
    let factor = 2_u32.saturating_pow(attempt - 1);
    let backed_off = Duration::from_secs(first).saturating_mul(factor).min(MAX_WAIT);
    let jitter = backed_off.mul_f64(f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX) / 2.0);
    Ok((backed_off + jitter).min(MAX_WAIT).max(wanted.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_jitter_and_respect_retry_after() {
        for (attempt, least, most) in [(1, 30, 45), (2, 60, 90), (3, 120, 180), (20, 900, 900)] {
            let wait = wait(30, attempt, None).unwrap();
            assert!((least..=most).contains(&wait.as_secs()), "{attempt}: {wait:?}");
        }
        let wanted = Duration::from_secs(7200);
        assert_eq!(wait(30, 1, Some(wanted)).unwrap(), wanted);
    }
}
