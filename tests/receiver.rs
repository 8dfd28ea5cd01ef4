//! A receiver on a free loopback port, stopped when it is dropped.

use crate::programs::program;
use anyhow::{Context, Result};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running receiver.
pub struct Receiver {
    /// Its address, as in `http://127.0.0.1:1234`.
    pub url: String,
    /// The folder of its data.
    pub data: PathBuf,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Receiver {
    /// Starts one.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let mut process = Command::new(program("callback-receiver"))
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .stdout(Stdio::piped())
            .spawn()
            .context("callback-receiver could not be started")?;
        let out = process.stdout.take().context("its output is not there")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        anyhow::ensure!(url.starts_with("http://"), "callback-receiver did not come up: {line}");
        Ok(Self { url, data, process, _folder: folder })
    }

    /// Number of reports in its database.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn reports(&self) -> Result<i64> {
        let options = SqliteConnectOptions::new().filename(self.data.join("receiver.sqlite3")).read_only(true);
        let mut connection = options.connect().await?;
        let count = sqlx::query_scalar("SELECT COUNT(*) FROM reports").fetch_one(&mut connection).await?;
        Ok(count)
    }

    /// Every byte that it has written.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn written(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(&self.data)? {
            bytes.extend(std::fs::read(file?.path())?);
        }
        Ok(bytes)
    }

    /// Where reports go.
    #[must_use]
    pub fn log(&self) -> String {
        format!("{}/log.php", self.url)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
