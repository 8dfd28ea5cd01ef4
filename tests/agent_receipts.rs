//! Receipts, and a real receiver from end to end: reports, kills, clears, lost secrets; keys that are
//! pinned, renewed, replaced or missing.

use anyhow::{Context, Result, ensure};
use callback_agent::failpoint::Point;
use callback_receiver::signing::Signing;
use callback_tests::programs::text;
use callback_tests::receiver::with_a_receiver;
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{World, code, codes};
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

#[tokio::test]
async fn a_real_receiver_stores_confirms_and_deletes() -> Result<()> {
    let (mut world, receiver) = with_a_receiver().await?;
    let said = world.ok(&["enable", "--yes"])?;
    let shown = world.json(&["key", "show", "--json"])?;
    let key = shown["known"][0]["id"].as_str().context("a key")?.to_owned();
    assert!(said.contains(&key) && shown["current"]["known"] == true, "{said}");

    let outcome = world.json(&["submit", "--json"])?;
    assert_eq!((&outcome["proof"], outcome["receipt"]["key"].as_str()), (&json!("signed"), Some(key.as_str())));
    assert_eq!(receiver.reports().await?, 1);
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    // For the receiver it is the same day, so this report replaces the first.
    world.ok(&["submit"])?;
    assert_eq!(receiver.reports().await?, 1);
    let verified = world.json(&["verify", "--json"])?;
    assert_eq!((&verified["receipts"], &verified["problems"]), (&json!(2), &json!([])));

    world.variables.clear();
    world.ok(&["disable"])?;
    world.ok(&["clear"])?;
    let outcome = world.json(&["submit", "--json"])?;
    let cleared = &outcome["cleared"][0];
    assert_eq!((&cleared["proof"], &cleared["receipt"]["cleared"]["reports"]), (&json!("signed"), &json!(1)));
    assert!(cleared["receipt"]["lags"]["backups"]["until"].is_string(), "what lags, and until when: {cleared}");
    assert_eq!((&outcome["code"], &cleared["binding"]), (&json!("cleared"), &json!("bound")));
    assert_eq!(receiver.reports().await?, 0);
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    assert_eq!(world.json(&["verify", "--json"])?["receipts"], 3);
    let entry = world.runs()?.last().context("the clear")?["id"].to_string();
    assert_eq!(world.json(&["show", &entry, "--json"])?["entry"]["ended"]["proof"], "signed");

    // A receipt that was changed afterwards is detected, even if the chain was rewritten.
    world
        .state_sql("UPDATE events SET body = json_set(body, '$.receipt.day', '2020-01-01') WHERE what = 'ended' AND id = (SELECT MAX(id) FROM events WHERE what = 'ended')")
        .await?;
    let problems = world.json_of_failure(&["verify", "--json"])?["findings"].take();
    assert!(codes(&problems).contains(&"receipt-unsigned".to_owned()), "{problems}");
    Ok(())
}

fn killed(world: &World, point: Point) -> Result<()> {
    let status = world.command(&["submit"]).env("CALLBACK_TEST_KILL_AT", point.name()).output()?.status;
    ensure!(status.signal() == Some(9), "{point:?} was not reached: {status}");
    Ok(())
}

#[tokio::test]
async fn with_a_real_receiver_kills_neither_lose_nor_duplicate_reports() -> Result<()> {
    // `submit` writes no file with delete requests.
    let is_of_file = |point: &Point| matches!(point, Point::ClearFileBegun | Point::ClearFileWritten);
    for point in Point::ALL.into_iter().filter(|point| !is_of_file(point)) {
        let (world, receiver) = with_a_receiver().await?;
        world.ok(&["enable", "--yes"])?;
        let of_clear = point.name().starts_with("clear");
        if of_clear {
            world.ok(&["submit"])?;
            world.ok(&["clear"])?;
        }
        killed(&world, point)?;
        world.ok(&["verify"])?;
        world.ok(&["submit"])?;
        assert_eq!(receiver.reports().await?, i64::from(!of_clear), "{point:?}");
        let outcomes = world.outcomes()?;
        let sent = outcomes.iter().filter(|outcome| *outcome == "sent").count();
        assert!(!outcomes.contains(&"open".to_owned()) && sent == 1, "{point:?}: {outcomes:?}");
        if of_clear {
            assert_eq!(world.json(&["status", "--json"])?["status"], "off", "{point:?}");
            assert_eq!(world.run(&["secret", "export"])?.0, 9, "{point:?}");
        } else {
            assert_eq!(world.code(&["submit"])?, (0, "already-sent".to_owned()), "{point:?}");
        }
        world.ok(&["verify"])?;
    }
    Ok(())
}

