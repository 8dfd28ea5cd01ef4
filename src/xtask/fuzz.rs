//! Fuzzes the collector and the receiver, and tests the examples of the rules by mutation.

use crate::run::{cargo, command, root, run, say};
use crate::tools;
use anyhow::Result;

/// Runs libFuzzer on some targets. It writes failing inputs to tests/fuzz/artifacts; after the fix they belong in
/// tests/fuzz/regressions.
pub(crate) fn fuzz(targets: &[String], seconds: u32) -> Result<()> {
    tools::for_fuzzing()?;
    for target in targets {
        say(&format!("fuzzing {target} for {seconds} seconds"));
        let directory = root().join("tests/fuzz");
        let grown = root().join("target/fuzz/corpus").join(target);
        for directory in [&grown, &directory.join("regressions").join(target)] {
            std::fs::create_dir_all(directory)?;
        }
        let mut fuzz = command("cargo-fuzz");
        fuzz.args(["fuzz", "run", "--fuzz-dir"]).arg(&directory).arg("--target-dir").arg(root().join("target/fuzz"));
        fuzz.arg(target)
            .arg(grown)
            .arg(directory.join("seeds").join(target))
            .arg(directory.join("regressions").join(target));
        fuzz.args(["--", "-max_len=4096", &format!("-max_total_time={seconds}")]);
        run(fuzz.env("RUSTUP_TOOLCHAIN", "nightly"))?;
    }
    Ok(())
}

/// Runs the test that removes and breaks each rule.
pub(crate) fn mutants() -> Result<()> {
    crate::assets::build()?;
    let test = "removing_or_breaking_any_rule_fails_an_example";
    run(cargo().args(["test", "--locked", "--package", "callback-tests", "--test", "sanitiser", test]))
}
