//! The sanitiser's promises, as properties of any text, and what happens if a rule is missing.

use anyhow::{Context, Result, ensure};
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_collector::sanitise::rule::Rule;
use callback_collector::sanitise::rules::RULES;
use callback_collector::sanitise::{IdentifierKind, Rules};
use callback_collector::{Collector, Device};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

fn sanitised(collector: &Collector, device: &Device<'_>) -> String {
    collector.sanitise_device(device).sys_descr.unwrap_or_default()
}

fn described(text: &str) -> Device<'_> {
    Device { sys_descr: Some(text.into()), ..Device::default() }
}

/// Texts like descriptions: words, numbers, punctuation, names, other scripts, control characters.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z]{1,9}",
        3 => "[0-9]{1,12}",
        4 => "[ .:/=#@()\\[\\]<>\"'|,;+_\\\\-]{1,3}",
        3 => prop::sample::select(vec![
            "Linux ", "serial number: ", "SN:", "contact ", "Location: ", "http://", "hostname", "0.0.0.0", "::", "user@example.com", "somewhere", " 5.10.0-21 #1 ", "FreeBSD ", "vlan 7 ", "rack 12 ",
            "Building 4", "community ", "MAC ", "00:00:5e:00:53:00", "AS64512", "x2508", "secret 5 ", "\u{fffd}[0m", "'s ", "admin/", "name=",
        ]).prop_map(str::to_owned),
        1 => "[à-ÿЀ-ӿ一-丿ぁ-ん가-각]{1,4}",
        1 => "\\PC{1,3}",
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn run<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) -> Result<()>
where
    S::Value: std::fmt::Debug,
{
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&strategy, test).map_err(|error| anyhow::anyhow!("{error}"))
}

#[test]
fn sanitising_twice_changes_nothing_and_never_makes_a_text_much_longer() -> Result<()> {
    let collector = Collector::new();
    run(4_000, texts(), |text| {
        let once = sanitised(&collector, &described(&text));
        let twice = sanitised(&collector, &described(&once));
        prop_assert_eq!(&once, &twice, "of {:?}", text);
        // The longest replacement replaces at least three bytes.
        prop_assert!(once.len() <= 16 + text.len() * 6, "{} bytes became {}", text.len(), once.len());
        Ok(())
    })
}

