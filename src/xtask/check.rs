//! All checks and tests, cheapest first.

use crate::run::{cargo, command, output, root, run, run_quietly, say};
use crate::{assets, tools};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs all checks; `corpus`, `generator` and `samples` add those that need them.
pub(crate) fn test(corpus: Option<&Path>, generator: Option<&Path>, samples: Option<&Path>) -> Result<()> {
    tools::for_tests()?;
    formatting()?;
    say("licences, advisories, sources (cargo deny)");
    deny()?;
    assets::build()?;
    say("types of the npm packages");
    let strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--types", "", "--lib"];
    // Only the element's types need those of the browser.
    run_quietly(tsc().args(strict).args(["es2022", "pkg/index.d.ts", "pkg/slim.d.ts"]))?;
    run_quietly(tsc().args(strict).args(["es2022,dom", "www/callback-preview.d.ts"]))?;
    pages()?;
    host_lints()?;
    say("lints for WebAssembly");
    run(cargo()
        .args(["clippy", "--quiet", "--package", "callback-module", "--target", "wasm32-unknown-unknown", "--locked"])
        .args(["--", "--deny", "warnings"]))?;
    say("documentation");
    run(cargo()
        .args(["doc", "--quiet", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "--deny warnings"))?;
    say("tests");
    run(cargo().args(["build", "--quiet", "--workspace", "--locked"]))?;
    let mut tests = cargo_test();
    match generator {
        Some(generator) => tests
            .env("INSTALL_GENERATOR", absolute(generator)?)
            .args(["--features", "callback-tests/install-generator"]),
        None => tests.env_remove("INSTALL_GENERATOR"),
    };
    if let Some(corpus) = corpus {
        tests.env("CORPUS", absolute(corpus)?).args(["--features", "callback-tests/corpus,callback-measure/corpus"]);
    }
    if let Some(samples) = samples {
        tests.env("STOCK_SAMPLES", absolute(samples)?).args(["--features", "callback-tests/stock-samples"]);
    }
    if generator.is_some() || corpus.is_some() {
        tests.env("TEST_PYTHON", tools::python()?);
    }
    run(&mut tests)?;
    if generator.is_none() || corpus.is_none() || samples.is_none() {
        say(
            "passed, without the checks that need the options --corpus, --install-generator or --stock-samples you left out",
        );
    }
    Ok(())
}

/// The edit loop: checks that need no servers, no browsers and no new module.
pub(crate) fn fast() -> Result<()> {
    let start = Instant::now();
    formatting()?;
    if !root().join("target/assets/collector.wasm").exists() {
        // The agent embeds the module and does not compile without it. Later runs reuse it.
        assets::build()?;
    }
    tools::npm_packages()?;
    pages()?;
    host_lints()?;
    say("unit tests");
    // With the whole workspace selected, features are the same as in the full run and nothing is built twice.
    run(cargo_test().args([
        "--quiet",
        "--lib",
        "--bin",
        "callback-agent",
        "--bin",
        "callback-receiver",
        "--bin",
        "xtask",
    ]))?;
    say(&format!("passed in {} s; run `cargo xtask test` for the rest", start.elapsed().as_secs()));
    Ok(())
}

fn formatting() -> Result<()> {
    say("formatting");
    run(cargo().args(["fmt", "--all", "--check"]))
}

fn tsc() -> Command {
    command(root().join("node_modules/.bin/tsc"))
}

/// Type-checks the pages and runs the `test` script of `www/package.json`, if it has one.
fn pages() -> Result<()> {
    say("types and unit tests of the pages");
    run_quietly(tsc().args(["--noEmit", "--project", "www"]))?;
    run_quietly(command("npm").args(["run", "--workspace", "www", "--if-present", "--silent", "test"]))
}

fn host_lints() -> Result<()> {
    say("lints");
    run(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))
}

fn cargo_test() -> Command {
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    // Errors that tests return say what happened; a backtrace of the test's own frames only hides it.
    tests.env("RUST_LIB_BACKTRACE", "0");
    tests
}

/// Fetches the advisory database if the network allows; without it, the other checks still run.
fn deny() -> Result<()> {
    let deny = |arguments: &[&str]| {
        let mut command = command("cargo-deny");
        command.args(["--log-level", "error"]).args(arguments);
        command
    };
    run(&mut deny(&["check", "bans", "licenses", "sources"]))?;
    if output(&mut deny(&["fetch", "db"])).is_none() {
        say("cannot fetch the advisory database; skipped the check for advisories");
        return Ok(());
    }
    run(&mut deny(&["check", "--disable-fetch", "advisories"]))
}

fn absolute(path: &Path) -> Result<std::path::PathBuf> {
    std::env::current_dir()?
        .join(path)
        .canonicalize()
        .with_context(|| format!("no such file or directory: {}", path.display()))
}
