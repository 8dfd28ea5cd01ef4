//! Deletion: every receiver that may hold reports is asked until it confirms. Then uuid and secret are deleted and
//! reporting is off. [`answer`] handles one request and its answer, [`file`] files for air-gapped sites.

mod answer;
pub(crate) mod file;

use crate::clock;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::failpoint::{Point, reached};
use crate::librenms::write::{Change, write};
use crate::librenms::{Location, StockSender};
use crate::receiver::{Receiver, ReceiverOverride};
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, EntryKind, Outcome, Subject};
use crate::store::lock::RunLock;
use crate::store::pending_clear::{AskedBy, Pending};
use crate::submit::recover::unknown;
use crate::submit::{RunContext, RunState};
use crate::trust::{self, binding};
use answer::Arrived;
use callback_protocol::ClearNonce;
use callback_protocol::agent_api::{ClearAnswer, ClearResult};
use jiff::civil::Date;
use std::time::Duration;

/// The LibreNMS that a deletion is about, if it can be read.
type Install<'a> = Option<(&'a Location, &'a RunState)>;

/// The code of a deletion.
fn code(pending: bool, cleared: &[ClearResult]) -> Code {
    match (pending, cleared) {
        (true, _) => Code::ClearRequested,
        (false, []) => Code::NothingToClear,
        (false, cleared) => binding::code(cleared),
    }
}

/// Collects what the admin asks to delete: everything that any receiver holds, and what LibreNMS's built-in sender may
/// have sent. Returns the uuids for which no holder is recorded.
pub(crate) async fn uuids_without_holder(state: &mut State, install: Option<&RunState>) -> Result<Vec<String>> {
    let Some(run) = install else { return Ok(Vec::new()) };
    let uuid = run.observed.uuid.clone();
    // A uuid that was only used in previews is not known to any receiver.
    let pending = Pending::load(state).await?;
    let known_outside = run.settings.uuid.is_some() || pending.is_some_and(|pending| pending.by == AskedBy::Unknown);
    match uuid.filter(|_| known_outside) {
        Some(uuid) if !further_receivers(state, run, &uuid).await?.is_empty() => Ok(vec![uuid]),
        _ => Ok(Vec::new()),
    }
}

/// The receivers to ask about a uuid, besides the recorded holders. A uuid is sent to no other receiver. If no report was
/// sent from here, they are the receiver that was named and the one opted in to, since another poller may have reported
/// there. LibreNMS's own is one if the built-in sender may have reported.
async fn further_receivers(state: &mut State, run: &RunState, uuid: &str) -> Result<Vec<Receiver>> {
    let held: Vec<String> =
        state.held().await?.into_iter().filter(|held| held.uuid == uuid).map(|held| held.receiver.url).collect();
    let mut receivers: Vec<Receiver> = Vec::new();
    if held.is_empty() {
        receivers.extend(run.is_named.then(|| run.receiver.clone()));
        let given = run.consent.given().filter(|given| given.install == run.install);
        receivers.extend(given.map(|given| given.receiver.clone()));
    }
    if state.librenms_may_have_sent(&run.install, uuid).await? {
        // The agent cannot know an address that config.php computes.
        receivers.extend(Receiver::choose(&ReceiverOverride::default(), None, &run.settings).ok());
    }
    let mut known = held;
    receivers.retain(|receiver| {
        let is_new = !known.contains(&receiver.url);
        known.push(receiver.url.clone());
        is_new
    });
    Ok(receivers)
}

/// Requests a deletion if there is anything to delete; otherwise only opts out. Returns whether a deletion is pending.
async fn request(state: &mut State, install: Option<&RunState>) -> Result<bool> {
    let others = uuids_without_holder(state, install).await?;
    if others.is_empty() && state.held().await?.is_empty() && Pending::load(state).await?.is_none() {
        if matches!(Consent::load(state).await?, Consent::On(_)) {
            Consent::withdraw(state, None).await?;
        }
        return Ok(false);
    }
    Pending::ask(state, AskedBy::Admin, &others).await?;
    Ok(true)
}

/// Cancels a deletion that is pending here. Receivers keep the reports.
pub(crate) async fn cancel(state: &mut State, who: Option<&str>) -> Result<()> {
    let lock = RunLock::take(state)?;
    cancel_under(state, who, &lock).await
}

