//! The operator's commands on both backends: doctor, status, clear, reset-secret, restore --dry-run, and the keys.

use anyhow::{Context, Result, ensure};
use callback_receiver::doctor::CheckCode;
use callback_tests::postgresql::PostgreSql;
use callback_tests::programs::{program, root, text};
use callback_tests::receiver::{Receiver, form_headers};
use callback_tests::simulated::{Size, payload, seeded, uuid};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

/// A receiver's directory, and the database of a backend.
struct World {
    directory: tempfile::TempDir,
    settings: String,
    server: Option<Arc<PostgreSql>>,
    url: String,
}

impl World {
    fn all() -> Result<[Self; 2]> {
        let server = PostgreSql::shared()?;
        let url = server.database()?;
        let postgresql = Self::at(format!("database = '{url}'\n"), Some(server), url)?;
        Ok([Self::at(String::new(), None, String::new())?, postgresql])
    }

    fn at(settings: String, server: Option<Arc<PostgreSql>>, url: String) -> Result<Self> {
        Ok(Self { directory: tempfile::tempdir()?, settings, server, url })
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn is_postgresql(&self) -> bool {
        self.server.is_some()
    }

    fn start(&self) -> Result<Receiver> {
        Receiver::start_in(&self.data(), &self.settings)
    }

    fn run(&self, arguments: &[&str], input: &str) -> Result<Output> {
        std::fs::write(self.file("receiver.toml"), &self.settings)?;
        let mut command = Command::new(program("callback-receiver"));
        command.args(arguments).arg("--data").arg(self.data()).arg("--config").arg(self.file("receiver.toml"));
        command.env("SUDO_USER", "ada").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn()?;
        process.stdin.take().context("its input")?.write_all(input.as_bytes())?;
        Ok(process.wait_with_output()?)
    }

    /// The document that a command prints.
    fn json(&self, arguments: &[&str], input: &str) -> Result<Value> {
        let output = self.run(&[arguments, &["--json"]].concat(), input)?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// The code of the error that a command must end with.
    fn failure(&self, arguments: &[&str], input: &str) -> Result<String> {
        let output = self.run(arguments, input)?;
        ensure!(!output.status.success(), "{arguments:?} succeeded");
        let said = String::from_utf8(output.stderr)?;
        Ok(said.split_once("error[").and_then(|(_, rest)| rest.split(']').next()).context(said.clone())?.to_owned())
    }

    fn ok(&self, arguments: &[&str], input: &str) -> Result<String> {
        let output = self.run(arguments, input)?;
        ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Every byte of the database, as far as files or a dump have it.
    fn stored(&self) -> Result<Vec<u8>> {
        if let Some(server) = &self.server {
            let name = self.url.rsplit('/').next().unwrap_or_default();
            return Ok(server.sql(name, "SELECT * FROM installs; SELECT * FROM operator_log")?.into_bytes());
        }
        Ok(std::fs::read(self.data().join("receiver.sqlite3"))?)
    }
}

/// Reports of some installs; the first has a secret.
fn send(receiver: &Receiver, uuids: &[String], secret: &str) -> Result<()> {
    let mut random = seeded(2);
    for (at, uuid) in uuids.iter().enumerate() {
        let report = payload(&mut random, uuid, Size::Small);
        let headers = form_headers(report.as_bytes(), (at == 0).then_some(secret));
        let (status, answer) = receiver.post("/log.php", &headers, format!("data={report}&").as_bytes())?;
        ensure!(status == 200, "{answer}");
    }
    Ok(())
}

fn uuids() -> Vec<String> {
    let mut random = seeded(1);
    (0..3).map(|_| uuid(&mut random)).collect()
}

/// The status of a check, or of the worst of several with its code.
fn status<'a>(diagnosis: &'a Value, code: &str) -> Result<&'a str> {
    let checks = diagnosis["checks"].as_array().context("checks")?;
    let check = checks.iter().find(|check| check["code"] == code).with_context(|| format!("{code}: {diagnosis:#}"))?;
    check["status"].as_str().context("a status")
}

#[test]
fn doctor_names_what_is_wrong_and_what_to_do() -> Result<()> {
    for world in World::all()? {
        let receiver = world.start()?;
        send(&receiver, &uuids(), &"ab".repeat(32))?;
        let listen = receiver.url.trim_start_matches("http://").to_owned();
        let mut world = World { settings: format!("{}listen = '{listen}'\n", world.settings), ..world };
        let diagnosis = world.json(&["doctor"], "")?;
        for code in
            ["database", "database-schema", "database-writable", "install-key", "signing-key", "receiver", "clock"]
        {
            assert_eq!(status(&diagnosis, code)?, "ok", "{diagnosis:#}");
        }
        for code in ["keys-apart", "backup", "policy"] {
            assert_eq!(status(&diagnosis, code)?, "warning", "{code}");
        }
        assert_eq!((&diagnosis["counts"]["failed"], status(&diagnosis, "proxy-log")?), (&0.into(), "not-checked"));
        let checks = diagnosis["checks"].as_array().context("checks")?;
        let remedies = checks.iter().filter(|check| check["status"] == "warning" || check["status"] == "failed");
        assert!(remedies.clone().count() > 2 && remedies.clone().all(|check| check["remedy"].is_string()));
        // A current backup and the policy's texts.
        let backups = world.file("backups");
        std::fs::create_dir(&backups)?;
        world.settings.push_str(&format!(
            "backup_directory = '{}'\ncontact = 'c'\nsource = 's'\npublication_terms = 't'\n",
            text(&backups)
        ));
        assert_eq!(status(&world.json(&["doctor"], "")?, "backup")?, "failed");
        world.ok(&["backup"], "")?;
        std::fs::write(backups.join("callback-receiver-2020-01-01"), "")?;
        let diagnosis = world.json(&["doctor"], "")?;
        assert_eq!((status(&diagnosis, "backup")?, status(&diagnosis, "policy")?), ("ok", "ok"));
        assert_eq!(status(&diagnosis, "backup-expiry")?, "failed");
        receiver.stop()?;
        // Stopped, with other keys and a log of statements.
        for key in ["install.key", "signing.key"] {
            std::fs::rename(world.data().join(key), world.file(key))?;
            std::fs::write(world.data().join(key), [7; 32])?;
            std::fs::set_permissions(world.data().join(key), std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        }
        if let Some(server) = &world.server {
            let name = world.url.rsplit('/').next().unwrap_or_default();
            server.sql(name, &format!("ALTER DATABASE {name} SET log_statement = 'all'"))?;
        }
        let output = world.run(&["doctor", "--json"], "")?;
        assert_eq!(output.status.code(), Some(10));
        let diagnosis: Value = serde_json::from_slice(&output.stdout)?;
        for code in ["install-key", "signing-key", "receiver"] {
            assert_eq!(status(&diagnosis, code)?, "failed", "{code}");
        }
        assert_eq!(status(&diagnosis, "database-log")?, if world.is_postgresql() { "failed" } else { "ok" });
        // The same in words.
        let said = String::from_utf8(world.run(&["doctor"], "")?.stdout)?;
        assert!(said.lines().any(|line| line.starts_with("failed") && line.contains("signing-key")), "{said}");
    }
    Ok(())
}

#[test]
fn doctor_reports_a_database_that_is_not_there() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let url = "postgres://nobody@127.0.0.1:1/none".to_owned();
    let postgresql = World { directory, settings: format!("database = '{url}'\n"), server: None, url };
    for (world, codes) in [
        (World::at(String::new(), None, String::new())?, ["database", "database-schema"]),
        (postgresql, ["database", "database-schema"]),
    ] {
        let diagnosis = world.json(&["doctor"], "")?;
        assert_eq!((status(&diagnosis, codes[0])?, status(&diagnosis, codes[1])?), ("failed", "not-checked"));
        assert!(!world.data().exists());
    }
    Ok(())
}

#[test]
fn doctor_reports_a_database_file_of_another_user() -> Result<()> {
    let world = World::at(String::new(), None, String::new())?;
    world.start()?.stop()?;
    assert_eq!(status(&world.json(&["doctor"], "")?, "database-writable")?, "ok");
    std::os::unix::fs::chown(world.data(), Some(65534), Some(65534))?;
    assert_eq!(status(&world.json(&["doctor"], "")?, "database-writable")?, "failed");
    // A clear creates no database.
    std::fs::remove_file(world.data().join("receiver.sqlite3"))?;
    assert_eq!(world.failure(&["clear", "--reason", "r"], &uuids()[0])?, "database-missing");
    assert!(!world.data().join("receiver.sqlite3").exists());
    Ok(())
}

#[test]
fn the_page_lists_every_check_and_code() -> Result<()> {
    let page = std::fs::read_to_string(root().join("docs/receiver.md"))?;
    for code in CheckCode::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.meaning().trim_end_matches('.'));
        assert!(page.contains(&row), "docs/receiver.md lacks: {row}");
    }
    Ok(())
}

