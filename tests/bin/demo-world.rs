//! Fills a receiver's data directory with an invented world that ends yesterday: `demo-world DIRECTORY [INSTALLS [DAYS]]`.
//! `cargo xtask demo` runs it.

use anyhow::{Context, Result};
use callback_receiver::day::{Day, utc};
use callback_receiver::key::InstallKey;
use callback_receiver::signing::Signing;
use callback_receiver::store::database::{Database, FILE};
use callback_tests::demo_world::{Extent, fill};
use std::path::Path;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "expected a folder, and if you like the number of installs and days";
    let folder = arguments.next().filter(|folder| !folder.starts_with('-')).context(usage)?;
    let mut number = |default: u32| arguments.next().map_or(Ok(default), |text| text.parse()).context(usage);
    let (installs, days) = (number(90)?, number(90)?);
    let extent = Extent { installs, days: i32::try_from(days)?, last: Day::of(utc()()).plus(-1) };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let key = InstallKey::load(&folder.join("install.key"))?;
    Signing::load(&folder.join("signing.key"))?;
    let store = Database::Sqlite(folder.join(FILE)).open(&key).await?;
    fill(&store, &key, extent).await?;
    store.close().await;
    Ok(())
}
