//! The sandbox: runs the module under wasmtime, with nothing but memory and a clock that runs out.
//!
//! Every import traps, so the module has no file, network, clock or random number. Each instance has a store of its
//! own with a limit on memory and tables, an allowance of instructions and one of time. A trap ends the instance.

pub mod module;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::sandbox::module::Module;
use callback_collector::digest::sha256_hex;
use callback_collector::{Findings, Problem, Report};
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, Instance as WasmInstance, Linker, Memory, Store, StoreLimits,
    StoreLimitsBuilder, Trap, TypedFunc,
};

/// What a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Instructions, as wasmtime counts fuel, for each call.
    pub fuel: u64,
    /// Time for each call.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // Far above what a report of 20,000 devices takes (about a second), far below what would be noticed as a hang.
        Self { memory: 256 << 20, fuel: 100_000_000_000, time: Duration::from_secs(60) }
    }
}

/// Instructions after which the module hands over to look at the clock, some 10 milliseconds: the precision of the time
/// limit. Counting instructions alone costs less than counting and asking for interrupts at every turn of a loop (measured:
/// an eighth of a build).
const SLICE: u64 = 100_000_000;

/// A compiled module, ready to be run.
pub struct Sandbox {
    engine: Engine,
    module: wasmtime::Module,
    linker: Linker<StoreLimits>,
    limits: Limits,
}

impl Sandbox {
    /// Compiles a module, or takes the compiled code from `cache`, a private folder. Without a usable folder it
    /// compiles every time.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if the bytes are no module that this sandbox can run.
    pub fn new(module: &Module, cache: Option<&Path>, limits: Limits) -> Result<Self> {
        let mut config = Config::new();
        config.consume_fuel(true).collector(wasmtime::Collector::Null);
        if let Some(folder) = cache {
            let mut settings = CacheConfig::new();
            settings.with_directory(folder);
            // A cache that cannot be used costs time, not the report.
            config.cache(Cache::new(settings).ok());
        }
        let engine = Engine::new(&config)
            .map_err(|_| Error::new(Code::SandboxUnavailable, "cannot set up the sandbox on this host"))?;
        let compiled = wasmtime::Module::new(&engine, &module.bytes)
            .map_err(|_| Error::new(Code::ModuleInvalid, "the module is not WebAssembly that this sandbox can run"))?;
        let mut linker = Linker::new(&engine);
        linker
            .define_unknown_imports_as_traps(&compiled)
            .map_err(|_| misbehaved(Code::ModuleImport, "has imports that cannot be denied"))?;
        Ok(Self { engine, module: compiled, linker, limits })
    }

    /// A fresh instance, with a store of its own.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if the module does not have the interface, or wants more than it may have.
    pub fn instance(&self) -> Result<Instance> {
        let limits = StoreLimitsBuilder::new()
            .memory_size(self.limits.memory)
            .memories(1)
            .tables(4)
            .table_elements(100_000)
            .instances(1)
            .trap_on_grow_failure(true)
            .build();
        let mut store = Store::new(&self.engine, limits);
        store.limiter(|limits| limits);
        let deadline = allow(&mut store, self.limits)?;
        let instance = run(deadline, self.linker.instantiate_async(&mut store, &self.module))?;
        Instance::new(store, &instance, self.limits)
    }

    /// Names of what the module imports, `module.name` each.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        self.module.imports().map(|import| format!("{}.{}", import.module(), import.name())).collect()
    }

    /// Names of what the module exports.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        self.module.exports().map(|export| export.name().to_owned()).collect()
    }
}

/// Renews the allowance of instructions and time; returns when that is over.
fn allow(store: &mut Store<StoreLimits>, limits: Limits) -> Result<Option<Instant>> {
    let metered = store.set_fuel(limits.fuel).and_then(|()| store.fuel_async_yield_interval(Some(SLICE)));
    metered.map_err(|_| misbehaved(Code::SandboxUnavailable, "cannot be metered"))?;
    // A limit that no clock reaches is none.
    Ok(Instant::now().checked_add(limits.time))
}

