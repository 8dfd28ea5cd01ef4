//! `callback-receiver import-stock`

use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::import::{Imported, Site, import};
use callback_receiver::{Error, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// Where the site's database is named: it has a password, which does not belong on a command line.
const VARIABLE: &str = "CALLBACK_STOCK_DATABASE";

/// Imports what is young enough, with a bar on a terminal.
pub(super) async fn import_stock(settings: &Settings, quiet: bool) -> Result<()> {
    let url = std::env::var(VARIABLE).map_err(|_| {
        Error::Config(format!("expected the site's database in {VARIABLE}, as mysql://user:password@host/name"))
    })?;
    let mut site = Site::open(&url).await?;
    let (key, store) = super::open(settings).await?;
    let first_kept = Day::of(utc()()).plus(1 - settings.retention_days);
    let bar = if quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let style = ProgressStyle::with_template("importing {bar:30} {pos}/{len} reports {elapsed}, {eta} to go");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let imported = import(&mut site, &*store, &key, first_kept, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    store.close().await;
    site.close().await;
    let Imported { kept, held, not_ours, refused, replaced } = imported?;
    super::print(&format!("{kept} reports from {first_kept} on were imported\n"))?;
    for (number, what) in [
        (replaced, "were not: the install sent a later one that day"),
        (held, "were not: one of that install and day is here already, or was cleared here"),
        (not_ours, "were not: the install has registered a secret here, or is blocked"),
        (refused, "were refused by the rules"),
    ] {
        if number > 0 {
            super::print(&format!("{number} {what}\n"))?;
        }
    }
    Ok(())
}
