//! The agent's answers: `callback-agent … --json` and the API of the preview page. The TypeScript types in `www` are
//! generated from their schemas.
//!
//! Times are RFC 3339 in UTC, days are `YYYY-MM-DD` in UTC, digests are hexadecimal. Messages are for people and may change;
//! programs read the codes and enums.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The kind of a receiver.
///
/// It is configured, never guessed: only a `callback-receiver` is ever shown a secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum ReceiverKind {
    /// LibreNMS's statistics site: no secret, no receipts.
    #[default]
    Stock,
    /// A `callback-receiver`.
    CallbackStats,
}

impl ReceiverKind {
    /// The name in configuration and state.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::CallbackStats => "callback-stats",
        }
    }
}

/// A receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receiver {
    /// Address that reports go to.
    pub url: String,
    /// The receiver's kind.
    pub kind: ReceiverKind,
    /// Address that delete requests go to.
    pub clear_url: String,
}

/// What the admin chose to send and to leave out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choices {
    /// Categories that are sent; null for all.
    pub categories: Option<Vec<String>>,
    /// Labels that are left out: group and label.
    pub withheld: Vec<(String, String)>,
    /// Rare labels that are sent anyway: group and label.
    #[serde(default)]
    pub included: Vec<(String, String)>,
    /// The admin's own words, which are removed.
    pub terms: Vec<String>,
}

/// Whether reports are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Status {
    /// The next run sends a report.
    #[serde(rename = "on")]
    On,
    /// The next run sends nothing.
    #[serde(rename = "off")]
    Off,
    /// The next run asks every receiver to delete this install's reports.
    #[serde(rename = "clear pending")]
    ClearPending,
}

/// What the admin answered to the opt-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ConsentState {
    /// Nothing yet.
    #[serde(rename = "never asked")]
    NeverAsked,
    /// Opted in.
    #[serde(rename = "on")]
    On,
    /// Opted out.
    #[serde(rename = "off")]
    Off,
}

/// What the admin opted in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Given {
    /// When.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Timestamp,
    /// Who, if they gave a name.
    pub who: Option<String>,
    /// The newest payload schema that was shown.
    pub payload_schema: u32,
    /// SHA-256 of the module that built what was shown.
    pub module_sha256: String,
    /// Version of the text about publication that was shown.
    pub text_version: u32,
    /// The install: SHA-256 of the location of its database.
    pub install: String,
    /// The receiver.
    pub receiver: Receiver,
    /// What is sent and what is left out.
    pub choices: Choices,
}

/// What a setting means for the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It allows reports.
    Yes,
    /// It blocks them.
    No,
    /// It has no effect.
    Nothing,
    /// It asks for deletion.
    Clear,
}

/// One setting that may block reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, in words.
    pub value: String,
    /// What it means.
    pub says: Effect,
    /// Whether this setting decides what the next run does.
    pub decides: bool,
}

/// A delete request that is not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingClear {
    /// When it was made, if that is known.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub asked: Option<Timestamp>,
    /// Where it was made, in words.
    pub by: String,
}

/// A module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModuleInfo {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// `GET state`: whether reports are sent, why, and what the next run would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// Whether reports are sent.
    pub status: Status,
    /// Why, in words.
    pub because: String,
    /// What the admin answered.
    pub consent: ConsentState,
    /// What they opted in to; null if never.
    pub given: Option<Given>,
    /// The delete request that is pending, if one is.
    pub pending: Option<PendingClear>,
    /// Every setting that may block reports, in order of precedence.
    pub switches: Vec<Setting>,
    /// Why the install cannot be read, in words; null if it can.
    pub unread: Option<String>,
    /// What the receiver publishes, in words.
    pub publication: Option<String>,
    /// The receiver; null if neither the install nor an opt-in names one.
    pub receiver: Option<Receiver>,
    /// Version of that text.
    pub text_version: u32,
    /// The newest payload schema of this agent.
    pub payload_schema: u32,
    /// The module that builds reports.
    pub module: ModuleInfo,
    /// Version of the agent.
    pub agent: String,
    /// The last report or delete request.
    pub last_run: Option<Entry>,
    /// Whether today's report was sent.
    pub sent_today: bool,
    /// Whether a receiver holds reports of this install, as far as is known.
    pub held: bool,
    /// When the schedule starts the next run; null without a schedule.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub next_run: Option<Timestamp>,
}

