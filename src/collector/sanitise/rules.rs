//! The rules: where identifiers stand (structure) and how they look (patterns).

use super::kind::IdentifierKind::{Email, Fqdn, Hostname, Ip, Mac, Serial, Userhost};
use super::rule::{Keep, Rule};

const DIGITS: &[u8] = b"0123456789";

/// All rules, structure first.
pub const RULES: &[Rule] = &[
    Rule {
        id: "uname.nodename",
        kind: Hostname,
        catches: "The nodename that uname prints after the system's name.",
        pattern: r"(?im)^[ \t]*(?:linux|darwin|(?:free|open|net|dragonfly|midnight)bsd|dragonfly|sunos|hp-ux|gnu/kfreebsd)[ \t]+([^ \t\r\n]+)[ \t]+(?:v?[0-9]|[a-z]\.[0-9])",
        needs: &[b" \t"],
        keeps: &[Keep::Technical, Keep::VendorDefault],
        matches: &[
            ("Linux web01.example.net 5.10.0-26-amd64 #1 SMP x86_64", "Linux hostname 5.10.0-26-amd64 #1 SMP x86_64"),
            ("ACME NMS\nlinux box-7 5.4.0 #1", "ACME NMS\nlinux hostname 5.4.0 #1"),
            ("HP-UX payroll B.11.31 U ia64", "HP-UX hostname B.11.31 U ia64"),
            ("SunOS zone-3 5.11 11.4.0.15.0 sun4v", "SunOS hostname 5.11 11.4.0.15.0 sun4v"),
            ("OpenBSD fw.example.net 7.4 GENERIC.MP#1397 amd64", "OpenBSD hostname 7.4 GENERIC.MP#1397 amd64"),
            ("Linux host-ü 6.1.0", "Linux hostname 6.1.0"),
        ],
        leaves: &[
            "Linux version 5.10.0",
            "Linux (none) 4.4.0 #1",
            "Linux UBNT 3.3.8 #1",
            "Linux 4.19.0-25-amd64 #1 SMP",
            "Darwin Kernel Version 22.6.0",
        ],
    },
    Rule {
        id: "serial.label",
        kind: Serial,
        catches: "What stands after a label that says serial number or service tag.",
        pattern: r"(?i)(?:^|[^a-z0-9\x80-\xFF])(?:s/n|sn[ \t]?[:=#]|serial(?:[ \t_-]?(?:numbers?|num|no|nr|#))?\.?|service[ \t_-]?tag|asset[ \t_-]?tag)[ \t]*[:=#]*[ \t]*([a-z0-9\x80-\xFF][a-z0-9.\-\x80-\xFF]{2,}[a-z0-9\x80-\xFF])",
        needs: &[b"sS", DIGITS],
        keeps: &[Keep::WithoutDigit, Keep::Technical],
        matches: &[
            ("ACME Switch SN:FOC1234X0AB, end", "ACME Switch SN:AAA0000A0AA, end"),
            ("ACME s/n=abc-123.4", "ACME s/n=aaa-000.0"),
            ("Serial Number: 5865780, rev B", "Serial Number: 0000000, rev B"),
            ("PowerEdge R740 Service Tag 4XKQ9Z2", "PowerEdge R740 Service Tag 0AAA0A0"),
            ("Serial#: ÄBC12345", "Serial#: AAA00000"),
        ],
        leaves: &[
            "SNMPv3 agent 1.2.3",
            "OSN 6800",
            "Serial console server",
            "Serial-over-LAN 2 ports",
            "serial port 1",
        ],
    },
    Rule {
        id: "kernel.builder",
        kind: Userhost,
        catches: "Who built the operator's own kernel, as in `(root@host)`.",
        pattern: r"(?:^|[ \t(])([a-zA-Z0-9._-]+@[a-zA-Z0-9][a-zA-Z0-9._-]*)(?:[:) \t\r\n]|$)",
        needs: &[b"@"],
        keeps: &[],
        matches: &[
            ("FreeBSD 13.2: root@builder7:/usr/obj GENERIC", "FreeBSD 13.2: user@hostname:/usr/obj GENERIC"),
            ("Linux version 5.4 (jan@build-3) gcc", "Linux version 5.4 (user@hostname) gcc"),
        ],
        leaves: &["FPC: SRX3k SPC @ 12", "user@hostname:/usr/obj"],
    },
    Rule {
        id: "mail",
        kind: Email,
        catches: "Mail addresses.",
        pattern: r"([a-zA-Z0-9._%+\x80-\xFF-]+@[a-zA-Z0-9\x80-\xFF][a-zA-Z0-9.\x80-\xFF-]*\.[a-zA-Z\x80-\xFF]{2,})",
        needs: &[b"@", b"."],
        keeps: &[],
        matches: &[
            ("Contact: ingrid.haugen@noc.example.org!", "Contact: user@example.com!"),
            ("jürgen@bücher.example", "user@example.com"),
        ],
        leaves: &["user@example.com", "SPC @ 12.3"],
    },
    Rule {
        id: "address.ipv4",
        kind: Ip,
        catches: "IPv4 addresses that no version word stands before.",
        pattern: r"(?:^|[^a-zA-Z0-9.\x80-\xFF_-])([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})(?:[^a-zA-Z0-9.\x80-\xFF_-]|[.,]?(?:[ \t\r\n]|$))",
        needs: &[b".", DIGITS],
        keeps: &[Keep::NoAddress, Keep::AfterVersionWord, Keep::Technical],
        matches: &[("AP at 10.20.30.40, up", "AP at 192.0.2.1, up"), ("ip=172.16.5.9", "ip=192.0.2.1")],
        leaves: &[
            "firmware 2.26.2.30",
            "Version: 4.2.0.5",
            "FW:4.2.0.5-50274",
            "build 1.2.3.4.5",
            "v1.2.3.4",
            "999.1.2.3 here",
        ],
    },
    Rule {
        id: "address.mac",
        kind: Mac,
        catches: "Hardware addresses with colons, dashes or dots.",
        pattern: r"(?:^|[^a-zA-Z0-9\x80-\xFF:.-])((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}-){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4})(?:[^a-zA-Z0-9\x80-\xFF:-]|$)",
        needs: &[b":-.", b"0123456789abcdefABCDEF"],
        keeps: &[],
        matches: &[
            ("MAC de:ad:be:ef:00:17 ok", "MAC 00:00:5e:00:53:00 ok"),
            ("hw DEAD.BEEF.0017", "hw 0000.5E00.5300"),
        ],
        leaves: &["12:34:56 up", "1.3.6.1.4.1", "2020-10-11-12-13-14-15"],
    },
    Rule {
        id: "name.private-domain",
        kind: Fqdn,
        catches: "Names in a domain that is private or reserved for examples.",
        pattern: r"(?i)(?:^|[^a-z0-9.\x80-\xFF_@-])((?:[a-z0-9\x80-\xFF_](?:[a-z0-9\x80-\xFF_-]*[a-z0-9\x80-\xFF])?\.)+(?:local|localdomain|lan|internal|intranet|corp|home|private|test|invalid|example|example\.(?:net|org|com)))(?:[^a-z0-9\x80-\xFF_-]|$)",
        needs: &[b"."],
        keeps: &[],
        matches: &[
            ("UPS ups-3.dc1.corp online", "UPS hostname online"),
            ("printer42.lan", "hostname"),
            ("name=bobs-laptop.local;", "name=hostname;"),
        ],
        leaves: &["http://www.cisco.com/techsupport", "kernel.local_version 5", "a.test-suite"],
    },
];
