//! The list of charts, with what each shows and in which unit. Pages, API, exports and the stock site's URLs use it.

/// A section of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Anchor, after `about-`: a chart may have the same name.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
}

/// The sections in the order of the page.
pub const SECTIONS: &[Section] = &[
    Section { id: "installs", title: "Installs" },
    Section { id: "devices", title: "Devices" },
    Section { id: "ports", title: "Ports" },
    Section { id: "health", title: "Sensors and components" },
    Section { id: "protocols", title: "Protocols" },
    Section { id: "software", title: "Software" },
];

/// How a chart is drawn, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Labels of the newest day, as bars: their totals, or installs for groups without totals.
    Bars,
    /// Labels of the newest day in their own order, not by size: ranges, versions.
    Ranges,
    /// One point a day: installs that have the part.
    Installs,
    /// One point a day: the part's total.
    Total,
    /// One point a day: the part's total for each install.
    PerInstall,
    /// One point a day: the share of one label in the part's total, in percent.
    Share(&'static str),
    /// One point a day for each of the labels that most installs have: the share of installs that have it, in percent.
    Adoption,
    /// Share of installs that have any of several parts.
    Use(&'static [(&'static str, &'static str)]),
}

impl Kind {
    /// Whether it is a series over days.
    #[must_use]
    pub const fn is_series(self) -> bool {
        matches!(self, Self::Installs | Self::Total | Self::PerInstall | Self::Share(_) | Self::Adoption)
    }

    /// Whether its values are percentages.
    #[must_use]
    pub const fn is_percent(self) -> bool {
        matches!(self, Self::Share(_) | Self::Adoption | Self::Use(_))
    }
}

/// The forms in which the stock site answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockForm {
    /// `y` and `a`.
    Points,
    /// `label` and `value`.
    Shares,
}

/// A chart.
#[derive(Debug, Clone, Copy)]
pub struct Chart {
    /// Its ID in URLs.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub description: &'static str,
    /// Section.
    pub section: &'static str,
    /// What it is drawn of.
    pub part: &'static str,
    /// How it is drawn.
    pub kind: Kind,
    /// What its values count.
    pub unit: &'static str,
    /// The form of the stock site's chart of this name, where it has one.
    pub stock: Option<StockForm>,
    /// Labels that it leaves out.
    pub excluded: Option<fn(&str) -> bool>,
}

const fn chart(
    section: &'static str,
    id: &'static str,
    kind: Kind,
    part: &'static str,
    unit: &'static str,
    title: &'static str,
    description: &'static str,
) -> Chart {
    Chart { id, title, description, section, part, kind, unit, stock: None, excluded: None }
}

impl Chart {
    const fn stock(mut self, form: StockForm) -> Self {
        self.stock = Some(form);
        self
    }

    const fn without(mut self, labels: fn(&str) -> bool) -> Self {
        self.excluded = Some(labels);
        self
    }
}

/// Labels of port groups that are neither types nor speeds: a bug of LibreNMS put them there. The stock site excludes the
/// same ones.
const BOGUS: [u64; 22] = [
    0,
    2,
    11,
    31,
    51,
    65,
    106,
    109,
    110,
    130,
    434,
    1010,
    1030,
    1049,
    1073,
    1074,
    1092,
    1100,
    1410,
    2820,
    4295,
    4_294_967_295,
];

fn is_bogus(label: &str) -> bool {
    label.parse().is_ok_and(|number: u64| BOGUS.contains(&number))
}

/// Whether a label is not a speed of an interface: neither a multiple of 100 nor a 10 of Ethernet.
fn is_not_a_speed(label: &str) -> bool {
    match label.parse::<u64>() {
        Ok(speed) => BOGUS.contains(&speed) || !(speed.is_multiple_of(100) || label.ends_with("10")),
        Err(_) => true,
    }
}

use Kind::{Adoption, Bars, Installs, PerInstall, Ranges, Share, Total, Use};

const PROTOCOLS: &[(&str, &str)] = &[
    ("bgppeer_state", "BGP"),
    ("ospf", "OSPF"),
    ("ospfv3", "OSPFv3"),
    ("xdp", "Neighbour discovery"),
    ("vrfs", "VRFs"),
    ("ipv6_addresses", "IPv6 addresses"),
    ("ipsec", "IPsec tunnels"),
    ("pseudowires", "Pseudowires"),
    ("cef", "Cisco Express Forwarding"),
    ("sla", "Service-level probes"),
    ("wireless", "Wireless sensors"),
    ("toner", "Printers"),
];