/// A code with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notice {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// The message.
    pub message: String,
}

/// A receiver that holds, or may hold, reports of this install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DataHolder {
    /// The receiver's address.
    pub receiver: String,
    /// The receiver's kind.
    pub kind: ReceiverKind,
    /// Day of the last report that was sent to it.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub last_sent: Option<Date>,
    /// Whether the secret that a deletion needs is known.
    pub secret: bool,
}

/// `status --json`: whether reports are sent, why, and how the last runs went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StatusReport {
    /// Whether reports are sent.
    pub status: Status,
    /// The code of the reason.
    pub code: String,
    /// The reason, in words.
    pub because: String,
    /// What the admin answered.
    pub consent: ConsentState,
    /// What they opted in to; null if never.
    pub given: Option<Given>,
    /// The receiver; null if the install cannot be read.
    pub receiver: Option<Receiver>,
    /// Every setting that may block reports, in order of precedence.
    pub switches: Vec<Setting>,
    /// The last report or delete request.
    pub last_run: Option<Entry>,
    /// When the last report was sent or written to a file, as far as the history goes back.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub last_sent: Option<Timestamp>,
    /// When the schedule starts the next run; null without a schedule.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub next_run: Option<Timestamp>,
    /// Who holds reports of this install.
    pub held: Vec<DataHolder>,
    /// The messages of `notices`, as version 0.1 wrote them.
    pub warnings: Vec<String>,
    /// What needs attention.
    pub notices: Vec<Notice>,
}

/// `POST snapshots`: the facts of an install, kept in memory for a limited time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snapshot {
    /// Its ID.
    pub snapshot: String,
    /// SHA-256 of the facts.
    pub sha256: String,
    /// Size of the facts in bytes.
    pub bytes: u64,
    /// When it was made.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub made: Timestamp,
    /// For how many seconds it is kept.
    pub seconds: u64,
    /// The choices in force.
    pub choices: Choices,
    /// Words in the configuration, which are removed from every report.
    pub fixed_terms: Vec<String>,
}

/// What a ledger entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The admin opted in.
    ConsentOn,
    /// The admin opted out, or a confirmed deletion ended consent.
    ConsentOff,
    /// A delete request was made.
    ClearAsked,
    /// A delete request was cancelled.
    ClearCancelled,
    /// A report or delete request was started.
    Begun,
    /// Its outcome.
    Ended,
}

impl EntryKind {
    /// The name in JSON and in the ledger.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ConsentOn => "consent-on",
            Self::ConsentOff => "consent-off",
            Self::ClearAsked => "clear-asked",
            Self::ClearCancelled => "clear-cancelled",
            Self::Begun => "begun",
            Self::Ended => "ended",
        }
    }
}

/// What was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A report over the network.
    Report,
    /// A report in a file.
    File,
    /// A delete request.
    Clear,
}

/// What is known before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttemptStarted {
    /// What it is.
    pub subject: Subject,
    /// The day that it counts for.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub day: Date,
    /// The address that it goes to.
    pub receiver: String,
    /// The receiver's kind.
    pub kind: ReceiverKind,
    /// Of a report: SHA-256 of the payload.
    pub payload_sha256: Option<String>,
    /// Of a report: size of the payload in bytes.
    pub payload_bytes: Option<u64>,
    /// Of a report: schema of the payload.
    pub payload_schema: Option<u32>,
    /// Of a report: SHA-256 of the module that built it.
    pub module_sha256: Option<String>,
    /// Of a delete request: its ID, which a bound receipt repeats. Older entries have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hmac: Option<String>,
}

/// How a report or delete request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The receiver accepted the report.
    Sent,
    /// The receiver confirmed the deletion.
    Cleared,
    /// The report is in a file.
    Written,
    /// The receiver does not have it.
    NotSent,
    /// It may have arrived: the connection was cut after it was sent, or the process was killed.
    Unknown,
    /// The admin opted out before it was sent.
    SwitchedOff,
}

impl Outcome {
    /// Whether the receiver has, or may have, a report of that day.
    #[must_use]
    pub const fn counts_for_the_day(self) -> bool {
        matches!(self, Self::Sent | Self::Written | Self::Unknown)
    }

