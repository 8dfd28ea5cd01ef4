//! One delete request and its answer: what is sent, what the answer means, and whether its receipt is valid.

use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::librenms::Settings;
use crate::receiver::transport::{Answer, Transport};
use crate::receiver::{Kind, Receiver, without_query};
use crate::store::State;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, AttemptOutcome, Outcome};
use crate::submit::attempts::bearer;
use crate::trust::{self, ReceiptCheck, binding};
use callback_protocol::ClearNonce;
use callback_protocol::agent_api::ReceiptBinding;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use std::time::Duration;

/// Days after which a callback-receiver has deleted every report anyway.
const RETENTION_DAYS: i64 = 90;

/// The remedy for a wrong URL for delete requests.
const REMEDY: &str = "set `receiver.clear_url`, then run `callback-agent enable` and `callback-agent clear`";

/// Sends a delete request. Only a callback-receiver gets the secret and the nonce.
pub(super) async fn post(
    held: &DataHolder,
    nonce: &ClearNonce,
    settings: Option<&Settings>,
    timeout: Duration,
) -> Result<Answer> {
    let Receiver { clear_url, kind, .. } = held.receiver.clone();
    let is_callback = kind == Kind::CallbackStats;
    let transport = Transport::new(&clear_url, settings, timeout);
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("uuid", &held.uuid);
    if is_callback {
        body.append_pair("nonce", &nonce.reveal());
    }
    let body: String = body.finish();
    let bearer = held.secret.as_ref().filter(|_| is_callback).map(bearer);
    let send = move || {
        let headers: Vec<_> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
        transport.post(&clear_url, &headers, &body)
    };
    let interrupted = |error| Error::new(Code::Internal, "the delete request was interrupted").caused_by(error);
    tokio::task::spawn_blocking(send).await.map_err(interrupted)
}

/// The outcome at a receiver that has deleted the reports by itself, whatever it answers, and even if it is gone.
fn expired(status: Option<u16>) -> AttemptOutcome {
    let message = "the receiver did not confirm, but the reports have expired: it deletes them after 90 days";
    ledger::outcome_without_receipt(Outcome::Cleared, status, 1, Reason::new(Code::Cleared, message))
}

/// What an answer means, before its receipt is checked.
pub(super) fn meaning(
    answer: &Answer,
    receiver: &Receiver,
    newest_report: Option<Date>,
    today: Date,
) -> AttemptOutcome {
    let is_callback = receiver.kind == Kind::CallbackStats;
    let has_expired = is_callback && newest_report.is_some_and(|day| day.saturating_add(RETENTION_DAYS.days()) < today);
    let (status, text) = match answer {
        Answer::NotReached(_) | Answer::Lost(_) if has_expired => return expired(None),
        Answer::Status { status, .. } if has_expired && !(200..=299).contains(status) => return expired(Some(*status)),
        Answer::NotReached(reason) => {
            return ledger::outcome_without_receipt(Outcome::NotSent, None, 1, reason.clone());
        }
        Answer::Lost(reason) => return ledger::outcome_without_receipt(Outcome::Unknown, None, 1, reason.clone()),
        Answer::Status { status, text, .. } => (*status, text),
    };
    let url = without_query(&receiver.clear_url);
    let mut confirmation = None;
    let (outcome, code, message) = match status {
        200..=299 if is_callback => {
            // The receipt of a report is signed too, but confirms no deletion.
            confirmation = receipt(text).filter(|receipt| receipt["cleared"].is_object());
            match confirmation {
                Some(_) => {
                    (Outcome::Cleared, Code::Cleared, "the receiver confirmed the deletion with a receipt".into())
                }
                None => (
                    Outcome::Unknown,
                    Code::ReceiptMissing,
                    format!(
                        "the answer from {url} is not the receipt of a deletion, so this is not a callback-receiver"
                    ),
                ),
            }
        }
        200..=299 => {
            confirmation = receipt(text);
            (Outcome::Cleared, Code::Cleared, "the receiver confirmed the deletion; it gives no receipts".into())
        }
        401 | 403 if is_callback => (
            Outcome::NotSent,
            Code::ReceiverSecret,
            format!(
                "{url} answered {status}: a different secret is registered there for this LibreNMS; restore it with \
                 `callback-agent secret import`; without it the reports expire 90 days after the last one"
            ),
        ),
        300..=399 => (
            Outcome::NotSent,
            Code::ReceiverRedirect,
            format!("{url} answered {status}, a redirect, which the agent does not follow; {REMEDY}"),
        ),
        404 | 405 => (
            Outcome::NotSent,
            Code::ReceiverNotFound,
            format!("{url} answered {status}: delete requests are not accepted there; {REMEDY}"),
        ),
        _ => (Outcome::NotSent, Code::ReceiverError, format!("{url} answered {status} to the delete request")),
    };
    let ended = ledger::outcome_without_receipt(outcome, Some(status), 1, Reason::new(code, message));
    AttemptOutcome { receipt: confirmation, ..ended }
}

