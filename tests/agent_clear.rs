//! Delete requests: retried until confirmed, with the secret for a `callback-receiver`; from the agent, from
//! LibreNMS and without an install; and what remains afterwards.

use anyhow::{Context, Result};
use callback_tests::recording_site::{Instead, Plays, Site};
use callback_tests::world::{World, outcome};
use serde_json::Value;

#[tokio::test]
async fn the_secret_is_created_with_the_first_report_and_deleted_with_the_clear() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    assert_eq!(world.code(&["secret", "export"])?, (9, "no-secret".to_owned()));
    world.ok(&["submit"])?;
    let secret = world.ok(&["secret", "export"])?.trim().to_owned();
    assert_eq!(site.requests()[0].headers["authorization"], format!("Bearer {secret}"));
    // The secret is lost, and imported again.
    world.state_sql("UPDATE held SET secret = NULL").await?;
    assert!(world.warnings()?.contains(&"secret-lost".to_owned()));
    world.ok(&["clear"])?;
    assert_eq!(world.code(&["submit"])?, (7, "receiver-secret".to_owned()));
    let import = |text: &str| -> Result<(i32, String)> {
        let mut command = world.command(&["secret", "import"]);
        let mut child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn()?;
        std::io::Write::write_all(&mut child.stdin.take().context("its input")?, text.as_bytes())?;
        Ok(outcome(&child.wait_with_output()?))
    };
    assert_eq!(import("hunter2")?.0, 1);
    assert_eq!(import(&format!("{secret}\n"))?.0, 0);
    let outcome = world.json(&["submit", "--json"])?;
    assert_eq!(outcome["cleared"][0]["receipt"]["cleared"]["reports"], 1);
    assert!(site.kept().is_empty());
    // What remains: digests and receipts.
    assert_eq!(world.run(&["secret", "export"])?.0, 9);
    let entry = world.runs()?[0]["id"].to_string();
    assert_eq!(world.code(&["diff", &entry, &entry])?, (1, "no-payload".to_owned()));
    assert_eq!(world.run(&["show", &entry, "--raw"])?.0, 1);
    let history = world.runs()?;
    assert!(history[0]["ended"]["receipt"]["payload_sha256"].is_string());
    assert_eq!(history.last().context("the clear")?["ended"]["receipt"]["cleared"]["reports"], 1);
    world.ok(&["verify"])?;
    let files = std::fs::read(world.agent.state.path().join("state.sqlite3"))?;
    let holds = |needle: &str| files.windows(needle.len()).any(|window| window == needle.as_bytes());
    let uuid = serde_json::from_str::<Value>(&site.requests()[0].field("data").context("a payload")?)?["uuid"].take();
    assert!(!holds(&secret) && !holds(uuid.as_str().context("a uuid")?), "overwritten, not only unlinked");
    // The next report is from a new install.
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit", "--again"])?;
    let payload = serde_json::from_str::<Value>(&site.kept()[0])?;
    assert_ne!(payload["uuid"], uuid);
    Ok(())
}

#[tokio::test]
async fn a_clear_is_retried_until_it_is_confirmed_and_works_when_off() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    world.ok(&["disable"])?;
    world.ok(&["clear"])?;
    for instead in [Instead::Answer(500, "", ""), Instead::Close, Instead::Answer(404, "", ""), Instead::KeepAndHang] {
        site.next(instead.clone());
        assert_eq!(world.run(&["submit"])?.0, 7, "{instead:?}");
        assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    }
    let cleared = world.json(&["submit", "--json"])?;
    assert_eq!((&cleared["code"], &cleared["cleared"][0]["receipt"]), (&"cleared".into(), &Value::Null));
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    assert_eq!(site.lines().iter().filter(|line| *line == "POST /log.php").count(), 1);
    let requests = site.requests();
    let clear = requests.last().context("a request")?;
    assert!(clear.field("uuid").is_some() && !clear.headers.contains_key("authorization"));
    assert!(clear.headers["content-type"].starts_with("application/x-www-form-urlencoded"));
    assert_eq!(world.value("SELECT value FROM callback WHERE name = 'uuid'").await?, None);
    assert_eq!(world.run(&["submit"])?.0, 6);
    Ok(())
}

