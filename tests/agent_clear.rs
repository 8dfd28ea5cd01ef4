//! Delete requests: retried until confirmed, with the secret for a `callback-receiver`; from the agent, from
//! LibreNMS and without an install; and what remains afterwards.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::{Agent, text};
use callback_tests::recording_site::{Instead, Plays, Site};
use callback_tests::world::{World, code, outcome};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};

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
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        child.stdin.take().context("its input")?.write_all(text.as_bytes())?;
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
    world.ok(&["enable", "--yes", "--override-off"])?;
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
async fn a_deletion_after_a_lost_state_ends_when_the_reports_have_expired() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    // The new state has neither the secret nor the day of the last report.
    world.state_sql("UPDATE held SET secret = NULL, last_sent = NULL").await?;
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (7, "receiver-secret".to_owned()));
    world.state_sql("UPDATE held SET since = date('now', '-90 days')").await?;
    assert_eq!(world.code(&["submit"])?, (7, "receiver-secret".to_owned()));
    world.state_sql("UPDATE held SET since = date('now', '-91 days')").await?;
    // Another poller has sent a report since.
    let day = "INSERT INTO callback (name, value) VALUES ('agent_day', date('now', '-1 days'))";
    world.sql("DELETE FROM callback WHERE name = 'agent_day'").await?;
    world.sql(day).await?;
    assert_eq!(world.code(&["submit"])?, (7, "receiver-secret".to_owned()));
    world.sql("UPDATE callback SET value = date('now', '-91 days') WHERE name = 'agent_day'").await?;
    // Whatever the receiver answers, and even if it is gone.
    site.next(Instead::Answer(500, "", ""));
    assert_eq!(world.code(&["submit"])?, (0, "cleared".to_owned()));
    assert_eq!(site.kept().len(), 1, "the receiver deletes it when it expires");
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (0, "nothing-to-clear".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_deletion_that_only_librenms_knows_about_stays_pending_without_it() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    // Another poller has reported with the uuid that is in LibreNMS's database.
    world.ok(&["clear"])?;
    world.state_sql("DELETE FROM held").await?;
    world.state_sql("INSERT OR IGNORE INTO clear_pending (only_row, record) VALUES (1, '{}')").await?;
    let hidden = world.install.with_extension("hidden");
    std::fs::rename(&world.install, &hidden)?;
    let file = world.folder.path().join("delete.json");
    for command in [&["clear", "--now", "--yes"][..], &["clear", "--out", text(&file)]] {
        assert_eq!(world.code(command)?, (4, "clear-needs-librenms".to_owned()), "{command:?}");
        assert!(!file.exists(), "{command:?}");
    }
    std::fs::rename(&hidden, &world.install)?;
    assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    assert!(site.lines().is_empty());
    Ok(())
}

#[tokio::test]
async fn an_answer_to_another_request_does_not_finish_a_deletion() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    let answer = world.folder.path().join("answer.json");
    let empty = r#"{"format":"callback-agent clear answer","version":1,"answers":[]}"#;
    std::fs::write(&answer, empty)?;
    world.ok(&["submit"])?;
    world.ok(&["clear"])?;
    world.state_sql("DELETE FROM held").await?;
    assert_eq!(world.code(&["receipt", text(&answer)])?.1, "file-invalid");
    assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_came_too_late_is_not_called_imported() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let file = world.folder.path().join("clear.json");
    let answer = format!("{}.answer", text(&file));
    world.ok(&["clear", "--out", text(&file)])?;
    world.ok(&["upload", text(&file), "--yes"])?;
    world.ok(&["submit"])?;
    assert_eq!(world.code(&["receipt", &answer])?, (6, "clear-not-pending".to_owned()));
    Ok(())
}

