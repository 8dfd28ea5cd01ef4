//! What the agent prints of a report and of the history: filters of `preview --explain`, lists, and entries in words.

use anyhow::{Context, Result};
use callback_tests::programs::text;
use callback_tests::recording_site::{Instead, Plays};
use callback_tests::world::{World, code};
use serde_json::Value;
use std::os::unix::fs::{PermissionsExt, chown};

fn explained(world: &World, filter: &[&str]) -> Result<Value> {
    world.json(&[&["preview", "--explain", "--json"][..], filter].concat())
}

fn list<'a>(findings: &'a Value, name: &str) -> &'a [Value] {
    findings[name].as_array().map_or(&[], Vec::as_slice)
}

#[tokio::test]
async fn explain_shows_the_selected_findings() -> Result<()> {
    let world = World::new().await?;
    let all = explained(&world, &[])?;
    let redactions = list(&all, "redactions");
    let field = redactions[0]["field"].as_str().context("a field")?;
    let of_field = explained(&world, &["--field", field])?;
    assert!(!list(&of_field, "redactions").is_empty());
    assert!(list(&of_field, "redactions").iter().all(|redacted| redacted["field"] == field));
    assert!(list(&of_field, "left_out").iter().all(|left_out| left_out["field"] == field));
    let kind = redactions[0]["redactions"][0]["kind"].as_str().context("a kind")?;
    let of_kind = explained(&world, &["--kind", kind])?;
    let has_kind = |redacted: &Value| list(redacted, "redactions").iter().any(|redaction| redaction["kind"] == kind);
    assert_eq!(list(&of_kind, "redactions").len(), redactions.iter().filter(|redacted| has_kind(redacted)).count());
    assert!(list(&of_kind, "rare").is_empty());
    let rule = redactions[0]["redactions"][0]["rule"].as_str().context("a rule")?;
    let of_rule = explained(&world, &["--rule", rule, "--limit", "1"])?;
    assert_eq!(list(&of_rule, "redactions").len(), 1);
    assert_eq!(of_rule["removed"], all["removed"], "totals stay those of the report");
    // For people: the same entries, without the summary of the whole report.
    let shown = world.ok(&["preview", "--explain", "--rule", rule, "--limit", "1"])?;
    assert!(shown.contains(rule) && !shown.contains("SHA-256"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn a_filter_with_an_unknown_name_is_an_error_that_suggests_known_ones() -> Result<()> {
    let world = World::new().await?;
    for (option, unknown, known) in [
        ("--field", "mempol", "mempool"),
        ("--field", "inf", "info"),
        ("--field", "nothing", "callback-agent dictionary"),
        ("--kind", "hostnam", "hostname"),
        ("--rule", "label.serail", "label.serial"),
    ] {
        let asked = ["preview", "--explain", option, unknown];
        assert_eq!(world.code(&asked)?, (2, "filter-unknown".to_owned()), "{option}");
        let message = world.run(&asked)?.1;
        assert!(message.contains(known) && message.contains(unknown), "{option}: {message}");
    }
    assert_eq!(world.code(&["preview", "--field", "mempool"])?.0, 2, "without --explain it means nothing");
    Ok(())
}

#[tokio::test]
async fn all_labels_are_a_line_each_and_the_page_to_share_goes_to_standard_output() -> Result<()> {
    let world = World::new().await?;
    let payload = world.json(&["preview", "--raw"])?;
    let all = world.ok(&["preview", "--all"])?;
    let labels = payload["data"].as_object().into_iter().flatten();
    let labels: usize = labels.map(|(_, entries)| entries.as_array().map_or(0, Vec::len)).sum();
    assert!(all.lines().count() >= labels, "{labels}: {all}");
    assert!(all.lines().all(|line| line.len() < 600));
    let output = world.command(&["preview", "--share", "-"]).current_dir(world.folder.path()).output()?;
    let page = String::from_utf8(output.stdout)?;
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{page}");
    assert!(!world.folder.path().join("-").exists());
    Ok(())
}

#[tokio::test]
async fn categories_that_are_off_give_no_findings() -> Result<()> {
    let world = World::new().await?;
    world.configure("[receiver]\nurl = 'http://127.0.0.1:9/log.php'\n")?;
    let enable = ["enable", "--yes", "--json", "--categories", "software", "--withhold", "info=Something"];
    assert_eq!(world.json(&enable)?["notices"], serde_json::json!([]), "descriptions are not sent at all");
    let preview = world.ok(&["preview"])?;
    assert!(preview.contains("categories software"), "{preview}");
    let findings = explained(&world, &[])?;
    let left_out = preview.lines().filter(|line| line.starts_with("left out")).collect::<String>();
    for switched_off in list(&findings, "left_out").iter().filter(|left_out| left_out["reason"] == "category") {
        let field = switched_off["field"].as_str().context("a field")?;
        assert!(!left_out.split([' ', ',', ';']).any(|word| word == field), "{field}: {left_out}");
    }
    Ok(())
}

#[tokio::test]
async fn entries_are_shown_in_words_and_the_last_report_is_compared_with_today() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    world.ok(&["enable", "--yes", "--who", "mira"])?;
    let entry = world.json(&["history", "--json"])?.as_array().and_then(|entries| entries.last().cloned());
    let id = entry.context("the opt-in")?["id"].to_string();
    let shown = world.ok(&["show", &id])?;
    assert!(shown.contains("mira") && shown.contains("all") && !shown.contains(['{', '"']), "{shown}");
    assert_eq!(world.code(&["diff", "last", "today"])?, (1, "no-such-entry".to_owned()));
    world.ok(&["submit"])?;
    assert_eq!(world.json(&["diff", "last", "today", "--json"])?, serde_json::json!([]));
    world.ok(&["enable", "--yes", "--no-categories", "pairs,devices"])?;
    let changes = world.json(&["diff", "last", "today", "--json"])?;
    assert!(changes.as_array().is_some_and(|changes| !changes.is_empty()));
    assert_eq!(world.code(&["show", "today"])?, (1, "no-such-entry".to_owned()));
    // The receipt of a deletion, too.
    let cleared = world.ok(&["clear", "--now", "--yes"])?;
    assert!(!cleared.contains('{'), "{cleared}");
    Ok(())
}

#[tokio::test]
async fn a_run_in_progress_has_not_failed_and_one_that_was_killed_has() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Stock).await?;
    let failed = "last-run-failed".to_owned();
    let last_run = || -> Result<Value> {
        let output = world.command(&["doctor", "--json"]).output()?;
        let diagnosis: Value = serde_json::from_slice(&output.stdout)?;
        let check = diagnosis["checks"].as_array().and_then(|all| all.iter().find(|check| check["name"] == "last-run"));
        Ok(check.context("a check of the last run")?["code"].clone())
    };
    let held = world.submit_held_at("begun")?;
    assert!(!world.warnings()?.contains(&failed));
    assert_eq!(last_run()?, "check-passed");
    let shown = [world.ok(&["status"])?, world.ok(&["history"])?];
    assert!(shown.iter().all(|shown| shown.contains("in progress") && !shown.contains("killed")), "{shown:?}");
    assert!(world.run(&["status", "--check"])?.1.contains("failures=0"));
    held.go_on()?;
    world.ok(&["enable", "--yes"])?;
    world.command(&["submit", "--again"]).env("CALLBACK_TEST_KILL_AT", "begun").output()?;
    assert!(world.warnings()?.contains(&failed));
    assert_eq!(last_run()?, "last-run-failed");
    assert!(world.ok(&["history"])?.contains("killed"));
    Ok(())
}