    /// The outcome in words.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Cleared => "cleared",
            Self::Written => "written to a file",
            Self::NotSent => "not sent",
            Self::Unknown => "may have arrived",
            Self::SwitchedOff => "not sent: consent or a setting changed",
        }
    }
}

/// Whether a receipt is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptCheck {
    /// Signed by a known key of the receiver.
    Signed,
    /// Signed by the receiver's first known key, now pinned.
    FirstKey,
    /// Signed by a new key that a known key has signed.
    NewKey,
    /// Signed by a key that no known key has signed.
    OtherKey,
    /// Not signed, or changed after it was.
    NotSigned,
    /// The receiver's keys could not be read.
    NotChecked,
}

impl ReceiptCheck {
    /// The result in words, after "the receipt is".
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Signed => "verified: signed by the receiver's pinned key",
            Self::FirstKey => "verified: signed by the receiver's key, which is pinned from now on",
            Self::NewKey => "verified: signed by the receiver's new key, which its pinned key signed",
            Self::OtherKey => "not verified: signed by another key, which the receiver's pinned key did not sign",
            Self::NotSigned => "not verified: it has no valid signature of the receiver",
            Self::NotChecked => "not verified: the receiver's keys (api/v1/keys) cannot be fetched",
        }
    }

    /// Whether the receipt must not be accepted.
    #[must_use]
    pub const fn is_refused(self) -> bool {
        matches!(self, Self::OtherKey | Self::NotSigned)
    }
}

/// Whether the receipt of a deletion says for which request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptBinding {
    /// It is for this request and this install.
    Bound,
    /// It does not say, as the receipts of older receivers. It may be another install's.
    Unbound,
    /// It is for another request, or for another install.
    Other,
}

impl ReceiptBinding {
    /// The result in words, after "the receipt is".
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Bound => "bound to this delete request",
            Self::Unbound => "unbound: it does not say whose reports were deleted, so it may be another install's",
            Self::Other => "bound to another delete request",
        }
    }
}

/// The outcome of a report or delete request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttemptOutcome {
    /// How it ended.
    pub outcome: Outcome,
    /// The last HTTP status, if the receiver answered.
    pub status: Option<u16>,
    /// How many attempts were made.
    pub attempts: u32,
    /// The code: one of `docs/agent-codes.md`. Entries of version 0.1 have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened, in words; never what the receiver wrote.
    pub said: String,
    /// The receipt as the receiver wrote it.
    pub receipt: Option<Value>,
    /// Whether it is verified; null where none is expected.
    #[serde(default)]
    pub proof: Option<ReceiptCheck>,
    /// Of a deletion: whether the receipt is for this request. Absent where that was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<ReceiptBinding>,
}

/// `GET ledger` has a list of these, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// When.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub moment: Timestamp,
    /// What it records.
    pub what: EntryKind,
    /// Of a report or delete request: what was known before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<AttemptStarted>,
    /// Of a report or delete request: its outcome, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<AttemptOutcome>,
    /// Of every other entry: its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Value>,
}

/// `POST consent`: an opt-in to what the page showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnableRequest {
    /// ID of the snapshot that was shown.
    pub snapshot: String,
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
    /// Who opts in.
    #[serde(default)]
    pub who: Option<String>,
    /// Whether to switch off LibreNMS's built-in sender.
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
    /// What was written into LibreNMS's database, in words.
    pub librenms: Vec<String>,
    /// ID of the receiver's key, if it signs and was reached.
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
    /// Its first key, now pinned.
    Pinned,
    /// Its pinned key, or one that the pinned key signed.
    Known,
    /// A key that no pinned key signed.
    Other,
    /// Its keys could not be fetched.
    NotReached,
}

/// Something that is sent from an opt-in on, and was not sent under the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum NewlySent {
    /// Everything: reports go to another receiver.
    Receiver {
        /// The receiver from now on.
        url: String,
        /// The receiver before.
        before: String,
    },
    /// A category that was switched off.
    Category {
        /// Its name.
        name: String,
    },
    /// A field that came with a newer version.
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

