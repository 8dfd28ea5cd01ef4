//! What is taken, what is cleaned, what is refused.

use super::*;
use callback_collector::dictionary::INFO;

const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

fn read(rest: &str) -> Result<Report, Refusal> {
    report(format!("{{\"uuid\":\"{UUID}\",{rest}}}").as_bytes())
}

fn totals(report: &Report) -> Vec<(&str, Option<&str>, u64)> {
    report.totals.iter().map(|(label, total)| (label.group, label.text.as_deref(), *total)).collect()
}

fn cleaned(report: &Report) -> Vec<(&'static str, u64)> {
    report.cleaned.iter().map(|(rule, entries)| (rule.name(), *entries)).collect()
}

#[test]
fn unknown_groups_are_dropped_and_counted_and_equal_labels_add_up() {
    let report = read(
        r#""data":{"cef":[{"total":"7"}],"zzz":{"any":["thing"]},"port_ifspeed":[{"total":2,"ifSpeed":"1000"},
           {"total":3,"ifSpeed":1000},{"total":4,"ifSpeed":"1000.0000"},{"total":1,"ifSpeed":null}]},"info":[],"more":1"#,
    )
    .unwrap();
    assert_eq!(report.uuid, UUID);
    assert_eq!(totals(&report), [("cef", None, 7), ("port_ifspeed", None, 1), ("port_ifspeed", Some("1000"), 9)]);
    assert_eq!(
        cleaned(&report),
        [
            ("unknown_group", 1),
            ("unknown_key", 1),
            ("number_as_text", 1),
            ("label_as_number", 2),
            ("null_label", 1),
            ("merged", 2)
        ]
    );
}

#[test]
fn names_of_older_installs_are_understood() {
    let report = read(
        r#""data":{"mempool":[{"total":1,"cmpName":"Board 2"}],"toner":[{"total":2,"toner_type":"ink"}],
           "port_ifspeed":[{"total":3,"ROUND(`ifSpeed`/1000/1000)":"100"}],"dbschema":[{"total":293,"version":"276"}],
           "mysql_version":[{"total":1,"version":"10.3.22-MariaDB"}],"cisco_asa":[{"total":1,"oid":"x"}]}"#,
    )
    .unwrap();
    assert_eq!(
        totals(&report),
        [
            ("database_version", Some("10.3.22-MariaDB"), 1),
            ("dbschema", Some("276"), 1),
            ("mempool", Some("Board 2"), 1),
            ("port_ifspeed", Some("100"), 3),
            ("toner", Some("ink"), 2),
        ]
    );
    assert_eq!(cleaned(&report), [("unknown_group", 1), ("old_name", 4), ("number_as_text", 1), ("fixed_total", 1)]);
}

#[test]
fn descriptions_and_labels_are_sanitised_again_and_hold_no_pseudonym() {
    let simple = UUID.replace('-', "").to_uppercase();
    let report = read(&format!(
        r#""data":{{"hardware":[{{"total":1,"hardware":"box {UUID} x"}}]}},
           "info":[{{"count":2,"os":null,"sysDescr":"Linux web01 6.1.0","sysObjectID":".1.3"}},
                   {{"count":3,"os":"","sysDescr":"Linux db02 6.1.0","sysObjectID":".1.3"}},
                   {{"count":1,"os":"x","sysDescr":"id {simple}","sysObjectID":""}}]"#
    ))
    .unwrap();
    assert_eq!(
        totals(&report),
        [("hardware", Some("box uuid x"), 1), (INFO, Some("Linux hostname 6.1.0"), 5), (INFO, Some("id uuid"), 1)]
    );
    assert_eq!(cleaned(&report), [("null_text", 1), ("identifier", 2), ("pseudonym", 2), ("merged", 1)]);
}

#[test]
fn long_texts_and_odd_characters_are_cut_and_replaced() {
    let report = read(&format!(
        r#""data":{{"hardware":[{{"total":1,"hardware":"{}"}}],"os":[{{"total":1,"os":"a\u0000b\ud83d\ude80"}}]}},
           "info":[{{"count":1,"os":"{}","sysDescr":"{}","sysObjectID":".1"}}]"#,
        "h ".repeat(200),
        "o".repeat(65),
        "long text ".repeat(6000)
    ))
    .unwrap();
    for label in report.totals.keys() {
        assert!(label.text.as_ref().is_some_and(|text| text.chars().count() <= 255));
        assert!(label.pair.as_ref().is_none_or(|(os, _)| os.len() == 64));
    }
    assert!(totals(&report).contains(&("os", Some("a\u{fffd}b\u{fffd}"), 1)));
    assert_eq!(cleaned(&report), [("characters", 1), ("length", 3)]);
}

