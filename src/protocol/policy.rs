//! The policy that a receiver publishes at `/api/v1/policy`.

use serde::{Deserialize, Serialize};

/// A receiver's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Policy {
    /// Name and version of the receiver.
    pub receiver: String,
    /// Payload schemas that it accepts.
    pub payload_schemas: Vec<u32>,
    /// Days after which a report is deleted.
    pub retention_days: i32,
    /// Days for which backups are kept.
    pub backup_days: i32,
    /// Whether a second report of a day replaces the first.
    pub one_report_per_install_and_day: bool,
    /// Whether it keeps IP addresses.
    pub addresses_kept: bool,
    /// What it publishes.
    pub publication: PublicationPolicy,
    /// How to contact the operator, if they configured it.
    pub contact: Option<String>,
    /// Where its source code is, if the operator configured it.
    pub source: Option<String>,
}

/// What a receiver publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublicationPolicy {
    /// Minimum number of installs behind a published label.
    pub installs_at_least: u32,
    /// Terms of publication, as the operator wrote them; empty without any.
    pub terms: String,
}
