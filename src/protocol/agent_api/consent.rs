//! The consent: what is sent, what is left out, and where it goes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The kind of a receiver.
///
/// It is configured, never guessed: a secret is sent only to a `callback-receiver`.
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
    /// The admin's own words, which are redacted.
    pub terms: Vec<String>,
}

/// The admin's decision about opting in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ConsentState {
    /// None yet.
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
    /// The time.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Timestamp,
    /// The name of the person who opted in, if known.
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
