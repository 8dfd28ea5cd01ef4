//! The commands of whoever runs the receiver, besides `serve`.

use super::{open, print};
use callback_collector::install_id;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::http::network;
use callback_receiver::signing::Signing;
use callback_receiver::store::Blocked;
use callback_receiver::store::database::Database;
use callback_receiver::store::sqlite::file;
use callback_receiver::{Error, Result};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the names of backups begin with; the day follows.
const BACKUP: &str = "callback-receiver-";

/// What the name of one ends with that is being written.
const UNFINISHED: &str = ".unfinished";

/// `check`
pub(super) async fn check(settings: &Settings) -> Result<()> {
    let checked = Database::of(settings)?.check().await?;
    print(&format!("{} reports and {} rows of daily aggregates compared\n", checked.reports, checked.aggregates))?;
    if checked.differences.is_empty() {
        print("no difference\n")?;
        return Ok(());
    }
    for difference in &checked.differences {
        print(&format!("{difference}\n"))?;
    }
    Err(Error::Differs(format!("{} differences; restore a backup, or ask who makes this", checked.differences.len())))
}

/// `purge`
pub(super) async fn purge(settings: &Settings, dry_run: bool) -> Result<()> {
    let first_kept = Day::of(utc()()).plus(1 - settings.retention_days);
    let due = Database::of(settings)?.due(first_kept).await?;
    if dry_run {
        print(&format!(
            "{} reports and {} installs are from before {first_kept} and would be forgotten\n",
            due.reports, due.installs
        ))?;
        return Ok(());
    }
    let (_, store) = open(settings).await?;
    let mut reports = 0;
    loop {
        let forgotten = store.forget(first_kept).await?;
        reports += forgotten.reports;
        if forgotten.is_nothing() {
            break;
        }
    }
    // Whoever runs this has seen the day and means it.
    store.see_day(Day::of(utc()())).await?;
    store.close().await;
    print(&format!("{reports} reports from before {first_kept} were forgotten\n"))?;
    Ok(())
}

/// `backup`
pub(super) async fn backup(settings: &Settings, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(Error::Store("the backup cannot be written: the file exists; name another".into()));
    }
    // Under its name only once it is whole: nobody takes half of one for a backup.
    let mut unfinished = to.as_os_str().to_owned();
    unfinished.push(UNFINISHED);
    let unfinished = PathBuf::from(unfinished);
    file::remove(&unfinished);
    Database::of(settings)?.backup(&unfinished).await?;
    std::fs::rename(&unfinished, to)
        .map_err(|error| Error::Store(format!("the backup cannot be given its name ({})", error.kind())))?;
    println!("the backup is written and checked; delete it after {} days, as receipts promise", settings.backup_days);
    Ok(())
}

/// `backup --into`
pub(super) async fn backup_into(settings: &Settings, folder: &Path) -> Result<()> {
    let today = Day::of(utc()());
    let cannot = |error: std::io::Error| {
        Error::Store(format!(
            "the folder of backups cannot be used ({}); make it, and check its permissions",
            error.kind()
        ))
    };
    // Whole or not at all: a name that stands in the folder is a backup that was checked.
    let unfinished = folder.join(format!("{BACKUP}{today}{UNFINISHED}"));
    for file in std::fs::read_dir(folder).map_err(cannot)? {
        let file = file.map_err(cannot)?;
        let name = file.file_name();
        // What runs that were killed left behind, with what SQLite had beside it.
        if name.to_str().is_some_and(|name| name.starts_with(BACKUP) && name.contains(UNFINISHED)) {
            std::fs::remove_file(file.path()).map_err(cannot)?;
        }
    }
    Database::of(settings)?.backup(&unfinished).await?;
    std::fs::rename(&unfinished, folder.join(format!("{BACKUP}{today}"))).map_err(cannot)?;
    let mut deleted = 0;
    for file in std::fs::read_dir(folder).map_err(cannot)? {
        let file = file.map_err(cannot)?;
        let day =
            file.file_name().to_str().and_then(|name| name.strip_prefix(BACKUP)?.parse().ok()).map(Day::from_date);
        if day.is_some_and(|day| day.plus(settings.backup_days) <= today) {
            std::fs::remove_file(file.path()).map_err(cannot)?;
            deleted += 1;
        }
    }
    println!("the backup is written and checked; {deleted} older than {} days were deleted", settings.backup_days);
    Ok(())
}

/// `restore`
pub(super) async fn restore(settings: &Settings, from: &Path) -> Result<()> {
    super::data_folder(settings)?;
    let key = super::existing_key(settings)?;
    let removed = Database::of(settings)?.restore(from, &settings.data, &key).await?;
    println!("the backup is in place; {removed} installs that were cleared since were removed from it");
    Ok(())
}

/// `block`
pub(super) async fn block(settings: &Settings, network: bool, undo: bool) -> Result<()> {
    let database = Database::of(settings)?;
    let mut text = String::new();
    // Not an argument: those stand in the shell's history and the list of processes.
    let read = std::io::stdin().take(1024).read_to_string(&mut text).map(|_| text.trim());
    let key = super::existing_key(settings)?;
    let what = if network {
        let network = read.ok().and_then(network::blockable).ok_or_else(|| {
            Error::Config(
                "expected a network on standard input, such as 192.0.2.0/24: IPv4 of /8 to /24, IPv6 of /16 to /56"
                    .into(),
            )
        })?;
        Blocked::Network(key.network(network), network.prefix_len())
    } else {
        let uuid = read.ok().and_then(install_id::normalised);
        let uuid = uuid.ok_or_else(|| Error::Config("expected a version 4 UUID on standard input".into()))?;
        Blocked::Install(key.install(&uuid))
    };
    database.block(&key, &what, undo).await?;
    print(&format!("{}\n", if undo { "its reports are taken again" } else { "no more reports of it are taken" }))?;
    Ok(())
}

/// `renew-signing-key`
pub(super) fn renew_signing_key(settings: &Settings) -> Result<()> {
    super::data_folder(settings)?;
    let id = Signing::renew(&settings.signing_key_file())?;
    print(&format!("key {id} signs from the next start on\n"))?;
    Ok(())
}