/// Runs a call slice by slice until it ends or its time is over.
fn run<T>(deadline: Option<Instant>, call: impl Future<Output = wasmtime::Result<T>>) -> Result<T> {
    let mut call = pin!(call);
    loop {
        if let Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result.map_err(|error| trapped(&error));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(misbehaved(Code::ModuleTimeout, "exceeded its time limit"));
        }
    }
}

/// An instance of the module behind its C ABI.
pub struct Instance {
    store: Store<StoreLimits>,
    limits: Limits,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
    free: TypedFunc<u32, ()>,
    build: TypedFunc<(u32, u32), u32>,
    sanitise: TypedFunc<(u32, u32), u32>,
    dictionary: TypedFunc<(), u32>,
    install_id: TypedFunc<(u32, u32), u32>,
    abi_version: u32,
}

/// The version of the C ABI that this host speaks.
pub const ABI_VERSION: u32 = 1;

impl Instance {
    fn new(mut store: Store<StoreLimits>, instance: &WasmInstance, limits: Limits) -> Result<Self> {
        macro_rules! function {
            ($name:literal) => {
                instance
                    .get_typed_func(&mut store, $name)
                    .map_err(|_| misbehaved(Code::ModuleInterface, "does not have the collector's interface"))?
            };
        }
        let version: TypedFunc<(), u32> = function!("collector_abi_version");
        let alloc = function!("collector_alloc");
        let free = function!("collector_free");
        let build = function!("collector_build");
        let sanitise = function!("collector_sanitise");
        let dictionary = function!("collector_dictionary");
        let install_id = function!("collector_install_id");
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| misbehaved(Code::ModuleInterface, "does not have the collector's interface"))?;
        let deadline = allow(&mut store, limits)?;
        let abi_version = run(deadline, version.call_async(&mut store, ()))?;
        if abi_version != ABI_VERSION {
            return Err(Error::new(
                Code::ModuleVersion,
                format!(
                    "the module has interface version {abi_version}, but this agent needs {ABI_VERSION}; update the older one"
                ),
            ));
        }
        Ok(Self { store, limits, memory, alloc, free, build, sanitise, dictionary, install_id, abi_version })
    }

    /// The version of the interface that the module speaks.
    #[must_use]
    pub const fn abi_version(&self) -> u32 {
        self.abi_version
    }

    /// Instructions that the last call took, as wasmtime counts fuel: the same for the same input on every machine.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        self.limits.fuel - self.store.get_fuel().unwrap_or_default()
    }

    /// Builds a report from a facts document (JSON).
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) for facts that the module does not take, [`Exit::Module`](crate::code::Exit::Module) for a module that misbehaves.
    pub fn build(&mut self, facts: &[u8]) -> Result<Report> {
        let (payload, findings) = self.with_document(facts, |instance| instance.build.clone())?;
        let findings: Findings = serde_json::from_slice(&findings)
            .map_err(|_| misbehaved(Code::ModuleOutput, "returned findings that this agent cannot read"))?;
        if findings.payload_sha256 != sha256_hex(&payload) {
            return Err(misbehaved(Code::ModuleOutput, "returned a digest that does not match its payload"));
        }
        Ok(Report { payload, findings })
    }

    /// Sanitises one device (JSON in, JSON out).
    ///
    /// # Errors
    /// As [`Instance::build`].
    pub fn sanitise(&mut self, device: &[u8]) -> Result<Vec<u8>> {
        self.with_document(device, |instance| instance.sanitise.clone()).map(|(result, _)| result)
    }

    /// The dictionary (JSON).
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) for a module that misbehaves.
    pub fn dictionary(&mut self) -> Result<Vec<u8>> {
        let deadline = allow(&mut self.store, self.limits)?;
        let header = run(deadline, self.dictionary.call_async(&mut self.store, ()))?;
        self.answer(deadline, header).map(|(result, _)| result)
    }

    /// A pseudonym for an install, made of entropy of this machine.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) for a module that misbehaves.
    pub fn install_id(&mut self) -> Result<String> {
        let mut entropy = [0_u8; 16];
        getrandom::fill(&mut entropy).map_err(Error::no_random)?;
        let (id, _) = self.with_document(&entropy, |instance| instance.install_id.clone())?;
        String::from_utf8(id).map_err(|_| misbehaved(Code::ModuleOutput, "returned an ID that is not text"))
    }

    fn with_document(
        &mut self,
        document: &[u8],
        function: impl Fn(&Self) -> TypedFunc<(u32, u32), u32>,
    ) -> Result<(Vec<u8>, Vec<u8>)> {
        let deadline = allow(&mut self.store, self.limits)?;
        let too_large =
            || Error::new(Code::FactsTooLarge, "the facts are larger than the module accepts; please report this");
        let len = u32::try_from(document.len()).map_err(|_| too_large())?;
        let address = run(deadline, self.alloc.call_async(&mut self.store, len))?;
        if address == 0 && len > 0 {
            return Err(too_large());
        }
        let end = (address as usize).checked_add(document.len());
        let place = end.and_then(|end| self.memory.data_mut(&mut self.store).get_mut(address as usize..end));
        place
            .ok_or_else(|| misbehaved(Code::ModuleBounds, "returned an address out of bounds"))?
            .copy_from_slice(document);
        let header = run(deadline, function(self).call_async(&mut self.store, (address, len)))?;
        self.answer(deadline, header)
    }

    /// Reads a result's header and buffers, and frees them.
    fn answer(&mut self, deadline: Option<Instant>, header: u32) -> Result<(Vec<u8>, Vec<u8>)> {
        const REFUSED: u32 = 1;
        let words = self.bytes(header, 20)?;
        let word = |at: usize| u32::from_le_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]);
        let (status, payload_at, payload_len, findings_at, findings_len) =
            (word(0), word(4), word(8), word(12), word(16));
        let payload = self.bytes(payload_at, payload_len)?;
        let findings = self.bytes(findings_at, findings_len)?;
        for address in [payload_at, findings_at, header] {
            run(deadline, self.free.call_async(&mut self.store, address))?;
        }
        match status {
            0 => Ok((payload, findings)),
            REFUSED => Err(refusal(&payload)),
            _ => Err(misbehaved(Code::ModuleOutput, "returned an unknown status")),
        }
    }

    /// Copies bytes out of the module's memory.
    fn bytes(&self, address: u32, len: u32) -> Result<Vec<u8>> {
        let (start, len) = (address as usize, len as usize);
        start
            .checked_add(len)
            .and_then(|end| self.memory.data(&self.store).get(start..end))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| misbehaved(Code::ModuleBounds, "returned an address out of bounds"))
    }
}