/// The same, for a caller that holds the lock.
pub(crate) async fn cancel_under(state: &mut State, who: Option<&str>, _lock: &RunLock) -> Result<()> {
    Pending::drop(state).await?;
    ledger::note(state, EntryKind::ClearCancelled, &serde_json::json!({"who": who})).await
}

/// Sends the request to every receiver, and deletes what is confirmed. The request must have been recorded before.
pub(crate) async fn run(
    config: &Config,
    state: &mut State,
    install: Install<'_>,
    _lock: &RunLock,
) -> Result<Vec<ClearResult>> {
    let (pending, nonce) = prepare(state, install).await?;
    let settings = install.map(|(_, run_state)| &run_state.settings);
    let timeout = Duration::from_secs(config.submit.timeout_seconds);
    let today = clock::today();
    let mut answered = Answered::default();
    let holders = state.held().await?;
    let needs_librenms = install.is_none() && needs_librenms(state, &pending, &holders).await?;
    // Another poller may have sent a report since.
    let elsewhere = install.and_then(|(_, run)| run.settings.agent_day.as_deref()?.parse::<Date>().ok());
    for held in holders {
        let entry = ledger::begin(state, &started(&held, &nonce, today), None).await?;
        reached(Point::ClearBegun);
        let answer = answer::post(&held, &nonce, settings, timeout).await?;
        reached(Point::ClearAnswered);
        let ended = answer::meaning(&answer, &held.receiver, held.newest_report().max(elsewhere), today);
        let keys = async || trust::document(&held.receiver, settings).await;
        let ended = answer::checked(state, &held, &nonce, ended, keys, Arrived::Online).await?;
        answered.record(state, &held, entry, ended).await?;
    }
    if let Some(Reason { code, text }) = answered.failure() {
        return Err(Error::new(code, format!("{text}; the deletion stays pending, and the next run retries")));
    }
    if needs_librenms {
        return Err(without_librenms());
    }
    finish(state, install, &pending, &mut answered.confirmed).await?;
    Ok(answered.confirmed)
}

