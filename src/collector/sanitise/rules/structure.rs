//! Where identifiers stand by a description's structure.

use crate::sanitise::find::{names, uname};
use crate::sanitise::keep::Keep;
use crate::sanitise::kind::IdentifierKind::{Customer, Hostname, Serial, Userhost};
use crate::sanitise::rule::{Finder, Rule, counterexamples, documented, examples};
use crate::sanitise::scan::Traits;

/// The rules.
pub const RULES: &[Rule] = &[
    Rule {
        id: "uname.nodename",
        kind: Hostname,
        catches: documented(
            "The nodename that uname prints between the system's name and its release, and the host before `FreeBSD` as bsnmpd prints it.",
        ),
        needs: Traits::DOT.and(Traits::DIGIT),
        triggers: uname::TRIGGERS,
        finder: Finder::Code(uname::nodename),
        keeps: &[Keep::Technical, Keep::VendorDefault],
        matches: examples(&[
            ("Linux web01.example.net 5.10.0-26-amd64 #1 SMP x86_64", "Linux hostname 5.10.0-26-amd64 #1 SMP x86_64"),
            ("ACME NMS\nlinux box-7 5.4.0 #1", "ACME NMS\nlinux hostname 5.4.0 #1"),
            ("HP-UX payroll B.11.31 U ia64", "HP-UX hostname B.11.31 U ia64"),
            ("SunOS zone-3 5.11 11.4.0.15.0 sun4v", "SunOS hostname 5.11 11.4.0.15.0 sun4v"),
            ("OpenBSD fw.example.net 7.4 GENERIC.MP#1397 amd64", "OpenBSD hostname 7.4 GENERIC.MP#1397 amd64"),
            ("Linux host-ü 6.1.0", "Linux hostname 6.1.0"),
            ("Linux Halden Room 4 3.18.29 #1 Wed Jun 29", "Linux hostname 3.18.29 #1 Wed Jun 29"),
            ("Linux 3.4-acme 4.19.94 #1 SMP", "Linux hostname 4.19.94 #1 SMP"),
            ("nas7.acme.example 3603020406 FreeBSD 12.1-RELEASE", "hostname 3603020406 FreeBSD 12.1-RELEASE"),
        ]),
        leaves: counterexamples(&[
            "Linux GXW4200 2.6.28.8 #187",
            "Linux version 5.10.0",
            "Linux (none) 4.4.0 #1",
            "Linux UBNT 3.3.8 #1",
            "Linux 4.19.0-25-amd64 #1 SMP",
            "Darwin Kernel Version 22.6.0",
            "Linux 6.1.0 | DELL 7.2",
        ]),
    },
    Rule {
        id: "uname.hostid",
        kind: Serial,
        catches: documented("The host's number that bsnmpd and Isilon print before the system's name."),
        needs: Traits::DOT.and(Traits::NUMBER),
        triggers: &["freebsd", "onefs", "netbsd", "openbsd", "dragonfly"],
        finder: Finder::Code(uname::host_id),
        keeps: &[],
        matches: examples(&[("nas7 3603020406 FreeBSD 12.1-RELEASE", "nas7 0000000000 FreeBSD 12.1-RELEASE")]),
        leaves: counterexamples(&["ACME 12 FreeBSD 12.1-RELEASE", "20240102 build 123456 of FreeBSD"]),
    },
    Rule {
        id: "kernel.config",
        kind: Customer,
        catches: documented("The name of the operator's own kernel configuration in a BSD's build line."),
        needs: Traits::DIGIT,
        triggers: &["freebsd", "netbsd", "openbsd", "dragonfly"],
        finder: Finder::Code(uname::kernel_config),
        keeps: &[Keep::KernelConfig],
        matches: examples(&[
            ("FreeBSD 12.2 root@b7:/usr/src/sys/ACMEWERK amd64", "FreeBSD 12.2 root@b7:/usr/src/sys/somebody amd64"),
            ("NetBSD nas7 8.1 NetBSD 8.1 (ACMEWERK) #2: Sun Jun", "NetBSD nas7 8.1 NetBSD 8.1 (somebody) #2: Sun Jun"),
        ]),
        leaves: counterexamples(&[
            "FreeBSD 12.2 root@b7:/usr/obj/sys/GENERIC amd64",
            "FreeBSD 12.2 root@b7:/usr/src/sys/GENERIC-NODEBUG",
        ]),
    },
    Rule {
        id: "kernel.localversion",
        kind: Customer,
        catches: documented("The operator's name in the release of the operator's own kernel."),
        needs: Traits::HYPHEN.and(Traits::DOT).and(Traits::DIGIT),
        triggers: &["linux"],
        finder: Finder::Code(uname::local_version),
        keeps: &[Keep::Technical],
        matches: examples(&[("Linux nas7 4.19.152-acmewerk-prod #4 SMP", "Linux nas7 4.19.152-somebody-prod #4 SMP")]),
        leaves: counterexamples(&[
            "Linux nas7 4.4.1-android-prod #2",
            "Linux nas7 6.6.96-lighthouse-yocto-standard #1",
            "Linux nas7 4.15.0-72-generic #81",
            "Linux nas7 5.4.1-sunxi-edge",
        ]),
    },
    Rule {
        id: "name.set-apart",
        kind: Hostname,
        catches: documented("A host's name in brackets or quotes, before a prompt's sign, first or last."),
        needs: Traits::NUMBERED,
        triggers: names::ROLES,
        finder: Finder::Code(names::set_apart),
        keeps: &[],
        matches: examples(&[
            ("ACME switch [halden-spine3]", "ACME switch [hostname]"),
            ("pdu6-pop3# ACME 7.02", "hostname# ACME 7.02"),
            ("ACME NAS (\"web19\")", "ACME NAS (\"hostname\")"),
        ]),
        leaves: counterexamples(&["ACME IOS (fc3)", "[st_dev] (b088e78e8d)", "ACME (k9) \"G3\"", "AP-2: ready"]),
    },
    Rule {
        id: "name.capitals",
        kind: Hostname,
        catches: documented("A host's name in capitals, put together of a name, a role and a number."),
        needs: Traits::LONG.and(Traits::NUMBERED),
        triggers: &[],
        finder: Finder::Code(names::in_capitals),
        keeps: &[],
        matches: examples(&[
            ("HALDENFW080: ACME 7", "hostname: ACME 7"),
            ("ACME 7.2\r\nNORDGW08", "ACME 7.2\r\nhostname"),
        ]),
        leaves: counterexamples(&["ACME SMARTUPS750 x", "FENNUPS7730", "x HALDENFW080 y"]),
    },
    Rule {
        id: "name.alone",
        kind: Hostname,
        catches: documented("A description that is nothing but one word in lower case, and no technical one."),
        needs: Traits::NONE,
        triggers: &[],
        finder: Finder::Code(names::alone),
        keeps: &[],
        matches: examples(&[("halden-ns4", "hostname"), ("vm26", "hostname"), ("zarathustra", "hostname")]),
        leaves: counterexamples(&["net-pdu", "AT-GS950/24", "server", "V220100"]),
    },
    Rule {
        id: "userhost",
        kind: Userhost,
        catches: documented("Who is where, as in `(root@host)` after a kernel's version."),
        needs: Traits::AT,
        triggers: &[],
        finder: Finder::Pattern {
            pattern: r"[a-zA-Z0-9._-]+@[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?",
            before: "@",
            after: "@",
        },
        keeps: &[Keep::DigitsOnly, Keep::ProjectBuilder],
        matches: examples(&[
            ("FreeBSD 13.2: root@builder7:/usr/obj GENERIC", "FreeBSD 13.2: user@hostname:/usr/obj GENERIC"),
            ("Linux version 5.4 (jan@build-3) gcc", "Linux version 5.4 (user@hostname) gcc"),
        ]),
        leaves: counterexamples(&[
            "0@12",
            "FreeBSD 14.0 root@releng3.nyi.freebsd.org:/usr/obj GENERIC",
            "FPC: SRX3k SPC @ 12",
            "user@hostname:/usr/obj",
            "SMP @1435203969",
        ]),
    },
];
