//! One instance of the module, behind its C ABI.

use super::limits::{Limiter, allow, run};
use super::{Limits, module_error, payload, refusal};
use crate::code::Code;
use crate::error::{Error, Result};
use callback_collector::digest::sha256_hex;
use callback_collector::{Findings, Report, install_id};
use std::time::Instant;
use wasmtime::{Instance as WasmInstance, Memory, Store, TypedFunc};

/// An instance of the module behind its C ABI.
pub struct Instance {
    store: Store<Limiter>,
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

/// The version of the C ABI that this host supports.
pub const ABI_VERSION: u32 = 1;

impl Instance {
    pub(super) fn new(mut store: Store<Limiter>, instance: &WasmInstance, limits: Limits) -> Result<Self> {
        macro_rules! function {
            ($name:literal) => {
                instance
                    .get_typed_func(&mut store, $name)
                    .map_err(|_| module_error(Code::ModuleInterface, "does not have the collector's interface"))?
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
            .ok_or_else(|| module_error(Code::ModuleInterface, "does not have the collector's interface"))?;
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

    /// The version of the module's interface.
    #[must_use]
    pub const fn abi_version(&self) -> u32 {
        self.abi_version
    }

    /// Instructions of the last call, as wasmtime counts fuel: the same for the same input on every host.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        self.limits.fuel - self.store.get_fuel().unwrap_or_default()
    }

    /// Builds a report from a facts document (JSON).
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if the module rejects the facts or fails.
    pub fn build(&mut self, facts: &[u8]) -> Result<Report> {
        let (payload, findings) = self.with_document(facts, |instance| instance.build.clone())?;
        let findings: Findings = serde_json::from_slice(&findings)
            .map_err(|_| module_error(Code::ModuleOutput, "returned findings that this agent cannot read"))?;
        if findings.payload_sha256 != sha256_hex(&payload) {
            return Err(module_error(Code::ModuleOutput, "returned a digest that does not match its payload"));
        }
        payload::check(&payload, facts)?;
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
    /// [`Exit::Module`](crate::code::Exit::Module) if the module fails.
    pub fn dictionary(&mut self) -> Result<Vec<u8>> {
        let deadline = allow(&mut self.store, self.limits)?;
        let header = run(deadline, self.dictionary.call_async(&mut self.store, ()))?;
        self.answer(deadline, header).map(|(result, _)| result)
    }

    /// A new uuid for an install, made from this host's entropy.
    ///
    /// # Errors
    /// [`Exit::Module`](crate::code::Exit::Module) if the module fails.
    pub fn install_id(&mut self) -> Result<String> {
        let mut entropy = [0_u8; 16];
        getrandom::fill(&mut entropy).map_err(Error::no_random)?;
        let (id, _) = self.with_document(&entropy, |instance| instance.install_id.clone())?;
        // An ID that is not a UUID would be stored, and every later report would be rejected.
        let normal = str::from_utf8(&id).ok().and_then(install_id::normalised).filter(|normal| normal.as_bytes() == id);
        normal.ok_or_else(|| module_error(Code::ModuleOutput, "returned an ID that is not a version 4 UUID"))
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
            .ok_or_else(|| module_error(Code::ModuleBounds, "returned an address out of bounds"))?
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
            _ => Err(module_error(Code::ModuleOutput, "returned an unknown status")),
        }
    }

    /// Copies bytes out of the module's memory.
    fn bytes(&self, address: u32, len: u32) -> Result<Vec<u8>> {
        let (start, len) = (address as usize, len as usize);
        start
            .checked_add(len)
            .and_then(|end| self.memory.data(&self.store).get(start..end))
            .map(<[u8]>::to_vec)
            .ok_or_else(|| module_error(Code::ModuleBounds, "returned an address out of bounds"))
    }
}
