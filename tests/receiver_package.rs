//! The receiver's Debian package, installed and purged by dpkg in its own directory; and the service's hardening.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::{program, root, text};
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
fn the_service_in_the_pages_is_the_one_in_the_package() -> Result<()> {
    let page = std::fs::read_to_string(root().join("docs/deploy.md"))?;
    let unit = std::fs::read_to_string(root().join("src/xtask/debian/receiver/callback-receiver.service"))?;
    let hardening = unit.lines().filter(|line| !line.starts_with(['#', '[']) && line.contains('='));
    for line in hardening.filter(|line| !line.starts_with("ExecStart") && !line.starts_with("Documentation")) {
        assert!(page.contains(line), "docs/deploy.md lacks: {line}");
    }
    Ok(())
}
