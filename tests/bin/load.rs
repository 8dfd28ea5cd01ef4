//! Measures the receiver under load: `load small|medium|large …`, seconds in LOAD_SECONDS (10); `load kill 50` kills it
//! that many times and checks every acknowledged report. With `postgresql` first, it starts a PostgreSQL server
//! that syncs to disk, and two receivers. `cargo xtask load` runs it.

use anyhow::{Context, Result, bail};
use callback_tests::load::{check, closed_loop, contents, kill_loop, settings};
use callback_tests::postgresql::PostgreSql;
use callback_tests::receiver::Receiver;
use callback_tests::simulated::Size;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let on_server = arguments.first().is_some_and(|first| first == "postgresql");
    if on_server {
        arguments.remove(0);
    }
    let server = on_server.then(|| PostgreSql::start(true)).transpose()?;
    if let [kill, times] = arguments.as_slice()
        && kill == "kill"
    {
        let folder = tempfile::tempdir()?;
        let database = server.as_ref().map(PostgreSql::database).transpose()?.unwrap_or_default();
        let kept = kill_loop(folder.path(), &database, times.parse().context("load kill NUMBER")?, 1)?;
        println!("killed {times} times under load: all {kept} acknowledged reports are there, aggregates exact");
        return Ok(());
    }
    let seconds = std::env::var("LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    for name in &arguments {
        let Some(size) = Size::named(name) else { bail!("expected small, medium, large, or kill NUMBER") };
        measure(name, size, Duration::from_secs(seconds), server.as_ref())?;
    }
    Ok(())
}

fn measure(name: &str, size: Size, time: Duration, server: Option<&PostgreSql>) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let contents = contents(7, size, 50);
    let database = server.map(PostgreSql::database).transpose()?.unwrap_or_default();
    let data = folder.path().join("data");
    let mut receivers = vec![Receiver::start_in(&data, &settings(&database))?];
    if server.is_some() {
        // Both must have the same key.
        receivers.push(Receiver::start_in(&data, &settings(&database))?);
    }
    let urls: Vec<&str> = receivers.iter().map(|receiver| receiver.url.as_str()).collect();
    let stop = AtomicBool::new(false);
    let start = Instant::now();
    let mut outcome = std::thread::scope(|scope| {
        let load = scope.spawn(|| closed_loop(&urls, &contents, 1, &stop));
        std::thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
        load.join().map_err(|_| anyhow::anyhow!("a client panicked"))
    })?;
    let elapsed = start.elapsed().as_secs_f64();
    let memory = receivers.iter().map(Receiver::peak_memory).collect::<Result<Vec<_>>>()?;
    check(&receivers[0])?;
    let reports = outcome.times.len();
    for receiver in receivers {
        receiver.stop()?;
    }
    let bytes = server.map_or_else(|| size_of(&data), |server| server.size(&database))?;
    println!(
        "{name:6} payload {:>8} bytes: {:>7.1} reports/s, p50 {:>6.1} ms, p99 {:>6.1} ms, errors {}, peak memory {} MiB, {:.0} bytes on disk a report ({reports} reports)",
        contents[0].len(),
        reports as f64 / elapsed,
        outcome.percentile(0.5).as_secs_f64() * 1e3,
        outcome.percentile(0.99).as_secs_f64() * 1e3,
        outcome.errors,
        memory.into_iter().max().unwrap_or_default() >> 10,
        bytes as f64 / reports.max(1) as f64,
    );
    Ok(())
}

fn size_of(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for file in std::fs::read_dir(folder)? {
        bytes += file?.metadata()?.len();
    }
    Ok(bytes)
}
