//! A demo install: the LibreNMS database of an invented company in SQLite, identical every time.
//!
//! Descriptions are like those of real devices and contain the company's host names, serial numbers, contacts and places, so
//! that its preview shows what the sanitiser does.

use anyhow::{Result, ensure};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use std::path::Path;

/// Devices of the demo install.
pub const DEVICES: usize = 300;

const SEED: u64 = 0x00ca_11ba_c5ee_d001;

/// A kind of device. In the description `{host}`, `{serial}`, `{contact}`, `{mail}`, `{place}`, `{ip}` and `{mac}`
/// are replaced by the device's own.
struct Kind {
    weight: u32,
    os: &'static str,
    kind: &'static str,
    hardware: Option<&'static str>,
    object_id: &'static str,
    description: &'static str,
    role: &'static str,
}

const fn kind(
    weight: u32,
    os: &'static str,
    kind: &'static str,
    hardware: Option<&'static str>,
    object_id: &'static str,
    description: &'static str,
    role: &'static str,
) -> Kind {
    Kind { weight, os, kind, hardware, object_id, description, role }
}

#[rustfmt::skip]
const KINDS: &[Kind] = &[
    kind(30, "linux", "server", Some("Generic x86 64-bit"), ".1.3.6.1.4.1.8072.3.2.10", "Linux {host} 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64", "srv"),
    kind(12, "linux", "server", Some("Generic ARM 64-bit"), ".1.3.6.1.4.1.8072.3.2.10", "Linux {host} 5.15.0-1049-raspi #52-Ubuntu SMP PREEMPT aarch64", "pi"),
    kind(3, "linux", "server", None, ".1.3.6.1.4.1.8072.3.2.10", "Linux {host} 5.4.0 #1 SMP (root@{host}) owner {mail}", "lab"),
    kind(22, "ios", "network", Some("WS-C2960X-48FPD-L"), ".1.3.6.1.4.1.9.1.1208", "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E4, RELEASE SOFTWARE (fc2)", "sw"),
    kind(14, "iosxe", "network", Some("C9300-48UXM"), ".1.3.6.1.4.1.9.1.2494", "Cisco IOS Software [Bengaluru], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.6.4, RELEASE SOFTWARE (fc1)", "core"),
    kind(6, "nxos", "network", Some("N9K-C93180YC-FX"), ".1.3.6.1.4.1.9.12.3.1.3.1712", "Cisco NX-OS(tm) nxos.9.3.10.bin, Software (nxos), Version 9.3(10), RELEASE SOFTWARE", "dc"),
    kind(9, "junos", "network", Some("Juniper EX4300-48P Internet Router"), ".1.3.6.1.4.1.2636.1.1.1.4.63", "Juniper Networks, Inc. ex4300-48p Ethernet Switch, kernel JUNOS 21.4R3-S4.9, Build date: 2023-06-23", "acc"),
    kind(12, "routeros", "network", Some("RB4011iGS+"), ".1.3.6.1.4.1.14988.1", "RouterOS RB4011iGS+", "rt"),
    kind(9, "procurve", "network", Some("J9773A"), ".1.3.6.1.4.1.11.2.3.7.11.151", "HP J9773A 2530-24G-PoEP Switch, revision YA.16.11.0004, ROM YA.15.20 (/ws/swbuildm/rel)  serial {serial}", "sw"),
    kind(7, "arista_eos", "network", Some("DCS-7050SX3-48YC8"), ".1.3.6.1.4.1.30065.1.3011.7050.3741.48.3282.8", "Arista Networks EOS version 4.28.3M running on an Arista Networks DCS-7050SX3-48YC8", "leaf"),
    kind(8, "fortigate", "firewall", Some("FGT_100F"), ".1.3.6.1.4.1.12356.101.1.1004", "{host}", "fw"),
    kind(7, "unifi", "wireless", Some("U6-Pro"), ".1.3.6.1.4.1.8072.3.2.10", "Linux {host} 4.4.198 #2 SMP PREEMPT aarch64", "ap"),
    kind(5, "airos", "wireless", Some("NanoStation 5AC"), ".1.3.6.1.4.1.10002.1", "Linux {host} 4.1.22 #1 SMP mips", "link"),
    kind(6, "vmware-esxi", "server", Some("ProLiant DL380 Gen10"), ".1.3.6.1.4.1.6876.4.1", "VMware ESXi 7.0.3 build-20328353 VMware, Inc. x86_64", "esx"),
    kind(6, "windows", "server", Some("Intel x64"), ".1.3.6.1.4.1.311.1.1.3.1.2", "Hardware: Intel64 Family 6 Model 85 Stepping 7 AT/AT COMPATIBLE - Software: Windows Version 6.3 (Build 17763 Multiprocessor Free)", "win"),
    kind(7, "apc", "power", Some("Smart-UPS 3000"), ".1.3.6.1.4.1.318.1.3.27", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.8.2 PN:apc_hw05_aos_682.bin AF1:v6.8.0 AN1:apc_hw05_sumx_680.bin MN:AP9630 HR:08 SN: {serial} MD:05/12/2019)", "ups"),
    kind(5, "jetdirect", "printer", Some("HP LaserJet 500 color M551"), ".1.3.6.1.4.1.11.2.3.9.1", "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD149,EEPROM JSI24050012,CIDATE 08/23/2012", "prn"),
    kind(4, "drac", "appliance", Some("iDRAC9"), ".1.3.6.1.4.1.674.10892.5", "PowerEdge R740 Service Tag: {serial}", "idrac"),
    kind(4, "freebsd", "server", None, ".1.3.6.1.4.1.8072.3.2.8", "FreeBSD {host} 13.2-RELEASE-p4 FreeBSD 13.2-RELEASE-p4 GENERIC amd64", "bsd"),
    kind(3, "openbsd", "firewall", None, ".1.3.6.1.4.1.30155.23.1", "OpenBSD {host} 7.4 GENERIC.MP#1397 amd64", "pf"),
    kind(3, "solaris", "server", None, ".1.3.6.1.4.1.42.2.1.1", "SunOS {host} 5.11 11.4.42.111.0 sun4v", "sol"),
    kind(3, "dsm", "storage", Some("RS1221+"), ".1.3.6.1.4.1.8072.3.2.10", "Linux {host} 4.4.180+ #42962 SMP Mon May 29 14:34:16 CST 2023 x86_64", "nas"),
    kind(3, "pdu", "power", None, ".1.3.6.1.4.1.99999.7.1", "Rack PDU 32A 3-phase, unit {host}, at {place}, call {contact} <{mail}>", "pdu"),
    kind(3, "generic", "network", None, ".1.3.6.1.4.1.99999.3.2", "Industrial media converter MC-220 MAC {mac} management {ip} S/N {serial}", "mc"),
    kind(3, "generic", "environment", Some("SensorGate 4 S/N {serial}"), ".1.3.6.1.4.1.99999.4.1", "SensorGate 4 firmware 2.11.0.4", "env"),
];

