//! Every check and test, in the order in which failures are cheapest.

use crate::run::{cargo, command, output, root, run, run_quietly, say};
use crate::{assets, tools};
use anyhow::{Context, Result};
use std::path::Path;

/// Runs everything; `corpus`, `generator` and `samples` add the checks that need them.
pub(crate) fn test(corpus: Option<&Path>, generator: Option<&Path>, samples: Option<&Path>) -> Result<()> {
    tools::for_tests()?;
    say("formatting");
    run(cargo().args(["fmt", "--all", "--check"]))?;
    say("licences, advisories, sources (cargo deny)");
    deny()?;
    assets::build()?;
    say("types of the npm packages");
    let tsc = || command(root().join("node_modules/.bin/tsc"));
    let strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--types", "", "--lib"];
    // The collector's need no browser, the element's do.
    run_quietly(tsc().args(strict).args(["es2022", "pkg/index.d.ts", "pkg/slim.d.ts"]))?;
    run_quietly(tsc().args(strict).args(["es2022,dom", "www/callback-preview.d.ts"]))?;
    run_quietly(tsc().args(["--noEmit", "--project", "www"]))?;
    say("lints, natively and for WebAssembly");
    run(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))?;
    run(cargo()
        .args(["clippy", "--quiet", "--package", "callback-module", "--target", "wasm32-unknown-unknown", "--locked"])
        .args(["--", "--deny", "warnings"]))?;
    say("documentation");
    run(cargo()
        .args(["doc", "--quiet", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "--deny warnings"))?;
    say("tests");
    run(cargo().args(["build", "--quiet", "--workspace", "--locked"]))?;
    let mut tests = cargo();
    tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    // Errors that tests return say what happened; a backtrace of the test's own frames only hides it.
    tests.env("RUST_LIB_BACKTRACE", "0");
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