#[test]
fn the_module_sanitises_any_text_like_the_native_collector() -> Result<()> {
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    let instance = std::cell::RefCell::new(sandbox.instance()?);
    let collector = Collector::new();
    run(1_500, (texts(), texts()), |(text, name)| {
        let device = json!({"sysDescr": text, "hostname": name, "location": name}).to_string();
        let module = instance
            .borrow_mut()
            .sanitise(device.as_bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        let module: Value = serde_json::from_slice(&module).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let native =
            collector.sanitise(device.as_bytes()).map_err(|problem| TestCaseError::fail(problem.to_string()))?;
        prop_assert_eq!(module, serde_json::to_value(native).unwrap_or_default());
        Ok(())
    })
}

/// Identifiers of each kind, and contexts in which they may occur.
fn planted() -> impl Strategy<Value = (&'static str, String)> {
    prop_oneof![
        ("[a-z]{3,8}-(sw|rtr|fw)[0-9]{2}", "[a-z]{4,8}")
            .prop_map(|(label, domain)| ("hostname", format!("{label}.{domain}.example"))),
        "[A-Z]{3}[0-9]{4}[A-Z0-9]{4}".prop_map(|serial| ("serial", serial)),
        "10\\.[1-9][0-9]\\.[1-9][0-9]\\.1[0-9]{2}".prop_map(|ip| ("ip", ip)),
        "[A-Z][a-z]{4,8} [A-Z][a-zà-ö]{4,9}".prop_map(|name| ("sysContact", name)),
        "[A-Z][a-zà-ö]{4,9}, Keller [0-9]{1,2}".prop_map(|place| ("location", place)),
    ]
}

#[test]
fn known_identifiers_are_removed_in_every_context_and_case() -> Result<()> {
    let collector = Collector::new();
    let frame = (
        prop::sample::select(vec!["", "ACME Switch 7.2 ", "Linux ", "at ", "x: ", "(", "\"", "名", "SN ", "-", "\n"]),
        prop::sample::select(vec!["", " 5.10.0-21-amd64 #1 SMP", ", ACME", ")", "\"", "名", " - v2", "\r\n"]),
        prop::sample::select(vec![
            str::to_owned as fn(&str) -> String,
            |s| s.to_lowercase(),
            |s| s.to_uppercase(),
            |s| s.replace([' ', '-'], "_"),
        ]),
    );
    run(4_000, (planted(), frame), |((field, value), (before, after, written))| {
        let mut device = described("");
        let text = format!("{before}{}{after}", written(&value));
        device.sys_descr = Some(text.as_str().into());
        match field {
            "hostname" => device.hostname = Some(value.as_str().into()),
            "serial" => device.serial = Some(value.as_str().into()),
            "ip" => device.ip = Some(value.as_str().into()),
            "sysContact" => device.sys_contact = Some(value.as_str().into()),
            _ => device.location = Some(value.as_str().into()),
        }
        let left = sanitised(&collector, &device).to_lowercase().replace('_', " ");
        for part in value.split(", ").filter(|part| part.len() > 4) {
            prop_assert!(
                !left.contains(&part.to_lowercase().replace('-', " ")) && !left.contains(&part.to_lowercase()),
                "{field} {value:?} in {text:?} left {left:?}"
            );
        }
        Ok(())
    })
}

#[test]
fn the_cost_of_hostile_texts_grows_with_their_length() -> Result<()> {
    // Fuel counts instructions, so this is not a timing: a text that costs more than its length allows runs out of
    // it.
    let limits = Limits::default();
    let sandbox = Sandbox::new(&Module::embedded()?, None, limits)?;
    for unit in [
        ".",
        "-",
        "a.",
        "1.",
        "a@",
        "(",
        "[[",
        "Linux ",
        "serial ",
        "0:",
        "::",
        "1 ",
        "a-1-",
        "É",
        "名",
        "\u{301}",
        "\u{fffd}[0",
        "x@y.",
        "+1 2",
        "A1B2C3D4E5F6 ",
        "'s X",
        "/sys/",
        "at dot ",
    ] {
        let text = unit.repeat(60_000 / unit.len());
        let device = serde_json::to_vec(&json!({"sysDescr": text, "hostname": "a-1", "serial": "A1B2C3D4E5F6"}))?;
        let result = sandbox.instance()?.sanitise(&device);
        ensure!(result.is_ok(), "{unit:?}: {:?}", result.err().map(|error| error.to_string()));
    }
    Ok(())
}

#[test]
fn the_second_pass_catches_what_a_missing_finder_misses() -> Result<()> {
    // The texts of one device contain every identifying field of another device and of itself.
    let named = [
        (
            "hostname",
            "sw-halden-07.acme.example",
            vec!["known.hostname", "known.neighbour", "name.domain", "name.role"],
        ),
        ("sysName", "zarathustra", vec!["known.sysname", "known.neighbour"]),
        ("ip", "172.20.30.41", vec!["known.ip", "address.ipv4"]),
        ("serial", "Q7Z-4711-0815", vec!["known.serial", "label.serial"]),
        ("sysContact", "Ingrid Haugen", vec!["known.contact", "label.contact"]),
        ("location", "Halden Keller", vec!["known.location"]),
    ];
    for (field, value, finders) in named {
        let text = format!("ACME 7 unit {value} ready");
        let device = json!({"os": "acme", "sysObjectID": ".1.3.6.1", "sysDescr": text, "hardware": text, field: value});
        let facts = serde_json::to_vec(&json!({"schema": 1, "uuid": UUID, "devices": [device]}))?;
        let all = Collector::new().build(&facts).map_err(|problem| anyhow::anyhow!("{problem}"))?;
        ensure!(!String::from_utf8_lossy(&all.payload).contains(value), "{field} is in the payload");
        ensure!(all.findings.left_out.iter().all(|out| out.named_by.is_none()), "{field} was left to the net");
        let without = Collector::with_rules(Rules::default().without(&finders));
        let report = without.build(&facts).map_err(|problem| anyhow::anyhow!("{problem}"))?;
        let payload = String::from_utf8(report.payload)?;
        ensure!(!payload.contains(value), "{field} went through the net");
        let held: Vec<_> =
            report.findings.left_out.iter().filter(|out| out.named_by.as_deref() == Some(field)).collect();
        let fields: Vec<_> = held.iter().map(|out| out.field.as_str()).collect();
        ensure!(fields == ["hardware", "info"], "{field}: withheld {fields:?}");
    }
    Ok(())
}

#[test]
fn the_admins_words_and_patterns_are_removed_everywhere() -> Result<()> {
    let facts = json!({
        "schema": 1, "uuid": UUID, "terms": ["Ømega Werk"], "patterns": ["(?i)proj-[0-9]{2}", "temper"],
        "counts": {"sensors": [{"label": "temperature", "rows": 3}], "mempool": [{"label": "Pool ØMEGA werk", "rows": 2}]},
        "devices": [{"os": "acme", "hardware": "X PROJ-47", "sysDescr": "ACME ømega WERK proj-11", "sysObjectID": ".1.3.6.1"}],
    });
    let report =
        Collector::new().build(&serde_json::to_vec(&facts)?).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let payload = String::from_utf8(report.payload)?.to_lowercase();
    for gone in ["mega", "proj-", "temper"] {
        ensure!(!payload.contains(gone), "{gone} is still there: {payload}");
    }
    ensure!(payload.contains("acme removed removed") && payload.contains("pool removed"), "{payload}");
    Ok(())
}

#[test]
fn an_invalid_or_huge_pattern_of_the_admin_is_rejected_without_quoting_it() -> Result<()> {
    // The last three compile if another crate enables Unicode tables, as here; the module has none.
    for pattern in ["(unclosed-acme", "(a{500}){500}", "\\p{Greek}", "(?u)\\w+", "(?iu)acme", "(?u)\\bacme\\b"] {
        let facts = json!({"schema": 1, "uuid": UUID, "patterns": ["fine", pattern]});
        let problem = Collector::new().build(&serde_json::to_vec(&facts)?).err().context("it was taken")?;
        ensure!(problem.path == "patterns[1]" && !problem.to_string().contains("acme"), "{problem}");
    }
    Ok(())
}

#[test]
fn the_native_collector_accepts_the_patterns_that_the_module_accepts() -> Result<()> {
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    let mut taken = 0;
    for pattern in [
        "acme",
        "(?i)acme",
        "(?i-u)acme",
        "\\bacme\\b",
        "\\w+",
        "[[:alpha:]]+",
        "(?x) acme # x",
        "é+",
        "(?u)\\w+",
        "(?iu)acme",
        "(?u)\\bacme\\b",
        "(?u)acme",
        "a(?u:b)",
        "(?x)( # x\n?u)acme",
        "\\p{L}",
        "(?i)é",
        "[é-ü]",
    ] {
        let facts = serde_json::to_vec(&json!({"schema": 1, "uuid": UUID, "patterns": [pattern]}))?;
        let native = Collector::new().build(&facts).is_ok();
        let module = sandbox.instance()?.build(&facts).is_ok();
        ensure!(native == module, "{pattern}: native {native}, module {module}");
        taken += usize::from(native);
    }
    ensure!(taken >= 8, "only {taken} were taken");
    Ok(())
}

#[test]
fn hostile_devices_lose_their_own_texts_but_not_the_report() -> Result<()> {
    // Fuel counts instructions, so this is not a timing.
    let limits = Limits { fuel: 4_000_000_000, ..Limits::default() };
    let sandbox = Sandbox::new(&Module::embedded()?, None, limits)?;
    let text = "4711".repeat(16_000);
    for serial in ["4711".repeat(8_000), "4711".repeat(250)] {
        let mut devices: Vec<Value> = (0..40)
            .map(|at| json!({"os": "acme", "serial": format!("{serial}{at}"), "sysDescr": text, "sysObjectID": ".1.3"}))
            .collect();
        devices.push(json!({"os": "ios", "sysDescr": "Cisco IOS 15", "sysObjectID": ".1.3"}));
        let facts = serde_json::to_vec(&json!({"schema": 1, "uuid": UUID, "patterns": ["."], "devices": devices}))?;
        let facts_without = serde_json::to_vec(&json!({"schema": 1, "uuid": UUID, "devices": devices}))?;
        sandbox.instance()?.build(&facts)?;
        let built = sandbox.instance()?.build(&facts_without)?;
        let payload: Value = serde_json::from_slice(&built.payload)?;
        ensure!(payload["info"].to_string().contains("Cisco IOS 15"), "the other device is not in it");
    }
    Ok(())
}

/// Whether all examples of a rule still hold with another table of rules.
fn examples_kept(table: Vec<Rule>, rule: &Rule) -> bool {
    let collector = Collector::with_rules(Rules::of(Vec::leak(table)));
    let as_before = |text: &str, expected: &str| sanitised(&collector, &described(text)) == expected;
    let whole = Collector::new();
    rule.matches.iter().map(|(text, _)| *text).chain(rule.leaves.iter().copied()).all(|text| {
        let expected = sanitised(&whole, &described(text));
        as_before(text, &expected)
    })
}

#[test]
fn removing_or_breaking_any_rule_fails_an_example() {
    let mut unnoticed = Vec::new();
    for (at, rule) in RULES.iter().enumerate() {
        let mut removed: Vec<Rule> = RULES.to_vec();
        removed.remove(at);
        if examples_kept(removed, rule) {
            unnoticed.push(format!("{} removed", rule.id));
        }
        for (keep, _) in rule.keeps.iter().enumerate() {
            let mut broken: Vec<Rule> = RULES.to_vec();
            let mut keeps = rule.keeps.to_vec();
            let dropped = keeps.remove(keep);
            broken[at].keeps = Vec::leak(keeps);
            if examples_kept(broken, rule) {
                unnoticed.push(format!("{} without {dropped:?}", rule.id));
            }
        }
    }
    assert!(unnoticed.is_empty(), "no example notices {} mutants:\n{}", unnoticed.len(), unnoticed.join("\n"));
}

#[test]
fn every_kind_of_identifier_has_a_finder() {
    for kind in
        [IdentifierKind::Fqdn, IdentifierKind::Gps, IdentifierKind::Imei, IdentifierKind::Secret, IdentifierKind::Url]
    {
        assert!(RULES.iter().any(|rule| rule.kind == kind), "{kind:?}");
    }
}
