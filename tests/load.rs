//! Load on a receiver: clients in a closed loop that record what was acknowledged, and kills under load.

use crate::programs::sha256;
use crate::receiver::{Connection, Receiver, form_headers};
use crate::simulated::{Size, of_install, payload, seeded, uuid};
use anyhow::{Context, Result, ensure};
use rand::RngExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Settings without a rate limit.
pub const UNLIMITED: &str = "requests_per_hour = 0\n";

/// The secret of all simulated installs.
const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A report that was acknowledged.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    /// The install.
    pub uuid: String,
    /// SHA-256 of its payload.
    pub payload_sha256: String,
}

/// The result of a load test.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The acknowledged reports.
    pub acknowledged: Vec<Acknowledged>,
    /// How long each took.
    pub times: Vec<Duration>,
    /// Failed requests and lost connections.
    pub errors: usize,
}

impl Outcome {
    /// The time within which this fraction of the reports was acknowledged.
    #[must_use]
    pub fn percentile(&mut self, part: f64) -> Duration {
        self.times.sort_unstable();
        let at = (self.times.len() as f64 * part) as usize;
        self.times.get(at.min(self.times.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

/// Payloads to send: a few different contents, reused for new installs.
#[must_use]
pub fn contents(seed: u64, size: Size, number: usize) -> Vec<String> {
    let mut random = seeded(seed);
    (0..number)
        .map(|_| {
            let uuid = uuid(&mut random);
            payload(&mut random, &uuid, size)
        })
        .collect()
}

/// Sends reports of new installs with four clients, each as soon as the previous one is answered, until `stop` is set. The
/// clients are distributed over the receivers.
pub fn closed_loop(urls: &[&str], contents: &[String], seed: u64, stop: &AtomicBool) -> Outcome {
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..4_u64)
            .zip(urls.iter().cycle())
            .map(|(client, url)| scope.spawn(move || one_client(url, contents, seed.wrapping_mul(4) + client, stop)))
            .collect();
        clients.into_iter().filter_map(|client| client.join().ok()).collect()
    });
    let mut all = Outcome::default();
    for outcome in outcomes {
        all.acknowledged.extend(outcome.acknowledged);
        all.times.extend(outcome.times);
        all.errors += outcome.errors;
    }
    all
}

fn one_client(url: &str, contents: &[String], seed: u64, stop: &AtomicBool) -> Outcome {
    let mut random = seeded(seed);
    let mut outcome = Outcome::default();
    let mut connection = Connection::open(url).ok();
    while !stop.load(Ordering::Relaxed) {
        let Some(open) = &mut connection else { break };
        let uuid = uuid(&mut random);
        let payload = of_install(&contents[random.random_range(0..contents.len())], &uuid);
        let headers = form_headers(payload.as_bytes(), Some(SECRET));
        let body = format!("data={}&", payload);
        let start = Instant::now();
        match open.post("/log.php", &headers, body.as_bytes()) {
            Ok((200, _)) => {
                outcome.times.push(start.elapsed());
                outcome.acknowledged.push(Acknowledged { uuid, payload_sha256: sha256(payload.as_bytes()) });
            }
            Ok(_) => outcome.errors += 1,
            Err(_) => {
                outcome.errors += 1;
                connection = Connection::open(url).ok();
            }
        }
    }
    outcome
}

/// Settings for a load test with a database URL; an empty URL means SQLite.
#[must_use]
pub fn settings(database: &str) -> String {
    format!("{UNLIMITED}database = \"{database}\"\n")
}

/// Kills a receiver under load repeatedly, then queries every acknowledged report and checks the store.
/// Returns the number of reports. `database` is a URL; empty means SQLite in the directory.
///
/// # Errors
/// If a report is lost, or the check finds a difference.
pub fn kill_loop(folder: &Path, database: &str, kills: u64, seed: u64) -> Result<usize> {
    let (data, settings) = (folder.join("data"), settings(database));
    let contents = contents(seed, Size::Small, 20);
    let mut random = seeded(seed);
    let mut acknowledged = Vec::new();
    for kill in 0..kills {
        let mut receiver = Receiver::start_in(&data, &settings)?;
        let stop = AtomicBool::new(false);
        let after = Duration::from_millis(random.random_range(50..900));
        let outcome = std::thread::scope(|scope| {
            let url = receiver.url.clone();
            let (contents, stop) = (&contents, &stop);
            let load = scope.spawn(move || closed_loop(&[&url], contents, seed.wrapping_add(kill + 1), stop));
            std::thread::sleep(after);
            let killed = receiver.kill();
            stop.store(true, Ordering::Relaxed);
            killed.and_then(|()| load.join().map_err(|_| anyhow::anyhow!("a client panicked")))
        })?;
        acknowledged.extend(outcome.acknowledged);
    }
    let receiver = Receiver::start_in(&data, &settings)?;
    let mut connection = Connection::open(&receiver.url)?;
    let headers = format!("Content-Type: application/json\r\nAuthorization: Bearer {SECRET}\r\n");
    for report in &acknowledged {
        let body = format!("{{\"uuid\":\"{}\"}}", report.uuid);
        let (status, held) = connection.post("/api/v1/held", &headers, body.as_bytes())?;
        ensure!(status == 200 && held.contains(&report.payload_sha256), "an acknowledged report is lost ({status})");
    }
    check(&receiver)?;
    receiver.stop()?;
    Ok(acknowledged.len())
}

/// Checks a receiver's store with its own command.
///
/// # Errors
/// If it finds a difference.
pub fn check(receiver: &Receiver) -> Result<()> {
    let output = receiver.command(&["check"]).context("check")?;
    ensure!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    Ok(())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