#[tokio::test]
async fn no_command_claims_that_a_report_is_sent_before_retry_after_has_passed() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    world.variables = vec![("CALLBACK_TEST_NOW", "2090-01-01T07:00:00Z".to_owned())];
    site.next(Instead::Answer(503, "Retry-After: 7200\r\n", ""));
    assert_eq!(world.code(&["submit"])?.0, 7);
    let status = world.json(&["status", "--json"])?;
    assert_eq!((&status["status"], &status["code"]), (&"off".into(), &"receiver-retry-later".into()));
    let output = world.command(&["doctor", "--json"]).output()?;
    let diagnosis: Value = serde_json::from_slice(&output.stdout)?;
    let checks = diagnosis["checks"].as_array().context("checks")?;
    assert!(checks.iter().any(|check| check["name"] == "consent" && check["code"] == "receiver-retry-later"));
    assert_eq!(world.run(&["status", "--check"])?.0, 1);
    world.variables = vec![("CALLBACK_TEST_NOW", "2090-01-01T09:00:00Z".to_owned())];
    assert_eq!(world.json(&["status", "--json"])?["status"], "on");
    Ok(())
}

#[tokio::test]
async fn errors_name_the_path_that_is_wrong_and_a_remedy_that_fits() -> Result<()> {
    const NOBODY: u32 = 65534;
    let world = World::new().await?;
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    let (librenms, file) = (folder.path().join("librenms"), folder.path().join("file"));
    std::fs::create_dir(&librenms)?;
    std::fs::write(librenms.join("artisan"), "")?;
    std::fs::write(&file, "neither a directory nor a database")?;
    chown(&librenms, Some(NOBODY), Some(NOBODY))?;
    let said = |arguments: &[&str]| -> Result<(i32, String, String)> {
        let output = world.agent.command(&[arguments, &["--json"]].concat()).current_dir("/").output()?;
        let (status, code) = code(&output)?;
        Ok((status, code, String::from_utf8(output.stderr)?))
    };
    let (_, code, message) = said(&["--librenms", text(&librenms), "--state", text(&file), "status"])?;
    assert_eq!(code, "state-not-usable");
    assert!(message.contains("not a directory") && !message.contains("chown"), "{message}");
    let within = librenms.join("state");
    let (_, code, message) = said(&["--librenms", text(&librenms), "--state", text(&within), "status"])?;
    assert_eq!(code, "state-in-librenms");
    assert!(message.contains(text(&within)) && !message.contains("home"), "{message}");
    let (_, code, message) = said(&["--librenms", text(&file), "preview"])?;
    assert_eq!(code, "sqlite-invalid");
    assert!(message.contains(text(&file)), "{message}");
    std::fs::write(world.agent.state.path().join("state.sqlite3"), "no database at all")?;
    let printed = world.ok(&["disable"])?;
    assert!(printed.lines().count() == 2 && !printed.contains("callback-agent clear"), "{printed}");
    Ok(())
}

