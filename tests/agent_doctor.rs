//! `doctor`, `status --check` and `config check`: their findings, by code, on intact and on faulty installs. They
//! change nothing and send nothing.

use anyhow::{Context, Result, ensure};
use callback_protocol::agent_api::{Check, CheckState, ConfigReport, Diagnosis, ReceiverKind, StatusReport};
use callback_receiver::signing::Signing;
use callback_tests::install_copy::copy_to_mariadb;
use callback_tests::mariadb::MariaDb;
use callback_tests::modules::with_interface;
use callback_tests::programs::{program, sha256, text};
use callback_tests::recording_site::{Plays, Site};
use callback_tests::world::{World, code, codes};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NOBODY: u32 = 65534;

/// Exit status and answer of `doctor`; its text output must match the answer.
fn diagnose(command: &mut Command) -> Result<(i32, Diagnosis)> {
    let output = command.output()?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let diagnosis: Diagnosis = serde_json::from_str(&printed).with_context(|| format!("{printed}{error}"))?;
    let status = output.status.code().context("a status")?;
    let problems = diagnosis.checks.iter().filter(|check| check.state == CheckState::Problem).count();
    ensure!(diagnosis.counts.problems as usize == problems && (status == 11) == (problems > 0), "{printed}{error}");
    if problems > 0 {
        ensure!(code(&output)? == (11, diagnosis.code.clone()), "{error}");
    }
    Ok((status, diagnosis))
}

/// Makes the agent use a module that does nothing: an unoptimised compiler takes seconds for the real one.
fn use_small_module(world: &World) -> Result<()> {
    let module = with_interface(1, "", "i32.const 0");
    let (file, config) = (world.folder.path().join("small.wasm"), world.folder.path().join("agent.toml"));
    std::fs::write(&file, &module)?;
    let before = std::fs::read_to_string(&config)?;
    Ok(std::fs::write(
        config,
        format!("{before}\n[module]\npath = '{}'\nsha256 = '{}'\n", text(&file), sha256(&module)),
    )?)
}

fn doctor(world: &World) -> Result<(i32, Diagnosis)> {
    diagnose(&mut world.command(&["doctor", "--json"]))
}

fn check<'a>(diagnosis: &'a Diagnosis, name: &str) -> Result<&'a Check> {
    diagnosis.checks.iter().find(|check| check.name == name).with_context(|| format!("no check {name}"))
}

/// State and code of a check.
fn found(diagnosis: &Diagnosis, name: &str) -> Result<(CheckState, String)> {
    let check = check(diagnosis, name)?;
    Ok((check.state, check.code.clone()))
}

fn problem(code: &str) -> (CheckState, String) {
    (CheckState::Problem, code.to_owned())
}

fn warning(code: &str) -> (CheckState, String) {
    (CheckState::Warning, code.to_owned())
}

fn note(code: &str) -> (CheckState, String) {
    (CheckState::Note, code.to_owned())
}

fn ok() -> (CheckState, String) {
    (CheckState::Ok, "check-passed".to_owned())
}

fn not_checked() -> (CheckState, String) {
    (CheckState::NotChecked, "not-checked".to_owned())
}

/// Names of the checks in a state.
fn in_state(diagnosis: &Diagnosis, state: CheckState) -> Vec<&str> {
    diagnosis.checks.iter().filter(|check| check.state == state).map(|check| check.name.as_str()).collect()
}

/// Every file below a directory, with its content and mode.
fn files(folder: &Path) -> Result<BTreeMap<PathBuf, (u32, Vec<u8>)>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            let mode = std::fs::metadata(&path)?.permissions().mode();
            if path.is_dir() {
                all.insert(path.clone(), (mode, Vec::new()));
                folders.push(path);
            } else {
                all.insert(path.clone(), (mode, std::fs::read(&path)?));
            }
        }
    }
    Ok(all)
}

fn policy(retention_days: i32) -> serde_json::Value {
    json!({
        "receiver": "callback-receiver 0.1.0", "payload_schemas": [1], "retention_days": retention_days, "backup_days": 7,
        "one_report_per_install_and_day": true, "addresses_kept": false,
        "publication": {"installs_at_least": 5, "terms": ""}, "contact": null, "source": null,
    })
}

/// A command that sees this `/etc/cron.d/callback-agent`, with or without a cron daemon.
fn scheduled(command: &Command, cron: &Path, has_daemon: bool) -> Command {
    let mut within = Command::new("unshare");
    let daemon =
        "cp \"$(command -v sleep)\" /etc/cron.d/cron && { /etc/cron.d/cron 60 >/dev/null 2>&1 & } && sleep 0.1 && ";
    let script = format!(
        "mount -t tmpfs tmpfs /etc/cron.d && cp \"$0\" /etc/cron.d/callback-agent && {}exec \"$@\"",
        if has_daemon { daemon } else { "" }
    );
    // The daemon ends with the command, which is the first process of a PID namespace.
    within.args(["--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", &script]).arg(cron);
    within.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => within.env(name, value),
            None => within.env_remove(name),
        };
    }
    within
}

