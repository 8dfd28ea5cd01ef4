//! Limits while a module runs: memory, instructions and time.

use super::{module_error, stopped};
use crate::code::Code;
use crate::error::Result;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use wasmtime::{ResourceLimiter, Store};

/// Instructions between two checks of the time limit, about 10 ms. Checking with fuel alone is cheaper than
/// adding epoch interrupts (measured: by an eighth of a build).
const SLICE: u64 = 100_000_000;

/// Maximum number of table entries.
const MAX_TABLE: usize = 100_000;

/// Limits of a run.
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
        // A report of 20,000 devices takes about a second; the limits are far above that, but low enough not to look
        // like a hang.
        Self { memory: 256 << 20, fuel: 100_000_000_000, time: Duration::from_secs(60) }
    }
}

/// The module exceeded its memory limit.
#[derive(Debug, thiserror::Error)]
#[error("memory limit exceeded")]
pub(super) struct MemoryExceeded;

/// Limits memory and tables of a store. wasmtime's own limiter has untyped errors.
pub(super) struct Limiter {
    memory: usize,
}

impl Limiter {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { memory: limits.memory }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= self.memory { Ok(true) } else { Err(MemoryExceeded.into()) }
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired <= MAX_TABLE { Ok(true) } else { Err(MemoryExceeded.into()) }
    }

    fn instances(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        4
    }
}

/// Resets the fuel and the time limit; returns the deadline.
pub(super) fn allow(store: &mut Store<Limiter>, limits: Limits) -> Result<Option<Instant>> {
    let metered = store.set_fuel(limits.fuel).and_then(|()| store.fuel_async_yield_interval(Some(SLICE)));
    metered.map_err(|_| module_error(Code::SandboxUnavailable, "cannot be metered"))?;
    // A deadline that overflows means no time limit.
    Ok(Instant::now().checked_add(limits.time))
}

/// Runs a call in slices until it ends or exceeds its time limit.
pub(super) fn run<T>(deadline: Option<Instant>, call: impl Future<Output = wasmtime::Result<T>>) -> Result<T> {
    let mut call = pin!(call);
    loop {
        if let Poll::Ready(result) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result.map_err(|error| stopped(&error));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(module_error(Code::ModuleTimeout, "exceeded its time limit"));
        }
    }
}
