//! Receipts, and with them a real receiver from end to end: reports, kills, clears, lost secrets; keys that are
//! remembered, renewed, replaced or missing.

use anyhow::{Context, Result, ensure};
use callback_agent::fault::Point;
use callback_receiver::signing::Signing;
use callback_tests::programs::text;
use callback_tests::receiver::Receiver;
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{World, outcome};
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

/// A world that may report to a real receiver.
async fn real() -> Result<(World, Receiver)> {
    let (world, receiver) = (World::new().await?, Receiver::start()?);
    world.configure(&format!(
        "[receiver]\nurl = '{}'\nkind = 'callback-stats'\n[submit]\nattempts = 3\nwait_seconds = 0\ntimeout_seconds = 10\n",
        receiver.log()
    ))?;
    Ok((world, receiver))
}

#[tokio::test]
async fn a_real_receiver_keeps_proves_and_clears() -> Result<()> {
    let (mut world, receiver) = real().await?;
    let said = world.ok(&["enable", "--yes"])?;
    let shown = world.json(&["key", "show", "--json"])?;
    let key = shown["known"][0]["id"].as_str().context("a key")?.to_owned();
    assert!(said.contains(&key) && shown["current"]["known"] == true, "{said}");

    let outcome = world.json(&["submit", "--json"])?;
    assert_eq!((&outcome["proof"], outcome["receipt"]["key"].as_str()), (&json!("signed"), Some(key.as_str())));
    assert_eq!(receiver.reports().await?, 1);
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    // The receiver's day is today's still, so this one replaces the first.
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
    assert_eq!(receiver.reports().await?, 0);
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    assert_eq!(world.json(&["verify", "--json"])?["receipts"], 3);
    let entry = world.runs()?.last().context("the clear")?["id"].to_string();
    assert!(world.ok(&["show", &entry])?.contains("proof     the receipt is signed by the receiver's known key"));

    // A receipt that was touched afterwards is found, even where the chain was written anew.
    world
        .state_sql("UPDATE events SET body = json_set(body, '$.receipt.day', '2020-01-01') WHERE what = 'ended' AND id = (SELECT MAX(id) FROM events WHERE what = 'ended')")
        .await?;
    let problems = world.json_of_failure(&["verify", "--json"])?["problems"].to_string();
    assert!(problems.contains("is not signed by a known key any more"), "{problems}");
    Ok(())
}

fn killed(world: &World, point: Point) -> Result<()> {
    let status = world.command(&["submit"]).env("CALLBACK_TEST_KILL_AT", point.name()).output()?.status;
    ensure!(status.signal() == Some(9), "{point:?} was not reached: {status}");
    Ok(())
}

#[tokio::test]
async fn with_a_real_receiver_kills_lose_and_double_nothing() -> Result<()> {
    for point in Point::ALL {
        let (world, receiver) = real().await?;
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
            assert!(world.ok(&["submit"])?.contains("already"), "{point:?}");
        }
        world.ok(&["verify"])?;
    }
    Ok(())
}