/// A cron file that starts a program as root.
fn cron(world: &World, program: &Path) -> Result<PathBuf> {
    let file = world.folder.path().join("cron");
    std::fs::write(&file, format!("30 0 * * * root {} --quiet submit --splay 3h\n", text(program)))?;
    Ok(file)
}

#[tokio::test]
async fn doctor_finds_no_problem_on_a_reporting_install_and_changes_and_sends_nothing() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    world.configure(&format!("terms = ['Acme']\n[receiver]\nurl = '{}'\nkind = 'callback-stats'\n", site.log()))?;
    site.says(policy(90));
    world.ok(&["enable", "--yes"])?;
    world.ok(&["submit"])?;
    let cron = cron(&world, &program("callback-agent"))?;
    let (state, install, requests) = (files(world.agent.state.path())?, std::fs::read(&world.install)?, site.lines());
    let command = world.command(&["doctor", "--json"]);
    let (status, diagnosis) = diagnose(&mut scheduled(&command, &cron, true))?;
    assert_eq!((status, diagnosis.code.as_str()), (0, "healthy"), "{diagnosis:#?}");
    for name in [
        "config-file",
        "config-terms",
        "state-directory",
        "state-database",
        "ledger",
        "database-connection",
        "database-tables",
        "database-write",
        "receiver-url",
        "receiver-name",
        "receiver-connection",
        "receiver-answer",
        "receiver-kind",
        "receiver-key",
        "receiver-policy",
        "consent",
        "schedule",
        "schedule-program",
        "next-run",
        "last-run",
        "module",
        "module-compile",
    ] {
        assert_eq!(found(&diagnosis, name)?, ok(), "{:#?}", check(&diagnosis, name)?);
    }
    let url = check(&diagnosis, "receiver-url")?;
    assert!(url.subject.contains(&site.log()) && url.subject.contains("agent.toml"), "{}", url.subject);
    assert!(check(&diagnosis, "receiver-policy")?.finding.contains("90 days"));
    assert_eq!(in_state(&diagnosis, CheckState::NotChecked), Vec::<&str>::new());

    // The text output: it fits, and with --quiet it lists problems only.
    let output = world.command(&["doctor"]).output()?;
    let printed = String::from_utf8(output.stdout)?;
    let too_long = |line: &&str| line.chars().count() > 100 && line.trim_start().contains(' ');
    assert_eq!(printed.lines().find(too_long), None);
    let output = world.command(&["doctor", "--quiet"]).output()?;
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), Vec::new(), Vec::new()));

    assert!(files(world.agent.state.path())? == state, "the state was changed");
    assert!(std::fs::read(&world.install)? == install, "the database was changed");
    assert_eq!(site.lines(), requests, "nothing but keys and policy is asked for");
    Ok(())
}

#[tokio::test]
async fn without_state_and_network_doctor_reports_the_rest_and_creates_nothing() -> Result<()> {
    let world = World::new().await?;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    world.configure(&format!("[receiver]\nurl = 'http://127.0.0.1:{closed}/log.php'\n"))?;
    use_small_module(&world)?;
    let state = world.folder.path().join("none");
    let (before, install) = (files(world.folder.path())?, std::fs::read(&world.install)?);
    let (status, diagnosis) = diagnose(&mut world.command(&["--state", text(&state), "doctor", "--json"]))?;
    assert_eq!(status, 11);
    assert_eq!(in_state(&diagnosis, CheckState::Problem), ["receiver-connection"]);
    assert_eq!(found(&diagnosis, "receiver-connection")?, problem("receiver-unreachable"));
    for name in ["receiver-tls", "receiver-answer", "receiver-kind", "receiver-key", "receiver-policy", "ledger"] {
        assert_eq!(found(&diagnosis, name)?, not_checked(), "{name}");
    }
    assert_eq!(found(&diagnosis, "state-directory")?, note("check-noted"));
    assert_eq!(found(&diagnosis, "consent")?, note("not-opted-in"));
    assert_eq!(found(&diagnosis, "database-connection")?, ok());
    assert!(!state.exists() && files(world.folder.path())? == before && std::fs::read(&world.install)? == install);
    Ok(())
}

