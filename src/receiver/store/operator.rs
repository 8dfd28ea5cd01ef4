//! What the operator does to single installs, the log of it, and the signing key that all receivers of a database share.

use super::claim::same;
use super::database::{Database, existing};
use super::postgres::operator as postgres;
use super::sqlite::operator as sqlite;
use super::{Keyed, Storage};
use crate::error::Result;
use crate::key::InstallKey;
use crate::store::{Access, Claim, Removed};
use crate::{Code, day::Day};
use std::path::Path;

/// What was done to an install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorActionKind {
    /// Its reports were deleted.
    Clear,
    /// Its secret was deleted.
    ResetSecret,
}

impl OperatorActionKind {
    /// The name, as it is stored and printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::ResetSecret => "reset-secret",
        }
    }

    pub(in crate::store) fn from_name(name: &str) -> Self {
        // The table's constraint allows no other name.
        if name == Self::Clear.as_str() { Self::Clear } else { Self::ResetSecret }
    }
}

/// An entry of the operator's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorAction {
    /// When (RFC 3339, UTC).
    pub at: String,
    /// What.
    pub kind: OperatorActionKind,
    /// The install's keyed hash, as in a tombstone; `None` once that would have expired.
    pub install: Option<Keyed>,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// Times that a deletion is retried because the install registered a secret in between.
const CLEAR_ATTEMPTS: usize = 3;

impl Database {
    /// Creates a missing database file as root for the owner of its directory, who runs the service.
    ///
    /// # Errors
    /// [`Code::DatabaseNotWritable`].
    pub fn create_for_service(&self) -> Result<()> {
        match self {
            Self::Sqlite(database) => sqlite::create_for_service(database),
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Deletes all data of an install, without its secret. The log has the action first, so that no deletion is missing
    /// there.
    ///
    /// # Errors
    /// If the database fails, or a client keeps registering secrets for the install.
    pub async fn clear_as_operator(
        &self,
        store: &dyn Storage,
        key: &InstallKey,
        install: Keyed,
        action: &OperatorAction,
        today: Day,
    ) -> Result<Removed> {
        self.add_to_operator_log(std::slice::from_ref(action)).await?;
        for _ in 0..CLEAR_ATTEMPTS {
            // The stored secret is a good claim.
            let claim = Claim { install, secret: self.secret_of(&install).await? };
            if let Access::Granted(removed) = store.clear(claim, key.tombstone(&install), today).await? {
                return Ok(removed);
            }
        }
        Err(Code::DatabaseBusy.into())
    }

    async fn secret_of(&self, install: &Keyed) -> Result<Option<Keyed>> {
        match self {
            Self::Sqlite(database) => sqlite::secret_of(existing(database)?, install).await,
            Self::Postgres(options) => postgres::secret_of((**options).clone(), install).await,
        }
    }

    /// Deletes the secret of an install and logs that; the next secret that the install sends is registered. Returns
    /// whether it had one.
    ///
    /// # Errors
    /// If the database fails, or [`Code::KeyMismatch`].
    pub async fn reset_secret(&self, key: &InstallKey, install: &Keyed, action: &OperatorAction) -> Result<bool> {
        match self {
            Self::Sqlite(database) => sqlite::reset_secret(existing(database)?, key, install, action).await,
            Self::Postgres(options) => postgres::reset_secret((**options).clone(), key, install, action).await,
        }
    }

    /// The operator's log, oldest first; empty in the database of an older version.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn operator_log(&self) -> Result<Vec<OperatorAction>> {
        match self {
            Self::Sqlite(database) => sqlite::log(existing(database)?).await,
            Self::Postgres(options) => postgres::log((**options).clone()).await,
        }
    }

    /// Adds entries to the operator's log, unless it has them.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn add_to_operator_log(&self, actions: &[OperatorAction]) -> Result<()> {
        if actions.is_empty() {
            return Ok(());
        }
        match self {
            Self::Sqlite(database) => sqlite::add(existing(database)?, actions).await,
            Self::Postgres(options) => postgres::add((**options).clone(), actions).await,
        }
    }

    /// Stores the ID of the key that signs receipts, if the database has none or has one of `earlier`. Returns the stored
    /// ID, which is another one if the database belongs to other receivers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn agree_on_signing_key(&self, current: &str, earlier: &[String]) -> Result<String> {
        match self {
            Self::Sqlite(database) => sqlite::agree_on_signing_key(existing(database)?, current, earlier).await,
            Self::Postgres(options) => postgres::agree_on_signing_key((**options).clone(), current, earlier).await,
        }
    }

    /// Removes the ID of the signing key, so that the next receiver that starts stores its own.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_signing_key(&self) -> Result<()> {
        match self {
            Self::Sqlite(database) => sqlite::remove_signing_key(existing(database)?).await,
            Self::Postgres(options) => postgres::remove_signing_key((**options).clone()).await,
        }
    }

    /// Checks everything that [`Database::restore`] checks, and compares what would be replaced. Nothing is changed.
    ///
    /// # Errors
    /// As [`Database::restore`].
    pub async fn plan_restore(&self, from: &Path, data: &Path, key: &InstallKey) -> Result<RestorePlan> {
        match self {
            Self::Sqlite(database) => super::sqlite::dry_run::dry_run(from, database, key).await,
            Self::Postgres(options) => super::postgres::dry_run::dry_run((**options).clone(), from, data, key).await,
        }
    }
}

/// How much a database holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extent {
    /// Installs.
    pub installs: i64,
    /// Reports.
    pub reports: i64,
    /// Days of the first and the last report.
    pub days: Option<(Day, Day)>,
}

/// What a restore would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RestorePlan {
    /// What the database holds; `None` if there is none.
    pub current: Option<Extent>,
    /// What it would hold.
    pub restored: Extent,
    /// Installs in the backup that were deleted since, and stay deleted.
    pub stay_deleted: u64,
}

/// Selects an [`Extent`].
pub(in crate::store) const EXTENT: &str = "SELECT (SELECT COUNT(*) FROM installs) AS installs, \
     (SELECT COUNT(*) FROM reports) AS reports, (SELECT MIN(day) FROM reports) AS first, \
     (SELECT MAX(day) FROM reports) AS last";

/// [`Extent`] in a row of either backend.
macro_rules! extent_of {
    ($row:expr) => {
        $crate::store::operator::Extent {
            installs: $row.get("installs"),
            reports: $row.get("reports"),
            days: $row
                .get::<Option<i32>, _>("first")
                .zip($row.get::<Option<i32>, _>("last"))
                .map(|(first, last)| ($crate::day::Day(first), $crate::day::Day(last))),
        }
    };
}

pub(in crate::store) use extent_of;

/// Whether a key is the one of a database, by the value that is stored there.
#[must_use]
pub fn is_key_of(key: &InstallKey, stored: &[u8]) -> bool {
    same(&key.check_value(), stored)
}
