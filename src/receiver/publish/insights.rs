//! Insights for developers of LibreNMS, from published data: where discovery fails, which strings are new, which hardware
//! grows or shrinks, and which versions are no longer in use.

use super::pairs::{self, Pair, Published, Query, Sort};
use super::rules::three_digits;
use super::view::{View, natural};
use crate::day::Day;
use crate::error::Result;
use crate::fixtures::detect::{Detected, Detection};
use crate::fixtures::drafts::vendor_tree;
use crate::store::Store;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Days within which something is recent.
pub const RECENT_DAYS: i32 = 30;

/// Maximum length of a list on the page.
const MAX_LINES: usize = 50;

/// Quotient from which a change counts as growing or shrinking.
const TREND_FROM: f64 = 1.25;

/// Devices without an OS under one vendor's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tree {
    /// The tree.
    #[serde(rename = "sysObjectID")]
    pub sys_object_id: String,
    /// Pairs in it.
    pub pairs: usize,
    /// Installs that have the most frequent of them; all together are at least as many.
    pub installs: u64,
    /// Devices.
    pub devices: u64,
}

/// An OS with recently changed strings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The OS.
    pub os: String,
    /// Pairs that appeared recently.
    pub new_pairs: usize,
    /// All its pairs.
    pub pairs: usize,
    /// The newest of them appeared on this day.
    pub newest: String,
}

/// A pair that the detection rules detect as another OS than installs reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherOs {
    /// The pair.
    #[serde(flatten)]
    pub pair: Pair,
    /// What the rules detect.
    pub detected: String,
}

/// Hardware that grows or shrinks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    /// The model.
    pub hardware: String,
    /// Devices before; 0 if it was not shown.
    pub before: u64,
    /// Devices now; 0 if it is no longer shown.
    pub now: u64,
    /// Installs that have it now.
    pub installs: u32,
}

/// A version that is no longer shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// The software.
    pub software: &'static str,
    /// The version.
    pub version: String,
    /// The last day on which enough installs ran it.
    pub last_shown: String,
}

/// All lists.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Insights {
    /// Changes with everything that is published.
    #[serde(skip)]
    pub generation: i64,
    /// The newest day that is published.
    pub as_of: Option<String>,
    /// The day that trends are compared with.
    pub compared_with: Option<String>,
    /// Pairs that LibreNMS calls `generic`, most installs first.
    pub generic_pairs: Vec<Pair>,
    /// Vendors' trees of which no device has an OS.
    pub trees_without_os: Vec<Tree>,
    /// Operating systems with recently changed strings.
    pub changed_strings: Vec<Changed>,
    /// Pairs that are detected as something else; nothing where no rules were given.
    pub detected_as_other: Option<Vec<OtherOs>>,
    /// Hardware that grows.
    pub growing_hardware: Vec<Trend>,
    /// Hardware that shrinks.
    pub dying_hardware: Vec<Trend>,
    /// Versions that too few installs run to be published.
    pub gone_versions: Vec<Gone>,
    /// How long each list is without a limit.
    pub found: Found,
}

/// How long each list of [`Insights`] is without a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Of `generic_pairs`.
    pub generic_pairs: usize,
    /// Of `trees_without_os`.
    pub trees_without_os: usize,
    /// Of `changed_strings`.
    pub changed_strings: usize,
    /// Of `detected_as_other`.
    pub detected_as_other: usize,
    /// Of `growing_hardware`.
    pub growing_hardware: usize,
    /// Of `dying_hardware`.
    pub dying_hardware: usize,
    /// Of `gone_versions`.
    pub gone_versions: usize,
}

impl Insights {
    /// Shortens each list, and counts what was there.
    fn limited(mut self, limit: usize) -> Self {
        fn cut<T>(list: &mut Vec<T>, limit: usize) -> usize {
            let found = list.len();
            list.truncate(limit);
            found
        }
        self.found = Found {
            generic_pairs: cut(&mut self.generic_pairs, limit),
            trees_without_os: cut(&mut self.trees_without_os, limit),
            changed_strings: cut(&mut self.changed_strings, limit),
            detected_as_other: self.detected_as_other.as_mut().map_or(0, |list| cut(list, limit)),
            growing_hardware: cut(&mut self.growing_hardware, limit),
            dying_hardware: cut(&mut self.dying_hardware, limit),
            gone_versions: cut(&mut self.gone_versions, limit),
        };
        self
    }
}

