//! Keeps reports: one for each install and day, as numbers that refer to labels which are stored once, with daily
//! aggregates beside them.
//!
//! [`Storage`] is what the receiver needs of a database; [`sqlite`] and [`postgres`] are the backends, [`database`]
//! chooses one by URL. [`encoding`] is the form in which a report is kept, [`delta`] what it adds to the aggregates.

mod claim;
pub mod database;
pub mod delta;
pub mod encoding;
pub mod inspect;
mod numbered;
pub mod operator;
pub mod postgres;
mod publication;
pub mod sqlite;

pub use publication::{DayReport, DayReports, ExactLabel, HideAction, NewSnapshot, Publication, PublishedPart};

use crate::day::Day;
use crate::error::Result;
use crate::wire::Label;
use encoding::LabelId;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;

/// A keyed hash, in which form alone pseudonyms and secrets are known here.
pub type Keyed = [u8; 32];

/// Who asks: the install, and the secret where one was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The install.
    pub install: Keyed,
    /// The secret that came with the request.
    pub secret: Option<Keyed>,
}

/// A report to be kept.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Whose it is.
    pub claim: Claim,
    /// The day that it counts for.
    pub day: Day,
    /// SHA-256 of the payload.
    pub payload_sha256: [u8; 32],
    /// SHA-256 of the module that built it, as the sender says.
    pub module_sha256: Option<[u8; 32]>,
    /// What it counts.
    pub totals: Vec<(Label, u64)>,
}

/// What becomes of a request that may need a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access<T> {
    /// It was done.
    Granted(T),
    /// The install has registered a secret, and none was shown.
    SecretMissing,
    /// The install has registered another secret.
    SecretWrong,
    /// The secret was registered over data of a stock client: it may clear, not read.
    ClearOnly,
    /// The operator has blocked this install.
    Blocked,
}

/// What a clear removed, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Reports, one for each day.
    pub reports: u64,
    /// Entries of those reports: labels with totals, and pairs.
    pub entries: u64,
    /// Labels and pairs that no other install has; they are gone.
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

/// What one step of forgetting removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
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

impl Forgotten {
    /// Whether nothing was left to forget.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// What an operator blocks: nothing of it is an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocked {
    /// An install.
    Install(Keyed),
    /// A network: a keyed hash of its prefix, and the prefix's length.
    Network(Keyed, u8),
}

/// What is held altogether.
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

/// How a check of the whole store ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Reports that were read.
    pub reports: u64,
    /// Rows of daily aggregates that were compared.
    pub aggregates: u64,
    /// What differs, in words that hold nothing of a report.
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
    /// What a number stands for, with its group's name and its texts; nothing for a group that a later version has
    /// dropped.
    fn of(number: LabelId, group: Option<&str>, text: Option<String>, pair: Option<(String, String)>) -> Option<Self> {
        if number == delta::REPORTS {
            return Some(Self::Reports);
        }
        let group = numbered::group_name(group?)?;
        let whole = encoding::whole_group(number) == number;
        Some(if whole { Self::Group(group) } else { Self::Label(Label { group, text, pair }) })
    }
}

/// A part of a day's snapshot: the day, the part's name, its bytes.
pub type SnapshotPart = (Day, String, Vec<u8>);

/// What the receiver needs of a database. Every change is one transaction, durable when it returns.
pub trait Storage: Send + Sync {
    /// Keeps a report; a later one of the same install and day replaces the earlier. A secret that comes with the
    /// first report is registered.
    fn keep(&self, submission: Submission) -> BoxFuture<'_, Result<Access<()>>>;

    /// Removes everything of an install, and remembers under `tombstone` that it was removed.
    fn clear(&self, claim: Claim, tombstone: Keyed, today: Day) -> BoxFuture<'_, Result<Access<Removed>>>;

    /// All reports that are held of an install, by day.
    fn held(&self, claim: Claim) -> BoxFuture<'_, Result<Access<Vec<HeldReport>>>>;

    /// Whether a report of an install and day is held, or what the install had was cleared on that day or later.
    fn has(&self, install: Keyed, tombstone: Keyed, day: Day) -> BoxFuture<'_, Result<bool>>;

    /// One step of forgetting what is older than `first_kept`; to be repeated until nothing is left.
    fn forget(&self, first_kept: Day) -> BoxFuture<'_, Result<Forgotten>>;

