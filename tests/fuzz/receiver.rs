//! Properties of any input from the network, shared by the fuzzer's targets and the test that replays its findings.

use callback_receiver::wire::{self, MAX_BODY, MAX_ENTRIES, form};

/// A form body, as stock clients of every age send it.
///
/// # Panics
/// If a field or decompressed data exceeds its limit.
pub(crate) fn form(body: &[u8]) {
    if let Ok(payload) = form::payload(body) {
        assert!(payload.len() <= body.len(), "a field is longer than the body that it is in");
        report(&payload);
    }
    let _ = form::field(body, "uuid");
    if let Ok(bytes) = form::unpacked(body, Some("gzip")) {
        assert!(bytes.len() <= MAX_BODY, "more was unpacked than is allowed");
    }
}

/// A payload is rejected without quoting it, or becomes a report that keeps what the store relies on.
///
/// # Panics
/// If a report holds more or longer texts than the store takes, or a rejection may quote.
pub(crate) fn report(payload: &[u8]) {
    match wire::report(payload) {
        Ok(report) => {
            assert!(report.totals.len() <= MAX_ENTRIES, "too many entries");
            for label in report.totals.keys() {
                let (os, oid) = label.pair.as_ref().map_or(("", ""), |(os, oid)| (os, oid));
                for text in [label.text.as_deref().unwrap_or_default(), os, oid] {
                    assert!(text.chars().count() <= 255 && !text.contains('\0'), "a text that the store cannot take");
                }
            }
        }
        Err(refusal) => assert!(refusal.path.len() < 200 && refusal.path.is_ascii(), "a path may quote the payload"),
    }
}
