//! The guard: words that a device may well be named after but that identify nobody, and values too short to tell.

use super::replace::PLACEHOLDERS;

/// Technical words, lower case, sorted. A name made of nothing but these is no known identifier.
#[rustfmt::skip]
const TECHNICAL: &[&str] = &[
    "access", "adapter", "admin", "administrator", "agent", "aix", "alcatel", "alpine", "android", "ap", "apc",
    "appliance", "arista", "aruba", "asa", "asus", "avaya", "avocent", "backup", "baicpe", "barracuda", "blade",
    "bridge", "broadcom", "brocade", "camera", "card", "centos", "chassis", "checkpoint", "ciena", "cisco", "citrix",
    "cloud", "cluster", "console", "contact", "controller", "core", "cpu", "darwin", "data", "database", "debian",
    "default", "dell", "desktop", "device", "dlink", "dns", "docker", "drac", "dslam", "eaton", "edge", "embedded",
    "emc", "ems", "enterprise", "epson", "ericsson", "esx", "esxi", "ethernet", "extreme", "extremexos", "f5", "fabric",
    "fiber", "fibre", "firewall", "firmware", "fortigate", "fortinet", "foundry", "freebsd", "fujitsu", "gateway",
    "generic", "gigabit", "gpon", "gw", "hardware", "hikvision", "hitachi", "home", "host", "hostname", "hp", "hpe",
    "huawei", "hub", "hypervisor", "ibm", "idrac", "ilo", "image", "infrastructure", "intel", "interface", "internal",
    "internet", "ios", "ip", "ipmi", "irix", "isp", "juniper", "junos", "kernel", "kyocera", "lab", "lan", "lancom",
    "lantronix", "laserjet", "lexmark", "linux", "local", "localdomain", "localhost", "location", "loopback", "mail",
    "main", "management", "master", "mellanox", "meraki", "mgmt", "mikrotik", "modem", "module", "monitor", "motorola",
    "multi", "mysql", "nas", "nec", "netapp", "netbsd", "netgear", "netscaler", "network", "nexus", "nms", "node",
    "nokia", "none", "nortel", "not", "null", "nvr", "office", "olt", "omnios", "onu", "openbsd", "opensuse", "openwrt",
    "operating", "oracle", "outdoor", "paloalto", "panasonic", "pdu", "pfsense", "phone", "ping", "platform", "poe",
    "port", "poweredge", "primary", "printer", "procurve", "prod", "production", "proliant", "proxmox", "proxy",
    "public", "qnap", "rack", "radio", "raritan", "raspberry", "redhat", "release", "remote", "removed", "ricoh",
    "room", "root", "router", "routeros", "ruckus", "samsung", "san", "secondary", "sensor", "serial", "series",
    "server", "service", "site", "software", "solaris", "sonicwall", "sophos", "stack", "standalone", "storage", "sun",
    "sunos", "supermicro", "support", "suse", "switch", "symbol", "synology", "system", "telecom", "temperature",
    "test", "tplink", "tripplite", "ubiquiti", "ubnt", "ubuntu", "unifi", "unit", "unix", "unknown", "unspecified",
    "ups", "user", "version", "vertiv", "virtual", "vmware", "voip", "vpn", "vyos", "wan", "web", "wifi", "windows",
    "wireless", "wlan", "wlc", "workstation", "x86", "xen", "xerox", "yamaha", "zebra", "zte", "zyxel",
];

/// Whether this word, in lower case, is technical or a replacement.
#[must_use]
pub fn is_technical(word: &str) -> bool {
    TECHNICAL.binary_search(&word).is_ok() || PLACEHOLDERS.contains(&word)
}

/// Whether a folded term of a device may be searched in that device's own texts.
#[must_use]
pub fn identifies_a_device(term: &str) -> bool {
    term.chars().count() >= 3 && !made_of_nothing_but_technical_words(term) && !is_version_like(term)
}

/// Whether a folded term of one device may be searched in the texts of all: stricter, since chance has more tries.
#[must_use]
pub fn identifies_within_an_install(term: &str) -> bool {
    identifies_a_device(term)
        && term.chars().count() >= 5
        && term.chars().any(|c| c.is_numeric() || matches!(c, '-' | '.' | '_'))
}

fn made_of_nothing_but_technical_words(term: &str) -> bool {
    !is_address(term)
        && term.split(|c: char| !c.is_alphanumeric()).all(|word| {
            word.is_empty() || is_technical(word) || (word.len() < 5 && word.bytes().all(|b| b.is_ascii_digit()))
        })
}

/// `1.2`, `12.1.3`, `v2`: more likely a version than a name. Addresses are not.
fn is_version_like(term: &str) -> bool {
    let digits = term.strip_prefix('v').unwrap_or(term);
    !is_address(term) && digits.contains('.') && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether this is an IPv4 or IPv6 address and nothing else.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.parse::<core::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_technical_words_are_sorted() {
        assert!(TECHNICAL.is_sorted());
    }

    #[test]
    fn technical_words_alone_identify_nothing() {
        for term in ["cisco", "linux server", "core switch 12", "default", "hostname", "ap"] {
            assert!(!identifies_a_device(term), "{term}");
        }
        for term in ["web01", "cisco lyon", "halden dc 3", "10.0.0.7", "foc1234x0ab", "主機室"] {
            assert!(identifies_a_device(term), "{term}");
        }
    }

    #[test]
    fn versions_identify_nothing() {
        assert!(!identifies_a_device("12.4.3"));
        assert!(!identifies_a_device("v2.1"));
    }

    #[test]
    fn across_an_install_only_what_looks_like_a_name_counts() {
        assert!(!identifies_within_an_install("andromeda"));
        assert!(identifies_within_an_install("andromeda-2"));
        assert!(identifies_within_an_install("web01"));
    }
}
