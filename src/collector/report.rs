//! Builds a report: sanitises, then groups, and records everything that changed or was left out.

use crate::changes::{Changes, INFO_SYS_DESCR, INFO_SYS_OBJECT_ID, add_rows, is_object_identifier};
use crate::dictionary;
use crate::dictionary::{Category, GROUPS, Group, INFO, Kind, LabelForm, Source};
use crate::digest::sha256_hex;
use crate::facts::{Count, Device, Facts, LabelChoice};
use crate::findings::{CleanedBy, Findings, LeftOut, RareLabel, Reason};
use crate::number::{MAX_SAFE_INTEGER, Whole};
use crate::payload::{Entries, Label, Pair, Payload, Totals, retain, total};
use crate::problem::{Code, Problem};
use crate::rare::{Vocabulary, hold};
use crate::sanitise::{Context, DeviceTerms, InstallTerms, Memory, Rules};
use crate::second_pass::SecondPass;
use crate::text::MAX_CHARS;
use crate::{SanitisedDevice, install_id};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Most characters of `os` in a pair, the limit of the stock site's column.
const MAX_OS_CHARS: usize = 64;

/// Largest total that fits the stock site's columns.
const MAX_TOTAL: u64 = i32::MAX as u64;

/// Field names of pairs in findings.
const INFO_OS: &str = "info.os";

/// A report: the payload, and the findings that explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The bytes that are sent.
    pub payload: Vec<u8>,
    /// The findings. They stay on the install.
    pub findings: Findings,
}

/// Builds the report.
///
/// # Errors
/// [`Code::UnsupportedSchema`] for another facts schema, [`Code::BadValue`] for a uuid that is not version 4 or a
/// consent to no schema, [`Code::UnknownField`] for counts of a group that is not in the dictionary.
pub(crate) fn build(facts: &Facts<'_>, rules: &Rules) -> Result<Report, Problem> {
    if facts.schema != crate::FACTS_SCHEMA {
        let expected = format!("expected {}, the facts schema of this version", crate::FACTS_SCHEMA);
        return Err(Problem::new(Code::UnsupportedSchema, "schema", &expected));
    }
    let uuid = install_id::normalised(&facts.uuid)
        .ok_or_else(|| Problem::new(Code::BadValue, "uuid", "expected a version 4 UUID"))?;
    if facts.consent.schema == 0 {
        return Err(Problem::new(
            Code::BadValue,
            "consent.schema",
            "expected the payload schema that was accepted, from 1",
        ));
    }
    let counted = |name: &str| {
        GROUPS.iter().any(|group| group.name == name && group.table().is_some_and(|table| table.counted_by_host))
    };
    if facts.counts.0.keys().any(|name| !counted(name)) {
        return Err(Problem::new(Code::UnknownField, "counts.*", "expected only groups that the dictionary counts"));
    }

    for (list, choices) in [("withheld", &facts.consent.withheld), ("included", &facts.consent.included)] {
        for (at, choice) in choices.iter().enumerate() {
            if *choice.group != *INFO && dictionary::group(&choice.group).is_none() {
                let path = format!("consent.{list}[{at}].group");
                return Err(Problem::new(Code::BadValue, &path, "expected a group of the dictionary, or info"));
            }
        }
    }

    let devices = facts.devices.as_deref().unwrap_or_default();
    let texts = Memory::for_texts(devices.len());
    read_texts(facts, &texts);
    let mut install = InstallTerms::of(devices, &facts.terms, rules.guard(), &texts);
    for (at, pattern) in facts.patterns.iter().enumerate() {
        let expected =
            "expected a regular expression that compiles to less than a megabyte and leaves Unicode mode off";
        install.add_pattern(pattern).map_err(|_| Problem::new(Code::BadValue, &format!("patterns[{at}]"), expected))?;
    }
    let mut builder = Builder {
        facts,
        context: Context::new(rules, &install, &texts),
        vocabulary: HashMap::default(),
        holders: Totals::new(),
        changes: Changes::default(),
        left_out: facts
            .left_out
            .iter()
            .map(|unread| LeftOut {
                field: unread.field.to_string(),
                reason: Reason::Missing,
                entries: None,
                missing: Some(unread.missing.to_string()),
                named_by: None,
            })
            .collect(),
    };

    let by_device = builder.devices(devices, &install);
    let ByDevice { os, hardware, .. } = &by_device;
    let mut data: Vec<Entries> = GROUPS.iter().filter_map(|group| builder.group(group, os, hardware)).collect();
    let mut info = builder.info(in_order(by_device.pairs));
    builder.cast_net(&mut data, &mut info, devices);
    let rare = builder.leave_out_rare(&mut data);
    let devices_in_pairs = info.values().sum();
    let schema = facts.consent.schema.min(crate::PAYLOAD_SCHEMA);
    let payload = Payload { uuid, data, info, schema }.to_bytes();
    let findings = Findings {
        payload_sha256: sha256_hex(&payload),
        payload_bytes: payload.len(),
        devices: devices.len(),
        devices_in_pairs,
        rare,
        ..builder.findings()
    };
    Ok(Report { payload, findings })
}

