//! The logic of Callback Stats: an install's [`Facts`] in, the payload that may leave it and the [`Findings`] that
//! explain what was removed out.
//!
//! Pure on purpose, and checked by the compiler: `no_std` leaves no file, network, clock or environment to reach for,
//! `forbid(unsafe_code)` no way around that, and nothing here draws random numbers. The same facts give the same bytes
//! on every host, natively and as WebAssembly.
//!
//! ```
//! use callback_collector::Collector;
//!
//! let facts = br#"{
//!   "schema": 1,
//!   "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",
//!   "counts": {"sensors": [{"label": "temperature", "rows": 12}]},
//!   "devices": [{"os": "linux", "hostname": "web01.example.net", "sysObjectID": ".1.3.6.1.4.1.8072.3.2.10",
//!                "sysDescr": "Linux web01.example.net 6.1.0-17-amd64 #1 SMP x86_64"}]
//! }"#;
//! let report = Collector::new().build(facts)?;
//! let payload = String::from_utf8(report.payload)?;
//! assert!(payload.contains("Linux hostname 6.1.0-17-amd64 #1 SMP x86_64"));
//! assert_eq!(report.findings.redactions[0].original, "Linux web01.example.net 6.1.0-17-amd64 #1 SMP x86_64");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way of the data, in the order of the modules: [`parse`] reads [`facts`], [`report`] turns them into entries
//! with the help of [`sanitise`], as the [`dictionary`] says what belongs where, and [`payload`] writes the bytes.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod changes;
mod compare;
pub mod dictionary;
pub mod digest;
pub mod facts;
pub mod findings;
pub mod install_id;
mod json_path;
pub mod kind;
pub mod number;
pub mod parse;
pub mod payload;
pub mod problem;
mod rare;
pub mod report;
pub mod sanitise;
pub mod second_pass;
pub mod text;
mod version;

pub use facts::{Device, Facts};
pub use findings::Findings;
pub use problem::{Code, Problem};
pub use report::Report;

use alloc::string::String;
use alloc::vec::Vec;

/// Version of the facts document that this collector reads.
pub const FACTS_SCHEMA: u32 = 1;

/// Version of the payload: the newest `since` of any field in the dictionary.
pub const PAYLOAD_SCHEMA: u32 = 1;

/// Name that the payload gives as the `module`'s.
pub const MODULE_NAME: &str = "callback-collector";

/// Version that the payload gives as the `module`'s.
pub const MODULE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Largest facts document that is read, in bytes (20,000 devices take about 10 MB).
pub const MAX_FACTS_BYTES: usize = 96 << 20;

/// A collector with its rules. Keep one for as long as you can: rules are compiled when a text first needs them and
/// stay compiled.
#[derive(Default)]
pub struct Collector {
    rules: sanitise::Rules,
}

impl Collector {
    /// A collector; costs nothing until its first use.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A collector with other rules, as tests need it.
    #[must_use]
    pub const fn with_rules(rules: sanitise::Rules) -> Self {
        Self { rules }
    }

    /// Builds the report from a facts document (JSON, UTF-8).
    ///
    /// # Errors
    /// A [`Problem`] with a code and the path of the field at fault. It never quotes a value of the document.
    pub fn build(&self, facts: &[u8]) -> Result<Report, Problem> {
        parse::mended(&parse::document(facts)?, |text| self.build_facts(&parse::facts(text)?))
    }

    /// Builds the report from facts that are parsed already.
    ///
    /// # Errors
    /// As [`Collector::build`], for what a type cannot say: the schema, the uuid.
    pub fn build_facts(&self, facts: &Facts<'_>) -> Result<Report, Problem> {
        report::build(facts, &self.rules)
    }

    /// Sanitises one device's description (JSON, a [`Device`]), knowing nothing of the rest of the install.
    ///
    /// # Errors
    /// As [`Collector::build`].
    pub fn sanitise(&self, device: &[u8]) -> Result<SanitisedDevice, Problem> {
        parse::mended(&parse::document(device)?, |text| Ok(self.sanitise_device(&parse::device(text)?)))
    }

    /// Sanitises one device's description. The text is not cut to the wire format's 255 characters: that happens when
    /// a report is built.
    #[must_use]
    pub fn sanitise_device(&self, device: &Device<'_>) -> SanitisedDevice {
        report::sanitise_device(device, &self.rules)
    }
}

/// What is left of a device's description after sanitising, and what was taken out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SanitisedDevice {
    /// The description, or nothing where the device has none.
    #[serde(rename = "sysDescr")]
    pub sys_descr: Option<String>,
    /// The object identifier, or nothing where the device has none.
    #[serde(rename = "sysObjectID")]
    pub sys_object_id: Option<String>,
    /// The texts that changed, with each redaction in them.
    pub redactions: Vec<findings::Redacted>,
}
