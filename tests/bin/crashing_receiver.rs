//! A receiver that panics at every third request, for the test that a crash leaves no address. Its clock, which every
//! request reads, panics. `crashing-receiver DIRECTORY` creates keys and database there.

use anyhow::{Context, Result};
use callback_receiver::config::Settings;
use callback_receiver::http::Receiver;
use callback_receiver::key::InstallKey;
use callback_receiver::signing::Signing;
use callback_receiver::store::database::Database;
use callback_receiver::{log, server};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How often the clock is read before the first panic: by the receiver itself when it starts.
const CALM: u64 = 8;

#[tokio::main]
async fn main() -> Result<()> {
    log::start();
    let data = std::env::args().nth(1).context("expected a folder")?;
    let settings = Settings { data: data.into(), requests_per_hour: 0, ..Settings::default() };
    let key = InstallKey::load(&settings.key_file())?;
    let store = Database::from_settings(&settings)?.open(&key).await?;
    let signing = Signing::load(&settings.signing_key_file())?;
    let asked = AtomicU64::new(0);
    let clock = Arc::new(move || {
        let asked = asked.fetch_add(1, Ordering::Relaxed);
        assert!(asked < CALM || !asked.is_multiple_of(3), "a bug that a request met");
        Timestamp::now()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("crashing-receiver: listening on http://{}", listener.local_addr()?);
    let receiver = Arc::new(Receiver::new(store, key, signing, settings, clock));
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    server::serve(listener, receiver, stop).await?;
    Ok(())
}
