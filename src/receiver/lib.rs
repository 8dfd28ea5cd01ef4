//! The receiver: takes reports in, keeps them for 90 days under a keyed hash, never sees an address twice.
//!
//! The way of a report: [`http`] takes the request, [`wire`] reads and checks it, [`store`] keeps it under the key of
//! [`key`], and [`receipt`] says so.

pub mod error;
pub mod http;
pub mod key;
pub mod receipt;
pub mod store;
pub mod wire;

pub use error::{Error, Result};
