//! The same facts give the same bytes: under wasmtime, natively and in Node; as text, bytes and object; every time.

use anyhow::Result;
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_collector::Collector;
use callback_tests::node;
use callback_tests::programs::{Agent, sha256, text};
use callback_tests::{awkward, demo_install};
use serde_json::{Value, json};
use std::path::Path;

/// Builds a facts document's payload on every host; fails unless all are equal.
fn payload_everywhere(facts: &[u8], folder: &Path) -> Result<Vec<u8>> {
    let native = Collector::new().build(facts)?;
    let sandbox = Sandbox::new(&Module::embedded()?, None, Limits::default())?;
    for _ in 0..2 {
        let wasm = sandbox.instance()?.build(facts)?;
        assert_eq!(wasm.payload, native.payload, "wasmtime and native differ");
        assert_eq!(wasm.findings, native.findings, "wasmtime's and native's findings differ");
    }
    let file = folder.join("facts.json");
    std::fs::write(&file, facts)?;
    let digest = sha256(&native.payload);
    assert_eq!(node::run("build.mjs", &[text(&file)])?.trim(), format!("{digest} {digest} {digest}"), "Node differs");
    Ok(native.payload)
}

/// No string exceeds the wire format's length or leaves the Basic Multilingual Plane.
fn assert_fits_the_wire(value: &Value) {
    match value {
        Value::String(text) => {
            assert!(text.chars().count() <= 255, "a string of {} characters", text.chars().count());
            assert!(text.chars().all(|c| u32::from(c) <= 0xffff && (c >= ' ' || "\t\r\n".contains(c))));
        }
        Value::Array(list) => list.iter().for_each(assert_fits_the_wire),
        Value::Object(object) => object.values().for_each(assert_fits_the_wire),
        Value::Number(number) => assert!(number.as_i64().is_some_and(|n| n.abs() < 1 << 53), "{number}"),
        Value::Null | Value::Bool(_) => {}
    }
}

#[tokio::test]
async fn the_demo_install_gives_the_same_bytes_everywhere() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, demo_install::DEVICES).await?;
    // Without a state, each command would make another one.
    let uuid = "INSERT INTO callback (name, value) VALUES ('uuid', '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11')";
    callback_tests::world::execute(&install, uuid).await?;
    let agent = Agent::new()?;
    let facts = agent.stdout(&["--librenms", text(&install), "facts"])?;
    let payload = payload_everywhere(&facts, folder.path())?;
    for _ in 0..2 {
        assert_eq!(agent.stdout(&["--librenms", text(&install), "preview", "--raw"])?, payload);
    }
    let pretty: Value = serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "preview", "--json"])?)?;
    let value: Value = serde_json::from_slice(&payload)?;
    assert_eq!(pretty, value);
    assert_fits_the_wire(&value);
    assert!(value["data"].as_object().is_some_and(|groups| groups.len() > 40));
    Ok(())
}

#[tokio::test]
async fn no_identifier_of_the_demo_install_is_in_its_payload() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, demo_install::DEVICES).await?;
    let agent = Agent::new()?;
    let payload = String::from_utf8(agent.stdout(&["--librenms", text(&install), "preview", "--raw"])?)?.to_lowercase();
    let facts: Value = serde_json::from_slice(&agent.stdout(&["--librenms", text(&install), "facts"])?)?;
    let mut searched = 0;
    for device in facts["devices"].as_array().into_iter().flatten() {
        for field in ["hostname", "sysName", "display", "ip", "serial", "sysContact", "location"] {
            if let Some(identifier) = device[field].as_str() {
                assert!(!payload.contains(&identifier.to_lowercase()), "a device's {field} is in the payload");
                searched += 1;
            }
        }
    }
    assert_eq!(searched, 7 * demo_install::DEVICES);
    assert!(!payload.contains("brightwater"));
    Ok(())
}

