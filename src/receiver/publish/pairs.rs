//! Pairs: descriptions of devices with the operating system that LibreNMS detected. They are filtered and sorted as by the
//! stock site's command, from published numbers or, for the operator, from exact ones.

use super::rules::three_digits;
use super::snapshot::Shown;
use super::view::View;
use crate::day::Day;
use crate::error::Result;
use crate::store::Store;
use crate::store::encoding::LabelId;
use callback_collector::dictionary::INFO;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The root of vendors' object identifiers, also written `enterprises`.
pub const ENTERPRISES: &str = ".1.3.6.1.4.1";

/// A pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pair {
    /// What LibreNMS took the device for.
    pub os: String,
    /// The device's sysObjectID.
    #[serde(rename = "sysObjectID")]
    pub sys_object_id: String,
    /// The device's sysDescr, sanitised; nothing where pairs are summed up by sysObjectID.
    pub sys_descr: Option<String>,
    /// Installs that have it; at least that many where pairs are summed up.
    pub installs: u64,
    /// Devices that say it.
    pub devices: u64,
    /// The first day on which it was published, if that is within the days that are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub first_published: Option<String>,
}

/// By what pairs are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Most devices first.
    #[default]
    Devices,
    /// Most installs first.
    Installs,
    /// By os, most devices first.
    Os,
    /// Summed up by os and sysObjectID, most devices first.
    ObjectId,
    /// By sysDescr, most devices first.
    Descr,
}

impl Sort {
    /// All, by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("devices", Self::Devices),
        ("installs", Self::Installs),
        ("os", Self::Os),
        ("sysObjectID", Self::ObjectId),
        ("sysDescr", Self::Descr),
    ];

    /// The sort order with this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, sort)| sort)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, sort)| *sort == self).map_or("devices", |(name, _)| name)
    }
}

/// A filter and sort order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Only this OS.
    pub os: Option<String>,
    /// Text that sysDescr contains, case-sensitive.
    pub descr: Option<String>,
    /// Beginning of sysObjectID; with or without the leading dot, `enterprises` stands for [`ENTERPRISES`]. With a dot at
    /// its end it is that tree and its root, and no other whose number begins alike.
    pub object_id: Option<String>,
    /// Order.
    pub sort: Sort,
}

impl Query {
    /// The pairs that match, sorted.
    #[must_use]
    pub fn apply(&self, pairs: &[Pair]) -> Vec<Pair> {
        let object_id = self.object_id.as_deref().map(normalised);
        let begins = |pair: &Pair, prefix: &String| {
            let object_id = normalised(&pair.sys_object_id);
            object_id.starts_with(prefix) || prefix.strip_suffix('.') == Some(&*object_id)
        };
        let fits = |pair: &&Pair| {
            self.os.as_ref().is_none_or(|os| pair.os == *os)
                && self.descr.as_ref().is_none_or(|part| pair.sys_descr.as_ref().is_some_and(|d| d.contains(part)))
                && object_id.as_ref().is_none_or(|prefix| begins(pair, prefix))
        };
        let mut pairs: Vec<Pair> = pairs.iter().filter(fits).cloned().collect();
        if self.sort == Sort::ObjectId {
            pairs = summed(pairs);
        }
        let rest = |a: &Pair, b: &Pair| {
            (b.devices, b.installs, &a.os, &a.sys_object_id, &a.sys_descr).cmp(&(
                a.devices,
                a.installs,
                &b.os,
                &b.sys_object_id,
                &b.sys_descr,
            ))
        };
        pairs.sort_by(|a, b| match self.sort {
            Sort::Devices | Sort::ObjectId => rest(a, b),
            Sort::Installs => b.installs.cmp(&a.installs).then_with(|| rest(a, b)),
            Sort::Os => a.os.cmp(&b.os).then_with(|| rest(a, b)),
            Sort::Descr => a.sys_descr.cmp(&b.sys_descr).then_with(|| rest(a, b)),
        });
        pairs
    }
}

/// A sysObjectID with a leading dot, `enterprises` written out.
#[must_use]
pub fn normalised(object_id: &str) -> String {
    let object_id = object_id.trim().trim_matches('"');
    if let Some(rest) = object_id.trim_start_matches('.').strip_prefix("enterprises") {
        return format!("{ENTERPRISES}{rest}");
    }
    if object_id.starts_with(|c: char| c.is_ascii_digit()) { format!(".{object_id}") } else { object_id.to_owned() }
}

/// Pairs summed up by os and sysObjectID. An install may have several of them, so their installs are at least the most
/// that one of them has.
fn summed(pairs: Vec<Pair>) -> Vec<Pair> {
    let mut sums: BTreeMap<(String, String), Pair> = BTreeMap::new();
    for pair in pairs {
        match sums.entry((pair.os.clone(), pair.sys_object_id.clone())) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Pair { sys_descr: None, first_published: None, ..pair });
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let sum = entry.get_mut();
                sum.devices = sum.devices.saturating_add(pair.devices);
                sum.installs = sum.installs.max(pair.installs);
            }
        }
    }
    sums.into_values().collect()
}

/// The pairs that are published.
#[derive(Debug, Clone, Default)]
pub struct Published {
    /// Changes with everything that is published.
    pub generation: i64,
    /// Their day.
    pub as_of: Option<Day>,
    /// The pairs, in no order.
    pub pairs: Vec<Pair>,
}

