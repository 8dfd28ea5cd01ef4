//! The queries for an install, built from the dictionary and the columns that this version of LibreNMS has.
//!
//! Each table is scanned once: if it has several groups, it is grouped by all their labels together. Values are
//! compared and fetched as bytes, so that no collation merges different labels.

use super::not_librenms;
use crate::error::Result;
use callback_collector::dictionary::GROUPS;
use callback_collector::facts::Unread;
use callback_collector::text::Text;
use std::collections::BTreeMap;

/// Groups that are counted while the devices are read, with their columns.
pub const DEVICE_GROUPS: [(&str, &str); 3] =
    [("snmp_version", "snmpver"), ("type", "type"), ("port_assoc", "port_association_mode")];

/// Tables that are not in the dictionary.
const OTHER_TABLES: [&str; 4] = ["callback", "config", "callback_agent_config", "locations"];

/// Sources of LibreNMS's settings: its own table, or a view of the few needed ones for a user without access to the
/// table.
pub const CONFIG_TABLES: [&str; 2] = ["config", "callback_agent_config"];

/// The column with the device ID of a row.
const DEVICE_ID: &str = "device_id";

/// The existing columns, with whether they hold numbers. Table names are compared without case, because LibreNMS runs
/// on servers that fold them.
#[derive(Debug, Default)]
pub struct Columns(BTreeMap<(String, String), bool>);

impl Columns {
    /// Adds a column.
    pub fn add(&mut self, table: &str, column: &str, is_number: bool) {
        self.0.insert((table.to_ascii_lowercase(), column.to_ascii_lowercase()), is_number);
    }

    /// Whether a column exists.
    #[must_use]
    pub fn has(&self, table: &str, column: &str) -> bool {
        self.is_number(table, column).is_some()
    }

    fn is_number(&self, table: &str, column: &str) -> Option<bool> {
        self.0.get(&(table.to_ascii_lowercase(), column.to_ascii_lowercase())).copied()
    }

    fn has_table(&self, table: &str) -> bool {
        let table = table.to_ascii_lowercase();
        self.0.keys().any(|(name, _)| *name == table)
    }
}

/// The SQL dialect of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// MariaDB and MySQL.
    MySql,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// A value's bytes, as UTF-8 text.
    fn bytes(self, value: &str) -> String {
        match self {
            Self::MySql => format!("CAST(CONVERT({value} USING utf8mb4) AS BINARY)"),
            Self::Sqlite => format!("CAST({value} AS BLOB)"),
        }
    }

    /// A number as text.
    fn number(self, value: &str) -> String {
        match self {
            Self::MySql => format!("CAST({value} AS CHAR)"),
            Self::Sqlite => format!("CAST({value} AS BLOB)"),
        }
    }

    /// A query for columns of one table, as bytes.
    #[must_use]
    pub fn select(self, columns: &[&str], table: &str, only: Option<&str>) -> String {
        let columns: Vec<String> = columns.iter().map(|column| self.bytes(&format!("`{column}`"))).collect();
        let only = only.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        format!("SELECT {} FROM `{table}`{only}", columns.join(", "))
    }
}

/// The meaning of a column in the query for devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceColumn {
    /// `os`.
    Os,
    /// `hardware`.
    Hardware,
    /// `sysDescr`.
    SysDescr,
    /// `sysObjectID`.
    SysObjectId,
    /// `hostname`.
    Hostname,
    /// `sysName`.
    SysName,
    /// `display`.
    Display,
    /// `serial`.
    Serial,
    /// `sysContact`.
    SysContact,
    /// The location's name.
    Location,
    /// `overwrite_ip`, an address as text.
    OverwriteIp,
    /// `ip`, an address as 4 or 16 bytes.
    Ip,
    /// The label of a group that is counted at the same time.
    Group(&'static str),
}

/// A group in a table's query.
#[derive(Debug)]
pub struct GroupOf {
    /// Its name.
    pub name: &'static str,
    /// The result column with its label.
    pub label_at: Option<usize>,
}

/// One scan of a table. Its first result column is the number of rows.
#[derive(Debug)]
pub struct TableScan {
    /// The table.
    pub name: &'static str,
    /// The query.
    pub sql: String,
    /// The groups that it counts.
    pub groups: Vec<GroupOf>,
    /// The result column with the smallest device ID of the rows; the next column has the largest. If both are equal,
    /// all rows belong to one device.
    pub devices_at: Option<usize>,
}

/// The scan of the devices.
#[derive(Debug)]
pub struct DeviceScan {
    /// The query.
    pub sql: String,
    /// The meaning of its columns.
    pub columns: Vec<DeviceColumn>,
}

/// All queries for an install.
#[derive(Debug)]
pub struct Plan {
    /// The devices.
    pub devices: DeviceScan,
    /// All other tables.
    pub tables: Vec<TableScan>,
    /// What this install's database lacks.
    pub left_out: Vec<Unread<'static>>,
}

