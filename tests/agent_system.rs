//! System integration: what `install` writes, checked by systemd; upgrades, uninstalling, manual pages, completions,
//! private files, and root, which switches to LibreNMS's user.

use anyhow::{Context, Result, ensure};
use callback_tests::install_copy::copy_to_mariadb;
use callback_tests::mariadb::MariaDb;
use callback_tests::programs::{Agent, program, root, text};
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{World, code, outcome};
use serde_json::Value;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

const NOBODY: u32 = 65534;

#[tokio::test]
async fn the_units_are_valid_and_hardened() -> Result<()> {
    let (agent, folder) = (Agent::new()?, tempfile::tempdir()?);
    let at = ["--user", "daemon", "--root", text(folder.path())];
    let output = agent.output(&[&["install"][..], &at].concat())?;
    let said = String::from_utf8(output.stdout)?;
    assert!(said.contains("OnCalendar=") && said.contains("SystemCallFilter="), "they are shown first: {said}");
    agent.stdout(&[&["install", "--yes"][..], &at].concat())?;
    let state = std::fs::metadata(folder.path().join("var/lib/callback-agent"))?;
    assert_eq!((state.uid(), state.mode() & 0o777), (1, 0o700));
    let units = folder.path().join("etc/systemd/system");
    let analyze = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("systemd-analyze").args(arguments).current_dir(&units).output();
        let output = output.context("systemd-analyze is missing; install it with: apt-get install systemd")?;
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(said)
    };
    let said = analyze(&["verify", "./callback-agent.service", "./callback-agent.timer"])?;
    assert!(!said.contains("callback-agent"), "{said}");
    // In tenths, 0 being the safest; systemd calls up to 4.9 OK.
    analyze(&["security", "--offline=true", "--threshold=20", "--no-pager", "./callback-agent.service"])?;
    Ok(())
}

#[tokio::test]
async fn install_upgrade_and_uninstall_write_and_remove_the_right_files() -> Result<()> {
    let (agent, folder) = (Agent::new()?, tempfile::tempdir()?);
    let at = ["--root", text(folder.path())];
    let fails = |arguments: &[&str]| code(&agent.output(&[arguments, &at, &["--json"]].concat())?);
    let printed = |arguments: &[&str]| -> Result<String> { Ok(String::from_utf8(agent.stdout(arguments)?)?) };
    assert_eq!(fails(&["install", "--user", "nobody"])?, (6, "confirmation-needed".to_owned()));
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "nothing is written before the yes");
    let said = printed(&[&["install", "--yes", "--user", "nobody", "--cron"][..], &at].concat())?;
    let cron = folder.path().join("etc/cron.d/callback-agent");
    assert!(said.contains(text(&cron)) && said.contains("user nobody"), "{said}");
    let said = printed(&[&["install", "--yes", "--user", "nobody"][..], &at].concat())?;
    assert!(said.lines().any(|line| line.starts_with("removed") && line.ends_with(text(&cron))), "{said}");
    assert_eq!(printed(&[&["install", "--yes", "--quiet", "--user", "nobody", "--cron"][..], &at].concat())?, "");
    let line = std::fs::read_to_string(&cron)?;
    let line = line.lines().last().context("a line")?;
    assert!(line.starts_with("30 0 * * * nobody /") && line.ends_with("--quiet submit --splay 3h"), "{line}");
    assert_eq!(std::fs::metadata(&cron)?.permissions().mode() & 0o777, 0o644);
    std::fs::write(&cron, "of an older version")?;
    agent.stdout(&[&["upgrade", "--yes"][..], &at].concat())?;
    assert!(std::fs::read_to_string(&cron)?.contains("* * * nobody /"));
    agent.stdout(&[&["uninstall", "--yes"][..], &at].concat())?;
    assert!(!cron.exists() && folder.path().join("var/lib/callback-agent").is_dir());
    agent.stdout(&[&["uninstall", "--yes", "--purge"][..], &at].concat())?;
    assert!(!folder.path().join("var/lib/callback-agent").exists());
    assert_eq!(fails(&["install", "--yes", "--user", "no such user"])?, (3, "user-unknown".to_owned()));
    Ok(())
}

