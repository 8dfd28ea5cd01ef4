//! The agent for a LibreNMS install: reads its database, builds the report in a sandbox, shows it, and sends it if the
//! admin opted in.
//!
//! [`cli`] and `web` turn a command or request into a call of a use case in `app`. `app::submit` runs the pipeline in
//! `submit`: `report` reads the facts with [`librenms`] and builds a payload with [`sandbox`], [`policy`] decides
//! whether it may be sent, `store` records it, `receiver` sends it and `trust` verifies the receipt.

mod app;
pub mod cli;
mod clock;
pub mod code;
mod config;
pub mod config_keys;
mod error;
pub mod failpoint;
mod files;
pub mod librenms;
pub mod policy;
mod progress;
pub mod receiver;
mod report;
pub mod sandbox;
mod store;
mod submit;
mod system;
mod trust;
mod versions;
mod web;

pub use error::{Error, Result};
