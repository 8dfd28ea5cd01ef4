//! Delete requests for air-gapped sites: `clear --out FILE` writes them, `upload FILE` sends them from another host,
//! and `receipt FILE` imports the answers. Anyone could have written an answer, so only a verified receipt that is
//! bound to the request confirms a deletion.

use super::answer::{self, Arrived};
use super::{Answered, Install, cancel_under, finish, needs_librenms, prepare, request, started, without_librenms};
use crate::clock;
use crate::code::{Code, Exit};
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::failpoint::{Point, reached};
use crate::files::{replace_private, replace_private_beside, write_private};
use crate::receiver::transport::Answer;
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use crate::store::holders::{DataHolder, Secret};
use crate::store::ledger::{self, Entry, Outcome, Subject};
use crate::store::lock::RunLock;
use crate::store::pending_clear::Pending;
use crate::submit::offline::{answer_path, json, read_json};
use crate::trust::{self, binding};
use callback_common::display;
use callback_protocol::ClearNonce;
use callback_protocol::agent_api::{ClearAnswer, ClearFileWritten, ClearResult, ClearUploaded};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// First field of a file with delete requests.
pub(crate) const REQUEST: &str = "callback-agent clear";

/// First field of a file with the answers to them.
pub(crate) const ANSWER: &str = "callback-agent clear answer";

/// Delete requests in a file. It is private: anyone who has it can have the reports deleted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearFile {
    format: String,
    /// Version of this format: 1.
    version: u32,
    nonce: String,
    requests: Vec<RequestInFile>,
}

/// What one receiver needs to delete the reports.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestInFile {
    receiver: String,
    clear_url: String,
    kind: Kind,
    uuid: String,
    /// Only for a callback-receiver.
    secret: Option<String>,
    last_sent: Option<Date>,
}

impl RequestInFile {
    fn holder(&self) -> Result<DataHolder> {
        Ok(DataHolder {
            receiver: Receiver::new(&self.receiver, self.kind, Some(&self.clear_url))?,
            uuid: self.uuid.clone(),
            secret: self.secret.as_deref().map(Secret::parse).transpose()?,
            last_sent: self.last_sent,
            since: None,
        })
    }
}

/// Answers in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerFile {
    format: String,
    /// Version of this format: 1.
    version: u32,
    answers: Vec<AnswerInFile>,
}

/// What one receiver answered.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerInFile {
    receiver: String,
    clear_url: String,
    /// ID of the request.
    request_hmac: String,
    outcome: Outcome,
    status: Option<u16>,
    code: String,
    said: String,
    receipt: Option<Value>,
    /// The receiver's keys, as published at the time of the upload.
    keys: Option<Value>,
}

impl AnswerInFile {
    fn is_confirmed(&self) -> bool {
        self.outcome == Outcome::Cleared
    }

    /// The answer in the form in which it was received, to check it again.
    fn answer(&self) -> Answer {
        let text = self.receipt.as_ref().map(Value::to_string).unwrap_or_default();
        // The file may come from anywhere: it may only choose among the codes of a failed connection, and its text is
        // shown.
        let code = Code::parse(&self.code).filter(|code| code.exit() == Exit::Receiver).unwrap_or(Code::ReceiverError);
        let reason = || Reason::new(code, display::visible(&self.said, display::TERMINAL));
        match self.status {
            Some(status) => Answer::Status { status, retry_after: None, text },
            None if self.outcome == Outcome::Unknown => Answer::Lost(reason()),
            None => Answer::NotReached(reason()),
        }
    }
}

/// Requests a deletion and writes the delete requests into a new private file; nothing is sent.
pub(crate) async fn write_out(state: &mut State, install: Install<'_>, file: &Path) -> Result<ClearFileWritten> {
    let lock = RunLock::take(state)?;
    // First, so that nothing changes if the file cannot be written.
    write_private(file, b"")?;
    let was_pending = Pending::load(state).await?.is_some();
    let written = write_requests(state, install, file).await;
    if !matches!(&written, Ok(written) if written.pending) {
        // The empty file that was just created.
        let _ = std::fs::remove_file(file);
    }
    if written.is_err() && !was_pending && Pending::load(state).await?.is_some() {
        cancel_under(state, None, &lock).await?;
    }
    written
}