#[test]
fn an_upgrade_replaces_the_former_name_of_an_option_in_an_older_schedule() -> Result<()> {
    let (agent, folder, librenms) = (Agent::new()?, tempfile::tempdir()?, tempfile::tempdir()?);
    std::fs::write(librenms.path().join("artisan"), "")?;
    let at = ["--yes", "--root", text(folder.path())];
    let install = ["--librenms", text(librenms.path()), "schedule", "--user", "daemon", "--cron"];
    agent.stdout(&[&install[..], &at].concat())?;
    let cron = folder.path().join("etc/cron.d/callback-agent");
    let written = std::fs::read_to_string(&cron)?;
    std::fs::write(&cron, written.replace("--librenms", "--install"))?;
    agent.stdout(&[&["upgrade"][..], &at].concat())?;
    assert!(written.contains(&format!("--librenms {} ", text(librenms.path()))), "{written}");
    assert_eq!(std::fs::read_to_string(&cron)?, written);
    Ok(())
}

#[tokio::test]
async fn former_names_still_work_and_warn() -> Result<()> {
    let world = World::new().await?;
    let place = text(&world.install);
    // The opt-in keeps the uuid that all previews have from then on.
    world.ok(&["enable", "--yes"])?;
    let preview = |option: &[&str], variable: Option<&str>| -> Result<(Vec<u8>, String)> {
        let mut command = world.agent.command(&[option, &["preview", "--raw", "--quiet"]].concat());
        let output = command.envs(variable.map(|variable| (variable, place))).output()?;
        ensure!(output.status.success(), "{option:?} {variable:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok((output.stdout, String::from_utf8(output.stderr)?))
    };
    let (payload, said) = preview(&["--librenms", place], None)?;
    assert_eq!(said, "");
    assert_eq!(preview(&[], Some("CALLBACK_LIBRENMS"))?, (payload.clone(), String::new()));
    for (option, variable, present) in
        [(&["--install", place][..], None, "--librenms"), (&[], Some("CALLBACK_INSTALL"), "CALLBACK_LIBRENMS")]
    {
        let (same, said) = preview(option, variable)?;
        assert_eq!(same, payload);
        assert!(said.contains("warning") && said.contains(present), "{said}");
    }
    let folder = tempfile::tempdir()?;
    for (key, warns) in [("librenms", false), ("install", true)] {
        let config = folder.path().join(key);
        std::fs::write(&config, format!("{key} = '{place}'"))?;
        let (same, said) = preview(&["--config", text(&config)], None)?;
        assert!(same == payload, "{key}");
        assert_eq!((said.contains("warning"), said.contains("`librenms`")), (warns, warns), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn uninstalling_offers_a_clear_first() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let root = tempfile::tempdir()?;
    let folder = root.path().join("var/lib");
    std::fs::create_dir_all(&folder)?;
    std::os::unix::fs::symlink(world.agent.state.path(), folder.join("callback-agent"))?;
    let uninstall = |more: &[&str]| {
        world.command(&[&["uninstall", "--yes", "--json", "--root", text(root.path())][..], more].concat()).output()
    };
    assert_eq!(code(&uninstall(&["--purge"])?)?, (6, "reports-held".to_owned()));
    let kept: Value = serde_json::from_slice(&uninstall(&[])?.stdout)?;
    assert_eq!((&kept["receivers_that_hold_reports"], &kept["cleared"]), (&1.into(), &false.into()));
    let cleared: Value = serde_json::from_slice(&uninstall(&["--clear"])?.stdout)?;
    assert_eq!(cleared["cleared"], true);
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    Ok(())
}

#[tokio::test]
async fn an_upgrade_migrates_the_state_of_an_older_version_and_loses_nothing() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    let (history, secret) = (world.json(&["history", "--json"])?, world.ok(&["secret", "export"])?);
    world.state_sql("DROP TABLE receiver_keys; DELETE FROM _sqlx_migrations WHERE version = 2").await?;
    assert!(world.json(&["upgrade", "--yes", "--json"])?["state"].is_string());
    assert_eq!((world.json(&["history", "--json"])?, world.ok(&["secret", "export"])?), (history, secret));
    assert_eq!(world.json(&["key", "show", "--json"])?["known"], serde_json::json!([]));
    world.ok(&["enable", "--yes"])?;
    assert_eq!(world.json(&["submit", "--again", "--json"])?["proof"], "signed");
    assert_eq!(site.kept().len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_upgrade_rejects_the_state_of_a_newer_version() -> Result<()> {
    let world = World::new().await?;
    world.ok(&["disable"])?;
    world.state_sql("INSERT INTO _sqlx_migrations VALUES (9999, 'future', '2026-01-01', 1, x'00', 0)").await?;
    assert_eq!(world.code(&["upgrade", "--yes"])?, (9, "state-newer".to_owned()));
    Ok(())
}

#[test]
fn manual_pages_and_completions_are_generated() -> Result<()> {
    let (agent, folder) = (Agent::new()?, tempfile::tempdir()?);
    agent.stdout(&["man", "--out", text(folder.path())])?;
    for page in ["callback-agent.1", "callback-agent-submit.1", "callback-agent-secret-import.1"] {
        assert!(std::fs::read_to_string(folder.path().join(page))?.contains(".TH"), "{page}");
    }
    let page = String::from_utf8(agent.stdout(&["man"])?)?;
    for exit in callback_agent::code::Exit::ALL {
        // roff escapes hyphens and quotes.
        let start = exit.meaning().split(['-', '\'', ',']).next().unwrap_or_default();
        assert!(page.contains(start), "{start}");
    }
    assert!(!std::fs::exists(folder.path().join("callback-agent-help.1"))?);
    for shell in ["bash", "zsh", "fish"] {
        assert!(String::from_utf8(agent.stdout(&["completions", shell])?)?.contains("take-over"), "{shell}");
    }
    Ok(())
}

#[tokio::test]
async fn files_of_the_agent_are_private() -> Result<()> {
    let world = World::new().await?;
    let state = world.agent.state.path().join("state.sqlite3");
    std::fs::write(&state, "")?;
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o644))?;
    let mode = |path: &std::path::Path| Ok::<_, anyhow::Error>(std::fs::metadata(path)?.permissions().mode() & 0o777);
    let (facts, shared) = (world.folder.path().join("facts.json"), world.folder.path().join("shared.html"));
    world.ok(&["facts", "--out", text(&facts)])?;
    world.ok(&["preview", "--share", text(&shared)])?;
    // Commands that only look change no mode.
    assert_eq!(mode(&state)?, 0o644);
    world.ok(&["disable"])?;
    assert_eq!((mode(&state)?, mode(&facts)?, mode(&shared)?), (0o600, 0o600, 0o600));
    // The shareable file contains no originals.
    let findings: Value = world.json(&["preview", "--explain", "--json"])?;
    let shared = std::fs::read_to_string(&shared)?;
    assert!(
        shared.starts_with("<!DOCTYPE html>") && shared.contains("\u{2588}\u{2588}") && !shared.contains("<script")
    );
    let uuid = world.json(&["preview", "--raw"])?["uuid"].take();
    assert!(!shared.contains(uuid.as_str().context("a uuid")?), "whoever has it could have the data cleared");
    for redacted in findings["redactions"].as_array().context("a list")? {
        let original: Vec<char> = redacted["original"].as_str().context("text")?.chars().collect();
        for redaction in redacted["redactions"].as_array().context("a list")? {
            let at = |key: &str| redaction[key].as_u64().and_then(|at| usize::try_from(at).ok()).context("a number");
            let piece: String = original[at("start")?..at("end")?].iter().collect();
            assert!(!shared.contains(&piece), "an original is in what is shared");
        }
    }
    std::fs::remove_file(&state)?;
    std::os::unix::fs::symlink(&facts, &state)?;
    assert_eq!(world.code(&["status"])?, (9, "state-not-usable".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_run_that_root_starts_continues_as_the_owner_of_the_state() -> Result<()> {
    let world = World::new().await?;
    // Other users have no access to the build directory.
    let open = tempfile::tempdir()?;
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o755))?;
    let copy = open.path().join("callback-agent");
    std::fs::copy(program("callback-agent"), &copy)?;
    let state = open.path().join("state");
    std::fs::create_dir(&state)?;
    std::os::unix::fs::chown(&state, Some(NOBODY), Some(NOBODY))?;
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o700))?;
    let mut command = Command::new(&copy);
    command.args(["--state", text(&state), "disable"]).current_dir("/");
    let (code, said) = outcome(&command.output()?);
    assert_eq!(code, 0, "{said}");
    assert_eq!(std::fs::metadata(state.join("state.sqlite3"))?.uid(), NOBODY);
    drop(world);
    Ok(())
}

#[tokio::test]
async fn root_does_not_continue_for_an_owner_that_does_not_exist() -> Result<()> {
    let (agent, state) = (Agent::new()?, tempfile::tempdir()?);
    std::os::unix::fs::chown(state.path(), Some(987_654), Some(987_654))?;
    let output = agent.output(&["--state", text(state.path()), "status", "--json"])?;
    assert_eq!(code(&output)?, (3, "user-unknown".to_owned()));
    assert_eq!(std::fs::read_dir(state.path())?.count(), 0, "nothing is written as root");
    Ok(())
}

#[tokio::test]
async fn the_librenms_directory_stays_clean_and_root_creates_the_users_state_directory() -> Result<()> {
    let world = World::new().await?;
    let open = tempfile::tempdir()?;
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o755))?;
    let (copy, librenms) = (open.path().join("callback-agent"), open.path().join("librenms"));
    std::fs::copy(program("callback-agent"), &copy)?;
    std::fs::create_dir_all(librenms.join("database"))?;
    std::fs::write(librenms.join("lnms"), "")?;
    std::fs::write(librenms.join(".env"), "DB_CONNECTION=sqlite\nDB_DATABASE=x.sqlite3\n")?;
    std::fs::copy(&world.install, librenms.join("database/x.sqlite3"))?;
    for path in ["", "database", "database/x.sqlite3", ".env", "lnms"] {
        std::os::unix::fs::chown(librenms.join(path), Some(NOBODY), Some(NOBODY))?;
    }
    let run = |state: &std::path::Path, arguments: &[&str]| -> Result<(i32, String)> {
        let mut command = Command::new(&copy);
        command.args(["--librenms", text(&librenms), "--state", text(state)]).args(arguments);
        Ok(outcome(
            &command
                .current_dir("/")
                .env("HOME", "/root")
                .env("CALLBACK_TEST_WAITS", "/dev/null")
                .env_remove("CALLBACK_CONFIG")
                .output()?,
        ))
    };
    let (_, said) = run(&librenms.join(".local/state"), &["submit", "--json"])?;
    assert_eq!(serde_json::from_str::<Value>(&said)?["code"], "state-in-librenms");
    // Root names a directory that does not exist and continues as LibreNMS's user, who could not create it.
    let state = open.path().join("state");
    let (code, said) = run(&state, &["preview"])?;
    assert_eq!((code, state.exists()), (0, false), "looking needs no state: {said}");
    run(&state, &["enable", "--yes", "--receiver", "http://127.0.0.1:9/log.php"])?;
    let found = std::fs::metadata(state.join("state.sqlite3"))?;
    assert_eq!((found.uid(), std::fs::metadata(&state)?.permissions().mode() & 0o777), (NOBODY, 0o700));
    // Files that root creates in that directory belong to that user, too.
    std::fs::create_dir_all(open.path().join("var/lib"))?;
    std::os::unix::fs::symlink(&state, open.path().join("var/lib/callback-agent"))?;
    run(&state, &["submit", "--receiver", "http://127.0.0.1:9/log.php"])?;
    std::fs::remove_file(state.join("lock"))?;
    let (_, said) = run(&state, &["uninstall", "--yes", "--json", "--clear", "--root", text(open.path())])?;
    assert_eq!(serde_json::from_str::<Value>(&said)?["code"], "receiver-unreachable");
    assert!(state.join("lock").exists());
    for file in std::fs::read_dir(&state)? {
        assert_eq!(file?.metadata()?.uid(), NOBODY);
    }
    Ok(())
}