/// How an answer was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrived {
    /// From the receiver.
    Online,
    /// In a file, which anyone could have written: without a verified signature it confirms nothing.
    InFile,
}

/// Checks the receipt of a callback-receiver: its signature, and whether it is bound to this request. Without both,
/// another server may have answered.
pub(super) async fn checked(
    state: &mut State,
    held: &DataHolder,
    nonce: &ClearNonce,
    mut ended: AttemptOutcome,
    keys: impl AsyncFn() -> Option<Value>,
    arrived: Arrived,
) -> Result<AttemptOutcome> {
    let Some(receipt) = ended.receipt.take() else { return Ok(ended) };
    if held.receiver.kind == Kind::CallbackStats {
        let proof = trust::check_with(state, &held.receiver, &receipt, &keys).await?;
        if arrived == Arrived::Online {
            trust::remember(state, &held.receiver, proof).await?;
        }
        ended.proof = Some(proof);
        let must_be_signed = arrived == Arrived::InFile || !state.keys_of(&held.receiver.url).await?.is_empty();
        if proof.is_refused() || (proof == ReceiptCheck::NotChecked && must_be_signed) {
            let code = if proof.is_refused() { Code::ReceiptNotVerified } else { Code::KeysUnavailable };
            let message = format!("the receiver confirmed the deletion, but its receipt is {}", proof.description());
            refuse(&mut ended, Reason::new(code, message));
        } else {
            bind(state, held, nonce, &receipt, &mut ended, keys).await?;
        }
    }
    // The signature covers the receipt with the uuid; the ledger keeps it without.
    ended.receipt = Some(without(receipt, &held.uuid));
    Ok(ended)
}

/// Checks which request a receipt is bound to.
async fn bind(
    state: &mut State,
    held: &DataHolder,
    nonce: &ClearNonce,
    receipt: &Value,
    ended: &mut AttemptOutcome,
    keys: impl AsyncFn() -> Option<Value>,
) -> Result<()> {
    let bound = binding::of(receipt, nonce, &held.uuid);
    ended.binding = Some(bound);
    match bound {
        ReceiptBinding::Bound if ended.proof != Some(ReceiptCheck::NotChecked) => {
            binding::expect(state, &held.receiver).await?;
        }
        ReceiptBinding::Unbound if !binding::is_expected(state, &held.receiver).await? => {
            binding::record_from_document(state, &held.receiver, keys().await).await?;
        }
        _ => {}
    }
    if let Some(reason) = binding::refusal(bound, binding::is_expected(state, &held.receiver).await?) {
        refuse(ended, reason);
    } else if bound == ReceiptBinding::Unbound {
        ended.code = Some(Code::ClearedUnbound.into());
        ended.said = format!("the receiver confirmed the deletion, but its receipt is {}", bound.description());
    }
    Ok(())
}

fn refuse(ended: &mut AttemptOutcome, Reason { code, text }: Reason) {
    ended.outcome = Outcome::Unknown;
    ended.code = Some(code.into());
    ended.said = text;
}

fn receipt(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// A receipt without the uuid, which is deleted.
fn without(receipt: Value, uuid: &str) -> Value {
    serde_json::from_str(&receipt.to_string().replace(uuid, "(forgotten)")).unwrap_or(Value::Null)
}