/// Sanitises the description of one device, without knowledge of the rest of the install.
#[must_use]
pub(crate) fn sanitise_device(device: &Device<'_>, rules: &Rules) -> SanitisedDevice {
    let known = InstallTerms::of_one(device, rules.guard());
    let context = Context::once(rules);
    let terms = known.as_ref().map(|known| known.device(0));
    let mut changes = Changes::default();
    let sys_descr = device.sys_descr.as_deref().map(|text| changes.sanitise(&context, INFO_SYS_DESCR, text, terms, 1));
    let sys_object_id = device.sys_object_id.as_deref().map(|text| changes.object_identifier(&context, text, terms));
    SanitisedDevice { sys_descr, sys_object_id, redactions: changes.redacted() }
}

/// Scans every text that may be sent and has to be searched for known identifiers.
fn read_texts(facts: &Facts<'_>, texts: &Memory) {
    for device in facts.devices.iter().flatten() {
        for text in [&device.os, &device.hardware, &device.sys_descr, &device.sys_object_id].into_iter().flatten() {
            if !is_object_identifier(text) {
                texts.read(text);
            }
        }
    }
    for count in facts.counts.0.values().flatten() {
        count.label.iter().for_each(|label| texts.read(label));
    }
    for group in GROUPS {
        if let Source::Version(which) = &group.source {
            facts.versions.of(*which).into_iter().for_each(|version| texts.read(version));
        }
    }
}

/// The groups and pairs that are counted from the devices.
#[derive(Default)]
struct ByDevice {
    os: Totals,
    hardware: Totals,
    pairs: HashMap<Pair, u64, FixedState>,
}

struct Builder<'f, 'c> {
    facts: &'f Facts<'f>,
    context: Context<'c>,
    /// Whether a vocabulary word is a known identifier, cached by word: there are few.
    vocabulary: HashMap<String, bool, FixedState>,
    /// The holders of the labels of the current group, if it is a composed one.
    holders: Totals,
    changes: Changes,
    left_out: Vec<LeftOut>,
}

