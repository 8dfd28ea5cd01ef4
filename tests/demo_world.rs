//! A realistic invented world for demos: installs with names that look real, growth, adoption of releases, new device
//! descriptions. It ends yesterday, so that a receiver that starts today publishes all of it.

use crate::simulated::{seeded, uuid};
use anyhow::{Result, ensure};
use callback_collector::dictionary::{INFO, group};
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::store::{Access, Credentials, Store, Submission};
use callback_receiver::wire::Label;
use futures_util::future::join_all;
use rand::{Rng, RngExt};
use std::collections::BTreeMap;

/// Its size.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Installs, at the end.
    pub installs: u32,
    /// Days.
    pub days: i32,
    /// The last day.
    pub last: Day,
}

/// Operating systems: name, type, weight, sysObjectID, description with `#` for a version.
const SYSTEMS: &[(&str, &str, u32, &str, &str)] = &[
    ("linux", "server", 90, ".1.3.6.1.4.1.8072.3.2.10", "Linux hostname 6.#.0-28-amd64 #1 SMP Debian x86_64"),
    (
        "ios",
        "network",
        80,
        ".1.3.6.1.4.1.9.1.1208",
        "Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(#)E",
    ),
    (
        "iosxe",
        "network",
        45,
        ".1.3.6.1.4.1.9.1.2494",
        "Cisco IOS Software [Cupertino], Catalyst L3 Switch Software (CAT9K_IOSXE), Version 17.#.4",
    ),
    (
        "junos",
        "network",
        36,
        ".1.3.6.1.4.1.2636.1.1.1.2.57",
        "Juniper Networks, Inc. mx240 internet router, kernel JUNOS 21.#R3",
    ),
    ("routeros", "network", 48, ".1.3.6.1.4.1.14988.1", "RouterOS CCR1036-8G-2S+ 7.#"),
    ("unifi", "wireless", 40, ".1.3.6.1.4.1.41112", "UAP-AC-Pro-Gen2 6.#.55"),
    ("edgeos", "network", 14, ".1.3.6.1.4.1.41112.1.5", "EdgeOS v2.0.#"),
    ("procurve", "network", 30, ".1.3.6.1.4.1.11.2.3.7.11.160", "HP J9773A 2530-24G-PoEP Switch, revision YA.16.#"),
    ("arubaos-cx", "network", 20, ".1.3.6.1.4.1.47196.4.1.1.1.100", "Aruba JL658A FL.10.#"),
    ("fortigate", "firewall", 34, ".1.3.6.1.4.1.12356.101.1.1001", "FortiGate-100F v7.#"),
    ("panos", "firewall", 22, ".1.3.6.1.4.1.25461.2.3.38", "Palo Alto Networks PA-400 series firewall 10.#"),
    ("pfsense", "firewall", 16, ".1.3.6.1.4.1.8072.3.2.8", "pfSense hostname 2.7.# FreeBSD 14.0-CURRENT amd64"),
    ("vmware-esxi", "server", 34, ".1.3.6.1.4.1.6876.4.1", "VMware ESXi 7.0.# build-21930508 VMware, Inc. x86_64"),
    (
        "windows",
        "server",
        42,
        ".1.3.6.1.4.1.311.1.1.3.1.2",
        "Hardware: Intel64 Family 6 Model 85 - Software: Windows Version 6.3 (Build #763)",
    ),
    ("apc", "power", 44, ".1.3.6.1.4.1.318.1.3.27", "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.#) Smart-UPS 1500"),
    (
        "jetdirect",
        "printer",
        30,
        ".1.3.6.1.4.1.11.2.3.9.1",
        "HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI240#",
    ),
    ("kyocera", "printer", 12, ".1.3.6.1.4.1.1347.41", "KYOCERA Document Solutions Printing System #"),
    ("dsm", "storage", 24, ".1.3.6.1.4.1.8072.3.2.10", "Linux hostname 4.4.302+ #42# SMP x86_64 synology"),
    ("truenas", "storage", 9, ".1.3.6.1.4.1.50536.3.1", "TrueNAS-13.0-U#. Hardware: amd64"),
    (
        "nxos",
        "network",
        16,
        ".1.3.6.1.4.1.9.12.3.1.3.1084",
        "Cisco NX-OS(tm) n9000, Software (n9000-dk9), Version 9.3(#)",
    ),
    (
        "arista_eos",
        "network",
        14,
        ".1.3.6.1.4.1.30065.1.3011.7050",
        "Arista Networks EOS version 4.28.# running on an Arista Networks DCS-7050SX3",
    ),
    ("generic", "", 30, ".1.3.6.1.4.1.53318.1.4", "Smart Gateway SG-400 firmware 2"),
    ("ping", "", 8, "", ""),
];

