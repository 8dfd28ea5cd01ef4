//! Generated installs with planted identifiers: small, medium and awkward, in SQLite and in a real MariaDB with
//! LibreNMS's own schema.

use anyhow::{Context, Result, ensure};
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_collector::{Collector, Findings};
use callback_tests::install_copy::straightforward_counts;
use callback_tests::mariadb::MariaDb;
use callback_tests::node;
use callback_tests::programs::{Agent, sha256, text};
use callback_tests::world::execute;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn generate(size: &str, folder: &Path, mariadb: Option<&MariaDb>) -> Result<std::path::PathBuf> {
    let generator = std::env::var_os("INSTALL_GENERATOR")
        .context("INSTALL_GENERATOR is not set; run cargo xtask test --install-generator PATH")?;
    let python = std::env::var_os("TEST_PYTHON")
        .context("TEST_PYTHON is not set; run cargo xtask test --install-generator PATH")?;
    let file = folder.join(format!("{size}.sqlite3"));
    let mut command = Command::new(python);
    command.arg(generator).args(["--size", size, "--sqlite", text(&file), "--out", text(&folder.join(size))]);
    if size == "awkward" {
        command.arg("--sqlite-invalid-utf8");
    }
    if let Some(server) = mariadb {
        command.args(["--mariadb-socket", text(&server.socket), "--mariadb-db", size]);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(file)
}

/// Checks an install's payload, and returns it.
fn check(agent: &Agent, install: &Path, planted: &Path, folder: &Path) -> Result<Value> {
    let facts = agent.stdout(&["--librenms", text(install), "facts"])?;
    let payload = agent.stdout(&["--librenms", text(install), "preview", "--raw"])?;
    let again = agent.stdout(&["--librenms", text(install), "preview", "--raw"])?;
    assert_eq!(payload, again);
    assert_eq!(payload, Collector::new().build(&facts)?.payload);
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    assert_eq!(payload, sandbox.instance()?.build(&facts)?.payload);
    let file = folder.join("facts.json");
    std::fs::write(&file, &facts)?;
    let digest = sha256(&payload);
    assert_eq!(node::run("build.mjs", &[text(&file)])?.trim(), format!("{digest} {digest} {digest}"));

    // A planted identifier that occurs in one of the install's own texts must not be in the payload.
    let value: Value = serde_json::from_slice(&payload)?;
    let mut strings = Vec::new();
    collect(&value, &mut strings);
    let mut searched = 0;
    for planted in std::fs::read_to_string(planted)?.lines() {
        assert!(
            strings.iter().all(|text| !text.contains(planted)),
            "a planted identifier of {} characters is in the payload",
            planted.len()
        );
        searched += 1;
    }
    assert!(searched > 50);
    for text in strings {
        assert!(text.chars().count() <= 255 && text.chars().all(|c| u32::from(c) <= 0xffff));
    }
    Ok(value)
}

fn collect<'v>(value: &'v Value, strings: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => strings.push(text),
        Value::Array(list) => list.iter().for_each(|item| collect(item, strings)),
        Value::Object(object) => object.values().for_each(|item| collect(item, strings)),
        _ => {}
    }
}

#[test]
fn generated_installs_give_the_same_bytes_everywhere_without_planted_identifiers() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let agent = Agent::new()?;
    for size in ["small", "medium", "awkward"] {
        let install = generate(size, folder.path(), None)?;
        let payload = check(&agent, &install, &folder.path().join(size).join("planted.txt"), folder.path())
            .with_context(|| size.to_owned())?;
        assert!(payload["info"].as_array().is_some_and(|pairs| pairs.len() > 20), "{size}");
    }
    Ok(())
}

/// A label like those that LibreNMS composes for the access points of Aruba Instant.
fn is_composed(label: &str) -> bool {
    label.ends_with(']')
}

#[tokio::test]
async fn small_installs_send_ordinary_labels_but_no_names_with_serials() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let agent = Agent::new()?;
    let install = generate("small", folder.path(), None)?;
    let planted =
        ["Reception-AP1 [CNQ7K3M2XD]", "KVR-L11-AP06 [PLVCKYJ2RR]", "Lobby AP 3 [CN0489813]", "ap-7 [7KX4521AB]"];
    for (at, label) in planted.iter().enumerate() {
        let device = at % 2 + 1;
        let sql = format!(
            "INSERT INTO mempools (device_id, mempool_index, mempool_type, mempool_class, mempool_descr, mempool_perc, mempool_used,
                mempool_free, mempool_total) VALUES ({device}, 'planted{at}', 'aruba-instant', 'system', '{label}', 1, 1, 1, 2)"
        );
        execute(&install, &sql).await?;
    }
    let facts: Value = serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "facts"])?)?;
    let findings: Findings =
        serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "preview", "--explain", "--json"])?)?;
    let rare: Vec<&str> = findings.rare.iter().map(|rare| rare.label.as_str()).collect();
    // The rules may have removed a name before the serial number.
    let left_out = |label: &&str| rare.iter().any(|rare| rare.ends_with(&label[label.find('[').unwrap_or(0)..]));
    assert!(planted.iter().all(left_out), "{rare:?}");
    let counts = ["mempool", "storage"].map(|group| facts["counts"][group].as_array().cloned().unwrap_or_default());
    let ordinary =
        counts.iter().flatten().filter(|count| count["label"].as_str().is_some_and(|label| !is_composed(label)));
    let (ordinary, lost) = (ordinary.count(), rare.iter().filter(|label| !is_composed(label)).count());
    ensure!(ordinary > 30 && lost * 50 <= ordinary, "{lost} of {ordinary} ordinary labels are left out: {rare:?}");
    Ok(())
}

#[test]
fn a_mariadb_install_matches_plain_sql_counts_and_its_sqlite_copy() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = MariaDb::start()?;
    let install = generate("medium", folder.path(), Some(&server))?;
    let url = server.readable("medium")?;
    let agent = Agent::new()?;
    let mut ours: Value =
        serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "preview", "--raw"])?)?;
    let mut theirs: Value = serde_json::from_slice(&agent.stdout_in(&url, &["preview", "--raw"])?)?;
    let findings = agent.stdout_in(&url, &["preview", "--explain", "--json"])?;
    straightforward_counts(&server, "medium", &theirs, &serde_json::from_slice(&findings)?)?;
    for payload in [&mut ours, &mut theirs] {
        payload["data"]["database_version"] = Value::Null;
    }
    assert_eq!(ours, theirs);
    Ok(())
}