#[tokio::test]
async fn every_command_that_prints_can_print_json() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    let root = tempfile::tempdir()?;
    let at = ["--root", text(root.path()), "--yes", "--json"];
    let yes = world.json(&["enable", "--yes", "--json", "--who", "mira"])?;
    // All except lists have a code that scripts can branch on.
    let with_code = |arguments: &[&str], code: &str| -> Result<Value> {
        let answer = world.json(arguments)?;
        anyhow::ensure!(answer["code"] == code, "{arguments:?}: {answer}");
        Ok(answer)
    };
    assert_eq!((&yes["consent"], &yes["given"]["who"], &yes["status"]), (&"on".into(), &"mira".into(), &"on".into()));
    assert_eq!(world.json(&["submit", "--dry-run", "--json"])?["outcome"], Value::Null);
    assert_eq!(world.json(&["disable", "--json"])?["recorded"], true);
    assert_eq!(world.json(&["clear", "--json"])?["pending"], true);
    assert_eq!(with_code(&["key", "show", "--json"], "shown")?["last_receipt_refused"], false);
    for (arguments, code) in [
        (&["show", "1", "--json"][..], "shown"),
        (&["export"], "shown"),
        (&["verify", "--json"], "verified"),
        (&["module", "--json"], "shown"),
        (&["config", "check", "--json"], "config-valid"),
    ] {
        with_code(arguments, code)?;
    }
    with_code(
        &[&["upgrade", "--root", text(tempfile::tempdir()?.path())][..], &at[2..]].concat(),
        "nothing-to-upgrade",
    )?;
    let install = [&["install", "--user", "daemon"][..], &at].concat();
    // The schedule would read another LibreNMS.
    assert_eq!(world.code(&install[..install.len() - 1])?, (3, "schedule-needs-config".to_owned()));
    let config = root.path().join("agent.toml");
    std::fs::write(&config, format!("librenms = '{}'\n", text(&world.install)))?;
    let output = world.agent.command(&install).env("CALLBACK_CONFIG", &config).output()?;
    let installed: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(installed["code"], "installed");
    assert_eq!((&installed["schedule"], &installed["user"]), (&"timer".into(), &"daemon".into()));
    assert_eq!(with_code(&[&["upgrade"][..], &at].concat(), "upgraded")?["schedule"], "timer");
    let removed = with_code(&[&["uninstall"][..], &at].concat(), "uninstalled")?;
    assert_eq!(removed["removed"].as_array().context("a list")?.len(), 2);
    with_code(&[&["uninstall"][..], &at].concat(), "nothing-to-uninstall")?;
    // Without a terminal, standard error is the error, on one line; agent_terminal.rs has the question.
    let output = world.command(&["enable", "--json"]).output()?;
    assert!(output.stdout.is_empty());
    let error: Value = serde_json::from_slice(&output.stderr)?;
    assert_eq!(
        (&error["code"], output.stderr.iter().filter(|byte| **byte == b'\n').count()),
        (&"confirmation-needed".into(), 1)
    );
    Ok(())
}