    /// Counts what has come in since in the daily aggregates.
    fn count(&self) -> BoxFuture<'_, Result<()>>;

    /// What is held altogether.
    fn holdings(&self) -> BoxFuture<'_, Result<Holdings>>;

    /// All rows of a day's aggregates, by number: the day's reports, then each group followed by its labels.
    fn aggregates(&self, day: Day) -> BoxFuture<'_, Result<Vec<Aggregate>>>;

    /// Whether the database answers, which costs it next to nothing.
    fn ready(&self) -> BoxFuture<'_, Result<()>>;

    /// Networks that the operator blocked: a keyed hash and the length of the prefix.
    fn blocked_networks(&self) -> BoxFuture<'_, Result<Vec<(Keyed, u8)>>>;

    /// The newest day on which the clock was believed; the first day there is for a new store.
    fn seen_day(&self) -> BoxFuture<'_, Result<Day>>;

    /// Remembers that the clock's day is believed.
    fn see_day(&self, day: Day) -> BoxFuture<'_, Result<()>>;

    /// Recomputes the aggregates from the reports and compares.
    fn check(&self) -> BoxFuture<'_, Result<Checked>>;

    /// Says of installs since when they count for publication, and takes snapshots away that were made by other rules
    /// than `mark`. Returns the days up to `last` that have reports and no snapshot, newest first.
    fn settle(&self, last: Day, mark: String) -> BoxFuture<'_, Result<Vec<Day>>>;

    /// The reports of a day that count for publication, at one moment.
    fn day_reports(&self, day: Day) -> BoxFuture<'_, Result<DayReports>>;

    /// All labels of some groups, by their numbers.
    fn labels_of<'a>(&'a self, groups: &'a [&'a str]) -> BoxFuture<'a, Result<BTreeMap<LabelId, Label>>>;

    /// Keeps a snapshot, unless reports were removed since it was begun; says whether it did.
    fn publish(&self, snapshot: NewSnapshot) -> BoxFuture<'_, Result<bool>>;

    /// What is published at the moment.
    fn publication(&self) -> BoxFuture<'_, Result<Publication>>;

    /// Parts of the snapshots from a day to another, sorted by part and day.
    fn snapshots<'a>(&'a self, first: Day, last: Day, parts: &'a [String]) -> BoxFuture<'a, Result<Vec<SnapshotPart>>>;

    /// The texts of labels by their numbers; those that are gone are left out.
    fn texts<'a>(&'a self, ids: &'a [LabelId]) -> BoxFuture<'a, Result<BTreeMap<LabelId, Label>>>;

    /// Hides something public, or shows it again, and writes down who did.
    fn hide(&self, action: HideAction) -> BoxFuture<'_, Result<()>>;

    /// All that was ever hidden or shown again, oldest first.
    fn hide_log(&self) -> BoxFuture<'_, Result<Vec<HideAction>>>;

    /// The newest day up to one that has reports. For the operator.
    fn newest_day(&self, last: Day) -> BoxFuture<'_, Result<Option<Day>>>;

    /// The labels of a group on a day with their exact numbers. For the operator.
    fn exact<'a>(&'a self, day: Day, group: &'a str) -> BoxFuture<'a, Result<Vec<ExactLabel>>>;

    /// What of removed data the database's files may still hold, where it does not overwrite them at once.
    fn leftovers(&self) -> Option<&'static str> {
        None
    }

    /// Finishes what is under way and closes the database.
    fn close(&self) -> BoxFuture<'_, ()>;
}

#[cfg(test)]
mod tests {
    use callback_collector::digest::sha256_hex;
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn no_published_migration_was_edited() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut found = BTreeMap::new();
        for backend in ["postgres", "sqlite"] {
            for file in std::fs::read_dir(folder.join(backend)).unwrap() {
                let file = file.unwrap();
                let name = format!("{backend}/{}", file.file_name().to_str().unwrap());
                found.insert(name, sha256_hex(&std::fs::read(file.path()).unwrap()));
            }
        }
        let published: BTreeMap<String, String> = std::fs::read_to_string(folder.join("SHA256SUMS"))
            .unwrap()
            .lines()
            .map(|line| line.split_once("  ").map(|(sum, name)| (name.to_owned(), sum.to_owned())).unwrap())
            .collect();
        assert_eq!(found, published, "a change is a new migration; add its line with: sha256sum */*.sql > SHA256SUMS");
    }
}