/// The same, with a file that exists and is empty.
async fn write_requests(state: &mut State, install: Install<'_>, file: &Path) -> Result<ClearFileWritten> {
    let nothing = ClearFileWritten { code: Code::NothingToClear.into(), pending: false, receivers: Vec::new() };
    if !request(state, install.map(|(_, run_state)| run_state)).await? {
        return Ok(nothing);
    }
    let (pending, nonce) = prepare(state, install).await?;
    let holders = state.held().await?;
    if holders.is_empty() {
        if install.is_none() && needs_librenms(state, &pending, &holders).await? {
            return Err(without_librenms());
        }
        finish(state, install, &pending, &mut []).await?;
        return Ok(nothing);
    }
    let mut entries = Vec::new();
    for held in &holders {
        entries.push(ledger::begin(state, &started(held, &nonce, clock::today()), None).await?);
    }
    reached(Point::ClearFileBegun);
    let written = json(&clear_file(&holders, &nonce)).and_then(|bytes| replace_private(file, &bytes));
    reached(Point::ClearFileWritten);
    let (outcome, reason) = match &written {
        Ok(()) => (Outcome::Written, Reason::new(Code::ClearWritten, format!("written to {}", file.display()))),
        Err(error) => (Outcome::NotSent, Reason::new(error.code(), error.message())),
    };
    for entry in entries {
        ledger::end(state, entry, &ledger::outcome_without_receipt(outcome, None, 0, reason.clone())).await?;
    }
    written?;
    let receivers = holders.into_iter().map(|held| held.receiver.shown().to_owned()).collect();
    Ok(ClearFileWritten { code: Code::ClearWritten.into(), pending: true, receivers })
}

fn clear_file(holders: &[DataHolder], nonce: &ClearNonce) -> ClearFile {
    let requests = holders.iter().map(|held| RequestInFile {
        receiver: held.receiver.url.clone(),
        clear_url: held.receiver.clear_url.clone(),
        kind: held.receiver.kind,
        uuid: held.uuid.clone(),
        secret: held.secret.as_ref().map(|secret| secret.reveal().to_owned()),
        last_sent: held.newest_report(),
    });
    ClearFile { format: REQUEST.to_owned(), version: 1, nonce: nonce.reveal(), requests: requests.collect() }
}

/// Delete requests read from a file, with earlier answers.
pub(crate) struct Upload<'a> {
    file: &'a Path,
    nonce: ClearNonce,
    holders: Vec<DataHolder>,
    before: Vec<AnswerInFile>,
}

impl<'a> Upload<'a> {
    /// Reads a file written by `clear --out`. Confirmed requests are sent again only with `again`.
    pub(crate) fn read(file: &'a Path, again: bool) -> Result<Self> {
        let changed = || {
            let message =
                format!("nothing was sent: {} was not written by `clear --out`, or was changed", file.display());
            Error::new(Code::FileChanged, message)
        };
        let content: ClearFile = read_json(file, "a file that `clear --out` wrote")?;
        if (content.format.as_str(), content.version) != (REQUEST, 1) {
            return Err(changed());
        }
        let nonce = ClearNonce::parse(&content.nonce).ok_or_else(changed)?;
        let mut holders = content.requests.iter().map(RequestInFile::holder).collect::<Result<Vec<_>>>()?;
        let mut before = Vec::new();
        let answer_file = answer_path(file);
        if let (false, Ok(answers)) = (again, read_json::<AnswerFile>(&answer_file, "an answer")) {
            before = answers.answers;
            before.retain(AnswerInFile::is_confirmed);
            let is_answered = |held: &DataHolder, answer: &AnswerInFile| {
                answer.request_hmac == nonce.request_hmac(&held.uuid) && answer.clear_url == held.receiver.clear_url
            };
            holders.retain(|held| !before.iter().any(|answer| is_answered(held, answer)));
        }
        if holders.is_empty() {
            let message = format!(
                "nothing was sent: every receiver has already confirmed the deletion (see {}); to upload it again: \
                 --again",
                answer_file.display()
            );
            return Err(Error::new(Code::AlreadyUploaded, message));
        }
        Ok(Self { file, nonce, holders, before })
    }

    /// The receivers that get a request.
    pub(crate) fn receivers(&self) -> impl Iterator<Item = &str> {
        self.holders.iter().map(|held| held.receiver.shown())
    }

