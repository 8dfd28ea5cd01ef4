//! The alert rules and the dashboard of docs/samples name metrics that a receiver exports.

use anyhow::{Context, Result, ensure};
use callback_collector::dictionary::GROUPS;
use callback_receiver::day::{Day, utc};
use callback_receiver::key::InstallKey;
use callback_receiver::publish::publisher::publish_missing;
use callback_receiver::publish::rules::Rules;
use callback_receiver::signing::Signing;
use callback_receiver::store::database::{Database, FILE};
use callback_receiver::store::{Credentials, Submission};
use callback_receiver::wire::Label;
use callback_tests::programs::root;
use callback_tests::receiver::Receiver;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

/// The values of labels of each metric.
type Exported = BTreeMap<String, BTreeSet<String>>;

/// The metrics of a receiver with a published day.
async fn exported() -> Result<Exported> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().join("data");
    publish_a_day(&data).await?;
    let receiver = Receiver::start_in(&data, "")?;
    let mut stream = TcpStream::connect(receiver.url.trim_start_matches("http://"))?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let mut metrics = Exported::new();
    for line in answer.lines().filter(|line| line.starts_with("callback_")) {
        let end = line.find(['{', ' ']).context("a value")?;
        let labels = line[end..].split('"').skip(1).step_by(2).map(str::to_owned);
        metrics.entry(line[..end].to_owned()).or_default().extend(labels);
    }
    ensure!(metrics.len() > 5, "{answer}");
    Ok(metrics)
}

async fn publish_a_day(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data)?;
    let key = InstallKey::load(&data.join("install.key"))?;
    Signing::load(&data.join("signing.key"))?;
    let store = Database::Sqlite(data.join(FILE)).open(&key).await?;
    let today = Day::of(utc()());
    let label = Label { group: GROUPS[0].name, text: Some("a".into()), pair: None };
    for day in (1..=4).map(|days| today.plus(-days)) {
        for install in 0..6 {
            let credentials = Credentials { install: key.install(&format!("install {install}")), secret: None };
            let totals = vec![(label.clone(), 3)];
            store.keep(Submission { credentials, day, payload_sha256: [0; 32], module_sha256: None, totals }).await?;
        }
    }
    let made = publish_missing(&store, Rules::default(), today.plus(-1)).await?;
    store.close().await;
    ensure!(made > 0, "nothing was published");
    Ok(())
}

/// The metrics that an expression names, with the label values that it selects.
fn named(expression: &str) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (start, _) in expression.match_indices("callback_") {
        let rest = &expression[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let selector = rest[end..].strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        let values = selector.split(',').filter_map(|label| {
            let (name, value) = label.split_once('=')?;
            (name.trim() != "job").then(|| value.trim_matches(['"', '~']).to_owned())
        });
        found.push((rest[..end].to_owned(), values.collect()));
    }
    found
}

fn all_exported(expressions: &[String], exported: &Exported) -> Result<()> {
    let mut names = BTreeSet::new();
    for expression in expressions {
        for (name, values) in named(expression) {
            let labels = exported.get(&name).with_context(|| format!("no receiver exports {name}: {expression}"))?;
            for value in values {
                ensure!(labels.contains(&value), "{name} has no label with the value {value}: {expression}");
            }
            names.insert(name);
        }
    }
    ensure!(names.len() >= 4, "only {names:?} are used");
    Ok(())
}

#[tokio::test]
async fn every_alert_names_exported_metrics_and_what_to_do() -> Result<()> {
    let rules = std::fs::read_to_string(root().join("docs/samples/prometheus-alerts.yml"))?;
    let rules: Value = serde_saphyr::from_str(&rules).context("YAML")?;
    let groups = rules["groups"].as_array().context("groups")?;
    let rules: Vec<&Value> = groups.iter().filter_map(|group| group["rules"].as_array()).flatten().collect();
    ensure!(rules.len() >= 5);
    for rule in &rules {
        for part in [&rule["alert"], &rule["expr"], &rule["for"], &rule["labels"]["severity"]] {
            assert!(part.is_string(), "{rule:#}");
        }
        assert!(rule["annotations"]["summary"].is_string() && rule["annotations"]["description"].is_string());
    }
    let expressions: Vec<String> = rules.iter().filter_map(|rule| Some(rule["expr"].as_str()?.to_owned())).collect();
    all_exported(&expressions, &exported().await?)
}

#[tokio::test]
async fn every_panel_of_the_dashboard_shows_exported_metrics() -> Result<()> {
    let dashboard = std::fs::read_to_string(root().join("docs/samples/grafana-dashboard.json"))?;
    let dashboard: Value = serde_json::from_str(&dashboard)?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let mut expressions = Vec::new();
    for panel in panels {
        let targets = panel["targets"].as_array().filter(|targets| !targets.is_empty()).context("targets")?;
        for target in targets {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{panel:#}");
            expressions.push(target["expr"].as_str().context("an expression")?.to_owned());
        }
    }
    let ids: BTreeSet<_> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len());
    all_exported(&expressions, &exported().await?)
}
