//! Having everything cleared: every receiver that may hold data is asked until it confirms; then uuid and secret are
//! forgotten and reporting is off.

use crate::clock;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::failpoint::{Point, reached};
use crate::librenms::write::{Change, write};
use crate::librenms::{Location, Settings, StockSender};
use crate::receiver::transport::{Answer, Transport};
use crate::receiver::{Kind, without_query};
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, EntryKind, Outcome, Subject};
use crate::store::lock::RunLock;
use crate::store::pending_clear::{AskedBy, Pending};
use crate::submit::attempts::bearer;
use crate::submit::recover::unknown;
use crate::submit::{RunContext, RunState};
use crate::trust::{self, ReceiptCheck};
use callback_protocol::agent_api::{ClearAnswer, ClearResult};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use std::time::Duration;

/// Days after which a receiver of ours has forgotten everything in any case.
const RETENTION_DAYS: i64 = 90;

/// What to do where the address for clears is not the right one.
const REMEDY: &str = "set `receiver.clear_url`, run `callback-agent enable`, then clear again";

/// What a clear came to.
const fn code(pending: bool, cleared: &[ClearResult]) -> Code {
    match (pending, cleared) {
        (true, _) => Code::ClearRequested,
        (false, []) => Code::NothingToClear,
        (false, _) => Code::Cleared,
    }
}

/// What the admin asked to be cleared: everything that is held anywhere, and what LibreNMS's own sender may have sent.
/// Returns the pseudonyms besides those that are recorded as held.
pub(crate) async fn others(state: &mut State, install: Option<&RunState>) -> Result<Vec<String>> {
    let Some(load_run_state) = install else { return Ok(Vec::new()) };
    let mut settings = load_run_state.settings.clone();
    let uuid = state.sync(&load_run_state.install, &mut settings).await?.uuid;
    // One that was only ever used in previews is known to nobody.
    let pending = Pending::load(state).await?;
    let known_outside = settings.uuid.is_some() || pending.is_some_and(|pending| pending.by == AskedBy::Unknown);
    Ok(uuid.filter(|_| known_outside).into_iter().collect())
}

/// Asks for a clear where there is anything to clear; where not, reporting is switched off and nothing is pending.
/// Returns whether it is pending.
async fn request(state: &mut State, install: Option<&RunState>) -> Result<bool> {
    let others = others(state, install).await?;
    if others.is_empty() && state.held().await?.is_empty() && Pending::load(state).await?.is_none() {
        if matches!(Consent::load(state).await?, Consent::On(_)) {
            Consent::withdraw(state, None).await?;
        }
        return Ok(false);
    }
    Pending::ask(state, AskedBy::Admin, &others).await?;
    Ok(true)
}

/// Cancels a clear that is pending here; what receivers hold stays there.
pub(crate) async fn cancel(state: &mut State, who: Option<&str>) -> Result<()> {
    let lock = RunLock::take(state)?;
    cancel_under(state, who, &lock).await
}

/// The same for one who has the lock.
pub(crate) async fn cancel_under(state: &mut State, who: Option<&str>, _lock: &RunLock) -> Result<()> {
    Pending::drop(state).await?;
    ledger::note(state, EntryKind::ClearCancelled, &serde_json::json!({"who": who})).await
}