#[test]
fn status_counts_what_there_is() -> Result<()> {
    for world in World::all()? {
        assert_eq!(world.run(&["status"], "")?.status.success(), world.is_postgresql());
        let receiver = world.start()?;
        send(&receiver, &uuids(), &"ab".repeat(32))?;
        world.ok(&["block"], &uuids()[2])?;
        let status = world.json(&["status"], "")?;
        for (name, value) in
            [("installs", 3), ("reports", 3), ("receivers", 1), ("blocked_installs", 1), ("blocked_networks", 0)]
        {
            assert_eq!(status[name], value, "{name}: {status:#}");
        }
        assert!(status["bytes"].as_u64() > Some(1000) && status["last_published"].is_null());
        assert!(world.ok(&["status"], "")?.contains("running         yes"));
        receiver.stop()?;
        assert_eq!(world.json(&["status"], "")?["receivers"], 0);
    }
    Ok(())
}

#[test]
fn an_operator_deletes_an_install_without_its_secret_and_the_log_says_so() -> Result<()> {
    for world in World::all()? {
        let receiver = world.start()?;
        let uuids = uuids();
        send(&receiver, &uuids, &"ab".repeat(32))?;
        let clear = ["clear", "--reason", "mail of the admin"];
        if !world.is_postgresql() {
            assert_eq!(world.failure(&clear, &uuids[0])?, "database-in-use");
            receiver.stop()?;
        }
        assert_eq!(world.failure(&clear, "not a uuid")?, "uuid-expected");
        let removed = world.json(&clear, &uuids[0])?;
        assert_eq!((&removed["reports"], &removed["installs"]), (&1.into(), &1.into()), "{removed:#}");
        assert_eq!(world.json(&["status"], "")?["installs"], 2);
        assert_eq!(world.json(&clear, &uuids[0])?["installs"], 0);
        let checked = world.json(&["check"], "")?;
        assert_eq!(checked["differences"], serde_json::json!([]));
        let log = world.json(&["operator-log"], "")?;
        let entry = log.as_array().and_then(|log| log.last()).context("an entry")?;
        assert_eq!((&entry["action"], &entry["actor"]), (&"clear".into(), &"ada".into()));
        assert_eq!(
            (&entry["reason"], entry["install"].as_str().map(str::len)),
            (&"mail of the admin".into(), Some(64))
        );
        let stored = world.stored()?;
        assert!(!stored.windows(36).any(|part| part == uuids[0].as_bytes()));
    }
    Ok(())
}

