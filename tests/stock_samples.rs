//! Real payloads of stock installs, small, medium and awkward, are accepted in full: form-encoded, as plain JSON and
//! compressed.

use anyhow::{Context, Result};
use callback_tests::load::{UNLIMITED, check};
use callback_tests::receiver::{Receiver, form_headers};
use serde_json::Value;
use std::fmt::Write as _;

#[test]
fn every_sample_is_accepted_in_every_encoding() -> Result<()> {
    let samples = std::env::var_os("STOCK_SAMPLES")
        .context("STOCK_SAMPLES is not set; run cargo xtask test --stock-samples FOLDER")?;
    let folder = tempfile::tempdir()?;
    let receiver = Receiver::start_in(&folder.path().join("data"), UNLIMITED)?;
    let mut taken = 0;
    for file in std::fs::read_dir(samples)? {
        let payload = std::fs::read(file?.path())?;
        let sample: Value = serde_json::from_slice(&payload)?;
        let mut encoded = String::from("data=");
        for byte in &payload {
            write!(encoded, "%{byte:02X}")?;
        }
        let bare = [b"data=", payload.as_slice(), b"&"].concat();
        let headers = form_headers(&payload, None);
        let mut receipts = Vec::new();
        for body in [encoded.as_bytes(), &bare] {
            let (status, receipt) = receiver.post("/log.php", &headers, body)?;
            assert_eq!(status, 200, "{receipt}");
            receipts.push(serde_json::from_str::<Value>(&receipt)?);
        }
        assert_eq!(receipts[0], receipts[1]);
        let cleaned = receipts[0]["cleaned"].as_object().context("what was cleaned")?;
        assert!(!cleaned.contains_key("unknown_group") && !cleaned.contains_key("old_name"), "{cleaned:?}");
        assert!(sample["data"].as_object().is_some_and(|groups| groups.len() == 50));
        taken += 1;
    }
    assert!(taken >= 3);
    check(&receiver)
}
