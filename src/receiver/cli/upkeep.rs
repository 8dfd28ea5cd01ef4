//! Commands that keep a database in order: check, purge, block, a new signing key.

use super::{open, print, print_json};
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::http::limits::blocked::blockable;
use callback_receiver::signing::Signing;
use callback_receiver::store::Blocked;
use callback_receiver::store::database::Database;
use callback_receiver::{Code, Error, Result};
use serde_json::json;

/// `check`
pub(super) async fn check(settings: &Settings, as_json: bool) -> Result<()> {
    let checked = Database::from_settings(settings)?.check().await?;
    if as_json {
        print_json(&json!({
            "reports": checked.reports,
            "aggregates": checked.aggregates,
            "differences": checked.differences,
        }))?;
    } else {
        print(&format!("checked {} reports and {} daily aggregates\n", checked.reports, checked.aggregates))?;
        for difference in &checked.differences {
            print(&format!("{difference}\n"))?;
        }
    }
    if checked.differences.is_empty() {
        if !as_json {
            print("no differences\n")?;
        }
        return Ok(());
    }
    Err(Error::new(Code::CheckFailed, checked.differences.len()))
}

/// `purge`
pub(super) async fn purge(settings: &Settings, dry_run: bool) -> Result<()> {
    let first_kept = Day::of(utc()()).plus(1 - settings.retention_days);
    let due = Database::from_settings(settings)?.expirable(first_kept).await?;
    if dry_run {
        return print(&format!(
            "would delete {} reports from before {first_kept} and {} installs\n",
            due.reports, due.installs
        ));
    }
    let (_, store) = open(settings).await?;
    let mut reports = 0;
    loop {
        let forgotten = store.expire(first_kept).await?;
        reports += forgotten.reports;
        if forgotten.is_empty() {
            break;
        }
    }
    // Running this command confirms that the clock is right.
    store.advance_clock_guard(Day::of(utc()())).await?;
    store.close().await;
    print(&format!("deleted {reports} reports from before {first_kept}\n"))
}

/// `block`
pub(super) async fn block(settings: &Settings, network: bool, undo: bool) -> Result<()> {
    let database = Database::from_settings(settings)?;
    let text = super::operator::standard_input();
    let key = super::existing_key(settings)?;
    let what = if network {
        let network = blockable(&text).ok_or(Code::NetworkInvalid)?;
        Blocked::Network(key.network(network), network.prefix_len())
    } else {
        Blocked::Install(super::operator::install(&key, &text)?)
    };
    database.block(&key, &what, undo).await?;
    print(if undo { "unblocked\n" } else { "blocked\n" })
}

/// `renew-signing-key`
pub(super) async fn renew_signing_key(settings: &Settings, is_lost: bool) -> Result<()> {
    let file = settings.signing_key_file();
    if !is_lost {
        let id = Signing::renew(&file)?;
        return print(&format!("created key {id}; it signs receipts after the next start\n"));
    }
    if file.exists() {
        return Err(Error::new(Code::SigningKeyExists, file.display()));
    }
    let database = Database::from_settings(settings)?;
    // First, so that a failure leaves no key that no receiver accepts.
    database.remove_signing_key().await?;
    let (id, _) = Signing::load(&file)?.ids();
    print(&format!("created key {id}; every admin must accept it with: callback-agent key accept\n"))
}