#[test]
fn after_a_reset_the_next_secret_is_registered_and_cannot_read() -> Result<()> {
    for world in World::all()? {
        let receiver = world.start()?;
        let uuids = uuids();
        let (old, new) = ("ab".repeat(32), "cd".repeat(32));
        send(&receiver, &uuids, &old)?;
        assert!(send(&receiver, &uuids[..1], &new).is_err());
        let reset = ["reset-secret", "--reason", "registered by someone else"];
        assert_eq!(world.json(&reset, &uuids[0])?["had_secret"], true);
        assert_eq!(world.json(&reset, &uuids[1])?["had_secret"], false);
        send(&receiver, &uuids[..1], &new)?;
        assert!(send(&receiver, &uuids[..1], &old).is_err());
        let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {new}\r\n");
        let body = format!(r#"{{"uuid":"{}"}}"#, uuids[0]);
        let (status, answer) = receiver.post("/api/v1/held", &headers, body.as_bytes())?;
        assert_eq!((status, answer.contains("clear-only")), (403, true), "{answer}");
        let log = world.json(&["operator-log"], "")?;
        assert_eq!(log.as_array().map(Vec::len), Some(2), "{log:#}");
        assert_eq!(log[0]["action"], "reset-secret");
    }
    Ok(())
}

#[test]
fn the_log_is_in_backups_and_outlives_a_restore() -> Result<()> {
    for world in World::all()? {
        let receiver = world.start()?;
        let uuids = uuids();
        send(&receiver, &uuids, &"ab".repeat(32))?;
        world.ok(&["reset-secret", "--reason", "first"], &uuids[0])?;
        let backup = world.file("backup");
        world.ok(&["backup", text(&backup)], "")?;
        world.ok(&["reset-secret", "--reason", "second"], &uuids[0])?;
        receiver.stop()?;
        world.ok(&["restore", text(&backup)], "")?;
        let reasons = |world: &World| -> Result<Vec<String>> {
            let log = world.json(&["operator-log"], "")?;
            Ok(log.as_array().into_iter().flatten().filter_map(|e| Some(e["reason"].as_str()?.to_owned())).collect())
        };
        assert_eq!(reasons(&world)?, ["first", "second"]);
        // Into an empty database, with the same key.
        let other = World::at(String::new(), None, String::new())?;
        std::fs::create_dir(other.data())?;
        for key in ["install.key", "signing.key"] {
            std::fs::copy(world.data().join(key), other.data().join(key))?;
        }
        other.ok(&["restore", text(&backup)], "")?;
        assert_eq!(reasons(&other)?, ["first"]);
    }
    Ok(())
}

#[test]
fn a_dry_run_of_a_restore_checks_everything_and_changes_nothing() -> Result<()> {
    for world in World::all()? {
        let receiver = world.start()?;
        let uuids = uuids();
        send(&receiver, &uuids[..2], &"ab".repeat(32))?;
        let backup = world.file("backup");
        world.ok(&["backup", text(&backup)], "")?;
        send(&receiver, &uuids[2..], &"ef".repeat(32))?;
        let dry_run = ["restore", "--dry-run", text(&backup)];
        assert_eq!(world.failure(&dry_run, "")?, "database-in-use");
        receiver.stop()?;
        world.ok(&["clear", "--reason", "r"], &uuids[1])?;
        let before = world.json(&["status"], "")?;
        let plan = world.json(&dry_run, "")?;
        assert_eq!((&plan["current"]["installs"], &plan["restored"]["installs"]), (&2.into(), &1.into()), "{plan:#}");
        assert_eq!((&plan["restored"]["reports"], &plan["stay_deleted"]), (&1.into(), &1.into()));
        assert_eq!(world.json(&["status"], "")?, before);
        assert!(world.ok(&dry_run, "")?.contains("nothing was changed"));
        let leftovers = std::fs::read_dir(world.data())?.filter_map(|file| file.ok()?.file_name().into_string().ok());
        assert_eq!(leftovers.filter(|name| name.contains("restoring") && !name.ends_with("lock")).count(), 0);
        // What it predicts happens; what it rejects is rejected.
        world.ok(&["restore", text(&backup)], "")?;
        assert_eq!(world.json(&["status"], "")?["installs"], 1);
        std::fs::write(world.file("text"), "no database")?;
        for (file, code) in [("text", "backup-damaged"), ("none", "backup-unreadable")] {
            assert_eq!(world.failure(&["restore", "--dry-run", text(&world.file(file))], "")?, code);
            assert_eq!(world.failure(&["restore", text(&world.file(file))], "")?, code);
        }
        std::fs::remove_file(world.data().join("install.key"))?;
        assert_eq!(world.failure(&dry_run, "")?, "key-missing");
        std::fs::write(world.data().join("install.key"), [7; 32])?;
        std::fs::set_permissions(
            world.data().join("install.key"),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )?;
        assert_eq!(world.failure(&dry_run, "")?, "key-mismatch");
    }
    Ok(())
}

#[test]
fn receivers_with_data_start_only_with_the_database_s_signing_key() -> Result<()> {
    for world in World::all()? {
        let start = |world: &World| world.failure(&["serve", "--listen", "127.0.0.1:0"], "");
        world.start()?.stop()?;
        let (file, kept) = (world.data().join("signing.key"), world.file("kept"));
        std::fs::rename(&file, &kept)?;
        assert_eq!(start(&world)?, "signing-key-missing");
        assert_eq!(world.failure(&["renew-signing-key"], "")?, "signing-key-missing");
        assert!(!file.exists());
        // Another key.
        std::fs::write(&file, [7; 32])?;
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        assert_eq!(start(&world)?, "signing-key-mismatch");
        assert_eq!(world.failure(&["renew-signing-key", "--lost"], "")?, "signing-key-exists");
        // A renewed key is accepted, and then the old file no longer is.
        std::fs::copy(&kept, &file)?;
        world.ok(&["renew-signing-key"], "")?;
        world.start()?.stop()?;
        let renewed = std::fs::read(&file)?;
        std::fs::copy(&kept, &file)?;
        assert_eq!(start(&world)?, "signing-key-mismatch");
        std::fs::write(&file, renewed)?;
        world.start()?.stop()?;
        // A lost key is replaced only on request.
        std::fs::remove_file(&file)?;
        world.ok(&["renew-signing-key", "--lost"], "")?;
        world.start()?.stop()?;
    }
    Ok(())
}

#[test]
fn without_a_user_in_the_environment_the_user_id_is_logged() -> Result<()> {
    let world = World::at(String::new(), None, String::new())?;
    world.start()?.stop()?;
    for (variable, expected) in [(None, "uid "), (Some("bob"), "bob")] {
        let mut command = Command::new(program("callback-receiver"));
        command.args(["hide", "--reason", "r", "label", "--data"]).arg(world.data());
        for name in ["SUDO_USER", "USER", "LOGNAME"] {
            command.env_remove(name);
        }
        command.envs(variable.map(|user| ("LOGNAME", user)));
        ensure!(command.status()?.success());
        let log = world.json(&["hidden"], "")?;
        let actor = log.as_array().and_then(|log| log.last()).context("an entry")?["actor"].as_str();
        assert!(actor.is_some_and(|actor| actor.starts_with(expected)), "{actor:?}");
    }
    Ok(())
}

#[test]
fn what_root_creates_for_the_service_belongs_to_its_user() -> Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let world = World::at(String::new(), None, String::new())?;
    ensure!(std::fs::metadata("/proc/self")?.uid() == 0, "this test needs root, like those with mounts");
    std::fs::create_dir(world.data())?;
    chown(world.data(), Some(65534), Some(65534))?;
    world.start()?.stop()?;
    let mut files = 0;
    for file in std::fs::read_dir(world.data())? {
        let file = file?;
        assert_eq!(file.metadata()?.uid(), 65534, "{}", file.path().display());
        files += 1;
    }
    assert!(files >= 4, "{files}");
    Ok(())
}

