//! Feeds anything to `collector::text`.
#![no_main]

#[path = "../collector.rs"]
#[allow(dead_code, reason = "each target has a property of its own")]
mod collector;

libfuzzer_sys::fuzz_target!(|data: &[u8]| collector::text(data));