#[tokio::test]
async fn with_an_invalid_configuration_doctor_checks_the_rest() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let receiver = format!("[receiver]\nurl = '{}'\n", site.log());
    world.configure(&format!("term = ['Acme']\n{receiver}"))?;
    use_small_module(&world)?;
    let (_, diagnosis) = doctor(&world)?;
    assert_eq!(found(&diagnosis, "config-file")?, problem("config-invalid"));
    assert_eq!(in_state(&diagnosis, CheckState::Problem), ["config-file"]);
    assert_eq!(found(&diagnosis, "receiver-answer")?, ok());
    assert!(check(&diagnosis, "receiver-url")?.subject.contains(&site.log()), "keys that are right are used");

    // Every mistake is named, and of a table with one the other keys are used.
    world.configure(&format!("{receiver}kind = 'callback-statz'\n[submit]\nattempts = 'x'\n[ledger]\nday = 3\n"))?;
    let (_, diagnosis) = doctor(&world)?;
    let mistakes = &check(&diagnosis, "config-file")?.finding;
    let output = world.command(&["config", "check", "--json"]).output()?;
    assert_eq!(code(&output)?, (3, "config-invalid".to_owned()));
    for said in [mistakes, &String::from_utf8(output.stderr)?] {
        for key in ["`receiver.kind`", "`submit.attempts`", "`day`"] {
            assert!(said.contains(key), "{key}: {said}");
        }
    }
    assert!(check(&diagnosis, "receiver-url")?.subject.contains(&site.log()), "not the default receiver");
    // A receiver that cannot be used is not replaced by the default one.
    world.configure("[receiver]\nurl = 'ftp://x'\nkind = 'stock'\n")?;
    let (_, diagnosis) = doctor(&world)?;
    assert_eq!(in_state(&diagnosis, CheckState::Problem), ["config-file"]);
    assert_eq!(found(&diagnosis, "receiver-url")?, not_checked());

    // Not even TOML: LibreNMS is named on the command line first, then not at all.
    world.configure("librenms = mysql://me:hunter2@db/x")?;
    let output = world.command(&["doctor", "--json"]).output()?;
    assert!(!String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).contains("hunter2"));
    let (_, diagnosis_of_named) = doctor(&world)?;
    assert_eq!(found(&diagnosis_of_named, "database-connection")?, ok());
    let mut command = world.agent.command(&["doctor", "--json"]);
    let (_, diagnosis_of_none) = diagnose(command.env("CALLBACK_CONFIG", world.folder.path().join("agent.toml")))?;
    assert_eq!(found(&diagnosis_of_none, "librenms-directory")?, problem("librenms-not-named"));
    assert_eq!(found(&diagnosis_of_none, "database-connection")?, not_checked());
    assert_eq!(found(&diagnosis_of_none, "module-compile")?, ok());

    // Nothing from a file that another user may have written is used.
    world.configure(&receiver)?;
    std::fs::set_permissions(world.folder.path().join("agent.toml"), std::fs::Permissions::from_mode(0o666))?;
    let (_, diagnosis) = doctor(&world)?;
    assert_eq!(found(&diagnosis, "config-file")?, problem("config-untrusted"));
    assert!(!check(&diagnosis, "receiver-url")?.subject.contains(&site.log()));
    Ok(())
}

#[tokio::test]
async fn terms_passwords_and_variables_are_reported_without_values() -> Result<()> {
    let world = World::new().await?;
    world.configure("librenms = 'mysql://me:hunter2@127.0.0.1:1/x'\nterms = ['e']\npatterns = ['.*', 'Acme']\n")?;
    use_small_module(&world)?;
    let mut command = world.command(&["doctor", "--json"]);
    command.env("DO_NOT_TRACK", "1").env("https_proxy", "http://me:hunter3@127.0.0.1:1");
    let (_, diagnosis) = diagnose(&mut command)?;
    assert_eq!(found(&diagnosis, "config-password")?, warning("password-readable"));
    assert_eq!(found(&diagnosis, "config-terms")?, warning("terms-too-broad"));
    assert_eq!(check(&diagnosis, "config-terms")?.subject, "1 term, 2 patterns");
    assert_eq!(found(&diagnosis, "environment")?, note("blocked-by-environment"));
    assert!(check(&diagnosis, "environment")?.subject.contains("https_proxy"));
    assert_eq!(found(&diagnosis, "receiver-connection")?, problem("proxy-unreachable"));
    assert!(check(&diagnosis, "receiver-proxy")?.subject.contains("127.0.0.1:1"));
    let all = serde_json::to_string(&diagnosis)?;
    assert!(!all.contains("hunter2") && !all.contains("hunter3"), "{all}");
    Ok(())
}

