//! What can be wrong with a document that is handed in: a code for programs, a path and a sentence for people.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Kinds of problems; the text form is part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Code {
    /// The document is larger than [`crate::MAX_FACTS_BYTES`].
    TooLarge,
    /// The document is not JSON.
    NotJson,
    /// A field that this version does not know.
    UnknownField,
    /// A field that must be there is not.
    MissingField,
    /// A field is there twice.
    DuplicateField,
    /// A value of another type than expected.
    WrongType,
    /// A value of the right type that is not allowed.
    BadValue,
    /// A schema that this version cannot read.
    UnsupportedSchema,
    /// The caller handed over something that the interface does not take (a length that does not fit, say).
    BadCall,
}

impl Code {
    /// The text form, as in the JSON problem.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotJson => "not_json",
            Self::UnknownField => "unknown_field",
            Self::MissingField => "missing_field",
            Self::DuplicateField => "duplicate_field",
            Self::WrongType => "wrong_type",
            Self::BadValue => "bad_value",
            Self::UnsupportedSchema => "unsupported_schema",
            Self::BadCall => "bad_call",
        }
    }
}

/// One problem. Neither the path nor the message holds a value of the document, so it may be logged and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// What kind of problem.
    pub code: Code,
    /// Where, as in `devices[3].serial`; empty for the document as a whole.
    pub path: String,
    /// What was expected, in lower case.
    pub message: String,
}

impl Problem {
    /// A problem with the field at `path`.
    #[must_use]
    pub fn new(code: Code, path: &str, message: &str) -> Self {
        Self { code, path: path.to_owned(), message: message.to_owned() }
    }

    /// The problem as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{} ({})", self.message, self.code.as_str())
        } else {
            write!(f, "{}: {} ({})", self.path, self.message, self.code.as_str())
        }
    }
}

impl core::error::Error for Problem {}
