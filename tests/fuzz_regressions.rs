//! Replays the fuzzer's seeds and inputs that once failed. `cargo xtask fuzz` searches for more.

#[path = "fuzz/collector.rs"]
mod collector;
#[path = "fuzz/receiver.rs"]
mod receiver;

use anyhow::{Context, Result, ensure};
use std::path::Path;

/// Calls `property` with every file of a target's seeds and regressions.
fn replay(target: &str, property: fn(&[u8])) -> Result<()> {
    let mut replayed = 0;
    for kind in ["seeds", "regressions"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind).join(target);
        if kind == "regressions" && !folder.exists() {
            continue; // no regressions yet
        }
        for file in std::fs::read_dir(&folder).with_context(|| format!("{} is missing", folder.display()))? {
            let file = file?.path();
            // The file name shows which input fails.
            println!("{}", file.display());
            property(&std::fs::read(file)?);
            replayed += 1;
        }
    }
    ensure!(replayed > 1, "{target}: nothing to replay");
    Ok(())
}

#[test]
fn text_regressions_hold() -> Result<()> {
    replay("text", collector::text)
}

#[test]
fn facts_regressions_hold() -> Result<()> {
    replay("facts", collector::facts)
}

#[test]
fn form_regressions_hold() -> Result<()> {
    replay("form", receiver::form)
}

#[test]
fn report_regressions_hold() -> Result<()> {
    replay("report", receiver::report)
}
