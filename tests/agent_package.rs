//! The Debian package: installed, upgraded, removed and purged by dpkg in its own directory, without leftovers.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::{program, text};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the package of a revision.
fn package(out: &Path, revision: u32) -> Result<PathBuf> {
    let output = Command::new(program("xtask"))
        .args(["package", "--binary", text(&program("callback-agent")), "--revision", &revision.to_string(), "--out"])
        .arg(out)
        .env("DEBFULLNAME", "Mira Tester")
        .env("DEBEMAIL", "mira@tests.example")
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}

/// A directory that acts as a machine, with its own dpkg database.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for path in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "usr/bin"] {
            std::fs::create_dir_all(folder.path().join(path))?;
        }
        for file in ["status", "available"] {
            std::fs::write(folder.path().join("var/lib/dpkg").join(file), "")?;
        }
        Ok(Self(folder))
    }

    fn dpkg(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new("dpkg")
            .arg(format!("--root={}", self.0.path().display()))
            .args(["--force-script-chrootless", "--force-depends", "--log=/dev/null"])
            .args(arguments)
            .output()
            .context("dpkg is missing: this needs Debian")?;
        let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(said)
    }

    /// Files and directories that do not belong to dpkg itself.
    fn rest(&self) -> Result<Vec<String>> {
        let found = Command::new("find").arg(self.0.path()).args(["-type", "f", "-o", "-type", "l"]).output()?;
        let found = String::from_utf8(found.stdout)?;
        Ok(found.lines().filter(|path| !path.contains("/var/lib/dpkg/")).map(str::to_owned).collect())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}

#[test]
fn the_package_installs_upgrades_removes_and_purges_cleanly() -> Result<()> {
    let (machine, out) = (Machine::new()?, tempfile::tempdir()?);
    let (one, two) = (package(out.path(), 1)?, package(out.path(), 2)?);
    let control = Command::new("dpkg-deb").args(["--field", text(&one), "Maintainer"]).output()?.stdout;
    assert_eq!(String::from_utf8(control)?.trim(), "Mira Tester <mira@tests.example>");
    let said = machine.dpkg(&["--install", text(&one)])?;
    assert!(said.contains("sends nothing by itself"), "{said}");
    assert!(!machine.path("etc").exists(), "a first install starts nothing");
    for path in [
        "usr/bin/callback-agent",
        "usr/share/man/man1/callback-agent-submit.1.gz",
        "usr/share/bash-completion/completions/callback-agent",
        "usr/share/doc/callback-agent/copyright",
    ] {
        assert!(machine.path(path).is_file(), "{path}");
    }
    let agent = |arguments: &[&str]| -> Result<()> {
        let output = Command::new(machine.path("usr/bin/callback-agent")).args(arguments).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    let librenms = tempfile::tempdir()?;
    std::fs::write(librenms.path().join("lnms"), "")?;
    let install = ["--librenms", text(librenms.path()), "install", "--yes", "--user", "daemon", "--root"];
    agent(&[&install[..], &[text(machine.0.path())]].concat())?;
    let unit = machine.path("etc/systemd/system/callback-agent.service");
    let written = std::fs::read_to_string(&unit)?;
    let job = format!("--librenms {} --quiet submit", text(librenms.path()));
    assert!(written.contains("User=daemon") && written.contains(&job), "{written}");
    // A unit of an older version: user and install stay, the rest is rewritten.
    std::fs::write(&unit, written.replace("NoNewPrivileges=yes\n", ""))?;
    machine.dpkg(&["--install", text(&two)])?;
    assert_eq!(std::fs::read_to_string(&unit)?, written, "an upgrade writes the schedule anew");
    machine.dpkg(&["--remove", "callback-agent"])?;
    assert!(!unit.exists() && machine.path("var/lib/callback-agent").is_dir(), "the state stays");
    machine.dpkg(&["--purge", "callback-agent"])?;
    assert!(!machine.path("var/lib/callback-agent").exists());
    assert_eq!(machine.rest()?, Vec::<String>::new());
    Ok(())
}
