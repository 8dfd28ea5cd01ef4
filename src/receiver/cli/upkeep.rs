//! The operator's commands besides `serve`.

use super::{open, print, print_json};
use callback_collector::install_id;
use callback_common::io_error::describe;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::http::limits::blocked::blockable;
use callback_receiver::signing::Signing;
use callback_receiver::store::Blocked;
use callback_receiver::store::database::{Database, remove_file};
use callback_receiver::{Code, Error, Result};
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the names of backups begin with; the day follows.
const BACKUP: &str = "callback-receiver-";

/// Suffix of a backup that is being written.
const UNFINISHED: &str = ".unfinished";

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

/// `backup`
pub(super) async fn backup(settings: &Settings, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(Error::new(Code::BackupExists, to.display()));
    }
    // Renamed only when it is complete, so that nobody mistakes a partial file for a backup.
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(UNFINISHED);
    let unfinished = PathBuf::from(unfinished);
    remove_file(&unfinished);
    Database::from_settings(settings)?.backup(&unfinished).await?;
    std::fs::rename(&unfinished, to).map_err(|error| {
        Error::new(Code::BackupFailed, format!("cannot rename it to {} ({})", to.display(), describe(&error)))
    })?;
    print(&format!("backup written and checked; delete it after {} days, as receipts promise\n", settings.backup_days))
}

/// `backup --into`
pub(super) async fn backup_into(settings: &Settings, directory: &Path) -> Result<()> {
    let today = Day::of(utc()());
    let unusable = |error: std::io::Error| {
        Error::new(Code::BackupDirectoryUnusable, format!("{} ({})", directory.display(), describe(&error)))
    };
    let unfinished = directory.join(format!("{BACKUP}{today}{UNFINISHED}"));
    for file in std::fs::read_dir(directory).map_err(unusable)? {
        let file = file.map_err(unusable)?;
        let name = file.file_name();
        // Left by runs that were killed, with SQLite's own files beside it.
        if name.to_str().is_some_and(|name| name.starts_with(BACKUP) && name.contains(UNFINISHED)) {
            std::fs::remove_file(file.path()).map_err(unusable)?;
        }
    }
    Database::from_settings(settings)?.backup(&unfinished).await?;
    std::fs::rename(&unfinished, directory.join(format!("{BACKUP}{today}"))).map_err(unusable)?;
    let mut deleted = 0;
    for file in std::fs::read_dir(directory).map_err(unusable)? {
        let file = file.map_err(unusable)?;
        let day =
            file.file_name().to_str().and_then(|name| name.strip_prefix(BACKUP)?.parse().ok()).map(Day::from_date);
        if day.is_some_and(|day| day.plus(settings.backup_days) <= today) {
            std::fs::remove_file(file.path()).map_err(unusable)?;
            deleted += 1;
        }
    }
    print(&format!("backup written and checked; deleted {deleted} older than {} days\n", settings.backup_days))
}

/// `restore`
pub(super) async fn restore(settings: &Settings, from: &Path) -> Result<()> {
    super::data_directory(settings)?;
    let key = super::existing_key(settings)?;
    let removed = Database::from_settings(settings)?.restore(from, &settings.data, &key).await?;
    print(&format!("backup restored, without {removed} installs that were deleted since\n"))
}

/// `block`
pub(super) async fn block(settings: &Settings, network: bool, undo: bool) -> Result<()> {
    let database = Database::from_settings(settings)?;
    let mut text = String::new();
    // Not an argument: arguments end up in the shell's history and the process list.
    let read = std::io::stdin().take(1024).read_to_string(&mut text).map(|_| text.trim());
    let key = super::existing_key(settings)?;
    let what = if network {
        let network = read.ok().and_then(blockable).ok_or(Code::NetworkInvalid)?;
        Blocked::Network(key.network(network), network.prefix_len())
    } else {
        let uuid = read.ok().and_then(install_id::normalised).ok_or(Code::UuidExpected)?;
        Blocked::Install(key.install(&uuid))
    };
    database.block(&key, &what, undo).await?;
    print(if undo { "unblocked\n" } else { "blocked\n" })
}

/// `renew-signing-key`
pub(super) fn renew_signing_key(settings: &Settings) -> Result<()> {
    super::data_directory(settings)?;
    let id = Signing::renew(&settings.signing_key_file())?;
    print(&format!("created key {id}; it signs receipts after the next start\n"))
}
