//! What a report sends and what it leaves out, from facts to payload and findings.

use crate::findings::{Findings, LeftOut, Reason};
use crate::report::Report;
use crate::{Collector, sanitise};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Value, json};

const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

/// The payload and the findings of facts of these fields.
fn built_by(collector: &Collector, facts: &Value) -> (Value, Findings) {
    let mut facts = facts.clone();
    facts["schema"] = json!(1);
    facts["uuid"] = json!(UUID);
    let Report { payload, findings } = collector.build(facts.to_string().as_bytes()).unwrap();
    (serde_json::from_slice(&payload).unwrap(), findings)
}

fn built(facts: &Value) -> (Value, Findings) {
    built_by(&Collector::new(), facts)
}

/// One text of every pair.
fn texts(payload: &Value, key: &str) -> Vec<String> {
    let pairs = payload["info"].as_array().unwrap().iter();
    pairs.map(|pair| pair[key].as_str().unwrap_or_default().to_string()).collect()
}

/// The labels of a group.
fn labels(payload: &Value, group: &str, label: &str) -> Vec<String> {
    let rows = payload["data"][group].as_array().into_iter().flatten();
    rows.map(|row| row[label].as_str().unwrap_or_default().to_string()).collect()
}

fn left_out(findings: &Findings, field: &str) -> Vec<(Reason, Option<u64>, Option<String>)> {
    let of_field = findings.left_out.iter().filter(|out| out.field == field);
    of_field.map(|LeftOut { reason, entries, named_by, .. }| (*reason, *entries, named_by.clone())).collect()
}

fn device(os: &str, sys_descr: &str) -> Value {
    json!({"os": os, "sysDescr": sys_descr, "sysObjectID": ".1.3.6.1.4.1.9"})
}

#[test]
fn a_withheld_description_leaves_no_pair_and_is_listed() {
    let devices = json!([device("ios", "Cisco IOS 15"), device("junos", "Juniper 12")]);
    let withheld = json!([{"group": "info", "label": "Cisco IOS 15"}]);
    let (payload, findings) = built(&json!({"devices": devices, "consent": {"schema": 1, "withheld": withheld}}));
    assert_eq!(texts(&payload, "sysDescr"), ["Juniper 12"]);
    assert_eq!(left_out(&findings, "info"), [(Reason::Withheld, Some(1), None)]);
}

#[test]
fn a_withheld_system_leaves_no_pair_either() {
    let devices = json!([device("ios", "Cisco IOS 15"), device("ios", "Cisco IOS 16"), device("junos", "Juniper 12")]);
    let withheld = json!([{"group": "os", "label": "ios"}]);
    let (payload, findings) = built(&json!({"devices": devices, "consent": {"schema": 1, "withheld": withheld}}));
    assert_eq!(texts(&payload, "sysDescr"), ["Juniper 12"]);
    assert_eq!(labels(&payload, "os", "os"), ["junos"]);
    assert_eq!(left_out(&findings, "info"), [(Reason::Withheld, Some(2), None)]);
    assert_eq!(left_out(&findings, "os"), [(Reason::Withheld, Some(1), None)]);
}

/// A collector whose finders miss names, so that only the second pass catches them.
fn without_finders() -> Collector {
    let finders =
        ["known.hostname", "known.sysname", "known.neighbour", "admin.term", "name.domain", "name.role", "name.alone"];
    Collector::with_rules(sanitise::Rules::default().without(&finders))
}

#[test]
fn the_second_pass_searches_every_text_of_a_pair() {
    let name = "sw-halden-07";
    let innocent = json!({"os": "acme", "sysDescr": "ACME 7", "sysObjectID": ".1.3"});
    for key in ["os", "sysDescr", "sysObjectID"] {
        let mut named = innocent.clone();
        named[key] = json!(format!("acme {name} x"));
        named["hostname"] = json!(name);
        let (payload, findings) = built_by(&without_finders(), &json!({"devices": [named, innocent]}));
        assert_eq!(texts(&payload, "sysDescr"), ["ACME 7"], "{key}");
        assert_eq!(left_out(&findings, "info"), [(Reason::Identifying, Some(1), Some("hostname".into()))], "{key}");
        assert!(!payload.to_string().contains(name), "{key}");
    }
}