#[tokio::test]
async fn config_check_names_mistakes_and_confirms_a_valid_file() -> Result<()> {
    let world = World::new().await?;
    world.ok(&["config", "check"])?;
    assert_eq!(world.json(&["config", "check", "--json"])?["install"], "a database");
    for toml in
        ["[submit]\ntries = 3", "[receiver]\nurl = 'https://me:hunter2@a.example/log.php'", "[ledger]\nentries = 0"]
    {
        world.configure(toml)?;
        assert_eq!(world.code(&["config", "check"])?, (3, "config-invalid".to_owned()), "{toml}");
        assert!(!world.run(&["config", "check"])?.1.contains("hunter2"));
    }
    let fails = |arguments: &[&str]| code(&world.agent.output(&[arguments, &["--json"]].concat())?);
    assert_eq!(fails(&["--librenms", "", "preview"])?, (3, "location-invalid".to_owned()));
    assert_eq!(fails(&["preview", "mysql://me:hunter2@db/x"])?, (2, "usage".to_owned()));
    assert!(!world.agent.failure(&["preview", "mysql://me:hunter2@db/x"])?.1.contains("hunter2"));
    Ok(())
}

/// The statements of a code block of a page.
fn statements(page: &str) -> Result<String> {
    let text = std::fs::read_to_string(root().join(page))?;
    let block = text.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next());
    Ok(block.context("a block of SQL")?.to_owned())
}