/// Hands a secret in as a person does.
fn import(world: &World, secret: &str) -> Result<(i32, String)> {
    let mut child = world
        .command(&["secret", "import", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("its input")?.write_all(secret.as_bytes())?;
    Ok(outcome(&child.wait_with_output()?))
}

#[tokio::test]
async fn a_real_receiver_knows_an_install_by_its_secret_alone() -> Result<()> {
    let (mut world, receiver) = real().await?;
    let (code, said) = import(&world, &"ab".repeat(32))?;
    assert_eq!((code, said.contains("enable")), (9, true), "{said}");
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    let secret = world.json(&["secret", "export", "--json"])?["secret"].as_str().context("a secret")?.to_owned();
    // Another secret, as a machine has that was set up anew with the same database.
    assert_eq!(import(&world, &"ab".repeat(32))?.0, 0);
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    let (code, said) = world.run(&["submit"])?;
    assert_eq!((code, said.contains("secret import")), (7, true), "{said}");
    let (code, said) = world.run(&["clear", "--now"])?;
    assert_eq!((code, said.contains("stays pending")), (7, true), "{said}");
    assert_eq!(receiver.reports().await?, 1);
    assert_eq!(import(&world, &secret)?.0, 0);
    world.ok(&["clear", "--now"])?;
    assert_eq!(receiver.reports().await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_second_poller_gets_the_secret_before_its_first_report() -> Result<()> {
    let (one, receiver) = real().await?;
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

/// A site's keys: the first, the same with one more that it vouches for, and others.
fn keys(folder: &std::path::Path) -> Result<(Signing, Signing, Signing)> {
    let (path, other) = (folder.join("signing.key"), folder.join("other.key"));
    let first = Signing::load(&path)?;
    Signing::renew(&path)?;
    Ok((first, Signing::load(&path)?, Signing::load(&other)?))
}

#[tokio::test]
async fn a_new_key_that_the_old_one_vouches_for_is_taken_and_another_is_not() -> Result<()> {
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
    let (code, said) = world.run(&["submit"])?;
    assert_eq!((code, said.contains("signed by another key")), (7, true), "{said}");
    assert_eq!(world.outcomes()?, ["sent", "sent", "sent", "sent"], "the receiver has it");
    let before = site.lines().len();
    on(&mut world, 5);
    let (code, said) = world.run(&["submit"])?;
    assert_eq!((code, said.contains("key accept"), site.lines().len()), (7, true, before), "{said}");
    assert!(world.ok(&["status"])?.contains("nothing is sent until that is settled"));
    assert!(world.ok(&["key", "show"])?.contains("which is not known"));
    // A yes to reports is no yes to a key.
    assert!(world.ok(&["enable", "--yes"])?.contains("does not vouch for that"));
    assert_eq!(world.run(&["submit"])?.0, 7);
    let (code, said) = world.run(&["key", "accept"])?;
    assert_eq!((code, said.contains("nobody to ask")), (6, true), "{said}");
    let accepted = world.json(&["key", "accept", "--yes", "--json"])?;
    assert_eq!(accepted["accepted"], other_keys["keys"][0]["id"]);
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "signed");
    assert!(!world.ok(&["status"])?.contains("settled"));
    // The old receipts are still good, but for the one of the unknown key, which is now one of a known key too.
    assert_eq!(world.json(&["verify", "--json"])?["problems"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_receipt_that_is_not_signed_confirms_no_clear() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let folder = tempfile::tempdir()?;
    let (_, _, other) = keys(folder.path())?;
    site.signs(None, None);
    let (code, said) = world.run(&["clear", "--now"])?;
    assert_eq!((code, said.contains("not checked")), (7, true), "{said}");
    let published = other.published();
    site.signs(Some(other), Some(published));
    let (code, said) = world.run(&["submit"])?;
    assert_eq!((code, said.contains("signed by another key")), (7, true), "{said}");
    assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    assert_eq!(world.run(&["secret", "export"])?.0, 0, "the secret is kept until it is proven");
    world.ok(&["key", "accept", "--yes"])?;
    world.ok(&["submit"])?;
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    world.ok(&["verify"]).map(drop)
}

#[tokio::test]
async fn a_key_that_could_not_be_read_at_the_yes_is_remembered_with_the_first_receipt() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    let folder = tempfile::tempdir()?;
    let (first, _, _) = keys(folder.path())?;
    let published = first.published();
    world.configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", site.log()))?;
    site.signs(Some(first), None);
    assert!(world.ok(&["enable", "--yes"])?.contains("key could not be read"));
    assert!(world.ok(&["submit"])?.contains("not checked"));
    site.signs(Some(Signing::load(&folder.path().join("signing.key"))?), Some(published));
    // That file has the renewed key by now; without having known the first, it is the first.
    let published = Signing::load(&folder.path().join("signing.key"))?.published();
    site.signs(Some(Signing::load(&folder.path().join("signing.key"))?), Some(published));
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "first-key");
    Ok(())
}

#[tokio::test]
async fn receipts_that_are_carried_by_hand_are_checked_with_the_keys_that_came_along() -> Result<()> {
    let (world, receiver) = real().await?;
    // This site never reaches the receiver itself.
    let site = |arguments: &[&str]| -> Result<(i32, String)> {
        Ok(outcome(&world.command(arguments).env("http_proxy", "http://127.0.0.1:9").output()?))
    };
    let (code, said) = site(&["enable", "--yes"])?;
    assert_eq!((code, said.contains("key could not be read")), (0, true), "{said}");
    let file = world.folder.path().join("report.json");
    assert_eq!(site(&["submit", "--out", text(&file)])?.0, 0);
    let elsewhere = callback_tests::programs::Agent::new()?;
    elsewhere.stdout(&["upload", text(&file)])?;
    let (code, said) = outcome(&elsewhere.output(&["upload", text(&file)])?);
    assert_eq!((code, said.contains("sent already")), (6, true), "{said}");
    elsewhere.stdout(&["upload", text(&file), "--again"])?;
    assert_eq!(receiver.reports().await?, 1);

    let answer = world.folder.path().join("report.json.answer");
    let good = std::fs::read_to_string(&answer)?;
    let (code, said) = site(&["receipt", text(&answer)])?;
    assert_eq!((code, said.contains("which is remembered from now on")), (0, true), "{said}");
    // Forged: another day in it, and another receiver's key.
    let mut forged: Value = serde_json::from_str(&good)?;
    forged["receipt"]["expires"] = "2999-01-01".into();
    std::fs::write(&answer, forged.to_string())?;
    let (code, said) = site(&["receipt", text(&answer)])?;
    assert_eq!((code, said.contains("not signed by the receiver")), (7, true), "{said}");
    assert_eq!(world.outcomes()?, ["unknown"]);
    std::fs::write(&answer, &good)?;
    assert_eq!(site(&["receipt", text(&answer)])?.0, 0);
    assert_eq!(world.outcomes()?, ["sent"]);
    world.ok(&["verify"]).map(drop)
}
