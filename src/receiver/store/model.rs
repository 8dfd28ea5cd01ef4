//! What the store takes and returns.

use super::KeyedHash;
use super::delta;
use super::encoding::{LabelId, whole_group};
use super::interned::group_name;
use crate::day::Day;
use crate::wire::Label;
use std::collections::BTreeMap;

/// Who asks: the install, and the secret if one was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Credentials {
    /// The install.
    pub install: KeyedHash,
    /// The secret that came with the request.
    pub secret: Option<KeyedHash>,
}

/// A report to be stored.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Of which install, and with which secret.
    pub credentials: Credentials,
    /// The day that it counts for.
    pub day: Day,
    /// SHA-256 of the payload.
    pub payload_sha256: [u8; 32],
    /// SHA-256 of the module that built it, as the sender says.
    pub module_sha256: Option<[u8; 32]>,
    /// What it counts.
    pub totals: Vec<(Label, u64)>,
}

/// The outcome of a request that may need a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access<T> {
    /// It was done.
    Granted(T),
    /// The install has registered a secret, and the request has none.
    SecretMissing,
    /// The install has registered another secret.
    SecretWrong,
    /// The secret was registered over data of a stock client: it may clear, not read.
    ClearOnly,
    /// The operator has blocked this install.
    Blocked,
}

/// What a clear deleted, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Reports, one for each day.
    pub reports: u64,
    /// Entries of those reports: labels with totals, and pairs.
    pub entries: u64,
    /// Labels and pairs that no other install has.
    pub labels: u64,
    /// The record of the install, with the hash of its secret.
    pub installs: u64,
}

/// A report as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldReport {
    /// The day that it counts for.
    pub day: Day,
    /// SHA-256 of the payload that came in.
    pub payload_sha256: [u8; 32],
    /// SHA-256 of the module, as the sender said.
    pub module_sha256: Option<[u8; 32]>,
    /// What it counts.
    pub totals: BTreeMap<Label, u64>,
}

/// What one step of expiry deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Reports.
    pub reports: u64,
    /// Rows of daily aggregates.
    pub aggregates: u64,
    /// Labels and pairs.
    pub labels: u64,
    /// Installs that have sent nothing since.
    pub installs: u64,
    /// Tombstones of clears.
    pub tombstones: u64,
}

impl Expired {
    /// Whether nothing was left to delete.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What an operator blocks, without an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// An install.
    Install(KeyedHash),
    /// A network: a keyed hash of its prefix, and the prefix's length.
    Network(KeyedHash, u8),
}

/// How much is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Installs.
    pub installs: i64,
    /// Reports.
    pub reports: i64,
    /// Labels and pairs.
    pub labels: i64,
    /// Reports that the daily aggregates do not count yet.
    pub not_yet_counted: i64,
}

/// The result of a check of the whole store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Reports that were read.
    pub reports: u64,
    /// Rows of daily aggregates that were compared.
    pub aggregates: u64,
    /// What differs, without data of a report.
    pub differences: Vec<String>,
}

/// One row of a day's aggregates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// What it counts.
    pub counted: Counted,
    /// How many installs have it.
    pub installs: i64,
    /// The sum of their totals; 0 for [`Counted::Reports`].
    pub total: i64,
}

/// What a row of a day's aggregates counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// Reports as a whole.
    Reports,
    /// A group as a whole.
    Group(&'static str),
    /// A label or a pair.
    Label(Label),
}

impl Counted {
    /// What an ID stands for, with its group's name; nothing for a group that a later version has dropped.
    pub(super) fn of(id: LabelId, group: Option<&str>, label: impl FnOnce() -> Option<Label>) -> Option<Self> {
        if id == delta::REPORTS {
            return Some(Self::Reports);
        }
        if whole_group(id) == id { group_name(group?).map(Self::Group) } else { label().map(Self::Label) }
    }
}

/// A part of a day's snapshot: the day, the part's name, its bytes.
pub type SnapshotPart = (Day, String, Vec<u8>);

/// A report of a day, for a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayReport {
    /// Whose it is.
    pub install: KeyedHash,
    /// What it counts, encoded as in [`super::encoding`].
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