const VERSIONS: &[(&str, &str)] = &[
    ("release_family", "LibreNMS"),
    ("php_family", "PHP"),
    ("python_family", "Python"),
    ("database_family", "Database"),
    ("rrdtool_family", "RRDtool"),
    ("netsnmp_family", "Net-SNMP"),
    ("distribution", "Distribution"),
];

fn has_no_os(os: &str) -> bool {
    os.is_empty() || os == "generic"
}

/// Makes all lists as the page shows them; `published` are the pairs with their history.
///
/// # Errors
/// If the database fails.
pub async fn insights(store: &Store, published: &Published, rules: Option<&Detection>) -> Result<Insights> {
    insights_up_to(store, published, rules, MAX_LINES).await
}

/// The same with a maximum length of each list.
///
/// # Errors
/// If the database fails.
pub async fn insights_up_to(
    store: &Store,
    published: &Published,
    rules: Option<&Detection>,
    limit: usize,
) -> Result<Insights> {
    let mut parts: Vec<String> = VERSIONS.iter().map(|(part, _)| (*part).to_owned()).collect();
    parts.push("hardware".into());
    let view = View::parts(store, &parts, true).await?;
    let mut insights = Insights { generation: view.generation, ..Insights::default() };
    let Some(newest) = view.newest else { return Ok(insights) };
    insights.as_of = Some(newest.to_string());
    let since = newest.plus(-RECENT_DAYS);
    let by_installs = Query { sort: Sort::Installs, ..Query::default() };
    let all = published.find(&by_installs);
    insights.generic_pairs = all.iter().filter(|pair| has_no_os(&pair.os)).cloned().collect();
    insights.trees_without_os = trees(&all);
    insights.changed_strings = changed(&all, since);
    insights.detected_as_other = rules.map(|rules| detected_as_other(&all, rules));
    trends(&view, newest, since, &mut insights);
    insights.gone_versions = gone(&view, newest);
    Ok(insights.limited(limit))
}

fn trees(pairs: &[Pair]) -> Vec<Tree> {
    let (mut trees, mut known): (BTreeMap<String, Tree>, BTreeSet<String>) = Default::default();
    for pair in pairs {
        let Some(tree) = vendor_tree(&pair.sys_object_id) else { continue };
        if !has_no_os(&pair.os) {
            known.insert(tree);
            continue;
        }
        let of = trees.entry(tree.clone());
        let of = of.or_insert(Tree { sys_object_id: tree, pairs: 0, installs: 0, devices: 0 });
        of.pairs += 1;
        of.installs = of.installs.max(pair.installs);
        of.devices = three_digits(of.devices.saturating_add(pair.devices));
    }
    let mut trees: Vec<Tree> = trees.into_values().filter(|tree| !known.contains(&tree.sys_object_id)).collect();
    trees.sort_by(|a, b| (b.installs, b.devices, &a.sys_object_id).cmp(&(a.installs, a.devices, &b.sys_object_id)));
    trees
}

fn changed(pairs: &[Pair], since: Day) -> Vec<Changed> {
    let since = since.to_string();
    let mut changed: BTreeMap<&str, Changed> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| !has_no_os(&pair.os)) {
        let of = changed.entry(&pair.os).or_insert_with(|| Changed {
            os: pair.os.clone(),
            new_pairs: 0,
            pairs: 0,
            newest: String::new(),
        });
        of.pairs += 1;
        if let Some(first) = pair.first_published.as_ref().filter(|first| **first > since) {
            of.new_pairs += 1;
            of.newest = of.newest.as_str().max(first).to_owned();
        }
    }
    let mut changed: Vec<Changed> = changed.into_values().filter(|of| of.new_pairs > 0).collect();
    changed.sort_by(|a, b| b.new_pairs.cmp(&a.new_pairs).then_with(|| a.os.cmp(&b.os)));
    changed
}