/// Imports a secret through standard input.
fn import(world: &World, secret: &str) -> Result<(i32, String)> {
    import_with(world, &[], secret)
}

fn import_with(world: &World, options: &[&str], secret: &str) -> Result<(i32, String)> {
    let mut child = world
        .command(&[&["secret", "import", "--json"][..], options].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("its input")?.write_all(secret.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return code(&output);
    }
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    Ok((0, answer["code"].as_str().context("a code")?.to_owned()))
}

#[tokio::test]
async fn a_real_receiver_accepts_an_install_only_with_its_secret() -> Result<()> {
    let (mut world, receiver) = with_a_receiver().await?;
    assert_eq!(import(&world, &"ab".repeat(32))?, (9, "no-secret".to_owned()));
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    let exported = world.json(&["secret", "export", "--json"])?;
    assert_eq!(exported["code"], "secret-exported");
    let secret = exported["secret"].as_str().context("a secret")?.to_owned();
    // Another secret, as on a reinstalled machine with the same database. It never replaces one silently.
    let other = "ab".repeat(32);
    assert_eq!(import(&world, &other)?, (6, "secret-exists".to_owned()));
    assert_eq!(world.json(&["secret", "export", "--json"])?["secret"], secret.as_str());
    assert_eq!(import(&world, &secret)?, (0, "secret-imported".to_owned()), "the same again");
    assert_eq!(import(&world, " \n")?, (1, "input-empty".to_owned()));
    assert_eq!(import_with(&world, &["--replace"], &other)?, (0, "secret-imported".to_owned()));
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    assert_eq!(world.code(&["submit"])?, (7, "receiver-secret".to_owned()));
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (7, "receiver-secret".to_owned()));
    assert_eq!(receiver.reports().await?, 1);
    assert_eq!(import_with(&world, &["--replace"], &secret)?.0, 0);
    world.ok(&["clear", "--now", "--yes"])?;
    assert_eq!(receiver.reports().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_second_poller_gets_the_secret_before_its_first_report() -> Result<()> {
    let (one, receiver) = with_a_receiver().await?;
    one.ok(&["enable", "--yes"])?;
    one.ok(&["submit"])?;
    let secret = one.ok(&["secret", "export"])?;
    let two = World { agent: callback_tests::programs::Agent::new()?, ..one };
    two.ok(&["enable", "--yes"])?;
    assert_eq!(import(&two, &secret)?.0, 0);
    two.sql("DELETE FROM callback WHERE name = 'agent_day'").await?;
    two.ok(&["submit"])?;
    assert_eq!((two.outcomes()?, receiver.reports().await?), (vec!["sent".to_owned()], 1));
    Ok(())
}

/// A receiver's keys: the first; the first with a successor that it signed; and others.
fn keys(folder: &std::path::Path) -> Result<(Signing, Signing, Signing)> {
    let (path, other) = (folder.join("signing.key"), folder.join("other.key"));
    let first = Signing::load(&path)?;
    Signing::renew(&path)?;
    Ok((first, Signing::load(&path)?, Signing::load(&other)?))
}

#[tokio::test]
async fn a_new_key_is_accepted_only_if_the_old_key_signed_it() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    let folder = tempfile::tempdir()?;
    let (first, renewed, other) = keys(folder.path())?;
    let (first_keys, renewed_keys, other_keys) = (first.published(), renewed.published(), other.published());
    world
        .configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n[submit]\nattempts = 1\n", site.log()))?;
    site.signs(Some(first), Some(first_keys));
    world.ok(&["enable", "--yes"])?;
    let on = |world: &mut World, day: u32| {
        world.variables = vec![("CALLBACK_TEST_NOW", format!("2090-01-{day:02}T00:00:00Z"))];
    };
    on(&mut world, 1);
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "signed");
    site.signs(Some(renewed), Some(renewed_keys));
    on(&mut world, 2);
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "new-key");
    on(&mut world, 3);
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "signed");

    site.signs(Some(other), Some(other_keys.clone()));
    on(&mut world, 4);
    assert_eq!(world.code(&["submit"])?, (7, "receipt-not-verified".to_owned()));
    assert_eq!(world.outcomes()?, ["sent", "sent", "sent", "sent"], "the receiver has it");
    let before = site.lines().len();
    on(&mut world, 5);
    assert_eq!(world.code(&["submit"])?, (7, "receipt-not-verified".to_owned()));
    assert_eq!(site.lines().len(), before);
    assert!(world.warnings()?.contains(&"receipt-not-verified".to_owned()));
    let status = world.json(&["status", "--json"])?;
    assert_eq!((&status["status"], &status["code"]), (&"off".into(), &"receipt-not-verified".into()));
    let decides = |switch: &&Value| switch["decides"] == true;
    let switches = status["switches"].as_array().context("switches")?;
    assert_eq!(switches.iter().filter(decides).map(|switch| &switch["name"]).collect::<Vec<_>>(), ["receiver"]);
    assert_eq!(world.run(&["status", "--check"])?.0, 1);
    let shown = world.json(&["key", "show", "--json"])?;
    assert_eq!((&shown["current"]["known"], &shown["last_receipt_refused"]), (&false.into(), &true.into()));
    // Opting in does not accept a new key.
    let enabled = world.json(&["enable", "--yes", "--json"])?;
    assert_eq!((&enabled["key_status"], &enabled["status"]), (&"other".into(), &"off".into()));
    assert_eq!(world.run(&["submit"])?.0, 7);
    assert_eq!(world.code(&["key", "accept"])?, (6, "confirmation-needed".to_owned()));
    let accepted = world.json(&["key", "accept", "--yes", "--json"])?;
    assert_eq!(accepted["code"], "key-accepted");
    assert_eq!(accepted["accepted"], other_keys["keys"][0]["id"]);
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "signed");
    assert!(!world.warnings()?.contains(&"receipt-not-verified".to_owned()));
    assert_eq!(world.json(&["status", "--json"])?["status"], "on");
    // The old receipts are still valid. So is that of the unknown key, which is known now.
    assert_eq!(world.json(&["verify", "--json"])?["problems"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_receipt_that_is_not_signed_confirms_no_deletion() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let folder = tempfile::tempdir()?;
    let (_, _, other) = keys(folder.path())?;
    site.signs(None, None);
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (7, "keys-unavailable".to_owned()));
    let published = other.published();
    site.signs(Some(other), Some(published));
    assert_eq!(world.code(&["submit"])?, (7, "receipt-not-verified".to_owned()));
    assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    assert_eq!(world.run(&["secret", "export"])?.0, 0, "the secret is kept until it is proven");
    world.ok(&["key", "accept", "--yes"])?;
    world.ok(&["submit"])?;
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    world.ok(&["verify"]).map(drop)
}

