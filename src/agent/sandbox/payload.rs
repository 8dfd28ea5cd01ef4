//! Checks that a module's payload matches the facts and the consent. The module's digest only shows which program ran,
//! not that it works correctly: a report with a different uuid could never be deleted.

use super::module_error;
use crate::code::Code;
use crate::error::Result;
use callback_collector::dictionary::{Category, Group, INFO, LabelForm, group};
use callback_collector::text::{MAX_CHARS, clean};
use callback_collector::{MODULE_NAME, PAYLOAD_SCHEMA, install_id};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// The parts of the facts that determine what the payload may hold.
#[derive(Deserialize)]
struct Expected<'a> {
    #[serde(borrow)]
    uuid: Cow<'a, str>,
    #[serde(default)]
    consent: Consent<'a>,
}

#[derive(Deserialize)]
struct Consent<'a> {
    schema: u32,
    categories: Option<Vec<Category>>,
    #[serde(borrow, default)]
    withheld: Vec<Label<'a>>,
}

impl Default for Consent<'_> {
    fn default() -> Self {
        Self { schema: PAYLOAD_SCHEMA, categories: None, withheld: Vec::new() }
    }
}

impl Consent<'_> {
    fn has(&self, category: Category) -> bool {
        self.categories.as_ref().is_none_or(|allowed| allowed.contains(&category))
    }
}

#[derive(Deserialize)]
struct Label<'a> {
    #[serde(borrow)]
    group: Cow<'a, str>,
    #[serde(borrow)]
    label: Cow<'a, str>,
}

/// An object that keeps the order of its keys, and duplicate keys.
struct Object<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Object<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Pairs<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Pairs<V> {
            type Value = Vec<(String, V)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData)).map(Self)
    }
}

impl<V: Serialize> Serialize for Object<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// A total or a label.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Cell {
    Null(()),
    Number(i64),
    Text(String),
}

impl Cell {
    /// The label in the form in which the admin withholds it.
    fn label(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null(()) => None,
            Self::Number(number) => Some(number.to_string().into()),
            Self::Text(text) => Some(text.into()),
        }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    #[serde(borrow)]
    uuid: Cow<'a, str>,
    data: Object<Vec<Object<Cell>>>,
    #[serde(borrow)]
    info: Vec<Pair<'a>>,
    schema: u32,
    module: Version,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Version {
    name: String,
    version: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Pair<'a> {
    count: i32,
    #[serde(borrow)]
    os: Cow<'a, str>,
    #[serde(borrow, rename = "sysDescr")]
    description: Cow<'a, str>,
    #[serde(borrow, rename = "sysObjectID")]
    object_id: Cow<'a, str>,
}

/// Fails unless a payload is a report with this uuid that holds nothing but what the facts' consent covers.
pub(super) fn check(payload: &[u8], facts: &[u8]) -> Result<()> {
    let differs = |what: &str| module_error(Code::ModuleOutput, what);
    let expected: Expected<'_> =
        serde_json::from_slice(facts).map_err(|_| differs("accepted facts that this agent cannot read"))?;
    let sent: Payload<'_> =
        serde_json::from_slice(payload).map_err(|_| differs("returned a payload that this agent cannot read"))?;
    // White space, a different order or an unusual escape could hide data from the checks below.
    if serde_json::to_vec(&sent).ok().as_deref() != Some(payload) {
        return Err(differs("returned a payload that is not in its usual form"));
    }
    if Some(&*sent.uuid) != install_id::normalised(&expected.uuid).as_deref() {
        return Err(differs("returned a payload for a different uuid"));
    }
    if sent.schema > expected.consent.schema {
        return Err(differs("returned a payload of a newer schema than you opted in to"));
    }
    if sent.module.name != MODULE_NAME || !is_version(&sent.module.version) {
        return Err(differs("returned a name or version that is not a module's"));
    }
    let withheld: BTreeSet<(&str, &str)> =
        expected.consent.withheld.iter().map(|choice| (choice.group.as_ref(), choice.label.as_ref())).collect();
    let mut names = BTreeSet::new();
    for (name, entries) in &sent.data.0 {
        let known = group(name).filter(|group| group.since <= expected.consent.schema);
        let Some(group) = known.filter(|group| expected.consent.has(group.category)) else {
            return Err(differs("returned a group that you did not opt in to"));
        };
        if !names.insert(group.name) {
            return Err(differs("returned a group twice"));
        }
        for entry in entries {
            let Some(label) = label_of(entry, group) else {
                return Err(differs("returned an entry that is not of its group"));
            };
            if label.is_some_and(|label| withheld.contains(&(group.name, &*label))) {
                return Err(differs("returned a label that you withhold"));
            }
        }
    }
    if !sent.info.is_empty() && !expected.consent.has(Category::Pairs) {
        return Err(differs("returned pairs, which you did not opt in to"));
    }
    for pair in &sent.info {
        let texts = [&pair.os, &pair.description, &pair.object_id];
        if pair.count < 0 || !texts.into_iter().all(|text| fits(text)) {
            return Err(differs("returned a pair that does not fit the wire format"));
        }
        if withheld.contains(&(INFO, pair.description.as_ref())) {
            return Err(differs("returned a pair that you withhold"));
        }
    }
    Ok(())
}

/// The label of an entry; the outer `None` unless it has a total, the label of its group, and nothing else.
fn label_of<'e>(entry: &'e Object<Cell>, group: &Group) -> Option<Option<Cow<'e, str>>> {
    let (total, label) = match (entry.0.as_slice(), group.label) {
        ([total], None) => (total, None),
        ([total, (key, label)], Some(expected)) if key == expected => (total, Some(label)),
        _ => return None,
    };
    let fits_form = match label {
        Some(Cell::Number(_)) => group.form == LabelForm::Integer,
        Some(Cell::Text(text)) => group.form != LabelForm::Integer && fits(text),
        Some(Cell::Null(())) | None => true,
    };
    match total {
        (key, Cell::Number(0..=MAX_TOTAL)) if key == "total" && fits_form => Some(label.and_then(Cell::label)),
        _ => None,
    }
}

/// The wire format's largest number.
const MAX_TOTAL: i64 = i32::MAX as i64;

/// Whether a text has the length and the characters of the wire format.
fn fits(text: &str) -> bool {
    text.chars().count() <= MAX_CHARS && matches!(clean(text), Cow::Borrowed(_))
}

fn is_version(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (1..=32).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(is_part)
}
