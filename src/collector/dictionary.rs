//! The dictionary: every field and header of a report, with its purpose, kind and category, and the schema that added
//! it. The report and the agent's queries are derived from the same table of groups, so the dictionary is never outdated.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What a field contains, which decides how it is sanitised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number of rows.
    Count,
    /// A word that LibreNMS or a MIB chose; what does not look like one is treated as free text.
    Vocabulary,
    /// A version of software.
    Version,
    /// Text that a device or a person wrote; sanitised.
    FreeText,
    /// An object identifier.
    ObjectIdentifier,
    /// The install's random uuid.
    Pseudonym,
    /// A SHA-256 in hexadecimal.
    Digest,
}

/// A part of the report that the admin can include or leave out as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Part of every report: uuid, schema, module.
    Envelope,
    /// How LibreNMS is used: alert rules, pollers, bills.
    Usage,
    /// Kinds of devices.
    Devices,
    /// Ports, VLANs and addresses, as numbers.
    Network,
    /// Routing and neighbour protocols.
    Protocols,
    /// Sensors, memory, storage, supplies.
    Health,
    /// Applications, packages, processes, virtual machines.
    Services,
    /// Versions of the software that LibreNMS runs on.
    Software,
    /// Device descriptions with their object identifiers, sanitised.
    Pairs,
}

impl Category {
    /// All categories, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Envelope,
        Self::Usage,
        Self::Devices,
        Self::Network,
        Self::Protocols,
        Self::Health,
        Self::Services,
        Self::Software,
        Self::Pairs,
    ];
}

/// A version of [`crate::facts::Versions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionOf {
    /// Database server.
    Database,
    /// PHP.
    Php,
    /// Python.
    Python,
    /// RRDtool.
    Rrdtool,
    /// Net-SNMP.
    Netsnmp,
    /// Distribution.
    Os,
    /// LibreNMS.
    Librenms,
}

/// A table whose rows are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name in LibreNMS's database.
    pub name: &'static str,
    /// The column to group rows by, if any.
    pub column: Option<&'static str>,
    /// A column that must be 0 for a row to count.
    pub zero: Option<&'static str>,
    /// Whether the host counts the rows and passes [`crate::facts::Counts`]; otherwise the collector counts the devices
    /// in the facts.
    pub counted_by_host: bool,
}

/// Where a group's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Rows of a table.
    Rows(Table),
    /// The number of rows is itself the label, with a total of 1.
    RowsAsLabel(Table),
    /// A software version, with a total of 1.
    Version(VersionOf),
}

/// The form of a label in the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelForm {
    /// As a JSON string.
    String,
    /// As a JSON integer.
    Integer,
    /// In the facts as bit/s, in the payload as a JSON string of Mbit/s, rounded half away from zero (which is how MariaDB
    /// formats it, and so what most stock installs send).
    Megabits,
}

/// One group of the payload's `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Its name, the key in `data`.
    pub name: &'static str,
    /// The key of the label within an entry, if entries have one.
    pub label: Option<&'static str>,
    /// The form of its labels.
    pub form: LabelForm,
    /// Where the numbers come from.
    pub source: Source,
    /// What the label contains.
    pub kind: Kind,
    /// Whether LibreNMS composes its labels from what devices report. Rare ones are then left out.
    pub composed: bool,
    /// The category that includes it.
    pub category: Category,
    /// The payload schema that added it.
    pub since: u32,
    /// What it is for, in a sentence.
    pub purpose: &'static str,
}

impl Group {
    /// The table behind the group, if there is one.
    #[must_use]
    pub const fn table(&self) -> Option<&Table> {
        match &self.source {
            Source::Rows(table) | Source::RowsAsLabel(table) => Some(table),
            Source::Version(_) => None,
        }
    }
}

/// Name of the key that holds the pairs, and of their category in `withheld`.
pub const INFO: &str = "info";

const fn rows(
    name: &'static str,
    table: &'static str,
    column: Option<&'static str>,
    kind: Kind,
    category: Category,
    purpose: &'static str,
) -> Group {
    let table = Table { name: table, column, zero: None, counted_by_host: true };
    Group {
        name,
        label: column,
        form: LabelForm::String,
        source: Source::Rows(table),
        kind,
        composed: false,
        category,
        since: 1,
        purpose,
    }
}

const fn number(name: &'static str, table: &'static str, category: Category, purpose: &'static str) -> Group {
    rows(name, table, None, Kind::Count, category, purpose)
}

const fn words(
    name: &'static str,
    table: &'static str,
    column: &'static str,
    category: Category,
    purpose: &'static str,
) -> Group {
    rows(name, table, Some(column), Kind::Vocabulary, category, purpose)
}

const fn version(name: &'static str, label: &'static str, which: VersionOf, purpose: &'static str) -> Group {
    Group {
        name,
        label: Some(label),
        form: LabelForm::String,
        source: Source::Version(which),
        kind: Kind::Version,
        composed: false,
        category: Category::Software,
        since: 1,
        purpose,
    }
}

impl Group {
    const fn of_kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    const fn composed(mut self) -> Self {
        self.composed = true;
        self
    }