#[tokio::test]
async fn a_key_that_could_not_be_fetched_at_opt_in_is_pinned_with_the_first_receipt() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    let folder = tempfile::tempdir()?;
    let (first, _, _) = keys(folder.path())?;
    let published = first.published();
    world.configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", site.log()))?;
    site.signs(Some(first), None);
    assert_eq!(world.json(&["enable", "--yes", "--json"])?["key_status"], "not-reached");
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "not-checked");
    site.signs(Some(Signing::load(&folder.path().join("signing.key"))?), Some(published));
    // The document has the renewed key by now. Without a pinned key, it counts as the first.
    let published = Signing::load(&folder.path().join("signing.key"))?.published();
    site.signs(Some(Signing::load(&folder.path().join("signing.key"))?), Some(published));
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "first-key");
    Ok(())
}

#[tokio::test]
async fn an_opt_in_that_finds_another_key_blocks_reports_until_it_is_accepted() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    let [first, second] = [tempfile::tempdir()?, tempfile::tempdir()?];
    world.configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", site.log()))?;
    let sign_with = |folder: &std::path::Path| -> Result<()> {
        let (key, _, _) = keys(folder)?;
        let published = key.published();
        site.signs(Some(key), Some(published));
        Ok(())
    };
    sign_with(first.path())?;
    assert_eq!(world.json(&["enable", "--yes", "--json"])?["key_status"], "pinned");
    sign_with(second.path())?;
    assert_eq!(world.json(&["enable", "--yes", "--json"])?["key_status"], "other");
    assert_eq!(world.code(&["submit"])?.1, "receipt-not-verified");
    assert!(site.lines().iter().all(|line| line != "POST /log.php"), "nothing is sent");
    world.ok(&["key", "accept", "--yes"])?;
    world.ok(&["submit"])?;
    Ok(())
}

