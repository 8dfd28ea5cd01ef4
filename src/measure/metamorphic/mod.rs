//! Metamorphic tests: what holds for a row must hold for rows that differ from it only in names and versions.
//!
//! 1. *Versions*: a clean row that stays unchanged also does so with other versions, builds, models and dates.
//!
//! 2. *Identifiers*: if an identifier is found, another one of its kind is found in its place.
//!
//! 3. *Places*: if an identifier is found, it is also found in another row, in a position of the same kind.
//!
//! Rules that fit only the rows of a corpus fail here. All choices are seeded by the row, so they are the same
//! on every machine. Misses are counted by their shape ([`misses`]) and committed with a reason each, so that every
//! change is visible.

pub mod dates;
pub mod dice;
pub mod form;
pub mod grammar;
pub mod identifiers;
pub mod misses;
pub mod notation;
pub mod place;
pub mod shape;
pub mod versions;
pub mod words;

use crate::check::{check, overlap};
use crate::leak::is_leaked;
use crate::rows::Row;
use callback_collector::Collector;
use dice::Dice;
use place::{Place, is_end_of_range, is_glued};
use shape::shape;
use std::collections::BTreeMap;
use versions::Workshop;

/// Other descriptions for each clean row.
pub const VERSIONS: u64 = 10;
/// Other identifiers for each that is marked.
pub const IDENTIFIERS: u64 = 50;
/// Other rows for each identifier.
pub const PLACES: usize = 10;

/// The three tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Other versions in clean rows.
    Versions,
    /// Other identifiers in place of the marked.
    Identifiers,
    /// Marked identifiers in other places.
    Places,
}

impl Part {
    /// Its name in the list of misses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Versions => "versions",
            Self::Identifiers => "identifiers",
            Self::Places => "places",
        }
    }
}

/// Number of attempts and failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Attempts.
    pub tried: u64,
    /// Of these, failures.
    pub missed: u64,
}

/// A description that the sanitiser treats differently from the row that it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The test.
    pub part: Part,
    /// The rule that removed something, or the kind of the identifier that stayed.
    pub subject: String,
    /// Its position.
    pub place: String,
    /// Its shape.
    pub shape: String,
    /// The row.
    pub row: String,
    /// The description. It may be a device's, so it is for the screen only.
    pub text: String,
    /// The text that was removed or that stayed; for the screen only.
    pub token: String,
}

/// The results.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// By test and set.
    pub counts: BTreeMap<(Part, String), Count>,
    /// What failed.
    pub misses: Vec<Miss>,
}

impl Outcome {
    fn count(&mut self, part: Part, row: &Row, miss: Option<Miss>) {
        let count = self.counts.entry((part, row.set.clone())).or_default();
        count.tried += 1;
        count.missed += u64::from(miss.is_some());
        self.misses.extend(miss);
    }

    /// Share of a test's attempts that pass, in percent.
    #[must_use]
    pub fn held(&self, part: Part) -> Option<f64> {
        let counts = self.counts.iter().filter(|((of, _), _)| *of == part);
        let (tried, missed) = counts.fold((0, 0), |sum, (_, count)| (sum.0 + count.tried, sum.1 + count.missed));
        crate::score::percent(tried - missed, tried)
    }
}

/// Runs the three tests on all rows.
#[must_use]
pub fn run(rows: &[Row]) -> Outcome {
    let collector = Collector::new();
    let mut outcome = Outcome::default();
    other_versions(&collector, rows, &mut outcome);
    let homes = homes(&collector, rows);
    other_identifiers(&collector, rows, &homes, &mut outcome);
    other_places(&collector, rows, &homes, &mut outcome);
    outcome
}

fn other_versions(collector: &Collector, rows: &[Row], outcome: &mut Outcome) {
    let workshop = Workshop::new(rows);
    for row in rows.iter().filter(|row| row.is_clean()) {
        if check(collector, row, false).changed {
            continue;
        }
        for nth in 0..VERSIONS {
            let Some(text) = workshop.another(row, &mut Dice::of(&row.id, nth)) else { continue };
            let other = Row { text, ..row.clone() };
            let checked = check(collector, &other, false);
            let miss = checked.redactions.first().filter(|_| checked.changed).map(|redaction| {
                let range = redaction.range.clone().unwrap_or_default();
                Miss {
                    part: Part::Versions,
                    subject: redaction.rule.clone(),
                    place: Place::of(&other.text, &range, &redaction.kind).name().to_owned(),
                    shape: shape(&other.text[range.clone()]),
                    row: row.id.clone(),
                    token: other.text[range].to_owned(),
                    text: other.text.clone(),
                }
            });
            outcome.count(Part::Versions, row, miss);
        }
    }
}

