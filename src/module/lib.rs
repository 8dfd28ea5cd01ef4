//! The WebAssembly module: two thin interfaces to the collector, and nothing else.
//!
//! [`js`] is for browsers and Node (wasm-bindgen), [`abi`] for wasmtime and other plain hosts (C ABI, version 1). Both
//! are in the one `.wasm` that the browser runs, the agent runs and npm ships.

pub mod abi;
pub mod js;

use callback_collector::Collector;

thread_local! {
    /// The instance's collector: its rules stay compiled from call to call.
    static COLLECTOR: Collector = Collector::new();
}
