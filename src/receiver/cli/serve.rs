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
    // Before the address is told: whoever stops us once it is there must reach us. Not earlier, so that a long migration
    // can be ended, which loses nothing.
    let no_signals = |_| Error::Listen("this machine gives no signals".into());
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let signing = Signing::load(&settings.signing_key_file())?;
    if let Ok(address) = listener.local_addr() {
        super::print(&format!("callback-receiver: listening on http://{address}\n"))?;
    }
    let receiver = Arc::new(Receiver::new(store, key, signing, settings, utc()));
    server::serve(listener, receiver, stop).await?;
    log::event("stopped", &json!({}));
    Ok(())
}