    /// Rejects a file that this host wrote if its delete request has since been cancelled. Other hosts cannot check
    /// this.
    pub(crate) async fn must_be_pending(&self, state: &mut State) -> Result<()> {
        let is_here = {
            let held = state.held().await?;
            let is_same = |one: &DataHolder| {
                held.iter().any(|held| held.receiver.url == one.receiver.url && held.uuid == one.uuid)
            };
            self.holders.iter().any(is_same)
        };
        let pending = Pending::load(state).await?.and_then(|pending| pending.nonce().ok());
        match is_here && pending.as_ref() != Some(&self.nonce) {
            true => Err(not_pending()),
            false => Ok(()),
        }
    }

    /// Sends the requests, and writes the answers next to the file. Needs neither LibreNMS nor a state.
    pub(crate) async fn send(self, config: &Config) -> Result<ClearUploaded> {
        let timeout = Duration::from_secs(config.submit.timeout_seconds);
        let answer_file = answer_path(self.file);
        let (mut answers, mut results, mut failed) = (self.before, Vec::new(), Vec::new());
        for held in &self.holders {
            let answer = answer::post(held, &self.nonce, None, timeout).await?;
            let ended = answer::meaning(&answer, &held.receiver, held.newest_report(), clock::today());
            let keys = match (held.receiver.kind, &ended.receipt) {
                (Kind::CallbackStats, Some(_)) => trust::document(&held.receiver, None).await,
                _ => None,
            };
            let reason = ledger::reason_of(&ended);
            let bound = ended.receipt.as_ref().filter(|_| held.receiver.kind == Kind::CallbackStats);
            results.push(ClearResult {
                receiver: held.receiver.shown().to_owned(),
                said: ended.said.clone(),
                binding: bound.map(|receipt| binding::of(receipt, &self.nonce, &held.uuid)),
                receipt: ended.receipt.clone(),
                proof: None,
            });
            if ended.outcome != Outcome::Cleared {
                failed.push(reason.clone());
            }
            answers.push(AnswerInFile {
                receiver: held.receiver.url.clone(),
                clear_url: held.receiver.clear_url.clone(),
                request_hmac: self.nonce.request_hmac(&held.uuid),
                outcome: ended.outcome,
                status: ended.status,
                code: reason.code.into(),
                said: reason.text,
                receipt: ended.receipt,
                keys,
            });
        }
        let content = AnswerFile { format: ANSWER.to_owned(), version: 1, answers };
        // Replaces earlier answers to the same file.
        replace_private_beside(self.file, &answer_file, &json(&content)?)?;
        if let Some(Reason { code, .. }) = failed.first() {
            let text = failed.iter().map(|reason| reason.text.as_str()).collect::<Vec<_>>().join("; ");
            return Err(Error::new(*code, format!("{text}; the answers so far are in {}", answer_file.display())));
        }
        let code = Code::ClearUploaded.into();
        Ok(ClearUploaded { code, answer: answer_file.display().to_string(), answers: results })
    }
}

/// Imports the answers of an upload: checks every receipt, and deletes uuid and secret once all receivers have
/// confirmed. Importing a file twice changes nothing.
pub(crate) async fn import(state: &mut State, install: Install<'_>, file: &Path) -> Result<ClearAnswer> {
    let content: AnswerFile = read_json(file, "an answer that `upload` wrote")?;
    if (content.format.as_str(), content.version) != (ANSWER, 1) {
        let message = format!("{} is not an answer that `callback-agent upload` wrote", file.display());
        return Err(Error::new(Code::FileInvalid, message));
    }
    if content.answers.is_empty() {
        return Err(Error::new(Code::FileInvalid, format!("{} has no answer in it", file.display())));
    }
    let lock = RunLock::take(state)?;
    let pending = Pending::load(state).await?;
    let nonce = pending.as_ref().and_then(|pending| pending.nonce().ok());
    let entries = ledger::entries(state).await?;
    let holders = state.held().await?;
    // Check the whole file before changing anything.
    let mut known = Vec::new();
    for answer in &content.answers {
        known.extend(matching(answer, nonce.as_ref(), &holders, &entries)?.map(|held| (answer, held)));
    }
    let needs_librenms = match &pending {
        Some(pending) if install.is_none() => needs_librenms(state, pending, &holders).await?,
        _ => false,
    };
    // The answers to an earlier request, which were imported then, do not finish this one.
    let is_current = pending.iter().flat_map(|pending| &pending.uuids).any(|uuid| {
        let request = nonce.as_ref().map(|nonce| nonce.request_hmac(uuid));
        content.answers.iter().any(|answer| request.as_ref() == Some(&answer.request_hmac))
    });
    let mut answered = Answered::default();
    if let Some(nonce) = &nonce {
        for (answer, held) in known {
            record(state, &mut answered, answer, held, nonce, &entries).await?;
        }
    }
    let Some(pending) = pending else {
        return Ok(ClearAnswer { code: Code::AlreadyImported.into(), pending: false, cleared: Vec::new() });
    };
    if !is_current {
        return Ok(ClearAnswer { code: Code::AlreadyImported.into(), pending: true, cleared: Vec::new() });
    }
    let is_pending = needs_librenms || !state.held().await?.is_empty();
    if !is_pending {
        finish(state, install, &pending, &mut answered.confirmed).await?;
    }
    drop(lock);
    if let Some(Reason { code, text }) = answered.failure() {
        return Err(Error::new(code, format!("{text}; the deletion stays pending")));
    }
    let code = match (is_pending, answered.confirmed.is_empty()) {
        (true, _) => Code::ClearRequested,
        (false, true) => Code::AlreadyImported,
        (false, false) => binding::code(&answered.confirmed),
    };
    Ok(ClearAnswer { code: code.into(), pending: is_pending, cleared: answered.confirmed })
}

