//! The npm package under Node.

use crate::programs::root;
use anyhow::{Context, Result, ensure};
use std::process::Command;

/// Runs one of the test scripts under Node, in the npm package's directory.
///
/// # Errors
/// If Node is missing or the script fails.
pub fn run(script: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new("node")
        .arg(root().join("tests/node").join(script))
        .args(arguments)
        .current_dir(root().join("pkg"))
        .output()
        .context("node is missing; install Node 18 or newer, on Debian with: apt-get install nodejs")?;
    ensure!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
