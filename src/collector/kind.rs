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
    /// Telephone number.
    Phone,
    /// A person's name.
    Person,
    /// A login name.
    User,
    /// User and host that built a custom kernel, `user@host`.
    Userhost,
    /// Where a device is.
    Location,
    /// Geographic coordinates.
    Gps,
    /// Owner of a device.
    Customer,
    /// Asset, inventory or ticket number.
    Asset,
    /// Password, community or key.
    Secret,
    /// Licence key.
    Licence,
    /// IMEI, IMSI, ICCID or MSISDN.
    Imei,
    /// Circuit identifier.
    Circuit,
    /// Number of an autonomous system.
    Asn,
    /// URL of a private host.
    Url,
    /// A word that the admin added.
    Term,
}
