//! The receiver: accepts reports, stores them for 90 days under a keyed hash, and publishes what many of them share.
//!
//! The path of a report: [`http`] accepts the request, [`wire`] parses and sanitises it, [`store`] stores it under a keyed
//! hash of [`key`], and the answer is a [`receipt`] that [`signing`] signs. [`jobs`] expires and publishes; [`server`] runs
//! both.

pub mod code;
pub mod config;
pub mod day;
pub mod doctor;
pub mod error;
pub mod fixtures;
pub mod http;
pub mod import;
pub mod jobs;
pub mod key;
mod key_file;
pub mod log;
pub mod metrics;
mod ownership;
pub mod publish;
pub mod receipt;
pub mod secret;
pub mod server;
pub mod signing;
pub mod store;
#[cfg(test)]
mod test_world;
pub mod text;
pub mod wire;

pub use code::Code;
pub use error::{Error, Result};
