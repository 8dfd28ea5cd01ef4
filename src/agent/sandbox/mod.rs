//! The sandbox: runs the module in wasmtime, with limited memory and time.
//!
//! Every import traps, so the module has no files, network, clock or random numbers. Each instance has its own store,
//! with limits on memory, tables, instructions and time. A trap ends the instance.

mod compile;
mod instance;
mod limits;
pub mod module;
mod payload;

pub use instance::{ABI_VERSION, Instance};
pub use limits::Limits;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::sandbox::module::Module;
use callback_collector::Problem;
use callback_common::display::{TERMINAL, visible};
use limits::{Limiter, MemoryExceeded, allow, run};
use std::path::Path;
use wasmtime::{Engine, Linker, Store, Trap};

/// A compiled module, ready to be run.
pub struct Sandbox {
    engine: Engine,
    module: wasmtime::Module,
    linker: Linker<Limiter>,
    limits: Limits,
}

impl Sandbox {
    /// Compiles a module, or loads the compiled code from `cache`, a private directory. Without a usable directory, it
    /// compiles every time.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if this sandbox cannot run the bytes.
    pub fn new(module: &Module, cache: Option<&Path>, limits: Limits) -> Result<Self> {
        let engine = compile::engine(cache)?;
        let compiled = compile::compile(&engine, &module.bytes)?;
        let mut linker = Linker::new(&engine);
        linker
            .define_unknown_imports_as_traps(&compiled)
            .map_err(|_| module_error(Code::ModuleImport, "has imports that cannot be denied"))?;
        Ok(Self { engine, module: compiled, linker, limits })
    }

    /// A new instance, with its own store.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if the module does not have the interface, or exceeds its limits.
    pub fn instance(&self) -> Result<Instance> {
        let mut store = Store::new(&self.engine, Limiter::new(self.limits));
        store.limiter(|limiter| limiter);
        let deadline = allow(&mut store, self.limits)?;
        let instance = run(deadline, self.linker.instantiate_async(&mut store, &self.module))?;
        Instance::new(store, &instance, self.limits)
    }

    /// The module's imports, as `module.name`.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        self.module.imports().map(|import| format!("{}.{}", import.module(), import.name())).collect()
    }

    /// The module's exports.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        self.module.exports().map(|export| export.name().to_owned()).collect()
    }
}

/// The problem that a module reports, shortened and without control characters: a broken module must not control the
/// terminal.
fn refusal(problem: &[u8]) -> Error {
    match serde_json::from_slice::<Problem>(problem) {
        Ok(problem) if problem.path.len() + problem.message.len() < 500 => {
            let [path, message] = [&problem.path, &problem.message].map(|text| visible(text, TERMINAL));
            Error::rejected(Problem::new(problem.code, &path, &message))
        }
        _ => module_error(Code::ModuleOutput, "rejected its input without a reason"),
    }
}

fn module_error(code: Code, what: &str) -> Error {
    Error::new(code, format!("the module {what}; it was stopped and nothing was sent"))
}

/// Converts the error that ended a call into the module.
fn stopped(error: &wasmtime::Error) -> Error {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match trap {
            Trap::OutOfFuel => module_error(Code::ModuleFuel, "exceeded its instruction limit"),
            Trap::MemoryOutOfBounds | Trap::HeapMisaligned => {
                module_error(Code::ModuleBounds, "accessed memory out of bounds")
            }
            Trap::StackOverflow => module_error(Code::ModuleTrap, "overflowed its stack"),
            _ => module_error(Code::ModuleTrap, "trapped"),
        };
    }
    if error.downcast_ref::<wasmtime::UnknownImportError>().is_some() {
        return module_error(Code::ModuleImport, "called an import, which is not allowed");
    }
    if error.downcast_ref::<MemoryExceeded>().is_some() {
        return module_error(Code::ModuleMemory, "exceeded its memory limit");
    }
    Error::new(
        Code::SandboxUnavailable,
        "cannot set up the sandbox on this host; it reserves some GiB of address space: check `ulimit -v`, or LimitAS= of the unit",
    )
}
