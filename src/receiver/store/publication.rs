//! What publication needs of a database, as plain rows.

use super::KeyedHash;
use super::encoding::LabelId;
use crate::day::Day;
use crate::wire::Label;

/// A report of a day, for a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayReport {
    /// Whose it is.
    pub install: KeyedHash,
    /// What it counts, as [`super::encoding`] has it.
    pub entries: Vec<u8>,
}

/// The reports of a day that count for publication: of installs that had reported on three different days by then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayReports {
    /// The reports.
    pub reports: Vec<DayReport>,
    /// All groups, by number.
    pub groups: Vec<(i64, String)>,
    /// Counts each removal of reports; a snapshot of them is kept only if it is still the same then.
    pub removals: i64,
}

/// One part of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedPart {
    /// Which one.
    pub part: String,
    /// What is published of it, as the snapshot's maker wrote it.
    pub body: Vec<u8>,
}

/// A snapshot to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSnapshot {
    /// The day.
    pub day: Day,
    /// The rules that it was made by.
    pub mark: String,
    /// Its parts.
    pub parts: Vec<PublishedPart>,
    /// [`DayReports::removals`] of the reports that it was made of.
    pub removals: i64,
}

/// What is published at the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Publication {
    /// Changes with everything that is published.
    pub generation: i64,
    /// The days that have a snapshot, oldest first.
    pub days: Vec<Day>,
    /// What the operator hides.
    pub hidden: Vec<[u8; 16]>,
}

/// What the operator did to something public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HideAction {
    /// When (RFC 3339, UTC).
    pub at: String,
    /// Whether it was hidden, or shown again.
    pub hide: bool,
    /// Digest of its texts.
    pub label: [u8; 16],
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// A label of a day with its exact numbers, for the operator only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactLabel {
    /// Its number.
    pub id: LabelId,
    /// Which one.
    pub label: Label,
    /// Installs that have it.
    pub installs: i64,
    /// Sum of their figures.
    pub total: i64,
}