#[tokio::test]
async fn the_documented_least_privileges_are_enough_for_a_complete_report() -> Result<()> {
    let world = World::new().await?;
    world.sql("INSERT INTO callback VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')").await?;
    world.sql("INSERT INTO config VALUES ('snmp.community', '[\"hunter2\"]')").await?;
    let server = MariaDb::start()?;
    copy_to_mariadb(&world.install, &server, "librenms").await?;
    let grants = statements("docs/least-privilege.md")?;
    // In the demo install, the primary keys of these tables have other names than in LibreNMS.
    for grant in grants.split(';').filter_map(|statement| statement.split_once("GRANT SELECT (")) {
        let (columns, rest) = grant.1.split_once(") ON librenms.").context("columns and a table")?;
        let table = rest.split(' ').next().context("a table")?;
        for column in columns.split(',').map(str::trim) {
            server.sql("librenms", &format!("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} INT"))?;
        }
    }
    let grants = grants.replace("a-password-of-your-own", "secret7").replace("@'localhost'", "@'127.0.0.1'");
    server.sql("librenms", &grants)?;
    let all: Value =
        serde_json::from_slice(&world.agent.stdout_in(&server.readable("librenms")?, &["preview", "--raw"])?)?;
    let url = server.url("callback", "secret7", "librenms");
    let few: Value = serde_json::from_slice(&world.agent.stdout_in(&url, &["preview", "--raw"])?)?;
    assert_eq!(few, all);
    // The blocking settings are readable, and no other settings of LibreNMS are.
    server.sql("librenms", "ALTER TABLE devices ADD COLUMN community TEXT")?;
    server.sql("librenms", "UPDATE config SET config_value = 'false' WHERE config_name = 'reporting.usage'")?;
    let status = world.agent.stdout_in(&url, &["status", "--json"])?;
    let status: Value = serde_json::from_slice(&status)?;
    assert_eq!(status["switches"][3]["value"], "false");
    let as_callback = |sql: &str| {
        Command::new("mariadb")
            .args([
                "--no-defaults",
                "-h127.0.0.1",
                &format!("-P{}", server.port),
                "-ucallback",
                "-psecret7",
                "librenms",
                "-e",
                sql,
            ])
            .output()
    };
    for sql in [
        "SELECT * FROM config",
        "SELECT community FROM devices",
        "SELECT * FROM devices",
        "UPDATE callback SET value = 1",
    ] {
        assert!(!as_callback(sql)?.status.success(), "{sql}");
    }
    assert!(as_callback("SELECT * FROM callback_agent_config")?.status.success());
    the_agent_prints_what_a_read_only_user_cannot_do(&world, &server, &url)
}

