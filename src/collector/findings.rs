//! Findings of a report: every redaction, every clean-up, everything that was left out. They contain originals, so they
//! stay on the install.

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
    /// Number of devices in the report.
    pub devices: usize,
    /// Number of devices in its pairs: those with a description and an object identifier.
    pub devices_in_pairs: u64,
    /// Number of removed identifiers by kind, counted once for each row.
    pub removed: BTreeMap<IdentifierKind, u64>,
    /// Every text that changed, listed once.
    pub redactions: Vec<Redacted>,
    /// Texts that were changed to fit the wire format.
    pub cleaned: Vec<Cleaned>,
    /// What was left out of the payload, and why.
    pub left_out: Vec<LeftOut>,
    /// Every rare label, left out or not.
    #[serde(default)]
    pub rare: Vec<RareLabel>,
}

/// A text that changed, with its redactions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redacted {
    /// Name of the group, or of a part of a pair, such as `info.sysDescr`.
    pub field: String,
    /// The original text; characters that cannot be sent are already U+FFFD.
    pub original: String,
    /// The sanitised text, before it is cut to length.
    pub result: String,
    /// Number of rows with it.
    pub rows: u64,
    /// The redactions, from left to right.
    pub redactions: Vec<Redaction>,
}

/// One replaced piece of text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redaction {
    /// The rule that found it.
    pub rule: Cow<'static, str>,
    /// The kind of identifier.
    pub kind: IdentifierKind,
    /// Its start in the original, in characters (code points, which are also UTF-16 units here).
    pub start: usize,
    /// Its end in the original.
    pub end: usize,
    /// The replacement.
    pub replacement: String,
}

/// How a text was changed to fit the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CleanedBy {
    /// Control characters, and characters beyond the Basic Multilingual Plane, became U+FFFD.
    Characters,
    /// Cut to the wire format's length.
    Length,
    /// Text that is not part of a version was cut from a version.
    Version,
    /// A NULL, which the stock site rejects, became the empty string.
    Null,
}

/// Texts of a field that were changed to fit the wire format.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cleaned {
    /// Name of the group, or of a part of a pair, such as `info.sysDescr`.
    pub field: String,
    /// How it was changed.
    pub by: CleanedBy,
    /// Number of rows.
    pub rows: u64,
}

/// Why something was left out of the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The install's database lacks the table or column.
    Missing,
    /// The host did not provide it.
    NotRead,
    /// The admin did not consent to the category.
    Category,
    /// Newer than the schema that the admin accepted.
    Newer,
    /// The admin withholds this label.
    Withheld,
    /// Labels of a single device with a word outside their group's vocabulary; see [`Findings::rare`].
    Rare,
    /// A number that the wire format cannot carry (negative, or beyond 2^31 − 1).
    OutOfRange,
    /// A label that must be a number but is not.
    NotANumber,
    /// After sanitising, the second pass still found a known identifier or an admin's word in it. For
    /// a version: found before the version was cut.
    Identifying,
}

/// A label of a single device with a word outside its group's vocabulary: LibreNMS may have composed it from a name
/// or serial number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RareLabel {
    /// Name of the group.
    pub field: String,
    /// The label, in the form in which it would be sent.
    pub label: String,
    /// How many rows have it.
    pub rows: u64,
    /// Whether it is in the payload because the admin included it.
    pub included: bool,
}

/// Something that was left out of the payload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// Name of the group, `info`, or a device field.
    pub field: String,
    /// The reason.
    pub reason: Reason,
    /// Number of entries, unless the whole field was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u64>,
    /// The device field whose value was still in it, or `terms`, if the second pass left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_by: Option<String>,
    /// The table or column that is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}
