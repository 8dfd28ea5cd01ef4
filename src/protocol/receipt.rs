//! What a receiver confirms: that it stored a report, that it deleted an install's reports, and what it holds. The first two
//! are signed (see [`crate::signing`]).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// First line of the text that is signed for a receipt of either kind.
pub const RECEIPT: &str = "callback-receipt 1";

/// The receipt of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// SHA-256 of the payload as it was received, in hexadecimal.
    pub payload_sha256: String,
    /// The day (UTC, `YYYY-MM-DD`) that the report counts for.
    pub day: String,
    /// The day on which it is deleted.
    pub expires: String,
    /// How many entries the receiver removed or merged, by rule.
    pub cleaned: BTreeMap<String, u64>,
    /// Name and version of the receiver.
    pub receiver: String,
}

/// The receipt of a deletion. It does not name the install: the client knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearReceipt {
    /// What was deleted.
    pub cleared: Cleared,
    /// The day (UTC) of the deletion.
    pub day: String,
    /// What remains for a while, and until when: by name.
    pub lags: BTreeMap<String, Lag>,
    /// Name and version of the receiver.
    pub receiver: String,
}

/// How much a deletion removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cleared {
    /// Reports.
    pub reports: u64,
    /// Rows of these reports.
    pub entries: u64,
    /// Labels that no other report has.
    pub labels: u64,
    /// Installs: 1, or 0 if the receiver held nothing.
    pub installs: u64,
}

/// A copy that remains for a while after a deletion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Lag {
    /// The last day (UTC) on which it exists.
    pub until: String,
    /// What it is.
    pub what: String,
}

/// Everything that a receiver holds of an install.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldReports {
    /// The reports, oldest first.
    pub reports: Vec<HeldReport>,
    /// Name and version of the receiver.
    pub receiver: String,
}

/// One stored report: in the form of the payload, without the install's uuid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldReport {
    /// The day (UTC) that it counts for.
    pub day: String,
    /// The day on which it is deleted.
    pub expires: String,
    /// SHA-256 of the payload, in hexadecimal.
    pub payload_sha256: String,
    /// SHA-256 of the module that built it, if the agent sent it.
    pub module_sha256: Option<String>,
    /// Totals by group, as in the payload's `data`.
    pub data: Map<String, Value>,
    /// Device descriptions, as in the payload's `info`.
    pub info: Vec<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_of_other_versions_are_read() {
        let receipt = json!({"payload_sha256": "a", "day": "b", "expires": "c", "cleaned": {"merged": 1},
            "receiver": "d", "key": "e", "signature": "f", "of a later version": {}});
        let receipt: Receipt = serde_json::from_value(receipt).unwrap();
        assert_eq!((receipt.cleaned["merged"], &*receipt.expires), (1, "c"));
    }

    #[test]
    fn field_names_match_the_wire_format() {
        let lag = Lag { until: "2026-10-30".into(), what: "backups".into() };
        let receipt = ClearReceipt {
            cleared: Cleared { reports: 1, entries: 2, labels: 3, installs: 1 },
            day: "2026-08-01".into(),
            lags: [("backups".to_owned(), lag)].into(),
            receiver: "r/1".into(),
        };
        assert_eq!(
            serde_json::to_value(&receipt).unwrap(),
            json!({"cleared": {"reports": 1, "entries": 2, "labels": 3, "installs": 1}, "day": "2026-08-01",
                "lags": {"backups": {"until": "2026-10-30", "what": "backups"}}, "receiver": "r/1"})
        );
    }
}
