//! Builds what the receiver confirms to an install: receipts, which [`crate::signing`] signs, and what it holds.

use crate::day::Day;
use crate::store::{HeldReport, Removed};
use crate::wire::Cleaned;
use callback_collector::dictionary;
use callback_protocol::receipt::{self, ClearReceipt, Cleared, HeldReports, Lag, Receipt};
use data_encoding::HEXLOWER;
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// Days for which a report is kept, unless configured otherwise.
pub const RETENTION_DAYS: i32 = 90;

/// Name and version of this receiver, as receipts give it.
pub const RECEIVER: &str = concat!("callback-receiver/", env!("CARGO_PKG_VERSION"));

/// The receipt of a report, not yet signed.
#[must_use]
pub fn report(payload_sha256: &str, day: Day, retention_days: i32, cleaned: &Cleaned) -> Receipt {
    Receipt {
        payload_sha256: payload_sha256.to_owned(),
        day: day.to_string(),
        expires: day.plus(retention_days).to_string(),
        cleaned: cleaned.iter().map(|(rule, entries)| (rule.name().to_owned(), *entries)).collect(),
        receiver: RECEIVER.to_owned(),
    }
}

/// The receipt of a deletion, not yet signed. It names no install: whoever asked knows it. `request_hmac` says for which
/// request it is, if that had a nonce.
#[must_use]
pub fn clear(
    removed: Removed,
    today: Day,
    retention_days: i32,
    backup_days: i32,
    leftovers: Option<&'static str>,
    request_hmac: Option<String>,
) -> ClearReceipt {
    let lag = |days: i32, what: &str| Lag { until: today.plus(days).to_string(), what: what.to_owned() };
    let mut lags = BTreeMap::from([
        ("backups".to_owned(), lag(backup_days, "backups made before; a restored one is cleared again")),
        ("tombstone".to_owned(), lag(retention_days, "a keyed hash that says that an install was cleared")),
    ]);
    if let Some(what) = leftovers {
        lags.insert("database".to_owned(), lag(retention_days, what));
    }
    let Removed { reports, entries, labels, installs } = removed;
    ClearReceipt {
        cleared: Cleared { reports, entries, labels, installs },
        day: today.to_string(),
        lags,
        receiver: RECEIVER.to_owned(),
        request_hmac,
    }
}

/// Everything that is held of an install, in the form of the payloads that it arrived in.
#[must_use]
pub fn held(reports: &[HeldReport], retention_days: i32) -> HeldReports {
    let reports = reports.iter().map(|report| held_report(report, retention_days)).collect();
    HeldReports { reports, receiver: RECEIVER.to_owned() }
}

fn held_report(report: &HeldReport, retention_days: i32) -> receipt::HeldReport {
    let mut data = Map::new();
    let mut info = Vec::new();
    for (label, total) in &report.totals {
        if let Some((os, oid)) = &label.pair {
            info.push(json!({"count": total, "os": os, "sysDescr": label.text, "sysObjectID": oid}));
            continue;
        }
        let mut entry = Map::from_iter([("total".to_owned(), json!(total))]);
        if let Some(key) = dictionary::group(label.group).and_then(|group| group.label) {
            entry.insert(key.to_owned(), json!(label.text));
        }
        let entries = data.entry(label.group).or_insert_with(|| json!([]));
        if let Some(entries) = entries.as_array_mut() {
            entries.push(entry.into());
        }
    }
    receipt::HeldReport {
        day: report.day.to_string(),
        expires: report.day.plus(retention_days).to_string(),
        payload_sha256: HEXLOWER.encode(&report.payload_sha256),
        module_sha256: report.module_sha256.map(|digest| HEXLOWER.encode(&digest)),
        data,
        info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Label, Rule};

    /// Receipts and held reports as version 0.1.0 wrote them, byte for byte.
    #[test]
    fn documents_are_those_of_the_first_version() {
        let text = |document: serde_json::Result<serde_json::Value>| document.unwrap().to_string();
        let day = Day(20_000);
        let cleaned = Cleaned::from([(Rule::NumberAsText, 2), (Rule::Identifier, 1)]);
        assert_eq!(
            text(serde_json::to_value(report("ab", day, 90, &cleaned))),
            format!(
                "{{\"cleaned\":{{\"identifier\":1,\"number_as_text\":2}},\"day\":\"2024-10-04\",\"expires\":\"2025-01-02\",\
                 \"payload_sha256\":\"ab\",\"receiver\":\"{RECEIVER}\"}}"
            )
        );
        let removed = Removed { reports: 1, entries: 2, labels: 3, installs: 1 };
        assert_eq!(
            text(serde_json::to_value(clear(removed, day, 90, 7, None, None))),
            format!(
                "{{\"cleared\":{{\"entries\":2,\"installs\":1,\"labels\":3,\"reports\":1}},\"day\":\"2024-10-04\",\"lags\":{{\
                 \"backups\":{{\"until\":\"2024-10-11\",\"what\":\"backups made before; a restored one is cleared again\"}},\
                 \"tombstone\":{{\"until\":\"2025-01-02\",\"what\":\"a keyed hash that says that an install was cleared\"}}}},\
                 \"receiver\":\"{RECEIVER}\"}}"
            )
        );
        let os = dictionary::group("os").unwrap();
        let totals = BTreeMap::from([(Label::of(os, Some("ios".into())), 4)]);
        let stored = HeldReport { day, payload_sha256: [1; 32], module_sha256: None, totals };
        assert_eq!(
            text(serde_json::to_value(held(&[stored], 90))),
            format!(
                "{{\"receiver\":\"{RECEIVER}\",\"reports\":[{{\"data\":{{\"os\":[{{\"os\":\"ios\",\"total\":4}}]}},\
                 \"day\":\"2024-10-04\",\"expires\":\"2025-01-02\",\"info\":[],\"module_sha256\":null,\
                 \"payload_sha256\":\"{}\"}}]}}",
                "01".repeat(32)
            )
        );
    }
}
