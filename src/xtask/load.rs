//! Load-tests the receiver with release builds. The programs that measure are in the tests' package.

use crate::run::{cargo, command, root, run, say};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Load, or kills under load.
pub(crate) fn load(what: &[String]) -> Result<()> {
    run(built("load")?.args(what))
}

/// Fills a store with a simulated world.
pub(crate) fn simulate(installs: u32, days: u32, seed: u64, out: &Path) -> Result<()> {
    let (installs, days, seed) = (installs.to_string(), days.to_string(), seed.to_string());
    let mut simulate = built("simulate")?;
    run(simulate.args(["--installs", &installs, "--days", &days, "--seed", &seed, "--out"]).arg(out))
}

fn built(program: &str) -> Result<Command> {
    crate::assets::build()?;
    say("building for release");
    run(cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        "callback-receiver",
        "--package",
        "callback-tests",
    ]))?;
    Ok(command(root().join("target/release").join(program)))
}