#[test]
fn the_second_pass_knows_the_admins_words() {
    let facts = json!({
        "terms": ["Harbour Street"],
        "counts": {"mempool": [{"label": "pool HARBOUR-street", "rows": 2}, {"label": "pool 7", "rows": 1}]},
        "devices": [device("acme", "ACME harbour.street5"), device("acme", "ACME 7")],
    });
    let (payload, findings) = built_by(&without_finders(), &facts);
    assert_eq!(texts(&payload, "sysDescr"), ["ACME 7"]);
    assert_eq!(labels(&payload, "mempool", "mempool_descr"), ["pool 7"]);
    for field in ["info", "mempool"] {
        assert_eq!(left_out(&findings, field), [(Reason::Identifying, Some(1), Some("terms".into()))]);
    }
    let (payload, findings) = built(&facts);
    assert_eq!(texts(&payload, "sysDescr"), ["ACME 7", "ACME removed5"]);
    assert_eq!(labels(&payload, "mempool", "mempool_descr"), ["pool 7", "pool removed"]);
    assert_eq!(left_out(&findings, "info"), []);
}

#[test]
fn a_version_with_a_known_identifier_is_left_out() {
    let devices = json!([{"hostname": "db01.corp.example", "ip": "10.20.30.40", "sysContact": "John Doe"}]);
    for (php, sent, reason) in [
        ("8.2.29", Some("8.2.29"), None),
        ("5.0.11.2", Some("5.0.11.2"), None),
        ("8.2.29-JohnDoe", Some("8.2.29"), None),
        ("8.2.7 (built by root@build7 on 10.20.30.40)", Some("8.2.7"), None),
        ("8.2.29-db01.corp.example", None, Some(Reason::Identifying)),
        ("db01.corp.example", None, Some(Reason::Identifying)),
        ("10.20.30.40", None, Some(Reason::Identifying)),
        ("1.2-00-1a-2b-3c-4d-5e", Some("1.2"), None),
        ("unknown", None, Some(Reason::NotRead)),
    ] {
        let (payload, findings) = built(&json!({"versions": {"php": php}, "devices": devices}));
        assert_eq!(labels(&payload, "php_version", "version"), sent.into_iter().collect::<Vec<_>>(), "{php}");
        assert_eq!(
            left_out(&findings, "php_version"),
            reason.map(|reason| (reason, None, None)).into_iter().collect::<Vec<_>>(),
            "{php}"
        );
        let cut = findings.cleaned.iter().any(|cleaned| cleaned.field == "php_version");
        assert_eq!(cut, sent.is_some_and(|sent| sent != php), "{php}");
    }
}

#[test]
fn ordinary_versions_are_sent_unchanged_even_if_a_rule_would_match_them_in_a_description() {
    for version in [
        "10.11.6-MariaDB-0+deb12u1",
        "8.2.7-1~deb12u1+b1",
        "8.0.36-0ubuntu0.22.04.1",
        "10.6.16-MariaDB-1:10.6.16+maria~ubu2204",
        "8.1.2-1+ubuntu22.04.1+deb.sury.org+1",
        "5.9.4.pre1",
        "24.8.1-12-gabcdef123",
        "MariaDB 10.11.6",
        "master",
    ] {
        let (payload, _) = built(&json!({"versions": {"database": version}, "devices": []}));
        assert_eq!(labels(&payload, "database_version", "version"), [version]);
    }
}

#[test]
fn the_distribution_field_is_sanitised_like_a_version() {
    let devices = json!([{"hostname": "db01.corp.example", "serial": "FOC1432X0AB", "sysContact": "John Doe"}]);
    for (os, sent) in [
        ("Debian GNU/Linux 12", "Debian GNU/Linux 12"),
        ("Debian 12 db01.corp.example", "Debian 12 hostname"),
        ("Debian 12-FOC1432X0AB", "Debian 12-AAA0000A0AA"),
        ("Debian 12 of John Doe", "Debian 12 of someone"),
        ("Debian 12 00:1a:2b:3c:4d:5e", "Debian 12 00:00:5e:00:53:00"),
    ] {
        let (payload, _) = built(&json!({"versions": {"os": os}, "devices": devices}));
        assert_eq!(labels(&payload, "os_version", "version"), [sent]);
    }
}

