//! Reads a report off the wire: bounded before it costs anything, strict where that protects, lenient where LibreNMS
//! really sends odd things.
//!
//! [`form`] finds the payload in a request's body, [`scan`] bounds it, [`parse`] reads it with [`scalar`] and [`clean`]
//! sanitises it again. What comes out is a [`Report`]; nothing else of a request goes further.

pub mod clean;
pub mod form;
pub mod parse;
pub mod scalar;
pub mod scan;
mod visit;

use crate::code::Code;
use callback_collector::dictionary::Group;
use std::collections::BTreeMap;

/// Most bytes of a request's body, as it is sent and once it is unpacked.
pub const MAX_BODY: usize = 24 << 20;

/// Most bytes of a payload. A large install's has about one million; form encoding may triple that.
pub const MAX_PAYLOAD: usize = 8 << 20;

/// Most entries of a report, over all groups and pairs. A large install has about ten thousand.
pub const MAX_ENTRIES: usize = 100_000;

/// Deepest nesting of a payload. A report has four levels; unknown keys may have some more.
pub const MAX_DEPTH: usize = 16;

/// A report that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The install's pseudonym; goes no further than the keyed hash.
    pub uuid: String,
    /// SHA-256 of the payload's bytes as they came in.
    pub payload_sha256: String,
    /// Labels with their totals, equal ones merged, in the order of [`Label`].
    pub totals: BTreeMap<Label, u64>,
    /// What had to be changed or left out, by rule, in entries.
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

/// How something in a report was cleaned; the text form stands in receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A group that is not in the dictionary was dropped.
    UnknownGroup,
    /// A key that an entry or the payload should not have was dropped.
    UnknownKey,
    /// A name that older versions of LibreNMS used was understood as today's.
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
    /// Characters that cannot be kept became U+FFFD.
    Characters,
    /// A text was cut to its column's length.
    Length,
    /// The sanitiser found an identifier.
    Identifier,
    /// The install's pseudonym stood in a text.
    Pseudonym,
    /// Entries that are equal now were added up.
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

    /// Whether a payload that names its schema may need it: what our own module never sends is refused there.
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
    /// What the code's message needs, if it needs anything.
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

/// Reads a payload: bounds, structure, rules, sanitising.
///
/// # Errors
/// A [`Refusal`] for what is no report.
pub fn report(payload: &[u8]) -> Result<Report, Refusal> {
    let text = std::str::from_utf8(payload).map_err(|_| Refusal::at("", Code::Utf8Invalid))?;
    scan::bounds(payload)?;
    let parsed = parse::payload(text)?;
    Ok(clean::report(parsed, payload))
}

#[cfg(test)]
mod tests;
