//! The receiver's Debian package, installed and purged by dpkg in its own directory; and its systemd units.

use anyhow::{Context, Result, ensure};
use callback_tests::postgresql::PostgreSql;
use callback_tests::programs::{program, root, text};
use callback_tests::receiver::Receiver;
use std::path::{Path, PathBuf};
use std::process::Command;

fn package(out: &Path) -> Result<PathBuf> {
    let output = Command::new(program("xtask"))
        .args(["package", "--receiver", "--binary", text(&program("callback-receiver")), "--out"])
        .arg(out)
        .envs([("DEBFULLNAME", "A Tester"), ("DEBEMAIL", "tester@example.org")])
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

#[test]
fn the_receiver_s_package_installs_starts_nothing_and_purges_cleanly() -> Result<()> {
    let (out, machine) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let package = package(out.path())?;
    for path in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"] {
        std::fs::create_dir_all(machine.path().join(path))?;
    }
    for file in ["status", "available"] {
        std::fs::write(machine.path().join("var/lib/dpkg").join(file), "")?;
    }
    let dpkg = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("dpkg")
            .arg(format!("--root={}", machine.path().display()))
            .args(["--force-script-chrootless", "--force-depends", "--log=/dev/null"])
            .args(arguments)
            .output()
            .context("dpkg is missing: this needs Debian")?;
        let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(said)
    };
    dpkg(&["--install", text(&package)])?;
    assert!(!machine.path().join("etc/systemd/system/multi-user.target.wants").exists(), "the service is enabled");
    let settings = machine.path().join("etc/callback-receiver/receiver.toml");
    // The packaged program accepts the packaged settings, and finds no database.
    let check = Command::new(machine.path().join("usr/bin/callback-receiver"))
        .args(["check", "--config", text(&settings), "--data", text(machine.path())])
        .output()?;
    assert_eq!(check.status.code(), Some(4), "{}", String::from_utf8_lossy(&check.stderr));
    assert!(machine.path().join("usr/lib/systemd/system/callback-receiver.service").is_file());
    dpkg(&["--purge", "callback-receiver"])?;
    assert!(!settings.exists() && !machine.path().join("usr/bin/callback-receiver").exists());
    Ok(())
}

#[test]
fn the_service_waits_for_its_database_and_does_not_give_up() -> Result<()> {
    let path = root().join("docs/samples/callback-receiver.service");
    let unit = std::fs::read_to_string(&path)?;
    let section = |name: &str| -> Result<String> {
        let after = unit.split_once(&format!("[{name}]\n")).context("a section")?.1;
        Ok(after.split("\n[").next().unwrap_or_default().to_owned())
    };
    // Without a limit, systemd restarts a receiver until PostgreSQL runs or the disk has room.
    assert!(section("Unit")?.lines().any(|line| line == "StartLimitIntervalSec=0"));
    assert!(section("Unit")?.lines().any(|line| line.starts_with("After=") && line.contains("postgresql.service")));
    for line in ["Restart=on-failure", "RestartSec=5s"] {
        assert!(section("Service")?.lines().any(|found| found == line), "{line}");
    }
    for name in ["callback-receiver.service", "callback-receiver-backup.service", "callback-receiver-backup.timer"] {
        let directory = tempfile::tempdir()?;
        let copy = directory.path().join(name);
        let text = std::fs::read_to_string(root().join("docs/samples").join(name))?;
        std::fs::write(&copy, text.replace("/usr/bin/callback-receiver", text_of_program()))?;
        if name.ends_with("timer") {
            let service = std::fs::read_to_string(root().join("docs/samples/callback-receiver-backup.service"))?;
            let service = service.replace("/usr/bin/callback-receiver", text_of_program());
            std::fs::write(directory.path().join("callback-receiver-backup.service"), service)?;
        }
        let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy).output();
        let output = output.context("systemd-analyze is missing; install it with: apt-get install systemd")?;
        let said = String::from_utf8_lossy(&output.stderr);
        // Others' units are not this test's.
        let own: Vec<&str> = said.lines().filter(|line| line.contains("callback-receiver")).collect();
        ensure!(own.is_empty(), "{name}: {own:?}");
    }
    Ok(())
}

/// A program that exists, as systemd-analyze demands.
fn text_of_program() -> &'static str {
    "/bin/true"
}

/// A database that cannot be reached yet ends the program with the code that a restart cures.
#[test]
fn a_receiver_starts_once_its_database_is_there() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let data = directory.path().join("data");
    let run = |url: &str| {
        Command::new(program("callback-receiver"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data", text(&data)])
            .env("CALLBACK_RECEIVER_DATABASE", url)
            .output()
    };
    let output = run("postgres://nobody@127.0.0.1:1/none")?;
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[postgresql-unreachable]"));
    let server = PostgreSql::shared()?;
    let settings = format!("database = '{}'\n", server.database()?);
    Receiver::start_in(&data, &settings)?.stop()
}