    const fn in_form(mut self, form: LabelForm) -> Self {
        self.form = form;
        self
    }

    const fn enabled_only(mut self) -> Self {
        if let Source::Rows(table) = &mut self.source {
            table.zero = Some("disabled");
        }
        self
    }

    const fn counted_here(mut self) -> Self {
        if let Source::Rows(table) = &mut self.source {
            table.counted_by_host = false;
        }
        self
    }
}

use Category::{Devices, Health, Network, Protocols, Services, Usage};

/// All groups, in the order of the payload (the stock order).
#[rustfmt::skip]
pub const GROUPS: &[Group] = &[
    words("alert_rules", "alert_rules", "severity", Usage, "How many alert rules are in use, by severity.").enabled_only(),
    number("alert_templates", "alert_templates", Usage, "How many alert templates there are."),
    number("api_tokens", "api_tokens", Usage, "How many API tokens are in use; no token is read.").enabled_only(),
    words("applications", "applications", "app_type", Services, "Which applications are monitored."),
    words("bgppeer_state", "bgpPeers", "bgpPeerState", Protocols, "How many BGP peers there are, by state."),
    words("bgppeer_status", "bgpPeers", "bgpPeerAdminStatus", Protocols, "How many BGP peers there are, by administrative status."),
    words("bills", "bills", "bill_type", Usage, "How many bills there are, by type."),
    number("cef", "cef_switching", Protocols, "How many Cisco Express Forwarding entries are kept."),
    words("mempool", "mempools", "mempool_descr", Health, "Which memory pools devices report.").of_kind(Kind::FreeText).composed(),
    Group {
        name: "dbschema",
        label: Some("version"),
        form: LabelForm::Integer,
        source: Source::RowsAsLabel(Table { name: "migrations", column: None, zero: None, counted_by_host: true }),
        kind: Kind::Version,
        composed: false,
        category: Category::Software,
        since: 1,
        purpose: "How far the database has been migrated: the number of migrations.",
    },
    words("snmp_version", "devices", "snmpver", Devices, "Which SNMP versions are used."),
    words("os", "devices", "os", Devices, "Which operating systems LibreNMS recognised.").counted_here(),
    words("type", "devices", "type", Devices, "Which types of devices there are."),
    words("hardware", "devices", "hardware", Devices, "Which hardware models there are.").of_kind(Kind::FreeText).counted_here(),
    number("ipsec", "ipsec_tunnels", Protocols, "How many IPsec tunnels there are."),
    number("ipv4_addresses", "ipv4_addresses", Network, "How many IPv4 addresses there are; no address is read."),
    number("ipv4_macaddress", "ipv4_mac", Network, "How many ARP entries there are; no address is read."),
    number("ipv4_networks", "ipv4_networks", Network, "How many IPv4 networks there are; no network is read."),
    number("ipv6_addresses", "ipv6_addresses", Network, "How many IPv6 addresses there are; no address is read."),
    number("ipv6_networks", "ipv6_networks", Network, "How many IPv6 networks there are; no network is read."),
    words("xdp", "links", "protocol", Protocols, "How many links were discovered, by protocol."),
    words("ospf", "ospf_instances", "ospfVersionNumber", Protocols, "How many OSPF instances there are, by version."),
    words("ospf_links", "ospf_ports", "ospfIfType", Protocols, "How many OSPF interfaces there are, by type."),
    words("ospfv3", "ospfv3_instances", "ospfv3VersionNumber", Protocols, "How many OSPFv3 instances there are, by version."),
    words("ospfv3_links", "ospfv3_ports", "ospfv3IfType", Protocols, "How many OSPFv3 interfaces there are, by type."),
    words("arch", "packages", "arch", Services, "Which architectures packages are built for."),
    number("pollers", "pollers", Usage, "How many pollers share the work."),
    words("port_assoc", "devices", "port_association_mode", Devices, "How ports are told apart, by mode.").in_form(LabelForm::Integer),
    words("port_type", "ports", "ifType", Network, "Which types of ports there are."),
    words("port_ifspeed", "ports", "ifSpeed", Network, "How fast ports are, in Mbit/s.").in_form(LabelForm::Megabits),
    words("port_vlans", "ports_vlans", "state", Network, "How many memberships of ports in VLANs there are, by state."),
    number("processes", "processes", Services, "How many processes are kept; none is read."),
    words("processors", "processors", "processor_type", Health, "Which kinds of processors there are."),
    number("pseudowires", "pseudowires", Protocols, "How many pseudowires there are."),
    words("sensors", "sensors", "sensor_class", Health, "Which kinds of sensors there are."),
    words("sla", "slas", "rtt_type", Protocols, "Which kinds of service-level probes there are."),
    words("wireless", "wireless_sensors", "sensor_class", Health, "Which kinds of wireless sensors there are."),
    words("storage", "storage", "storage_type", Health, "Which kinds of storage there are.").composed(),
    words("toner", "printer_supplies", "supply_type", Health, "Which kinds of printer supplies there are."),
    words("vlans", "vlans", "vlan_type", Network, "How many VLANs there are, by type; no name is read."),
    words("vminfo", "vminfo", "vm_type", Services, "How many virtual machines there are, by hypervisor."),
    number("vmware", "vminfo", Services, "How many virtual machines there are."),
    number("vrfs", "vrfs", Protocols, "How many VRFs there are; no name is read."),
    version("database_version", "version", VersionOf::Database, "Which database server is used, to know which ones must be supported."),
    version("php_version", "version", VersionOf::Php, "Which PHP is used, to know when an old one can be dropped."),
    version("python_version", "version", VersionOf::Python, "Which Python is used."),
    version("rrdtool_version", "version", VersionOf::Rrdtool, "Which RRDtool is used."),
    version("netsnmp_version", "version", VersionOf::Netsnmp, "Which Net-SNMP is used."),
    version("os_version", "version", VersionOf::Os, "Which distribution LibreNMS runs on.").of_kind(Kind::FreeText),
    version("librenms_release", "release", VersionOf::Librenms, "Which release of LibreNMS runs, or that it follows the master branch."),
];

