//! A module that misbehaves is stopped with a typed error, and nothing is sent.

use anyhow::{Result, ensure};
use callback_agent::code::{Code, Exit};
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_tests::demo_install;
use callback_tests::modules::with_interface;
use callback_tests::programs::{Agent, sha256, text};
use callback_tests::receiver::Receiver;
use callback_tests::world::code;
use serde_json::{Value, json};
use std::time::Duration;

const SMALL: Limits = Limits { memory: 4 << 20, fuel: 5_000_000, time: Duration::from_secs(20) };

fn of_bytes(bytes: Vec<u8>) -> Module {
    Module { sha256: sha256(&bytes), bytes: bytes.into() }
}

/// A module from its text.
fn of_text(text: &str) -> Module {
    of_bytes(wat::parse_str(text).expect("the test's own module is valid"))
}

/// A module with the collector's interface; `build` is the body of its build function.
fn module(extra: &str, build: &str) -> Module {
    of_bytes(with_interface(1, extra, build))
}

fn stopped(module: &Module, limits: Limits) -> Code {
    let built = Sandbox::new(module, None, limits).and_then(|sandbox| sandbox.instance()?.build(b"{}"));
    match built {
        Err(error) if error.exit() == Exit::Module => error.code(),
        Err(other) => panic!("expected a module's error, got: {other}"),
        Ok(_) => panic!("the module was not stopped"),
    }
}