/// Asks every receiver, and forgets what is confirmed. A pending clear must have been recorded before.
pub(crate) async fn run(
    config: &Config,
    state: &mut State,
    install: Option<(&Location, &RunState)>,
    _lock: &RunLock,
) -> Result<Vec<ClearResult>> {
    for entry in ledger::entries(state).await? {
        if let (Some(begun), None) = (&entry.begun, &entry.ended) {
            ledger::end(state, entry.id, &unknown(begun.subject)).await?;
        }
    }
    let today = clock::today();
    // Recorded, so that a run that is killed half-way knows what to forget.
    let held = state.held().await?;
    let uuids: Vec<String> = held.iter().map(|held| held.uuid.clone()).collect();
    let mut pending = Pending::ask(state, AskedBy::Unknown, &uuids).await?;
    if pending.by == AskedBy::Unknown {
        // A record that cannot be read does not say whose data it was about; then it is about all that is known.
        if install.is_none() && uuids.is_empty() {
            return Err(Error::new(
                Code::ClearNeedsLibrenms,
                "a clear is pending, but its record is damaged; name LibreNMS with --install to finish it",
            ));
        }
        let others = others(state, install.map(|(_, load_run_state)| load_run_state)).await?;
        pending = Pending::ask(state, AskedBy::Unknown, &others).await?;
    }
    for uuid in &pending.uuids {
        if let Some((_, load_run_state)) = install
            && !uuids.contains(uuid)
            && !state.is_forgotten(uuid).await?
        {
            state.hold(&load_run_state.receiver, uuid, today).await?;
        }
    }

    let (mut cleared, mut failed) = (Vec::new(), None);
    for held in state.held().await? {
        let begun = AttemptStarted {
            subject: Subject::Clear,
            day: today,
            receiver: held.receiver.clear_url.clone(),
            kind: held.receiver.kind,
            payload_sha256: None,
            payload_bytes: None,
            payload_schema: None,
            module_sha256: None,
        };
        let entry = ledger::begin(state, &begun, None).await?;
        reached(Point::ClearBegun);
        let load_run_state = install.map(|(_, load_run_state)| load_run_state);
        let answer = post(config, &held, load_run_state).await?;
        reached(Point::ClearAnswered);
        let mut ended = meaning(&answer, &held, today);
        if let (Kind::CallbackStats, Some(receipt)) = (held.receiver.kind, &ended.receipt) {
            let settings = load_run_state.map(|load_run_state| &load_run_state.settings);
            ended = proven(state, &held, receipt.clone(), ended, settings).await?;
        }
        if ended.outcome == Outcome::Cleared {
            state.release(&held, entry, &ended).await?;
            reached(Point::ClearEnded);
            cleared.push(ClearResult {
                receiver: held.receiver.url,
                said: ended.said,
                receipt: ended.receipt,
                proof: ended.proof,
            });
        } else {
            ledger::end(state, entry, &ended).await?;
            failed = Some(ledger::reason_of(&ended));
        }
    }
    if let Some(Reason { code, text }) = failed {
        return Err(Error::new(code, format!("{text}; the clear stays pending and the next run asks again")));
    }
    let left = finish(state, install, &pending).await?;
    if let (false, Some(last)) = (left.is_empty(), cleared.last_mut()) {
        last.said = format!("{}; {}", last.said, left.join("; "));
    }
    Ok(cleared)
}

/// Forgets uuids and secrets, here and in LibreNMS's database, and switches off; says what is left to the admin.
async fn finish(
    state: &mut State,
    install: Option<(&Location, &RunState)>,
    pending: &Pending,
) -> Result<Vec<&'static str>> {
    let mut left = Vec::new();
    for uuid in &pending.uuids {
        state.forget_uuid(uuid).await?;
    }
    if matches!(Consent::load(state).await?, Consent::On(_)) {
        Consent::withdraw(state, None).await?;
    }
    reached(Point::ClearForgotten);
    if let Some((location, load_run_state)) = install {
        for uuid in &pending.uuids {
            let is_there = load_run_state.settings.uuid.as_ref() == Some(uuid);
            if !write(location, Change::NoUuid(uuid)).await?.is_done() && is_there {
                left.push(
                    "the uuid could not be removed from LibreNMS's database; run there: DELETE FROM callback WHERE name = 'uuid'",
                );
            }
        }
        if load_run_state.settings.stock_sender == StockSender::ClearPending
            && !write(location, Change::StockSenderOff).await?.is_done()
        {
            left.push(
                "LibreNMS's own delete request could not be cancelled; run in its database: UPDATE callback SET value = 0 WHERE \
                 name = 'enabled'",
            );
        }
    }
    reached(Point::ClearWritten);
    Pending::drop(state).await?;
    Ok(left)
}

/// A clear that a receiver of ours confirmed counts only with its signature: otherwise somebody else may have answered.
async fn proven(
    state: &mut State,
    held: &DataHolder,
    receipt: Value,
    mut ended: AttemptOutcome,
    settings: Option<&Settings>,
) -> Result<AttemptOutcome> {
    let proof = trust::check(state, &held.receiver, &receipt, settings).await?;
    ended.proof = Some(proof);
    let is_known = !state.keys_of(&held.receiver.url).await?.is_empty();
    if proof.is_refused() || (proof == ReceiptCheck::NotChecked && is_known) {
        ended.outcome = Outcome::Unknown;
        let code = if proof.is_refused() { Code::ReceiptNotVerified } else { Code::KeysUnavailable };
        ended.code = Some(code.into());
        ended.said = format!("the receiver confirmed the deletion, but its receipt is {}", proof.description());
    }
    // The signature is that of the receipt as it came; what is kept has no pseudonym in it.
    ended.receipt = Some(without(receipt, &held.uuid));
    Ok(ended)
}