#[tokio::test]
async fn a_receiver_with_another_key_or_kind_is_reported_and_no_key_is_pinned() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    site.says(policy(90));
    world.ok(&["enable", "--yes"])?;
    use_small_module(&world)?;
    assert_eq!(doctor(&world)?.0, 0);
    let folder = tempfile::tempdir()?;
    let other = Signing::load(&folder.path().join("signing.key"))?;
    let published = other.published();
    site.signs(Some(other), Some(published));
    site.says(policy(365));
    let before = files(world.agent.state.path())?;
    let (status, diagnosis_of_other) = doctor(&world)?;
    assert_eq!(status, 11);
    assert_eq!(in_state(&diagnosis_of_other, CheckState::Problem), ["receiver-key"]);
    assert_eq!(found(&diagnosis_of_other, "receiver-key")?, problem("key-not-pinned"));
    assert_eq!(found(&diagnosis_of_other, "receiver-policy")?, warning("policy-changed"));
    assert!(files(world.agent.state.path())? == before, "the state was changed");

    let as_stock = ["doctor", "--json", "--receiver-kind", "stock"];
    let (_, diagnosis_of_kind) = diagnose(&mut world.command(&as_stock))?;
    assert_eq!(found(&diagnosis_of_kind, "receiver-kind")?, warning("receiver-kind-differs"));
    let stock = Site::start(Plays::Stock)?;
    let (_, diagnosis_of_stock) = diagnose(&mut world.command(&["doctor", "--json", "--receiver", &stock.log()]))?;
    assert_eq!(found(&diagnosis_of_stock, "receiver-kind")?, problem("not-callback-receiver"));
    assert!(check(&diagnosis_of_stock, "receiver-url")?.subject.contains("--receiver"));
    assert_eq!((stock.lines().len(), stock.kept().len()), (0, 0));
    let open = ["doctor", "--json", "--receiver", "http://stats.invalid/log.php", "--receiver-kind", "stock"];
    let (_, diagnosis_of_open) = diagnose(&mut world.command(&open))?;
    assert_eq!(found(&diagnosis_of_open, "receiver-url")?, warning("receiver-not-encrypted"));
    assert_eq!(found(&diagnosis_of_open, "receiver-name")?, problem("receiver-not-resolved"));
    Ok(())
}

#[tokio::test]
async fn a_damaged_or_newer_state_is_reported() -> Result<()> {
    let (world, site) = World::reporting(Plays::Ours).await?;
    world.ok(&["submit"])?;
    use_small_module(&world)?;
    world.state_sql("UPDATE events SET body = replace(body, '127.0.0.1', '127.0.0.2') WHERE what = 'begun'").await?;
    let (_, diagnosis) = doctor(&world)?;
    assert_eq!(found(&diagnosis, "ledger")?, problem("ledger-not-verified"));
    world.state_sql("INSERT INTO _sqlx_migrations VALUES (9999, 'future', '2026-01-01', 1, x'00', 0)").await?;
    let (_, diagnosis) = doctor(&world)?;
    assert_eq!(found(&diagnosis, "state-database")?, problem("state-newer"));
    assert_eq!(found(&diagnosis, "ledger")?, not_checked());
    let database = world.agent.state.path().join("state.sqlite3");
    std::fs::write(&database, "no database at all")?;
    let (_, diagnosis) = doctor(&world)?;
    assert_eq!(found(&diagnosis, "state-database")?, problem("state-damaged"));
    assert_eq!(std::fs::read(&database)?, b"no database at all");
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn root_continues_as_the_owner_and_an_unwritable_state_is_reported() -> Result<()> {
    let (world, site) = World::reporting(Plays::Stock).await?;
    world.ok(&["submit"])?;
    // Other users have no access to the build directory.
    let open = tempfile::tempdir()?;
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o755))?;
    let (copy, state) = (open.path().join("callback-agent"), open.path().join("state"));
    let (install, config) = (open.path().join("demo.sqlite3"), open.path().join("agent.toml"));
    std::fs::copy(program("callback-agent"), &copy)?;
    std::fs::copy(&world.install, &install)?;
    std::fs::copy(world.folder.path().join("agent.toml"), &config)?;
    std::fs::create_dir(&state)?;
    std::fs::copy(world.agent.state.path().join("state.sqlite3"), state.join("state.sqlite3"))?;
    for path in [&state, &state.join("state.sqlite3")] {
        chown(path, Some(NOBODY), Some(NOBODY))?;
    }
    std::fs::set_permissions(state.join("state.sqlite3"), std::fs::Permissions::from_mode(0o400))?;
    std::fs::set_permissions(&state, std::fs::Permissions::from_mode(0o500))?;
    let before = files(open.path())?;
    let mut command = Command::new(&copy);
    command.args(["--state", text(&state), "--librenms", text(&install), "--config", text(&config)]);
    command.args(["doctor", "--json"]).current_dir("/");
    let (_, diagnosis) = diagnose(&mut command)?;
    assert!(check(&diagnosis, "user")?.subject.contains("65534"), "{:?}", check(&diagnosis, "user")?);
    assert_eq!(found(&diagnosis, "user")?, ok());
    assert_eq!(found(&diagnosis, "state-directory")?, problem("state-read-only"));
    assert_eq!(found(&diagnosis, "state-database")?, problem("state-read-only"));
    assert_eq!(found(&diagnosis, "ledger")?, ok(), "what can be read is checked");
    assert_eq!(found(&diagnosis, "database-write")?, note("database-write-denied"));
    assert!(files(open.path())? == before, "something was changed");
    assert_eq!(site.lines(), ["POST /log.php"]);
    Ok(())
}