impl Builder<'_, '_> {
    /// Sanitises every device and counts what becomes equal.
    fn devices(&mut self, devices: &[Device<'_>], install: &InstallTerms) -> ByDevice {
        let hardware_wanted = self.allowed(Category::Devices);
        let pairs_wanted = self.allowed(Category::Pairs);
        let mut counted = ByDevice::default();
        counted.pairs.reserve(devices.len());
        for (index, device) in devices.iter().enumerate() {
            let terms = install.device(index);
            if hardware_wanted {
                let os = self.label(device.os.as_deref(), "os", Kind::Vocabulary, Some(terms), 1);
                *total(&mut counted.os, os) += 1;
                // People do not type this field.
                let terms = terms.untyped();
                let hardware = self.label(device.hardware.as_deref(), "hardware", Kind::FreeText, Some(terms), 1);
                *total(&mut counted.hardware, hardware) += 1;
            }
            if let (true, Some(descr), Some(oid)) = (pairs_wanted, &device.sys_descr, &device.sys_object_id) {
                let pair = self.pair(device, descr, oid, terms);
                *counted.pairs.entry(pair).or_default() += 1;
            }
        }
        counted
    }

    fn pair(&mut self, device: &Device<'_>, descr: &str, oid: &str, terms: DeviceTerms<'_>) -> Pair {
        let os = match self.label(device.os.as_deref(), INFO_OS, Kind::Vocabulary, Some(terms), 1) {
            Label::String(os) => os,
            _ => {
                self.changes.clean(INFO_OS, CleanedBy::Null, 1);
                String::new()
            }
        };
        let descr = self.changes.sanitise(&self.context, INFO_SYS_DESCR, descr, Some(terms), 1);
        let oid = self.changes.object_identifier(&self.context, oid, Some(terms));
        Pair {
            os: self.changes.cut(INFO_OS, os, MAX_OS_CHARS, 1),
            sys_descr: self.changes.cut(INFO_SYS_DESCR, descr, MAX_CHARS, 1),
            sys_object_id: self.changes.cut(INFO_SYS_OBJECT_ID, oid, MAX_CHARS, 1),
        }
    }

    fn allowed(&self, category: Category) -> bool {
        category == Category::Envelope
            || self.facts.consent.categories.as_ref().is_none_or(|allowed| allowed.contains(&category))
    }

    fn leave_out(&mut self, field: &str, reason: Reason, entries: Option<u64>) {
        self.left_out.push(LeftOut { field: field.to_owned(), reason, entries, missing: None, named_by: None });
    }

    /// One group, or `None` if it is not sent.
    fn group(
        &mut self,
        group: &'static Group,
        os: &BTreeMap<Label, u64>,
        hardware: &BTreeMap<Label, u64>,
    ) -> Option<Entries> {
        if group.since > self.facts.consent.schema {
            self.leave_out(group.name, Reason::Newer, None);
            return None;
        }
        if !self.allowed(group.category) {
            self.leave_out(group.name, Reason::Category, None);
            return None;
        }
        let named_by_host = self.facts.left_out.iter().any(|unread| *unread.field == *group.name);
        let totals = match &group.source {
            _ if named_by_host => return None,
            Source::Version(which) => match self.facts.versions.of(*which) {
                Some(version) if group.kind == Kind::Version => {
                    match self.changes.version(&self.context, group.name, version) {
                        Ok(version) => Some(one(Label::String(version), 1)),
                        Err(reason) => {
                            self.leave_out(group.name, reason, None);
                            return None;
                        }
                    }
                }
                version => version.map(|version| one(self.label(Some(version), group.name, group.kind, None, 1), 1)),
            },
            Source::Rows(table) if !table.counted_by_host => {
                self.facts.devices.as_ref().map(|_| if group.name == "os" { os.clone() } else { hardware.clone() })
            }
            Source::Rows(_) => self.facts.counts.0.get(group.name).map(|counts| self.totals(group, counts)),
            Source::RowsAsLabel(_) => {
                self.facts.counts.0.get(group.name).map(|counts| self.rows_as_label(group, counts))
            }
        };
        let Some(totals) = totals else {
            self.leave_out(group.name, Reason::NotRead, None);
            return None;
        };
        let holders = core::mem::take(&mut self.holders);
        Some(Entries { group, totals: self.sendable(group.name, totals), holders })
    }

    /// Counts by label, with labels that become equal merged.
    fn totals(&mut self, group: &'static Group, counts: &[Count<'_>]) -> BTreeMap<Label, u64> {
        let mut totals = BTreeMap::new();
        let (mut out_of_range, mut no_number) = (0, 0);
        if group.label.is_none() {
            totals.insert(Label::Null, 0_u64);
        }
        for count in counts {
            let Some(rows) = count.rows.count() else {
                out_of_range += 1;
                continue;
            };
            let label = match (group.label, group.form, &count.label) {
                (None, ..) | (_, _, None) => Label::Null,
                (_, LabelForm::String, Some(text)) => self.label(Some(text), group.name, group.kind, None, rows),
                (_, LabelForm::Integer, Some(text)) => match text.trim().parse::<i64>().map(Whole::from) {
                    Ok(Whole::Safe(n)) => Label::Integer(n),
                    Ok(Whole::OutOfRange) => {
                        out_of_range += 1;
                        continue;
                    }
                    Err(_) => {
                        no_number += 1;
                        continue;
                    }
                },
                (_, LabelForm::Megabits, Some(text)) => match text.trim().parse::<i128>() {
                    Ok(bits) => match i64::try_from(megabits(bits)) {
                        Ok(n) if n.abs() <= MAX_SAFE_INTEGER => Label::Integer(n),
                        _ => {
                            out_of_range += 1;
                            continue;
                        }
                    },
                    Err(_) => {
                        no_number += 1;
                        continue;
                    }
                },
            };
            if group.composed {
                hold(&mut self.holders, &label, count, rows);
            }
            let total = total(&mut totals, label);
            *total = add_rows(*total, rows);
        }
        if out_of_range > 0 {
            self.leave_out(group.name, Reason::OutOfRange, Some(out_of_range));
        }
        if no_number > 0 {
            self.leave_out(group.name, Reason::NotANumber, Some(no_number));
        }
        totals
    }

