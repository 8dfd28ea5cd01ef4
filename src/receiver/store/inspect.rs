//! What the operator's commands `doctor` and `status` read from a database. Nothing is changed, migrated or locked.

use super::database::{Database, existing};
use super::postgres::inspect as postgres;
use super::sqlite::inspect as sqlite;
use crate::day::Day;
use crate::error::Result;

/// A database as it is.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Version of the library or server, such as `3.50.4`.
    pub version: String,
    /// Size of the data in bytes; of the database file, or of PostgreSQL's tables.
    pub bytes: u64,
    /// Migrations that this program has and the database lacks.
    pub pending: usize,
    /// Whether a newer program wrote the database.
    pub is_newer: bool,
    /// Running receivers.
    pub receivers: u64,
    /// Why the receiver could not write; empty if it can.
    pub obstacles: Vec<String>,
    /// Settings of the server that log statements, and so labels.
    pub logging: Vec<String>,
    /// The contents; `None` before the first start.
    pub contents: Option<Contents>,
}

/// What is stored.
#[derive(Debug, Clone)]
pub struct Contents {
    /// Recognises the install key.
    pub key_check: Vec<u8>,
    /// ID of the key that signs receipts, once a receiver has stored it.
    pub signing_key: Option<String>,
    /// Everything before this day has expired.
    pub first_kept: Day,
    /// The last day on which the clock was trusted.
    pub trusted_day: Day,
    /// Installs.
    pub installs: i64,
    /// Reports.
    pub reports: i64,
    /// Labels and pairs.
    pub labels: i64,
    /// Reports that the aggregates do not include yet.
    pub not_counted: i64,
    /// Day of the newest report.
    pub newest_report: Option<Day>,
    /// The last published day.
    pub last_published: Option<Day>,
    /// Blocked installs.
    pub blocked_installs: i64,
    /// Blocked networks.
    pub blocked_networks: i64,
    /// Hidden labels and pairs.
    pub hidden: i64,
}

/// Selects everything of [`Contents`] but the signing key, which older databases lack; `$not_counted` is a subquery.
macro_rules! contents_sql {
    ($not_counted:literal) => {
        concat!(
            "SELECT key_check, first_kept, seen_day, (SELECT COUNT(*) FROM installs) AS installs, \
             (SELECT COUNT(*) FROM reports) AS reports, (SELECT COUNT(*) FROM labels) AS labels, (",
            $not_counted,
            ") AS not_counted, (SELECT MAX(day) FROM reports) AS newest_report, \
             (SELECT MAX(day) FROM snapshots WHERE part = '') AS last_published, \
             (SELECT COUNT(*) FROM blocked) AS blocked_installs, \
             (SELECT COUNT(*) FROM blocked_networks) AS blocked_networks, \
             (SELECT COUNT(*) FROM hidden) AS hidden FROM state"
        )
    };
}

/// [`Contents`] in a row of either backend.
macro_rules! contents_of {
    ($row:expr, $signing_key:expr) => {
        $crate::store::inspect::Contents {
            key_check: $row.get("key_check"),
            signing_key: $signing_key,
            first_kept: $crate::day::Day($row.get("first_kept")),
            trusted_day: $crate::day::Day($row.get("seen_day")),
            installs: $row.get("installs"),
            reports: $row.get("reports"),
            labels: $row.get("labels"),
            not_counted: $row.get("not_counted"),
            newest_report: $row.get::<Option<i32>, _>("newest_report").map($crate::day::Day),
            last_published: $row.get::<Option<i32>, _>("last_published").map($crate::day::Day),
            blocked_installs: $row.get("blocked_installs"),
            blocked_networks: $row.get("blocked_networks"),
            hidden: $row.get("hidden"),
        }
    };
}

pub(in crate::store) use {contents_of, contents_sql};

/// How many of a program's migrations a database lacks, and whether it has others.
pub(in crate::store) fn compare_migrations(known: &sqlx::migrate::Migrator, applied: &[i64]) -> (usize, bool) {
    let known: Vec<i64> = known.iter().map(|migration| migration.version).collect();
    let pending = known.iter().filter(|version| !applied.contains(version)).count();
    (pending, applied.iter().any(|version| !known.contains(version)))
}

impl Database {
    /// Where it is: the file, or host, port and name. Never the user or a password.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite(database) => database.display().to_string(),
            Self::Postgres(options) => {
                let socket = options.get_socket().map(|socket| socket.display().to_string());
                let host = socket.unwrap_or_else(|| options.get_host().to_owned());
                format!("{host}:{}/{}", options.get_port(), options.get_database().unwrap_or_default())
            }
        }
    }

    /// Inspects it, also while receivers run.
    ///
    /// # Errors
    /// If it does not exist or cannot be read.
    pub async fn inspect(&self) -> Result<Inspection> {
        match self {
            Self::Sqlite(database) => sqlite::inspect(existing(database)?).await,
            Self::Postgres(options) => postgres::inspect((**options).clone()).await,
        }
    }
}
