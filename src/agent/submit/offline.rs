//! Reports for air-gapped sites: `submit --out FILE` writes one, `upload FILE` sends it from another host, `receipt
//! FILE` imports the answer.

use super::attempts::{Attempt, meaning, post};
use super::recover::remove_day;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::files::{read, replace_private_beside, why, write_private};
use crate::librenms::Location;
use crate::policy::denied_by_environment;
use crate::receiver::{Kind, Receiver};
use crate::store::State;
use crate::store::holders::{DataHolder, Secret};
use crate::store::ledger::{self, AttemptOutcome, AttemptStarted, Outcome, Subject};
use crate::store::lock::RunLock;
use crate::trust::{self, ReceiptCheck};
use callback_collector::digest::sha256_hex;
use callback_common::display;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest file that is read.
const MAX_FILE: u64 = 128 << 20;

/// A report in a file. It is private, because it holds the secret by which the receiver knows the install.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    /// `callback-agent report`.
    format: String,
    /// Version of this format: 1.
    version: u32,
    day: Date,
    receiver: String,
    kind: Kind,
    secret: Option<String>,
    module_sha256: String,
    payload_sha256: String,
    payload: String,
}

/// The answer to a report, in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportAnswer {
    /// `callback-agent answer`.
    pub format: String,
    /// Version of this format: 1.
    pub version: u32,
    /// SHA-256 of the report's payload.
    pub payload_sha256: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The HTTP status of the answer.
    pub status: Option<u16>,
    /// The message.
    pub said: String,
    /// The receipt.
    pub receipt: Option<Value>,
    /// The receiver's keys, as published at the time of the upload. They allow checking the receipt offline.
    #[serde(default)]
    pub keys: Option<Value>,
}

pub(crate) const REPORT: &str = "callback-agent report";
pub(crate) const ANSWER: &str = "callback-agent answer";

/// Writes a report into a file.
pub(super) fn write_out(sending: &Attempt<'_>, file: &Path) -> AttemptOutcome {
    let envelope = Envelope {
        format: REPORT.to_owned(),
        version: 1,
        day: sending.begun.day,
        receiver: sending.begun.receiver.clone(),
        kind: sending.begun.kind,
        secret: sending.held.secret.as_ref().map(|secret| secret.reveal().to_owned()),
        module_sha256: sending.begun.module_sha256.clone().unwrap_or_default(),
        payload_sha256: sending.begun.payload_sha256.clone().unwrap_or_default(),
        payload: String::from_utf8_lossy(sending.payload).into_owned(),
    };
    let (outcome, reason) = match json(&envelope).and_then(|bytes| write_private(file, &bytes)) {
        Ok(()) => {
            let message = format!(
                "written to {0}; copy it to a connected host, run `callback-agent upload` there, and import the answer with \
                 `callback-agent receipt`",
                file.display()
            );
            (Outcome::Written, Reason::new(Code::Written, message))
        }
        Err(error) => (Outcome::NotSent, Reason::new(error.code(), error.message())),
    };
    ledger::outcome_without_receipt(outcome, None, 1, reason)
}

/// A report read from a file.
pub(crate) struct Upload<'a> {
    file: &'a Path,
    envelope: Envelope,
    /// The receiver.
    pub receiver: Receiver,
}

impl<'a> Upload<'a> {
    /// Reads a file written by `submit --out`. A file that has already been uploaded is rejected, unless `again` is
    /// set.
    pub(crate) fn read(file: &'a Path, again: bool) -> Result<Self> {
        let envelope: Envelope = read_json(file, "a report that `submit --out` wrote")?;
        if (envelope.format.as_str(), envelope.version) != (REPORT, 1)
            || sha256_hex(envelope.payload.as_bytes()) != envelope.payload_sha256
        {
            return Err(Error::new(
                Code::FileChanged,
                format!("nothing was sent: {} was not written by `submit --out`, or was changed", file.display()),
            ));
        }
        let answer_file = answer_path(file);
        // If it is uploaded twice, a stock site counts it twice.
        if let Ok(before) = read_json::<ReportAnswer>(&answer_file, "an answer")
            && before.payload_sha256 == envelope.payload_sha256
            && before.outcome.counts_for_the_day()
            && !again
        {
            return Err(Error::new(
                Code::AlreadyUploaded,
                format!(
                    "nothing was sent: this report has already been uploaded (see {}); to upload it again: --again",
                    answer_file.display()
                ),
            ));
        }
        let receiver = Receiver::new(&envelope.receiver, envelope.kind, None)?;
        Ok(Self { file, envelope, receiver })
    }

