//! A host of its own for a test: `/etc`, `/var/lib`, `/opt`, `/root`, `/home` and `/run` are directories of the test's,
//! bound over the real ones in a mount namespace, and no process of the real host is seen. Needs root.

use crate::programs::{program, text};
use crate::world::World;
use anyhow::{Context, Result, ensure};
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A user that only libnss-extrausers knows, as a directory service would.
pub const LDAP_USER: (&str, u32) = ("lnmsldap", 4242);

/// A supplementary group of that user.
pub const LDAP_GROUP: (&str, u32) = ("monitoring", 5252);

/// A user and group ID that nothing has a name for.
pub const NAMELESS: (u32, u32) = (987_654, 987_655);

/// The host's directories that are replaced.
const DIRECTORIES: [(&str, u32); 7] = [
    ("etc", 0o755),
    ("var/lib", 0o755),
    ("opt", 0o755),
    ("root", 0o700),
    ("home", 0o755),
    ("run", 0o1777),
    ("usr/local/bin", 0o755),
];

/// A host.
pub struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// A new one, with the agent in `/usr/local/bin`, and neither systemd nor cron.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new() -> Result<Self> {
        let machine = Self { folder: tempfile::tempdir()? };
        for (directory, mode) in DIRECTORIES {
            let path = machine.path(directory);
            std::fs::create_dir_all(&path)?;
            std::fs::set_permissions(&path, Permissions::from_mode(mode))?;
        }
        std::fs::create_dir_all(machine.path("etc/cron.d"))?;
        let (name, uid) = LDAP_USER;
        let (group, gid) = LDAP_GROUP;
        std::fs::create_dir_all(machine.path("var/lib/extrausers"))?;
        machine.write(
            "var/lib/extrausers/passwd",
            &format!("{name}:x:{uid}:{uid}:LibreNMS:/opt/librenms:/usr/sbin/nologin\n"),
        )?;
        machine.write("var/lib/extrausers/group", &format!("{name}:x:{uid}:\n{group}:x:{gid}:{name}\n"))?;
        machine.write("etc/nsswitch.conf", "passwd: files extrausers\ngroup: files extrausers\nhosts: files\n")?;
        for (file, entry) in [("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\n")] {
            machine.write(&format!("etc/{file}"), entry)?;
        }
        // The loader's cache: the libraries are the real host's.
        std::fs::copy("/etc/ld.so.cache", machine.path("etc/ld.so.cache"))?;
        let copy = machine.path("usr/local/bin/callback-agent");
        std::fs::copy(program("callback-agent"), copy)?;
        Ok(machine)
    }

    /// A new one with a LibreNMS in `/opt/librenms` that is a user's.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn with_librenms(uid: u32, gid: u32) -> Result<Self> {
        let (machine, world) = (Self::new()?, World::new().await?);
        let librenms = machine.path("opt/librenms");
        std::fs::create_dir_all(librenms.join("database"))?;
        machine.write("opt/librenms/lnms", "")?;
        machine.write("opt/librenms/.env", "DB_CONNECTION=sqlite\nDB_DATABASE=x.sqlite3\n")?;
        std::fs::copy(&world.install, librenms.join("database/x.sqlite3"))?;
        for path in ["", "database", "database/x.sqlite3", ".env", "lnms"] {
            chown(librenms.join(path), Some(uid), Some(gid))?;
        }
        Ok(machine)
    }

    /// Where a path of the machine is on the real host.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file of the machine.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.path(path), text)?)
    }

    /// Writes a program of the machine.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn program(&self, name: &str, script: &str) -> Result<()> {
        let path = format!("usr/local/bin/{name}");
        self.write(&path, &format!("#!/bin/sh\n{script}\n"))?;
        Ok(std::fs::set_permissions(self.path(&path), Permissions::from_mode(0o755))?)
    }

    /// A shell script to be run on the machine; `"$@"` are the arguments.
    #[must_use]
    pub fn script(&self, script: &str, arguments: &[&str]) -> Command {
        let binds =
            DIRECTORIES.map(|(directory, _)| format!("mount --bind {} /{directory}\n", text(&self.path(directory))));
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--mount-proc", "--propagation", "private", "sh", "-c"]);
        command.arg(format!("set -e\n{}cd /\n{script}", binds.concat())).arg("sh").args(arguments);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin").env("HOME", "/root");
        command.env("CALLBACK_TEST_WAITS", "/dev/null").stdin(Stdio::null());
        command
    }

    /// A command of the agent's, started by root.
    #[must_use]
    pub fn agent(&self, arguments: &[&str]) -> Command {
        self.script("exec callback-agent \"$@\"", arguments)
    }

    /// What a command of the agent's prints if it succeeds.
    ///
    /// # Errors
    /// If it fails.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        succeeded(self.agent(arguments).output().context("unshare is missing")?)
    }
}

/// What a command printed if it succeeded.
///
/// # Errors
/// If it failed.
pub fn succeeded(output: Output) -> Result<String> {
    ensure!(
        output.status.success(),
        "this test needs root, to bind directories in a mount namespace of its own: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// Whether a directory has no file of the agent in it.
///
/// # Errors
/// If it cannot be read.
pub fn is_without_state(directory: &Path) -> Result<bool> {
    let found = Command::new("find")
        .arg(directory)
        .args(["-name", "state.sqlite3", "-o", "-name", "callback-agent"])
        .output()?;
    Ok(found.status.success() && found.stdout.is_empty())
}
