//! The backups in a directory: their age, and those that should be gone.

use super::checks::{Check, CheckCode};
use crate::config::Settings;
use crate::day::Day;
use callback_common::io_error::describe;
use callback_common::private_file;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// What the names of backups begin with; the day follows.
pub const PREFIX: &str = "callback-receiver-";

/// Days after which the newest backup is too old.
const MAX_AGE_DAYS: i32 = 2;

/// A backup that `backup --into` wrote.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The file.
    pub path: PathBuf,
    /// The day in its name.
    pub day: Day,
}

/// The backups in a directory, oldest first.
///
/// # Errors
/// If the directory cannot be read.
pub fn list(directory: &Path) -> io::Result<Vec<Backup>> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(directory)? {
        let file = file?;
        let day =
            file.file_name().to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse().ok()).map(Day::from_date);
        if let Some(day) = day {
            found.push(Backup { path: file.path(), day });
        }
    }
    found.sort_by_key(|backup| backup.day);
    Ok(found)
}

/// Whether a backup should have been deleted.
#[must_use]
pub fn is_expired(backup: &Backup, settings: &Settings, today: Day) -> bool {
    backup.day.plus(settings.backup_days) <= today
}

pub(super) fn check(settings: &Settings, now: Timestamp, checks: &mut Vec<Check>) {
    let codes = [CheckCode::Backup, CheckCode::BackupExpiry];
    let directory = &settings.backup_directory;
    if directory.as_os_str().is_empty() {
        checks.push(
            Check::warning(codes[0], "backup_directory", "it is not known where backups are")
                .remedy("set backup_directory, and run `backup` daily (docs/deploy.md)"),
        );
        checks.push(Check::not_checked(codes[1], "backup_directory is not set"));
        return;
    }
    let subject = directory.display().to_string();
    let backups = match list(directory) {
        Ok(backups) => backups,
        Err(error) => {
            let finding = format!("cannot read the directory ({})", describe(&error));
            checks.push(Check::failed(codes[0], &subject, finding).remedy("create it, or correct backup_directory"));
            checks.push(Check::not_checked(codes[1], "the directory cannot be read"));
            return;
        }
    };
    let today = Day::of(now);
    let schedule = "run `callback-receiver backup` now, and check the timer (docs/deploy.md)";
    checks.push(match backups.last() {
        None => Check::failed(codes[0], &subject, "there is no backup").remedy(schedule),
        Some(newest) if newest.day.plus(MAX_AGE_DAYS) < today => {
            Check::failed(codes[0], &subject, format!("the newest backup is of {}", newest.day)).remedy(schedule)
        }
        Some(newest) if private_file::is_open_to_others(&newest.path).unwrap_or(false) => {
            let file = newest.path.display();
            Check::warning(codes[0], &subject, format!("other users can read {file}"))
                .remedy(format!("run: chmod 600 {file}"))
        }
        Some(newest) => Check::ok(codes[0], &subject, format!("the newest backup is of {}", newest.day)),
    });
    // Those that expire today are deleted by today's backup.
    let expired = backups.iter().filter(|backup| is_expired(backup, settings, today.plus(-1))).count();
    checks.push(match expired {
        0 => Check::ok(codes[1], &subject, format!("no backup is older than {} days", settings.backup_days)),
        _ => {
            let finding = format!(
                "{expired} backups are older than backup_days ({}), but receipts promise that they are deleted",
                settings.backup_days
            );
            Check::failed(codes[1], &subject, finding).remedy("delete them; `backup` into this directory does so")
        }
    });
}
