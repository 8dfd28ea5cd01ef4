//! The finders that are not rules in the tables of [`rules`](super::rules), for the documentation and its test: known
//! identifiers, the admin's own words, and texts that are removed whole.

use super::IdentifierKind;

/// A finder with an example.
#[derive(Debug, Clone, Copy)]
pub struct Documented {
    /// Its name in findings.
    pub id: &'static str,
    /// What it finds.
    pub kind: IdentifierKind,
    /// What it catches, in a sentence.
    pub catches: &'static str,
    /// What the facts of the example contain: a field of the device (`hostname`, or `neighbour` for another device's), `terms`,
    /// or `patterns`, with its value.
    pub given: &'static [(&'static str, &'static str)],
    /// A text before and after.
    pub example: (&'static str, &'static str),
    /// A text that stays, with the same facts.
    pub leaves: &'static str,
}

/// All of them, in the order of precedence for equal matches.
pub const FINDERS: &[Documented] = &[
    Documented {
        id: "known.hostname",
        kind: IdentifierKind::Hostname,
        catches: "The device's hostname, its first label and its domains, with any separators.",
        given: &[("hostname", "sw-halden-07.acme.example")],
        example: ("ACME 7 SW_HALDEN_07", "ACME 7 hostname"),
        leaves: "ACME 7 halden-70",
    },
    Documented {
        id: "known.sysname",
        kind: IdentifierKind::Hostname,
        catches: "The device's sysName, unless it is the vendor, product or model in that position.",
        given: &[("sysName", "X8264")],
        example: ("ACME 7 on X8264", "ACME 7 on hostname"),
        leaves: "X8264 (\"48x10GE + 4x40GE\")",
    },
    Documented {
        id: "known.display",
        kind: IdentifierKind::Hostname,
        catches: "The device's display name in LibreNMS.",
        given: &[("display", "Ostvik ring seven")],
        example: ("ACME 7, ostvik-ring-seven", "ACME 7, hostname"),
        leaves: "ACME 7, ring seven",
    },
    Documented {
        id: "known.neighbour",
        kind: IdentifierKind::Hostname,
        catches: "The names of the install's other devices, if they have four or more letters and digits.",
        given: &[("neighbour", "sw-halden-07")],
        example: ("uplink to sw.halden.07", "uplink to hostname"),
        leaves: "uplink to sw 07",
    },
    Documented {
        id: "known.ip",
        kind: IdentifierKind::Ip,
        catches: "The device's IP addresses, even next to letters or with other separators.",
        given: &[("ip", "10.20.3.5")],
        example: ("ACME ip-10-20-3-5", "ACME ip-0.0.0.0"),
        leaves: "ACME 10.20.3.50",
    },
    Documented {
        id: "known.serial",
        kind: IdentifierKind::Serial,
        catches: "The device's serial number, with or without separators, even next to letters.",
        given: &[("serial", "QXZ-4711-X0")],
        example: ("ACME 7 VQXZ4711X0_2", "ACME 7 VAAA0000A0_2"),
        leaves: "ACME 7 QXZ4711",
    },
    Documented {
        id: "known.contact",
        kind: IdentifierKind::Person,
        catches: "Each name, email address and phone number in the device's contact, except the vendor in a copyright line.",
        given: &[("sysContact", "Ingrid Haugen, Ostvik Technologies Co., Ltd.")],
        example: ("ACME 7 by ingrid.haugen", "ACME 7 by someone"),
        leaves: "ACME 7 Copyright (c) 2016 Ostvik Technologies Co., Ltd.",
    },
    Documented {
        id: "known.location",
        kind: IdentifierKind::Location,
        catches: "The device's location, whole or in part, except the vendor's city in a copyright line.",
        given: &[("location", "Ostvik, ring seven")],
        example: ("ACME 7 at Ostvik", "ACME 7 at somewhere"),
        leaves: "ACME 7 (C) 2016 Ostvik Electronics Inc.",
    },
    Documented {
        id: "description.typed",
        kind: IdentifierKind::Customer,
        catches: "Words in descriptions that an admin can edit (FortiOS has a setting for it), except technical words, product names and words of the device's hardware field.",
        given: &[("os", "fortigate"), ("hardware", "FortiGate Tundra 60F")],
        example: ("FortiGate Tundra 60F Ostvik", "FortiGate Tundra 60F somebody"),
        leaves: "FortiGate Rugged 60F_3G4G",
    },
    Documented {
        id: "admin.term",
        kind: IdentifierKind::Term,
        catches: "The admin's own words, in any case, with any separators, next to digits, and as a part of a CamelCase word.",
        given: &[("terms", "Harbour Street")],
        example: ("ACME harbour-street2", "ACME removed2"),
        leaves: "ACME harbour 5 street",
    },
    Documented {
        id: "admin.pattern",
        kind: IdentifierKind::Term,
        catches: "Text that matches the admin's own patterns.",
        given: &[("patterns", "proj-[0-9]+")],
        example: ("ACME proj-47", "ACME removed"),
        leaves: "ACME proj-x",
    },
    Documented {
        id: super::TOO_ENTANGLED,
        kind: IdentifierKind::Term,
        catches: "The whole text, if each replacement reveals another identifier.",
        given: &[("patterns", "x|removed [0-9]")],
        example: ("ACME x 1 2 3 4 5 6 7 8 9", "removed"),
        leaves: "ACME 7",
    },
    Documented {
        id: super::TOO_LONG,
        kind: IdentifierKind::Term,
        catches: "The whole text, if the device has a name, serial number, address, contact or location of more than 1,024 bytes; or if the text has more than 4,096 bytes and its sanitised start is shorter than what can be sent.",
        given: &[],
        example: ("", ""),
        leaves: "ACME 7",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collector;
    use alloc::string::ToString;
    use alloc::vec::Vec;
    use serde_json::json;

    #[test]
    fn every_finder_does_what_its_example_says() {
        let mut tried = 0;
        for finder in FINDERS {
            let report = |text: &str| {
                let mut device = json!({"os": "acme", "sysObjectID": ".1.3", "sysDescr": text});
                let mut facts = json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11"});
                let mut other = json!({"os": "acme"});
                for (field, value) in finder.given {
                    match *field {
                        "terms" | "patterns" => facts[*field] = json!([value]),
                        "neighbour" => other["hostname"] = json!(value),
                        _ => device[*field] = json!(value),
                    }
                }
                facts["devices"] = json!([device, other]);
                let report = Collector::new().build(facts.to_string().as_bytes()).unwrap();
                let payload: serde_json::Value = serde_json::from_slice(&report.payload).unwrap();
                (payload["info"][0]["sysDescr"].as_str().unwrap_or_default().to_string(), report.findings)
            };
            assert_eq!(report(finder.leaves).0, finder.leaves, "{}", finder.id);
            let (before, after) = finder.example;
            if before.is_empty() {
                continue;
            }
            let (left, findings) = report(before);
            assert_eq!(left, after, "{}", finder.id);
            let of_description = findings.redactions.iter().filter(|redacted| redacted.field == "info.sysDescr");
            let made: Vec<_> =
                of_description.flat_map(|redacted| &redacted.redactions).map(|made| (&*made.rule, made.kind)).collect();
            assert_eq!(made, [(finder.id, finder.kind)]);
            tried += 1;
        }
        assert_eq!(tried + 1, FINDERS.len());
    }
}