impl Plan {
    /// The names of all tables that are read.
    #[must_use]
    pub fn tables() -> Vec<&'static str> {
        let mut names: Vec<_> = GROUPS.iter().filter_map(|group| group.table()).map(|table| table.name).collect();
        names.extend(OTHER_TABLES);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The plan for an install with these columns.
    ///
    /// # Errors
    /// [`Exit::Librenms`](crate::code::Exit::Librenms) if there is no readable table of devices.
    pub fn of(columns: &Columns, dialect: Dialect) -> Result<Self> {
        if !columns.has_table("devices") {
            return Err(not_librenms());
        }
        let mut left_out = Vec::new();
        let devices = devices(columns, dialect, &mut left_out);
        let mut tables: Vec<TableScan> = Vec::new();
        for name in Self::tables() {
            if name != "devices" && !OTHER_TABLES.contains(&name) {
                tables.extend(scan(name, columns, dialect, &mut left_out));
            }
        }
        Ok(Self { devices, tables, left_out })
    }
}

/// Something that cannot be read, and why.
#[must_use]
pub fn missing(field: &str, what: String) -> Unread<'static> {
    Unread { field: Text::from(field.to_owned()), missing: Text::from(what) }
}

/// One query for all groups of a table.
fn scan(
    name: &'static str,
    columns: &Columns,
    dialect: Dialect,
    left_out: &mut Vec<Unread<'static>>,
) -> Option<TableScan> {
    let mut labels: Vec<&str> = Vec::new();
    let mut groups = Vec::new();
    let mut condition = String::new();
    let mut by_device = false;
    for group in GROUPS {
        let Some(table) = group.table().filter(|table| table.name == name) else { continue };
        let lacking = [table.column, table.zero].into_iter().flatten().find(|column| !columns.has(name, column));
        if !columns.has_table(name) {
            left_out.push(missing(group.name, name.to_owned()));
            continue;
        }
        if let Some(column) = lacking {
            left_out.push(missing(group.name, format!("{name}.{column}")));
            continue;
        }
        if let Some(zero) = table.zero {
            // Compared as text: the column is a number today, and was an enumeration in older versions.
            condition = format!(" WHERE `{zero}` = '0'");
        }
        let label_at = table.column.map(|column| match labels.iter().position(|label| *label == column) {
            Some(at) => at + 1,
            None => {
                labels.push(column);
                labels.len()
            }
        });
        groups.push(GroupOf { name: group.name, label_at });
        if group.composed && columns.has(name, DEVICE_ID) {
            by_device = true;
        } else if group.composed {
            left_out.push(missing(&format!("{}.device", group.name), format!("{name}.{DEVICE_ID}")));
        }
    }
    if groups.is_empty() {
        return None;
    }
    let (mut select, mut by) = (vec![dialect.number("COUNT(*)")], Vec::new());
    for label in labels {
        let quoted = format!("`{label}`");
        if columns.is_number(name, label) == Some(true) {
            select.push(dialect.number(&quoted));
            by.push(quoted);
        } else {
            select.push(dialect.bytes(&quoted));
            by.push(select.len().to_string());
        }
    }
    let devices_at = by_device.then_some(select.len());
    if by_device {
        // Cheaper than counting distinct devices; all that matters is whether there is one or more.
        select.extend(["MIN", "MAX"].map(|end| dialect.number(&format!("{end}(`{DEVICE_ID}`)"))));
    }
    let by = if by.is_empty() { String::new() } else { format!(" GROUP BY {}", by.join(", ")) };
    let sql = format!("SELECT {} FROM `{name}`{condition}{by}", select.join(", "));
    Some(TableScan { name, sql, groups, devices_at })
}

