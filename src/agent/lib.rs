//! The agent beside LibreNMS: reads an install's database, runs the collector's module in a sandbox, shows what would
//! be sent, and sends it where the admin said yes.
//!
//! The way of the data: [`source`] reads the install into facts, [`sandbox`] turns facts into a payload with the bytes
//! of [`module`], [`send`] carries the payload to a receiver if [`consent`] allows.

pub mod config;
pub mod consent;
pub mod error;
pub mod module;
pub mod progress;
pub mod report;
pub mod sandbox;
pub mod send;
pub mod source;
pub mod state;
pub mod versions;

pub use error::{Error, Result};
