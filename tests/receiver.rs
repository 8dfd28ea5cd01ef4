//! A receiver on a free loopback port, stopped on drop.

use crate::programs::{program, sha256, text};
use anyhow::{Context, Result, ensure};
use socket2::{Domain, Socket, Type};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection as _};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A running receiver.
pub struct Receiver {
    /// Its address, such as `http://127.0.0.1:1234`.
    pub url: String,
    /// Its data directory.
    pub data: PathBuf,
    process: Child,
    /// A temporary data directory, removed with the receiver.
    folder: Option<tempfile::TempDir>,
}

impl Receiver {
    /// Starts a receiver with a temporary data directory.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut receiver = Self::start_in(&folder.path().join("data"), "")?;
        receiver.folder = Some(folder);
        Ok(receiver)
    }

    /// Starts a receiver on existing data, with settings (TOML). Its output goes to files next to the directory.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_in(data: &Path, settings: &str) -> Result<Self> {
        let config = data.parent().context("the data folder is in a folder")?.join("receiver.toml");
        std::fs::write(&config, settings)?;
        let mut command = Command::new(program("callback-receiver"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--config", text(&config), "--data"]).arg(data);
        Self::run(command, data)
    }

    /// Starts a receiver that panics at every third request, on existing data.
    ///
    /// # Errors
    /// If it does not start.
    pub fn crashing_in(data: &Path) -> Result<Self> {
        let mut command = Command::new(program("crashing-receiver"));
        command.arg(data);
        Self::run(command, data)
    }

    fn run(mut command: Command, data: &Path) -> Result<Self> {
        let beside = data.parent().context("the data folder is in a folder")?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(beside.join("stderr"))?;
        let mut process =
            command.stdout(Stdio::piped()).stderr(log).spawn().context("the receiver could not be started")?;
        let out = process.stdout.take().context("its output is not there")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        ensure!(url.starts_with("http://"), "callback-receiver did not come up: {line}");
        Ok(Self { url, data: data.to_owned(), process, folder: None })
    }

    /// Runs another command of the program on the same data.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn command(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(program("callback-receiver"));
        command.args(arguments).arg("--data").arg(&self.data);
        let config = self.data.with_file_name("receiver.toml");
        if config.exists() {
            command.arg("--config").arg(config);
        }
        command.output().context("callback-receiver could not be started")
    }

    /// Sends a request on a new connection. Returns the status and the body.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn post(&self, path: &str, headers: &str, body: &[u8]) -> Result<(u16, String)> {
        Connection::open(&self.url)?.post(path, headers, body)
    }

    /// Number of reports in its database file.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn reports(&self) -> Result<i64> {
        let options = SqliteConnectOptions::new().filename(self.data.join("receiver.sqlite3")).read_only(true);
        let mut connection = options.connect().await?;
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM reports").fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(count)
    }

    /// All bytes that it wrote to its data directory and its log.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn written(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(&self.data)? {
            bytes.extend(std::fs::read(file?.path())?);
        }
        bytes.extend(std::fs::read(self.data.with_file_name("stderr"))?);
        Ok(bytes)
    }

    /// The URL for reports.
    #[must_use]
    pub fn log(&self) -> String {
        format!("{}/log.php", self.url)
    }

    /// Its peak memory, in KiB.
    ///
    /// # Errors
    /// If it is not running.
    pub fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("Linux says VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Kills it with SIGKILL.
    ///
    /// # Errors
    /// If it is gone already.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Crashes it like a bug in native code, with a core file.
    ///
    /// # Errors
    /// If it is gone already.
    pub fn abort(&mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-ABRT", &self.process.id().to_string()]).status()?;
        ensure!(asked.success(), "the receiver is gone already");
        self.process.wait()?;
        Ok(())
    }

    /// Stops it with SIGTERM and waits.
    ///
    /// # Errors
    /// If it does not exit successfully.
    pub fn stop(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        ensure!(asked.success() && self.process.wait()?.success(), "the receiver did not stop well");
        Ok(())
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection that stays open between requests.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to an address such as `http://127.0.0.1:1234`.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn open(url: &str) -> Result<Self> {
        let stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Connects from an address of this machine, such as any in 127.0.0.0/8.
    ///
    /// # Errors
    /// If nobody listens.
    pub fn open_from(source: Ipv4Addr, url: &str) -> Result<Self> {
        let to: SocketAddr = url.trim_start_matches("http://").parse()?;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((source, 0)).into())?;
        socket.connect(&to.into())?;
        Ok(Self { stream: BufReader::new(TcpStream::from(socket)) })
    }

    /// Sends a request. `headers` are complete lines. Returns the status and the body.
    ///
    /// # Errors
    /// If the connection is lost before the answer is complete.
    pub fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> Result<(u16, String)> {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)?;
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            ensure!(self.stream.read_line(&mut line)? > 0, "the connection was closed");
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.split(' ').next().unwrap_or_default().parse()?;
            }
            if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok((status, String::from_utf8(answer)?))
    }
}

/// Headers of a form with a payload, including those that the agent adds.
#[must_use]
pub fn form_headers(payload: &[u8], secret: Option<&str>) -> String {
    let bearer = secret.map(|secret| format!("Authorization: Bearer {secret}\r\n")).unwrap_or_default();
    format!(
        "Content-Type: application/x-www-form-urlencoded\r\nCallback-Payload-SHA256: {}\r\n{bearer}",
        sha256(payload)
    )
}