#[tokio::test]
async fn enable_before_the_clear_is_confirmed_cancels_it_and_keeps_everything() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let secret = world.ok(&["secret", "export"])?;
    world.ok(&["clear"])?;
    assert_eq!(world.json(&["enable", "--yes", "--json"])?["cancelled_clear"], true);
    assert_eq!(world.code(&["submit"])?, (0, "already-sent".to_owned()));
    assert_eq!((site.lines().len(), world.ok(&["secret", "export"])?), (1, secret));
    Ok(())
}

#[tokio::test]
async fn librenms_s_clear_button_requests_a_clear() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    let uuid = world.value("SELECT value FROM callback WHERE name = 'uuid'").await?.context("written by enable")?;
    world.sql("DELETE FROM callback").await?;
    assert_eq!(world.code(&["status"])?, (0, "clear-pending".to_owned()));
    let history = world.json(&["history", "--json"])?;
    let asked =
        history.as_array().and_then(|entries| entries.iter().rev().find(|entry| entry["what"] == "clear-asked"));
    assert_eq!(asked.context("it is recorded")?["note"]["by"], "libre-nms-page");
    world.ok(&["submit"])?;
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    assert_eq!(site.requests()[1].field("uuid"), Some(uuid.clone()));
    assert!(site.kept().is_empty());
    // If it is cancelled instead, the uuid stays.
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    world.sql("DELETE FROM callback").await?;
    world.ok(&["preview"])?;
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit", "--again"])?;
    let uuids: Vec<_> = site
        .kept()
        .iter()
        .map(|payload| Ok(serde_json::from_str::<Value>(payload)?["uuid"].take()))
        .collect::<Result<_>>()?;
    assert_eq!(uuids[0], uuids[1]);
    Ok(())
}

#[tokio::test]
async fn every_receiver_that_holds_reports_gets_the_delete_request() -> Result<()> {
    let (world, first) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let second = Site::start(Plays::Stock)?;
    let receiver = ["--receiver", &second.log(), "--receiver-kind", "stock"];
    world.ok(&[&["enable", "--yes"][..], &receiver].concat())?;
    world.ok(&[&["submit", "--again"][..], &receiver].concat())?;
    assert!(!second.requests()[0].headers.contains_key("authorization"));
    first.next(Instead::Answer(500, "", ""));
    let (code, _) = world.run(&["clear", "--now"])?;
    assert_eq!(code, 7);
    assert_eq!(second.lines(), ["POST /log.php", "POST /clear.php"], "one that fails does not keep the others waiting");
    world.ok(&["submit"])?;
    assert_eq!(first.lines(), ["POST /log.php", "POST /clear.php", "POST /clear.php"]);
    assert_eq!(second.lines().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_clear_works_without_an_install() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    std::fs::remove_file(&world.install)?;
    world.ok(&["clear", "--now"])?;
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    assert_eq!(world.json(&["status", "--json"])?["consent"], "off");
    Ok(())
}

#[tokio::test]
async fn a_uuid_that_was_never_sent_is_not_sent_by_a_clear() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    world.ok(&["clear", "--now"])?;
    // A new uuid, for this preview only.
    world.ok(&["preview"])?;
    assert_eq!(world.code(&["clear", "--now"])?, (0, "nothing-to-clear".to_owned()));
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn after_a_clear_the_report_of_the_day_can_be_sent_again() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    world.ok(&["clear", "--now"])?;
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php", "POST /log.php"]);
    assert_eq!(site.kept().len(), 1);
    Ok(())
}

#[tokio::test]
async fn another_clear_url_is_used_only_after_consent() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    let elsewhere = Site::start(Plays::Ours)?;
    world.ok(&["submit"])?;
    world.configure(&format!(
        "[receiver]\nurl = '{}'\nkind = 'callback-stats'\nclear_url = '{}'\n",
        site.log(),
        elsewhere.log().replace("log.php", "clear.php")
    ))?;
    assert_eq!(world.code(&["submit", "--again"])?, (6, "other-clear-url".to_owned()));
    // The consent still determines where a delete request goes.
    world.ok(&["clear", "--now"])?;
    assert!(elsewhere.requests().is_empty());
    assert!(site.kept().is_empty());
    Ok(())
}