#[tokio::test]
async fn doctor_reports_a_database_server_s_address_login_and_missing_grants() -> Result<()> {
    let (world, server, site) = (World::new().await?, MariaDb::start()?, Site::start(Plays::Stock)?);
    world.configure(&format!("[receiver]\nurl = '{}'\n", site.log()))?;
    use_small_module(&world)?;
    copy_to_mariadb(&world.install, &server, "librenms").await?;
    server.sql("", "CREATE USER 'lnms'@'127.0.0.1' IDENTIFIED BY 'hunter2'")?;
    for table in ["devices", "ports", "callback", "config"] {
        server.sql("", &format!("GRANT SELECT ON librenms.{table} TO 'lnms'@'127.0.0.1'"))?;
    }
    server.sql("", "GRANT SELECT (device_id) ON librenms.mempools TO 'lnms'@'127.0.0.1'")?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("artisan"), "")?;
    let env = |password: &str| {
        let port = server.port;
        let env = format!(
            "DB_HOST=127.0.0.1\nDB_PORT={port}\nDB_USERNAME=lnms\nDB_PASSWORD={password}\nDB_DATABASE=librenms\n"
        );
        std::fs::write(folder.path().join(".env"), env)
    };
    let look = || {
        let mut command = world.agent.command(&["--librenms", text(folder.path()), "doctor", "--json"]);
        diagnose(command.env("CALLBACK_CONFIG", world.folder.path().join("agent.toml")))
    };
    let content = || server.sql("librenms", "SELECT * FROM callback ORDER BY 1; SELECT * FROM config ORDER BY 1");

    env("hunter2")?;
    let before = content()?;
    let (status, diagnosis_of_reader) = look()?;
    assert_eq!(status, 0, "{diagnosis_of_reader:#?}");
    let connection = check(&diagnosis_of_reader, "database-connection")?;
    assert!(connection.subject.contains(&format!("127.0.0.1:{}", server.port)), "{}", connection.subject);
    assert!(
        connection.subject.contains(&format!("DB_HOST, from {}/.env", text(folder.path()))),
        "{}",
        connection.subject
    );
    assert!(check(&diagnosis_of_reader, "database-version")?.finding.starts_with("MariaDB "));
    assert_eq!(found(&diagnosis_of_reader, "database-read")?, warning("database-table-denied"));
    let read = check(&diagnosis_of_reader, "database-read")?;
    let denied = ["sensors", "mempools.mempool_descr"];
    assert!(
        denied.iter().all(|name| read.finding.contains(name)) && !read.finding.contains("devices"),
        "{}",
        read.finding
    );
    let remedy = read.remedy.as_deref().unwrap_or_default();
    assert!(remedy.contains("GRANT SELECT (") && remedy.contains("TO 'lnms'@'127.0.0.1'"), "{remedy}");
    assert_eq!(found(&diagnosis_of_reader, "database-tables")?, ok());
    assert_eq!(found(&diagnosis_of_reader, "database-write")?, note("database-write-denied"));
    let write = check(&diagnosis_of_reader, "database-write")?;
    for verb in ["UPDATE on table `config`", "INSERT on table `callback`", "DELETE on table `callback`"] {
        assert!(write.finding.contains(verb), "{}", write.finding);
    }
    // Table `config` holds SNMP communities, too.
    let remedy = write.remedy.as_deref().unwrap_or_default();
    assert!(remedy.contains("`librenms`.`callback` TO") && remedy.contains("lnms config:set"), "{remedy}");
    assert!(!remedy.contains("SELECT") && !remedy.contains("config` TO"), "{remedy}");
    for name in ["database-tls", "database-locks", "database-clock", "reporting-usage", "built-in-sender"] {
        assert_eq!(found(&diagnosis_of_reader, name)?, ok(), "{name}");
    }
    assert_eq!(content()?, before, "nothing is written");

    server.sql("", "GRANT SELECT, INSERT, UPDATE, DELETE ON librenms.* TO 'lnms'@'127.0.0.1'")?;
    server.sql("librenms", "DROP TABLE sensors; ALTER TABLE mempools DROP COLUMN mempool_descr")?;
    let before = content()?;
    let (_, diagnosis_of_writer) = look()?;
    assert_eq!(found(&diagnosis_of_writer, "database-write")?, ok());
    assert_eq!(found(&diagnosis_of_writer, "database-read")?, ok());
    assert_eq!(found(&diagnosis_of_writer, "database-tables")?, warning("table-incomplete"));
    let tables = &check(&diagnosis_of_writer, "database-tables")?.finding;
    assert!(tables.contains("sensors") && tables.contains("mempools.mempool_descr"), "{tables}");
    assert_eq!(content()?, before, "nothing is written by one who could");
    server.sql("", "SET GLOBAL read_only = 1")?;
    assert_eq!(found(&look()?.1, "database-write")?, warning("database-write-denied"));

    env("hunter3")?;
    let (status, diagnosis_of_wrong) = look()?;
    assert_eq!((status, found(&diagnosis_of_wrong, "database-connection")?), (11, problem("database-login")));
    assert_eq!(found(&diagnosis_of_wrong, "database-write")?, not_checked());
    assert_eq!(found(&diagnosis_of_wrong, "receiver-answer")?, ok());
    for diagnosis in [diagnosis_of_reader, diagnosis_of_writer, diagnosis_of_wrong] {
        let all = serde_json::to_string(&diagnosis)?;
        assert!(!all.contains("hunter"), "{all}");
    }
    assert_eq!(site.lines().iter().filter(|line| line.starts_with("POST")).count(), 0);
    Ok(())
}

