//! Checks that a module's payload matches the facts and the consent. The module's digest only shows which program ran,
//! not that it works correctly: a report with another uuid could never be deleted.

use super::module_error;
use crate::code::Code;
use crate::error::Result;
use callback_collector::PAYLOAD_SCHEMA;
use callback_collector::dictionary::{Category, Group, INFO, LabelForm, group};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

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

type Entry<'a> = BTreeMap<Cow<'a, str>, Value>;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    #[serde(borrow)]
    uuid: Cow<'a, str>,
    #[serde(borrow)]
    data: BTreeMap<Cow<'a, str>, Vec<Entry<'a>>>,
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
    let sent: Payload<'_> = serde_json::from_slice(payload).map_err(|_| differs("returned an invalid payload"))?;
    // Duplicate keys and white space would be sent, but are invisible to the checks below.
    if serde_json::to_vec(&sent).map_or(0, |bytes| bytes.len()) != payload.len() {
        return Err(differs("returned a payload that is not compact JSON with each key once"));
    }
    if sent.uuid != expected.uuid {
        return Err(differs("returned a payload for another uuid"));
    }
    if sent.schema > expected.consent.schema {
        return Err(differs("returned a payload of a newer schema than you opted in to"));
    }
    let withheld: BTreeSet<(&str, &str)> =
        expected.consent.withheld.iter().map(|choice| (choice.group.as_ref(), choice.label.as_ref())).collect();
    for (name, entries) in &sent.data {
        let known = group(name).filter(|group| group.since <= expected.consent.schema);
        let Some(group) = known.filter(|group| expected.consent.has(group.category)) else {
            return Err(differs("returned a group that you did not opt in to"));
        };
        for entry in entries {
            if !is_entry(entry, group) {
                return Err(differs("returned an entry that is not of its group"));
            }
            let label = group.label.and_then(|key| entry.get(key)?.as_str());
            if label.is_some_and(|label| withheld.contains(&(group.name, label))) {
                return Err(differs("returned a label that you withhold"));
            }
        }
    }
    if !sent.info.is_empty() && !expected.consent.has(Category::Pairs) {
        return Err(differs("returned pairs, which you did not opt in to"));
    }
    if sent.info.iter().any(|pair| withheld.contains(&(INFO, pair.description.as_ref()))) {
        return Err(differs("returned a pair that you withhold"));
    }
    Ok(())
}

/// Whether an entry has a total and the label of its group, and nothing else.
fn is_entry(entry: &Entry<'_>, group: &Group) -> bool {
    let total = entry.get("total").and_then(Value::as_i64).is_some_and(|total| i32::try_from(total).is_ok());
    let label = group.label.is_none_or(|key| match entry.get(key) {
        Some(Value::Null) => true,
        Some(Value::Number(_)) => group.form == LabelForm::Integer,
        Some(Value::String(_)) => group.form != LabelForm::Integer,
        _ => false,
    });
    total && label && entry.len() == 1 + usize::from(group.label.is_some())
}
