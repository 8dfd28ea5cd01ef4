//! Compiles the module. The compiler has no limits of its own. Its memory and time grow with the number and size of
//! functions, so both are limited before it starts.

use super::module_error;
use crate::code::Code;
use crate::error::{Error, Result};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;
use wasmparser::{Parser, Payload};
use wasmtime::{Cache, CacheConfig, Config, Engine, Module};

/// Maximum size of a module, in bytes. The collector has about 0.9 MB.
pub(super) const MAX_MODULE: usize = 2 << 20;

/// Maximum number of functions. The collector has about 1,300.
const MAX_FUNCTIONS: u32 = 20_000;

/// Maximum size of a function's code, in bytes. The collector's largest has about 35 kB.
const MAX_FUNCTION: usize = 64 << 10;

/// Maximum number of entries in any other section.
const MAX_ITEMS: u32 = 20_000;

/// Time limit for compiling. The collector takes seconds on a slow host.
const COMPILE_TIMEOUT: Duration = Duration::from_secs(60);

/// An engine that counts fuel, and keeps compiled code in `cache`.
pub(super) fn engine(cache: Option<&Path>) -> Result<Engine> {
    let mut config = Config::new();
    config.consume_fuel(true).collector(wasmtime::Collector::Null);
    // The collector does not use these features.
    config.wasm_exceptions(false);
    if let Some(directory) = cache {
        let mut settings = CacheConfig::new();
        settings.with_directory(directory);
        // Without a usable cache, each run compiles again.
        config.cache(Cache::new(settings).ok());
    }
    Engine::new(&config).map_err(|_| Error::new(Code::SandboxUnavailable, "cannot set up the sandbox on this host"))
}

/// Compiles a module, or loads it from the engine's cache.
pub(super) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Module> {
    check_size(bytes)?;
    let (done, result) = mpsc::channel();
    let (engine, bytes) = (engine.clone(), bytes.to_vec());
    // The compiler cannot be interrupted. If it exceeds the limit, its thread ends with the process.
    std::thread::spawn(move || done.send(Module::new(&engine, bytes)));
    match result.recv_timeout(COMPILE_TIMEOUT) {
        Ok(Ok(module)) => Ok(module),
        Ok(Err(_)) => Err(invalid()),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(module_error(
            Code::ModuleTooLarge,
            &format!("took longer than {} s to compile", COMPILE_TIMEOUT.as_secs()),
        )),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err(module_error(Code::ModuleInvalid, "crashed the compiler")),
    }
}

fn invalid() -> Error {
    Error::new(Code::ModuleInvalid, "the module is not WebAssembly that this sandbox can run")
}

/// Fails if a module is too large to compile.
fn check_size(bytes: &[u8]) -> Result<()> {
    let too_large = |what: &str, most: usize| {
        Err(module_error(Code::ModuleTooLarge, &format!("is too large to compile: {what}, the limit is {most}")))
    };
    if bytes.len() > MAX_MODULE {
        return too_large(&format!("{} bytes", bytes.len()), MAX_MODULE);
    }
    for section in Parser::new(0).parse_all(bytes) {
        let count = match section.map_err(|_| invalid())? {
            Payload::CodeSectionEntry(body) if body.range().len() > MAX_FUNCTION => {
                return too_large(&format!("a function of {} bytes", body.range().len()), MAX_FUNCTION);
            }
            Payload::FunctionSection(functions) if functions.count() > MAX_FUNCTIONS => {
                return too_large(&format!("{} functions", functions.count()), MAX_FUNCTIONS as usize);
            }
            Payload::TypeSection(types) => types.count(),
            Payload::ImportSection(imports) => imports.count(),
            Payload::TableSection(tables) => tables.count(),
            Payload::GlobalSection(globals) => globals.count(),
            Payload::ExportSection(exports) => exports.count(),
            Payload::ElementSection(elements) => elements.count(),
            Payload::DataSection(data) => data.count(),
            _ => 0,
        };
        if count > MAX_ITEMS {
            return too_large(&format!("{count} items in a section"), MAX_ITEMS as usize);
        }
    }
    Ok(())
}
