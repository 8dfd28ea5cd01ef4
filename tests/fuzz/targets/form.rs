//! Feeds anything to `receiver::form`.
#![no_main]

#[path = "../receiver.rs"]
#[allow(dead_code, reason = "each target has a property of its own")]
mod receiver;

libfuzzer_sys::fuzz_target!(|data: &[u8]| receiver::form(data));
