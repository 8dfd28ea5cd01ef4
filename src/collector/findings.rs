//! Findings of a report: every redaction, every clean-up, everything that was left out. They hold originals, so they
//! stay in the install.

use crate::kind::IdentifierKind;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The findings of one payload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Findings {
    /// SHA-256 of the payload's bytes, in lower-case hexadecimal.
    pub payload_sha256: String,
    /// Number of bytes of the payload.
    pub payload_bytes: usize,
    /// How many devices stand behind the report.
    pub devices: usize,
    /// How many devices stand behind its pairs (those with a description and an object identifier).
    pub devices_in_pairs: u64,
    /// How many identifiers were removed, by kind, each counted once for every row that it stood in.
    pub removed: BTreeMap<IdentifierKind, u64>,
    /// Every text that changed, once for each distinct text.
    pub redactions: Vec<Redacted>,
    /// Texts that had to be made to fit the wire format.
    pub cleaned: Vec<Cleaned>,
    /// What is not in the payload, and why.
    pub left_out: Vec<LeftOut>,
    /// Every rare label, left out or not.
    #[serde(default)]
    pub rare: Vec<RareLabel>,
}

/// A text that changed, with the places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redacted {
    /// Name of the group, or `info.sysDescr` and its like.
    pub field: String,
    /// The text before; characters that cannot be sent read U+FFFD in it already.
    pub original: String,
    /// The text after, before it is cut to length.
    pub result: String,
    /// How many rows have it.
    pub rows: u64,
    /// What was replaced, from left to right.
    pub redactions: Vec<Redaction>,
}

/// One replaced piece of text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redaction {
    /// The rule that found it.
    pub rule: Cow<'static, str>,
    /// What it is taken for.
    pub kind: IdentifierKind,
    /// Where it starts in the original, in characters (code points, which are also UTF-16 units here).
    pub start: usize,
    /// Where it ends in the original.
    pub end: usize,
    /// What stands there now.
    pub replacement: String,
}

/// How a text was made to fit the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CleanedBy {
    /// Control characters, and characters beyond the Basic Multilingual Plane, became U+FFFD.
    Characters,
    /// Cut to the wire format's length.
    Length,
    /// Something that is no version was cut out of a version.
    Version,
    /// A NULL that the stock site cannot take became the empty string.
    Null,
}

/// Texts of a field that had to be made to fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cleaned {
    /// Name of the group, or `info.sysDescr` and its like.
    pub field: String,
    /// How.
    pub by: CleanedBy,
    /// How many rows.
    pub rows: u64,
}

/// Why something is not in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The install's database lacks the table or column.
    Missing,
    /// The host did not hand it in.
    NotRead,
    /// The admin did not allow the category.
    Category,
    /// Newer than what the admin accepted.
    Newer,
    /// The admin withholds this label.
    Withheld,
    /// Labels that only one device has and that hold a word which is no vocabulary of their group; see
    /// [`Findings::rare`].
    Rare,
    /// A number that the wire format cannot carry (negative, or beyond 2^31 − 1).
    OutOfRange,
    /// A label that must be a number and is not.
    NotANumber,
    /// Something that the install's database or the admin names was still in it after sanitising: the second pass held it
    /// back. Of a version: it was in it before.
    Identifying,
}

/// A label that only one device has and that holds a word which is no vocabulary of its group: LibreNMS may have composed
/// it out of a name or serial number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RareLabel {
    /// Name of the group.
    pub field: String,
    /// The label, in the form in which it would be sent.
    pub label: String,
    /// How many rows have it.
    pub rows: u64,
    /// Whether it is in the payload, since the admin included it.
    pub included: bool,
}

/// Something that is not in the payload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// Name of the group, `info`, or a device's field.
    pub field: String,
    /// Why.
    pub reason: Reason,
    /// How many entries, where it is not the whole field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// The field of a device whose value was still in it, or `terms`, where the second pass held it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_by: Option<String>,
    /// The table or column that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}
