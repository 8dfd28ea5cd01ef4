//! Runs of `submit` against a site that records requests and fails in many ways: what is sent, what the ledger has
//! afterwards, and that nothing is sent twice.

use anyhow::Result;
use callback_tests::nginx::Tls;
use callback_tests::programs::sha256;
use callback_tests::recording_site::{Instead, Plays, Site};
use callback_tests::world::{World, code, outcome};
use serde_json::{Value, json};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

#[tokio::test]
async fn a_report_has_its_headers_and_the_stock_site_would_store_it() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let previewed = world.ok(&["preview", "--raw"])?;
    let said = world.json(&["submit", "--json"])?;
    assert_eq!(said["code"], "sent");
    assert_eq!(said["receipt"], Value::Null);
    assert_eq!(site.kept(), std::slice::from_ref(&previewed));
    let requests = site.requests();
    let header = |name: &str| requests[0].headers.get(name).cloned().unwrap_or_default();
    assert_eq!(header("callback-payload-sha256"), sha256(previewed.as_bytes()));
    assert_eq!(header("callback-module-sha256"), world.json(&["module", "--json"])?["sha256"]);
    assert!(header("user-agent").starts_with("callback-agent/"));
    assert_eq!(header("authorization"), "", "a stock site never sees a secret");
    assert_eq!(header("content-type"), "application/x-www-form-urlencoded");
    Ok(())
}

#[tokio::test]
async fn a_report_is_sent_once_a_day() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    let at = |world: &mut World, moment: &str| world.variables = vec![("CALLBACK_TEST_NOW", moment.to_owned())];
    at(&mut world, "2026-11-24T00:10:00Z");
    world.ok(&["submit"])?;
    at(&mut world, "2026-11-24T23:59:59Z");
    let again = world.json(&["submit", "--json"])?;
    assert_eq!((&again["code"], &again["already_sent"]), (&"already-sent".into(), &"2026-11-24".into()));
    assert_eq!(world.json(&["submit", "--json"])?["already_sent"], "2026-11-24");
    assert_eq!(site.kept().len(), 1);
    at(&mut world, "2026-11-25T00:00:00Z");
    world.ok(&["submit"])?;
    assert_eq!(site.kept().len(), 2);
    world.ok(&["submit", "--again"])?;
    assert_eq!(site.kept().len(), 3, "only if that is asked for");
    Ok(())
}

#[tokio::test]
async fn a_clock_that_jumps_loses_nothing_and_is_reported() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    for (moment, sent) in [
        ("2026-11-24T03:00:00Z", 1),
        // Once ahead by a year: nothing may be pruned as old.
        ("2027-11-24T03:00:00Z", 2),
        ("2026-11-25T03:00:00Z", 3),
        // Back by a year.
        ("2025-11-25T03:00:00Z", 4),
    ] {
        world.variables = vec![("CALLBACK_TEST_NOW", moment.to_owned())];
        world.ok(&["submit"])?;
        assert_eq!((site.kept().len(), world.runs()?.len()), (sent, sent), "{moment}");
        world.ok(&["verify"])?;
    }
    world.variables = vec![("CALLBACK_TEST_NOW", "2025-11-24T03:00:00Z".to_owned())];
    assert!(world.warnings()?.contains(&"clock-behind".to_owned()));
    Ok(())
}

