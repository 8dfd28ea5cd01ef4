//! `callback-receiver serve`

use callback_common::io_error::describe;
use callback_common::signals::Stop;
use callback_receiver::config::Settings;
use callback_receiver::day::utc;
use callback_receiver::http::Receiver;
use callback_receiver::log::Event;
use callback_receiver::signing::Signing;
use callback_receiver::store::Store;
use callback_receiver::{Code, Error, Result, server};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Accepts reports until SIGINT or SIGTERM.
pub(super) async fn serve(listener: TcpListener, settings: Settings) -> Result<()> {
    if !settings.definitions.as_os_str().is_empty() && !settings.definitions.is_dir() {
        return Err(Error::new(Code::DefinitionsNotDirectory, settings.definitions.display()));
    }
    let (key, store) = super::open(&settings).await?;
    // Before the address is printed, so that a supervisor that reads it can stop us cleanly. Not earlier, so that a signal
    // ends a long migration at once, which loses nothing.
    let mut signals = Stop::catch().map_err(|error| Error::new(Code::SignalsUnavailable, describe(&error)))?;
    let signing = agreed_signing_key(&settings, &store).await?;
    if let Ok(address) = listener.local_addr() {
        super::print(&format!("callback-receiver: listening on http://{address}\n"))?;
    }
    let receiver = Arc::new(Receiver::new(store, key, signing, settings, utc()));
    server::serve(listener, receiver, signals.requested()).await?;
    tracing::info!(target: "callback_receiver", event = Event::Stopped.as_str());
    Ok(())
}

/// The signing keys, if they are those of all receivers of this database: agents reject receipts by another key.
async fn agreed_signing_key(settings: &Settings, store: &Store) -> Result<Signing> {
    let file = settings.signing_key_file();
    let signing = Signing::existing(&file)?;
    let (current, earlier) = signing.ids();
    let agreed = store.agree_on_signing_key(current.clone(), earlier).await?;
    if agreed == current { Ok(signing) } else { Err(Error::new(Code::SigningKeyMismatch, file.display())) }
}
