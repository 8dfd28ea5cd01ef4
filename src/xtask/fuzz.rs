//! Looks for inputs that break what collector and receiver promise, and for rules that nothing would miss.

use crate::run::{cargo, command, root, run, say};
use crate::tools;
use anyhow::Result;

/// Runs libFuzzer on some targets. What it finds lies in tests/fuzz/artifacts; mended, it belongs into
/// tests/fuzz/regressions.
pub(crate) fn fuzz(targets: &[String], seconds: u32) -> Result<()> {
    tools::for_fuzzing()?;
    for target in targets {
        say(&format!("feeding {target} for {seconds} seconds"));
        let folder = root().join("tests/fuzz");
        let grown = root().join("target/fuzz/corpus").join(target);
        for folder in [&grown, &folder.join("regressions").join(target)] {
            std::fs::create_dir_all(folder)?;
        }
        let mut fuzz = command("cargo-fuzz");
        fuzz.args(["fuzz", "run", "--fuzz-dir"]).arg(&folder).arg("--target-dir").arg(root().join("target/fuzz"));
        fuzz.arg(target).arg(grown).arg(folder.join("seeds").join(target)).arg(folder.join("regressions").join(target));
        fuzz.args(["--", "-max_len=4096", &format!("-max_total_time={seconds}")]);
        run(fuzz.env("RUSTUP_TOOLCHAIN", "nightly"))?;
    }
    Ok(())
}

/// Runs the test that removes and breaks every rule.
pub(crate) fn mutants() -> Result<()> {
    crate::assets::build()?;
    let test = "every_rule_that_is_removed_or_broken_is_missed_by_an_example";
    run(cargo().args(["test", "--locked", "--package", "callback-tests", "--test", "sanitiser", test]))
}