impl Published {
    /// The pairs that match, sorted. Sums are rounded to three digits, as everything that is published.
    #[must_use]
    pub fn find(&self, query: &Query) -> Vec<Pair> {
        let mut found = query.apply(&self.pairs);
        found.iter_mut().for_each(|pair| pair.devices = three_digits(pair.devices));
        found
    }
}

/// Reads the published pairs of the newest day; with `history`, also the first day on which each was published.
///
/// # Errors
/// If the database fails.
pub async fn published(store: &Store, history: bool) -> Result<Published> {
    let view = View::parts(store, &[INFO.to_owned()], history).await?;
    let Some(newest) = view.newest else {
        return Ok(Published { generation: view.generation, ..Published::default() });
    };
    let first = if history { first_days(&view) } else { BTreeMap::new() };
    let shown = view.part(INFO, newest).map(|part| &part.labels[..]).unwrap_or_default();
    let pairs = shown.iter().filter_map(|shown| {
        let (pair, id) = pair(&view, shown)?;
        Some(Pair { first_published: first.get(&id).map(Day::to_string), ..pair })
    });
    Ok(Published { generation: view.generation, as_of: Some(newest), pairs: pairs.collect() })
}

/// A pair of a snapshot, with the number of its label.
fn pair(view: &View, Shown(name, installs, devices): &Shown) -> Option<(Pair, LabelId)> {
    let super::snapshot::Name::Stored(id) = name else { return None };
    let label = view.stored(name)?;
    let (os, sys_object_id) = label.pair.clone()?;
    let sys_descr = Some(label.text.clone().unwrap_or_default());
    let (installs, devices) = (u64::from(*installs), *devices);
    Some((Pair { os, sys_object_id, sys_descr, installs, devices, first_published: None }, *id))
}

/// The first day on which each pair was published. What the oldest snapshot has may be older, and is left out.
fn first_days(view: &View) -> BTreeMap<LabelId, Day> {
    let mut first = BTreeMap::new();
    let oldest = view.days_of(INFO).next().map(|(day, _)| day);
    for (day, part) in view.days_of(INFO) {
        for shown in &part.labels {
            if let super::snapshot::Name::Stored(id) = shown.0 {
                first.entry(id).or_insert(day);
            }
        }
    }
    first.retain(|_, day| Some(*day) != oldest);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_pair(os: &str, oid: &str, descr: &str, installs: u64, devices: u64) -> Pair {
        Pair {
            os: os.into(),
            sys_object_id: oid.into(),
            sys_descr: Some(descr.into()),
            installs,
            devices,
            first_published: None,
        }
    }

    fn pairs() -> Vec<Pair> {
        vec![
            a_pair("ios", ".1.3.6.1.4.1.9.1.1", "Cisco IOS 15", 5, 10),
            a_pair("ios", ".1.3.6.1.4.1.9.1.1", "Cisco IOS 12", 10, 30),
            a_pair("linux", ".1.3.6.1.4.1.8072.3.2.10", "Linux hostname", 20, 25),
        ]
    }

    fn descriptions(query: Query) -> Vec<String> {
        query.apply(&pairs()).into_iter().map(|pair| pair.sys_descr.unwrap_or_default()).collect()
    }

    #[test]
    fn pairs_are_filtered_as_the_stock_site_s_command_does() {
        let all = Query::default();
        assert_eq!(descriptions(all.clone()), ["Cisco IOS 12", "Linux hostname", "Cisco IOS 15"]);
        assert_eq!(descriptions(Query { os: Some("linux".into()), ..all.clone() }), ["Linux hostname"]);
        assert_eq!(descriptions(Query { descr: Some("ios".into()), ..all.clone() }), Vec::<String>::new());
        assert_eq!(descriptions(Query { descr: Some("IOS 1".into()), ..all.clone() }).len(), 2);
        for prefix in ["enterprises.9", "1.3.6.1.4.1.9", ".1.3.6.1.4.1.9.1"] {
            assert_eq!(descriptions(Query { object_id: Some(prefix.into()), ..all.clone() }).len(), 2, "{prefix}");
        }
        for (tree, number) in
            [("enterprises.9.", 2), (".1.3.6.1.4.1.9.1.1.", 2), ("enterprises.8.", 0), ("enterprises.8", 1)]
        {
            let query = Query { object_id: Some(tree.into()), ..all.clone() };
            assert_eq!(descriptions(query).len(), number, "{tree}");
        }
    }

    #[test]
    fn sorting_by_object_identifier_sums_up_and_the_others_do_not() {
        let by = |sort| Query { sort, ..Query::default() };
        assert_eq!(descriptions(by(Sort::Descr)), ["Cisco IOS 12", "Cisco IOS 15", "Linux hostname"]);
        assert_eq!(descriptions(by(Sort::Os)), ["Cisco IOS 12", "Cisco IOS 15", "Linux hostname"]);
        assert_eq!(descriptions(by(Sort::Installs)), ["Linux hostname", "Cisco IOS 12", "Cisco IOS 15"]);
        let summed = by(Sort::ObjectId).apply(&pairs());
        assert_eq!(summed.len(), 2);
        assert_eq!((summed[0].devices, summed[0].installs, &summed[0].sys_descr), (40, 10, &None));
    }
}