#[tokio::test]
async fn every_receiver_that_did_not_delete_is_named() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    let other = Site::start(Plays::Ours)?;
    world.ok(&["submit"])?;
    world.configure(&format!("[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", other.log()))?;
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit", "--again"])?;
    for site in [&site, &other] {
        site.next(Instead::Answer(500, "", ""));
    }
    let output = world.command(&["clear", "--now", "--yes"]).output()?;
    let said = String::from_utf8(output.stderr)?;
    for site in [&site, &other] {
        assert!(said.contains(&site.log().replace("log.php", "clear.php")), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn enable_before_the_clear_is_confirmed_cancels_it_and_keeps_everything() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let secret = world.ok(&["secret", "export"])?;
    world.ok(&["clear"])?;
    assert_eq!(world.code(&["enable", "--yes", "--quiet"])?, (6, "clear-pending".to_owned()));
    assert_eq!(world.json(&["enable", "--yes", "--override-off", "--json"])?["cancelled_clear"], true);
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
    let asked = || -> Result<Option<Value>> {
        let history = world.json(&["history", "--json"])?;
        Ok(history.as_array().and_then(|entries| entries.iter().find(|entry| entry["what"] == "clear-asked").cloned()))
    };
    assert_eq!(asked()?, None, "looking records nothing");
    world.ok(&["submit"])?;
    assert_eq!(asked()?.context("it is recorded")?["note"]["by"], "libre-nms-page");
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    assert_eq!(site.requests()[1].field("uuid"), Some(uuid.clone()));
    assert!(site.kept().is_empty());
    // If it is cancelled instead, the uuid stays.
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    world.sql("DELETE FROM callback").await?;
    world.ok(&["preview"])?;
    world.ok(&["enable", "--yes", "--override-off"])?;
    world.ok(&["submit", "--again"])?;
    let uuids: Vec<_> = site
        .kept()
        .iter()
        .map(|payload| Ok(serde_json::from_str::<Value>(payload)?["uuid"].take()))
        .collect::<Result<_>>()?;
    assert_eq!(uuids[0], uuids[1]);
    // Also if the uuid cannot be written back.
    world.sql("DELETE FROM callback").await?;
    world.sql("CREATE TRIGGER fixed BEFORE INSERT ON callback BEGIN SELECT RAISE(ABORT, 'fixed'); END").await?;
    world.ok(&["enable", "--yes", "--override-off"])?;
    assert_ne!(world.code(&["status"])?.1, "clear-pending");
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
    let (code, _) = world.run(&["clear", "--now", "--yes"])?;
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
    world.ok(&["clear", "--now", "--yes"])?;
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    assert_eq!(world.json(&["status", "--json"])?["consent"], "off");
    Ok(())
}

#[tokio::test]
async fn a_uuid_that_was_never_sent_is_not_sent_by_a_clear() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    world.ok(&["clear", "--now", "--yes"])?;
    // A new uuid, for this preview only.
    world.ok(&["preview"])?;
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (0, "nothing-to-clear".to_owned()));
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn after_a_clear_the_report_of_the_day_can_be_sent_again() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    world.ok(&["clear", "--now", "--yes"])?;
    world.ok(&["enable", "--yes", "--override-off"])?;
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
    world.ok(&["clear", "--now", "--yes"])?;
    assert!(elsewhere.requests().is_empty());
    assert!(site.kept().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_cancelled_clear_and_the_next_one_are_different_requests() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    for _ in 0..2 {
        site.next(Instead::Answer(500, "", ""));
        assert_eq!(world.run(&["clear", "--now", "--yes"])?.0, 7);
        site.next(Instead::Answer(500, "", ""));
        assert_eq!(world.run(&["submit"])?.0, 7);
        world.ok(&["enable", "--yes", "--override-off"])?;
    }
    let clears = site.requests().into_iter().filter(|request| request.line == "POST /clear.php");
    let nonces: Vec<String> = clears.filter_map(|request| request.field("nonce")).collect();
    assert_eq!((&nonces[0], &nonces[2]), (&nonces[1], &nonces[3]));
    assert_ne!(nonces[0], nonces[2]);
    assert!(!world.ok(&["export"])?.contains(&nonces[0]), "it is in no entry of the history");
    Ok(())
}