#[tokio::test]
async fn settings_of_config_php_and_librenms_are_reported_with_their_origin() -> Result<()> {
    let (world, site) = (World::new().await?, Site::start(Plays::Stock)?);
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("database"))?;
    std::fs::write(folder.path().join("lnms"), "")?;
    std::fs::write(folder.path().join(".env"), "DB_CONNECTION=sqlite\nDB_DATABASE=x.sqlite3\n")?;
    let file = folder.path().join("database/x.sqlite3");
    use_small_module(&world)?;
    std::fs::copy(&world.install, &file)?;
    let look = || {
        let mut command = world.agent.command(&["--librenms", text(folder.path()), "doctor", "--json"]);
        command.env("CALLBACK_CONFIG", world.folder.path().join("agent.toml"));
        diagnose(command.env("CALLBACK_RECEIVER", site.log()))
    };
    let php = |code: &str| std::fs::write(folder.path().join("config.php"), format!("<?php {code}"));
    php("$config['reporting']['usage'] = false;")?;
    let (_, off) = look()?;
    assert_eq!(found(&off, "reporting-usage")?, note("blocked-by-usage"));
    assert!(check(&off, "reporting-usage")?.subject.contains("config.php"));
    assert!(check(&off, "reporting-usage")?.remedy.as_ref().is_some_and(|remedy| remedy.contains("config.php")));
    assert!(check(&off, "receiver-url")?.subject.contains("CALLBACK_RECEIVER"));
    php("$config['reporting']['usage'] = getenv('X');")?;
    let (_, unclear) = look()?;
    assert_eq!(found(&unclear, "reporting-usage")?, warning("blocked-by-usage"));
    assert_eq!(found(&unclear, "librenms-config-php")?, warning("setting-not-determined"));
    for broken in ["if (true) {", "$config['a'] = 'x'\n$config['b'] = 'y';", "$config['callback_post'] = 'http://x"] {
        php(broken)?;
        let mut command = world.agent.command(&["--librenms", text(folder.path()), "doctor", "--json"]);
        let (_, diagnosis) = diagnose(command.env("CALLBACK_CONFIG", world.folder.path().join("agent.toml")))?;
        assert_eq!(found(&diagnosis, "librenms-config-php")?, problem("config-php-not-read"), "{broken}");
        let remedy = check(&diagnosis, "librenms-config-php")?.remedy.as_deref().unwrap_or_default();
        assert!(remedy.contains(&format!("php -l {}/config.php", text(folder.path()))), "{remedy}");
        assert_eq!(found(&diagnosis, "receiver-url")?, not_checked(), "{broken}");
        let enable = world.agent.command(&["--librenms", text(folder.path()), "enable", "--yes", "--json"]).output()?;
        assert_eq!(code(&enable)?, (4, "config-php-not-read".to_owned()), "{broken}");
    }
    php("")?;
    callback_tests::world::execute(
        &file,
        "DELETE FROM callback; INSERT INTO callback (name, value) VALUES ('enabled', '1')",
    )
    .await?;
    let (_, sender) = look()?;
    assert_eq!(found(&sender, "built-in-sender")?, note("blocked-by-sender"));
    std::fs::write(folder.path().join(".env"), "DB_PASSWORD=hunter2 x\n")?;
    let (_, env) = look()?;
    assert_eq!(found(&env, "librenms-env")?, problem("env-invalid"));
    assert_eq!(found(&env, "librenms-directory")?, ok());
    assert!(!serde_json::to_string(&env)?.contains("hunter2"));
    Ok(())
}

