//! A demo install with an agent, and what tests do with them.

use crate::demo_install;
use crate::programs::{Agent, text};
use crate::recording_site::{Plays, Site};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A demo install and an agent.
pub struct World {
    /// The install's directory.
    pub folder: tempfile::TempDir,
    /// The install's SQLite file.
    pub install: PathBuf,
    /// The agent.
    pub agent: Agent,
    /// Environment variables of every command.
    pub variables: Vec<(&'static str, String)>,
}

/// How long a program may take to reach a point: far more than it needs, so that a test always ends.
const DEADLINE: Duration = Duration::from_secs(60);

/// A run that is paused at a point.
pub struct HeldRun {
    run: Child,
    mark: PathBuf,
}

impl HeldRun {
    /// Starts a command of the agent. Returns once it is paused at a point.
    ///
    /// # Errors
    /// If it cannot be started, ends before, or does not reach the point in time.
    pub fn start(mut command: Command, point: &str, mark: PathBuf) -> Result<Self> {
        command.env("CALLBACK_TEST_HOLD_AT", format!("{point}:{}", text(&mark)));
        let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let start = Instant::now();
        while !mark.exists() {
            if run.try_wait()?.is_some() {
                bail!("the agent ended before it reached {point}: {:?}", outcome(&run.wait_with_output()?));
            }
            if start.elapsed() > DEADLINE {
                run.kill()?;
                bail!("the agent did not reach {point} in time: {:?}", outcome(&run.wait_with_output()?));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(Self { run, mark })
    }

    /// Resumes it and waits for its end.
    ///
    /// # Errors
    /// If it cannot be waited for.
    pub fn go_on(self) -> Result<Output> {
        std::fs::remove_file(self.mark)?;
        Ok(self.run.wait_with_output()?)
    }
}

impl World {
    /// A new world.
    ///
    /// # Errors
    /// If it cannot be written.
    pub async fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let install = folder.path().join("demo.sqlite3");
        demo_install::write(&install, 12).await?;
        let world = Self { install, agent: Agent::new()?, folder, variables: Vec::new() };
        // Attempts follow each other without a wait, and have short timeouts.
        world.configure("[submit]\nattempts = 3\nwait_seconds = 0\ntimeout_seconds = 5\n")?;
        Ok(world)
    }

    /// Starts a site and returns it with a new world that has opted in to it.
    ///
    /// # Errors
    /// If it cannot be made.
    pub async fn reporting(plays: Plays) -> Result<(Self, Site)> {
        let (world, site) = (Self::new().await?, Site::start(plays)?);
        let kind = if plays == Plays::Ours { "callback-stats" } else { "stock" };
        world.configure(&format!(
            "[receiver]\nurl = '{}'\nkind = '{kind}'\n[submit]\nattempts = 3\nwait_seconds = 0\ntimeout_seconds = 2\n",
            site.log()
        ))?;
        world.ok(&["enable", "--yes"])?;
        Ok((world, site))
    }

    /// The entries of reports and clears in the history, oldest first.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn runs(&self) -> Result<Vec<Value>> {
        let history = self.json(&["history", "--json"])?;
        Ok(history.as_array().into_iter().flatten().filter(|entry| entry["what"] == "begun").cloned().collect())
    }

    /// The outcome of each of them; `open` if it is not known.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn outcomes(&self) -> Result<Vec<String>> {
        Ok(self.runs()?.iter().map(|run| run["ended"]["outcome"].as_str().unwrap_or("open").to_owned()).collect())
    }

