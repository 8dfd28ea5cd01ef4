//! A state that the first version of the agent (commit c909534) wrote is understood: consent, history, secret and keys.
//! `tests/snapshots/agent-state-0.1.0.sql` is that version's database, after `enable`, `submit`, `disable`, `enable` and a
//! `submit` that did not reach its receiver.

use anyhow::{Context, Result};
use callback_tests::programs::{sha256, text};
use callback_tests::world::{World, code, execute};
use serde_json::json;

/// What that version recorded: the fingerprint of its LibreNMS, the uuid, the secret, and the receiver with its key.
const INSTALL: &str = "c3aa6d3c21bead7eee2d414657f4ce1d50b9e4f83545690d6c38b0b5c287fdfc";
const UUID: &str = "2516323b-5d80-4ccf-8579-da2d599e97d9";
const SECRET: &str = "ab2cbc410f0619dd3f00fa37d25cca82456c9f7691c584812dbfcb02559aab01";
const RECEIVER: &str = "http://127.0.0.1:18977/log.php";
const KEY: &str = "c5e708c660324d14";
const PAYLOAD: &str = "db1e34fbf76274fb101fa90c20c602c63b4649da40ab29c77c813396032aee03";

/// A world with that state.
async fn old() -> Result<World> {
    let world = World::new().await?;
    world.configure(&format!(
        "[receiver]\nurl = '{RECEIVER}'\nkind = 'callback-stats'\n[submit]\nattempts = 1\nwait_seconds = 0\n"
    ))?;
    let state = world.agent.state.path().join("state.sqlite3");
    std::fs::write(&state, "")?;
    execute(&state, include_str!("snapshots/agent-state-0.1.0.sql")).await?;
    world.sql(&format!("INSERT INTO callback (name, value) VALUES ('uuid', '{UUID}')")).await?;
    Ok(world)
}

#[tokio::test]
async fn a_state_of_the_first_version_is_read_and_continued() -> Result<()> {
    let world = old().await?;
    assert_eq!(world.code(&["verify"])?, (0, "verified".to_owned()));
    // Its LibreNMS was in another directory.
    assert_eq!(world.code(&["status"])?, (0, "other-librenms".to_owned()));
    let here = sha256(format!("sqlite\n{}", text(&world.install.canonicalize()?)).as_bytes());
    let state = world.agent.state.path().join("state.sqlite3");
    for table in ["UPDATE consent SET record = replace(record", "UPDATE installs SET install = replace(install"] {
        execute(&state, &format!("{table}, '{INSTALL}', '{here}')")).await?;
    }

    let status = world.json(&["status", "--json"])?;
    assert_eq!((&status["consent"], &status["given"]["who"]), (&json!("on"), &json!(null)));
    let choices = &status["given"]["choices"];
    assert_eq!((&choices["withheld"], &choices["terms"]), (&json!([["os", "acmeos"]]), &json!(["Acme"])));
    assert_eq!(world.json(&["secret", "export", "--json"])?["secret"], SECRET);
    assert_eq!(world.json(&["key", "show", "--json"])?["known"][0]["id"], KEY);
    let history = world.json(&["history", "--json"])?;
    let kinds: Vec<_> = history.as_array().context("entries")?.iter().map(|entry| &entry["what"]).collect();
    assert_eq!(kinds, ["consent-on", "consent-off", "consent-on", "begun"]);
    let shown = world.command(&["show", "4", "--raw"]).output()?;
    assert_eq!(sha256(&shown.stdout), PAYLOAD);

    // Nothing listens there; the entry continues the chain.
    let submitted = world.command(&["submit", "--json"]).output()?;
    assert_eq!(code(&submitted)?, (7, "receiver-unreachable".to_owned()));
    assert_eq!(world.outcomes()?, ["not-sent", "not-sent"]);
    assert_eq!(world.code(&["verify"])?, (0, "verified".to_owned()));
    world.ok(&["disable"])?;
    assert_eq!(world.json(&["status", "--json"])?["consent"], "off");
    Ok(())
}