/// The holder and request that an answer is about; `None` if it was imported before.
fn matching<'a>(
    answer: &AnswerInFile,
    nonce: Option<&ClearNonce>,
    holders: &'a [DataHolder],
    entries: &[Entry],
) -> Result<Option<&'a DataHolder>> {
    let held = holders.iter().find(|held| {
        held.receiver.url == answer.receiver
            && nonce.is_some_and(|nonce| nonce.request_hmac(&held.uuid) == answer.request_hmac)
    });
    if held.is_some() {
        return Ok(held);
    }
    let clears = entries.iter().filter(|entry| is_of(entry, answer));
    match clears.map(|entry| entry.ended.as_ref().map(|ended| ended.outcome)).next_back() {
        Some(Some(Outcome::Cleared)) if was_imported(answer, entries) => Ok(None),
        Some(Some(Outcome::Cleared)) => Err(Error::new(
            Code::ClearNotPending,
            "the deletion was already confirmed without this file, so its answer was not imported; keep the file, it may hold a \
             receipt that is not in the history",
        )),
        Some(_) => Err(not_pending()),
        None => Err(Error::new(
            Code::AnswerUnknown,
            "this answer is for a delete request that was not written here; import it where `clear --out` ran",
        )),
    }
}

/// Whether the answer is the one in the ledger.
fn was_imported(answer: &AnswerInFile, entries: &[Entry]) -> bool {
    entries.iter().filter(|entry| is_of(entry, answer)).any(|entry| {
        entry.ended.as_ref().is_some_and(|ended| ended.outcome == Outcome::Cleared && ended.receipt == answer.receipt)
    })
}

/// Whether an entry is about the request that was answered.
fn is_of(entry: &Entry, answer: &AnswerInFile) -> bool {
    entry.begun.as_ref().is_some_and(|begun| {
        begun.subject == Subject::Clear
            && begun.request_hmac.as_ref() == Some(&answer.request_hmac)
            && begun.receiver == answer.clear_url
    })
}

/// Checks one answer and records its outcome.
async fn record(
    state: &mut State,
    answered: &mut Answered,
    answer: &AnswerInFile,
    held: &DataHolder,
    nonce: &ClearNonce,
    entries: &[Entry],
) -> Result<()> {
    let today = clock::today();
    let ended = answer::meaning(&answer.answer(), &held.receiver, held.newest_report(), today);
    let keys = async || answer.keys.clone();
    let ended = answer::checked(state, held, nonce, ended, keys, Arrived::InFile).await?;
    let entry = entries.iter().rev().find(|entry| is_of(entry, answer));
    let entry = match entry {
        Some(entry) => entry.id,
        // The entry was pruned.
        None => ledger::begin(state, &started(held, nonce, today), None).await?,
    };
    answered.record(state, held, entry, ended).await
}

fn not_pending() -> Error {
    Error::new(
        Code::ClearNotPending,
        "the delete request in this file is no longer pending: it was cancelled or confirmed",
    )
}