#[test]
fn the_help_of_each_command_fits_a_screen_and_a_closed_pipe_is_not_an_error() -> Result<()> {
    let program = program("callback-receiver");
    let help = String::from_utf8(Command::new(&program).arg("--help").output()?.stdout)?;
    let commands: Vec<&str> = help
        .split_once("Commands:\n")
        .context("commands")?
        .1
        .lines()
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 20 && help.lines().count() <= 50, "{}", help.lines().count());
    for command in commands.iter().filter(|command| **command != "help") {
        let help = String::from_utf8(Command::new(&program).args([command, "-h"]).output()?.stdout)?;
        assert!(help.lines().count() <= 40 && help.contains("Example"), "{command}: {help}");
    }
    // Standard output is closed before the program writes.
    let mut process = Command::new(&program).arg("man").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    drop(process.stdout.take());
    let output = process.wait_with_output()?;
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn the_manual_has_all_codes_and_groff_gives_no_warnings() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let status = Command::new(program("callback-receiver")).args(["man", "--out"]).arg(directory.path()).status()?;
    ensure!(status.success());
    let page = std::fs::read_to_string(directory.path().join("callback-receiver.1"))?.replace('\\', "");
    for code in callback_receiver::Code::ALL
        .iter()
        .filter(|code| matches!(code.outcome(), callback_receiver::code::Outcome::Exit(_)))
    {
        assert!(page.contains(&format!("fB{}fR", code.as_str())), "{code}");
    }
    let mut pages = 0;
    for page in std::fs::read_dir(directory.path())? {
        let page = page?.path();
        groff(&page)?;
        pages += 1;
    }
    assert!(pages > 20, "{pages}");
    Ok(())
}

fn groff(page: &Path) -> Result<()> {
    let output = Command::new("groff").args(["-man", "-ww", "-Tutf8", "-z"]).arg(page).output();
    let output = output.context("groff is missing: install groff-base and groff")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() && said.trim().is_empty(), "{}: {said}", page.display());
    Ok(())
}