#[tokio::test]
async fn each_kind_of_failure_has_its_own_code_and_outcome() -> Result<()> {
    // What the site does with each attempt; the code; what the ledger has; the number of attempts.
    type Case = (&'static [Instead], &'static str, &'static str, usize);
    let cases: [Case; 12] = [
        (
            &[Instead::Answer(500, "", ""), Instead::Answer(503, "", ""), Instead::Answer(500, "", "")],
            "receiver-error",
            "not-sent",
            3,
        ),
        (&[Instead::Answer(413, "", "")], "receiver-too-large", "not-sent", 1),
        (&[Instead::Answer(404, "", "")], "receiver-not-found", "not-sent", 1),
        (&[Instead::Answer(405, "", "")], "receiver-not-found", "not-sent", 1),
        (&[Instead::Answer(422, "", "")], "receiver-error", "not-sent", 1),
        (&[Instead::Answer(302, "Location: http://127.0.0.1:9/\r\n", "")], "receiver-redirect", "not-sent", 1),
        (&[Instead::Answer(308, "Location: /log.php\r\n", "")], "receiver-redirect", "not-sent", 1),
        (&[Instead::Answer(429, "Retry-After: 100000\r\n", "")], "receiver-rate-limit", "not-sent", 1),
        (&[Instead::OtherReceipt], "receipt-mismatch", "unknown", 1),
        // The stock site may have it: sent again, it would count twice.
        (&[Instead::KeepAndClose], "receiver-no-answer", "unknown", 1),
        (&[Instead::KeepAndHang], "receiver-no-answer", "unknown", 1),
        (&[Instead::Answer(500, "", ""), Instead::KeepAndClose], "receiver-no-answer", "unknown", 2),
    ];
    for (instead, expected, ledger, tries) in cases {
        let (world, site) = World::reporting(Plays::Stock).await?;
        instead.iter().for_each(|one| site.next(one.clone()));
        assert_eq!(world.code(&["submit"])?, (7, expected.to_owned()), "{instead:?}");
        assert_eq!(world.outcomes()?, [ledger], "{instead:?}");
        assert_eq!(site.requests().len(), tries, "{instead:?}");
        assert!(world.warnings()?.contains(&"last-run-failed".to_owned()));
        // The next run of the day sends a report that was not sent, but not one that may have arrived.
        let again = world.code(&["submit"])?;
        match ledger {
            "unknown" => assert_eq!((again.1.as_str(), site.requests().len()), ("maybe-sent", tries)),
            _ if expected == "receiver-rate-limit" => assert_eq!(again, (7, "receiver-retry-later".to_owned())),
            _ => assert_eq!((again.1.as_str(), site.kept().len()), ("sent", 1)),
        }
        world.ok(&["verify"])?;
    }
    Ok(())
}

#[tokio::test]
async fn temporary_failures_are_retried() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    site.next(Instead::Answer(503, "", ""));
    site.next(Instead::Answer(429, "Retry-After: 1\r\n", ""));
    world.ok(&["submit"])?;
    assert_eq!((site.requests().len(), site.kept().len()), (3, 1));
    assert_eq!(world.runs()?[0]["ended"]["attempts"], 3);
    // A callback-receiver replaces a report that arrives twice, so a lost answer is retried.
    let (world, site) = World::reporting(Plays::Ours).await?;
    site.next(Instead::KeepAndClose);
    world.ok(&["submit"])?;
    assert_eq!((site.requests().len(), site.kept().len()), (2, 1));
    assert_eq!(world.outcomes()?, ["sent"]);
    Ok(())
}

/// The seconds that a command would have waited.
fn waits(world: &World, arguments: &[&str]) -> Result<(i32, Vec<u64>)> {
    let file = world.folder.path().join("waits");
    let _ = std::fs::remove_file(&file);
    let code = world.command(arguments).env("CALLBACK_TEST_WAITS", &file).output()?.status.code().unwrap_or(-1);
    let waits = std::fs::read_to_string(&file).unwrap_or_default();
    Ok((code, waits.lines().map(str::parse).collect::<std::result::Result<_, _>>()?))
}

#[tokio::test]
async fn back_off_grows_has_jitter_and_respects_retry_after() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    world.configure(&format!("[receiver]\nurl = '{}'\n", site.log()))?;
    (0..4).for_each(|_| site.next(Instead::Answer(503, "", "")));
    let (code, waited) = waits(&world, &["submit"])?;
    assert_eq!((code, waited.len()), (7, 3), "{waited:?}");
    for (wait, least) in waited.iter().zip([30, 60, 120]) {
        assert!((least..=least * 3 / 2).contains(wait), "{waited:?}");
    }
    // As seconds, and as a date.
    world.variables = vec![("CALLBACK_TEST_NOW", "2026-11-24T07:00:00Z".to_owned())];
    site.next(Instead::Answer(429, "Retry-After: 700\r\n", ""));
    site.next(Instead::Answer(503, "Retry-After: Tue, 24 Nov 2026 07:10:00 GMT\r\n", ""));
    let (code, waited) = waits(&world, &["submit"])?;
    assert_eq!((code, waited), (0, vec![700, 600]));
    assert_eq!(site.kept().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_long_retry_after_postpones_later_runs_but_not_forever() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    let mut at = |moment: &str, arguments: &[&str]| {
        world.variables = vec![("CALLBACK_TEST_NOW", moment.to_owned())];
        Ok::<_, anyhow::Error>((waits(&world, arguments)?, world.run(&["status"])?.1))
    };
    site.next(Instead::Answer(503, "Retry-After: 7200\r\n", ""));
    assert_eq!(at("2026-11-24T07:00:00Z", &["submit"])?.0, (7, vec![]));
    assert_eq!(at("2026-11-24T08:59:59Z", &["submit"])?.0, (7, vec![]));
    assert_eq!(site.requests().len(), 1, "left alone");
    assert_eq!(at("2026-11-24T09:00:00Z", &["submit"])?.0, (0, vec![]));
    // An absurdly long time counts as a day, and a clock that was set back does not extend it.
    site.next(Instead::Answer(429, "Retry-After: 99999999\r\n", ""));
    assert_eq!(at("2026-11-25T07:00:00Z", &["submit"])?.0, (7, vec![]));
    assert_eq!(at("2026-11-26T06:59:00Z", &["submit"])?.0, (7, vec![]));
    assert_eq!(at("2026-11-26T07:00:00Z", &["submit"])?.0, (0, vec![]));
    assert_eq!((site.requests().len(), site.kept().len()), (4, 2));
    Ok(())
}

