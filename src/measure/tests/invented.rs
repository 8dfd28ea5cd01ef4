//! The metamorphic tests on invented rows, which need no corpus: nothing may be missed here.

use callback_collector::Collector;
use callback_measure::check::check;
use callback_measure::metamorphic::dice::Dice;
use callback_measure::metamorphic::grammar::Compiled;
use callback_measure::metamorphic::identifiers;
use callback_measure::metamorphic::versions::Workshop;
use callback_measure::metamorphic::{self, Part};
use callback_measure::rows::{Mark, Row};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Descriptions with an identifier each, in `⟦⟧`, and its kind.
const LABELLED: &[(&str, &str)] = &[
    ("Linux ⟦halden-sw7⟧ 5.10.0-26-amd64 #1 SMP Debian 5.10.197-1 x86_64", "hostname"),
    ("Linux ⟦nidaros⟧ 3.10.0-1160.el7.x86_64 #1 SMP Mon Oct 19 16:18:59 UTC 2020 x86_64", "hostname"),
    ("FreeBSD ⟦web01⟧ 12.2-RELEASE FreeBSD 12.2-RELEASE r366954 GENERIC amd64", "hostname"),
    ("OpenBSD ⟦fw2.acme.example⟧ 7.4 GENERIC.MP#1397 amd64", "fqdn"),
    ("Linux ⟦db4.acme.lan⟧ 6.1.0-43-amd64 #1 SMP PREEMPT_DYNAMIC x86_64", "fqdn"),
    ("ACME Switch 24 Version 4.1.16, hostname=⟦core9⟧", "hostname"),
    ("ACME Switch 24 [⟦halden-spine3⟧] Version 4.1.16", "hostname"),
    ("ACME Router, Serial Number: ⟦FOC1234X0AB⟧, Version 7.2", "serial"),
    ("ACME Router 7.2 S/N ⟦393300200125⟧", "serial"),
    ("ACME UPS 3000 (SN: ⟦WA9814786862⟧)", "serial"),
    ("ACME Router; contact: ⟦ingrid.haugen@noc.acme.example⟧; 7.2", "email"),
    ("ACME Router, Contact: ⟦Ingrid Haugen⟧, Version 7.2", "person"),
    ("ACME UPS (Owner: ⟦Jan Kowalski⟧)", "person"),
    ("ACME Switch, MAC ⟦d8:3c:89:02:01:17⟧ - 24 ports", "mac"),
    ("ACME Switch ⟦d8-3c-89-02-01-17⟧", "mac"),
    ("ACME Router, IP address ⟦10.120.30.140⟧, Version 7.2", "ip"),
    ("ACME Router, ip=⟦2001:db8:117e::60⟧ up", "ip"),
    ("ACME Router IMEI: ⟦357651537355322⟧", "imei"),
    ("ACME Router, GPS ⟦38.2773N 165.6733E⟧", "gps"),
    ("FreeBSD 12.2 #0: Tue Oct 27 18:03:11 UTC 2020 ⟦root@builder7.acme.example⟧:/usr/obj GENERIC", "userhost"),
    ("WebUI ⟦http://10.27.45.205/device/315⟧ ACME", "url"),
    ("ACME phone system, Tel: ⟦+47 22 86 24 00⟧", "phone"),
    ("ACME Switch, password: ⟦Summer4995!⟧", "secret"),
];

/// Descriptions without one.
const CLEAN: &[&str] = &[
    "ACME GS2200-24 Gigabit Switch, Version 4.1.16 (Build 3071)",
    "Linux hostname 5.10.0-26-amd64 #1 SMP Debian 5.10.197-1 (2023-09-29) x86_64",
    "ACME Communications Switch AC-9424T/SP v2.0.1 compiled Mon Mar  8 09:12:44 CET 2004",
    "ACME Operating System Software, Version 12.2(58)SE1, RELEASE SOFTWARE (fc2)",
    "ACME router, firmware 7.4.6 of 2021-03-04, hardware rev. B2",
    "ACME Printer; OS 7.91, PS 4.3.0, Net 33.81.11.17.2007",
    "ACME VRP software, Version 5.170 (S5731 V200R021C00SPC100)",
    "ACME JUNOS 18.4R2-S3.2 built 2019-02-22 11:36:01 UTC",
];

fn labelled() -> Vec<Row> {
    let rows = LABELLED.iter().enumerate().map(|(at, (text, kind))| {
        let at_mark = |mark| text.find(mark).expect("every row has a mark");
        let (start, end) = (at_mark('⟦'), at_mark('⟧') - '⟦'.len_utf8());
        let mark = Mark { range: start..end, kind: (*kind).to_owned(), doubtful: false };
        Row { text: text.replace(['⟦', '⟧'], ""), marks: vec![mark], ..row(at) }
    });
    rows.collect()
}