async fn post(config: &Config, held: &DataHolder, load_run_state: Option<&RunState>) -> Result<Answer> {
    let url = held.receiver.clear_url.clone();
    let timeout = Duration::from_secs(config.submit.timeout_seconds);
    let transport = Transport::new(&url, load_run_state.map(|load_run_state| &load_run_state.settings), timeout);
    let body: String = form_urlencoded::Serializer::new(String::new()).append_pair("uuid", &held.uuid).finish();
    let secret = held.secret.as_ref().filter(|_| held.receiver.kind == Kind::CallbackStats);
    let bearer = secret.map(bearer);
    let send = move || {
        let headers: Vec<_> = bearer.iter().map(|bearer| ("Authorization", bearer.as_str())).collect();
        transport.post(&url, &headers, &body)
    };
    let interrupted = |error| Error::new(Code::Internal, "the delete request was interrupted").caused_by(error);
    tokio::task::spawn_blocking(send).await.map_err(interrupted)
}

/// What an answer to a clear means.
fn meaning(answer: &Answer, held: &DataHolder, today: Date) -> AttemptOutcome {
    let ours = held.receiver.kind == Kind::CallbackStats;
    let (status, text) = match answer {
        Answer::NotReached(reason) => {
            return ledger::outcome_without_receipt(Outcome::NotSent, None, 1, reason.clone());
        }
        Answer::Lost(reason) => return ledger::outcome_without_receipt(Outcome::Unknown, None, 1, reason.clone()),
        Answer::Status { status, text, .. } => (*status, text),
    };
    let url = without_query(&held.receiver.clear_url);
    let over = held.last_sent.is_some_and(|day| day.saturating_add(RETENTION_DAYS.days()) < today);
    let mut confirmation = None;
    let (outcome, code, message) = match status {
        200..=299 if ours => {
            confirmation = receipt(text);
            match confirmation {
                Some(_) => {
                    (Outcome::Cleared, Code::Cleared, "the receiver confirmed the deletion with a receipt".into())
                }
                None => (
                    Outcome::Unknown,
                    Code::ReceiptMissing,
                    format!("the answer of {url} is not a receipt, so this is not a callback-receiver"),
                ),
            }
        }
        200..=299 => {
            confirmation = receipt(text).map(|receipt| without(receipt, &held.uuid));
            (Outcome::Cleared, Code::Cleared, "the receiver confirmed the deletion; it gives no receipts".into())
        }
        401 | 403 if ours && over => (
            Outcome::Cleared,
            Code::Cleared,
            "the secret is lost, but the reports have expired: the receiver deletes them after 90 days".into(),
        ),
        401 | 403 if ours => (
            Outcome::NotSent,
            Code::ReceiverSecret,
            format!(
                "{url} answered {status}: it knows this LibreNMS by another secret; restore it with `callback-agent secret \
                 import`; without it the reports expire 90 days after the last one"
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

/// A receipt.
fn receipt(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}

/// A receipt without the pseudonym: that is forgotten.
fn without(receipt: Value, uuid: &str) -> Value {
    serde_json::from_str(&receipt.to_string().replace(uuid, "(forgotten)")).unwrap_or(Value::Null)
}

/// Requests a deletion of everything that receivers hold, and with `now` sends the request at once. It works where the
/// install is gone: then only what was sent from here is known.
pub(crate) async fn clear(
    config: &Config,
    state: &mut State,
    install: Option<(RunContext<'_>, &RunState)>,
    now: bool,
) -> Result<ClearAnswer> {
    let mut pending = request(state, install.map(|(_, found)| found)).await?;
    let mut cleared = Vec::new();
    if pending && now {
        let lock = RunLock::take(state)?;
        cleared = run(config, state, install.map(|(context, found)| (context.location, found)), &lock).await?;
        pending = false;
    }
    Ok(ClearAnswer { code: code(pending, &cleared).into(), pending, cleared })
}
