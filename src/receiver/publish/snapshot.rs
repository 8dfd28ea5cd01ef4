//! The snapshot of one complete day: its reports after the rules of publication. Everything in it may be shown.

use super::derived::{DERIVED, Derivation, SIZES, counts_installs, size_range, size_text};
use super::rules::{self, Grain, PLAUSIBLE, Rules, Sum, about, coarse, three_digits};
use crate::code::Code;
use crate::error::Result;
use crate::store::encoding::{LabelId, decode, whole_group};
use crate::store::{DayReports, PublishedPart};
use crate::wire::Label;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Name of the part that stands for reports as a whole.
pub const REPORTS: &str = "";

/// A label in a snapshot: the ID of a stored label, or the text of a derived one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Name {
    /// The ID of a stored label.
    Stored(LabelId),
    /// The text of a derived label.
    Text(String),
}

/// A label with what is published of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown(
    /// Which label.
    pub Name,
    /// Installs that have it.
    pub u32,
    /// Sum of their contributions; 0 where installs are all that counts.
    pub u64,
);

/// The labels that are not shown one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// How many they are, about; at least two.
    #[serde(rename = "n")]
    pub labels: u64,
    /// Installs that have one of them.
    #[serde(rename = "i")]
    pub installs: u32,
    /// Sum of their contributions; 0 where installs are all that counts.
    #[serde(rename = "t")]
    pub total: u64,
}

/// What is published of a part on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Installs that have anything of it.
    #[serde(rename = "i")]
    pub installs: u32,
    /// The middle of the step that their number is in, for quotients; nothing where installs are all that counts.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<u32>,
    /// Sum of their contributions; 0 where installs are all that counts.
    #[serde(rename = "t")]
    pub total: u64,
    /// What one install may contribute at most; nothing where there is no cap.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u64>,
    /// The labels that may be shown, by number or name.
    #[serde(rename = "l", default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Shown>,
    /// All others, where they may be shown together.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Other>,
    /// Whether there are labels that are shown neither one by one nor together.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
}

/// Number of the first derived group; the groups of the store are numbered from 1.
const FIRST_DERIVED: i64 = 1 << 24;

/// The snapshot of a day: its parts by name, [`REPORTS`] first.
///
/// `texts` are the labels of the groups that parts are derived from, by their numbers.
///
/// # Errors
/// If a report cannot be read.
pub fn snapshot(rules: Rules, day: &DayReports, texts: &BTreeMap<LabelId, Label>) -> Result<Vec<PublishedPart>> {
    let mut families = Families::new(day, texts);
    let mut installs = Vec::with_capacity(day.reports.len());
    for report in &day.reports {
        let entries = decode(&report.entries).ok_or(Code::DatabaseInconsistent)?;
        installs.push(contributions(&entries, Grain::of(&report.install), &mut families));
    }
    let caps = caps(&mut installs);
    let counted = u32::try_from(installs.len()).unwrap_or(u32::MAX);
    let reports = Part { installs: rules.installs(counted), ..Part::default() };
    let mut parts = vec![PublishedPart { part: REPORTS.into(), body: body(&reports) }];
    let mut sums: HashMap<LabelId, Sum> = HashMap::new();
    for entries in &installs {
        for group in by_group(entries) {
            let number = whole_group(group[0].0);
            let cap = cap_of(&caps, number);
            let whole = group.iter().map(|(_, figure)| *figure).fold(0, u64::saturating_add);
            sums.entry(number).or_default().add(whole.min(cap));
            for (label, figure) in group {
                sums.entry(*label).or_default().add(rules::share(*figure, whole, cap));
            }
        }
    }
    // Sorted, because hash order is not an order.
    let sums: BTreeMap<LabelId, Sum> = sums.into_iter().collect();
    let hidden: BTreeSet<LabelId> =
        sums.iter().filter(|(_, sum)| !rules.may_appear(sum)).map(|(label, _)| *label).collect();
    let others = others(&installs, &caps, &hidden);
    for (number, sum) in sums.iter().filter(|(number, _)| **number == whole_group(**number)) {
        let name = match day.groups.iter().find(|(group, _)| *group == number >> 32) {
            Some((_, name)) => name.as_str(),
            None => DERIVED[usize::try_from((number >> 32) - FIRST_DERIVED).unwrap_or_default()].name,
        };
        if hidden.contains(number) {
            continue;
        }
        let installs_only = counts_installs(name);
        let total = |sum: &Sum| if installs_only { 0 } else { three_digits(sum.total) };
        let labels = sums.range(number + 1..=number | 0xffff_ffff);
        let shown = labels
            .filter(|(label, _)| !hidden.contains(label))
            .map(|(label, sum)| Shown(families.name(*label), rules.installs(sum.installs), total(sum)));
        let other = others.get(number);
        let together = other.filter(|(labels, sum)| labels.len() >= 2 && rules.may_appear(sum));
        let part = Part {
            installs: rules.installs(sum.installs),
            middle: (!installs_only).then(|| rules.middle(sum.installs)),
            total: total(sum),
            cap: caps.get(number).filter(|_| !installs_only).map(|cap| three_digits(*cap)),
            labels: shown.collect(),
            other: together.map(|(labels, sum)| Other {
                labels: about(labels.len() as u64),
                installs: rules.installs(sum.installs),
                total: total(sum),
            }),
            withheld: other.is_some() && together.is_none(),
        };
        parts.push(PublishedPart { part: name.to_owned(), body: body(&part) });
    }
    Ok(parts)
}

fn body(part: &Part) -> Vec<u8> {
    // Numbers and texts cannot fail.
    serde_json::to_vec(part).unwrap_or_default()
}