/// All charts, in the order of the page.
#[rustfmt::skip]
pub const CHARTS: &[Chart] = &[
    chart("installs", "installs", Installs, "", "installs", "Installs over time", "Installs that reported, by day."),
    chart("installs", "size_devices", Ranges, "size_devices", "installs", "Sizes of installs", "How many devices an install has."),
    chart("installs", "size_ports", Ranges, "size_ports", "installs", "Ports in an install", "How many ports an install has."),
    chart("installs", "ports_per_install", PerInstall, "port_type", "ports per install", "Ports per install", "All ports divided by the number of installs that report ports."),
    chart("installs", "alert_rules", Bars, "alert_rules", "rules", "Alert rules", "Alert rules in use, by severity.").stock(StockForm::Shares),

    chart("devices", "total_devices", Total, "type", "devices", "Devices over time", "Devices in all installs together.").stock(StockForm::Points),
    chart("devices", "os", Bars, "os", "devices", "Operating systems", "Devices by the operating system that LibreNMS recognised.").stock(StockForm::Points),
    chart("devices", "percent_generic", Share("generic"), "os", "% of devices", "Devices not recognised", "Share of devices that LibreNMS does not recognise (OS generic).").stock(StockForm::Points),
    chart("devices", "device_type", Bars, "type", "devices", "Device types", "Devices by type.").stock(StockForm::Points),
    chart("devices", "hardware", Bars, "hardware", "devices", "Hardware", "Devices by hardware model."),
    chart("devices", "snmp_version", Bars, "snmp_version", "devices", "SNMP versions", "Devices by the SNMP version that LibreNMS uses for them.").stock(StockForm::Shares),

    chart("ports", "total_ports", Total, "port_type", "ports", "Ports over time", "Ports in all installs together.").stock(StockForm::Points),
    chart("ports", "port_type", Bars, "port_type", "ports", "Port types", "Ports by type of interface.").stock(StockForm::Points).without(is_bogus),
    chart("ports", "port_speed", Bars, "port_ifspeed", "ports", "Port speeds", "Ports by speed, in Mbit/s.").stock(StockForm::Points).without(is_not_a_speed),
    chart("ports", "vlans", Bars, "vlans", "VLANs", "VLANs", "VLANs by type."),

    chart("health", "sensors", Bars, "sensors", "sensors", "Sensors", "Sensors by what they measure.").stock(StockForm::Shares),
    chart("health", "wireless", Bars, "wireless", "sensors", "Wireless", "Wireless sensors by what they measure.").stock(StockForm::Shares),
    chart("health", "printers", Bars, "toner", "supplies", "Printers", "Printer supplies by kind."),
    chart("health", "storage", Bars, "storage", "storages", "Storage", "Storages by kind."),
    chart("health", "applications", Bars, "applications", "applications", "Applications", "Monitored applications.").stock(StockForm::Shares),
    chart("health", "virtual_machines", Bars, "vminfo", "machines", "Virtual machines", "Virtual machines by hypervisor."),

    chart("protocols", "protocols", Use(PROTOCOLS), "", "% of installs", "Protocols in use", "Share of installs that use the protocol."),
    chart("protocols", "bgp", Bars, "bgppeer_state", "peers", "BGP peers", "BGP peers by state."),
    chart("protocols", "ospf", Bars, "ospf_links", "interfaces", "OSPF interfaces", "Interfaces with OSPF by type."),
    chart("protocols", "links", Bars, "xdp", "links", "Discovered links", "Links by discovery protocol."),

    chart("software", "librenms_release", Ranges, "release_family", "installs", "LibreNMS releases", "Installs by release; master follows the daily update."),
    chart("software", "release_adoption", Adoption, "release_family", "% of installs", "How fast releases are adopted", "Share of installs that run a release, by day."),
    chart("software", "dbschema", Ranges, "dbschema", "installs", "Schema versions", "Installs by the number of database migrations.").stock(StockForm::Points),
    chart("software", "schema_adoption", Adoption, "dbschema", "% of installs", "How fast schemas are adopted", "Share of installs at a schema version, by day."),
    chart("software", "php_version", Ranges, "php_family", "installs", "PHP", "Installs by PHP version.").stock(StockForm::Shares),
    chart("software", "python_version", Ranges, "python_family", "installs", "Python", "Installs by Python version.").stock(StockForm::Shares),
    chart("software", "mysql_version", Ranges, "database_family", "installs", "Database", "Installs by database server and version.").stock(StockForm::Shares),
    chart("software", "rrdtool_version", Ranges, "rrdtool_family", "installs", "RRDtool", "Installs by RRDtool version."),
    chart("software", "netsnmp_version", Ranges, "netsnmp_family", "installs", "Net-SNMP", "Installs by Net-SNMP version."),
    chart("software", "distribution", Bars, "distribution", "installs", "Distributions", "Installs by Linux distribution."),
];

/// The chart of this name.
#[must_use]
pub fn chart_of(id: &str) -> Option<&'static Chart> {
    CHARTS.iter().find(|chart| chart.id == id)
}

#[cfg(test)]
mod tests {
    use super::super::derived::{DERIVED, group};
    use super::*;

    #[test]
    fn every_chart_has_a_section_a_part_and_a_name_of_its_own() {
        for chart in CHARTS {
            assert!(SECTIONS.iter().any(|section| section.id == chart.section), "{}", chart.id);
            assert_eq!(CHARTS.iter().filter(|other| other.id == chart.id).count(), 1, "{}", chart.id);
            let parts: Vec<&str> = match chart.kind {
                Use(parts) => parts.iter().map(|(part, _)| *part).collect(),
                _ => vec![chart.part],
            };
            for part in parts.into_iter().filter(|part| !part.is_empty()) {
                assert!(group(part).is_some() || DERIVED.iter().any(|derived| derived.name == part), "{part}");
            }
        }
    }

    #[test]
    fn all_charts_of_the_stock_site_are_there() {
        for id in [
            "total_devices",
            "total_ports",
            "device_type",
            "port_type",
            "applications",
            "sensors",
            "wireless",
            "snmp_version",
            "php_version",
            "python_version",
            "mysql_version",
            "os",
            "percent_generic",
            "port_speed",
            "dbschema",
            "alert_rules",
        ] {
            assert!(chart_of(id).is_some_and(|chart| chart.stock.is_some()), "{id}");
        }
    }

    #[test]
    fn labels_that_a_bug_put_there_are_excluded() {
        assert!(is_bogus("4294967295") && is_bogus("0") && !is_bogus("ethernetCsmacd") && !is_bogus("1000"));
        let kept: Vec<&str> = ["10", "100", "1000", "10000", "1010", "130", "54", "110", "", "x"]
            .into_iter()
            .filter(|l| !is_not_a_speed(l))
            .collect();
        assert_eq!(kept, ["10", "100", "1000", "10000"]);
    }
}