/// An identifier that is found in its own row.
struct Home {
    row: usize,
    mark: usize,
    /// The place, by the surrounding text or else by the rule that finds it.
    place: String,
    /// It is a part of something longer, so no other can take its place.
    fixed: bool,
}

fn homes(collector: &Collector, rows: &[Row]) -> Vec<Home> {
    let mut homes = Vec::new();
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.identifiers().next().is_some()) {
        let checked = check(collector, row, false);
        for (mark, (marked, gone)) in row.marks.iter().zip(&checked.gone).enumerate() {
            let over = |redaction: &&crate::check::Redaction| {
                redaction.range.as_ref().is_some_and(|r| overlap(r, &marked.range))
            };
            if let Some(found) = checked.redactions.iter().find(over).filter(|_| *gone && !marked.doubtful) {
                let place = Place::of(&row.text, &marked.range, &marked.kind);
                let place = if place.tells() { place.name() } else { &found.rule };
                let fixed = is_end_of_range(&row.text, &marked.range) || is_glued(&row.text, &marked.range);
                homes.push(Home { row: index, mark, place: place.to_owned(), fixed });
            }
        }
    }
    homes
}

/// Whether an identifier in place of another is found; a miss if not.
fn try_in(collector: &Collector, part: Part, place: String, row: &Row, mark: usize, identifier: &str) -> Option<Miss> {
    let other = row.with(mark, identifier);
    let result = collector.sanitise_device(&other.device(false)).sys_descr.unwrap_or_default();
    is_leaked(identifier, &result, &other.outside(), &other.text).then(|| Miss {
        part,
        subject: row.marks[mark].kind.clone(),
        place,
        shape: shape(identifier),
        row: row.id.clone(),
        text: other.text.clone(),
        token: identifier.to_owned(),
    })
}

fn other_identifiers(collector: &Collector, rows: &[Row], homes: &[Home], outcome: &mut Outcome) {
    for home in homes {
        let row = &rows[home.row];
        let mark = &row.marks[home.mark];
        let place = Place::of(&row.text, &mark.range, &mark.kind).name();
        for nth in 0..IDENTIFIERS {
            let mut dice = Dice::of(&format!("{} {}", row.id, home.mark), nth);
            let identifier = identifiers::another(&row.text, &mark.range, &mark.kind, &mut dice);
            let miss = try_in(collector, Part::Identifiers, place.to_owned(), row, home.mark, &identifier);
            outcome.count(Part::Identifiers, row, miss);
        }
    }
}

fn other_places(collector: &Collector, rows: &[Row], homes: &[Home], outcome: &mut Outcome) {
    let mut places: BTreeMap<(&str, &str), Vec<&Home>> = BTreeMap::new();
    for home in homes.iter().filter(|home| !home.fixed) {
        places.entry(place_of(rows, home)).or_default().push(home);
    }
    for home in homes.iter().filter(|home| !home.fixed) {
        let row = &rows[home.row];
        let identifier = &row.text[row.marks[home.mark].range.clone()];
        let mut others: Vec<&Home> =
            places[&place_of(rows, home)].iter().copied().filter(|other| other.row != home.row).collect();
        let mut dice = Dice::of(&format!("{} {} elsewhere", row.id, home.mark), 0);
        for _ in 0..PLACES.min(others.len()) {
            let other = others.swap_remove(dice.below(others.len()));
            let miss = try_in(collector, Part::Places, home.place.clone(), &rows[other.row], other.mark, identifier);
            outcome.count(Part::Places, row, miss);
        }
    }
}

/// The key of positions of one kind: the kind of identifier, and the evidence for it.
fn place_of<'p>(rows: &'p [Row], home: &'p Home) -> (&'p str, &'p str) {
    let kind = &rows[home.row].marks[home.mark].kind;
    // A nodename may include a domain.
    let kind = if home.place == Place::Nodename.name() && kind == "fqdn" { "hostname" } else { kind };
    (kind, &home.place)
}
