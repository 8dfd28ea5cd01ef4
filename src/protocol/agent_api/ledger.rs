//! Entries of the ledger.

use super::consent::ReceiverKind;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a ledger entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The admin opted in.
    ConsentOn,
    /// The admin opted out, or a confirmed deletion ended consent.
    ConsentOff,
    /// A deletion was requested.
    ClearAsked,
    /// A deletion was cancelled.
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
    /// For a report: SHA-256 of the payload.
    pub payload_sha256: Option<String>,
    /// For a report: size of the payload in bytes.
    pub payload_bytes: Option<u64>,
    /// For a report: schema of the payload.
    pub payload_schema: Option<u32>,
    /// For a report: SHA-256 of the module that built it.
    pub module_sha256: Option<String>,
    /// For a delete request: its ID, which a bound receipt repeats. Older entries have none.
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
    /// The admin opted out, or a setting changed, before it was sent.
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
    /// The receiver's keys could not be fetched.
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
            Self::OtherKey => "not verified: signed by a different key, which the receiver's pinned key did not sign",
            Self::NotSigned => "not verified: it has no valid signature from the receiver",
            Self::NotChecked => "not verified: the receiver's keys (api/v1/keys) cannot be fetched",
        }
    }

    /// Whether the receipt is signed by a key that is pinned.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Signed | Self::FirstKey | Self::NewKey)
    }

    /// Whether the receipt must not be accepted.
    #[must_use]
    pub const fn is_refused(self) -> bool {
        matches!(self, Self::OtherKey | Self::NotSigned)
    }
}

/// Whether the receipt of a deletion is bound to its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptBinding {
    /// It is for this request and this install.
    Bound,
    /// It does not say, like those of older receivers. It may be another install's.
    Unbound,
    /// It is for a different request or install.
    Other,
}

impl ReceiptBinding {
    /// The result in words, after "the receipt is".
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Bound => "bound to this delete request",
            Self::Unbound => "unbound: it does not say whose reports were deleted, so it may be another install's",
            Self::Other => "bound to a different delete request",
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
    /// Whether it is verified; null if no receipt is expected.
    #[serde(default)]
    pub proof: Option<ReceiptCheck>,
    /// For a deletion: whether the receipt is for this request. Absent if that was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<ReceiptBinding>,
}

/// `GET ledger` has a list of these, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Its number.
    pub id: i64,
    /// Its time.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub moment: Timestamp,
    /// What it records.
    pub what: EntryKind,
    /// For a report or delete request: what was known before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<AttemptStarted>,
    /// For a report or delete request: its outcome, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<AttemptOutcome>,
    /// For every other entry: its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Value>,
}
