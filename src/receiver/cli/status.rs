//! `status`: how much there is, and how old the newest of each is.

use super::{print, print_json};
use callback_receiver::Result;
use callback_receiver::config::Settings;
use callback_receiver::day::{Day, utc};
use callback_receiver::doctor::backups;
use callback_receiver::store::database::Database;
use callback_receiver::store::inspect::Inspection;
use callback_receiver::text::{bytes, number};
use serde_json::{Value, json};

/// `status`
pub(super) async fn status(settings: &Settings, as_json: bool) -> Result<()> {
    let database = Database::from_settings(settings)?;
    let inspection = database.inspect().await?;
    let backup = last_backup(settings);
    if as_json {
        return print_json(&document(&database, &inspection, backup));
    }
    print(&in_words(&database, &inspection, backup, settings))
}

/// The day of the newest backup in `backup_directory`.
fn last_backup(settings: &Settings) -> Option<Day> {
    let directory = Some(&settings.backup_directory).filter(|directory| !directory.as_os_str().is_empty())?;
    backups::list(directory).ok()?.last().map(|backup| backup.day)
}

fn document(database: &Database, inspection: &Inspection, backup: Option<Day>) -> Value {
    let contents = inspection.contents.as_ref();
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "database": database.describe(),
        "bytes": inspection.bytes,
        "receivers": inspection.receivers,
        "installs": contents.map(|contents| contents.holdings.installs),
        "reports": contents.map(|contents| contents.holdings.reports),
        "labels": contents.map(|contents| contents.holdings.labels),
        "reports_not_counted": contents.map(|contents| contents.holdings.not_yet_counted),
        "newest_report": day(contents.and_then(|contents| contents.newest_report)),
        "last_published": day(contents.and_then(|contents| contents.last_published)),
        "last_backup": day(backup),
        "blocked_installs": contents.map(|contents| contents.blocked_installs),
        "blocked_networks": contents.map(|contents| contents.blocked_networks),
        "hidden": contents.map(|contents| contents.hidden),
        "trusted_day": day(contents.map(|contents| contents.trusted_day)),
    })
}

fn in_words(database: &Database, inspection: &Inspection, backup: Option<Day>, settings: &Settings) -> String {
    let today = Day::of(utc()());
    let count = |count: i64| number(count.unsigned_abs());
    let age = |day: Option<Day>| match day {
        None => "none".to_owned(),
        Some(day) => match today.0 - day.0 {
            0 => format!("{day} (today)"),
            1 => format!("{day} (yesterday)"),
            days => format!("{day} ({days} days ago)"),
        },
    };
    let running = match inspection.receivers {
        0 => "no".to_owned(),
        1 => "yes".to_owned(),
        receivers => format!("yes, {receivers}"),
    };
    let mut lines =
        vec![("running", running), ("database", format!("{}, {}", database.describe(), bytes(inspection.bytes)))];
    match &inspection.contents {
        None => lines.push(("contents", "none yet".to_owned())),
        Some(contents) => lines.extend([
            ("installs", count(contents.holdings.installs)),
            ("reports", count(contents.holdings.reports)),
            ("labels", count(contents.holdings.labels)),
            ("not counted", format!("{} reports", count(contents.holdings.not_yet_counted))),
            ("newest report", age(contents.newest_report)),
            ("last published", age(contents.last_published)),
            (
                "blocked",
                format!("{} installs, {} networks", count(contents.blocked_installs), count(contents.blocked_networks)),
            ),
            ("hidden", format!("{} labels and pairs", count(contents.hidden))),
        ]),
    }
    let is_known = !settings.backup_directory.as_os_str().is_empty();
    lines.push(("last backup", if is_known { age(backup) } else { "unknown; set backup_directory".to_owned() }));
    lines.into_iter().map(|(name, value)| format!("{name:<16}{value}\n")).collect()
}
