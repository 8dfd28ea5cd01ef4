//! Kinds of identifiers, by the names that findings, documentation and the preview use.

use serde::{Deserialize, Serialize};

/// What an identifier identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdentifierKind {
    /// Name of a host, without a domain.
    Hostname,
    /// Name of a host with its domain.
    Fqdn,
    /// IPv4 or IPv6 address.
    Ip,
    /// Hardware address.
    Mac,
    /// Serial number or service tag.
    Serial,
    /// Mail address.
    Email,
    /// A person's name.
    Person,
    /// Who built the operator's own kernel, `user@host`.
    Userhost,
    /// Where a device is.
    Location,
    /// A word that the admin added.
    Term,
}