    pub(crate) const fn day(&self) -> Date {
        self.envelope.day
    }

    /// Rejects a report that the environment or this host's consent blocks. The host that wrote the file decided that
    /// it may be sent; if that is this host, `allowed` is the receiver of its consent.
    pub(crate) fn must_be_allowed(&self, allowed: Option<&Receiver>) -> Result<()> {
        if let Some(name) = denied_by_environment() {
            let message = format!("nothing was sent: {name} is set in the environment");
            return Err(Error::new(Code::BlockedByEnvironment, message));
        }
        let receiver = &self.receiver;
        if allowed.is_some_and(|allowed| (&allowed.url, allowed.kind) != (&receiver.url, receiver.kind)) {
            return Err(Error::new(
                Code::OtherReceiver,
                format!(
                    "nothing was sent: the file is for {}, but you opted in to a different receiver; write a new one \
                     with: callback-agent submit --out FILE --again",
                    receiver.shown()
                ),
            ));
        }
        Ok(())
    }

    /// Sends the report, and writes the answer next to the file. Needs neither LibreNMS nor a state.
    pub(crate) async fn send(self, config: &Config) -> Result<(ReportAnswer, PathBuf)> {
        let Self { file, envelope, receiver } = self;
        let answer_file = answer_path(file);
        let begun = AttemptStarted {
            subject: Subject::File,
            day: envelope.day,
            receiver: receiver.url.clone(),
            kind: receiver.kind,
            payload_sha256: Some(envelope.payload_sha256),
            payload_bytes: Some(envelope.payload.len() as u64),
            payload_schema: None,
            module_sha256: Some(envelope.module_sha256),
            request_hmac: None,
        };
        let secret = envelope.secret.as_deref().filter(|_| receiver.kind == Kind::CallbackStats);
        let secret = secret.map(Secret::parse).transpose()?;
        let held = DataHolder { receiver, uuid: String::new(), secret, last_sent: None, since: None };
        let sending = Attempt { begun: &begun, held: &held, payload: envelope.payload.as_bytes() };
        let timeout = Duration::from_secs(config.submit.timeout_seconds);
        let meaning = meaning(&post(&sending, None, timeout).await?, &sending);
        let keys = match (begun.kind, &meaning.receipt) {
            (Kind::CallbackStats, Some(_)) => trust::document(&held.receiver, None).await,
            _ => None,
        };
        let answer = ReportAnswer {
            format: ANSWER.to_owned(),
            version: 1,
            payload_sha256: begun.payload_sha256.clone().unwrap_or_default(),
            outcome: meaning.outcome,
            status: meaning.status,
            said: meaning.reason.text.clone(),
            receipt: meaning.receipt,
            keys,
        };
        // Replaces an earlier answer to the same file.
        replace_private_beside(file, &answer_file, &json(&answer)?)?;
        match answer.outcome {
            Outcome::Sent => Ok((answer, answer_file)),
            _ => Err(meaning.reason.into()),
        }
    }
}

/// The path of the file's answer.
pub(crate) fn answer_path(file: &Path) -> PathBuf {
    let mut answer_file = file.as_os_str().to_owned();
    answer_file.push(".answer");
    PathBuf::from(answer_file)
}

/// The kind of file, from its first field. An error names the file.
pub(crate) fn format_of(file: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Format {
        format: String,
    }
    read_json::<Format>(file, "a file written by callback-agent").map(|it| it.format)
}