const HARDWARE: &[(&str, u32)] = &[
    ("Generic x86 64-bit", 88),
    ("C2960X-48FPS-L", 60),
    ("C9300-48P", 52),
    ("CCR1036-8G-2S+", 38),
    ("UAP-AC-Pro-Gen2", 36),
    ("FortiGate-100F", 26),
    ("J9773A 2530-24G", 30),
    ("MX240", 14),
    ("PA-440", 16),
    ("Smart-UPS 1500", 40),
    ("PowerEdge R640", 34),
    ("ProLiant DL380 Gen10", 32),
    ("HP LaserJet 400", 24),
    ("DS1821+", 18),
    ("Nexus9000 C93180YC", 14),
    ("DCS-7050SX3", 12),
    ("JL658A 6300M", 17),
    ("EdgeRouter 4", 12),
    ("QFX5120", 11),
    ("EX4300-48P", 20),
];

/// Months of releases, newest last, and days before the end when each came out.
const RELEASES: &[(&str, i32)] = &[
    ("26.6.0", 150),
    ("26.7.0", 118),
    ("26.7.1", 110),
    ("26.8.0", 88),
    ("26.9.0", 58),
    ("26.9.1", 50),
    ("26.10.0", 30),
    ("26.11.0", 9),
];

/// Numbers of migrations by release.
const SCHEMAS: &[(u64, i32)] = &[(318, 150), (321, 110), (324, 88), (327, 58), (329, 30), (331, 9)];

struct Install {
    credentials: Credentials,
    starts: i32,
    size: f64,
    grows: f64,
    master: bool,
    lag: i32,
    seed: u64,
}

impl Install {
    fn new(number: u32, extent: Extent, key: &InstallKey) -> Self {
        let seed = 0x5eed_0000 + u64::from(number);
        let mut random = seeded(seed);
        let install = key.install(&uuid(&mut random));
        let bell: f64 = (0..6).map(|_| random.random::<f64>()).sum::<f64>() - 3.0;
        let late = random.random_bool(0.22);
        Self {
            credentials: Credentials { install, secret: None },
            starts: if late { random.random_range(0..extent.days) } else { -9 },
            size: (4.6 + 1.7 * bell).exp().clamp(4.0, 16_000.0),
            grows: random.random_range(-0.0004..0.0022),
            master: random.random_bool(0.55),
            lag: (random.random::<f64>().powi(3) * 90.0) as i32,
            seed,
        }
    }

