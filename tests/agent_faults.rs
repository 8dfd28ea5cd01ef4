//! Faults during a run: SIGKILL at every step, a full or read-only disk, a lost database connection, two runs at once.
//! Afterwards the ledger is consistent, nothing is sent twice, nothing is lost.

use anyhow::{Result, ensure};
use callback_agent::failpoint::Point;
use callback_tests::install_copy::copy_to_mariadb;
use callback_tests::mariadb::MariaDb;
use callback_tests::mount::Mount;
use callback_tests::programs::{program, text};
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{HeldRun, World, code, outcome};
use serde_json::Value;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

/// Runs a command and kills it at a step.
fn killed(world: &World, arguments: &[&str], point: Point) -> Result<()> {
    let status = world.command(arguments).env("CALLBACK_TEST_KILL_AT", point.name()).output()?.status;
    ensure!(status.signal() == Some(9), "{point:?} was not reached: {status}");
    Ok(())
}

#[tokio::test]
async fn a_run_that_is_killed_at_any_step_sends_its_report_once_and_records_it() -> Result<()> {
    // For a callback-receiver and a stock site: what the ledger has after the next run, and how many reports arrived.
    type Case = (Point, &'static [&'static str], &'static [&'static str]);
    let cases: [Case; 7] = [
        (Point::Built, &["sent"], &["sent"]),
        (Point::Held, &["sent"], &["sent"]),
        // Whether the stock site has it is unknown, so it is not sent again on that day.
        (Point::Begun, &["not-sent", "sent"], &["unknown"]),
        (Point::DayWritten, &["not-sent", "sent"], &["unknown"]),
        (Point::Answered, &["sent"], &["unknown"]),
        (Point::Checked, &["sent"], &["unknown"]),
        (Point::Ended, &["sent"], &["sent"]),
    ];
    for (point, ours, stock) in cases {
        for (plays, expected) in [(Plays::Ours, ours), (Plays::Stock, stock)] {
            let (world, site) = World::reporting(plays).await?;
            killed(&world, &["submit"], point)?;
            world.ok(&["verify"])?;
            let (code, said) = world.run(&["submit"])?;
            let at = format!("{point:?}, {plays:?}: {said}");
            assert_eq!(code, 0, "{at}");
            assert_eq!(world.outcomes()?, expected, "{at}");
            let reports = site.lines().iter().filter(|line| *line == "POST /log.php").count();
            let never_sent = matches!(point, Point::Begun | Point::DayWritten) && plays == Plays::Stock;
            assert_eq!(reports, usize::from(!never_sent), "{at}");
            // Another run changes nothing.
            world.ok(&["submit"])?;
            assert_eq!(
                (world.outcomes()?, site.lines().iter().filter(|line| *line == "POST /log.php").count()),
                (expected.iter().map(|&word| word.to_owned()).collect(), reports),
                "{at}"
            );
            world.ok(&["verify"])?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_clear_that_is_killed_at_any_step_is_completed_by_the_next_run() -> Result<()> {
    let points =
        [Point::ClearBegun, Point::ClearAnswered, Point::ClearEnded, Point::ClearForgotten, Point::ClearWritten];
    for point in points {
        for plays in [Plays::Ours, Plays::Stock] {
            let (world, site) = World::reporting(plays).await?;
            world.ok(&["submit"])?;
            world.ok(&["clear"])?;
            killed(&world, &["submit"], point)?;
            world.ok(&["verify"])?;
            assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending", "{point:?}");
            world.ok(&["submit"])?;
            assert!(site.kept().is_empty(), "{point:?}");
            assert_eq!(world.json(&["status", "--json"])?["status"], "off", "{point:?}");
            assert_eq!(world.value("SELECT value FROM callback WHERE name = 'uuid'").await?, None, "{point:?}");
            assert!(world.outcomes()?.contains(&"cleared".to_owned()), "{point:?}");
            assert_eq!(site.lines().iter().filter(|line| *line == "POST /log.php").count(), 1);
            world.ok(&["verify"])?;
            // Every attempt asks for the same receipt, so that one that came to a killed run cannot be exchanged.
            let clears = site.requests().into_iter().filter(|request| request.line == "POST /clear.php");
            let nonces: Vec<Option<String>> = clears.map(|request| request.field("nonce")).collect();
            assert!(
                nonces.iter().all(|nonce| *nonce == nonces[0] && nonce.is_some() == (plays == Plays::Ours)),
                "{nonces:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_killed_at_any_step_is_finished_by_the_next_one() -> Result<()> {
    for point in [Point::ClearEnded, Point::ClearForgotten, Point::ClearWritten] {
        let (world, site) = World::reporting(Plays::Ours).await?;
        world.ok(&["submit"])?;
        let (file, answer) = (world.folder.path().join("clear.json"), world.folder.path().join("clear.json.answer"));
        world.ok(&["clear", "--out", text(&file)])?;
        world.ok(&["upload", text(&file), "--yes"])?;
        killed(&world, &["receipt", text(&answer)], point)?;
        world.ok(&["verify"])?;
        assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending", "{point:?}");
        assert_eq!(world.code(&["receipt", text(&answer)])?, (0, "already-imported".to_owned()), "{point:?}");
        assert_eq!(world.json(&["status", "--json"])?["status"], "off", "{point:?}");
        assert_eq!(world.outcomes()?, ["sent", "cleared"], "{point:?}");
        assert_eq!(world.value("SELECT value FROM callback WHERE name = 'uuid'").await?, None, "{point:?}");
        assert_eq!(world.run(&["secret", "export"])?.0, 9, "{point:?}");
        assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"], "{point:?}");
        world.ok(&["verify"])?;
    }
    Ok(())
}

#[tokio::test]
async fn writing_delete_requests_that_is_killed_at_any_step_keeps_the_deletion_pending() -> Result<()> {
    for point in [Point::ClearFileBegun, Point::ClearFileWritten] {
        for is_connected in [true, false] {
            let (world, site) = World::reporting(Plays::Ours).await?;
            world.ok(&["submit"])?;
            let [first, second] = ["first.json", "second.json"].map(|name| world.folder.path().join(name));
            killed(&world, &["clear", "--out", text(&first)], point)?;
            world.ok(&["verify"])?;
            assert_eq!(world.json(&["status", "--json"])?["status"], "clear pending", "{point:?}");
            assert_eq!(world.code(&["clear", "--out", text(&first)])?.1, "file-exists", "{point:?}");
            if is_connected {
                world.ok(&["submit"])?;
            } else {
                let file = if point == Point::ClearFileWritten { &first } else { &second };
                if point == Point::ClearFileBegun {
                    assert_eq!(std::fs::metadata(&first)?.len(), 0);
                    world.ok(&["clear", "--out", text(&second)])?;
                }
                world.ok(&["upload", text(file), "--yes"])?;
                world.ok(&["receipt", &format!("{}.answer", text(file))])?;
            }
            assert!(site.kept().is_empty(), "{point:?}");
            assert_eq!(world.json(&["status", "--json"])?["status"], "off", "{point:?}");
            assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"], "{point:?}");
            world.ok(&["verify"])?;
        }
    }
    Ok(())
}

#[test]
fn every_step_has_its_test() {
    // The tests above cover all of them.
    assert_eq!(Point::ALL.len(), 7 + 5 + 2);
}

#[tokio::test]
async fn nothing_is_sent_while_a_callback_receiver_cannot_be_queried() -> Result<()> {
    use callback_tests::recording_site::Instead;
    let (world, site) = World::reporting(Plays::Ours).await?;
    killed(&world, &["submit"], Point::Answered)?;
    site.next(Instead::Answer(503, "", ""));
    assert_eq!(world.code(&["submit"])?, (7, "earlier-report-unknown".to_owned()));
    site.next(Instead::Answer(404, "", ""));
    assert_eq!(world.code(&["submit"])?, (0, "maybe-sent".to_owned()));
    assert_eq!(site.lines(), ["POST /log.php", "POST /api/v1/held", "POST /api/v1/held"]);
    Ok(())
}

#[tokio::test]
async fn two_concurrent_runs_send_one_report() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    let first = world.submit_held_at("built")?;
    for command in [&["submit"][..], &["clear", "--now", "--yes"]] {
        assert_eq!(world.code(command)?, (10, "run-in-progress".to_owned()));
    }
    // `clear --now` has recorded the request. A clear can be cancelled only before it is sent.
    assert_eq!(world.code(&["enable", "--yes", "--override-off"])?, (10, "run-in-progress".to_owned()));
    assert_eq!(code(&first.go_on()?)?, (6, "clear-pending".to_owned()));
    world.ok(&["enable", "--yes", "--override-off"])?;
    world.ok(&["submit"])?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn a_killed_run_leaves_no_lock() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    killed(&world, &["submit"], Point::Built)?;
    world.ok(&["submit"])?;
    assert_eq!(site.lines().len(), 1);
    Ok(())
}

#[tokio::test]
async fn with_a_full_or_read_only_state_directory_nothing_is_sent_or_lost() -> Result<()> {
    let mount = Mount::new(2)?;
    let (mut world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let folder = mount.path().join("state");
    world.variables = vec![("CALLBACK_STATE", text(&folder).to_owned())];
    world.configure(&format!("[receiver]\nurl = '{}'\n", site.log()))?;
    world.ok(&["enable", "--yes"])?;
    for (change, expected) in [
        (Mount::is_full as fn(&Mount, bool) -> Result<()>, "state-disk-full"),
        (Mount::is_read_only, "state-read-only"),
    ] {
        change(&mount, true)?;
        for command in [&["submit"][..], &["clear"], &["clear", "--now", "--yes"]] {
            assert_eq!(world.code(command)?, (9, expected.to_owned()), "{command:?}");
        }
        assert!(site.requests().is_empty(), "what cannot be recorded is not sent");
        change(&mount, false)?;
        world.ok(&["verify"])?;
        assert_eq!(world.json(&["status", "--json"])?["status"], "on");
    }
    // Opting out needs only an empty file in the directory.
    mount.is_full(true)?;
    world.ok(&["disable"])?;
    mount.is_full(false)?;
    assert_eq!(world.json(&["status", "--json"])?["consent"], "off");
    world.ok(&["enable", "--yes", "--override-off"])?;
    world.ok(&["submit"])?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn a_state_of_a_newer_version_is_rejected_and_opting_out_still_works() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.state_sql("INSERT INTO _sqlx_migrations VALUES (9999, 'future', '2026-01-01', 1, x'00', 0)").await?;
    assert_eq!(world.code(&["submit"])?, (9, "state-newer".to_owned()));
    world.ok(&["disable"])?;
    assert!(world.agent.state.path().join("off").exists());
    assert!(site.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn pollers_of_one_install_send_one_report_a_day_and_a_lost_database_is_reported() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let server = MariaDb::start()?;
    copy_to_mariadb(&world.install, &server, "librenms").await?;
    server
        .sql("", "CREATE USER nms@'127.0.0.1' IDENTIFIED BY 'secret7'; GRANT ALL ON librenms.* TO nms@'127.0.0.1'")?;
    let url = server.url("nms", "secret7", "librenms");
    let poller = |arguments: &[&str], agent: &callback_tests::programs::Agent| {
        let mut command = agent.command(arguments);
        command.env("CALLBACK_LIBRENMS", &url).args(["--receiver", &site.log()]);
        command
    };
    let (one, two) = (callback_tests::programs::Agent::new()?, callback_tests::programs::Agent::new()?);
    for agent in [&one, &two] {
        let (code, said) = outcome(&poller(&["enable", "--yes"], agent).output()?);
        assert_eq!(code, 0, "{said}");
    }
    let mark = world.folder.path().join("held");
    let first = HeldRun::start(poller(&["submit"], &one), "built", mark.clone())?;
    assert_eq!(code(&poller(&["submit", "--json"], &two).output()?)?, (10, "other-poller".to_owned()));
    assert_eq!(outcome(&first.go_on()?).0, 0);
    assert_eq!(code(&poller(&["submit", "--json"], &two).output()?)?, (0, "sent-elsewhere".to_owned()));
    // Both have the same uuid, because `enable` stored it for the other pollers.
    let uuid = |agent| -> Result<Value> {
        let output = agent_command(agent, &url).output()?;
        Ok(serde_json::from_slice::<Value>(&output.stdout)?["uuid"].take())
    };
    assert_eq!(uuid(&one)?, uuid(&two)?);
    assert_eq!(site.lines(), ["POST /log.php"]);

    // The database is lost between building and sending.
    server.sql("", "DELETE FROM librenms.callback WHERE name = 'agent_day'")?;
    let last = HeldRun::start(poller(&["submit", "--json"], &two), "begun", mark)?;
    drop(server);
    assert_eq!(code(&last.go_on()?)?, (5, "day-not-recorded".to_owned()));
    assert_eq!(site.lines(), ["POST /log.php"], "what cannot be asked any more is not sent");
    Ok(())
}

fn agent_command(agent: &callback_tests::programs::Agent, url: &str) -> Command {
    let mut command = agent.command(&["preview", "--raw"]);
    command.env("CALLBACK_LIBRENMS", url);
    command
}

#[tokio::test]
async fn broken_and_endless_views_are_left_out_and_listed() -> Result<()> {
    let world = World::new().await?;
    world.configure("[submit]\nquery_seconds = 1\n")?;
    world
        .sql(
            "DROP TABLE vrfs; CREATE VIEW vrfs AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n;
             ALTER TABLE links RENAME TO links_before;
             CREATE TABLE links (id INTEGER PRIMARY KEY, of TEXT, protocol TEXT GENERATED ALWAYS AS (of) VIRTUAL);
             INSERT INTO links (of) VALUES ('lldp'), ('lldp'), ('cdp');
             DROP TABLE sensors; CREATE VIEW sensors AS SELECT gone AS sensor_class FROM nowhere",
        )
        .await?;
    let findings = world.json(&["preview", "--explain", "--json"])?;
    assert!(is_missing(&findings, "vrfs: ") && is_missing(&findings, "sensors"), "{}", findings["left_out"]);
    let payload = world.json(&["preview", "--raw"])?;
    assert_eq!((&payload["data"]["sensors"], &payload["data"]["vrfs"]), (&Value::Null, &Value::Null));
    assert_eq!(payload["data"]["xdp"].to_string(), r#"[{"protocol":"cdp","total":1},{"protocol":"lldp","total":2}]"#);
    // The same on a server.
    let server = MariaDb::start()?;
    let whole = World::new().await?;
    copy_to_mariadb(&whole.install, &server, "librenms").await?;
    server.sql(
        "librenms",
        "CREATE TABLE t (sensor_class int); CREATE TABLE n (id int);
         DROP TABLE sensors; CREATE VIEW sensors AS SELECT * FROM t; DROP TABLE t;
         DROP TABLE vrfs; CREATE VIEW vrfs AS SELECT id FROM n WHERE SLEEP(100 + id) = 0; INSERT INTO n VALUES (1), (2)",
    )?;
    let url = server.readable("librenms")?;
    let findings = world
        .agent
        .command(&["preview", "--explain", "--json"])
        .env("CALLBACK_LIBRENMS", url)
        .env("CALLBACK_CONFIG", world.folder.path().join("agent.toml"))
        .output()?;
    let (status, said) = outcome(&findings);
    assert_eq!(status, 0, "{said}");
    let findings = serde_json::from_slice::<Value>(&findings.stdout)?;
    assert!(is_missing(&findings, "vrfs: ") && is_missing(&findings, "sensors"), "{}", findings["left_out"]);
    Ok(())
}

/// Whether a table or column with this prefix was left out because it could not be read.
fn is_missing(findings: &Value, beginning: &str) -> bool {
    let missing = findings["left_out"].as_array().into_iter().flatten().filter_map(|left| left["missing"].as_str());
    missing.into_iter().any(|missing| missing.starts_with(beginning))
}

/// A command as an unprivileged user.
fn as_nobody(command: &mut Command) -> &mut Command {
    command.uid(65534).gid(65534)
}

#[tokio::test]
async fn a_sqlite_file_with_a_write_ahead_log_in_a_read_only_directory_is_read() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await?;
    world.sql("PRAGMA journal_mode = WAL").await?;
    let open = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode));
    open(world.folder.path(), 0o755)?;
    open(&world.install, 0o644)?;
    let state = tempfile::tempdir()?;
    std::os::unix::fs::chown(state.path(), Some(65534), Some(65534))?;
    // Other users have no access to the build directory.
    let copy = tempfile::tempdir()?;
    open(copy.path(), 0o755)?;
    std::fs::copy(program("callback-agent"), copy.path().join("callback-agent"))?;
    let mut command = Command::new(copy.path().join("callback-agent"));
    command.args(["--librenms", text(&world.install), "--state", text(state.path()), "preview", "--raw"]);
    let (status, said) = outcome(&as_nobody(command.current_dir("/").env("HOME", "/nonexistent")).output()?);
    assert_eq!(status, 0, "{said}");
    // A state directory of another user is rejected.
    let mut command = Command::new(copy.path().join("callback-agent"));
    command.args(["--librenms", text(&world.install), "--state", text(copy.path()), "status", "--json"]);
    let output = as_nobody(command.current_dir("/")).output()?;
    assert_eq!(code(&output)?, (9, "state-owner".to_owned()));
    Ok(())
}
