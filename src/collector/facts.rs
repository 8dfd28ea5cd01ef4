//! The facts document: raw values from an install's database. It never leaves the install.

use crate::dictionary::{Category, VersionOf};
use crate::number::Whole;
use crate::text::Text;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize, de};

/// The input of a report. Unknown fields are rejected, so that nothing is ignored by mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Facts<'a> {
    /// Version of this document: 1.
    pub schema: u32,
    /// The install's uuid, a version 4 UUID.
    #[serde(borrow)]
    pub uuid: Text<'a>,
    /// Versions of the install's software; unknown ones are left out.
    #[serde(default)]
    pub versions: Versions<'a>,
    /// Rows per label, by group of the payload. A missing group was not read and is not reported.
    #[serde(default)]
    pub counts: Counts<'a>,
    /// The devices. The groups `os` and `hardware` and the pairs are built from them. `null` if devices could not be
    /// read.
    #[serde(default)]
    pub devices: Option<Vec<Device<'a>>>,
    /// The admin's own words: removed in upper or lower case, with any separators between their parts, and next to digits.
    #[serde(default)]
    pub terms: Vec<Text<'a>>,
    /// The admin's own regular expressions (the `regex` crate's syntax, with ASCII classes): every match is removed.
    /// A pattern is rejected if it does not compile, compiles to more than a megabyte, or enables Unicode mode.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<Text<'a>>,
    /// The admin's consent.
    #[serde(default)]
    pub consent: Consent<'a>,
    /// What could not be read from the database. It is listed with what the collector leaves out.
    #[serde(default)]
    pub left_out: Vec<Unread<'a>>,
}

/// Versions of the install's software.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub struct Versions<'a> {
    /// Database server, as in `MariaDB 10.11.6`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub database: Option<Text<'a>>,
    /// PHP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub php: Option<Text<'a>>,
    /// Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<Text<'a>>,
    /// RRDtool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rrdtool: Option<Text<'a>>,
    /// Net-SNMP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netsnmp: Option<Text<'a>>,
    /// Distribution and its version, as in `Debian GNU/Linux 12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<Text<'a>>,
    /// LibreNMS's release, or `master` on the default update channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub librenms: Option<Text<'a>>,
}

impl<'a> Versions<'a> {
    /// The version that a group of the payload reports.
    #[must_use]
    pub fn of(&self, which: VersionOf) -> Option<&Text<'a>> {
        match which {
            VersionOf::Database => self.database.as_ref(),
            VersionOf::Php => self.php.as_ref(),
            VersionOf::Python => self.python.as_ref(),
            VersionOf::Rrdtool => self.rrdtool.as_ref(),
            VersionOf::Netsnmp => self.netsnmp.as_ref(),
            VersionOf::Os => self.os.as_ref(),
            VersionOf::Librenms => self.librenms.as_ref(),
        }
    }
}

/// The number of rows of a table with a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Count<'a> {
    /// The label as the database has it, numbers as text; `null` for NULL and for groups without a label.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text<'a>>,
    /// Number of rows.
    pub rows: Whole,
    /// The ID of the device that has all of them. `null` if several devices do or if it is
    /// unknown; each row then counts as a different device. Groups with composed labels need it (see the dictionary).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Whole>,
}

/// Counts by group. Duplicate names are rejected; the dictionary knows the valid ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts<'a>(pub BTreeMap<String, Vec<Count<'a>>>);

impl<'de: 'a, 'a> Deserialize<'de> for Counts<'a> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountsVisitor;
        impl<'de> de::Visitor<'de> for CountsVisitor {
            type Value = Counts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of lists")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut counts = BTreeMap::new();
                while let Some(group) = map.next_key::<String>()? {
                    let rows = map.next_value::<Vec<Count<'de>>>()?;
                    if counts.insert(group, rows).is_some() {
                        return Err(de::Error::custom("duplicate field"));
                    }
                }
                Ok(Counts(counts))
            }
        }
        deserializer.deserialize_map(CountsVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Counts<'_> {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Counts".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let rows = generator.subschema_for::<Vec<Count<'_>>>();
        let groups: serde_json::Map<String, serde_json::Value> = crate::dictionary::GROUPS
            .iter()
            .filter(|group| group.table().is_some_and(|table| table.counted_by_host))
            .map(|group| (group.name.into(), rows.clone().into()))
            .collect();
        schemars::json_schema!({"type": "object", "properties": groups, "additionalProperties": false})
    }
}

/// One device: the fields that are reported, and the fields that identify it and are removed from texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub struct Device<'a> {
    /// LibreNMS's name of the operating system.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub os: Option<Text<'a>>,
    /// Hardware model; free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Text<'a>>,
    /// SNMP's sysDescr; free text.
    #[serde(rename = "sysDescr", skip_serializing_if = "Option::is_none")]
    pub sys_descr: Option<Text<'a>>,
    /// SNMP's sysObjectID, numeric.
    #[serde(rename = "sysObjectID", skip_serializing_if = "Option::is_none")]
    pub sys_object_id: Option<Text<'a>>,
    /// Hostname or address that LibreNMS polls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Text<'a>>,
    /// SNMP's sysName.
    #[serde(rename = "sysName", skip_serializing_if = "Option::is_none")]
    pub sys_name: Option<Text<'a>>,
    /// Name shown in LibreNMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<Text<'a>>,
    /// Address, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<Text<'a>>,
    /// Address or hostname that LibreNMS polls instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overwrite_ip: Option<Text<'a>>,
    /// Serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<Text<'a>>,
    /// SNMP's sysContact: a person, a mail address, a phone number.
    #[serde(rename = "sysContact", skip_serializing_if = "Option::is_none")]
    pub sys_contact: Option<Text<'a>>,
    /// Where the device is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Text<'a>>,
}

/// What the admin opted in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default, expecting = "an object")]
pub struct Consent<'a> {
    /// The newest payload schema that the admin accepted; newer fields are left out.
    pub schema: u32,
    /// The categories that may be sent; `null` for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    /// Labels that the admin withholds.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<LabelChoice<'a>>,
    /// Rare labels that the admin includes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub included: Vec<LabelChoice<'a>>,
}

impl Default for Consent<'_> {
    fn default() -> Self {
        Self { schema: crate::PAYLOAD_SCHEMA, categories: None, withheld: Vec::new(), included: Vec::new() }
    }
}

/// A label that the admin withholds or includes, in the form in which it would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct LabelChoice<'a> {
    /// Name of the group, or `info` for a pair.
    #[serde(borrow)]
    pub group: Text<'a>,
    /// The label; for `info` the sysDescr.
    pub label: Text<'a>,
}

/// A table or column that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, expecting = "an object")]
pub struct Unread<'a> {
    /// The group that is not reported, or the device field that is unknown.
    #[serde(borrow)]
    pub field: Text<'a>,
    /// Table or `table.column` that this version of LibreNMS lacks.
    pub missing: Text<'a>,
}