/// The problem that a module reports, kept short: a module that misbehaves must not fill the screen.
fn refusal(problem: &[u8]) -> Error {
    match serde_json::from_slice::<Problem>(problem) {
        Ok(problem) if problem.path.len() + problem.message.len() < 500 => Error::rejected(problem),
        _ => misbehaved(Code::ModuleOutput, "rejected its input without a reason"),
    }
}

fn misbehaved(code: Code, what: &str) -> Error {
    Error::new(code, format!("the module {what}; it was stopped and nothing was sent"))
}

/// Why a call into the module ended.
fn trapped(error: &wasmtime::Error) -> Error {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return match trap {
            Trap::OutOfFuel => misbehaved(Code::ModuleFuel, "exceeded its instruction limit"),
            Trap::MemoryOutOfBounds | Trap::HeapMisaligned => {
                misbehaved(Code::ModuleBounds, "accessed memory out of bounds")
            }
            Trap::StackOverflow => misbehaved(Code::ModuleTrap, "overflowed its stack"),
            _ => misbehaved(Code::ModuleTrap, "trapped"),
        };
    }
    if error.downcast_ref::<wasmtime::UnknownImportError>().is_some() {
        return misbehaved(Code::ModuleImport, "called an import, which is not allowed");
    }
    // The limiter's own refusals have no type; they are the only other errors that instantiating and calling give.
    misbehaved(Code::ModuleMemory, "exceeded its memory limit")
}
