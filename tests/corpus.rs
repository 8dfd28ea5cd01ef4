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

/// What the scorer says of the module's work, with or without what the install knows of each device.
fn score(context: bool) -> Result<Value> {
    let python =
        std::env::var_os("TEST_PYTHON").context("TEST_PYTHON is not set; run cargo xtask test --corpus PATH")?;
    let agent = Agent::new()?;
    let mut scorer = Command::new(python);
    scorer.arg(corpus()?.join("score.py")).args(["--split", "dev", "--command"]);
    scorer.arg(format!("{} sanitise", program("callback-agent").display()));
    if context {
        scorer.arg("--context");
    }
    let output = scorer.env("CALLBACK_STATE", agent.state.path()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A figure of the scorer's, and what it must at least (or at most) be.
fn check(scores: &Value, at: &str, least: Option<f64>, most: Option<f64>, failures: &mut Vec<String>) {
    let figure = scores.pointer(at).and_then(Value::as_f64);
    let held = figure.is_some_and(|f| least.is_none_or(|least| f >= least) && most.is_none_or(|most| f <= most));
    if !held {
        failures.push(format!("{at} is {figure:?}, not within {least:?} to {most:?}"));
    }
}

/// What holds of every set, whatever the device's names are: nothing innocent changes, and what discovery reads stays.
fn check_use(scores: &Value, changed: f64, words: f64, failures: &mut Vec<String>) {
    for set in ["pairs", "negatives"] {
        check(scores, &format!("/{set}/over_redaction_pct"), None, Some(changed), failures);
    }
    for set in ["pairs", "synthetic", "negatives"] {
        let of = |figure: &str| format!("/{set}/utility/{figure}");
        check(scores, &of("os_detection_same_pct"), Some(100.0), None, failures);
        check(scores, &of("captures_same_pct"), Some(99.8), None, failures);
        check(scores, &of("other_words_kept_pct"), Some(words), None, failures);
    }
}

#[test]
fn with_the_device_s_names_what_they_name_is_gone_and_what_discovery_reads_stays() -> Result<()> {
    let (scores, mut failures) = (score(true)?, Vec::new());
    check(&scores, "/pairs/recall_named_by_device_pct", Some(100.0), None, &mut failures);
    check(&scores, "/synthetic/recall_named_by_device_pct", Some(100.0), None, &mut failures);
    check(&scores, "/pairs/recall_pct", Some(98.0), None, &mut failures);
    check(&scores, "/synthetic/recall_pct", Some(99.0), None, &mut failures);
    check_use(&scores, 0.3, 99.5, &mut failures);
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

#[test]
fn by_the_rules_alone_most_identifiers_are_gone_and_what_discovery_reads_stays() -> Result<()> {
    let (scores, mut failures) = (score(false)?, Vec::new());
    check(&scores, "/pairs/recall_pct", Some(88.0), None, &mut failures);
    check(&scores, "/synthetic/recall_pct", Some(93.0), None, &mut failures);
    check_use(&scores, 0.2, 99.7, &mut failures);
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}