/// Whether a deletion covers reports that only LibreNMS's database tells about: those of another poller, or of the
/// built-in sender.
async fn needs_librenms(state: &mut State, pending: &Pending, holders: &[DataHolder]) -> Result<bool> {
    for uuid in &pending.uuids {
        let is_held = holders.iter().any(|held| held.uuid == *uuid);
        if !state.was_deleted(uuid).await? && (!is_held || state.any_librenms_may_have_sent(uuid).await?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn without_librenms() -> Error {
    Error::new(
        Code::ClearNeedsLibrenms,
        "LibreNMS's database cannot be read, and only it tells where some reports were sent; the deletion stays pending, pass \
         --librenms PATH to finish it",
    )
}

/// The receivers' answers.
#[derive(Default)]
struct Answered {
    confirmed: Vec<ClearResult>,
    failed: Vec<Reason>,
}

impl Answered {
    /// Why the deletion is not complete, with what every receiver answered. The code is that of the first failure.
    fn failure(&self) -> Option<Reason> {
        let code = self.failed.first()?.code;
        let failed = self.failed.iter().map(|reason| reason.text.clone());
        let confirmed = self.confirmed.iter().map(|result| format!("{} confirmed the deletion", result.receiver));
        Some(Reason::new(code, failed.chain(confirmed).collect::<Vec<_>>().join("; ")))
    }

    /// Records an answer in the ledger, and deletes what it confirms in the same transaction.
    async fn record(&mut self, state: &mut State, held: &DataHolder, entry: i64, ended: AttemptOutcome) -> Result<()> {
        if ended.outcome != Outcome::Cleared {
            ledger::end(state, entry, &ended).await?;
            self.failed.push(ledger::reason_of(&ended));
            return Ok(());
        }
        state.release(held, entry, &ended).await?;
        reached(Point::ClearEnded);
        let AttemptOutcome { said, receipt, proof, binding, .. } = ended;
        self.confirmed.push(ClearResult { receiver: held.receiver.shown().to_owned(), said, receipt, proof, binding });
        Ok(())
    }
}

/// Records what is needed if the run is killed: which receivers must confirm, and the request's nonce.
async fn prepare(state: &mut State, install: Install<'_>) -> Result<(Pending, ClearNonce)> {
    for entry in ledger::entries(state).await? {
        if let (Some(begun), None) = (&entry.begun, &entry.ended) {
            ledger::end(state, entry.id, &unknown(begun.subject)).await?;
        }
    }
    let held = state.held().await?;
    let uuids: Vec<String> = held.iter().map(|held| held.uuid.clone()).collect();
    let mut pending = Pending::ask(state, AskedBy::Unknown, &uuids).await?;
    if pending.by == AskedBy::Unknown {
        // An unreadable record does not say which uuids it covers, so it covers all known ones.
        if install.is_none() && uuids.is_empty() {
            return Err(Error::new(
                Code::ClearNeedsLibrenms,
                "a deletion is pending, but its record is damaged; pass --librenms PATH to finish it",
            ));
        }
        let others = uuids_without_holder(state, install.map(|(_, run_state)| run_state)).await?;
        pending = Pending::ask(state, AskedBy::Unknown, &others).await?;
    }
    for uuid in &pending.uuids {
        let Some((_, run)) = install else { continue };
        if state.was_deleted(uuid).await? {
            continue;
        }
        for receiver in further_receivers(state, run, uuid).await? {
            state.hold(&receiver, uuid, clock::today()).await?;
        }
        // From here on, the row in `held` replaces the note until that receiver confirms.
        if state.librenms_may_have_sent(&run.install, uuid).await? {
            state.note_sent_by_librenms(&run.install, None).await?;
        }
    }
    let nonce = pending.nonce()?;
    Ok((pending, nonce))
}

/// The ledger's record of a delete request before it is sent.
fn started(held: &DataHolder, nonce: &ClearNonce, today: Date) -> AttemptStarted {
    AttemptStarted {
        subject: Subject::Clear,
        day: today,
        receiver: held.receiver.clear_url.clone(),
        kind: held.receiver.kind,
        payload_sha256: None,
        payload_bytes: None,
        payload_schema: None,
        module_sha256: None,
        request_hmac: Some(nonce.request_hmac(&held.uuid)),
    }
}

/// Deletes uuids and secrets, here and in LibreNMS's database, and opts out. Adds to the last answer what the admin
/// must still do.
async fn finish(
    state: &mut State,
    install: Install<'_>,
    pending: &Pending,
    confirmed: &mut [ClearResult],
) -> Result<()> {
    let mut left = Vec::new();
    for uuid in &pending.uuids {
        state.delete_uuid(uuid).await?;
    }
    if matches!(Consent::load(state).await?, Consent::On(_)) {
        Consent::withdraw(state, None).await?;
    }
    reached(Point::ClearForgotten);
    if let Some((location, run)) = install {
        for uuid in &pending.uuids {
            let is_there = run.settings.uuid.as_ref() == Some(uuid);
            if !write(location, Change::NoUuid(uuid)).await?.is_done() && is_there {
                left.push(
                    "the uuid could not be removed from LibreNMS's database; run there: DELETE FROM callback WHERE name = 'uuid'",
                );
            }
        }
        if run.settings.stock_sender == StockSender::ClearPending
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
    if let (false, Some(last)) = (left.is_empty(), confirmed.last_mut()) {
        last.said = format!("{}; {}", last.said, left.join("; "));
    }
    Ok(())
}

/// The receivers that a deletion is about, to be shown before it is requested.
pub(crate) async fn receivers(state: &mut State, install: Option<&RunState>) -> Result<Vec<String>> {
    let mut urls: Vec<String> = state.held().await?.into_iter().map(|held| held.receiver.url).collect();
    if let Some(run) = install {
        let pending = Pending::load(state).await?.map(|pending| pending.uuids).unwrap_or_default();
        for uuid in uuids_without_holder(state, install).await?.into_iter().chain(pending) {
            urls.extend(further_receivers(state, run, &uuid).await?.into_iter().map(|receiver| receiver.url));
        }
    }
    urls.sort();
    urls.dedup();
    Ok(urls)
}

/// Requests a deletion of everything that receivers hold, and with `now` sends the request at once. Works without the
/// install; then it covers only what this host sent.
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