#[test]
fn a_module_that_calls_an_import_is_stopped() {
    let module = module(r#"(import "env" "open" (func $open))"#, "call $open i32.const 0");
    assert_eq!(stopped(&module, SMALL), Code::ModuleImport);
}

#[test]
fn an_endless_loop_is_stopped_by_fuel_and_by_the_clock() {
    let module = module("", "(loop br 0) i32.const 0");
    assert_eq!(stopped(&module, SMALL), Code::ModuleFuel);
    let hurried = Limits { fuel: u64::MAX, time: Duration::from_millis(200), ..SMALL };
    assert_eq!(stopped(&module, hurried), Code::ModuleTimeout);
}

#[test]
fn a_module_that_allocates_too_much_memory_is_stopped() {
    let growing = module("", "(drop (memory.grow (i32.const 65535))) i32.const 0");
    assert_eq!(stopped(&growing, SMALL), Code::ModuleMemory);
    let huge = of_text(r#"(module (memory (export "memory") 65536))"#);
    assert_eq!(stopped(&huge, Limits::default()), Code::ModuleMemory);
}

#[test]
fn a_module_that_points_outside_its_memory_is_stopped() {
    for header in [
        "i32.const -4",
        "i32.const 65530",
        "(i32.store (i32.const 8) (i32.const 2147483647)) (i32.store (i32.const 4) (i32.const 65535)) i32.const 0",
    ] {
        assert_eq!(stopped(&module("", header), SMALL), Code::ModuleBounds, "{header}");
    }
}

#[test]
fn a_module_that_traps_or_reads_out_of_bounds_is_stopped() {
    assert_eq!(stopped(&module("", "unreachable"), SMALL), Code::ModuleTrap);
    assert_eq!(stopped(&module("", "(i32.load (i32.const 65534))"), SMALL), Code::ModuleBounds);
}

#[test]
fn a_module_with_a_missing_or_different_interface_is_rejected() {
    assert_eq!(stopped(&of_text("(module)"), SMALL), Code::ModuleInterface);
    assert_eq!(stopped(&of_bytes(with_interface(2, "", "i32.const 0")), SMALL), Code::ModuleVersion);
    let noise = of_bytes(b"no module".to_vec());
    assert_eq!(stopped(&noise, SMALL), Code::ModuleInvalid);
}

const UUID: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";

/// A module that answers every call with these two documents and a status.
fn answering(status: u8, payload: &str, findings: &str) -> Module {
    let escaped = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
    let word = |number: usize| escaped(&u32::try_from(number).expect("small").to_le_bytes());
    let (payload_at, findings_at) = (64, 64 + payload.len());
    let header = [status.into(), payload_at, payload.len(), findings_at, findings.len()].map(word).concat();
    let data = format!(
        r#"(data (i32.const 0) "{header}") (data (i32.const 64) "{}")"#,
        escaped([payload, findings].concat().as_bytes())
    );
    module(&data, "i32.const 0")
}

fn built(payload: &str, digest: &str, facts: &Value) -> Result<(), Code> {
    let findings = json!({
        "payload_sha256": digest, "payload_bytes": payload.len(), "devices": 0, "devices_in_pairs": 0, "removed": {},
        "redactions": [], "cleaned": [], "left_out": [],
    });
    let sandbox = Sandbox::new(&answering(0, payload, &findings.to_string()), None, SMALL);
    let report = sandbox.and_then(|sandbox| sandbox.instance()?.build(facts.to_string().as_bytes()));
    report.map(drop).map_err(|error| error.code())
}

#[test]
fn a_wrong_digest_is_detected() {
    let facts = json!({"uuid": UUID});
    let payload = format!(
        r#"{{"uuid":"{UUID}","data":{{}},"info":[],"schema":1,"module":{{"name":"callback-collector","version":"1.0.0"}}}}"#
    );
    assert_eq!(built(&payload, &sha256(payload.as_bytes()), &facts), Ok(()));
    assert_eq!(built(&payload, "00", &facts), Err(Code::ModuleOutput));
}

#[test]
fn a_payload_with_anything_that_was_not_asked_for_is_refused() {
    let consent = json!({
        "schema": 1, "categories": ["devices"], "withheld": [{"group": "os", "label": "acmeos"}, {"group": "port_assoc", "label": "2"}],
    });
    let facts = json!({"uuid": UUID, "consent": consent});
    let sent = |uuid: &str, data: &str, info: &str, schema: u8, more: &str| {
        format!(
            r#"{{"uuid":"{uuid}","data":{{{data}}},"info":[{info}],"schema":{schema},"module":{{"name":"callback-collector","version":"1.0.0"}}{more}}}"#
        )
    };
    let pair = r#"{"count":1,"os":"ios","sysDescr":"x","sysObjectID":".1"}"#;
    let other = "0b0e7f0a-2d5c-4d1e-9a53-6f1c7d0e9a53";
    let entry = |total: &str| format!(r#""os":[{{"total":{total},"os":"x"}}]"#);
    for (payload, allowed) in [
        (sent(UUID, "", "", 1, ""), true),
        (sent(UUID, r#""port_assoc":[{"total":1,"port_association_mode":1}]"#, "", 1, ""), true),
        (sent(UUID, &entry("1"), "", 1, ""), true),
        ("no JSON".to_owned(), false),
        (String::new(), false),
        (sent(other, "", "", 1, ""), false),
        (sent(&UUID.to_uppercase(), "", "", 1, ""), false),
        (sent(UUID, "", "", 2, ""), false),
        (sent(UUID, "", "", 1, r#","hostname":"core-1""#), false),
        (sent(UUID, r#""hostnames":[]"#, "", 1, ""), false),
        (sent(UUID, r#""mempool":[{"total":1,"mempool_descr":"x"}]"#, "", 1, ""), false),
        (sent(UUID, &entry("-1.5"), "", 1, ""), false),
        (sent(UUID, &entry(r#"1,"more":"x""#), "", 1, ""), false),
        (sent(UUID, &format!("{},{}", entry("1"), entry("2")), "", 1, ""), false),
        (sent(UUID, r#""os":[{"total":1,"os":"acmeos"}]"#, "", 1, ""), false),
        (sent(UUID, "", pair, 1, ""), false),
        (sent(UUID, "", "", 1, " "), false),
        // A total that is written shorter than it is read back could pay for the bytes of a key that is there twice.
        (sent(UUID, &format!("{},{}", entry("1"), entry("1e15")), "", 1, ""), false),
        (sent(UUID, &entry("1e1"), "", 1, ""), false),
        (sent(UUID, &entry("-1"), "", 1, ""), false),
        (sent(UUID, r#""os":[{"total":1,"os":"\u0078"}]"#, "", 1, ""), false),
        (sent(UUID, r#""os":[{"os":"x","total":1}]"#, "", 1, ""), false),
        (sent(UUID, &format!(r#""os":[{{"total":1,"os":"{}"}}]"#, "x".repeat(256)), "", 1, ""), false),
        (sent(UUID, r#""port_assoc":[{"total":1,"port_association_mode":2}]"#, "", 1, ""), false),
        (sent(UUID, "", "", 1, "").replace("callback-collector", "core-1.example.org"), false),
        (sent(UUID, "", "", 1, "").replace("1.0.0", "core-1.example.org"), false),
    ] {
        let result = built(&payload, &sha256(payload.as_bytes()), &facts);
        assert_eq!(result, if allowed { Ok(()) } else { Err(Code::ModuleOutput) }, "{payload}");
    }
    // The same pair and label where they were asked for.
    let facts = json!({"uuid": UUID});
    for payload in [sent(UUID, "", pair, 1, ""), sent(UUID, r#""os":[{"total":1,"os":"acmeos"}]"#, "", 1, "")] {
        assert_eq!(built(&payload, &sha256(payload.as_bytes()), &facts), Ok(()), "{payload}");
    }
}

#[test]
fn an_id_that_is_not_a_uuid_is_not_kept() {
    let id = |text: &str| Sandbox::new(&answering(0, text, ""), None, SMALL).unwrap().instance().unwrap().install_id();
    assert_eq!(id(UUID).unwrap(), UUID);
    for text in ["", "core-1.example.org", "6f1c7d0e-9a53-1c5e-8d52-0a3b1d5f7e11", &UUID.to_uppercase()] {
        assert_eq!(id(text).unwrap_err().code(), Code::ModuleOutput, "{text}");
    }
}

#[test]
fn a_refusal_cannot_play_with_the_terminal() {
    let problem = json!({"code": "bad_value", "path": "a\u{1b}]0;x", "message": "b\n\u{202e}c"}).to_string();
    let error = Sandbox::new(&answering(1, &problem, ""), None, SMALL).unwrap().instance().unwrap().build(b"{}");
    let error = error.unwrap_err();
    assert_eq!(error.code(), Code::FactsRejected);
    assert!(!error.message().chars().any(callback_common::display::is_invisible), "{error:?}");
}

#[test]
fn a_module_that_would_keep_the_compiler_busy_is_rejected() {
    let compiled = |text: &str| Sandbox::new(&of_text(text), None, SMALL).map(drop).map_err(|error| error.code());
    let module = |calls: usize, functions: usize| {
        format!("(module (func $f) (func {}) {})", "call $f ".repeat(calls), "(func)".repeat(functions))
    };
    assert_eq!(compiled(&module(1_000, 1_000)), Ok(()));
    assert_eq!(compiled(&module(100_000, 0)), Err(Code::ModuleTooLarge));
    assert_eq!(compiled(&module(0, 30_000)), Err(Code::ModuleTooLarge));
    let data = format!(r#"(module (memory 40) (data (i32.const 0) "{}"))"#, "x".repeat(2_200_000));
    assert_eq!(compiled(&data), Err(Code::ModuleTooLarge));
}

#[test]
fn the_module_s_file_is_a_regular_file_with_a_whole_path() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let agent = Agent::new()?;
    let (pipe, config) = (folder.path().join("pipe"), folder.path().join("agent.toml"));
    ensure!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success(), "mkfifo failed");
    for path in [text(&pipe), "/dev/zero", text(folder.path()), "module.wasm", "/no/such/module"] {
        std::fs::write(&config, format!("[module]\npath = {path:?}\nsha256 = \"{}\"\n", "00".repeat(32)))?;
        let output = agent.output(&["--config", text(&config), "module", "--json"])?;
        assert_eq!(code(&output)?, (8, "module-not-read".to_owned()), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_sent_with_an_unexpected_module() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let install = folder.path().join("demo.sqlite3");
    demo_install::write(&install, 5).await?;
    let receiver = Receiver::start()?;
    let agent = Agent::new()?;
    agent.stdout(&["--librenms", text(&install), "enable", "--yes", "--receiver", &receiver.log()])?;

    let other = module("", "unreachable");
    let (file, config) = (folder.path().join("other.wasm"), folder.path().join("agent.toml"));
    std::fs::write(&file, &other.bytes)?;
    for (digest, expected) in [("00".repeat(32), "module-digest"), (other.sha256.clone(), "module-trap")] {
        std::fs::write(&config, format!("[module]\npath = {:?}\nsha256 = {digest:?}\n", text(&file)))?;
        let arguments = [
            "--librenms",
            text(&install),
            "--config",
            text(&config),
            "submit",
            "--json",
            "--receiver",
            &receiver.log(),
        ];
        assert_eq!(code(&agent.output(&arguments)?)?, (8, expected.to_owned()));
    }
    assert_eq!(receiver.reports().await?, 0);
    Ok(())
}