    fn rows_as_label(&mut self, group: &'static Group, counts: &[Count<'_>]) -> BTreeMap<Label, u64> {
        let rows = counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(count.rows.count()?));
        match rows.and_then(|rows| i64::try_from(rows).ok()).map(Whole::from) {
            Some(Whole::Safe(rows)) => one(Label::Integer(rows), 1),
            _ => {
                self.leave_out(group.name, Reason::OutOfRange, Some(1));
                BTreeMap::new()
            }
        }
    }

    /// Drops labels that the admin withholds, and totals that the wire format cannot represent.
    fn sendable(&mut self, field: &'static str, mut totals: BTreeMap<Label, u64>) -> BTreeMap<Label, u64> {
        let before = totals.len() as u64;
        retain(&mut totals, &mut |label, _| match label {
            Label::Null => true,
            Label::Integer(n) => !self.withheld(field, &n.to_string()),
            Label::String(text) => !self.withheld(field, text),
        });
        let kept = totals.len() as u64;
        if kept < before {
            self.leave_out(field, Reason::Withheld, Some(before - kept));
        }
        retain(&mut totals, &mut |_, total| total <= MAX_TOTAL);
        let carried = totals.len() as u64;
        if carried < kept {
            self.leave_out(field, Reason::OutOfRange, Some(kept - carried));
        }
        totals
    }

    fn withheld(&self, group: &str, label: &str) -> bool {
        is_chosen(&self.facts.consent.withheld, group, label)
    }

    fn info(&mut self, mut pairs: BTreeMap<Pair, u64>) -> BTreeMap<Pair, u64> {
        if !self.allowed(Category::Pairs) {
            self.leave_out(INFO, Reason::Category, None);
            return BTreeMap::new();
        }
        if self.facts.devices.is_none() {
            self.leave_out(INFO, Reason::NotRead, None);
        }
        let before = pairs.len() as u64;
        // A withheld operating system is withheld in pairs, too.
        pairs.retain(|pair, _| !self.withheld(INFO, &pair.sys_descr) && !self.withheld("os", &pair.os));
        let kept = pairs.len() as u64;
        if kept < before {
            self.leave_out(INFO, Reason::Withheld, Some(before - kept));
        }
        pairs
    }

    /// Leaves out every row in which the second pass finds a known identifier.
    fn cast_net(&mut self, data: &mut [Entries], info: &mut BTreeMap<Pair, u64>, devices: &[Device<'_>]) {
        let labels = data.iter().flat_map(Entries::texts);
        let pairs = info.keys().flat_map(|pair| [&*pair.os, &*pair.sys_descr, &*pair.sys_object_id]);
        let net = SecondPass::over(labels.chain(pairs), devices, &self.facts.terms);
        let Self { changes, left_out, .. } = self;
        let catches = |text: &str, vocabulary| net.catches(text, vocabulary, &|name| changes.keeps(text, name));
        for entries in data {
            let vocabulary = entries.group.kind == Kind::Vocabulary;
            let mut caught = BTreeMap::new();
            retain(&mut entries.totals, &mut |label, _| match label {
                Label::String(text) => held_back(catches(text, vocabulary), &mut caught),
                _ => true,
            });
            hold_back(left_out, entries.group.name, caught);
        }
        let mut caught = BTreeMap::new();
        info.retain(|pair, _| {
            let hit = catches(&pair.os, true).or_else(|| catches(&pair.sys_descr, false));
            held_back(hit.or_else(|| catches(&pair.sys_object_id, false)), &mut caught)
        });
        hold_back(left_out, INFO, caught);
    }

    /// Leaves out the rare labels that the admin did not include. Returns all rare labels.
    fn leave_out_rare(&mut self, data: &mut [Entries]) -> Vec<RareLabel> {
        let mut rare = Vec::new();
        let hardware = data.iter().position(|entries| entries.group.name == "hardware");
        for at in 0..data.len() {
            let group = data[at].group;
            if !group.composed {
                continue;
            }
            let mut vocabulary = Vocabulary::shipped();
            hardware.into_iter().for_each(|hardware| vocabulary.read_sent(&data[hardware]));
            vocabulary.read_labels(&mut data[at]);
            let Entries { totals, holders, .. } = &mut data[at];
            let mut left_out = 0;
            retain(totals, &mut |label, rows| {
                let (true, Label::String(text)) = (vocabulary.finds_rare(label, holders), label) else { return true };
                let included = is_chosen(&self.facts.consent.included, group.name, text);
                left_out += u64::from(!included);
                rare.push(RareLabel { field: group.name.to_owned(), label: text.clone(), rows, included });
                included
            });
            if left_out > 0 {
                self.leave_out(group.name, Reason::Rare, Some(left_out));
            }
        }
        rare
    }

    /// A label as it may be sent.
    fn label(
        &mut self,
        text: Option<&str>,
        field: &'static str,
        kind: Kind,
        device: Option<DeviceTerms<'_>>,
        rows: u64,
    ) -> Label {
        let Some(text) = text else { return Label::Null };
        let safe = match kind {
            // An ordinary word, unless it is a device's name or one of the admin's terms.
            Kind::Vocabulary if self.is_vocabulary(text) => text.to_owned(),
            _ => self.changes.sanitise(&self.context, field, text, device, rows),
        };
        Label::String(self.changes.cut(field, safe, MAX_CHARS, rows))
    }

    /// Whether a label looks like vocabulary and contains no known identifier.
    fn is_vocabulary(&mut self, text: &str) -> bool {
        if let Some(known) = self.vocabulary.get(text) {
            return *known;
        }
        let known = is_vocabulary(text) && !self.context.names_the_install(text);
        self.vocabulary.insert(text.to_owned(), known);
        known
    }

    fn findings(self) -> Findings {
        let mut left_out = self.left_out;
        left_out.sort();
        let removed = self.changes.removed();
        let cleaned = self.changes.cleaned();
        Findings { removed, cleaned, redactions: self.changes.redacted(), left_out, ..Findings::default() }
    }
}

