//! Measures sizes and times with release builds. The program that measures is `bench` in the tests' package.

use crate::run::{cargo, command, root, run, say};
use crate::{assets, tools};
use anyhow::{Context, Result};
use std::path::Path;

pub(crate) fn bench(corpus: Option<&Path>, generator: Option<&Path>, sizes: &[String]) -> Result<()> {
    tools::for_tests()?;
    assets::build()?;
    say("building for release");
    run(cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        "callback-agent",
        "--package",
        "callback-tests",
    ]))?;
    let mut bench = command(root().join("target/release/bench"));
    if let Some(corpus) = corpus {
        bench.env("CORPUS", corpus.canonicalize().context("--corpus: no such directory")?);
    }
    if let Some(generator) = generator {
        let generator = generator.canonicalize().context("--install-generator: no such file")?;
        bench.env("INSTALL_GENERATOR", generator).env("TEST_PYTHON", tools::python()?).args(sizes);
    }
    run(&mut bench)
}
