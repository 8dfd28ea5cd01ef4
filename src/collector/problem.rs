//! Errors of documents: a code for programs, a path and a message for people.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::fmt;
use serde::{Deserialize, Serialize};

/// The kinds of errors; their text form is part of the interface.
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
    /// A required field is missing.
    MissingField,
    /// A duplicate field.
    DuplicateField,
    /// A value of the wrong type.
    WrongType,
    /// An invalid value.
    BadValue,
    /// A schema that this version does not support.
    UnsupportedSchema,
    /// An invalid call, such as a length that does not fit.
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

/// An error. Neither the path nor the message quotes the document, so it may be logged and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// The code.
    pub code: Code,
    /// The path of the field, such as `devices[3].serial`; empty for the whole document.
    pub path: String,
    /// The message, in lower case.
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
