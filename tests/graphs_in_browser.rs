//! The public pages in Chromium: with and without scripts, light and dark, desktop and phone; no requests to other sites,
//! no policy violations, no serious findings of axe. Screenshots go to target/screenshots.

use anyhow::{Context, Result, ensure};
use callback_receiver::day::{Day, utc};
use callback_receiver::key::InstallKey;
use callback_receiver::signing::Signing;
use callback_receiver::store::database::{Database, FILE};
use callback_tests::demo_world::{Extent, fill};
use callback_tests::programs::{root, text};
use callback_tests::receiver::Receiver;
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_public_pages_work_in_all_settings_and_are_accessible() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data)?;
    let key = InstallKey::load(&data.join("install.key"))?;
    Signing::load(&data.join("signing.key"))?;
    let store = Database::Sqlite(data.join(FILE)).open(&key).await?;
    fill(&store, &key, Extent { installs: 60, days: 45, last: Day::of(utc()()).plus(-1) }).await?;
    store.close().await;
    let receiver = Receiver::start_in(&data, "requests_per_hour = 0\n")?;
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let reading = Database::Sqlite(data.join(FILE)).open_read_only().await?;
        let days = reading.publication().await?.days.len();
        reading.close().await;
        if days == 45 {
            break;
        }
        ensure!(Instant::now() < deadline, "the receiver published {days} of 45 days within 120 s");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let screenshots = root().join("target/screenshots");
    std::fs::create_dir_all(&screenshots)?;
    let output = Command::new("node")
        .arg(root().join("tests/node/graphs.mjs"))
        .args([receiver.url.as_str(), text(&screenshots)])
        .current_dir(root())
        .output()
        .context("node is missing; install Node 18 or newer")?;
    ensure!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    receiver.stop()
}
