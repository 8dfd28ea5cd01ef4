//! The command `serve`: the preview page.

use super::args::ServeArgs;
use super::{Context, output};
use callback_agent::error::{Error, Result};
use callback_agent::receiver::Named;
use callback_agent::serve::desk::Desk;
use callback_agent::serve::{Page, Place, files};
use serde_json::json;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long nobody may have looked before a page on loopback ends.
const IDLE: Duration = Duration::from_secs(3600);

pub(super) async fn serve(context: Context, arguments: ServeArgs) -> Result<()> {
    if !files::are_there() {
        return Err(Error::Module("this build has no page in it; run `cargo xtask assets`, then build again".into()));
    }
    let named = Named::from(arguments.receiver);
    let location = context.location()?;
    let idle = arguments.idle.unwrap_or(if arguments.socket.is_some() { Duration::ZERO } else { IDLE });
    let place = match (arguments.socket, arguments.origin) {
        (Some(file), Some(origin)) => Place::Socket { file, origin, base: arguments.base },
        _ => Place::Loopback(arguments.listen),
    };
    let desk = Desk::new(context.config, location, named, arguments.keep)?;
    let page = Page::listen(&place).await?;
    // Before the address is told: whoever stops us once it is there must reach us.
    let no_signals = |_| Error::Io("this machine gives no signals".into());
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    if arguments.output.json {
        output::line(&json!({"url": page.address()}).to_string())?;
    } else {
        output::line(page.address())?;
        if !context.quiet && matches!(place, Place::Loopback(_)) {
            eprintln!(
                "The address holds a key to this install's facts and switches: keep it to yourself. Ctrl-C ends it."
            );
        }
    }
    page.run(desk, Some(idle).filter(|idle| !idle.is_zero()), stop).await;
    Ok(())
}