const SITES: &[(&str, &str)] = &[
    ("lyo", "Lyon, Quai Perrache 12, Room 3"),
    ("bgo", "Bergen, Marken 4, Basement"),
    ("poz", "Pozna\u{144}, Rynek 8, Rack B4"),
    ("tll", "Tallinn, Pikk 21, 2nd floor"),
    ("gdl", "Guadalajara, Av. Hidalgo 300"),
    ("kyo", "\u{4eac}\u{90fd} \u{6a5f}\u{68b0}\u{5ba4} 2"),
];

const PEOPLE: &[&str] =
    &["Solveig Brekke", "Tomasz Wilk", "Maelle Garnier", "Kaarel Tamm", "Ximena Rojas", "Haruka Mori"];
const DOMAIN: &str = "net.brightwater.example";

/// Writes the install.
///
/// # Errors
/// If the file exists or cannot be written.
pub async fn write(file: &Path, devices: usize) -> Result<()> {
    ensure!(!file.exists(), "there is a file at that path already; remove it or name another");
    let options =
        SqliteConnectOptions::new().filename(file).create_if_missing(true).journal_mode(SqliteJournalMode::Off);
    let mut connection = options.disable_statement_logging().connect().await?;
    connection.execute(sqlx::raw_sql(SCHEMA)).await?;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut transaction = connection.begin().await?;
    fill(&mut transaction, &mut rng, devices).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

/// Labels of memory pools of one device, composed as LibreNMS composes them for the access points of Aruba Instant: names
/// and serial numbers that occur nowhere else.
pub const RARE_LABELS: &[&str] = &["Korsvik-Reception-AP1 [CNQ7K3M2XD]", "Korsvik-Canteen-AP2 [CNQ7K3M9TR]"];

/// All tables except devices: table, columns, rows per 100 devices, labels.
type Filler = (&'static str, &'static str, usize, &'static [&'static str]);

