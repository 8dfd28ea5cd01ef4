//! `backup` and `restore`.

use super::{data_directory, existing_key, print, print_json};
use callback_common::io_error::describe;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::doctor::backups::{self, PREFIX};
use callback_receiver::store::database::{Database, remove_file};
use callback_receiver::store::plan::Extent;
use callback_receiver::text::number;
use callback_receiver::{Code, Error, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Suffix of a backup that is being written.
const UNFINISHED: &str = ".unfinished";

/// `backup`
pub(super) async fn backup(settings: &Settings, file: Option<PathBuf>, into: Option<PathBuf>) -> Result<()> {
    match (file, into) {
        (Some(file), _) => backup_to(settings, &file).await,
        (None, Some(directory)) => backup_into(settings, &directory).await,
        (None, None) if !settings.backup_directory.as_os_str().is_empty() => {
            backup_into(settings, &settings.backup_directory).await
        }
        (None, None) => Err(Code::BackupPlaceMissing.into()),
    }
}

async fn backup_to(settings: &Settings, to: &Path) -> Result<()> {
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

async fn backup_into(settings: &Settings, directory: &Path) -> Result<()> {
    let today = Day::of(utc()());
    let unusable = |error: std::io::Error| {
        Error::new(Code::BackupDirectoryUnusable, format!("{} ({})", directory.display(), describe(&error)))
    };
    let unfinished = directory.join(format!("{PREFIX}{today}{UNFINISHED}"));
    for file in std::fs::read_dir(directory).map_err(unusable)? {
        let file = file.map_err(unusable)?;
        let name = file.file_name();
        // Left by runs that were killed, with SQLite's own files beside it.
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.contains(UNFINISHED)) {
            std::fs::remove_file(file.path()).map_err(unusable)?;
        }
    }
    Database::from_settings(settings)?.backup(&unfinished).await?;
    std::fs::rename(&unfinished, directory.join(format!("{PREFIX}{today}"))).map_err(unusable)?;
    let expired = backups::list(directory).map_err(unusable)?.into_iter();
    let expired: Vec<_> = expired.filter(|backup| backups::is_expired(backup, settings, today)).collect();
    for backup in &expired {
        std::fs::remove_file(&backup.path).map_err(unusable)?;
    }
    print(&format!("backup written and checked; deleted {} older than {} days\n", expired.len(), settings.backup_days))
}

/// `restore`
pub(super) async fn restore(settings: &Settings, from: &Path, is_dry_run: bool, as_json: bool) -> Result<()> {
    data_directory(settings)?;
    let key = existing_key(settings)?;
    let database = Database::from_settings(settings)?;
    if is_dry_run {
        let plan = database.plan_restore(from, &settings.data, &key).await?;
        if as_json {
            return print_json(&json!({
                "current": plan.current.map(extent_json),
                "restored": extent_json(plan.restored),
                "stay_deleted": plan.stay_deleted,
            }));
        }
        let current = plan.current.map_or_else(|| "nothing".to_owned(), describe_extent);
        return print(&format!(
            "the backup passes all checks; nothing was changed\nwould replace: {current}\nwith:          {}\nstay deleted:  \
             {} installs that were deleted since\n",
            describe_extent(plan.restored),
            number(plan.stay_deleted)
        ));
    }
    let removed = database.restore(from, &settings.data, &key).await?;
    if as_json {
        return print_json(&json!({"stay_deleted": removed}));
    }
    print(&format!("backup restored, without {removed} installs that were deleted since\n"))
}

fn describe_extent(extent: Extent) -> String {
    let (reports, installs) = (extent.reports.unsigned_abs(), extent.installs.unsigned_abs());
    let days = extent.days.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
    format!("{} reports of {} installs{days}", number(reports), number(installs))
}

fn extent_json(extent: Extent) -> Value {
    json!({
        "installs": extent.installs,
        "reports": extent.reports,
        "first_day": extent.days.map(|(first, _)| first.to_string()),
        "last_day": extent.days.map(|(_, last)| last.to_string()),
    })
}
