//! Feeds anything to `receiver::report`.
#![no_main]

#[path = "../receiver.rs"]
#[allow(dead_code, reason = "each target has a property of its own")]
mod receiver;

libfuzzer_sys::fuzz_target!(|data: &[u8]| receiver::report(data));
