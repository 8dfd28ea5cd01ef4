//! The agent beside LibreNMS: reads an install's database, runs the collector's module in a sandbox, shows what would
//! be sent, and sends it where the admin said yes.
//!
//! The way of the data: [`source`] reads the install into facts, [`report`] has [`sandbox`] turn facts into a payload
//! with the bytes of [`module`]. [`submit`] carries the payload to a [`receiver`] if [`consent`] allows, and writes the
//! [`ledger`]; [`clear`] has everything removed again; [`trust`] says what a receipt proves. [`serve`] shows it all in a
//! browser. [`state`] is the memory of all that.

pub mod clear;
pub mod clock;
pub mod code;
pub mod config;
pub mod consent;
pub mod error;
pub mod fault;
pub mod files;
pub mod ledger;
pub mod module;
pub mod policy;
pub mod progress;
pub mod receiver;
pub mod report;
pub mod sandbox;
pub mod serve;
pub mod source;
pub mod state;
pub mod submit;
pub mod system;
pub mod transport;
pub mod trust;
pub mod versions;

pub use error::{Error, Result};
