//! Reads an install: its location ([`location`], [`directory`], [`database`]), the queries ([`plan`]), the connection
//! ([`connection`]) and the result (a [`Snapshot`]). [`write`](mod@write) changes the few settings that the agent
//! writes into LibreNMS's database.

mod config_php;
mod connect;
pub mod connection;
pub mod database;
mod database_settings;
pub mod directory;
mod endpoint;
mod env;
pub(crate) mod inspect;
pub mod location;
mod origin;
pub mod plan;
mod refusal;
mod tls;
pub mod write;

pub use location::Location;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::progress::Progress;
use callback_collector::dictionary::GROUPS;
use callback_collector::facts::{Count, Counts, Device, Unread};
use callback_collector::number::Whole;
use callback_collector::text::Text;
use connection::{Connection, Row};
use plan::{CONFIG_TABLES, DEVICE_GROUPS, DeviceColumn, Plan};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

/// A consistent snapshot of an install's database.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Rows by label, for the groups that are counted by the agent.
    pub counts: Counts<'static>,
    /// All devices.
    pub devices: Vec<Device<'static>>,
    /// What this version of LibreNMS lacks.
    pub left_out: Vec<Unread<'static>>,
    /// Product and version of the database server.
    pub database_version: Option<String>,
    /// LibreNMS's release, if it can be determined.
    pub librenms_release: Option<String>,
    /// LibreNMS's settings.
    pub settings: Settings,
}

/// LibreNMS's settings about reporting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The uuid in table `callback`.
    pub uuid: Option<String>,
    /// `callback.enabled`, the setting of the built-in sender.
    pub stock_sender: StockSender,
    /// Whether table `callback` has a row `enabled`. The current LibreNMS does not create one, so if it is missing, the
    /// built-in sender has never run.
    pub has_sender_row: bool,
    /// Settings by name, as text; config.php overrides table `config`.
    pub by_name: BTreeMap<String, String>,
    /// Settings of config.php that cannot be determined without running it.
    pub unreadable: BTreeSet<&'static str>,
    /// The file that PHP cannot parse, config.php or one that it includes; all settings are then unreadable.
    pub broken_php: Option<PathBuf>,
    /// Settings of config.php, which override the database.
    pub in_config_php: BTreeSet<&'static str>,
    /// Whether table `callback` could be read. If not, a missing row means nothing.
    pub callback_is_readable: bool,
    /// The day (as text) of the newest report that any poller's agent recorded in table `callback`.
    pub agent_day: Option<String>,
}

/// The setting of the built-in sender. Of several rows or an unexpected value, the most careful interpretation is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StockSender {
    /// 0, or no row.
    #[default]
    Off,
    /// 1, or anything else that is neither 0 nor 2.
    On,
    /// 2: the sender deletes its reports at its next run.
    ClearPending,
}

impl StockSender {
    /// Parses a value of the setting.
    #[must_use]
    pub fn of(value: &str) -> Self {
        match value.trim() {
            "" => Self::Off,
            value => match value.parse::<f64>() {
                Ok(0.0) => Self::Off,
                Ok(2.0) => Self::ClearPending,
                _ => Self::On,
            },
        }
    }
}

impl Settings {
    /// The settings that are read from table `config`.
    pub const NAMES: [&'static str; 7] = [
        "callback_clear",
        "callback_post",
        "http_proxy",
        "https_proxy",
        "no_proxy",
        "reporting.usage",
        "update_channel",
    ];

    /// What is wrong with a config.php that PHP cannot parse, and how to find the error.
    #[must_use]
    pub fn php_problem(&self) -> Option<String> {
        let path = self.broken_php.as_ref()?.display();
        Some(format!("{path} cannot be parsed; check it with: php -l {path}"))
    }

    /// Whether `reporting.usage` is off, or cannot be read. If it is absent, it does not block.
    #[must_use]
    pub fn usage_is_off(&self) -> bool {
        self.unreadable.contains("reporting.usage")
            || self.by_name.get("reporting.usage").is_some_and(|value| !is_true(value))
    }
}

/// Whether a setting is on: PHP takes the value as true, and it is not a word such as `off`.
fn is_true(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let zero = value.parse::<f64>().is_ok_and(|number| number == 0.0);
    !zero && !matches!(value.as_str(), "" | "false" | "null" | "no" | "off" | "[]" | "{}")
}