#[test]
fn what_is_no_report_is_refused_by_place_and_code_without_its_value() {
    for (rest, path, code) in [
        (r#""data":7"#, "data", Code::GroupsInvalid),
        (r#""data":["secret"]"#, "data", Code::GroupsInvalid),
        (r#""data":{"cef":{"secret":1}}"#, "data.cef", Code::ListExpected),
        (r#""data":{"cef":"secret"}"#, "data.cef", Code::ListExpected),
        (r#""data":{"cef":[["secret"]]}"#, "data.cef[0]", Code::ObjectExpected),
        (r#""data":{"cef":["secret"]}"#, "data.cef", Code::ListExpected),
        (r#""data":{"cef":[{}]}"#, "data.cef[0].total", Code::TotalInvalid),
        (r#""data":{"cef":[{"total":1},{"total":-1}]}"#, "data.cef[1].total", Code::TotalInvalid),
        (r#""data":{"cef":[{"total":2147483648}]}"#, "data.cef[0].total", Code::TotalInvalid),
        (r#""data":{"cef":[{"total":9223372036854775808}]}"#, "data.cef[0].total", Code::TotalInvalid),
        (r#""data":{"cef":[{"total":"+5"}]}"#, "data.cef[0].total", Code::TotalInvalid),
        (r#""data":{"cef":[{"total":1,"total":2}]}"#, "data.cef[0].total", Code::KeyRepeated),
        (r#""data":{"cef":[],"cef":[]}"#, "data.cef", Code::KeyRepeated),
        (r#""data":{"os":[{"total":1,"os":"a","os":"b"}]}"#, "data.os[0].os", Code::KeyRepeated),
        (r#""data":{"os":[{"total":1,"os":"a","x":1,"x":2}]}"#, "data.os[0]", Code::KeyRepeated),
        (
            r#""data":{"os":[{"total":1,"os":"a","1":1,"2":1,"3":1,"4":1,"5":1,"6":1,"7":1,"os":"b"}]}"#,
            "data.os[0].os",
            Code::KeyRepeated,
        ),
        (r#""data":{},"info":[{"count":1,"os":"x","secret":1,"secret":2}]"#, "info[0]", Code::KeyRepeated),
        (r#""data":{},"secret":1,"secret":2"#, "", Code::KeyRepeated),
        (r#""data":{"secret":[],"secret":[]}"#, "data", Code::KeyRepeated),
        (r#""data":{},"data":{}"#, "data", Code::KeyRepeated),
        (r#""data":{"os":[{"total":1,"os":["secret"]}]}"#, "data.os[0]", Code::LabelInvalid),
        (r#""data":{"os":[{"total":1,"os":true}]}"#, "data.os[0]", Code::LabelInvalid),
        (
            r#""data":{},"info":[{"count":1,"os":"x","sysDescr":{},"sysObjectID":""}]"#,
            "info[0].sysDescr",
            Code::StringExpected,
        ),
        (r#""data":{},"info":{"secret":1}"#, "info", Code::ListExpected),
        (r#""info":[]"#, "data", Code::GroupsInvalid),
    ] {
        let refusal = read(rest).unwrap_err();
        assert_eq!((refusal.path.as_str(), refusal.code), (path, code), "{rest}");
        assert!(!format!("{refusal:?}").contains("secret"));
    }
    for (payload, code) in [
        (&b"{\"uuid\":\"x\",\"data\":{}}"[..], Code::UuidInvalid),
        (b"{\"uuid\":[1],\"data\":{}}", Code::UuidInvalid),
        (b"[]", Code::ObjectExpected),
        (b"7", Code::ObjectExpected),
        (b"", Code::JsonInvalid),
        (b"{\"data\":NaN}", Code::JsonInvalid),
        (b"{\"x\":NaN}", Code::JsonInvalid),
        (b"{\"x\":1}{", Code::JsonInvalid),
        (b"{\"x\":\"\xff\"}", Code::Utf8Invalid),
    ] {
        assert_eq!(report(payload).unwrap_err().code, code, "{}", String::from_utf8_lossy(payload));
    }
}

#[test]
fn too_many_entries_and_keys_end_the_reading() {
    let many = r#"{"total":1},"#.repeat(MAX_ENTRIES);
    let refusal = read(&format!(r#""data":{{"cef":[{many}{{"total":1}}]}}"#)).unwrap_err();
    assert_eq!(refusal.code, Code::EntriesTooMany);
    let keys = (0..40).map(|n| format!(r#","k{n}":1"#)).collect::<String>();
    let report = read(&format!(r#""data":{{"cef":[{{"total":1{keys}}}]}}"#)).unwrap();
    assert_eq!(cleaned(&report), [("unknown_key", 40)]);
}

#[test]
fn a_payload_that_names_its_schema_must_keep_to_it() {
    let own = |data: &str, more: &str| {
        read(&format!(
            r#""data":{{{data}}},"info":[]{more},"module":{{"name":"callback-collector","version":"0.1.0"}}"#
        ))
    };
    assert!(own(r#""os":[{"total":1,"os":null}]"#, r#","schema":1"#).is_ok());
    for (data, more, path) in [
        (r#""zzz":[]"#, r#","schema":1"#, "data"),
        (r#""cef":[{"total":"7"}]"#, r#","schema":1"#, "data.cef[0].total"),
        (r#""cef":[{"total":7,"x":1}]"#, r#","schema":1"#, "data.cef[0]"),
        (r#""toner":[{"total":7,"toner_type":"x"}]"#, r#","schema":1"#, "data.toner[0]"),
        (r#""os":[{"total":7,"os":"a\u0000"}]"#, r#","schema":1"#, "data.os[0]"),
        ("", r#","schema":1,"x":1"#, ""),
        ("", r#","schema":"1""#, "schema"),
        ("", r#","schema":0"#, "schema"),
        ("", r#","schema":1000000"#, "schema"),
    ] {
        assert_eq!(own(data, more).unwrap_err().path, path, "{data}{more}");
    }
    assert_eq!(read(r#""data":{},"schema":1"#).unwrap_err().path, "info");
}