/// Reporting and deleting still work. The agent prints the statements that it cannot run, and those statements work.
fn the_agent_prints_what_a_read_only_user_cannot_do(world: &World, server: &MariaDb, url: &str) -> Result<()> {
    let site = Site::start(Plays::Stock)?;
    let said = |arguments: &[&str]| -> Result<String> {
        let mut command = world.agent.command(arguments);
        let output = command.env("CALLBACK_LIBRENMS", url).args(["--receiver", &site.log()]).output()?;
        let (code, said) = outcome(&output);
        ensure!(code == 0, "{arguments:?}: {code}: {said}");
        Ok(said)
    };
    let allowed = said(&["enable", "--yes", "--take-over"])?;
    ensure!(allowed.contains("lnms config:set reporting.usage true"), "{allowed}");
    server.sql("librenms", "UPDATE config SET config_value = 'true' WHERE config_name = 'reporting.usage'")?;
    said(&["submit"])?;
    assert_eq!(site.lines(), ["POST /log.php"]);
    let cleared = said(&["clear", "--now", "--yes"])?;
    let statement = "DELETE FROM callback WHERE name = 'uuid'";
    ensure!(cleared.contains(statement), "{cleared}");
    server.sql("librenms", statement)?;
    assert_eq!(site.lines(), ["POST /log.php", "POST /clear.php"]);
    // Nothing remains to be done.
    let again = said(&["clear", "--now", "--yes"])?;
    ensure!(!again.contains(statement), "{again}");
    Ok(())
}