/// Reads an install.
///
/// # Errors
/// [`Exit::Librenms`](crate::code::Exit::Librenms) if it does not exist, [`Exit::Database`](crate::code::Exit::Database) if
/// its database fails.
pub async fn read(location: &Location, query_timeout: Duration, progress: &Progress) -> Result<Snapshot> {
    let mut connection = Connection::open(location, query_timeout).await?;
    let mut snapshot = connection.in_snapshot(async |connection| query(connection, progress).await).await?;
    if let Location::LibreNms(directory) = location {
        directory.again()?.complete(&mut snapshot);
    } else if let Some(channel) = snapshot.settings.by_name.get("update_channel") {
        // Without the directory, only the default channel determines the release.
        snapshot.librenms_release = (channel == "master").then(|| "master".to_owned());
    }
    Ok(snapshot)
}

/// Reads only an install's settings.
///
/// # Errors
/// As [`read`].
pub async fn read_settings(location: &Location, query_timeout: Duration) -> Result<Settings> {
    let mut connection = Connection::open(location, query_timeout).await?;
    let columns = connection.columns(&Plan::tables()).await?;
    Plan::of(&columns, connection.dialect())?;
    let mut settings = settings(&mut connection, &columns).await?;
    if let Location::LibreNms(directory) = location {
        // Read config.php again: it may have changed while this process waited.
        directory.again()?.override_settings(&mut settings);
    }
    Ok(settings)
}

async fn query(connection: &mut Connection, progress: &Progress) -> Result<Snapshot> {
    let columns = connection.columns(&Plan::tables()).await?;
    let plan = Plan::of(&columns, connection.dialect())?;
    progress.start(plan.tables.len() + 1);

    let mut snapshot = Snapshot {
        left_out: plan.left_out,
        database_version: connection.version().await?,
        settings: settings(connection, &columns).await?,
        ..Snapshot::default()
    };
    let mut counts: BTreeMap<String, Vec<Count<'static>>> = BTreeMap::new();

    progress.reading("devices");
    let mut tallies = DEVICE_GROUPS.map(|(group, _)| (group, BTreeMap::<Option<String>, i64>::new()));
    connection
        .each_row(&plan.devices.sql, |row| {
            for (at, column) in plan.devices.columns.iter().enumerate() {
                if let DeviceColumn::Group(name) = column
                    && let Some((_, tally)) = tallies.iter_mut().find(|(group, _)| group == name)
                {
                    *tally.entry(row.text(at)).or_default() += 1;
                }
            }
            snapshot.devices.push(device(&plan.devices.columns, row));
        })
        .await?;
    for (group, tally) in tallies {
        if plan.devices.columns.contains(&DeviceColumn::Group(group)) {
            let rows = tally.into_iter().map(|(label, rows)| Count {
                label: label.map(Text::from),
                rows: rows.into(),
                device: None,
            });
            counts.insert(group.to_owned(), rows.collect());
        }
    }
    progress.done();

    for table in &plan.tables {
        progress.reading(table.name);
        // One scan covers all groups of the table. It returns rows for every combination of labels, which are summed up
        // here.
        let mut tallies: Vec<HashMap<Option<String>, Tally>> = vec![HashMap::new(); table.groups.len()];
        let why = connection
            .each_row_or_why(&table.sql, |row| {
                let number = |at: usize| row.text(at).and_then(|number| number.parse::<i64>().ok());
                let rows = number(0).unwrap_or_default();
                let devices = table.devices_at.and_then(|at| number(at).zip(number(at + 1)));
                for (tally, group) in tallies.iter_mut().zip(&table.groups) {
                    let label = group.label_at.and_then(|at| row.text(at));
                    tally.entry(label).or_default().add(rows, devices);
                }
            })
            .await?;
        if let Some(why) = why {
            let unread = |group: &plan::GroupOf| plan::missing(group.name, format!("{}: {why}", table.name));
            snapshot.left_out.extend(table.groups.iter().map(unread));
            progress.done();
            continue;
        }
        for (tally, group) in tallies.into_iter().zip(&table.groups) {
            let mut rows: Vec<_> = tally.into_iter().collect();
            rows.sort_by(|(one, _), (other, _)| one.cmp(other));
            let rows = rows.into_iter().map(|(label, tally)| Count {
                label: label.map(Text::from),
                rows: Whole::from(tally.rows),
                device: tally.only_device().map(Whole::from),
            });
            counts.insert(group.name.to_owned(), rows.collect());
        }
        progress.done();
    }
    progress.finish();
    debug_assert!(counts.keys().all(|name| GROUPS.iter().any(|group| group.name == *name)));
    snapshot.counts = Counts(counts);
    Ok(snapshot)
}

