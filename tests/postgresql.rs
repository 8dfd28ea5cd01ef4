//! A temporary PostgreSQL server in a temporary directory, on a free loopback port. Tests that run at the same time share
//! a server, each with its own databases.

use anyhow::{Context, Result, bail, ensure};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A running server; user `postgres` without a password.
pub struct PostgreSql {
    /// The port on 127.0.0.1.
    pub port: u16,
    programs: PathBuf,
    process: Child,
    databases: AtomicU32,
    folder: tempfile::TempDir,
}

static SHARED: Mutex<Weak<PostgreSql>> = Mutex::new(Weak::new());

impl PostgreSql {
    /// The server that other tests of this process currently use, or a new one. It does not sync to disk.
    ///
    /// # Errors
    /// As [`PostgreSql::start`].
    pub fn shared() -> Result<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Ok(server);
        }
        let server = Arc::new(Self::start(false)?);
        *shared = Arc::downgrade(&server);
        Ok(server)
    }

    /// Starts a server. Without `durable`, it does not sync to disk.
    ///
    /// # Errors
    /// If PostgreSQL is not installed (the message says how to) or does not start.
    pub fn start(durable: bool) -> Result<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir()?;
        if is_root() {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status()?;
            ensure!(owned.success(), "the server's folder could not be given to its user");
        }
        let data = folder.path().join("data");
        let made = as_user(&programs.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"])
            .arg(&data)
            .output()?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let sync = if durable { "on" } else { "off" };
        let log = std::fs::File::create(folder.path().join("log"))?;
        let process = as_user(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=80"])
            .args(["-c", &format!("fsync={sync}"), "-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB"])
            .arg("-k")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let mut server = Self { port, programs, process, databases: AtomicU32::new(0), folder };
        let start = Instant::now();
        while server.sql("postgres", "SELECT 1").is_err() {
            if let Some(status) = server.process.try_wait()? {
                let log = std::fs::read_to_string(server.folder.path().join("log")).unwrap_or_default();
                bail!("the PostgreSQL server ended at once ({status}): {log}");
            }
            ensure!(start.elapsed() < Duration::from_secs(60), "the PostgreSQL server did not come up");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(server)
    }

    /// Creates an empty database and returns its URL.
    ///
    /// # Errors
    /// If the server rejects it.
    pub fn database(&self) -> Result<String> {
        let name = format!("receiver{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    /// Runs SQL in a database and returns the client's output: rows as lines, columns separated by `|`.
    ///
    /// # Errors
    /// If the server rejects it.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"])
            .args(["--host=127.0.0.1", "--username=postgres", "--dbname", database, "--command", sql])
            .arg(format!("--port={}", self.port))
            .output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Size of a database on disk, in bytes.
    ///
    /// # Errors
    /// If the server does not answer.
    pub fn size(&self, url: &str) -> Result<u64> {
        let name = url.rsplit('/').next().unwrap_or_default();
        Ok(self.sql(name, "SELECT pg_database_size(current_database())")?.trim().parse()?)
    }
}

impl Drop for PostgreSql {
    fn drop(&mut self) {
        // Immediate shutdown, which also stops its child processes.
        let _ = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

fn as_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program).current_dir("/");
    command
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("Linux has /proc")) == 0
}

/// The directory with the programs of the newest version.
fn programs() -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|version| version.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    newest.context("PostgreSQL is missing; install it with: apt-get install postgresql")
}