    /// Writes the configuration.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn configure(&self, toml: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join("agent.toml"), toml)?)
    }

    /// A command about the install.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.agent.command(arguments);
        command.args(["--librenms", text(&self.install)]).env("CALLBACK_CONFIG", self.folder.path().join("agent.toml"));
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// The output of a command about the install.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Result<(i32, String)> {
        Ok(outcome(&self.command(arguments).output()?))
    }

    /// Starts `submit`. Returns once it is paused at a point.
    ///
    /// # Errors
    /// If it cannot be started, or ends before.
    pub fn submit_held_at(&self, point: &str) -> Result<HeldRun> {
        HeldRun::start(self.command(&["submit", "--json"]), point, self.folder.path().join("held"))
    }

    /// Exit status and code of a command about the install, run with `--json`.
    ///
    /// # Errors
    /// If it cannot be started or answers without a code.
    pub fn code(&self, arguments: &[&str]) -> Result<(i32, String)> {
        code(&self.command(&[arguments, &["--json"]].concat()).output()?)
    }

    /// The codes of the warnings of `status`, in order.
    ///
    /// # Errors
    /// If it fails.
    pub fn warnings(&self) -> Result<Vec<String>> {
        Ok(codes(&self.json(&["status", "--json"])?["notices"]))
    }

    /// The output of a command that must succeed.
    ///
    /// # Errors
    /// If it fails.
    pub fn ok(&self, arguments: &[&str]) -> Result<String> {
        let (code, said) = self.run(arguments)?;
        ensure!(code == 0, "{arguments:?}: {code}: {said}");
        Ok(said)
    }

    /// The JSON output of a command that must succeed.
    ///
    /// # Errors
    /// If it fails or prints something else.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        Ok(serde_json::from_str(&self.ok(arguments)?)?)
    }

    /// The JSON output of a command that must fail.
    ///
    /// # Errors
    /// If it succeeds or prints something else.
    pub fn json_of_failure(&self, arguments: &[&str]) -> Result<Value> {
        let output = self.command(arguments).output()?;
        ensure!(!output.status.success(), "{arguments:?} succeeded");
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Changes the install's database.
    ///
    /// # Errors
    /// If the database rejects the statement.
    pub async fn sql(&self, sql: &str) -> Result<()> {
        execute(&self.install, sql).await
    }

    /// Changes the agent's state directly in its database.
    ///
    /// # Errors
    /// If the database rejects the statement.
    pub async fn state_sql(&self, sql: &str) -> Result<()> {
        execute(&self.agent.state.path().join("state.sqlite3"), sql).await
    }

    /// One value of the install's database as text.
    ///
    /// # Errors
    /// If the database rejects the statement.
    pub async fn value(&self, sql: &str) -> Result<Option<String>> {
        let mut connection = SqliteConnectOptions::new().filename(&self.install).connect().await?;
        let value = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_optional(&mut connection).await?;
        connection.close().await?;
        Ok(value)
    }
}

/// Changes a SQLite file.
///
/// # Errors
/// If the database rejects the statement.
pub async fn execute(file: &std::path::Path, sql: &str) -> Result<()> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    // A dropped connection closes later and then removes its write-ahead log, possibly while a test copies the files.
    connection.close().await?;
    Ok(())
}

/// Exit status and code of an answer as JSON: of the result on standard output, or of the error that is the last line on
/// standard error.
///
/// # Errors
/// If there is no code.
pub fn code(output: &Output) -> Result<(i32, String)> {
    let (status, printed) = outcome(output);
    let error = String::from_utf8_lossy(&output.stderr);
    let document: Value = match status {
        0 => serde_json::from_slice(&output.stdout),
        _ => serde_json::from_str(error.lines().next_back().unwrap_or_default()),
    }
    .with_context(|| format!("no JSON: {printed}"))?;
    if status != 0 {
        ensure!(document["exit"] == status && document["message"].is_string(), "{printed}");
    }
    let code = document["code"].as_str().with_context(|| format!("no code: {printed}"))?;
    Ok((status, code.to_owned()))
}

/// The codes of a list of findings.
#[must_use]
pub fn codes(list: &Value) -> Vec<String> {
    let codes = list.as_array().into_iter().flatten().filter_map(|finding| finding["code"].as_str());
    codes.map(str::to_owned).collect()
}

/// Exit code and all output, standard output first.
#[must_use]
pub fn outcome(output: &Output) -> (i32, String) {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
}
