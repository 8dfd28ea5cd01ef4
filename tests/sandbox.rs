//! A module that misbehaves is stopped with a typed error, and nothing is sent.

use anyhow::Result;
use callback_agent::code::{Code, Exit};
use callback_agent::sandbox::module::Module;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_tests::demo_install;
use callback_tests::programs::{Agent, sha256, text};
use callback_tests::receiver::Receiver;
use callback_tests::world::code;
use std::time::Duration;

const SMALL: Limits = Limits { memory: 4 << 20, fuel: 5_000_000, time: Duration::from_secs(20) };

/// A module with the collector's interface; `build` is the body of its build function.
fn module(extra: &str, build: &str) -> Module {
    let text = format!(
        r#"(module
            {extra}
            (memory (export "memory") 1)
            (func (export "collector_abi_version") (result i32) i32.const 1)
            (func (export "collector_alloc") (param i32) (result i32) i32.const 1024)
            (func (export "collector_free") (param i32))
            (func (export "collector_build") (param i32 i32) (result i32) {build})
            (func (export "collector_sanitise") (param i32 i32) (result i32) i32.const 0)
            (func (export "collector_dictionary") (result i32) i32.const 0)
            (func (export "collector_install_id") (param i32 i32) (result i32) i32.const 0))"#
    );
    let bytes = wat::parse_str(text).expect("the test's own module is valid");
    Module { sha256: sha256(&bytes), bytes: bytes.into() }
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
    let huge = wat::parse_str(r#"(module (memory (export "memory") 65536))"#).unwrap();
    let huge = Module { sha256: sha256(&huge), bytes: huge.into() };
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
    let none = wat::parse_str("(module)").unwrap();
    assert_eq!(stopped(&Module { sha256: sha256(&none), bytes: none.into() }, SMALL), Code::ModuleInterface);
    let other = wat::parse_str(
        r#"(module (memory (export "memory") 1)
            (func (export "collector_abi_version") (result i32) i32.const 2)
            (func (export "collector_alloc") (param i32) (result i32) i32.const 0)
            (func (export "collector_free") (param i32))
            (func (export "collector_build") (param i32 i32) (result i32) i32.const 0)
            (func (export "collector_sanitise") (param i32 i32) (result i32) i32.const 0)
            (func (export "collector_dictionary") (result i32) i32.const 0)
            (func (export "collector_install_id") (param i32 i32) (result i32) i32.const 0))"#,
    )
    .unwrap();
    assert_eq!(stopped(&Module { sha256: sha256(&other), bytes: other.into() }, SMALL), Code::ModuleVersion);
    let noise = Module { sha256: sha256(b"no module"), bytes: b"no module".as_slice().into() };
    assert_eq!(stopped(&noise, SMALL), Code::ModuleInvalid);
}

#[test]
fn a_wrong_digest_is_detected() {
    // A header at 0, a payload "x" at 64, findings with the digest of something else at 128.
    let findings = r#"{\"payload_sha256\":\"00\",\"payload_bytes\":1,\"devices\":0,\"devices_in_pairs\":0,\"removed\":{},\"redactions\":[],\"cleaned\":[],\"left_out\":[]}"#;
    let length = findings.replace('\\', "").len();
    let data = format!(
        r#"(data (i32.const 0) "\00\00\00\00\40\00\00\00\01\00\00\00\80\00\00\00\{length:02x}\00\00\00")
           (data (i32.const 64) "x") (data (i32.const 128) "{findings}")"#
    );
    let text = format!(
        r#"(module (memory (export "memory") 1) {data}
            (func (export "collector_abi_version") (result i32) i32.const 1)
            (func (export "collector_alloc") (param i32) (result i32) i32.const 1024)
            (func (export "collector_free") (param i32))
            (func (export "collector_build") (param i32 i32) (result i32) i32.const 0)
            (func (export "collector_sanitise") (param i32 i32) (result i32) i32.const 0)
            (func (export "collector_dictionary") (result i32) i32.const 0)
            (func (export "collector_install_id") (param i32 i32) (result i32) i32.const 0))"#
    );
    let bytes = wat::parse_str(text).unwrap();
    let module = Module { sha256: sha256(&bytes), bytes: bytes.into() };
    assert_eq!(stopped(&module, SMALL), Code::ModuleOutput);
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