/// Imports the answer of an upload into the ledger; returns the entry's number and the outcome. If the report was
/// rejected, its day no longer counts as sent, in LibreNMS's database either.
pub(crate) async fn import_answer(
    state: &mut State,
    location: Option<&Location>,
    file: &Path,
) -> Result<(i64, AttemptOutcome)> {
    let answer: ReportAnswer = read_json(file, "an answer that `upload` wrote")?;
    if (answer.format.as_str(), answer.version) != (ANSWER, 1) {
        let message = format!("{} is not an answer that `callback-agent upload` wrote", file.display());
        return Err(Error::new(Code::FileInvalid, message));
    }
    let _lock = RunLock::take(state)?;
    let entries = ledger::entries(state).await?;
    let entry = entries.iter().rev().find(|entry| {
        entry.begun.as_ref().is_some_and(|begun| {
            begun.subject == Subject::File && begun.payload_sha256.as_ref() == Some(&answer.payload_sha256)
        })
    });
    let invalid = |what: &str| Error::new(Code::FileInvalid, format!("{} {what}", file.display()));
    let Some((entry, begun, before)) = entry.and_then(|entry| Some((entry.id, entry.begun.as_ref()?, &entry.ended)))
    else {
        return Err(Error::new(
            Code::AnswerUnknown,
            "this answer is for a report that was not written here; import it where `submit --out` ran",
        ));
    };
    if !matches!(answer.outcome, Outcome::Sent | Outcome::NotSent | Outcome::Unknown) {
        return Err(invalid("does not say how sending a report ended"));
    }
    let said = display::visible(&answer.said, display::TERMINAL);
    let mut ended =
        ledger::outcome_without_receipt(answer.outcome, answer.status, 1, Reason::new(Code::Imported, said));
    if (ended.outcome, begun.kind, &answer.receipt) == (Outcome::Sent, Kind::CallbackStats, &None) {
        return Err(invalid("has no receipt, although the receiver gives receipts"));
    }
    if let Some(receipt) = answer.receipt {
        if begun.kind == Kind::CallbackStats {
            let receiver = Receiver::new(&begun.receiver, begun.kind, None)?;
            let proof = trust::check_with(state, &receiver, &receipt, async || answer.keys).await?;
            ended.proof = Some(proof);
            // Without the receiver's keys in the file, only a pinned key can verify the receipt.
            let is_unverified = proof == ReceiptCheck::NotChecked && !state.keys_of(&receiver.url).await?.is_empty();
            if proof.is_refused() || is_unverified {
                ended.outcome = Outcome::Unknown;
                ended.code = Some(Code::ReceiptNotVerified.into());
                ended.said = format!("the imported receipt is {}", proof.description());
            } else if receipt["payload_sha256"].as_str() != Some(answer.payload_sha256.as_str()) {
                ended.outcome = Outcome::Unknown;
                ended.code = Some(Code::ReceiptMismatch.into());
                ended.said = "the imported receipt is for a different report".to_owned();
            }
        }
        ended.receipt = Some(receipt);
    }
    // A file, which anyone may have edited, does not replace a receipt that was verified.
    let is_verified = |ended: &AttemptOutcome| ended.proof.is_some_and(ReceiptCheck::is_verified);
    if before.as_ref().is_some_and(is_verified) && !(is_verified(&ended) && ended.outcome == Outcome::Sent) {
        let message =
            "nothing was imported: the history already has a verified receipt of this report, and this one is not";
        return Err(Error::new(Code::ReceiptNotVerified, message));
    }
    if let (false, Some(location)) = (ended.outcome.counts_for_the_day(), location) {
        remove_day(location, state, &begun.day.to_string()).await?;
    }
    ledger::end(state, entry, &ended).await?;
    match ended.outcome {
        Outcome::Unknown if ended.receipt.is_some() => Err(ledger::reason_of(&ended).into()),
        _ => Ok((entry, ended)),
    }
}

/// A document as the content of a file.
pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| Error::new(Code::Internal, "cannot write the file as JSON").caused_by(error))
}

/// Reads a file that another command wrote.
pub(crate) fn read_json<T: DeserializeOwned>(file: &Path, expected: &str) -> Result<T> {
    let cannot = |error: std::io::Error| {
        Error::new(Code::FileNotRead, format!("cannot read {}: {}", file.display(), why(&error))).caused_by(error)
    };
    let no_such = || Error::new(Code::FileInvalid, format!("{} is not {expected}", file.display()));
    let bytes = read(file, MAX_FILE).map_err(|error| match error.kind() {
        std::io::ErrorKind::FileTooLarge => no_such(),
        _ => cannot(error),
    })?;
    serde_json::from_slice(&bytes).map_err(|_| no_such())
}