#[test]
fn a_model_that_the_device_is_named_after_is_sent_and_passes_the_second_pass() {
    let named = |descr: &str, hardware: &str| json!({"os": "cnos", "sysName": "G8264", "sysDescr": descr, "hardware": hardware, "sysObjectID": ".1.3"});
    let ports = "G8264 (\"48x10GE + 4x40GE\")";
    let (payload, findings) = built(&json!({"devices": [named(ports, "RackSwitch G8264")]}));
    assert_eq!(texts(&payload, "sysDescr"), [ports]);
    assert_eq!(labels(&payload, "hardware", "hardware"), ["RackSwitch G8264"]);
    assert_eq!((left_out(&findings, "info"), left_out(&findings, "hardware")), (Vec::new(), Vec::new()));
    // Where a hostname belongs it is removed, in the same report.
    let host = "Linux G8264 5.10.0-21-amd64 #1 SMP";
    let (payload, _) = built(&json!({"devices": [named(ports, "x"), named(host, "x")]}));
    assert_eq!(texts(&payload, "sysDescr"), [ports, "Linux hostname 5.10.0-21-amd64 #1 SMP"]);
}

#[test]
fn a_word_of_other_devices_hardware_is_a_model_and_one_of_their_names_is_not() {
    let named = json!({"os": "cnos", "sysName": "G8264", "sysDescr": "G8264 ready", "sysObjectID": ".1.3"});
    let other = |name: &str| json!({"os": "cnos", "sysName": name, "hardware": "RackSwitch G8264", "sysDescr": "x", "sysObjectID": ".1.3"});
    for (devices, sent) in [
        (json!([named]), "hostname ready"),
        (json!([named, other("andromeda")]), "G8264 ready"),
        (json!([other("andromeda"), named]), "G8264 ready"),
        (json!([named, other("G8264")]), "hostname ready"),
    ] {
        let (payload, _) = built(&json!({"devices": devices}));
        assert!(texts(&payload, "sysDescr").contains(&sent.into()), "{payload}");
    }
}

#[test]
fn a_name_that_is_a_system_for_one_device_and_a_place_for_another_is_removed() {
    let named = json!({"os": "halden", "sysName": "halden"});
    let placed = json!({"os": "acme", "location": "Halden"});
    let text = device("acme", "ACME Halden 8");
    for (devices, sent) in [
        (json!([named, text]), "ACME Halden 8"),
        (json!([named, placed, text]), "ACME hostname 8"),
        (json!([placed, named, text]), "ACME somewhere 8"),
    ] {
        let (payload, _) = built(&json!({"devices": devices}));
        assert_eq!(texts(&payload, "sysDescr"), [sent]);
    }
}

#[test]
fn a_contact_shared_by_devices_of_several_systems_is_not_a_vendors() {
    let with = |os: &str| json!({"os": os, "sysContact": "Mirabank <support@mirabank.example>", "sysDescr": "Mirabank NGAF", "sysObjectID": ".1.3"});
    let (payload, _) = built(&json!({"devices": [with("acme"), with("acme")]}));
    assert_eq!(texts(&payload, "sysDescr"), ["Mirabank NGAF"]);
    for devices in [json!([with("acme"), with("ios")]), json!([with("ios"), with("acme")])] {
        let (payload, _) = built(&json!({"devices": devices}));
        assert_eq!(texts(&payload, "sysDescr"), ["someone NGAF", "someone NGAF"]);
    }
}

#[test]
fn only_the_beginning_of_a_long_text_is_searched() {
    let long = "Multiservice platform, release 12.3(4) ".repeat(1_600);
    let (payload, findings) = built(&json!({"devices": [device("acme", &long)]}));
    assert_eq!(texts(&payload, "sysDescr"), [long[..255].to_string()]);
    assert_eq!(findings.redactions.len(), 0);
    // A text that would show the end of the searched part is removed, because half of an identifier could be there.
    let dense = "halden7.core.acme-werk.haldenvest.corp.example ".repeat(1_600);
    let named = json!({"os": "acme", "hostname": "halden7.core.acme-werk.haldenvest.corp.example", "sysDescr": dense.repeat(2), "sysObjectID": ".1.3"});
    let (payload, _) = built(&json!({"devices": [named]}));
    assert!(texts(&payload, "sysDescr")[0].starts_with("hostname hostname"));
    let blanks = format!("x{}halden7", " ".repeat(70_000));
    let (payload, _) = built(&json!({"patterns": [" +"], "devices": [device("acme", &blanks)]}));
    assert_eq!(texts(&payload, "sysDescr"), ["removed"]);
}