fn detected_as_other(pairs: &[Pair], rules: &Detection) -> Vec<OtherOs> {
    let differs = pairs.iter().filter_map(|pair| {
        let detected = match rules.detect(pair.sys_descr.as_deref()?, &pairs::normalised(&pair.sys_object_id)) {
            Detected::Os(os) if os != pair.os => os,
            Detected::Generic if !has_no_os(&pair.os) => "generic".to_owned(),
            _ => return None,
        };
        Some(OtherOs { pair: pair.clone(), detected })
    });
    differs.collect()
}

fn trends(view: &View, newest: Day, since: Day, insights: &mut Insights) {
    const PART: &str = "hardware";
    let Some(now) = view.part(PART, newest) else { return };
    let Some((day, before)) = view.days_of(PART).find(|(day, _)| *day >= since && *day < newest) else { return };
    insights.compared_with = Some(day.to_string());
    let mut models: BTreeMap<&str, Trend> = BTreeMap::new();
    for (part, is_now) in [(before, false), (now, true)] {
        for shown in &part.labels {
            let Some(words) = view.words(PART, &shown.0) else { continue };
            let trend = models.entry(words).or_insert_with(|| Trend {
                hardware: words.to_owned(),
                before: 0,
                now: 0,
                installs: 0,
            });
            if is_now {
                (trend.now, trend.installs) = (shown.2, shown.1);
            } else {
                trend.before = shown.2;
            }
        }
    }
    let change = |trend: &Trend| trend.now.abs_diff(trend.before);
    // Nothing is known about hardware that was not shown on one of the two days.
    let both = |trend: &Trend| trend.before > 0 && trend.now > 0;
    let mut models: Vec<Trend> = models.into_values().filter(|trend| both(trend) && change(trend) > 0).collect();
    models.sort_by(|a, b| change(b).cmp(&change(a)).then_with(|| a.hardware.cmp(&b.hardware)));
    let grows = |trend: &&Trend| trend.now as f64 >= TREND_FROM * trend.before as f64;
    let dies = |trend: &&Trend| trend.before as f64 >= TREND_FROM * trend.now as f64;
    insights.growing_hardware = models.iter().filter(grows).cloned().collect();
    insights.dying_hardware = models.iter().filter(dies).cloned().collect();
}

fn gone(view: &View, newest: Day) -> Vec<Gone> {
    let mut gone = Vec::new();
    for (part, software) in VERSIONS {
        let mut last: BTreeMap<&str, Day> = BTreeMap::new();
        for (day, of_day) in view.days_of(part) {
            last.extend(of_day.labels.iter().filter_map(|shown| Some((view.words(part, &shown.0)?, day))));
        }
        // If the software is not shown at all any more, its versions are not known to be unused.
        if view.part(part, newest).is_none() {
            continue;
        }
        let mut of_part: Vec<(&str, Day)> = last.into_iter().filter(|(_, day)| *day < newest).collect();
        of_part.sort_by(|a, b| natural(b.0, a.0));
        gone.extend(of_part.into_iter().map(|(version, day)| Gone {
            software,
            version: version.to_owned(),
            last_shown: day.to_string(),
        }));
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_shortened_to_the_limit_and_counted_in_full() {
        let gone = |n: usize| Gone { software: "PHP", version: n.to_string(), last_shown: String::new() };
        let all = Insights { gone_versions: (0..60).map(gone).collect(), ..Insights::default() };
        for (limit, shown) in [(50, 50), (60, 60), (usize::MAX, 60)] {
            let limited = all.clone().limited(limit);
            assert_eq!((limited.gone_versions.len(), limited.found.gone_versions), (shown, 60), "{limit}");
            assert_eq!((limited.generic_pairs.len(), limited.found.generic_pairs), (0, 0));
        }
    }
}
