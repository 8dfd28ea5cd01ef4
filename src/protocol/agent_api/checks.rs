//! What `doctor` and `config check` find.

use super::consent::Receiver;
use super::status::Notice;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a check of `doctor` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckArea {
    /// The configuration file and the environment.
    Configuration,
    /// The user that the agent runs as, and its state directory.
    User,
    /// The LibreNMS directory and its settings.
    Librenms,
    /// LibreNMS's database.
    Database,
    /// The receiver, and the way to it.
    Receiver,
    /// The schedule, and how the last run went.
    Schedule,
    /// The module, and the programs whose versions are reported.
    Programs,
}

/// The result of a check of `doctor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CheckState {
    /// It is as it should be.
    Ok,
    /// It is worth knowing, and needs no action.
    Note,
    /// It needs attention; reports may still be sent.
    Warning,
    /// It keeps the agent from working.
    Problem,
    /// It depends on something that failed.
    NotChecked,
}

/// One check of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// Its name, whose meaning never changes.
    pub name: String,
    /// What it is about.
    pub area: CheckArea,
    /// Its result.
    pub state: CheckState,
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// What was checked: a host, a path, or a setting and where it comes from. Never a secret.
    pub subject: String,
    /// What was found, and what it means.
    pub finding: String,
    /// What to do about it, if anything.
    pub remedy: Option<String>,
}

/// The number of checks of `doctor` with each result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CheckCounts {
    /// Problems.
    pub problems: u32,
    /// Warnings.
    pub warnings: u32,
    /// Notes.
    pub notes: u32,
    /// Checks that passed.
    pub ok: u32,
    /// Checks that depend on something that failed.
    pub not_checked: u32,
}

/// `doctor --json`: everything that was checked. Nothing is changed, and no report is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// The code: `healthy` or `problems-found`.
    pub code: String,
    /// Version of the agent.
    pub agent: String,
    /// When the checks ran.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Timestamp,
    /// The number of checks with each result.
    pub counts: CheckCounts,
    /// The checks, by area.
    pub checks: Vec<Check>,
}

/// A LibreNMS database, and the setting that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DatabasePlace {
    /// Host and port, the socket, or the SQLite file.
    pub server: String,
    /// Name of the database; null for SQLite.
    pub name: Option<String>,
    /// The database user; null for SQLite.
    pub user: Option<String>,
    /// The setting that decides, and where it is set.
    pub from: String,
}

/// The receiver that reports go to, and the setting that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectiveReceiver {
    /// The receiver.
    #[serde(flatten)]
    pub receiver: Receiver,
    /// The setting that decides, and where it is set.
    pub from: String,
}

/// `config check --json`: the settings in effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConfigReport {
    /// The code: one of `docs/agent-codes.md`.
    pub code: String,
    /// The configuration file; null if no file is used.
    pub file: Option<String>,
    /// How LibreNMS was specified: `a LibreNMS directory`, `a database` or `none`.
    pub install: String,
    /// The LibreNMS directory; null for a database.
    pub librenms: Option<String>,
    /// Where LibreNMS was specified.
    pub named_in: String,
    /// Why LibreNMS cannot be used, in words; null if it can.
    pub problem: Option<String>,
    /// LibreNMS's database; null if its settings cannot be read.
    pub database: Option<DatabasePlace>,
    /// The state directory.
    pub state: String,
    /// The receiver; null if LibreNMS's settings cannot be read.
    pub receiver: Option<EffectiveReceiver>,
    /// Number of `terms`.
    pub terms: u64,
    /// Number of `patterns`.
    pub patterns: u64,
    /// What needs attention.
    pub notices: Vec<Notice>,
}
