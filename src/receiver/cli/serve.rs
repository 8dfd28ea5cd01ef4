//! `callback-receiver serve`

use callback_receiver::config::Settings;
use callback_receiver::day::utc;
use callback_receiver::http::{Receiver, server};
use callback_receiver::signing::Signing;
use callback_receiver::{Error, Result, log};
use serde_json::json;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Takes reports until the process is asked to stop.
pub(super) async fn serve(listener: TcpListener, settings: Settings) -> Result<()> {
    if !settings.definitions.as_os_str().is_empty() && !settings.definitions.is_dir() {
        return Err(Error::Config(
            "`definitions` is no folder; name LibreNMS's resources/definitions/os_detection, or leave it out".into(),
        ));
    }
    let (key, store) = super::open(&settings).await?;
    let signing = Signing::load(&settings.signing_key_file())?;
    if let Ok(address) = listener.local_addr() {
        super::print(&format!("callback-receiver: listening on http://{address}\n"))?;
    }
    let receiver = Arc::new(Receiver::new(store, key, signing, settings, utc()));
    server::serve(listener, receiver, stopped()).await?;
    log::event("stopped", &json!({}));
    Ok(())
}

/// Done when the process is asked to stop.
async fn stopped() {
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
