//! A temporary MariaDB server in a temporary directory, with a socket and a free loopback port.

use anyhow::{Context, Result, bail, ensure};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server; user root without a password on the socket.
pub struct MariaDb {
    /// The socket.
    pub socket: PathBuf,
    /// The port on 127.0.0.1.
    pub port: u16,
    process: Child,
    folder: tempfile::TempDir,
}

impl MariaDb {
    /// Starts one.
    ///
    /// # Errors
    /// If MariaDB is not installed (the message says how to) or does not start.
    pub fn start() -> Result<Self> {
        Self::with_memory("128M")
    }

    /// Starts one whose cache has so much memory, as its own option says it.
    ///
    /// # Errors
    /// As [`MariaDb::start`].
    pub fn with_memory(memory: &str) -> Result<Self> {
        Self::with_options(|_| Ok(vec![format!("--innodb-buffer-pool-size={memory}")]))
    }

    /// Starts one with further options, which may name files that are made in its directory.
    ///
    /// # Errors
    /// As [`MariaDb::start`], and those of `options`.
    pub fn with_options(options: impl Fn(&Path) -> Result<Vec<String>>) -> Result<Self> {
        // A port that was free a moment ago may be somebody else's now: then another is tried.
        Self::on_a_free_port(&options).or_else(|first| {
            Self::on_a_free_port(&options).with_context(|| format!("the first try ended with: {first:#}"))
        })
    }

    /// Starts one node of a Galera cluster that has no other nodes.
    ///
    /// # Errors
    /// As [`MariaDb::start`], or if Galera is not installed.
    pub fn galera() -> Result<Self> {
        let provider = Path::new("/usr/lib/galera/libgalera_smm.so");
        ensure!(provider.exists(), "Galera is missing; install it with: apt-get install galera-4");
        Self::with_options(|_| {
            let port = || anyhow::Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
            Ok(vec![
                "--wsrep-on=ON".into(),
                format!("--wsrep-provider={}", provider.display()),
                "--wsrep-cluster-address=gcomm://".into(),
                "--wsrep-new-cluster".into(),
                "--wsrep-node-address=127.0.0.1".into(),
                "--wsrep-sst-method=rsync".into(),
                format!(
                    "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{};ist.recv_addr=127.0.0.1:{};gcache.size=16M",
                    port()?,
                    port()?
                ),
                "--binlog-format=ROW".into(),
                "--innodb-autoinc-lock-mode=2".into(),
            ])
        })
    }

    fn on_a_free_port(options: &impl Fn(&Path) -> Result<Vec<String>>) -> Result<Self> {
        let server = find("mariadbd")?;
        let folder = tempfile::tempdir()?;
        let options = options(folder.path())?;
        let data = folder.path().join("data");
        // A separate directory for temporary tables: a server that starts deletes every `#sql` file there,
        // including those of other servers (whose queries then fail with error 6).
        let temporary = folder.path().join("tmp");
        std::fs::create_dir(&temporary)?;
        // As root, the server switches to another user, who must own the directory.
        let user =
            if is_root() { "mysql".to_owned() } else { std::env::var("USER").unwrap_or_else(|_| "nobody".into()) };
        if is_root() {
            let owned = Command::new("chown").args(["-R", "mysql"]).arg(folder.path()).status()?;
            ensure!(owned.success(), "the server's folder could not be given to its user");
        }
        let installed = Command::new(find("mariadb-install-db")?)
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--user={user}"))
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", temporary.display()))
            .output()?;
        ensure!(installed.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&installed.stderr));
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let socket = folder.path().join("s");
        let log = folder.path().join("log");
        let process = Command::new(server)
            .args([
                "--no-defaults",
                "--bind-address=127.0.0.1",
                "--local-infile=1",
                "--innodb-flush-log-at-trx-commit=0",
            ])
            .args(["--skip-log-bin", "--max-allowed-packet=64M"])
            .args(options)
            .arg(format!("--user={user}"))
            .arg(format!("--port={port}"))
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", temporary.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--pid-file={}", folder.path().join("pid").display()))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()?;
        let mut server = Self { socket, port, process, folder };
        let start = Instant::now();
        while server.sql("", "SELECT 1").is_err() {
            if let Some(status) = server.process.try_wait()? {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                bail!(
                    "the MariaDB server ended at once ({status}): {}",
                    log.lines().rev().take(5).collect::<Vec<_>>().join(" | ")
                );
            }
            ensure!(start.elapsed() < Duration::from_secs(60), "the MariaDB server did not come up");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(server)
    }

    /// A client of the server.
    ///
    /// # Errors
    /// If the client is not installed.
    pub fn client(&self) -> Result<Command> {
        let mut client = Command::new(find("mariadb")?);
        client
            .args(["--no-defaults", "--local-infile=1", "--default-character-set=utf8mb4", "--user=root", "-S"])
            .arg(&self.socket);
        Ok(client)
    }

    /// Runs SQL in a database and returns the client's output: rows as lines, columns separated by tabs.
    ///
    /// # Errors
    /// If the server rejects it.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let output = self.client()?.args(["--batch", "--skip-column-names", "--execute", sql, database]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A URL for a database of the server, as a user with a password.
    #[must_use]
    pub fn url(&self, user: &str, password: &str, database: &str) -> String {
        format!("mysql://{user}:{password}@127.0.0.1:{}/{database}", self.port)
    }

    /// A URL for a database of the server, as a user with read access only.
    ///
    /// # Errors
    /// If the server rejects the user.
    pub fn readable(&self, database: &str) -> Result<String> {
        let user = "librenms@'127.0.0.1'";
        self.sql(
            "",
            &format!(
                "CREATE USER IF NOT EXISTS {user} IDENTIFIED BY 'secret7'; GRANT SELECT ON `{database}`.* TO {user}"
            ),
        )?;
        Ok(self.url("librenms", "secret7", database))
    }

    /// The server's directory.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").expect("Linux has /proc")) == 0
}

fn find(program: &str) -> Result<PathBuf> {
    ["/usr/sbin", "/usr/bin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.exists())
        .with_context(|| format!("{program} is missing; install it with: apt-get install mariadb-server"))
}
