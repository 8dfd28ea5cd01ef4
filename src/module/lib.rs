//! The WebAssembly module: only two thin interfaces to the collector.
//!
//! [`js`] is for browsers and Node (wasm-bindgen), [`abi`] for wasmtime and other plain hosts (C ABI, version 1). Both
//! are in the same `.wasm` file, which the browser and the agent run and the npm package contains.

pub mod abi;
pub mod js;

use callback_collector::Collector;

thread_local! {
    /// The instance's collector: its rules stay compiled from call to call.
    static COLLECTOR: Collector = Collector::new();
}
