//! Checks of the file system with the data.

use super::checks::{Check, CheckCode};
use crate::config::Settings;
use crate::store::database::Database;
use crate::store::inspect::Inspection;
use crate::text::{bytes, number};
use std::path::{Path, PathBuf};

/// Free bytes below which writing fails soon.
const MIN_FREE: u64 = 64 << 20;

/// Free bytes below which there is a warning, if twice the database is less.
const LOW_FREE: u64 = 1 << 30;

/// Free inodes below which creating files fails soon, and below which there is a warning.
const INODES: (u64, u64) = (100, 10_000);

pub(super) fn check(settings: &Settings, inspection: Option<&Inspection>, checks: &mut Vec<Check>) {
    let directory = match Database::from_settings(settings) {
        Ok(Database::Sqlite(file)) => file.parent().map_or_else(|| settings.data.clone(), Path::to_owned),
        _ => settings.data.clone(),
    };
    let subject = directory.display().to_string();
    let Ok(disk) = rustix::fs::statvfs(nearest(&directory)) else {
        for code in [CheckCode::DiskSpace, CheckCode::DiskInodes] {
            checks.push(Check::not_checked(code, format!("cannot read the file system of {subject}")));
        }
        return;
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    // A backup and a restore each need a copy.
    let wanted = LOW_FREE.max(inspection.map_or(0, |inspection| inspection.bytes.saturating_mul(2)));
    let finding = format!("{} free", bytes(free));
    let code = CheckCode::DiskSpace;
    checks.push(if free < MIN_FREE {
        Check::failed(code, &subject, finding).remedy("free some space; the receiver rejects reports on a full disk")
    } else if free < wanted {
        Check::warning(code, &subject, finding).remedy(format!("free some space; keep {} free", bytes(wanted)))
    } else {
        Check::ok(code, &subject, finding)
    });
    let (inodes, code) = (disk.f_favail, CheckCode::DiskInodes);
    let finding = format!("{} inodes free", number(inodes));
    checks.push(if disk.f_files == 0 {
        Check::ok(code, &subject, "the file system has no limit of inodes")
    } else if inodes < INODES.0 {
        Check::failed(code, &subject, finding).remedy("delete files that are not needed")
    } else if inodes < INODES.1 {
        Check::warning(code, &subject, finding).remedy("delete files that are not needed")
    } else {
        Check::ok(code, &subject, finding)
    });
}

/// The directory, or the nearest one above that exists.
fn nearest(directory: &Path) -> PathBuf {
    directory.ancestors().find(|directory| directory.exists()).unwrap_or(Path::new("/")).to_owned()
}