    fn report(&self, day: i32, extent: Extent) -> Vec<(Label, u64)> {
        let mut entries = BTreeMap::new();
        let mut put = |part: &str, text: Option<String>, total: f64| {
            if let Some(group) = group(part).filter(|_| total >= 0.5) {
                *entries.entry(Label::of(group, text)).or_insert(0) += total.round() as u64;
            }
        };
        let mut random = seeded(self.seed ^ 0xabcd);
        let size = self.size * (1.0 + self.grows * f64::from(day)) * random.random_range(0.97..1.03);
        let chosen: Vec<(usize, f64)> = SYSTEMS
            .iter()
            .enumerate()
            .filter_map(|(at, system)| {
                let has = random.random_ratio(system.2.min(95), 100);
                let part = f64::from(system.2) * random.random_range(0.2..1.8);
                has.then_some((at, part))
            })
            .collect();
        let whole: f64 = chosen.iter().map(|(_, part)| part).sum::<f64>().max(1.0);
        let mut pairs: Vec<(usize, u64, f64)> = Vec::new();
        for (at, part) in &chosen {
            let (os, kind, ..) = SYSTEMS[*at];
            let devices = (size * part / whole).max(1.0);
            put("os", Some(os.into()), devices);
            put("type", Some(kind.into()), devices);
            put("snmp_version", Some(if random.random_bool(0.7) { "v2c" } else { "v3" }.into()), devices);
            if os != "ping" {
                // Descriptions change: devices get the next version once in a while.
                let version =
                    random.random_range(3..9_u64) + u64::try_from((day + random.random_range(0..60)) / 45).unwrap_or(0);
                pairs.push((*at, version, devices));
            }
        }
        for (model, weight) in HARDWARE {
            if random.random_ratio(*weight, 100) {
                put("hardware", Some((*model).into()), (size * f64::from(*weight) / 1_400.0).max(1.0));
            }
        }
        let ports = size * random.random_range(14.0..46.0);
        for (kind, part) in [
            ("ethernetCsmacd", 0.62),
            ("l2vlan", 0.09),
            ("propVirtual", 0.08),
            ("softwareLoopback", 0.05),
            ("ieee8023adLag", 0.03),
            ("tunnel", 0.03),
            ("other", 0.04),
            ("ieee80211", 0.03),
            ("bridge", 0.015),
            ("gigabitEthernet", 0.01),
            ("1073", 0.002),
        ] {
            put("port_type", Some(kind.into()), ports * part);
        }
        for (speed, part) in [
            ("10", 0.04),
            ("100", 0.16),
            ("1000", 0.52),
            ("2500", 0.02),
            ("10000", 0.17),
            ("25000", 0.03),
            ("40000", 0.02),
            ("100000", 0.02),
            ("400000", 0.002),
            ("4295", 0.01),
            ("54", 0.01),
        ] {
            put("port_ifspeed", Some(speed.into()), ports * part);
        }
        for (part, labels) in [
            (
                "sensors",
                &[
                    "temperature:9",
                    "voltage:6",
                    "state:7",
                    "dbm:8",
                    "current:5",
                    "fanspeed:3",
                    "power:3",
                    "percent:2",
                    "humidity:1",
                    "runtime:1",
                    "load:1",
                    "charge:1",
                ][..],
            ),
            ("wireless", &["clients:6", "rssi:3", "snr:2", "frequency:2", "utilization:2", "ccq:1"][..]),
            ("storage", &["hrStorageFixedDisk:9", "hrStorageFlashMemory:3", "dsk:2"][..]),
            (
                "applications",
                &[
                    "mysql:3",
                    "nginx:3",
                    "apache:2",
                    "docker:2",
                    "proxmox:2",
                    "chrony:2",
                    "bind:1",
                    "postgres:1",
                    "zfs:1",
                    "smart:1",
                ][..],
            ),
            ("toner", &["toner:6", "drum:2", "wasteToner:1", "fuser:1"][..]),
            ("vminfo", &["vmware:7", "proxmox:3", "libvirt:1"][..]),
            ("bgppeer_state", &["established:9", "active:2", "idle:2", "connect:1"][..]),
            ("ospf_links", &["broadcast:6", "pointToPoint:4"][..]),
            ("xdp", &["lldp:9", "cdp:5", "ospf:1"][..]),
            ("vlans", &["ethernet:9", "static:2"][..]),
            ("alert_rules", &["critical:8", "warning:5", "ok:1"][..]),
        ] {
            let most = if part == "alert_rules" { 24.0 } else { size * random.random_range(0.3..2.4) };
            if !random.random_bool(if matches!(part, "sensors" | "alert_rules" | "xdp" | "vlans") {
                0.97
            } else {
                0.45
            }) {
                continue;
            }
            for label in labels {
                let (name, weight) = label.split_once(':').unwrap_or((label, "1"));
                put(
                    part,
                    Some(name.into()),
                    most * weight.parse::<f64>().unwrap_or(1.0) / 12.0 * random.random_range(0.5..1.5),
                );
            }
        }
        for part in ["vrfs", "ipv6_addresses", "ipsec", "pseudowires", "ospf", "sla", "cef"] {
            if random.random_bool(match part {
                "ipv6_addresses" => 0.7,
                "vrfs" | "ospf" => 0.4,
                _ => 0.12,
            }) {
                let label = (part == "ospf").then(|| "version2".to_owned());
                put(part, label, size / 4.0);
            }
        }
        self.software(day, extent, &mut random, &mut put);
        for (at, version, devices) in pairs {
            let (os, _, _, oid, descr) = SYSTEMS[at];
            let version = version.to_string();
            let pair = (os.to_owned(), oid.replace('#', &version));
            *entries
                .entry(Label { group: INFO, text: Some(descr.replacen('#', &version, 1)), pair: Some(pair) })
                .or_insert(0) += devices.round() as u64;
        }
        entries.into_iter().collect()
    }

