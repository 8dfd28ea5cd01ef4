//! The core of Callback Stats: takes an install's [`Facts`] and returns the payload of its report, with the
//! [`Findings`] that explain what was removed.
//!
//! It does no I/O, and the compiler checks that: `no_std` has no files, network, clock or environment, and
//! `forbid(unsafe_code)` rules out other ways. Nothing is random. The same facts give the same bytes on every host,
//! natively and as WebAssembly.
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
//! Start with [`Collector::build`] for a whole report, or [`Collector::sanitise`] for one device. Internally, [`parse`] reads
//! the [`facts`], `report` counts and sanitises them (`sanitise`) into the groups that the [`dictionary`] defines, and
//! [`payload`] writes the bytes. `second_pass` searches everything again for known identifiers.
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
mod kind;
pub mod number;
pub mod parse;
pub mod payload;
pub mod problem;
mod rare;
mod report;
// Public for the tests, the receiver's second check and the generated documentation of the rules.
#[doc(hidden)]
pub mod sanitise;
mod second_pass;
pub mod text;
mod version;

pub use facts::{Device, Facts};
pub use findings::{Findings, LeftOut, Reason, Redacted, Redaction};
pub use kind::IdentifierKind;
pub use problem::{Code, Problem};
pub use report::Report;

use alloc::string::String;
use alloc::vec::Vec;

/// Version of the facts document that this collector reads.
pub const FACTS_SCHEMA: u32 = 1;

/// Version of the payload: the newest `since` of any field in the dictionary.
pub const PAYLOAD_SCHEMA: u32 = 1;

/// `module.name` in the payload.
pub const MODULE_NAME: &str = "callback-collector";

/// `module.version` in the payload.
pub const MODULE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Largest facts document that is read, in bytes (20,000 devices take about 10 MB).
pub const MAX_FACTS_BYTES: usize = 96 << 20;

/// The entry point: a set of rules. Reuse it: a rule is compiled when a text first needs it, and stays
/// compiled.
#[derive(Default)]
pub struct Collector {
    rules: sanitise::Rules,
}

impl Collector {
    /// Creates a collector. It compiles nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A collector with other rules, for tests.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_rules(rules: sanitise::Rules) -> Self {
        Self { rules }
    }

    /// Builds the report from a facts document (JSON, UTF-8).
    ///
    /// ```
    /// use callback_collector::{Code, Collector};
    ///
    /// let facts = br#"{
    ///   "schema": 1,
    ///   "uuid": "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11",
    ///   "devices": [{"os": "linux", "hostname": "web01.example.net", "sysObjectID": ".1.3.6.1.4.1.8072.3.2.10",
    ///                "sysDescr": "Linux web01.example.net 6.1.0-17-amd64 #1 SMP x86_64"}]
    /// }"#;
    /// let collector = Collector::new();
    /// let report = collector.build(facts)?;
    /// assert_eq!(report.findings.devices, 1);
    /// assert_eq!(report.findings.redactions[0].result, "Linux hostname 6.1.0-17-amd64 #1 SMP x86_64");
    ///
    /// let problem = collector.build(br#"{"schema": 1, "uuid": 7}"#).unwrap_err();
    /// assert_eq!((problem.code, problem.path.as_str()), (Code::WrongType, "uuid"));
    /// # Ok::<(), callback_collector::Problem>(())
    /// ```
    ///
    /// # Errors
    /// A [`Problem`] with a code and the path of the invalid field. It never quotes a value of the document.
    pub fn build(&self, facts: &[u8]) -> Result<Report, Problem> {
        parse::mended(&parse::document(facts)?, |text| self.build_facts(&parse::facts(text)?))
    }

    /// Builds the report from parsed facts.
    ///
    /// # Errors
    /// As for [`Collector::build`], but only for what the types do not check: the schema and the uuid.
    pub fn build_facts(&self, facts: &Facts<'_>) -> Result<Report, Problem> {
        report::build(facts, &self.rules)
    }

    /// Sanitises the description of one device (JSON, a [`Device`]), without knowledge of the rest of the install.
    ///
    /// ```
    /// use callback_collector::{Collector, IdentifierKind};
    ///
    /// let device = br#"{"sysName": "edge-7", "sysDescr": "ACME Switch SN:FOC1234X0AB, edge-7"}"#;
    /// let sanitised = Collector::new().sanitise(device)?;
    /// assert_eq!(sanitised.sys_descr.as_deref(), Some("ACME Switch SN:AAA0000A0AA, hostname"));
    /// assert_eq!(sanitised.redactions[0].redactions[0].kind, IdentifierKind::Serial);
    /// # Ok::<(), callback_collector::Problem>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Collector::build`].
    pub fn sanitise(&self, device: &[u8]) -> Result<SanitisedDevice, Problem> {
        parse::mended(&parse::document(device)?, |text| Ok(self.sanitise_device(&parse::device(text)?)))
    }

    /// Sanitises one device's description. The text is not cut to the wire format's 255 characters; building a report
    /// does that.
    #[must_use]
    pub fn sanitise_device(&self, device: &Device<'_>) -> SanitisedDevice {
        report::sanitise_device(device, &self.rules)
    }
}

/// A device's description after sanitising, and what was removed from it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SanitisedDevice {
    /// The sanitised description, if the device has one.
    #[serde(rename = "sysDescr")]
    pub sys_descr: Option<String>,
    /// The object identifier, if the device has one.
    #[serde(rename = "sysObjectID")]
    pub sys_object_id: Option<String>,
    /// The texts that changed, with their redactions.
    pub redactions: Vec<Redacted>,
}