/// One query for the devices.
fn devices(columns: &Columns, dialect: Dialect, left_out: &mut Vec<Unread<'static>>) -> DeviceScan {
    const FIELDS: [(&str, DeviceColumn, &str); 11] = [
        ("os", DeviceColumn::Os, "os"),
        ("hardware", DeviceColumn::Hardware, "hardware"),
        ("sysDescr", DeviceColumn::SysDescr, "info"),
        ("sysObjectID", DeviceColumn::SysObjectId, "info"),
        ("hostname", DeviceColumn::Hostname, "device.hostname"),
        ("sysName", DeviceColumn::SysName, "device.sysName"),
        ("display", DeviceColumn::Display, "device.display"),
        ("serial", DeviceColumn::Serial, "device.serial"),
        ("sysContact", DeviceColumn::SysContact, "device.sysContact"),
        ("overwrite_ip", DeviceColumn::OverwriteIp, "device.overwrite_ip"),
        ("ip", DeviceColumn::Ip, "device.ip"),
    ];
    let (mut select, mut meanings) = (Vec::new(), Vec::new());
    for (column, meaning, field) in FIELDS {
        if !columns.has("devices", column) {
            left_out.push(missing(field, format!("devices.{column}")));
            continue;
        }
        let quoted = format!("d.`{column}`");
        // This address is already bytes; every other value is text in some encoding.
        let raw = meaning == DeviceColumn::Ip;
        select.push(if raw { quoted } else { dialect.bytes(&quoted) });
        meanings.push(meaning);
    }
    for (group, column) in DEVICE_GROUPS {
        if columns.has("devices", column) {
            select.push(dialect.bytes(&format!("d.`{column}`")));
            meanings.push(DeviceColumn::Group(group));
        } else {
            left_out.push(missing(group, format!("devices.{column}")));
        }
    }
    let joined =
        columns.has("devices", "location_id") && columns.has("locations", "id") && columns.has("locations", "location");
    if joined || columns.has("devices", "location") {
        select.push(dialect.bytes(if joined { "l.`location`" } else { "d.`location`" }));
        meanings.push(DeviceColumn::Location);
    } else {
        left_out.push(missing("device.location", "locations.location".to_owned()));
    }
    let join = if joined { " LEFT JOIN `locations` l ON l.`id` = d.`location_id`" } else { "" };
    let order = if columns.has("devices", DEVICE_ID) { " ORDER BY d.`device_id`" } else { "" };
    DeviceScan { sql: format!("SELECT {} FROM `devices` d{join}{order}", select.join(", ")), columns: meanings }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(list: &[(&str, &str, bool)]) -> Columns {
        let mut columns = Columns::default();
        for (table, column, is_number) in list {
            columns.add(table, column, *is_number);
        }
        columns
    }

    #[test]
    fn a_table_with_two_groups_is_scanned_once() {
        let columns = columns(&[("devices", "os", false), ("ports", "ifType", false), ("ports", "ifSpeed", true)]);
        let plan = Plan::of(&columns, Dialect::MySql).unwrap();
        let ports: Vec<_> = plan.tables.iter().filter(|table| table.name == "ports").collect();
        assert_eq!(ports.len(), 1);
        assert_eq!(
            ports[0].sql,
            "SELECT CAST(COUNT(*) AS CHAR), CAST(CONVERT(`ifType` USING utf8mb4) AS BINARY), CAST(`ifSpeed` AS CHAR) \
             FROM `ports` GROUP BY 2, `ifSpeed`"
        );
        assert_eq!(
            ports[0].groups.iter().map(|group| (group.name, group.label_at)).collect::<Vec<_>>(),
            [("port_type", Some(1)), ("port_ifspeed", Some(2))]
        );
    }

    #[test]
    fn composed_labels_come_with_the_device_if_there_is_only_one() {
        let mut known = vec![("devices", "os", false), ("mempools", "mempool_descr", false)];
        let plan = |known: &[(&str, &str, bool)]| Plan::of(&columns(known), Dialect::MySql).unwrap();
        let scan = |plan: &Plan| {
            let table = plan.tables.iter().find(|table| table.name == "mempools").unwrap();
            (table.sql.clone(), table.devices_at)
        };
        let named = |plan: &Plan| plan.left_out.iter().any(|unread| &*unread.field == "mempool.device");
        let label = "SELECT CAST(COUNT(*) AS CHAR), CAST(CONVERT(`mempool_descr` USING utf8mb4) AS BINARY)";
        let without = plan(&known);
        assert_eq!((scan(&without), named(&without)), ((format!("{label} FROM `mempools` GROUP BY 2"), None), true));
        known.push(("mempools", "device_id", true));
        let ends = "CAST(MIN(`device_id`) AS CHAR), CAST(MAX(`device_id`) AS CHAR)";
        let with = plan(&known);
        assert_eq!(
            (scan(&with), named(&with)),
            ((format!("{label}, {ends} FROM `mempools` GROUP BY 2"), Some(2)), false)
        );
    }

    #[test]
    fn table_names_in_a_different_case_are_found() {
        let columns = columns(&[("devices", "os", false), ("bgppeers", "bgppeerstate", false)]);
        let plan = Plan::of(&columns, Dialect::MySql).unwrap();
        assert!(plan.tables.iter().any(|table| table.name == "bgpPeers"));
    }

    #[test]
    fn missing_tables_are_listed_and_the_others_are_read() {
        let columns = columns(&[("devices", "os", false), ("alert_rules", "severity", false)]);
        let plan = Plan::of(&columns, Dialect::Sqlite).unwrap();
        let named: Vec<(&str, &str)> = plan.left_out.iter().map(|unread| (&*unread.field, &*unread.missing)).collect();
        assert!(named.contains(&("hardware", "devices.hardware")));
        assert!(named.contains(&("alert_rules", "alert_rules.disabled")));
        assert!(named.contains(&("sensors", "sensors")));
        assert_eq!(plan.devices.sql, "SELECT CAST(d.`os` AS BLOB) FROM `devices` d");
    }

    #[test]
    fn a_database_without_devices_is_rejected() {
        assert!(Plan::of(&columns(&[("users", "name", false)]), Dialect::Sqlite).is_err());
    }
}
