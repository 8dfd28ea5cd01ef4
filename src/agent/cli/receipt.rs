//! Receipts as text.

use super::output;
use crate::trust::ReceiptCheck;
use callback_common::display::counted;
use callback_protocol::agent_api::ReceiptBinding;
use callback_protocol::receipt::ClearReceipt;
use serde_json::Value;

/// The result of checking a receipt's signature, as one line.
pub(super) fn check_line(proof: ReceiptCheck) -> String {
    format!("check     the receipt is {}", proof.description())
}

/// The receipt of a report, as one line.
pub(super) fn receipt_line(receipt: &Value) -> String {
    let word = |key: &str| output::visible(receipt[key].as_str().unwrap_or("?"));
    format!("day {}, expires {}, SHA-256 {}", word("day"), word("expires"), word("payload_sha256"))
}

/// What a receipt is bound to, as one line.
pub(super) fn binding_line(binding: ReceiptBinding) -> String {
    format!("request   the receipt is {}", binding.description())
}

/// The receipt of a deletion, as lines. A receipt with unknown fields is printed unchanged.
pub(super) fn receipt_lines(receipt: &Value) -> Vec<String> {
    let Ok(ClearReceipt { cleared, day, lags, receiver, .. }) = serde_json::from_value(receipt.clone()) else {
        return vec![format!("receipt   {}", output::visible(&receipt.to_string()))];
    };
    let mut lines = vec![
        format!(
            "deleted   {} with {}, and {} that no other install has",
            counted(cleared.reports, "report"),
            counted(cleared.entries, "row"),
            counted(cleared.labels, "label")
        ),
        format!("day       {}, by {}", output::visible(&day), output::visible(&receiver)),
    ];
    for (name, lag) in &lags {
        lines.push(format!(
            "until     {}: {} ({})",
            output::visible(&lag.until),
            output::visible(name),
            output::visible(&lag.what)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_readable_and_escaped() {
        let receipt = include_str!("../../../tests/snapshots/clear-receipt-0.1.0.json");
        let mut receipt: Value = serde_json::from_str(receipt).unwrap();
        assert_eq!(
            receipt_lines(&receipt),
            [
                "deleted   1 report with 1 row, and 1 label that no other install has",
                "day       2026-11-29, by callback-receiver/0.1.0",
                "until     2026-12-06: backups (backups made before; a restored one is cleared again)",
                "until     2027-02-27: tombstone (a keyed hash that says that an install was cleared)",
            ]
        );
        receipt["day"] = "\u{1b}[2J".into();
        assert!(receipt_lines(&receipt).concat().contains("<U+001B>"));
        receipt["lags"] = "\u{1b}[2J".into();
        assert!(!receipt_lines(&receipt).concat().contains('\u{1b}'));
    }
}