#[test]
fn awkward_facts_never_lose_the_report() -> Result<()> {
    let facts = awkward::facts();
    let folder = tempfile::tempdir()?;
    let payload = payload_everywhere(&serde_json::to_vec(&facts)?, folder.path())?;
    let payload: Value = serde_json::from_slice(&payload)?;
    assert_fits_the_wire(&payload);
    assert_eq!(payload["uuid"], "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11");
    assert_eq!(payload["data"]["sensors"][0], json!({"total": 1, "sensor_class": null}));
    assert_eq!(payload["data"]["sensors"][2], json!({"total": 7, "sensor_class": "temperature"}));
    assert_eq!(payload["data"]["sensors"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        payload["data"]["port_ifspeed"],
        json!([{"total": 5, "ifSpeed": null}, {"total": 1, "ifSpeed": "0"}, {"total": 3, "ifSpeed": "1000"}, {"total": 1, "ifSpeed": "9223372036855"}])
    );
    assert_eq!(payload["data"]["port_assoc"], json!([{"total": 2, "port_association_mode": 1}]));
    assert_eq!(payload["data"]["dbschema"], json!([{"total": 1, "version": 430}]));
    assert_eq!(payload["data"]["cef"], json!([{"total": 0}]));
    assert_eq!(payload["data"]["php_version"], json!([{"total": 1, "version": "8.2.7"}]));
    assert_eq!(payload["info"].as_array().map(Vec::len), Some(7));
    assert_eq!(payload["info"][0]["os"], "");
    Ok(())
}

#[test]
fn identifiers_are_kept_out_of_fields_that_are_sent_unchanged() -> Result<()> {
    let facts = json!({
        "schema": 1,
        "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",
        "versions": {
            "librenms": "core-bsd-161.net.brightwater.example", "python": "3.11.2", "rrdtool": "core-bsd-161 1.7",
            "netsnmp": "root@build.example", "database": "MariaDB 10.11.6-core-bsd-161", "php": "8.2.7 Acme",
        },
        "counts": {"applications": [{"label": "core-bsd-161", "rows": 1}, {"label": "Acme", "rows": 1}, {"label": "nginx", "rows": 2}]},
        "devices": [{"os": "acme", "hostname": "core-bsd-161.net.brightwater.example", "hardware": "CORE-BSD-161 rev 2",
                     "sysContact": "Solveig Brekke <solveig@brightwater.example>",
                     "sysDescr": "call Solveig Brekke <solveig@brightwater.example> now", "sysObjectID": ".1.3"}],
        "terms": ["acme"],
    });
    let folder = tempfile::tempdir()?;
    let payload = payload_everywhere(&serde_json::to_vec(&facts)?, folder.path())?;
    let text = String::from_utf8(payload.clone())?.to_lowercase();
    for named in ["core-bsd", "brightwater", "acme", "solveig", "brekke", "root@"] {
        assert!(!text.contains(named), "{named}: {text}");
    }
    let payload: Value = serde_json::from_slice(&payload)?;
    assert_eq!(payload["data"]["python_version"], json!([{"total": 1, "version": "3.11.2"}]));
    assert_eq!(payload["data"]["php_version"], json!([{"total": 1, "version": "8.2.7"}]));
    for gone in ["librenms_release", "rrdtool_version", "netsnmp_version", "database_version"] {
        assert_eq!(payload["data"][gone], Value::Null, "{gone}");
    }
    assert_eq!(payload["info"][0]["sysDescr"], "call someone <user@example.com> now");
    Ok(())
}

#[test]
fn text_bytes_and_objects_are_rejected_alike() -> Result<()> {
    let cases = [
        (json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11", "secret": 1}), "unknown_field "),
        (
            json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11", "devices": [{"sysdescr": "x"}]}),
            "unknown_field devices[0]",
        ),
        (
            json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11", "devices": [{"serial": 7}]}),
            "wrong_type devices[0].serial",
        ),
        (json!({"schema": 1}), "missing_field "),
        (
            json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11", "consent": {"withheld": [{"group": "OS", "label": "secret"}]}}),
            "bad_value consent.withheld[0].group",
        ),
        (json!({"schema": 2, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11"}), "unsupported_schema schema"),
        (json!({"schema": 1, "uuid": "secret"}), "bad_value uuid"),
        (
            json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11", "counts": {"secret": []}}),
            "unknown_field counts.*",
        ),
        (
            json!({"schema": 1, "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11", "counts": {"cef": [{"rows": 1.5}]}}),
            "wrong_type counts.cef[0].rows",
        ),
    ];
    let folder = tempfile::tempdir()?;
    for (facts, expected) in cases {
        let code = expected.split(' ').next().unwrap_or_default();
        let bytes = serde_json::to_vec(&facts)?;
        let native = Collector::new().build(&bytes).unwrap_err();
        assert_eq!(native.code.as_str(), code, "{native}");
        assert!(!native.to_string().contains("secret"), "{native}");
        let file = folder.path().join("facts.json");
        std::fs::write(&file, &bytes)?;
        let told = node::run("refused.mjs", &[text(&file)])?;
        let expected = format!("{} {}", native.code.as_str(), native.path);
        for (form, line) in ["bytes", "text", "object"].iter().zip(told.lines()) {
            assert_eq!(line, expected, "{form}");
        }
        assert_eq!(told.lines().count(), 3);
    }
    Ok(())
}

/// The path of every field of a schema, with a document in which it has the wrong type: no field is a boolean.
fn misfits(
    schema: &Value,
    part: &Value,
    path: &str,
    document: &dyn Fn(Value) -> Value,
    found: &mut Vec<(String, Value)>,
) {
    let reference = part["$ref"].as_str().and_then(|reference| schema.pointer(reference.trim_start_matches('#')));
    if let Some(part) = reference {
        return misfits(schema, part, path, document, found);
    }
    for part in part["anyOf"].as_array().into_iter().flatten() {
        misfits(schema, part, path, document, found);
    }
    if part["items"].is_object() {
        misfits(schema, &part["items"], &format!("{path}[0]"), &|value| document(json!([value])), found);
    }
    for (name, part) in part["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let document = |value| document(json!({ name: value }));
        found.push((path.clone(), document(json!(true))));
        misfits(schema, part, &path, &document, found);
    }
}

#[test]
fn a_problem_names_each_field_of_the_schema() -> Result<()> {
    let schema = serde_json::to_value(schemars::schema_for!(callback_collector::Facts<'_>))?;
    let mut found = Vec::new();
    misfits(&schema, &schema, "", &|value| value, &mut found);
    for path in ["uuid", "devices[0].overwrite_ip", "counts.sensors[0].rows", "consent.withheld[0].label"] {
        assert!(found.iter().any(|(known, _)| known == path), "{path} is not in the schema");
    }
    let collector = Collector::new();
    for (path, document) in found {
        let problem = collector.build(&serde_json::to_vec(&document)?).expect_err("no field is a boolean");
        assert_eq!(problem.path, path, "{document}");
    }
    Ok(())
}