    fn software(
        &self,
        day: i32,
        extent: Extent,
        random: &mut impl Rng,
        put: &mut impl FnMut(&str, Option<String>, f64),
    ) {
        let before_end = extent.days - 1 - day;
        let out = |days: i32, lag: i32| days - lag >= before_end;
        let release = RELEASES.iter().rev().find(|(_, days)| out(*days, self.lag)).map_or("26.6.0", |(name, _)| name);
        let lag = if self.master { self.lag / 12 } else { self.lag };
        let schema = SCHEMAS.iter().rev().find(|(_, days)| out(*days, lag)).map_or(318, |(schema, _)| *schema);
        put("librenms_release", Some(if self.master { "master" } else { release }.into()), 1.0);
        put("dbschema", Some(schema.to_string()), 1.0);
        let mut one_of = |part: &str, choices: &[&str]| {
            // The first choices are the most frequent ones.
            let at = (random.random::<f64>().powf(1.8) * choices.len() as f64) as usize;
            put(part, Some(choices[at.min(choices.len() - 1)].to_owned()), 1.0);
        };
        one_of("php_version", &["8.2.29", "8.3.24", "8.4.11", "8.1.33", "8.2.7"]);
        one_of("python_version", &["3.11.2", "3.12.3", "3.13.5", "3.10.12", "3.9.21"]);
        one_of(
            "database_version",
            &[
                "MariaDB 10.11.14-MariaDB-0+deb12u2",
                "MariaDB 11.8.3-MariaDB",
                "MariaDB 10.6.22-MariaDB",
                "8.0.43",
                "MariaDB 10.5.29-MariaDB",
            ],
        );
        one_of("rrdtool_version", &["1.7.2", "1.8.0", "1.9.0"]);
        one_of("netsnmp_version", &["5.9.3", "5.9.4", "5.9.1", "5.8"]);
        one_of(
            "os_version",
            &[
                "Debian GNU/Linux 12 (bookworm)",
                "Ubuntu 24.04.3 LTS",
                "Alpine Linux v3.22",
                "Ubuntu 22.04.5 LTS",
                "Debian GNU/Linux 13 (trixie)",
                "Rocky Linux 9.6",
            ],
        );
    }
}

/// Fills a store.
///
/// # Errors
/// If the store rejects something.
pub async fn fill(store: &Store, key: &InstallKey, extent: Extent) -> Result<()> {
    let installs: Vec<Install> = (0..extent.installs).map(|n| Install::new(n, extent, key)).collect();
    for day in 0..extent.days {
        for some in installs.chunks(64) {
            let kept = some.iter().filter(|install| install.starts <= day).filter(|install| {
                // One in forty sends nothing on a day.
                !seeded(install.seed ^ (day as u64 + 7) << 24).random_ratio(1, 40)
            });
            let kept = kept.map(|install| {
                store.keep(Submission {
                    credentials: install.credentials,
                    day: extent.last.plus(day + 1 - extent.days),
                    payload_sha256: [0; 32],
                    module_sha256: None,
                    totals: install.report(day, extent),
                })
            });
            for outcome in join_all(kept).await {
                ensure!(outcome? == Access::Granted(()), "a report of the invented world was not kept");
            }
        }
    }
    store.aggregate().await?;
    Ok(())
}
