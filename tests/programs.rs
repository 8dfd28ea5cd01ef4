//! The built programs, and helpers for files and digests.

use anyhow::{Context, Result, ensure};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The workspace's directory.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program of this workspace, in the build directory of the running test.
///
/// # Panics
/// If the path of the test cannot be determined.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    test.ancestors()
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} has not been built; run: cargo build --workspace"))
}

/// An agent with its own state directory, without settings from the environment.
pub struct Agent {
    /// Its state directory.
    pub state: tempfile::TempDir,
}

impl Agent {
    /// A new one.
    ///
    /// # Errors
    /// If the state directory cannot be created.
    pub fn new() -> Result<Self> {
        let agent = Self { state: tempfile::tempdir()? };
        let compiled = agent.state.path().join("compiled");
        // Compiling the module takes seconds in debug builds, so tests share the compiled code.
        if copy_folder(&shared_code(), &compiled).is_err() && compiled.exists() {
            std::fs::remove_dir_all(&compiled)?;
        }
        Ok(agent)
    }

    /// A command of the agent.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("callback-agent"));
        command.args(arguments).env("CALLBACK_STATE", self.state.path()).stdin(Stdio::null());
        let proxies = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        let switches = [
            "DO_NOT_TRACK",
            "CALLBACK_DISABLED",
            "CALLBACK_LIBRENMS",
            "CALLBACK_INSTALL",
            "CALLBACK_CONFIG",
            "CALLBACK_RECEIVER",
            "CALLBACK_RECEIVER_KIND",
        ];
        for variable in proxies.into_iter().chain(switches) {
            command.env_remove(variable);
        }
        command
    }

    /// The output of a command.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn output(&self, arguments: &[&str]) -> Result<Output> {
        self.command(arguments).output().context("callback-agent could not be started")
    }

    /// The standard output of a command that must succeed.
    ///
    /// # Errors
    /// If it fails.
    pub fn stdout(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self.output(arguments)?;
        ensure!(output.status.success(), "callback-agent {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    /// The standard output of a command about the install at a URL, which must succeed.
    ///
    /// # Errors
    /// If it fails.
    pub fn stdout_in(&self, url: &str, arguments: &[&str]) -> Result<Vec<u8>> {
        let output = self.command(arguments).env("CALLBACK_LIBRENMS", url).output()?;
        ensure!(output.status.success(), "callback-agent {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(output.stdout)
    }

    /// Exit code and the single line on standard error of a command that must fail.
    ///
    /// # Errors
    /// If it succeeds, or does not print exactly one line.
    pub fn failure(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let output = self.output(arguments)?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(!output.status.success(), "callback-agent {arguments:?} succeeded");
        ensure!(said.trim_end().lines().count() == 1, "expected one line, got: {said}");
        Ok((output.status.code().unwrap_or(-1), said.trim_end().to_owned()))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let (compiled, shared) = (self.state.path().join("compiled"), shared_code());
        let beside = shared.with_extension(std::process::id().to_string());
        if !shared.exists() && copy_folder(&compiled, &beside).is_ok() {
            // Atomically, because other tests may look for it at the same time.
            let _ = std::fs::rename(&beside, &shared);
        }
        let _ = std::fs::remove_dir_all(&beside);
    }
}

/// The directory for compiled code that tests share, next to the programs.
fn shared_code() -> PathBuf {
    program("callback-agent").with_file_name("compiled-for-tests")
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?.path();
        let to = to.join(entry.file_name().context("a name")?);
        if entry.is_dir() {
            copy_folder(&entry, &to)?;
        } else {
            std::fs::copy(&entry, &to)?;
        }
    }
    Ok(())
}

/// SHA-256 of bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    callback_collector::digest::sha256_hex(bytes)
}

/// A path as text.
///
/// # Panics
/// If it is not UTF-8.
#[must_use]
pub fn text(path: &Path) -> &str {
    path.to_str().expect("test paths are UTF-8")
}