#[rustfmt::skip]
const FILLERS: &[Filler] = &[
    ("alert_rules", "severity", 8, &["critical", "critical", "warning", "ok"]),
    ("applications", "app_type", 12, &["apache", "mysql", "nginx", "postgres", "ntp-client"]),
    ("bgpPeers", "bgpPeerState", 18, &["established", "established", "established", "idle", "active"]),
    ("bills", "bill_type", 2, &["cdr", "quota"]),
    ("mempools", "mempool_descr", 190, &["Physical memory", "Swap space", "Processor", "I/O", "Cached memory", "Shared memory"]),
    ("links", "protocol", 140, &["lldp", "lldp", "lldp", "cdp"]),
    ("ospf_instances", "ospfVersionNumber", 4, &["version2"]),
    ("ospf_ports", "ospfIfType", 12, &["broadcast", "pointToPoint"]),
    ("ospfv3_instances", "ospfv3VersionNumber", 1, &["version3"]),
    ("ospfv3_ports", "ospfv3IfType", 3, &["broadcast", "pointToPoint"]),
    ("packages", "arch", 400, &["amd64", "amd64", "all", "arm64"]),
    ("ports_vlans", "state", 900, &["unknown", "unknown", "forwarding"]),
    ("processors", "processor_type", 300, &["hr", "cisco-cpm", "junos", "hr"]),
    ("sensors", "sensor_class", 1400, &["temperature", "temperature", "state", "fanspeed", "voltage", "current", "power", "dbm"]),
    ("slas", "rtt_type", 3, &["echo", "jitter"]),
    ("wireless_sensors", "sensor_class", 30, &["clients", "frequency", "power", "snr"]),
    ("storage", "storage_type", 80, &["FixedDisk", "dataset", "FlashMemory"]),
    ("printer_supplies", "supply_type", 8, &["tonerCartridge", "wasteToner", "input"]),
    ("vlans", "vlan_type", 200, &["", "ethernet"]),
    ("vminfo", "vm_type", 20, &["vmware", "proxmox"]),
    ("alert_templates", "name", 3, &["Default"]), ("cef_switching", "afi", 10, &["ipv4"]),
    ("ipsec_tunnels", "tunnel_name", 3, &["tunnel"]), ("ipv4_addresses", "ipv4_address", 250, &["10.0.0.1"]),
    ("ipv4_mac", "mac_address", 900, &["02005e005300"]), ("ipv4_networks", "ipv4_network", 60, &["10.0.0.0/24"]),
    ("ipv6_addresses", "ipv6_address", 90, &["fd00::1"]), ("ipv6_networks", "ipv6_network", 20, &["fd00::/64"]),
    ("pollers", "poller_name", 1, &["poller"]), ("processes", "command", 300, &["/usr/sbin/sshd"]),
    ("pseudowires", "pw_type", 1, &["ethernet"]), ("vrfs", "vrf_name", 6, &["mgmt"]),
];