/// Runs a command on a terminal, where somebody types an answer.
fn on_a_terminal(world: &World, arguments: &[&str], answer: &str) -> Result<(i32, String)> {
    let command = world.command(arguments);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let line: Vec<String> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"]);
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    terminal.stdin.take().context("its input")?.write_all(answer.as_bytes())?;
    Ok(outcome(&terminal.wait_with_output()?))
}

#[tokio::test]
async fn on_a_terminal_clear_asks_before_it_sends() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let (code, said) = on_a_terminal(&world, &["clear", "--now"], "n\n")?;
    assert_eq!(code, 6, "{said}");
    assert_eq!(site.lines(), ["POST /log.php"]);
    assert_eq!(world.json(&["status", "--json"])?["status"], "on", "nothing was changed");
    let (code, said) = on_a_terminal(&world, &["clear", "--now"], "y\n")?;
    assert_eq!(code, 0, "{said}");
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let (code, said) = on_a_terminal(&world, &["clear", "--now", "--yes", "--raw"], "")?;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("\"request_hmac\":"), "as the receiver wrote it: {said}");
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn an_air_gapped_site_clears_by_way_of_files() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let (world, ours) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let stock = Site::start(Plays::Stock)?;
    let receiver = ["--receiver", &stock.log(), "--receiver-kind", "stock"];
    world.ok(&[&["enable", "--yes"][..], &receiver].concat())?;
    world.ok(&[&["submit", "--again"][..], &receiver].concat())?;
    let path = |name: &str| world.folder.path().join(name);
    let (report, file, answer) = (path("report.json"), path("clear.json"), path("clear.json.answer"));

    world.ok(&["clear"])?;
    assert_eq!(world.code(&["submit", "--out", text(&report)])?, (6, "use-clear-out".to_owned()));
    assert!(!report.exists());
    let written = world.json(&["clear", "--out", text(&file), "--json"])?;
    assert_eq!((&written["code"], written["receivers"].as_array().map(Vec::len)), (&"clear-written".into(), Some(2)));
    assert_eq!(std::fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);
    assert_eq!(world.code(&["clear", "--out", text(&file)])?, (1, "file-exists".to_owned()));
    assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending");
    let secret = world.ok(&["secret", "export"])?;

    // Another host, which has neither LibreNMS nor a state. One receiver fails at first.
    let elsewhere = Agent::new()?;
    let upload =
        |arguments: &[&str]| code(&elsewhere.output(&[&["upload", text(&file), "--json"], arguments].concat())?);
    assert_eq!(upload(&[])?, (6, "confirmation-needed".to_owned()));
    assert_eq!((ours.lines().len(), stock.lines().len()), (1, 1), "nothing was sent without a yes");
    ours.next(Instead::Answer(503, "", ""));
    assert_eq!(upload(&["--yes"])?, (7, "receiver-error".to_owned()));
    assert_eq!(world.code(&["receipt", text(&answer)])?, (7, "receiver-error".to_owned()));
    assert_eq!(world.json(&["status", "--json"])?["held"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.ok(&["secret", "export"])?, secret);
    assert_eq!(upload(&["--yes"])?, (0, "clear-uploaded".to_owned()));
    assert_eq!(upload(&["--yes"])?, (6, "already-uploaded".to_owned()));
    assert_eq!(stock.lines(), ["POST /log.php", "POST /clear.php"], "who has confirmed is not asked again");
    assert_eq!(ours.lines(), ["POST /log.php", "POST /clear.php", "POST /clear.php"]);
    let (asked, other) = (ours.requests().pop().context("a request")?, stock.requests().pop().context("a request")?);
    assert_eq!(asked.headers["authorization"], format!("Bearer {}", secret.trim()));
    assert!(!other.headers.contains_key("authorization") && other.field("nonce").is_none());
    assert!(ours.kept().is_empty() && stock.kept().is_empty());

    // Another install's answer is rejected; this one's completes the deletion, once.
    let (another, _site) = World::reporting(Plays::Ours).await?;
    another.ok(&["submit"])?;
    another.ok(&["clear"])?;
    assert_eq!(another.code(&["receipt", text(&answer)])?, (1, "answer-unknown".to_owned()));
    assert_eq!(another.json(&["status", "--json"])?["status"], "clear pending");
    let imported = world.json(&["receipt", text(&answer), "--json"])?;
    assert_eq!((&imported["code"], &imported["pending"]), (&"cleared".into(), &false.into()));
    assert_eq!(imported["cleared"][0]["binding"], "bound");
    assert_eq!(world.json(&["status", "--json"])?["status"], "off");
    assert_eq!(world.code(&["secret", "export"])?, (9, "no-secret".to_owned()));
    assert_eq!(world.value("SELECT value FROM callback WHERE name = 'uuid'").await?, None);
    let entries = world.json(&["history", "--json"])?.as_array().map(Vec::len);
    assert_eq!(world.code(&["receipt", text(&answer)])?, (0, "already-imported".to_owned()));
    assert_eq!(world.json(&["history", "--json"])?.as_array().map(Vec::len), entries);
    assert_eq!(world.code(&["clear", "--out", text(&path("empty.json"))])?, (0, "nothing-to-clear".to_owned()));
    assert!(!path("empty.json").exists());
    world.ok(&["verify"])?;
    Ok(())
}

