//! The payload's bytes: the stock wire format, compact JSON, all in a defined order.

use crate::compare::{order, same};
use crate::dictionary::{Group, LabelForm};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A label of an entry. The order is the order of entries: NULL, integers by value, strings by bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A string of at most 255 characters.
    String(String),
}

/// Totals by label.
pub(crate) type Totals = BTreeMap<Label, u64>;

/// The total of a label, 0 at first. (One function for all callers, because each would instantiate the map's code again.)
#[inline(never)]
pub(crate) fn total(totals: &mut Totals, label: Label) -> &mut u64 {
    totals.entry(label).or_default()
}

/// Removes all labels except those to keep, in order. One function for all callers, like [`total`].
#[inline(never)]
pub(crate) fn retain(totals: &mut Totals, keep: &mut dyn FnMut(&Label, u64) -> bool) {
    totals.retain(|label, total| keep(label, *total));
}

/// One group with its entries.
#[derive(Debug)]
pub struct Entries {
    /// The group.
    pub group: &'static Group,
    /// Totals by label; groups without a label have one entry, under NULL.
    pub totals: BTreeMap<Label, u64>,
    /// The devices that have the labels of a composed group; see [`crate::rare`].
    pub(crate) holders: Totals,
}

impl Entries {
    /// The labels that are text.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.totals.keys().filter_map(|label| match label {
            Label::String(text) => Some(text.as_str()),
            Label::Null | Label::Integer(_) => None,
        })
    }
}

/// A pair; the order is that of the payload.
#[derive(Debug, Clone, Eq)]
pub struct Pair {
    /// LibreNMS's name of the operating system.
    pub os: String,
    /// Sanitised description.
    pub sys_descr: String,
    /// Object identifier.
    pub sys_object_id: String,
}

impl Pair {
    const fn texts(&self) -> [&String; 3] {
        [&self.os, &self.sys_descr, &self.sys_object_id]
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.texts().into_iter().zip(other.texts()).all(|(one, other)| same(one, other))
    }
}

impl Hash for Pair {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.texts().hash(state);
    }
}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        let texts = self.texts().into_iter().zip(other.texts());
        texts.map(|(one, other)| order(one, other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Everything that is sent.
#[derive(Debug)]
pub struct Payload {
    /// The install's uuid.
    pub uuid: String,
    /// Groups in the dictionary's order.
    pub data: Vec<Entries>,
    /// Pairs with the number of devices that have them.
    pub info: BTreeMap<Pair, u64>,
    /// Schema of the payload.
    pub schema: u32,
}

impl Payload {
    /// The bytes. Equal payloads give equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Serialising fails only for maps whose keys are not strings, and here all are strings.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("uuid", &self.uuid)?;
        map.serialize_entry("data", &Data(&self.data))?;
        map.serialize_entry("info", &Info(&self.info))?;
        map.serialize_entry("schema", &self.schema)?;
        map.serialize_entry("module", &Module)?;
        map.end()
    }
}

struct Data<'a>(&'a [Entries]);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|entries| (entries.group.name, entries)))
    }
}

impl Serialize for Entries {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.totals.iter().map(|(label, total)| Entry {
            group: self.group,
            label,
            total: *total,
        }))
    }
}

/// The stock site reads entries by position: the total must come first, the label second.
struct Entry<'a> {
    group: &'a Group,
    label: &'a Label,
    total: u64,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("total", &self.total)?;
        if let Some(key) = self.group.label {
            match (self.label, self.group.form) {
                (Label::Null, _) => map.serialize_entry(key, &None::<u8>)?,
                (Label::Integer(n), LabelForm::Integer) => map.serialize_entry(key, n)?,
                (Label::Integer(n), _) => map.serialize_entry(key, itoa(*n).as_str())?,
                (Label::String(text), _) => map.serialize_entry(key, text)?,
            }
        }
        map.end()
    }
}

fn itoa(n: i64) -> String {
    alloc::string::ToString::to_string(&n)
}

struct Info<'a>(&'a BTreeMap<Pair, u64>);

impl Serialize for Info<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(pair, count)| InfoEntry { pair, count: *count }))
    }
}

/// Exactly the four stock keys, because the stock site uses them as column names.
struct InfoEntry<'a> {
    pair: &'a Pair,
    count: u64,
}

impl Serialize for InfoEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("count", &self.count)?;
        map.serialize_entry("os", &self.pair.os)?;
        map.serialize_entry("sysDescr", &self.pair.sys_descr)?;
        map.serialize_entry("sysObjectID", &self.pair.sys_object_id)?;
        map.end()
    }
}

struct Module;

impl Serialize for Module {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", crate::MODULE_NAME)?;
        map.serialize_entry("version", crate::MODULE_VERSION)?;
        map.end()
    }
}

/// JSON Schema (2020-12) of the payload, derived from the dictionary.
#[cfg(feature = "schema")]
#[must_use]
pub fn json_schema() -> serde_json::Value {
    use crate::dictionary::GROUPS;
    use serde_json::{Map, Value, json};
    let text = |most: usize| json!({"type": "string", "maxLength": most});
    let total = json!({"type": "integer", "minimum": 0, "maximum": i32::MAX});
    let mut groups = Map::new();
    for group in GROUPS {
        let mut properties = Map::new();
        properties.insert("total".into(), total.clone());
        let mut required = alloc::vec![Value::from("total")];
        if let Some(key) = group.label {
            let kind = if group.form == LabelForm::Integer { "integer" } else { "string" };
            properties.insert(key.into(), json!({"type": [kind, "null"], "maxLength": crate::text::MAX_CHARS}));
            required.push(key.into());
        }
        let entry =
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
        groups.insert(group.name.into(), json!({"type": "array", "items": entry, "description": group.purpose}));
    }
    let pair = json!({
        "type": "object",
        "properties": {"count": total, "os": text(64), "sysDescr": text(255), "sysObjectID": text(255)},
        "required": ["count", "os", "sysDescr", "sysObjectID"],
        "additionalProperties": false,
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Payload",
        "type": "object",
        "properties": {
            "uuid": {"type": "string", "format": "uuid"},
            "data": {"type": "object", "properties": groups, "additionalProperties": false},
            "info": {"type": "array", "items": pair},
            "schema": {"type": "integer", "minimum": 1},
            "module": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
                "required": ["name", "version"],
                "additionalProperties": false,
            },
        },
        "required": ["uuid", "data", "info", "schema", "module"],
        "additionalProperties": false,
    })
}
