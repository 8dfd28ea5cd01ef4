//! The command `serve`: the preview page.

use super::args::ServeArgs;
use super::{Context, output};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::receiver::ReceiverOverride;
use crate::web::service::PreviewService;
use crate::web::{Page, Place, files};
use callback_common::signals::Stop;
use serde::Serialize;
use std::time::Duration;

/// Default of `--idle` for a page on a loopback address.
const IDLE: Duration = Duration::from_secs(3600);

/// The URL of the preview, as one line of JSON.
#[derive(Serialize)]
struct Serving<'a> {
    url: &'a str,
}

pub(super) async fn serve(mut context: Context, arguments: ServeArgs) -> Result<()> {
    if !files::has_page() {
        return Err(Error::new(
            Code::PageMissing,
            "this build does not include the preview page; run `cargo xtask assets` and build again",
        ));
    }
    let named = ReceiverOverride::from(arguments.receiver);
    let location = context.location()?;
    // Reject a state directory inside the LibreNMS directory.
    context.config.state = Some(context.state_directory()?);
    let idle = arguments.idle.unwrap_or(if arguments.socket.is_some() { Duration::ZERO } else { IDLE });
    let place = match (arguments.socket, arguments.origin) {
        (Some(file), Some(origin)) => Place::Socket { file, origin, base: arguments.base },
        _ => Place::Loopback(arguments.listen),
    };
    let service = PreviewService::new(context.config, location, named, arguments.keep)?;
    let page = Page::listen(&place).await?;
    // Before the URL is printed: a program that reads it may send a signal at once.
    let mut signals = Stop::catch()
        .map_err(|error| Error::new(Code::RuntimeUnavailable, "cannot set up signal handling").caused_by(error))?;
    let stop = async move { signals.requested().await };
    if arguments.output.json {
        output::answer_line(Code::Serving, &Serving { url: page.address() })?;
    } else {
        output::line(page.address())?;
        if !context.quiet && matches!(place, Place::Loopback(_)) {
            eprintln!(
                "Keep this URL secret: it gives access to this LibreNMS's facts and settings. Press Ctrl-C to stop."
            );
        }
    }
    page.run(service, Some(idle).filter(|idle| !idle.is_zero()), stop).await;
    Ok(())
}