#[tokio::test]
async fn opting_out_while_a_deletion_is_pending_does_not_suggest_one() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    assert!(world.ok(&["disable"])?.contains("callback-agent clear"));
    world.ok(&["clear"])?;
    assert!(!world.ok(&["disable"])?.contains("callback-agent clear"));
    Ok(())
}

#[tokio::test]
async fn the_history_and_status_say_what_changed_and_what_failed() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["enable", "--yes", "--withhold", "os=linux", "--terms", "Acme"])?;
    let history = world.ok(&["history"])?;
    let lines: Vec<&str> = history.lines().collect();
    assert!(lines[0].contains("(stock)") && !lines[0].contains("changed"), "{history}");
    assert!(lines[1].ends_with("; changed: withheld labels, terms"), "{history}");
    site.next(Instead::Answer(404, "", ""));
    assert_eq!(world.code(&["submit"])?.0, 7);
    let (history, status) = (world.ok(&["history"])?, world.ok(&["status"])?);
    let failed = world.runs()?[0]["ended"].clone();
    let [code, reason] = ["code", "said"].map(|name| failed[name].as_str().unwrap_or("missing"));
    assert!(history.contains(&format!("not sent ({code})")), "{history}");
    assert!(status.contains(&format!("({code})")) && status.contains(reason), "{status}");
    assert!(status.starts_with("on: the next run sends a report"), "{status}");
    world.ok(&["submit"])?;
    assert!(world.ok(&["status"])?.starts_with("on: today's report was sent"));
    Ok(())
}
