//! Whether reports are sent, and why.

use super::consent::{Choices, ConsentState, Given, Receiver, ReceiverKind};
use super::ledger::Entry;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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

/// A delete request that has not been confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PendingClear {
    /// When it was requested, if that is known.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub asked: Option<Timestamp>,
    /// Where it was requested, in words.
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
    /// Whether the admin opted in.
    pub consent: ConsentState,
    /// What they opted in to; null if never.
    pub given: Option<Given>,
    /// The delete request that is pending, if one is.
    pub pending: Option<PendingClear>,
    /// Every setting that may block reports, in order of precedence.
    pub switches: Vec<Setting>,
    /// Why the install cannot be read, in words; null if it can.
    pub unread: Option<String>,
    /// The text about publication that is shown before an opt-in.
    pub publication: Option<String>,
    /// The receiver; null if neither the install nor an opt-in names one.
    pub receiver: Option<Receiver>,
    /// Version of the text about publication.
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
    /// Whether the admin opted in.
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
    /// The receivers that hold reports of this install.
    pub held: Vec<DataHolder>,
    /// The messages of `notices`, in the form of version 0.1.
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
    /// Words in the configuration, which are redacted in every report.
    pub fixed_terms: Vec<String>,
}
