//! What the receiver answers: that it keeps a report, that it cleared an install, what it holds. Signed by
//! [`crate::signing`].

use crate::day::Day;
use crate::store::{HeldReport, Removed};
use crate::wire::Cleaned;
use callback_collector::dictionary;
use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

/// Days for which a report is kept, unless configured otherwise.
pub const RETENTION_DAYS: i32 = 90;

/// Name and version of this receiver, as receipts give it.
pub const RECEIVER: &str = concat!("callback-receiver/", env!("CARGO_PKG_VERSION"));

/// The receipt of a report, not yet signed.
#[must_use]
pub fn report(payload_sha256: &str, day: Day, retention_days: i32, cleaned: &Cleaned) -> Value {
    let cleaned: Map<String, Value> =
        cleaned.iter().map(|(rule, entries)| (rule.name().to_owned(), json!(entries))).collect();
    json!({
        "payload_sha256": payload_sha256,
        "day": day.to_string(),
        "expires": day.plus(retention_days).to_string(),
        "cleaned": cleaned,
        "receiver": RECEIVER,
    })
}

/// The receipt of a clear, not yet signed. It names no install: whoever asked knows which one.
#[must_use]
pub fn clear(
    removed: Removed,
    today: Day,
    retention_days: i32,
    backup_days: i32,
    leftovers: Option<&'static str>,
) -> Value {
    let mut receipt = json!({
        "cleared": {
            "reports": removed.reports,
            "entries": removed.entries,
            "labels": removed.labels,
            "installs": removed.installs,
        },
        "day": today.to_string(),
        "lags": {
            "backups": {
                "until": today.plus(backup_days).to_string(),
                "what": "backups made before; a restored one is cleared again",
            },
            "tombstone": {
                "until": today.plus(retention_days).to_string(),
                "what": "a keyed hash that says that an install was cleared",
            },
        },
        "receiver": RECEIVER,
    });
    if let Some(what) = leftovers {
        receipt["lags"]["database"] = json!({"until": today.plus(retention_days).to_string(), "what": what});
    }
    receipt
}

/// All that is held of an install, in the form of the payloads it came in.
#[must_use]
pub fn held(reports: &[HeldReport], retention_days: i32) -> Value {
    let reports: Vec<Value> = reports
        .iter()
        .map(|report| {
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
                    entries.push(Value::Object(entry));
                }
            }
            json!({
                "day": report.day.to_string(),
                "expires": report.day.plus(retention_days).to_string(),
                "payload_sha256": HEXLOWER.encode(&report.payload_sha256),
                "module_sha256": report.module_sha256.map(|digest| HEXLOWER.encode(&digest)),
                "data": data,
                "info": info,
            })
        })
        .collect();
    json!({"reports": reports, "receiver": RECEIVER})
}
