//! The ledger: it has every byte that was sent, is bounded, and detects changes; and
//! reports from air-gapped sites.

use anyhow::{Context, Result};
use callback_tests::programs::{sha256, text};
use callback_tests::recording_site::Plays;
use callback_tests::world::{World, code, codes, outcome};
use serde_json::{Value, json};

#[tokio::test]
async fn an_air_gapped_report_can_be_uploaded_elsewhere_and_its_receipt_imported() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (world, site) = World::reporting(Plays::Ours).await?;
    let file = world.folder.path().join("report.json");
    world.ok(&["submit", "--out", text(&file)])?;
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    assert!(site.requests().is_empty());
    assert_eq!(world.outcomes()?, ["written"]);
    assert_eq!(world.code(&["submit"])?, (0, "already-written".to_owned()), "the day counts as sent");
    let second = world.folder.path().join("second.json");
    let said = world.ok(&["submit", "--out", text(&second)])?;
    assert!(said.contains("second.json was not written") && said.contains("--again") && !second.exists(), "{said}");
    let said = world.ok(&["show", "last"])?;
    assert!(said.contains("report    written to") && !said.contains("answer    "), "{said}");
    // Another machine, without an install or state.
    let elsewhere = callback_tests::programs::Agent::new()?;
    let denied = elsewhere.command(&["upload", text(&file)]).env("DO_NOT_TRACK", "1").output()?;
    assert_eq!(outcome(&denied).0, 6);
    let output = elsewhere.output(&["upload", text(&file), "--json"])?;
    let error: Value = serde_json::from_slice(&output.stderr).context("one line of JSON")?;
    assert!(error["message"].as_str().is_some_and(|message| message.starts_with("nothing was sent: ")), "{error}");
    let said = String::from_utf8(elsewhere.stdout(&["upload", text(&file), "--yes"])?)?;
    assert!(said.contains("callback-agent receipt report.json.answer"), "{said}");
    assert_eq!(site.lines(), ["POST /log.php"]);
    let answer = world.folder.path().join("report.json.answer");
    assert!(!world.ok(&["receipt", text(&answer)])?.contains("before"));
    assert!(world.ok(&["receipt", text(&answer)])?.contains("imported before"));
    let said = String::from_utf8(elsewhere.output(&["upload", text(&answer), "--yes"])?.stderr)?;
    assert!(said.contains("callback-agent receipt"), "{said}");
    assert_eq!(world.outcomes()?, ["sent"]);
    assert_eq!(world.runs()?[0]["ended"]["receipt"]["payload_sha256"], sha256(site.kept()[0].as_bytes()));
    world.ok(&["verify"])?;
    // A file that was changed is not sent. A file that is not a report is an error.
    std::fs::write(&file, std::fs::read_to_string(&file)?.replace("linux", "minix"))?;
    let fails = |arguments: &[&str]| code(&elsewhere.output(&[arguments, &["--json"]].concat())?);
    assert_eq!(fails(&["upload", text(&file)])?, (1, "file-changed".to_owned()));
    assert_eq!(fails(&["receipt", text(&answer)])?, (1, "answer-unknown".to_owned()));
    assert_eq!(fails(&["upload", "/no/such/file"])?, (1, "file-not-read".to_owned()));
    Ok(())
}