fn clean() -> Vec<Row> {
    CLEAN.iter().enumerate().map(|(at, text)| Row { text: (*text).to_owned(), ..row(100 + at) }).collect()
}

fn row(at: usize) -> Row {
    Row { id: format!("invented {at}"), set: "invented".to_owned(), os: "acme".to_owned(), ..Row::default() }
}

/// Runs a property on the same cases every time.
fn property<S: Strategy>(cases: u32, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: std::fmt::Debug,
{
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner.run(&strategy, test).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn the_rows_themselves_give_the_expected_results() {
    let collector = Collector::new();
    for row in labelled() {
        assert_eq!(check(&collector, &row, false).gone, [true], "{}", row.text);
    }
    for row in clean() {
        let checked = check(&collector, &row, false);
        assert!(!checked.changed, "{} became {}", row.text, checked.result);
    }
}

#[test]
fn no_other_version_identifier_or_place_makes_a_difference() {
    let rows = [labelled(), clean()].concat();
    let outcome = metamorphic::run(&rows);
    let misses: Vec<String> = outcome.misses.iter().map(|miss| format!("{:?} {:?}", miss.part, miss.text)).collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
    for part in [Part::Versions, Part::Identifiers, Part::Places] {
        assert_eq!(outcome.held(part), Some(100.0), "{part:?}");
    }
}

#[test]
fn any_identifier_of_its_kind_is_found() {
    let (collector, rows) = (Collector::new(), labelled());
    property(3_000, (0..rows.len(), any::<u64>()), |(at, seed)| {
        let (row, mark) = (&rows[at], &rows[at].marks[0]);
        let other = identifiers::another(&row.text, &mark.range, &mark.kind, &mut Dice::of("any", seed));
        let row = row.with(0, &other);
        let checked = check(&collector, &row, false);
        prop_assert_eq!(&checked.gone, &[true], "{} became {}", &row.text, &checked.result);
        Ok(())
    });
}

#[test]
fn any_version_model_and_date_stays() {
    let (collector, rows) = (Collector::new(), clean());
    let workshop = Workshop::new(&rows);
    property(3_000, (0..rows.len(), any::<u64>()), |(at, seed)| {
        let Some(text) = workshop.another(&rows[at], &mut Dice::of("any", seed)) else { return Ok(()) };
        let row = Row { text, ..rows[at].clone() };
        let checked = check(&collector, &row, false);
        prop_assert!(!checked.changed, "{} became {}", row.text, checked.result);
        Ok(())
    });
}

#[test]
fn any_release_of_a_vendor_s_grammar_stays() {
    let (collector, grammars) = (Collector::new(), Compiled::all());
    let places = ["ACME Switch, Software Version {}, Copyright ACME", "ACME Switch 24 ({}) up", "ACME Switch 24 {}"];
    property(6_000, (0..grammars.len(), 0..places.len(), any::<u64>()), |(at, place, seed)| {
        let Some(token) = grammars[at].another(&mut Dice::of(grammars[at].grammar.id, seed)) else { return Ok(()) };
        let row = Row { text: places[place].replace("{}", &token), ..row(0) };
        let checked = check(&collector, &row, false);
        prop_assert!(!checked.changed, "{}: {} became {}", grammars[at].grammar.id, row.text, checked.result);
        Ok(())
    });
}

#[test]
fn any_row_can_be_varied() {
    const KINDS: &[&str] = &[
        "hostname", "fqdn", "serial", "person", "customer", "location", "user", "userhost", "email", "url", "ip",
        "mac", "phone", "gps", "asn", "imei", "secret", "other",
    ];
    let text = || "[a-zA-Z0-9 .:/@#=Äж-]{0,12}|\\PC{0,8}";
    property(3_000, (text(), text(), text(), 0..KINDS.len(), any::<u64>()), |(before, marked, after, kind, seed)| {
        let range = before.len()..before.len() + marked.len();
        let text = before + &marked + &after;
        let row = Row { text: text.clone(), ..row(0) };
        let version = Workshop::new(std::slice::from_ref(&row)).another(&row, &mut Dice::of("any", seed));
        prop_assert_ne!(version, Some(text.clone()));
        drop(identifiers::another(&text, &range, KINDS[kind], &mut Dice::of("any", seed)));
        Ok(())
    });
}