/// `enable --json`: what the preview's answer has, and what the next run does.
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
    /// `clear_cancelled`, as version 0.1 named it.
    pub cancelled_clear: bool,
    /// What is sent from now on and was not sent under the opt-in before; empty for a first opt-in.
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
    /// The opt-in under which it was shown: its `at`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub consent: Timestamp,
    /// The choices it was built with.
    pub choices: Choices,
    /// SHA-256 of the payload that was shown.
    pub payload_sha256: String,
    /// Whether to send although today's report was sent.
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
    /// Today's report was sent before; nothing was done.
    AlreadySent {
        /// The code: one of `docs/agent-codes.md`.
        code: String,
        /// The day.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        already_sent: Date,
        /// How it was sent, in words.
        said: String,
    },
    /// A delete request was pending and came first.
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
    /// The receipt as the receiver wrote it, if it gives one.
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
    /// `not_recorded`, as version 0.1 named it on the command line.
    pub problem: Option<String>,
}

/// `receipt --json`: the answer of an upload, imported into the ledger.
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

/// What a check of `doctor` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckArea {
    /// The configuration file and the environment.
    Configuration,
    /// The user that the agent runs as, and its state directory.
    User,
    /// The LibreNMS directory and its settings.
    Librenms,
    /// LibreNMS's database.
    Database,
    /// The receiver, and the way to it.
    Receiver,
    /// What starts the agent, and how the last run went.
    Schedule,
    /// The module, and the programs whose versions are reported.
    Programs,
}

/// What a check of `doctor` comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It is as it should be.
    Ok,
    /// It is worth knowing, and needs no action.
    Note,
    /// It needs attention; reports may still be sent.
    Warning,
    /// It keeps the agent from working.
    Problem,
    /// It depends on something that failed.
    NotChecked,
}

/// One check of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// Its name; it never changes its meaning.
    pub name: String,
    /// What it is about.
    pub area: CheckArea,
    /// What it comes to.
    pub state: CheckState,
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// What was looked at: a host, a path, a setting and where it comes from. Never a secret.
    pub subject: String,
    /// What was found, and what that means.
    pub finding: String,
    /// What to do, if anything is to be done.
    pub remedy: Option<String>,
}

/// How many checks of `doctor` came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckCounts {
    /// Problems.
    pub problems: u32,
    /// Warnings.
    pub warnings: u32,
    /// Notes.
    pub notes: u32,
    /// Checks that passed.
    pub ok: u32,
    /// Checks that depend on something that failed.
    pub not_checked: u32,
}

/// `doctor --json`: everything that was checked. Nothing is changed, and no report is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// The code: `healthy` or `problems-found`.
    pub code: String,
    /// Version of the agent.
    pub agent: String,
    /// When it was checked.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Timestamp,
    /// How many checks came to what.
    pub counts: CheckCounts,
    /// The checks, by area.
    pub checks: Vec<Check>,
}

/// A LibreNMS database, and which setting names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DatabasePlace {
    /// Host and port, the socket, or the SQLite file.
    pub server: String,
    /// Name of the database; null for SQLite.
    pub name: Option<String>,
    /// The database user; null for SQLite.
    pub user: Option<String>,
    /// The setting that decides, and where it is set.
    pub from: String,
}

/// The receiver that reports go to, and which setting names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveReceiver {
    /// The receiver.
    #[serde(flatten)]
    pub receiver: Receiver,
    /// The setting that decides, and where it is set.
    pub from: String,
}

/// `config check --json`: the settings in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfigReport {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// The configuration file; null if no file is used.
    pub file: Option<String>,
    /// What was named as LibreNMS: `a LibreNMS directory`, `a database` or `none`.
    pub install: String,
    /// The LibreNMS directory; null for a database.
    pub librenms: Option<String>,
    /// Where LibreNMS was named.
    pub named_in: String,
    /// Why LibreNMS cannot be used, in words; null if it can.
    pub problem: Option<String>,
    /// LibreNMS's database; null if its settings cannot be read.
    pub database: Option<DatabasePlace>,
    /// The state directory.
    pub state: String,
    /// The receiver; null if LibreNMS's settings cannot be read.
    pub receiver: Option<EffectiveReceiver>,
    /// Number of `terms`.
    pub terms: u64,
    /// Number of `patterns`.
    pub patterns: u64,
    /// What needs attention.
    pub notices: Vec<Notice>,
}