#[tokio::test]
async fn a_purge_removes_the_agents_own_files_and_nothing_else() -> Result<()> {
    let (world, folder) = (World::new().await?, tempfile::tempdir()?);
    let (other, root) = (folder.path().join("other"), folder.path().join("root"));
    std::fs::create_dir(&other)?;
    std::fs::write(other.join("file"), "")?;
    let purge = |state: &std::path::Path| -> Result<Value> {
        let mut command = world.agent.command(&["uninstall", "--yes", "--purge", "--json", "--without-clear"]);
        // Not this host's schedule.
        command.env("CALLBACK_STATE", state);
        let script = "mount -t tmpfs none /etc/systemd/system; mount -t tmpfs none /etc/cron.d; exec \"$@\"";
        let mut inside = Command::new("unshare");
        inside.args(["--mount", "--propagation", "private", "sh", "-ec", script, "sh"]).arg(command.get_program());
        inside.args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => inside.env(name, value),
                None => inside.env_remove(name),
            };
        }
        let output = inside.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    let keeps = |said: &Value| {
        let stays = said["stays"].as_array().cloned().unwrap_or_default();
        stays.iter().any(|reason| reason["code"] == "state-files-kept")
    };
    // A directory that never was a state.
    let said = purge(&other)?;
    ensure!(keeps(&said) && said["removed"] == Value::Array(Vec::new()), "{said}");
    assert!(other.join("file").exists());
    // A state with files of somebody else's, and a link out of it.
    std::fs::create_dir(&root)?;
    std::fs::set_permissions(&root, PermissionsExt::from_mode(0o700))?;
    let off = world.agent.command(&["disable"]).env("CALLBACK_STATE", &root).output()?;
    ensure!(off.status.success() && root.join("state.sqlite3").exists(), "{off:?}");
    std::fs::write(root.join("mine"), "")?;
    std::fs::create_dir_all(root.join("compiled"))?;
    std::os::unix::fs::symlink(&other, root.join("compiled/link"))?;
    ensure!(keeps(&purge(&root)?), "mine stays");
    assert!(other.join("file").exists() && root.join("mine").exists());
    assert!(!root.join("state.sqlite3").exists() && !root.join("compiled").exists());
    Ok(())
}
