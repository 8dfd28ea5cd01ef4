//! A running `callback-agent serve`, and plain requests to it.

use crate::world::World;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

/// A running preview server, stopped on drop.
pub struct Serving {
    /// The address that it printed.
    pub url: String,
    process: Child,
}

impl Serving {
    /// Starts one for an install, with additional arguments.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(world: &World, arguments: &[&str]) -> Result<Self> {
        let mut command = world.command(&["serve", "--json"]);
        let mut process =
            command.args(arguments).stdout(Stdio::piped()).spawn().context("serve could not be started")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("its output is not there")?).read_line(&mut line)?;
        let told: Value = serde_json::from_str(&line).context("serve did not come up")?;
        Ok(Self { url: told["url"].as_str().context("an address")?.to_owned(), process })
    }

    /// Its address and port, such as `127.0.0.1:1234`.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.url.trim_start_matches("http://").split('/').next().unwrap_or_default()
    }

    /// The header line with its token.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Authorization: Bearer {}\r\n", self.url.rsplit('=').next().unwrap_or_default())
    }

    /// Sends a request with these header lines. Returns the status and the body.
    ///
    /// # Errors
    /// If there is no answer.
    pub fn request(&self, request: &str, headers: &str, body: &str) -> Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.authority())?;
        let length = body.len();
        write!(stream, "{request} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).context("a status")?.parse()?;
        Ok((status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
    }

    /// Sends a request as the page would, and reads the answer as JSON.
    ///
    /// # Errors
    /// If there is no answer, or it is not JSON.
    pub fn ask(&self, request: &str, body: &Value) -> Result<(u16, Value)> {
        let headers = format!("Host: {}\r\n{}", self.authority(), self.bearer());
        let (status, answer) = self.request(request, &headers, &body.to_string())?;
        Ok((status, serde_json::from_str(&answer)?))
    }

    /// Waits until it exits by itself.
    ///
    /// # Errors
    /// If it fails.
    pub fn ended(mut self) -> Result<()> {
        ensure!(self.process.wait()?.success(), "serve did not end well");
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