/// The group of this name.
#[must_use]
pub fn group(name: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.name == name)
}

/// A field or header as the dictionary shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Field {
    /// A path in the payload (`data.sensors`, `info.sysDescr`) or the name of a header.
    pub field: &'static str,
    /// Whether it is in the payload or in a header of the request.
    pub place: Place,
    /// The key of the label within an entry of a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<&'static str>,
    /// The table of LibreNMS's database that it is read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<&'static str>,
    /// What it contains.
    pub kind: Kind,
    /// Whether LibreNMS composes its labels from what devices report. Labels that only one device has and that contain a
    /// word outside the vocabulary are then left out.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub composed: bool,
    /// The category that includes it.
    pub category: Category,
    /// The payload schema that added it.
    pub since: u32,
    /// What it is for.
    pub purpose: &'static str,
}

/// The part of a report that a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the top level of the payload.
    Payload,
    /// A group in the payload's `data`.
    Data,
    /// In an entry of the payload's `info`.
    Info,
    /// A header of the request that carries the payload.
    Header,
}

const fn field(field: &'static str, place: Place, kind: Kind, category: Category, purpose: &'static str) -> Field {
    Field { field, place, label: None, table: None, kind, composed: false, category, since: 1, purpose }
}

const BEFORE_GROUPS: &[Field] = &[field(
    "uuid",
    Place::Payload,
    Kind::Pseudonym,
    Category::Envelope,
    "Tells the reports of one install apart from those of others; random, made at the opt-in.",
)];

const AFTER_GROUPS: &[Field] = &[
    field("count", Place::Info, Kind::Count, Category::Pairs, "How many devices have this pair."),
    field("os", Place::Info, Kind::Vocabulary, Category::Pairs, "What LibreNMS recognised the device as."),
    field(
        "sysDescr",
        Place::Info,
        Kind::FreeText,
        Category::Pairs,
        "What the device says of itself, sanitised; OS discovery is built from it.",
    ),
    field(
        "sysObjectID",
        Place::Info,
        Kind::ObjectIdentifier,
        Category::Pairs,
        "Which model the vendor says it is; OS discovery is built from it.",
    ),
    field(
        "schema",
        Place::Payload,
        Kind::Version,
        Category::Envelope,
        "Which version of this dictionary the report follows.",
    ),
    field("module.name", Place::Payload, Kind::Vocabulary, Category::Envelope, "Which program built the report."),
    field("module.version", Place::Payload, Kind::Version, Category::Envelope, "Which version of it."),
    field(
        "Callback-Payload-SHA256",
        Place::Header,
        Kind::Digest,
        Category::Envelope,
        "Lets the receiver find damage on the way; the receipt repeats it.",
    ),
    field(
        "Callback-Module-SHA256",
        Place::Header,
        Kind::Digest,
        Category::Envelope,
        "Says which build of the module made the report.",
    ),
    field("User-Agent", Place::Header, Kind::Version, Category::Envelope, "Name and version of the agent that sends."),
];

/// Every field and header, in the order of the report.
#[must_use]
pub fn fields() -> Vec<Field> {
    let groups = GROUPS.iter().map(|group| Field {
        field: group.name,
        place: Place::Data,
        label: group.label,
        table: group.table().map(|table| table.name),
        kind: group.kind,
        composed: group.composed,
        category: group.category,
        since: group.since,
        purpose: group.purpose,
    });
    BEFORE_GROUPS.iter().copied().chain(groups).chain(AFTER_GROUPS.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_fifty_groups_with_distinct_names() {
        assert_eq!(GROUPS.len(), 50);
        for (at, group) in GROUPS.iter().enumerate() {
            assert!(GROUPS[..at].iter().all(|other| other.name != group.name), "{}", group.name);
        }
    }

    #[test]
    fn the_payload_schema_is_that_of_the_newest_field() {
        assert_eq!(fields().iter().map(|field| field.since).max(), Some(crate::PAYLOAD_SCHEMA));
    }

    #[test]
    fn purposes_are_sentences() {
        for field in fields() {
            assert!(field.purpose.ends_with('.'), "{}", field.field);
        }
    }
}