#[tokio::test]
async fn imported_receipts_are_verified_with_the_keys_in_the_same_file() -> Result<()> {
    let (world, receiver) = with_a_receiver().await?;
    // This install never connects to the receiver.
    let site = |arguments: &[&str]| -> Result<std::process::Output> {
        let arguments = [arguments, &["--json"]].concat();
        Ok(world.command(&arguments).env("http_proxy", "http://127.0.0.1:9").output()?)
    };
    let enabled: Value = serde_json::from_slice(&site(&["enable", "--yes"])?.stdout)?;
    assert_eq!((&enabled["code"], &enabled["key_status"]), (&"opted-in".into(), &"not-reached".into()));
    let file = world.folder.path().join("report.json");
    assert_eq!(code(&site(&["submit", "--out", text(&file)])?)?, (0, "written".to_owned()));
    let elsewhere = callback_tests::programs::Agent::new()?;
    elsewhere.stdout(&["upload", text(&file), "--yes"])?;
    let again = elsewhere.output(&["upload", text(&file), "--json"])?;
    assert_eq!(code(&again)?, (6, "already-uploaded".to_owned()));
    elsewhere.stdout(&["upload", text(&file), "--again", "--yes"])?;
    assert_eq!(receiver.reports().await?, 1);

    let answer = world.folder.path().join("report.json.answer");
    let good = std::fs::read_to_string(&answer)?;
    // A file may hold anything; what it says is shown without control characters.
    let mut hostile: Value = serde_json::from_str(&good)?;
    hostile["outcome"] = "unknown".into();
    hostile["said"] = "\u{1b}[31m\u{202e}red".into();
    hostile["receipt"] = Value::Null;
    std::fs::write(&answer, hostile.to_string())?;
    site(&["receipt", text(&answer)])?;
    assert_eq!(world.outcomes()?, ["unknown"]);
    let shown = [world.ok(&["history"])?, world.ok(&["show", "last"])?].concat();
    assert!(shown.contains("red") && !shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    std::fs::write(&answer, &good)?;
    let imported: Value = serde_json::from_slice(&site(&["receipt", text(&answer)])?.stdout)?;
    assert_eq!((&imported["code"], &imported["proof"]), (&"imported".into(), &"first-key".into()));
    // Forged: another day, and another receiver's key.
    let mut forged: Value = serde_json::from_str(&good)?;
    forged["receipt"]["expires"] = "2999-01-01".into();
    std::fs::write(&answer, forged.to_string())?;
    assert_eq!(code(&site(&["receipt", text(&answer)])?)?, (7, "receipt-not-verified".to_owned()));
    assert_eq!(world.outcomes()?, ["sent"], "a verified receipt stays");
    assert_eq!(world.json(&["status", "--json"])?["status"], "on", "a file does not block reports");
    let mut edited: Value = serde_json::from_str(&good)?;
    edited["outcome"] = "not-sent".into();
    edited["receipt"] = Value::Null;
    std::fs::write(&answer, edited.to_string())?;
    assert_eq!(code(&site(&["receipt", text(&answer)])?)?, (7, "receipt-not-verified".to_owned()));
    edited["outcome"] = "cleared".into();
    std::fs::write(&answer, edited.to_string())?;
    assert_eq!(code(&site(&["receipt", text(&answer)])?)?.1, "file-invalid");
    edited["outcome"] = "sent".into();
    std::fs::write(&answer, edited.to_string())?;
    assert_eq!(code(&site(&["receipt", text(&answer)])?)?.1, "file-invalid");
    assert_eq!(world.outcomes()?, ["sent"]);
    std::fs::write(&answer, &good)?;
    assert_eq!(code(&site(&["receipt", text(&answer)])?)?, (0, "imported".to_owned()));
    assert_eq!(world.outcomes()?, ["sent"]);
    world.ok(&["verify"]).map(drop)
}
