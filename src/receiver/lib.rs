//! The receiver: takes reports in, keeps them for 90 days under a keyed hash, never sees an address twice.
//!
//! The way of a report: [`http`] takes the request, [`wire`] reads, checks and sanitises it, [`store`] keeps it under
//! the key of [`key`], and [`receipt`], signed by [`signing`], says so.

pub mod code;
pub mod config;
pub mod day;
pub mod doctor;
pub mod error;
pub mod fixtures;
pub mod http;
pub mod import;
pub mod key;
mod key_file;
pub mod log;
pub mod metrics;
mod ownership;
pub mod publish;
pub mod receipt;
pub mod secret;
pub mod signing;
pub mod store;
pub mod text;
pub mod wire;

pub use code::Code;
pub use error::{Error, Result};