fn by_group(entries: &[(LabelId, u64)]) -> impl Iterator<Item = &[(LabelId, u64)]> {
    entries.chunk_by(|(a, _), (b, _)| whole_group(*a) == whole_group(*b))
}

fn cap_of(caps: &BTreeMap<LabelId, u64>, number: LabelId) -> u64 {
    caps.get(&number).copied().unwrap_or(u64::MAX)
}

/// What an install contributes: rounded figures, without implausible groups, and with derived groups.
fn contributions(entries: &[(LabelId, u64)], grain: Grain, families: &mut Families<'_>) -> Vec<(LabelId, u64)> {
    let mut rounded = Vec::with_capacity(entries.len() + DERIVED.len());
    let mut derived = Vec::with_capacity(DERIVED.len());
    for group in by_group(entries) {
        let from = rounded.len();
        rounded.extend(
            group.iter().map(|(label, figure)| (*label, coarse(*figure, grain))).filter(|(_, figure)| *figure > 0),
        );
        let whole = rounded[from..].iter().map(|(_, figure)| *figure).fold(0, u64::saturating_add);
        if whole > PLAUSIBLE {
            rounded.truncate(from);
        } else if whole > 0 {
            families.derive(&rounded[from..], whole, &mut derived);
        }
    }
    derived.sort_unstable();
    derived.dedup_by_key(|(label, _)| *label);
    rounded.extend(derived);
    rounded
}

/// The cap of each group. Of derived parts and versions every install has one.
fn caps(installs: &mut [Vec<(LabelId, u64)>]) -> BTreeMap<LabelId, u64> {
    let mut wholes: HashMap<LabelId, Vec<u64>> = HashMap::new();
    for entries in installs {
        for group in by_group(entries) {
            let whole = group.iter().map(|(_, figure)| *figure).fold(0, u64::saturating_add);
            wholes.entry(whole_group(group[0].0)).or_default().push(whole);
        }
    }
    wholes.into_iter().filter_map(|(number, wholes)| Some((number, rules::cap(wholes)?))).collect()
}

type Others = BTreeMap<LabelId, (BTreeSet<LabelId>, Sum)>;

/// Of each group, the labels that are not shown, and what installs contribute to them together.
fn others(installs: &[Vec<(LabelId, u64)>], caps: &BTreeMap<LabelId, u64>, hidden: &BTreeSet<LabelId>) -> Others {
    let mut others = Others::new();
    for entries in installs {
        for group in by_group(entries) {
            let number = whole_group(group[0].0);
            let cap = cap_of(caps, number);
            let whole = group.iter().map(|(_, figure)| *figure).fold(0, u64::saturating_add);
            let mut contribution = 0_u64;
            let mut any = None;
            for (label, figure) in group.iter().filter(|(label, _)| hidden.contains(label)) {
                let (labels, _) = any.get_or_insert_with(|| others.remove(&number).unwrap_or_default());
                labels.insert(*label);
                contribution = contribution.saturating_add(rules::share(*figure, whole, cap));
            }
            if let Some((labels, mut sum)) = any {
                sum.add(contribution);
                others.insert(number, (labels, sum));
            }
        }
    }
    others
}

/// The derived groups of a day, with numbers for their labels.
struct Families<'t> {
    /// Numbers of the groups that they are derived from.
    groups: Vec<Option<i64>>,
    texts: &'t BTreeMap<LabelId, Label>,
    /// Number of the derived label of a stored label, by derived group.
    of_label: HashMap<(usize, LabelId), Option<LabelId>>,
    /// Texts of derived labels, by derived group.
    words: Vec<Vec<String>>,
}

impl<'t> Families<'t> {
    fn new(day: &DayReports, texts: &'t BTreeMap<LabelId, Label>) -> Self {
        let number = |name: &str| day.groups.iter().find(|(_, group)| group == name).map(|(number, _)| *number);
        let words = DERIVED.iter().map(|derived| match derived.derivation {
            Derivation::Size => (0..SIZES.len()).map(size_text).collect(),
            Derivation::Family(_) => Vec::new(),
        });
        Self {
            groups: DERIVED.iter().map(|derived| number(derived.group)).collect(),
            texts,
            of_label: HashMap::new(),
            words: words.collect(),
        }
    }

    fn derive(&mut self, group: &[(LabelId, u64)], whole: u64, derived: &mut Vec<(LabelId, u64)>) {
        let number = group[0].0 >> 32;
        for (index, of) in DERIVED.iter().enumerate().filter(|(index, _)| self.groups[*index] == Some(number)) {
            let base = (FIRST_DERIVED + index as i64) << 32;
            match of.derivation {
                Derivation::Size => derived.push((base + 1 + size_range(whole) as i64, 1)),
                Derivation::Family(of) => {
                    for (label, _) in group {
                        let (texts, words) = (self.texts, &mut self.words[index]);
                        let family = *self.of_label.entry((index, *label)).or_insert_with(|| {
                            let family = of(texts.get(label)?.text.as_deref()?)?;
                            let place = words.iter().position(|known| *known == family).unwrap_or_else(|| {
                                words.push(family);
                                words.len() - 1
                            });
                            Some(base + 1 + place as i64)
                        });
                        derived.extend(family.map(|label| (label, 1)));
                    }
                }
            }
        }
    }

    fn name(&self, label: LabelId) -> Name {
        let part = (label >> 32) - FIRST_DERIVED;
        match usize::try_from(part).ok().and_then(|part| self.words.get(part)) {
            Some(words) => Name::Text(words[(label & 0xffff_ffff) as usize - 1].clone()),
            None => Name::Stored(label),
        }
    }
}
