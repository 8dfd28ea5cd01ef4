//! `callback-receiver import-stock`

use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::import::{Imported, Site, import};
use callback_receiver::{Code, Result};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::io::IsTerminal;

/// Environment variable with the URL of the site's database. It has a password, so it is not an argument.
const VARIABLE: &str = "CALLBACK_STOCK_DATABASE";

/// Imports all reports within the retention period, with a progress bar on a terminal.
pub(super) async fn import_stock(settings: &Settings, quiet: bool, as_json: bool) -> Result<()> {
    let url = std::env::var(VARIABLE).map_err(|_| Code::ImportUrlInvalid)?;
    let mut site = Site::open(&url).await?;
    let (key, store) = super::open(settings).await?;
    let first_kept = Day::of(utc()()).plus(1 - settings.retention_days);
    let bar = if quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::no_length() };
    let style = ProgressStyle::with_template("importing {bar:30} {pos}/{len} reports {elapsed}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let imported = import(&mut site, &store, &key, first_kept, |done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .await;
    bar.finish_and_clear();
    store.close().await;
    site.close().await;
    let Imported { kept, held, not_ours, refused, replaced } = imported?;
    if as_json {
        return super::print_json(&json!({
            "first_day": first_kept.to_string(),
            "imported": kept,
            "replaced": replaced,
            "already_held": held,
            "not_allowed": not_ours,
            "invalid": refused,
        }));
    }
    super::print(&format!("imported {kept} reports from {first_kept} on\n"))?;
    for (number, why) in [
        (replaced, "the install sent a later one that day"),
        (held, "this receiver has the install's report of that day, or the install deleted it"),
        (not_ours, "the install has registered a secret here, or is blocked"),
        (refused, "not a valid report"),
    ] {
        if number > 0 {
            super::print(&format!("skipped {number}: {why}\n"))?;
        }
    }
    Ok(())
}
