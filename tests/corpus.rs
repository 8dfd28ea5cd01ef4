//! The corpus of real descriptions, through the module and natively, and its scorer.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::{Agent, program};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn corpus() -> Result<PathBuf> {
    Ok(PathBuf::from(std::env::var_os("CORPUS").context("CORPUS is not set; run cargo xtask test --corpus PATH")?))
}

/// What `callback-agent sanitise` makes of some lines.
fn sanitise(agent: &Agent, arguments: &[&str], input: Vec<u8>) -> Result<String> {
    let mut child = agent.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("its input")?;
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("writing broke off"))??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

#[test]
fn every_row_comes_back_in_order_and_alike_from_module_and_native() -> Result<()> {
    let agent = Agent::new()?;
    for set in ["pairs", "synthetic", "negatives"] {
        let rows = std::fs::read(corpus()?.join("dev").join(format!("{set}.jsonl")))?;
        let module = sanitise(&agent, &["sanitise"], rows.clone())?;
        let native = sanitise(&agent, &["sanitise", "--native"], rows.clone())?;
        assert_eq!(module, native, "{set}");
        let ids = |text: &str| -> Vec<Value> {
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).map(|mut row| row["id"].take()).unwrap_or_default())
                .collect()
        };
        assert_eq!(ids(&module), ids(&String::from_utf8(rows)?), "{set}");
    }
    Ok(())
}

#[test]
fn the_same_operating_systems_are_detected_and_the_scorer_agrees() -> Result<()> {
    let python =
        std::env::var_os("TEST_PYTHON").context("TEST_PYTHON is not set; run cargo xtask test --corpus PATH")?;
    let agent = Agent::new()?;
    let output = Command::new(python)
        .arg(corpus()?.join("score.py"))
        .args(["--split", "dev", "--context", "--brief", "--command"])
        .arg(format!("{} sanitise", program("callback-agent").display()))
        .env("CALLBACK_STATE", agent.state.path())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(said.contains("recall"), "the scorer said: {said}");
    Ok(())
}
