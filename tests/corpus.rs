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

/// The output of `callback-agent sanitise` for some lines.
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
fn module_and_native_build_return_the_same_rows_in_order() -> Result<()> {
    let agent = Agent::new()?;
    for set in callback_measure::SETS {
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

/// The scorer's figures for the module's output, with or without the device fields of the database.
fn score(context: bool) -> Result<Value> {
    let python =
        std::env::var_os("TEST_PYTHON").context("TEST_PYTHON is not set; run cargo xtask test --corpus PATH")?;
    let agent = Agent::new()?;
    let mut scorer = Command::new(python);
    scorer.arg(corpus()?.join("score.py")).args(["--split", "dev", "--sets", &callback_measure::SETS.join(",")]);
    scorer.arg("--command").arg(format!("{} sanitise", program("callback-agent").display()));
    if context {
        scorer.arg("--context");
    }
    let output = scorer.env("CALLBACK_STATE", agent.state.path()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Requirements on the scorer's figures.
struct Limits {
    scores: Value,
    failures: Vec<String>,
}

impl Limits {
    fn of(context: bool) -> Result<Self> {
        Ok(Self { scores: score(context)?, failures: Vec::new() })
    }

    /// Limits of a figure.
    fn within(&mut self, at: &str, least: f64, most: f64) {
        let figure = self.scores.pointer(at).and_then(Value::as_f64);
        if !figure.is_some_and(|figure| (least..=most).contains(&figure)) {
            self.failures.push(format!("{at} is {figure:?}, not within {least} to {most}"));
        }
    }

    /// The share of a set's identifiers that must be found, in percent.
    fn found(&mut self, set: &str, least: f64) {
        self.within(&format!("/{set}/recall_pct"), least, 100.0);
    }

    /// The share of clean rows that may change, in percent.
    fn changed(&mut self, set: &str, most: f64) {
        self.within(&format!("/{set}/over_redaction_pct"), 0.0, most);
    }

    /// The same system must be detected, and nearly the same details.
    fn usable(&mut self, set: &str, captures: f64) {
        self.within(&format!("/{set}/utility/os_detection_same_pct"), 100.0, 100.0);
        self.within(&format!("/{set}/utility/captures_same_pct"), captures, 100.0);
    }

    /// Requirements with and without device fields.
    fn of_every_set(&mut self) {
        for set in ["pairs", "synthetic", "negatives"] {
            self.usable(set, 99.8);
            self.within(&format!("/{set}/utility/other_words_kept_pct"), 99.7, 100.0);
        }
        for set in ["field", "more"] {
            self.usable(set, 99.9);
            self.changed(set, 0.2);
        }
        self.changed("pairs", 0.0);
        self.changed("negatives", 0.0);
    }

    fn held(self) -> Result<()> {
        ensure!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        Ok(())
    }
}

#[test]
fn with_device_data_identifiers_are_gone_and_discovery_still_works() -> Result<()> {
    let mut limits = Limits::of(true)?;
    limits.within("/pairs/recall_named_by_device_pct", 100.0, 100.0);
    limits.within("/synthetic/recall_named_by_device_pct", 100.0, 100.0);
    limits.found("pairs", 100.0);
    limits.found("synthetic", 99.58);
    limits.found("field", 97.0);
    limits.found("more", 97.0);
    limits.of_every_set();
    limits.held()
}

#[test]
fn without_device_data_most_identifiers_are_gone_and_discovery_still_works() -> Result<()> {
    let mut limits = Limits::of(false)?;
    limits.found("pairs", 95.4);
    limits.found("synthetic", 98.66);
    limits.found("field", 95.0);
    limits.found("more", 95.0);
    limits.of_every_set();
    limits.held()
}
