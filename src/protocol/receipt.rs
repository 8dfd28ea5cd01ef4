//! What a receiver confirms: that it stored a report, that it deleted an install's reports, and what it holds. The first two
//! are signed (see [`crate::signing`]).

use crate::signing::{self, PublicKey};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::Sha256;
use std::collections::BTreeMap;

/// First line of the text that is signed for the receipt of a report, and of a deletion whose request had no nonce.
pub const RECEIPT: &str = "callback-receipt 1";

/// First line of the text that is signed for the receipt of a deletion whose request had a nonce.
pub const BOUND_CLEAR_RECEIPT: &str = "callback-clear-receipt 1";

/// Name of the field that binds the receipt of a deletion to its request.
pub const REQUEST_HMAC: &str = "request_hmac";

/// First line of the text that [`ClearNonce::request_hmac`] authenticates; the second is `uuid=` and the uuid.
const CLEAR_REQUEST: &str = "callback-clear 1";

/// The first line of the text that is signed for a receipt: which one depends on whether it is bound, so that neither
/// signature fits the other kind.
#[must_use]
pub fn first_line(receipt: &Value) -> &'static str {
    if receipt.get(REQUEST_HMAC).is_some() { BOUND_CLEAR_RECEIPT } else { RECEIPT }
}

/// Whether a receipt of any kind carries the key's signature and has not changed since.
#[must_use]
pub fn verify(receipt: &Value, key: &PublicKey) -> bool {
    signing::verify(first_line(receipt), receipt, key)
}

/// Random bytes that an agent generates for a delete request and sends only to the receiver.
///
/// The receiver signs an HMAC of the install's uuid with the nonce as its key. So a receipt is valid only for one
/// request of one install, and reveals nothing about the uuid.
#[derive(Clone, PartialEq, Eq)]
pub struct ClearNonce([u8; Self::LENGTH]);

impl ClearNonce {
    /// Length in bytes.
    pub const LENGTH: usize = 32;

    /// The nonce with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Parses 64 hexadecimal digits; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// Its 64 hexadecimal digits, for the request and the agent's state.
    #[must_use]
    pub fn reveal(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// What binds a receipt to this nonce and to the install with this uuid, which is in lower case.
    #[must_use]
    pub fn request_hmac(&self, uuid: &str) -> String {
        // HMAC would pad a short key with zeroes itself; with a whole block, the length cannot be wrong.
        let mut block = [0; 64];
        block[..Self::LENGTH].copy_from_slice(&self.0);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(format!("{CLEAR_REQUEST}\nuuid={uuid}\n").as_bytes());
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

impl std::fmt::Debug for ClearNonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClearNonce(…)")
    }
}

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

/// The receipt of a deletion. It does not name the install: the client knows it, and can check that the receipt is for its
/// request if that had a nonce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClearReceipt {
    /// What was deleted.
    pub cleared: Cleared,
    /// The day (UTC) of the deletion.
    pub day: String,
    /// Copies that remain for a while, by name, and until when.
    pub lags: BTreeMap<String, Lag>,
    /// Name and version of the receiver.
    pub receiver: String,
    /// Which request it answers: HMAC-SHA-256 in hexadecimal, of the lines `callback-clear 1` and `uuid=…`, with the
    /// request's nonce as key. Absent if the request had no nonce.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_hmac: Option<String>,
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

/// Everything that a receiver holds for an install.
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
            request_hmac: None,
        };
        let mut fields = json!({"cleared": {"reports": 1, "entries": 2, "labels": 3, "installs": 1}, "day": "2026-08-01",
            "lags": {"backups": {"until": "2026-10-30", "what": "backups"}}, "receiver": "r/1"});
        assert_eq!(serde_json::to_value(&receipt).unwrap(), fields);
        fields["request_hmac"] = "ab".into();
        assert_eq!(serde_json::to_value(ClearReceipt { request_hmac: Some("ab".into()), ..receipt }).unwrap(), fields);
    }

    const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

    #[test]
    fn what_binds_a_receipt_depends_on_nonce_and_uuid_and_shows_neither() {
        let nonce = ClearNonce::from_bytes([7; 32]);
        // Computed with Python's hmac module.
        assert_eq!(nonce.request_hmac(UUID), "83ea870e5c7b8caa77733924d60c3ed4859c387ee0785fa8941da1c3ac2e6a24");
        let others = [
            ClearNonce::from_bytes([8; 32]).request_hmac(UUID),
            nonce.request_hmac("0b6f1f0c-3d4e-4f5a-9b8c-7d6e5f4a3b2c"),
        ];
        assert!(!others.contains(&nonce.request_hmac(UUID)));
        assert_eq!(ClearNonce::parse(&nonce.reveal().to_uppercase()), Some(nonce.clone()));
        for text in ["", "07", &"07".repeat(33), &"0g".repeat(32)] {
            assert_eq!(ClearNonce::parse(text), None, "{text}");
        }
        assert!(!format!("{nonce:?}").contains("07"));
    }

    #[test]
    fn neither_kind_of_signature_fits_the_other_kind_of_receipt() {
        let key = crate::SecretKey::from_bytes(&[7; 32]);
        let unbound = json!({"cleared": {"reports": 1}, "day": "2026-08-01"});
        let mut bound = unbound.clone();
        bound[REQUEST_HMAC] = "ab".into();
        for (receipt, other_line) in [(unbound, BOUND_CLEAR_RECEIPT), (bound, RECEIPT)] {
            assert!(verify(&signing::sign(first_line(&receipt), &receipt, &key).unwrap(), &key.public()));
            assert!(!verify(&signing::sign(other_line, &receipt, &key).unwrap(), &key.public()));
        }
        // The binding cannot be removed, added or replaced.
        let signed = signing::sign(BOUND_CLEAR_RECEIPT, &json!({"day": "x", REQUEST_HMAC: "ab"}), &key).unwrap();
        let mut changed = signed.clone();
        changed.as_object_mut().unwrap().remove(REQUEST_HMAC);
        assert!(!verify(&changed, &key.public()));
        changed[REQUEST_HMAC] = "cd".into();
        assert!(!verify(&changed, &key.public()));
    }
}