async fn fill(connection: &mut SqliteConnection, rng: &mut ChaCha8Rng, devices: usize) -> Result<()> {
    for (id, (_, place)) in SITES.iter().enumerate() {
        sqlx::query("INSERT INTO locations (id, location) VALUES (?, ?)")
            .bind(id as i64 + 1)
            .bind(*place)
            .execute(&mut *connection)
            .await?;
    }
    for migration in 0..430 {
        sqlx::query("INSERT INTO migrations (migration, batch) VALUES (?, 1)")
            .bind(format!("migration_{migration}"))
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query("INSERT INTO config (config_name, config_value) VALUES ('reporting.usage', 'true')")
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO api_tokens (disabled) VALUES (0), (0), (1)").execute(&mut *connection).await?;
    for id in 1..=devices {
        device(connection, rng, id).await?;
    }
    for (table, column, per_hundred, labels) in FILLERS {
        // Names are from the table above; only values are bound.
        let sql = format!("INSERT INTO `{table}` (`{column}`) VALUES (?)");
        for _ in 0..(per_hundred * devices).div_ceil(100) {
            sqlx::query(AssertSqlSafe(sql.as_str()))
                .bind(labels.choose(rng).copied())
                .execute(&mut *connection)
                .await?;
        }
    }
    sqlx::query(
        "UPDATE `bgpPeers` SET `bgpPeerAdminStatus` = CASE `bgpPeerState` WHEN 'idle' THEN 'stop' ELSE 'start' END",
    )
    .execute(&mut *connection)
    .await?;
    for table in ["mempools", "storage"] {
        let sql = format!("UPDATE `{table}` SET `device_id` = 1 + `id` % ?");
        sqlx::query(AssertSqlSafe(sql)).bind(devices as i64).execute(&mut *connection).await?;
    }
    for label in RARE_LABELS {
        let sql = "INSERT INTO mempools (device_id, mempool_descr) VALUES (1, ?)";
        sqlx::query(sql).bind(*label).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn device(connection: &mut SqliteConnection, rng: &mut ChaCha8Rng, id: usize) -> Result<()> {
    let kind = KINDS.choose_weighted(rng, |kind| kind.weight)?;
    let site = rng.random_range(0..SITES.len());
    let label = format!("{}-{}-{id:03}", SITES[site].0, kind.role);
    let host = if rng.random_bool(0.7) { format!("{label}.{DOMAIN}") } else { label.clone() };
    let person = PEOPLE[site];
    let mail = format!("{}@{DOMAIN}", person.to_lowercase().replace(' ', "."));
    let serial = serial(rng);
    let ip = format!("10.{}.{}.{}", 20 + site, rng.random_range(0..250), rng.random_range(1..254));
    let mac: Vec<String> = (0..5).map(|_| format!("{:02x}", rng.random::<u8>())).collect();
    let mac = format!("02:{}", mac.join(":"));
    let filled = |text: &str| {
        [
            ("{host}", &*host),
            ("{serial}", &serial),
            ("{contact}", person),
            ("{mail}", &mail),
            ("{place}", SITES[site].1),
            ("{ip}", &ip),
            ("{mac}", &mac),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    };
    sqlx::query(
        "INSERT INTO devices (device_id, hostname, sysName, display, ip, snmpver, sysObjectID, sysDescr, sysContact, \
         hardware, location_id, os, type, serial, port_association_mode) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    )
    .bind(id as i64)
    .bind(&host)
    .bind(&label)
    .bind(&host)
    .bind(ip.parse::<std::net::Ipv4Addr>()?.octets().to_vec())
    .bind(*["v2c", "v2c", "v2c", "v3"].choose(rng).unwrap_or(&"v2c"))
    .bind(kind.object_id)
    .bind(filled(kind.description))
    .bind(format!("{person} <{mail}>"))
    .bind(kind.hardware.map(filled))
    .bind(site as i64 + 1)
    .bind(kind.os)
    .bind(kind.kind)
    .bind(&serial)
    .bind(1_i64)
    .execute(&mut *connection)
    .await?;
    const PORTS: &[(&str, Option<i64>)] = &[
        ("ethernetCsmacd", Some(1_000_000_000)),
        ("ethernetCsmacd", Some(1_000_000_000)),
        ("ethernetCsmacd", Some(10_000_000_000)),
        ("ethernetCsmacd", Some(100_000_000)),
        ("l3ipvlan", None),
        ("propVirtual", Some(0)),
        ("softwareLoopback", Some(10_000_000)),
        ("ieee8023adLag", Some(20_000_000_000)),
    ];
    for _ in 0..rng.random_range(2..40) {
        let (kind, speed) = PORTS.choose(rng).copied().unwrap_or(PORTS[0]);
        sqlx::query("INSERT INTO ports (device_id, ifType, ifSpeed) VALUES (?, ?, ?)")
            .bind(id as i64)
            .bind(kind)
            .bind(speed)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

fn serial(rng: &mut impl Rng) -> String {
    const SHAPE: &str = "AAA0000A0AA";
    SHAPE
        .chars()
        .map(|c| {
            if c == 'A' { char::from(rng.random_range(b'A'..=b'Z')) } else { char::from(rng.random_range(b'0'..=b'9')) }
        })
        .collect()
}

/// The columns of LibreNMS's tables that a report is built from.
const SCHEMA: &str = "
CREATE TABLE callback (name varchar(64), value varchar(64));
CREATE TABLE config (config_name varchar(255), config_value text);
CREATE TABLE locations (id integer PRIMARY KEY, location text);
CREATE TABLE migrations (id integer PRIMARY KEY, migration varchar(255), batch integer);
CREATE TABLE devices (device_id integer PRIMARY KEY, hostname varchar(128), sysName varchar(128), display varchar(128),
  ip blob, overwrite_ip varchar(40), snmpver varchar(4), sysObjectID varchar(128), sysDescr text, sysContact text, hardware text,
  location_id integer, os varchar(32), type varchar(20), serial text, port_association_mode integer);
CREATE TABLE ports (port_id integer PRIMARY KEY, device_id integer, ifType varchar(64), ifSpeed integer);
CREATE TABLE alert_rules (id integer PRIMARY KEY, severity varchar(20), disabled integer DEFAULT 0);
CREATE TABLE api_tokens (id integer PRIMARY KEY, disabled integer DEFAULT 0);
CREATE TABLE alert_templates (id integer PRIMARY KEY, name varchar(255));
CREATE TABLE applications (id integer PRIMARY KEY, app_type varchar(64));
CREATE TABLE `bgpPeers` (id integer PRIMARY KEY, bgpPeerState varchar(255), bgpPeerAdminStatus varchar(255));
CREATE TABLE bills (id integer PRIMARY KEY, bill_type varchar(5));
CREATE TABLE cef_switching (id integer PRIMARY KEY, afi varchar(4));
CREATE TABLE mempools (id integer PRIMARY KEY, device_id integer, mempool_descr varchar(128));
CREATE TABLE ipsec_tunnels (id integer PRIMARY KEY, tunnel_name varchar(96));
CREATE TABLE ipv4_addresses (id integer PRIMARY KEY, ipv4_address varchar(32));
CREATE TABLE ipv4_mac (id integer PRIMARY KEY, mac_address varchar(32));
CREATE TABLE ipv4_networks (id integer PRIMARY KEY, ipv4_network varchar(64));
CREATE TABLE ipv6_addresses (id integer PRIMARY KEY, ipv6_address varchar(128));
CREATE TABLE ipv6_networks (id integer PRIMARY KEY, ipv6_network varchar(64));
CREATE TABLE links (id integer PRIMARY KEY, protocol varchar(11));
CREATE TABLE ospf_instances (id integer PRIMARY KEY, ospfVersionNumber varchar(32));
CREATE TABLE ospf_ports (id integer PRIMARY KEY, ospfIfType varchar(32));
CREATE TABLE ospfv3_instances (id integer PRIMARY KEY, ospfv3VersionNumber varchar(32));
CREATE TABLE ospfv3_ports (id integer PRIMARY KEY, ospfv3IfType varchar(32));
CREATE TABLE packages (id integer PRIMARY KEY, arch varchar(16));
CREATE TABLE pollers (id integer PRIMARY KEY, poller_name varchar(255));
CREATE TABLE ports_vlans (id integer PRIMARY KEY, state varchar(16));
CREATE TABLE processes (id integer PRIMARY KEY, command varchar(255));
CREATE TABLE processors (id integer PRIMARY KEY, processor_type varchar(16));
CREATE TABLE pseudowires (id integer PRIMARY KEY, pw_type varchar(32));
CREATE TABLE sensors (id integer PRIMARY KEY, sensor_class varchar(64));
CREATE TABLE slas (id integer PRIMARY KEY, rtt_type varchar(16));
CREATE TABLE wireless_sensors (id integer PRIMARY KEY, sensor_class varchar(64));
CREATE TABLE storage (id integer PRIMARY KEY, device_id integer, storage_type varchar(32));
CREATE TABLE printer_supplies (id integer PRIMARY KEY, supply_type varchar(64));
CREATE TABLE vlans (id integer PRIMARY KEY, vlan_type varchar(16));
CREATE TABLE vminfo (id integer PRIMARY KEY, vm_type varchar(16));
CREATE TABLE vrfs (id integer PRIMARY KEY, vrf_name varchar(128));
";

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_demo_install_is_identical_every_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut dumps = Vec::new();
        for name in ["a", "b"] {
            let file = folder.path().join(name);
            write(&file, 25).await.unwrap();
            let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
            let rows: Vec<(String, String, String)> = sqlx::query_as("SELECT hostname, sysDescr, serial FROM devices")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            assert_eq!(rows.len(), 25);
            dumps.push(rows);
        }
        assert_eq!(dumps[0], dumps[1]);
    }

    #[tokio::test]
    async fn an_existing_file_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("there");
        std::fs::write(&file, "mine").unwrap();
        assert!(write(&file, 1).await.is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    }
}
