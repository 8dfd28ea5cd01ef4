//! Modules of the tests' own: the collector's interface with other code behind it.

/// The bytes of a module with this version of the C ABI. `extra` are imports or data; `build` is the body of its build
/// function. Every other function returns 0, and what the host writes goes to 32768.
///
/// # Panics
/// If the text is not valid WebAssembly.
#[must_use]
pub fn with_interface(version: u32, extra: &str, build: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            {extra}
            (memory (export "memory") 1)
            (func (export "collector_abi_version") (result i32) i32.const {version})
            (func (export "collector_alloc") (param i32) (result i32) i32.const 32768)
            (func (export "collector_free") (param i32))
            (func (export "collector_build") (param i32 i32) (result i32) {build})
            (func (export "collector_sanitise") (param i32 i32) (result i32) i32.const 0)
            (func (export "collector_dictionary") (result i32) i32.const 0)
            (func (export "collector_install_id") (param i32 i32) (result i32) i32.const 0))"#
    );
    wat::parse_str(text).expect("the test's own module is valid")
}
