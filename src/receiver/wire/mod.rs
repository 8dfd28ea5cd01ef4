//! Reads a report: checks its limits before parsing, rejects what is malformed, and accepts the unusual data that
//! LibreNMS really sends.
//!
//! [`form`] finds the payload in a request's body, [`scan`] checks its limits, [`parse`] reads it, and [`clean`] sanitises
//! it again. The result is a [`Report`]; nothing else of a request goes further.

pub mod clean;
mod entry;
pub mod form;
pub mod parse;
pub mod reader;
pub mod scalar;
pub mod scan;
pub mod uuid;
mod visit;

use crate::code::Code;
use callback_collector::dictionary::Group;
use std::collections::BTreeMap;

/// Maximum size of a request's body, as sent and after unpacking.
pub const MAX_BODY: usize = 24 << 20;

/// Maximum size of a payload. That of a large install has about one million bytes; form encoding may triple it.
pub const MAX_PAYLOAD: usize = 8 << 20;

/// Maximum number of entries of a report, with pairs. A large install has about ten thousand.
pub const MAX_ENTRIES: usize = 100_000;

/// Maximum nesting of a payload. A report has four levels; unknown keys may have more.
pub const MAX_DEPTH: usize = 16;

/// A report that can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The install's uuid. Only a keyed hash of it is stored.
    pub uuid: String,
    /// SHA-256 of the payload as it was received.
    pub payload_sha256: String,
    /// Labels with their totals, equal ones merged, in the order of [`Label`].
    pub totals: BTreeMap<Label, u64>,
    /// How many entries were changed or left out, by rule.
    pub cleaned: Cleaned,
}

/// Entries by the rule that cleaned them.
pub type Cleaned = BTreeMap<Rule, u64>;

/// What is counted: a label of a group, or a pair, which is a label of the group [`INFO`].
///
/// [`INFO`]: callback_collector::dictionary::INFO
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Name of the group.
    pub group: &'static str,
    /// The label, numbers as text; a pair's sysDescr; nothing for NULL and for groups without a label.
    pub text: Option<String>,
    /// A pair's os and sysObjectID.
    pub pair: Option<(String, String)>,
}

impl Label {
    /// A group's label.
    #[must_use]
    pub const fn of(group: &Group, text: Option<String>) -> Self {
        Self { group: group.name, text, pair: None }
    }
}

/// How something in a report was cleaned. Receipts contain the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A group that is not in the dictionary was dropped.
    UnknownGroup,
    /// A key that an entry or the payload should not have was dropped.
    UnknownKey,
    /// A name of an older version of LibreNMS was replaced by today's.
    OldName,
    /// A number in a string was read as the number.
    NumberAsText,
    /// A label that is a number was written as text, or its number was normalised.
    LabelAsNumber,
    /// A label is NULL and stays so.
    NullLabel,
    /// A pair's NULL became the empty string.
    NullText,
    /// A total of a group that has one entry for each install became 1.
    FixedTotal,
    /// Characters that cannot be stored became U+FFFD.
    Characters,
    /// A text was cut to its column's length.
    Length,
    /// The sanitiser found an identifier.
    Identifier,
    /// The install's uuid was in a text.
    Pseudonym,
    /// Entries that became equal were added up.
    Merged,
}

impl Rule {
    /// The name in receipts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownGroup => "unknown_group",
            Self::UnknownKey => "unknown_key",
            Self::OldName => "old_name",
            Self::NumberAsText => "number_as_text",
            Self::LabelAsNumber => "label_as_number",
            Self::NullLabel => "null_label",
            Self::NullText => "null_text",
            Self::FixedTotal => "fixed_total",
            Self::Characters => "characters",
            Self::Length => "length",
            Self::Identifier => "identifier",
            Self::Pseudonym => "pseudonym",
            Self::Merged => "merged",
        }
    }

    /// Whether a payload that names its schema may need it. Data that this project's module never sends is rejected there.
    #[must_use]
    pub const fn fits_own_schema(self) -> bool {
        matches!(self, Self::NullLabel | Self::LabelAsNumber | Self::Identifier | Self::Merged)
    }
}

/// Why a request is rejected. It holds no value of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong; it decides the status of the answer.
    pub code: Code,
    /// Where, as in `data.sensors[3].total`; empty for the whole request.
    pub path: String,
    /// The detail in the code's message, if it has one.
    pub detail: &'static str,
}

impl Refusal {
    pub(crate) fn at(path: impl Into<String>, code: Code) -> Self {
        Self::with(path, code, "")
    }

    pub(crate) fn with(path: impl Into<String>, code: Code, detail: &'static str) -> Self {
        Self { code, path: path.into(), detail }
    }
}

/// Reads a payload: checks limits and structure, cleans and sanitises.
///
/// # Errors
/// A [`Refusal`] if it is not a valid report.
pub fn report(payload: &[u8]) -> Result<Report, Refusal> {
    let text = std::str::from_utf8(payload).map_err(|_| Refusal::at("", Code::Utf8Invalid))?;
    scan::bounds(payload)?;
    let parsed = parse::payload(text)?;
    Ok(clean::report(parsed, payload))
}

#[cfg(test)]
mod tests;