#[tokio::test]
async fn upload_does_not_send_a_report_if_reporting_is_off_there() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    let file = world.folder.path().join("report.json");
    world.ok(&["submit", "--out", text(&file)])?;
    let refused = |expected: &str| -> Result<()> {
        assert_eq!(world.code(&["upload", text(&file)])?, (6, expected.to_owned()));
        assert!(site.requests().is_empty());
        Ok(())
    };
    world.ok(&["disable"])?;
    refused("opted-out")?;
    world.ok(&["enable", "--yes", "--override-off"])?;
    world.sql("INSERT INTO config (config_name, config_value) VALUES ('reporting.usage', 'false')").await?;
    refused("blocked-by-usage")?;
    world.sql("DELETE FROM config WHERE config_name = 'reporting.usage'").await?;
    world.ok(&["clear"])?;
    refused("clear-pending")?;
    world.ok(&["enable", "--yes", "--override-off"])?;
    assert_eq!(world.code(&["upload", text(&file)])?, (6, "confirmation-needed".to_owned()));
    assert!(site.requests().is_empty());
    world.ok(&["upload", text(&file), "--yes"])?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn the_ledger_stores_shows_and_compares_what_was_sent() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let first = site.kept()[0].clone();
    let (status, said) = world.run(&["diff", "last"])?;
    assert!(status == 1 && said.contains("diff last today"), "{said}");
    world.sql("INSERT INTO sensors (sensor_class) VALUES ('temperature'), ('humidity')").await?;
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    world.ok(&["submit"])?;
    let ids: Vec<String> = world.runs()?.iter().map(|run| run["id"].to_string()).collect();
    assert_eq!(world.ok(&["show", &ids[0], "--raw"])?, first, "byte for byte");
    let shown = world.ok(&["show", &ids[0]])?;
    assert!(shown.contains(&sha256(first.as_bytes())) && shown.contains("receipt   day"), "{shown}");
    let changes = world.json(&["diff", &ids[0], &ids[1], "--json"])?;
    assert!(
        changes.as_array().is_some_and(
            |list| list.contains(&json!({"group": "sensors", "label": "humidity", "before": null, "after": 1}))
        ),
        "{changes}"
    );
    assert!(world.ok(&["diff", &ids[0], &ids[1]])?.contains("- -> 1  humidity"));
    assert_eq!(world.json(&["diff", &ids[0], &ids[0], "--json"])?, json!([]));
    assert_eq!(world.json(&["diff", "last", "--json"])?, changes);
    assert_eq!(world.json(&["diff", &ids[0], "--json"])?, changes);
    assert_eq!(world.code(&["diff", &ids[1]])?, (1, "no-such-entry".to_owned()), "the last report has no later one");
    assert_eq!(world.ok(&["show", "last", "--raw"])?, world.ok(&["show", &ids[1], "--raw"])?);
    // Existing files are never replaced, and a missing payload is reported.
    let precious = world.folder.path().join("precious");
    std::fs::write(&precious, "mine")?;
    for command in [&["facts", "--out"][..], &["preview", "--share"]] {
        assert_eq!(world.run(&[command, &[text(&precious)]].concat())?.0, 1);
    }
    assert_eq!(std::fs::read_to_string(&precious)?, "mine");
    let state = world.agent.state.path().join("state.sqlite3");
    let before = std::fs::read(&state)?;
    world.state_sql("DELETE FROM payloads").await?;
    assert_eq!(world.run(&["verify"])?.0, 9);
    let findings = world.json_of_failure(&["verify", "--json"])?["findings"].take();
    assert_eq!(codes(&findings), ["payload-missing", "payload-missing"]);
    for tail in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(world.agent.state.path().join(format!("state.sqlite3{tail}")));
    }
    std::fs::write(&state, before)?;
    let export = world.json(&["export"])?;
    let payloads = export["events"].as_array().into_iter().flatten().filter_map(|event| event["payload"].as_str());
    assert_eq!(payloads.collect::<Vec<_>>(), [first.as_str(), site.kept()[0].as_str()]);
    assert_eq!(world.code(&["show", "999"])?, (1, "no-such-entry".to_owned()));
    // It does not contain the uuid or the secret.
    let secret = world.ok(&["secret", "export"])?.trim().to_owned();
    assert_eq!(secret.len(), 64);
    let uuid = serde_json::from_str::<Value>(&first)?["uuid"].as_str().unwrap_or_default().to_owned();
    let history = world.ok(&["history", "--json"])?;
    assert!(!history.contains(&secret) && !history.contains(&uuid) && !export.to_string().contains(&secret));
    Ok(())
}

#[tokio::test]
async fn changes_to_the_ledger_are_detected() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    let file = world.agent.state.path().join("state.sqlite3");
    let good = std::fs::read(&file)?;
    for (touch, expected) in [
        ("UPDATE events SET body = replace(body, 'stock', 'stack') WHERE what = 'begun'", "event-changed"),
        ("UPDATE events SET moment = '2020-01-01T00:00:00Z' WHERE id = 3", "event-changed"),
        ("DELETE FROM events WHERE id = 2", "events-missing"),
        ("DELETE FROM events WHERE id = 3", "chain-cut"),
        ("DELETE FROM chain", "chain-record-missing"),
        ("UPDATE payloads SET compressed = x'00'", "payload-changed"),
        ("UPDATE payloads SET compressed = x'28b52ffd2000010000'", "payload-changed"),
    ] {
        world.state_sql(touch).await?;
        assert_eq!(world.code(&["verify"])?, (9, "ledger-not-verified".to_owned()), "{touch}");
        let found = world.json_of_failure(&["verify", "--json"])?;
        assert!(codes(&found["findings"]).contains(&expected.to_owned()), "{touch}: {found}");
        assert!(!found["problems"].as_array().context("a list")?.is_empty());
        for leftover in ["state.sqlite3-wal", "state.sqlite3-shm"] {
            let _ = std::fs::remove_file(world.agent.state.path().join(leftover));
        }
        std::fs::write(&file, &good)?;
    }
    world.ok(&["verify"]).map(drop)
}

#[tokio::test]
async fn the_ledger_is_bounded_and_its_chain_stays_valid() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    for (limits, days, kept) in [("entries = 3\ndays = 90", 6, 3), ("entries = 400\ndays = 2", 9, 4)] {
        world.configure(&format!("[receiver]\nurl = '{}'\n[ledger]\n{limits}\n", site.log()))?;
        for day in days - 5..=days {
            world.variables = vec![("CALLBACK_TEST_NOW", format!("2026-12-{day:02}T03:00:00Z"))];
            world.ok(&["submit"])?;
            world.ok(&["verify"])?;
        }
        assert_eq!(world.runs()?.len(), kept, "{limits}");
    }
    let verified = world.json(&["verify", "--json"])?;
    assert_eq!(verified["payloads"], 4);
    Ok(())
}