#[tokio::test]
async fn the_random_delay_differs_between_installs_and_is_stable_within_a_day() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Stock).await?;
    let splay = ["submit", "--splay", "3h", "--dry-run"];
    let now = |world: &mut World, moment: &str| world.variables = vec![("CALLBACK_TEST_NOW", moment.to_owned())];
    let mut world = world;
    now(&mut world, "2026-11-24T00:30:00Z");
    let (code, first) = waits(&world, &splay)?;
    assert!(code == 0 && first.len() == 1 && first[0] < 10_800, "{first:?}");
    now(&mut world, "2026-11-24T23:30:00Z");
    assert_eq!(waits(&world, &splay)?.1, first, "started again, the same");
    now(&mut world, "2026-11-25T00:30:00Z");
    assert_ne!(waits(&world, &splay)?.1, first, "on another day, another");
    now(&mut world, "2026-11-24T00:30:00Z");
    let other = World { agent: callback_tests::programs::Agent::new()?, ..world };
    let arguments = ["submit", "--splay", "3h"];
    assert_ne!(waits(&other, &arguments)?.1, first, "another machine's install at the same address");
    Ok(())
}

#[tokio::test]
async fn the_environment_can_set_the_receiver() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    let kind = ("CALLBACK_RECEIVER_KIND", "callback-stats".to_owned());
    world.variables = vec![("CALLBACK_RECEIVER", site.log()), kind.clone()];
    world.ok(&["enable", "--yes"])?;
    assert_eq!(world.json(&["submit", "--json"])?["proof"], "signed");
    world.variables = vec![("CALLBACK_RECEIVER", "http://me:hunter2@127.0.0.1/".to_owned()), kind];
    let (code, said) = world.run(&["submit"])?;
    assert_eq!((code, said.contains("hunter2")), (3, false), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_callback_receivers_success_without_a_receipt_does_not_count() -> Result<()> {
    for garbage in ["", "<html>Please log in</html>", "{\"ok\": true}"] {
        let (world, site) = World::reporting(Plays::Ours).await?;
        site.next(Instead::Answer(200, "", garbage));
        assert_eq!(world.code(&["submit"])?, (7, "receipt-missing".to_owned()));
        // The receiver is queried, does not have it, and gets it.
        world.ok(&["submit"])?;
        assert_eq!(site.lines(), ["POST /log.php", "POST /api/v1/held", "POST /log.php"].map(String::from).as_slice());
        assert_eq!(world.outcomes()?, ["not-sent", "sent"]);
    }
    let (world, site) = World::reporting(Plays::Stock).await?;
    site.next(Instead::Answer(200, "", "Warning: something failed in log.php"));
    assert_eq!(world.code(&["submit"])?, (0, "sent-unexpected-body".to_owned()));
    Ok(())
}

#[tokio::test]
async fn an_unreachable_receiver_is_reported_and_loses_nothing() -> Result<()> {
    let world = World::new().await?;
    let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("http://{free}/log.php");
    world.ok(&["enable", "--yes", "--receiver", &url])?;
    assert_eq!(world.code(&["submit", "--receiver", &url])?, (7, "receiver-unreachable".to_owned()));
    assert_eq!(world.outcomes()?, ["not-sent"]);
    for url in ["ftp://127.0.0.1/", "http://me:hunter2@127.0.0.1/log.php", "hunter2"] {
        let (code, said) = world.run(&["submit", "--receiver", url])?;
        assert_eq!((code, said.contains("hunter2")), (3, false), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_in_the_environment_overrides_librenms_s() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    let proxy = Site::start(Plays::Stock)?;
    world.sql(&format!("INSERT INTO config VALUES ('http_proxy', '\"{}\"')", proxy.url)).await?;
    assert_eq!(world.code(&["submit"])?, (7, "proxy-unreachable".to_owned()));
    let asked = proxy.lines();
    assert!(site.requests().is_empty() && asked.len() == 3 && asked[0].starts_with("CONNECT 127.0.0.1:"), "{asked:?}");
    // no_proxy is respected, also in the environment.
    world.sql("INSERT INTO config VALUES ('no_proxy', '\"127.0.0.1\"')").await?;
    world.ok(&["submit"])?;
    assert_eq!(site.requests().len(), 1);
    world.variables = vec![("http_proxy", "http://127.0.0.1:9".to_owned())];
    assert_eq!(world.code(&["submit", "--again"])?, (7, "proxy-unreachable".to_owned()));
    // An invalid proxy setting must not cause a direct connection.
    world.variables = vec![("http_proxy", "socks9://127.0.0.1:9".to_owned())];
    assert_eq!(world.code(&["submit", "--again"])?, (7, "proxy-invalid".to_owned()));
    assert_eq!(site.requests().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_setting_in_config_php_takes_effect_while_a_run_waits() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Stock).await?;
    let folder = world.folder.path().join("librenms");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("lnms"), "")?;
    std::fs::write(folder.join(".env"), format!("DB_CONNECTION=sqlite\nDB_DATABASE={}\n", world.install.display()))?;
    world.install = folder.clone();
    site.next(Instead::Answer(503, "", ""));
    let held = world.submit_held_at("answered")?;
    std::fs::write(folder.join("config.php"), "<?php require __DIR__ . '/privacy.php';")?;
    std::fs::write(folder.join("privacy.php"), "<?php $config['reporting']['usage'] = false;")?;
    let (code, said) = outcome(&held.go_on()?);
    assert_eq!((code, world.outcomes()?, site.kept().len()), (6, vec!["switched-off".to_owned()], 0), "{said}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_if_the_day_cannot_be_written() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let mut other = SqliteConnectOptions::new().filename(&world.install).connect().await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await?;
    assert_eq!(world.code(&["submit"])?, (5, "day-not-recorded".to_owned()));
    assert!(site.requests().is_empty());
    sqlx::query("ROLLBACK").execute(&mut other).await?;
    world.ok(&["submit"])?;
    assert_eq!(world.outcomes()?, ["not-sent", "sent"]);
    Ok(())
}

#[tokio::test]
async fn a_day_that_cannot_be_removed_now_is_removed_by_the_next_run() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let held = world.submit_held_at("day-written")?;
    world.ok(&["disable"])?;
    let mut other = SqliteConnectOptions::new().filename(&world.install).connect().await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await?;
    assert_eq!(code(&held.go_on()?)?, (6, "opted-out".to_owned()));
    sqlx::query("ROLLBACK").execute(&mut other).await?;
    // It looks as if another poller had sent. The state records that this one wrote the day and did not send.
    let day = "SELECT value FROM callback WHERE name = 'agent_day'";
    assert!(world.value(day).await?.is_some());
    world.ok(&["enable", "--yes", "--override-off"])?;
    world.ok(&["submit"])?;
    assert_eq!((world.outcomes()?, site.lines().len()), (vec!["switched-off".to_owned(), "sent".to_owned()], 1));
    assert!(world.value(day).await?.is_some());
    assert_eq!(world.code(&["submit"])?, (0, "already-sent".to_owned()));
    Ok(())
}

#[tokio::test]
async fn opting_out_between_build_and_send_prevents_sending() -> Result<()> {
    // The run waits after building, and after writing the ledger. Then the agent or LibreNMS opts out, or a clear is requested.
    for point in ["built", "begun"] {
        for how in ["disable", "librenms", "clear", "narrowed"] {
            let (world, site) = World::reporting(Plays::Stock).await?;
            let held = world.submit_held_at(point)?;
            match how {
                "librenms" => world.sql("UPDATE config SET config_value = 'false'").await?,
                "narrowed" => drop(world.ok(&["enable", "--yes", "--categories", "software"])?),
                command => drop(world.ok(&[command])?),
            }
            let expected = match how {
                "disable" => "opted-out",
                "librenms" => "blocked-by-usage",
                "clear" => "clear-pending",
                _ => "consent-changed",
            };
            assert_eq!(code(&held.go_on()?)?, (6, expected.to_owned()), "{point}, {how}");
            assert!(site.requests().is_empty(), "{point}, {how}");
            let expected: &[&str] = if point == "begun" { &["switched-off"] } else { &[] };
            assert_eq!(world.outcomes()?, expected);
            assert_eq!(world.value("SELECT value FROM callback WHERE name = 'agent_day'").await?, None);
            world.ok(&["verify"])?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_dry_run_sends_and_records_nothing() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    assert_eq!(world.code(&["submit", "--dry-run"])?, (0, "dry-run".to_owned()));
    assert!(site.requests().is_empty() && world.runs()?.is_empty());
    Ok(())
}

#[tokio::test]
async fn another_poller_s_report_of_the_day_counts() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let today = jiff::Timestamp::now().to_string()[..10].to_owned();
    world.sql(&format!("INSERT INTO callback VALUES ('agent_day', '{today}')")).await?;
    assert_eq!(world.code(&["submit"])?, (0, "sent-elsewhere".to_owned()));
    world.sql("UPDATE callback SET value = '2020-01-01' WHERE name = 'agent_day'").await?;
    world.ok(&["submit"])?;
    assert_eq!(site.lines().len(), 1);
    assert_eq!(world.value("SELECT value FROM callback WHERE name = 'agent_day'").await?, Some(today));
    Ok(())
}

#[tokio::test]
async fn only_the_poller_that_writes_the_day_first_sends() -> Result<()> {
    for point in ["built", "begun"] {
        let (world, site) = World::reporting(Plays::Stock).await?;
        let held = world.submit_held_at(point)?;
        let today = jiff::Timestamp::now().to_string()[..10].to_owned();
        world.sql(&format!("INSERT INTO callback VALUES ('agent_day', '{today}')")).await?;
        assert_eq!(code(&held.go_on()?)?, (0, "sent-elsewhere".to_owned()), "{point}");
        assert!(site.requests().is_empty(), "{point}");
        assert_eq!(world.outcomes()?, ["not-sent"]);
        assert_eq!(world.value("SELECT value FROM callback WHERE name = 'agent_day'").await?, Some(today));
        world.ok(&["verify"])?;
    }
    Ok(())
}

#[tokio::test]
async fn a_changed_policy_of_a_receiver_is_reported() -> Result<()> {
    let (mut world, site) = World::reporting(Plays::Ours).await?;
    site.says(json!({"retention_days": 90, "k": 5}));
    world.ok(&["enable", "--yes"])?;
    let is_said = |world: &World| Ok::<_, anyhow::Error>(world.warnings()?.contains(&"policy-changed".to_owned()));
    world.ok(&["submit"])?;
    assert!(!is_said(&world)?);
    site.says(json!({"retention_days": 90, "k": 2}));
    world.variables = vec![("CALLBACK_TEST_NOW", "2099-01-01T00:00:00Z".to_owned())];
    world.ok(&["submit"])?;
    assert!(is_said(&world)?);
    assert_eq!(world.code(&["enable", "--yes"])?, (0, "opted-in".to_owned()), "another policy is another consent");
    assert!(!is_said(&world)?);
    assert_eq!(world.code(&["enable", "--yes"])?, (0, "already-opted-in".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_certificate_must_match_the_name_and_be_issued_by_an_authority_that_the_system_trusts() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let tls = Tls::before(&site.url)?;
    let url = |host: &str| format!("https://{host}:{}/log.php", tls.port);
    let (named, other) = (url("localhost"), url("127.0.0.1"));
    world.ok(&["enable", "--yes", "--receiver", &named])?;
    assert_eq!(world.code(&["submit", "--receiver", &named])?, (7, "receiver-certificate".to_owned()));

    // A private authority, added to the system's.
    world.variables = vec![("SSL_CERT_FILE", tls.authority.display().to_string())];
    world.ok(&["enable", "--yes", "--receiver", &other])?;
    assert_eq!(world.code(&["submit", "--receiver", &other])?, (7, "receiver-certificate".to_owned()));
    assert_eq!(site.kept(), Vec::<String>::new());

    world.ok(&["enable", "--yes", "--receiver", &named])?;
    world.ok(&["submit", "--receiver", &named])?;
    assert_eq!(site.kept().len(), 1);
    assert_eq!(world.outcomes()?, ["not-sent", "not-sent", "sent"]);
    Ok(())
}
