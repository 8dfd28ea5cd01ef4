//! Fills a store with a simulated world and prints how fast that and the next steps were:
//! `simulate --installs N --days D --out DIRECTORY [--seed S] [--database URL]`. The exact truth goes to DIRECTORY/truth.json.
//! `cargo xtask simulate` runs it.

use anyhow::{Context, Result};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use callback_receiver::config::Settings;
use callback_receiver::http::{Receiver, router};
use callback_receiver::key::InstallKey;
use callback_receiver::publish::charts::{CHARTS, Chart};
use callback_receiver::publish::publisher::publish_missing;
use callback_receiver::publish::rules::Rules;
use callback_receiver::publish::view::{View, Window};
use callback_receiver::signing::Signing;
use callback_receiver::store::Store;
use callback_receiver::store::database::{Database, FILE};
use callback_tests::simulated_world::{Extent, FIRST, fill};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tower::ServiceExt;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |name: &str| arguments.windows(2).find(|pair| pair[0] == name).map(|pair| pair[1].as_str());
    let usage = "expected --installs N --days D --out FOLDER [--seed S] [--database URL]";
    let extent = Extent {
        installs: named("--installs").context(usage)?.parse().context(usage)?,
        days: named("--days").context(usage)?.parse().context(usage)?,
        seed: named("--seed").unwrap_or("1").parse().context(usage)?,
    };
    let folder = Path::new(named("--out").context(usage)?);
    std::fs::create_dir_all(folder)?;
    let key = InstallKey::load(&folder.join("install.key"))?;
    let url = named("--database").unwrap_or_default().to_owned();
    let on_server = !url.is_empty();
    let database =
        Database::from_settings(&Settings { data: folder.to_owned(), database: url, ..Settings::default() })?;
    let store = database.open(&key).await?;
    let (start, mut reports) = (Instant::now(), 0);
    let truth = fill(&store, &key, extent, |day, sent| {
        reports += sent;
        eprintln!("day {}: {sent} reports", day + 1);
    })
    .await?;
    let seconds = start.elapsed().as_secs_f64();
    let truth: serde_json::Map<String, serde_json::Value> =
        (0..).zip(&truth).map(|(day, truth)| (FIRST.plus(day).to_string(), truth.to_json())).collect();
    std::fs::write(folder.join("truth.json"), serde_json::to_vec_pretty(&truth)?)?;
    println!("{reports} reports in {seconds:.1} s (making them included): {:.0} a second", reports as f64 / seconds);
    if !on_server {
        let bytes = std::fs::metadata(folder.join(FILE))?.len();
        println!("{:.0} bytes on disk a report", bytes as f64 / reports.max(1) as f64);
    }
    let start = Instant::now();
    let checked = store.check().await?;
    println!(
        "check: {} reports, {} differences, {:.1} s",
        checked.reports,
        checked.differences.len(),
        start.elapsed().as_secs_f64()
    );
    // With a single day, there is nothing to publish afterwards.
    graphs(&database, &store, key, folder, extent).await?;
    let start = Instant::now();
    let (mut steps, mut longest) = (0, 0.0_f64);
    loop {
        let step = Instant::now();
        let done = store.expire(FIRST.plus(1)).await?.is_empty();
        longest = longest.max(step.elapsed().as_secs_f64());
        steps += 1;
        if done {
            break;
        }
    }
    println!(
        "forgetting one day: {:.2} s in {steps} steps, the longest {:.0} ms",
        start.elapsed().as_secs_f64(),
        longest * 1e3
    );
    store.close().await;
    Ok(())
}

/// Publishes all days, then loads the page of all graphs with cold caches.
async fn graphs(database: &Database, store: &Arc<Store>, key: InstallKey, folder: &Path, extent: Extent) -> Result<()> {
    let last = FIRST.plus(extent.days - 1);
    let start = Instant::now();
    let made = publish_missing(store, Rules::default(), last).await?;
    println!(
        "publishing {made} days: {:.2} s, {:.0} ms a day",
        start.elapsed().as_secs_f64(),
        start.elapsed().as_secs_f64() * 1e3 / made.max(1) as f64
    );
    let reading = database.open_read_only().await?;
    for _ in 0..2 {
        let start = Instant::now();
        let all: Vec<&Chart> = CHARTS.iter().collect();
        let view = View::of(&reading, Window::DEFAULT, &all).await?;
        let shown = all.iter().filter(|chart| !view.chart(chart).is_empty()).count();
        println!("the data of {shown} graphs: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    }
    let noon = Timestamp::from_second(i64::from(last.0 + 1) * 86_400 + 43_200)?;
    let signing = Signing::load(&folder.join("signing.key"))?;
    let receiver = Receiver::new(Arc::clone(&reading), key, signing, Settings::default(), Arc::new(move || noon));
    let router = router(Arc::new(receiver));
    for path in ["/", "/", "/pairs", "/pairs", "/next", "/next", "/api/v1/charts/os", "/feed.atom"] {
        let request = Request::get(path).header("accept-encoding", "gzip").body(Body::empty())?;
        let start = Instant::now();
        let answer = router.clone().oneshot(request).await?;
        let bytes = to_bytes(answer.into_body(), 1 << 26).await?.len();
        println!("GET {path}: {:.1} ms, {bytes} bytes compressed", start.elapsed().as_secs_f64() * 1e3);
    }
    reading.close().await;
    Ok(())
}