/// Whether a label is in a list of the admin's.
fn is_chosen(choices: &[LabelChoice<'_>], group: &str, label: &str) -> bool {
    choices.iter().any(|choice| *choice.group == *group && *choice.label == *label)
}

/// Adds the rows that the second pass left out to the findings, by device field.
fn hold_back(left_out: &mut Vec<LeftOut>, field: &str, caught: BTreeMap<&'static str, u64>) {
    for (named_by, entries) in caught {
        let named_by = Some(named_by.to_owned());
        let (reason, entries) = (Reason::Identifying, Some(entries));
        left_out.push(LeftOut { field: field.to_owned(), reason, entries, missing: None, named_by });
    }
}

/// Counts a hit of the second pass by field. Returns whether the row may stay.
fn held_back(caught: Option<&'static str>, count: &mut BTreeMap<&'static str, u64>) -> bool {
    if let Some(field) = caught {
        *count.entry(field).or_default() += 1;
    }
    caught.is_none()
}

/// The counts in order. (`BTreeMap::from_iter` would add another sort to the module.)
fn in_order<K: Ord>(counted: HashMap<K, u64, FixedState>) -> BTreeMap<K, u64> {
    let mut ordered = BTreeMap::new();
    ordered.extend(counted);
    ordered
}

/// A map with one label. (`BTreeMap::from` would add another sort to the module.)
fn one(label: Label, total: u64) -> BTreeMap<Label, u64> {
    let mut totals = BTreeMap::new();
    totals.insert(label, total);
    totals
}

/// Converts bit/s to Mbit/s, rounded half away from zero.
const fn megabits(bits: i128) -> i128 {
    const MEGA: i128 = 1_000_000;
    let half = if bits < 0 { -MEGA / 2 } else { MEGA / 2 };
    // 2^127 is not a speed; saturating keeps such a number from causing a panic.
    bits.saturating_add(half) / MEGA
}

/// Whether a label looks like a word that LibreNMS or a MIB chose: short, ASCII, words of letters and digits, and no
/// number long enough to be a serial number.
fn is_vocabulary(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | b'+' | b'/');
    text.len() <= 48
        && text.bytes().all(allowed)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && text.split(|c: char| !c.is_ascii_digit()).all(|digits| digits.len() <= 5)
}

#[cfg(test)]
mod tests;