#[tokio::test]
async fn a_cancelled_delete_request_in_a_file_is_not_uploaded() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let file = world.folder.path().join("clear.json");
    world.ok(&["clear", "--out", text(&file)])?;
    world.ok(&["enable", "--yes", "--override-off"])?;
    assert_eq!(world.code(&["upload", text(&file), "--yes"])?, (6, "clear-not-pending".to_owned()));
    assert_eq!(site.lines(), ["POST /log.php"]);
    // Another host cannot know. Its answer does not count for a later request.
    let elsewhere = Agent::new()?;
    elsewhere.stdout(&["upload", text(&file), "--yes"])?;
    world.ok(&["clear"])?;
    let answer = world.folder.path().join("clear.json.answer");
    assert_eq!(world.code(&["receipt", text(&answer)])?, (6, "clear-not-pending".to_owned()));
    assert_eq!(world.run(&["secret", "export"])?.0, 0);
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_uploaded_is_named_before_anything_else() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    world.ok(&["disable"])?;
    for command in ["upload", "receipt"] {
        let output = world.command(&[command, "/no/such/file", "--json"]).output()?;
        assert_eq!(code(&output)?, (1, "file-not-read".to_owned()));
        ensure!(String::from_utf8_lossy(&output.stderr).contains("/no/such/file"), "{command}");
        let other = world.folder.path().join("other.json");
        std::fs::write(&other, "{\"format\":\"something\"}")?;
        assert_eq!(world.code(&[command, text(&other)])?, (1, "file-invalid".to_owned()));
    }
    let file = world.folder.path().join("clear.json");
    for changed in ["{\"format\":\"callback-agent clear\"}", "{\"format\":\"callback-agent clear answer\"}"] {
        std::fs::write(&file, changed)?;
        for command in ["upload", "receipt"] {
            assert_eq!(world.code(&[command, text(&file)])?, (1, "file-invalid".to_owned()));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_written_requests_nothing() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let history = world.json(&["history", "--json"])?;
    assert_eq!(world.code(&["clear", "--out", "/no/such/directory/clear.json"])?.1, "file-not-written");
    let there = world.folder.path().join("there.json");
    std::fs::write(&there, "mine")?;
    assert_eq!(world.code(&["clear", "--out", text(&there)])?.1, "file-exists");
    assert_eq!(std::fs::read_to_string(&there)?, "mine");
    assert_eq!(world.json(&["status", "--json"])?["status"], "on");
    assert_eq!(world.json(&["history", "--json"])?, history);
    assert_eq!(world.code(&["submit"])?, (0, "already-sent".to_owned()));
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn a_clear_that_is_in_a_file_waits_for_its_answer() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    world.ok(&["clear"])?;
    assert!(!world.ok(&["status"])?.contains("FILE.answer"));
    let file = world.folder.path().join("clear.json");
    world.ok(&["clear", "--out", text(&file)])?;
    for said in [world.ok(&["status"])?, world.ok(&["disable"])?] {
        assert!(said.contains("FILE.answer"), "{said}");
    }
    assert_eq!(world.json(&["status", "--json"])?["code"], "clear-pending");
    Ok(())
}

#[tokio::test]
async fn without_a_terminal_to_confirm_nothing_is_cleared() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    assert_eq!(world.code(&["clear", "--now"])?, (6, "confirmation-needed".to_owned()));
    let root = world.folder.path().join("root");
    let uninstall = ["uninstall", "--clear", "--root", text(&root), "--state", text(world.agent.state.path())];
    assert_eq!(world.run(&uninstall)?.0, 6);
    assert_eq!(world.json(&["status", "--json"])?["status"], "on");
    assert_eq!(site.lines(), ["POST /log.php"]);
    world.ok(&["clear", "--now", "--yes"])?;
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn a_uuid_goes_to_no_receiver_that_never_had_it() -> Result<()> {
    const ROW: &str = "INSERT INTO callback (name, value) VALUES";
    const UUID: &str = "('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')";
    let start = async || -> Result<(World, Site, Site)> {
        let (world, site, librenms) = (World::new().await?, Site::start(Plays::Stock)?, Site::start(Plays::Stock)?);
        let insert = "INSERT INTO config (config_name, config_value) VALUES";
        world.sql(&format!("{insert} ('callback_post', '\"{}\"')", librenms.log())).await?;
        Ok((world, site, librenms))
    };
    // The uuid in table `callback` is the one that `enable` wrote there.
    let (world, site, librenms) = start().await?;
    world.ok(&["enable", "--yes", "--receiver", &site.log()])?;
    assert!(world.value("SELECT value FROM callback WHERE name = 'uuid'").await?.is_some());
    world.run(&["submit"])?;
    world.ok(&["clear", "--now", "--yes"])?;
    assert_eq!((site.lines(), librenms.lines().len()), (vec!["POST /clear.php".to_owned()], 0));
    // It is that of another poller's agent.
    let (world, _site, librenms) = start().await?;
    world.sql(&format!("{ROW} {UUID}")).await?;
    assert_eq!(world.code(&["clear", "--now", "--yes"])?, (0, "nothing-to-clear".to_owned()));
    assert!(librenms.lines().is_empty());
    // LibreNMS's built-in sender used it before, or may have since.
    for take_over in [true, false] {
        let (world, site, librenms) = start().await?;
        world.sql(&format!("{ROW} ('enabled', '1')")).await?;
        if take_over {
            world.sql(&format!("{ROW} {UUID}")).await?;
        }
        let enable = ["enable", "--yes", "--receiver", &site.log(), "--take-over"];
        world.ok(&enable[..if take_over { 5 } else { 4 }])?;
        world.sql("UPDATE callback SET value = '0' WHERE name = 'enabled'").await?;
        world.ok(&["submit", "--receiver", &site.log()])?;
        librenms.next(Instead::Answer(500, "", ""));
        assert_eq!(world.run(&["clear", "--now", "--yes"])?.0, 7);
        world.ok(&["submit"])?;
        assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
        assert_eq!(librenms.lines(), ["POST /clear.php", "POST /clear.php"]);
    }
    Ok(())
}