#[tokio::test]
async fn a_schedule_that_cannot_start_is_reported() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Stock).await?;
    use_small_module(&world)?;
    let (_, none) = doctor(&world)?;
    assert_eq!(found(&none, "schedule")?, warning("not-scheduled"));
    assert_eq!(found(&none, "next-run")?, not_checked());
    let missing = cron(&world, Path::new("/no/such/callback-agent"))?;
    let command = world.command(&["doctor", "--json"]);
    let (_, no_daemon) = diagnose(&mut scheduled(&command, &missing, false))?;
    assert_eq!(found(&no_daemon, "schedule")?, warning("not-scheduled"));
    let (status, diagnosis) = diagnose(&mut scheduled(&command, &missing, true))?;
    assert_eq!((status, found(&diagnosis, "schedule")?), (11, ok()));
    assert_eq!(found(&diagnosis, "schedule-program")?, problem("schedule-program-missing"));
    assert_eq!(found(&diagnosis, "next-run")?, ok());
    Ok(())
}

/// Exit status and line of a monitoring plugin.
fn plugin(output: &Output) -> Result<(i32, String)> {
    let printed = String::from_utf8(output.stdout.clone())?;
    ensure!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(printed.lines().count() == 1 && printed.matches('|').count() <= 1, "{printed}");
    Ok((output.status.code().context("a status")?, printed))
}

#[tokio::test]
async fn monitoring_gets_an_exit_status_and_one_line() -> Result<()> {
    let (mut world, site) = (World::new().await?, Site::start(Plays::Ours)?);
    world.configure(&format!(
        "[receiver]\nurl = '{}'\nkind = 'callback-stats'\n[submit]\nattempts = 1\nwait_seconds = 0\ntimeout_seconds = 2\n",
        site.log()
    ))?;
    let cron = cron(&world, &program("callback-agent"))?;
    let look = |world: &World, more: &[&str]| {
        plugin(&scheduled(&world.command(&[&["status", "--check"][..], more].concat()), &cron, true).output()?)
    };
    let at = |world: &mut World, moment: &str| world.variables = vec![("CALLBACK_TEST_NOW", moment.to_owned())];
    let (status, line) = look(&world, &[])?;
    assert!(status == 0 && line.starts_with("CALLBACK OK - off: ") && line.contains("clear_pending=0"), "{line}");

    at(&mut world, "2090-01-01T01:00:00Z");
    world.ok(&["enable", "--yes"])?;
    let (status, line) = look(&world, &[])?;
    assert!(status == 0 && line.contains("no report yet") && !line.contains("age="), "{line}");
    world.ok(&["submit"])?;
    at(&mut world, "2090-01-01T04:00:00Z");
    let (status, line) = look(&world, &[])?;
    assert!(status == 0 && line.starts_with("CALLBACK OK - on, last report 3 h ago"), "{line}");
    assert!(line.contains("next run 2090-01-02T") && line.contains("age=10800s;172800;604800;0 failures=0"), "{line}");
    let described: StatusReport = serde_json::from_str(&world.ok(&["status", "--json"])?)?;
    assert_eq!(described.last_sent.map(|at| at.to_string()).as_deref(), Some("2090-01-01T01:00:00Z"));
    // Without a schedule nothing is sent automatically.
    assert_eq!(plugin(&world.command(&["status", "--check"]).output()?)?.0, 1);
    for (more, expected) in [
        (&["--warning", "4h"][..], 0),
        (&["--warning", "3h"], 1),
        (&["--warning", "1h", "--critical", "2h"], 2),
        (&["--warning", "2d", "--critical", "1d"], 3),
        (&["--warning", "soon"], 3),
        (&["--why"], 3),
    ] {
        assert_eq!(look(&world, more)?.0, expected, "{more:?}");
    }
    // After a single failed run, the next one retries; the line names the failure.
    at(&mut world, "2090-01-02T04:00:00Z");
    site.next(callback_tests::recording_site::Instead::Answer(500, "", ""));
    assert_eq!(world.run(&["submit"])?.0, 7);
    let (status, line) = look(&world, &[])?;
    assert!(status == 0 && line.contains("last run failed 2090-01-02T04:00:00Z (receiver-error)"), "{line}");
    assert!(line.contains("failures=1"), "{line}");
    for (moment, expected) in [("2090-01-03T00:59:59Z", 0), ("2090-01-03T01:00:00Z", 1), ("2090-01-08T01:00:00Z", 2)] {
        at(&mut world, moment);
        assert_eq!(look(&world, &[])?.0, expected, "{moment}");
    }
    // Another poller's report counts, from the beginning of its day.
    world.sql("DELETE FROM callback WHERE name = 'agent_day'").await?;
    world.sql("INSERT INTO callback (name, value) VALUES ('agent_day', '2090-01-08')").await?;
    assert_eq!(look(&world, &[])?.0, 0);

    at(&mut world, "2090-01-09T01:00:00Z");
    world.ok(&["clear"])?;
    let (status, line) = look(&world, &[])?;
    assert!(status == 0 && line.contains("clear_pending=1"), "{line}");
    at(&mut world, "2090-01-12T01:00:00Z");
    assert_eq!(look(&world, &[])?.0, 1);
    world.ok(&["enable", "--yes", "--override-off"])?;
    world.sql("UPDATE callback SET value = '1' WHERE name = 'enabled'").await?;
    world.sql("INSERT INTO callback (name, value) SELECT 'enabled', '1' WHERE NOT EXISTS (SELECT 1 FROM callback WHERE name = 'enabled')").await?;
    assert_eq!(look(&world, &[])?.0, 1, "something stands in the way of what was opted in to");
    world.variables.push(("DO_NOT_TRACK", "1".to_owned()));
    assert_eq!(look(&world, &[])?.0, 0, "somebody chose it");
    Ok(())
}