#[test]
fn hostile_devices_affect_only_their_own_texts() {
    let serial = "4711".repeat(8_000);
    let hostile = |value: &str| json!({"os": "acme", "serial": value, "hardware": "ACME", "sysDescr": "4711".repeat(16_000), "sysObjectID": ".1.3"});
    let mut devices: Vec<Value> = (0..40).map(|at| hostile(&format!("{serial}{at}"))).collect();
    devices.push(device("ios", "Cisco IOS 15"));
    let (payload, findings) = built(&json!({"devices": devices}));
    assert_eq!(texts(&payload, "sysDescr"), ["removed", "Cisco IOS 15"]);
    let rules = findings.redactions.iter().flat_map(|redacted| &redacted.redactions).map(|redaction| &*redaction.rule);
    assert_eq!(rules.collect::<Vec<_>>(), ["too-long", "too-long"]);
    let rows: u64 = findings.redactions.iter().map(|redacted| redacted.rows).sum();
    assert_eq!(rows, 80);
}

#[test]
fn a_pattern_that_matches_everything_leaves_one_word_in_one_round() {
    let text = "ACME 7 unit ".repeat(300);
    let (payload, findings) = built(&json!({"patterns": ["."], "devices": [device("acme", &text)]}));
    assert_eq!(texts(&payload, "sysDescr"), ["removed"]);
    let of_description = findings.redactions.iter().filter(|redacted| redacted.field == "info.sysDescr");
    let redactions: Vec<_> = of_description.flat_map(|redacted| &redacted.redactions).collect();
    assert_eq!(redactions.len(), 1);
    assert_eq!((&*redactions[0].rule, redactions[0].end), ("admin.pattern", text.len()));
}

#[test]
fn a_typed_description_loses_its_words_and_the_hardware_field_does_not() {
    let typed = json!({"os": "fortigate", "hardware": "FortiGate Ostvik 60F_3G4G", "sysDescr": "Ostvik FW", "sysObjectID": ".1.3"});
    let (payload, _) = built(&json!({"devices": [typed]}));
    assert_eq!(labels(&payload, "hardware", "hardware"), ["FortiGate Ostvik 60F_3G4G"]);
    assert_eq!(texts(&payload, "sysDescr"), ["Ostvik FW"]);
    let typed =
        json!({"os": "fortigate", "hardware": "FortiGate Rugged 60F", "sysDescr": "Ostvik FW", "sysObjectID": ".1.3"});
    let (payload, _) = built(&json!({"devices": [typed]}));
    assert_eq!(texts(&payload, "sysDescr"), ["somebody FW"]);
    // The whole description may be the device's name. People do not type the hardware field.
    let both = "FortiGate Tundra 60F";
    let typed = json!({"os": "fortigate", "hardware": both, "sysDescr": both, "sysObjectID": ".1.3"});
    let (payload, _) = built(&json!({"devices": [typed]}));
    assert_eq!(labels(&payload, "hardware", "hardware"), [both]);
    assert_eq!(texts(&payload, "sysDescr"), ["FortiGate somebody 60F"]);
}

#[test]
fn a_numeric_term_does_not_remove_object_identifiers() {
    let (payload, findings) = built(&json!({"terms": ["3"], "devices": [device("acme", "ACME 3")]}));
    assert_eq!(texts(&payload, "sysDescr"), ["ACME removed"]);
    assert_eq!(left_out(&findings, "info"), []);
}

#[test]
fn the_beginning_of_a_long_value_is_removed_from_other_devices_texts() {
    let contact = format!("Ingrid Haugen, {}, Omar Petrov", "x".repeat(sanitise::terms::MAX_VALUE));
    let long = json!({"os": "acme", "sysContact": contact});
    let (payload, _) = built(&json!({"devices": [long, device("acme", "by Ingrid Haugen and Omar Petrov")]}));
    assert_eq!(texts(&payload, "sysDescr"), ["by someone and Omar Petrov"]);
}
