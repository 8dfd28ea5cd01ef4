//! Every check and test, in the order in which failures are cheapest.

use crate::run::{cargo, command, output, root, run, run_quietly, say};
use crate::{assets, tools};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs everything; `corpus`, `generator` and `samples` add the checks that need them.
pub(crate) fn test(corpus: Option<&Path>, generator: Option<&Path>, samples: Option<&Path>) -> Result<()> {
    tools::for_tests()?;
    formatting()?;
    say("licences, advisories, sources (cargo deny)");
    deny()?;
    assets::build()?;
    say("types of the npm packages");
    let strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--types", "", "--lib"];
    // The collector's types need no browser, the element's do.
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
        say("done, without the checks that --corpus, --install-generator and --stock-samples add, where not given");
    }
    Ok(())
}

/// The loop while writing: what needs no server, no browser and no new module.
pub(crate) fn fast() -> Result<()> {
    let start = Instant::now();
    formatting()?;
    if !root().join("target/assets/collector.wasm").exists() {
        // The agent embeds it, so nothing compiles without; later runs take what is there.
        assets::build()?;
    }
    tools::npm_packages()?;
    pages()?;
    host_lints()?;
    say("unit tests");
    // All packages are selected, or their features would differ from the whole run's and everything would be built twice.
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
    say(&format!("passed in {} s; `cargo xtask test` runs the rest", start.elapsed().as_secs()));
    Ok(())
}

fn formatting() -> Result<()> {
    say("formatting");
    run(cargo().args(["fmt", "--all", "--check"]))
}

fn tsc() -> Command {
    command(root().join("node_modules/.bin/tsc"))
}

/// Types of the pages, and the unit tests that `www/package.json` has.
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

/// The advisories' database is fetched where the network allows; where it does not, the other checks still count.
fn deny() -> Result<()> {
    let deny = |arguments: &[&str]| {
        let mut command = command("cargo-deny");
        command.args(["--log-level", "error"]).args(arguments);
        command
    };
    run(&mut deny(&["check", "bans", "licenses", "sources"]))?;
    if output(&mut deny(&["fetch", "db"])).is_none() {
        say("the advisories' database cannot be reached from here; that check was not made");
        return Ok(());
    }
    run(&mut deny(&["check", "--disable-fetch", "advisories"]))
}

fn absolute(path: &Path) -> Result<std::path::PathBuf> {
    std::env::current_dir()?
        .join(path)
        .canonicalize()
        .with_context(|| format!("there is nothing at {}", path.display()))
}
