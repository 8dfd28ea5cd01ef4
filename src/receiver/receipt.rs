//! What the receiver answers to a report that it keeps.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Days for which a report is kept.
pub const RETENTION_DAYS: i64 = 90;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 of the payload that came in.
    pub payload_sha256: String,
    /// The day (UTC) that the report counts for.
    pub day: String,
    /// The day (UTC) from which on nothing of it can be read.
    pub expires: String,
    /// Name and version of the receiver.
    pub receiver: String,
}

impl Receipt {
    /// The receipt of a payload that came in on a day.
    #[must_use]
    pub fn new(payload_sha256: &str, day: Date) -> Self {
        Self {
            payload_sha256: payload_sha256.to_owned(),
            day: day.to_string(),
            expires: day.saturating_add(RETENTION_DAYS.days()).to_string(),
            receiver: concat!("callback-receiver/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