/// The count of a label.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    rows: i64,
    /// The smallest and the largest ID of its devices.
    devices: Option<(i64, i64)>,
}

impl Tally {
    fn add(&mut self, rows: i64, devices: Option<(i64, i64)>) {
        self.rows = self.rows.saturating_add(rows);
        self.devices = match (self.devices, devices) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (known, other) => known.or(other),
        };
    }

    /// The device, if only one has the label.
    fn only_device(&self) -> Option<i64> {
        self.devices.filter(|(first, last)| first == last).map(|(first, _)| first)
    }
}

/// Builds a device from a row.
fn device(columns: &[DeviceColumn], row: &Row<'_>) -> Device<'static> {
    let mut device = Device::default();
    for (at, column) in columns.iter().enumerate() {
        let text = |row: &Row<'_>| row.text(at).map(Text::from);
        match column {
            DeviceColumn::Os => device.os = text(row),
            DeviceColumn::Hardware => device.hardware = text(row),
            DeviceColumn::SysDescr => device.sys_descr = text(row),
            DeviceColumn::SysObjectId => device.sys_object_id = text(row),
            DeviceColumn::Hostname => device.hostname = text(row),
            DeviceColumn::SysName => device.sys_name = text(row),
            DeviceColumn::Display => device.display = text(row),
            DeviceColumn::Serial => device.serial = text(row),
            DeviceColumn::SysContact => device.sys_contact = text(row),
            DeviceColumn::Location => device.location = text(row),
            DeviceColumn::OverwriteIp => device.overwrite_ip = text(row),
            DeviceColumn::Ip => device.ip = row.address(at).map(Text::from),
            DeviceColumn::Group(_) => {}
        }
    }
    device
}

async fn settings(connection: &mut Connection, columns: &plan::Columns) -> Result<Settings> {
    let mut settings = Settings::default();
    if columns.has("callback", "name") && columns.has("callback", "value") {
        settings.callback_is_readable = true;
        let only = "`name` IN ('uuid', 'enabled', 'agent_day')";
        let sql = connection.dialect().select(&["name", "value"], "callback", Some(only));
        connection
            .each_row(&sql, |row| match row.text(0).as_deref() {
                Some("uuid") => settings.uuid = row.text(1),
                Some("agent_day") => settings.agent_day = settings.agent_day.take().max(row.text(1)),
                Some("enabled") => {
                    settings.has_sender_row = true;
                    let value = row.text(1).map_or(StockSender::Off, |value| StockSender::of(&value));
                    settings.stock_sender = settings.stock_sender.max(value);
                }
                _ => {}
            })
            .await?;
    }
    let readable = |table: &&str| columns.has(table, "config_name") && columns.has(table, "config_value");
    if let Some(table) = CONFIG_TABLES.into_iter().find(readable) {
        let names = Settings::NAMES.map(|name| format!("'{name}'")).join(", ");
        let only = format!("`config_name` IN ({names})");
        let sql = connection.dialect().select(&["config_name", "config_value"], table, Some(&only));
        connection
            .each_row(&sql, |row| {
                if let Some(name) = row.text(0) {
                    // The schema does not allow NULL here; an empty value counts as off.
                    let value = row.text(1).unwrap_or_default();
                    // LibreNMS takes a value that is not JSON as null. Older versions store URLs as plain text.
                    let is_null =
                        name == "reporting.usage" && serde_json::from_str::<serde_json::Value>(&value).is_err();
                    settings.by_name.insert(name, if is_null { String::new() } else { plain_json(&value) });
                }
            })
            .await?;
    }
    Ok(settings)
}

/// A value of table `config` (JSON) as plain text; older versions of LibreNMS store plain text.
fn plain_json(value: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => value.to_owned(),
    }
}

/// The error for a database that is not LibreNMS's.
fn not_librenms() -> Error {
    Error::new(
        Code::NoDevicesTable,
        "this database has no table `devices` that the user can read; pass LibreNMS's database, or grant the user \
         SELECT",
    )
}
