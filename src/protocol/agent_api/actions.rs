//! What the admin does: opting in and out, sending, deleting. The page's requests, and the answers.

use super::consent::{Choices, ConsentState, Given, ReceiverKind};
use super::ledger::{Outcome, ReceiptBinding, ReceiptCheck};
use super::status::{Notice, Status};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `POST consent`: an opt-in to what the page showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnableRequest {
    /// ID of the snapshot that was shown.
    pub snapshot: String,
    /// Code of the state that was shown: whether reports are sent, and why.
    pub state: String,
    /// Address of the receiver that was shown.
    pub receiver: String,
    /// Its kind.
    pub kind: ReceiverKind,
    /// Version of the text that was shown.
    pub text_version: u32,
    /// SHA-256 of the module that built what was shown.
    pub module_sha256: String,
    /// Payload schema that was shown.
    pub payload_schema: u32,
    /// What to send and what to leave out.
    pub choices: Choices,
    /// The name of the person who opts in.
    #[serde(default)]
    pub who: Option<String>,
    /// Whether to turn off LibreNMS's built-in sender.
    #[serde(default)]
    pub take_over: bool,
}

/// The answer to `POST consent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Enabled {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Whether a pending delete request was cancelled.
    pub clear_cancelled: bool,
    /// What was written to LibreNMS's database, in words.
    pub librenms: Vec<String>,
    /// ID of the receiver's key, if the receiver signs and could be reached.
    pub key: Option<String>,
    /// The result of fetching the receiver's key.
    pub key_status: KeyStatus,
    /// What was opted in to.
    pub given: Given,
}

/// The result of fetching a receiver's signing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum KeyStatus {
    /// The receiver is a stock site, which does not sign.
    SignsNothing,
    /// The receiver's first key, now pinned.
    Pinned,
    /// The pinned key, or one that the pinned key signed.
    Known,
    /// A key that no pinned key signed.
    Other,
    /// The receiver's keys could not be fetched.
    NotReached,
}

/// Something that is sent after an opt-in, and was not sent under the previous one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum NewlySent {
    /// Everything: reports go to a different receiver.
    Receiver {
        /// The new receiver.
        url: String,
        /// The previous receiver.
        before: String,
    },
    /// Delete requests, which contain uuid and secret, go to a different URL.
    ClearUrl {
        /// The new URL.
        url: String,
        /// The previous URL.
        before: String,
    },
    /// A category that was off.
    Category {
        /// Its name.
        name: String,
    },
    /// A field that a newer version added.
    Field {
        /// Its name.
        name: String,
    },
    /// A label that was withheld.
    Label {
        /// Its group.
        group: String,
        /// The label.
        label: String,
    },
    /// A rare label that was left out.
    RareLabel {
        /// Its group.
        group: String,
        /// The label.
        label: String,
    },
    /// A word that was redacted.
    Term {
        /// The word.
        term: String,
    },
}

/// `enable --json`: the answer to `POST consent`, and what the next run does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnableReport {
    /// What was recorded.
    #[serde(flatten)]
    pub enabled: Enabled,
    /// Always `on`.
    pub consent: ConsentState,
    /// SHA-256 of the payload that was shown.
    pub payload_sha256: String,
    /// `clear_cancelled` by its name in version 0.1.
    pub cancelled_clear: bool,
    /// What is sent from now on and was not sent under the previous opt-in; empty for a first opt-in.
    pub newly_sent: Vec<NewlySent>,
    /// Choices that match nothing in today's report.
    pub notices: Vec<Notice>,
    /// Whether reports are sent now.
    pub status: Status,
    /// The code of the reason.
    pub because_code: String,
    /// The reason, in words.
    pub because: String,
}

/// `POST send`: the report that was shown, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// ID of the snapshot that was shown.
    pub snapshot: String,
    /// The `at` of the opt-in under which it was shown.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub consent: Timestamp,
    /// The choices it was built with.
    pub choices: Choices,
    /// SHA-256 of the payload that was shown.
    pub payload_sha256: String,
    /// Whether to send even if today's report has been sent.
    #[serde(default)]
    pub again: bool,
}

/// The answer to `POST send`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum SendResult {
    /// A report was built and sent, or sending it failed.
    Report(SentReport),
    /// Today's report had already been sent; nothing was done.
    AlreadySent {
        /// The code: one of `docs/agent-codes.md`.
        code: String,
        /// The day.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        already_sent: Date,
        /// How it was sent, in words.
        said: String,
    },
    /// A delete request was pending, and was sent instead.
    Cleared {
        /// The code: one of `docs/agent-codes.md`.
        code: String,
        /// What each receiver answered.
        cleared: Vec<ClearResult>,
    },
}

/// How sending a report went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SentReport {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// How it ended; null if no report was due.
    pub outcome: Option<Outcome>,
    /// What happened, in words.
    pub said: Option<String>,
    /// The receipt as the receiver wrote it.
    pub receipt: Option<Value>,
    /// The day that it counts for.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub day: Date,
    /// The receiver's address.
    pub receiver: String,
    /// SHA-256 of the payload.
    pub payload_sha256: String,
    /// Size of the payload in bytes.
    pub bytes: u64,
    /// SHA-256 of the module that built it.
    pub module_sha256: String,
    /// Whether the receipt is verified; null without one.
    pub proof: Option<ReceiptCheck>,
}

/// `POST clear`: how to delete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClearRequest {
    /// Whether to ask the receivers at once; otherwise the next run does.
    pub now: bool,
}

/// What one receiver answered to a delete request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearResult {
    /// The receiver's address.
    pub receiver: String,
    /// What happened, in words.
    pub said: String,
    /// The receipt as the receiver wrote it, if it sent one.
    pub receipt: Option<Value>,
    /// Whether the receipt is verified.
    #[serde(default)]
    pub proof: Option<ReceiptCheck>,
    /// Whether the receipt is for this request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<ReceiptBinding>,
}

/// The answer to `POST clear`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearAnswer {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Whether a delete request is still pending.
    pub pending: bool,
    /// What each receiver answered, if they were asked.
    pub cleared: Vec<ClearResult>,
}

/// `clear --out --json`: delete requests in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearFileWritten {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Whether a delete request is pending; false if there was nothing to delete.
    pub pending: bool,
    /// Addresses of the receivers that the file is for.
    pub receivers: Vec<String>,
}

/// `upload --json` of a file with delete requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearUploaded {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Path of the file with the answers.
    pub answer: String,
    /// What each receiver answered; `receipt` verifies it where the file was written.
    pub answers: Vec<ClearResult>,
}

/// The answer to `DELETE clear`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearCancelled {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Always false.
    pub pending: bool,
}

/// The answer to `DELETE consent`, and of `disable --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disabled {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Always `off`.
    pub consent: ConsentState,
    /// Whether the opt-out is in the ledger.
    pub recorded: bool,
    /// Why it could not be written to the ledger, in words. The opt-out is effective anyway.
    pub not_recorded: Option<String>,
    /// `not_recorded` by its name on the command line of version 0.1.
    pub problem: Option<String>,
}

/// `receipt --json`: the answer to an upload, imported into the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Imported {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// The ledger entry.
    pub entry: i64,
    /// How the report ended.
    pub outcome: Outcome,
    /// The receipt as the receiver wrote it.
    pub receipt: Option<Value>,
    /// Whether the receipt is verified.
    pub proof: Option<ReceiptCheck>,
}