#[tokio::test]
async fn monitoring_gets_unknown_if_the_status_cannot_be_determined() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Stock).await?;
    let look = || plugin(&world.command(&["status", "--check"]).output()?);
    std::fs::write(world.agent.state.path().join("state.sqlite3"), "no database at all")?;
    let (status, line) = look()?;
    assert!(status == 3 && line.starts_with("CALLBACK UNKNOWN - "), "{line}");
    std::fs::write(world.agent.state.path().join("off"), "")?;
    assert_eq!(look()?.0, 0, "an opt-out holds without a state");
    world.configure("tries = 3")?;
    assert_eq!(look()?.0, 3);
    Ok(())
}

#[tokio::test]
async fn config_check_names_database_and_receiver_and_where_they_are_set() -> Result<()> {
    let world = World::new().await?;
    let file = world.folder.path().join("agent.toml");
    let look = || -> Result<ConfigReport> { Ok(serde_json::from_str(&world.ok(&["config", "check", "--json"])?)?) };
    world.configure("terms = ['Acme', 'x']\npatterns = ['a.*']\n")?;
    world.sql("INSERT INTO config (config_name, config_value) VALUES ('callback_post', '\"http://stats.invalid/log.php\"')").await?;
    let install = std::fs::read(&world.install)?;
    let report = look()?;
    assert_eq!((report.code.as_str(), report.file.as_deref()), ("config-valid", Some(text(&file))));
    assert_eq!((report.install.as_str(), report.named_in.as_str()), ("a database", "--librenms"));
    let database = report.database.context("a database")?;
    assert_eq!((database.server.as_str(), database.from.as_str()), (text(&world.install), "--librenms"));
    let receiver = report.receiver.context("a receiver")?;
    assert_eq!(
        (receiver.receiver.url.as_str(), receiver.receiver.kind),
        ("http://stats.invalid/log.php", ReceiverKind::Stock)
    );
    assert_eq!(receiver.from, "LibreNMS's callback_post in table `config`");
    assert_eq!((report.terms, report.patterns), (2, 1));
    assert_eq!(codes(&serde_json::to_value(&report.notices)?), ["terms-too-broad", "receiver-not-encrypted"]);
    assert!(std::fs::read(&world.install)? == install, "the database was changed");

    world.configure("[receiver]\nurl = 'https://stats.example.org/log.php'\n")?;
    let receiver = look()?.receiver.context("a receiver")?;
    assert_eq!(
        (receiver.receiver.url.as_str(), receiver.from),
        ("https://stats.example.org/log.php", format!("receiver.url in {}", text(&file)))
    );

    // An unreachable database is not an error of the configuration. A receiver that only the database names is unknown
    // then.
    world.configure("librenms = 'mysql://me:hunter2@127.0.0.1:1/librenms'\n")?;
    let mut command = world.agent.command(&["config", "check", "--json"]);
    let output = command.env("CALLBACK_CONFIG", &file).output()?;
    let printed = String::from_utf8(output.stdout)?;
    let report: ConfigReport = serde_json::from_str(&printed)?;
    assert_eq!((output.status.code(), report.code.as_str()), (Some(0), "config-valid"));
    let database = report.database.context("a database")?;
    assert_eq!((database.server.as_str(), database.name.as_deref()), ("127.0.0.1:1", Some("librenms")));
    assert_eq!(database.from, format!("librenms in {}", text(&file)));
    assert!(report.receiver.is_none() && !printed.contains("hunter2"));
    assert_eq!(
        codes(&serde_json::to_value(&report.notices)?),
        ["password-readable", "database-unreachable", "receiver-not-determined"]
    );
    Ok(())
}
