//! What the operator does to single installs, and the log of it.

use super::model::{Access, Credentials, KeyedHash, Removed};
use super::remove;
use super::retry::{TxError, damaged};
use super::sql::{Rows, Sql};
use super::tx::{Row, Tx};
use crate::day::Day;

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

    fn from_name(name: &str) -> Self {
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
    pub install: Option<KeyedHash>,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// What a clear deletes: the install, its tombstone's name and day, and the entry of the log.
pub(super) type Clear = (KeyedHash, KeyedHash, Day, OperatorAction);

/// Deletes everything of an install, without the sender's secret, and logs that in the same transaction.
pub(super) async fn clear(tx: &mut Tx<'_>, clear: &Clear) -> Result<Removed, TxError> {
    let (install, tombstone, today, action) = clear;
    let row = tx.query(remove::SECRET).bind(install.as_slice()).optional().await?;
    let secret = row.as_ref().and_then(|row| row.get::<Option<&[u8]>>("secret")).map(TryInto::try_into).transpose();
    let credentials = Credentials { install: *install, secret: secret.map_err(|_| damaged())? };
    let Access::Granted(removed) = remove::clear(tx, &(credentials, *tombstone, *today)).await? else {
        // The install registered a secret in between.
        return Err(TxError::Conflict);
    };
    add(tx, std::slice::from_ref(action)).await?;
    Ok(removed)
}

/// Deletes the secret of an install, and logs that. Returns whether it had one.
pub(super) async fn reset_secret(
    tx: &mut Tx<'_>,
    install: &KeyedHash,
    action: &OperatorAction,
) -> Result<bool, TxError> {
    let sql = "UPDATE installs SET secret = NULL, secret_reads = false WHERE install = $1 AND secret IS NOT NULL";
    let changed = tx.query(sql).bind(install.as_slice()).run().await?;
    add(tx, std::slice::from_ref(action)).await?;
    Ok(changed > 0)
}

/// The log, oldest first; empty in the database of an older version.
pub(super) async fn log(tx: &mut Tx<'_>) -> Result<Vec<OperatorAction>, TxError> {
    let exists = Sql {
        sqlite: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'operator_log')",
        postgres: "SELECT to_regclass('operator_log') IS NOT NULL",
    };
    if !tx.query(exists).value::<bool>().await? {
        return Ok(Vec::new());
    }
    let action = |row: &Row| {
        let install = row.get::<Option<&[u8]>>("install").map(TryInto::try_into).transpose();
        Ok(OperatorAction {
            at: row.get("at"),
            kind: OperatorActionKind::from_name(row.get("action")),
            install: install.map_err(|_| damaged())?,
            actor: row.get("actor"),
            reason: row.get("reason"),
        })
    };
    let sql = "SELECT at, action, install, actor, reason FROM operator_log ORDER BY at, id";
    tx.query(sql).all().await?.iter().map(action).collect()
}

/// Adds entries, unless the log has them. Of an older entry the install may have expired.
pub(super) async fn add(tx: &mut Tx<'_>, actions: &[OperatorAction]) -> Result<(), TxError> {
    let rows = Rows::default()
        .text("at", actions.iter().map(|action| Some(action.at.as_str())))
        .text("action", actions.iter().map(|action| Some(action.kind.as_str())))
        .blob("install", actions.iter().map(|action| action.install.as_ref().map(<[u8; 32]>::as_slice)))
        .text("actor", actions.iter().map(|action| Some(action.actor.as_str())))
        .text("reason", actions.iter().map(|action| Some(action.reason.as_str())));
    let sql = "INSERT INTO operator_log (at, action, install, actor, reason) \
               SELECT at, action, install, actor, reason FROM {rows} WHERE NOT EXISTS (SELECT 1 FROM operator_log AS known \
               WHERE (known.at, known.action, known.actor, known.reason) = (new.at, new.action, new.actor, new.reason) \
               AND (known.install = new.install OR known.install IS NULL OR new.install IS NULL))";
    tx.query(sql).bind_rows(&rows).run().await.map(drop)
}

/// Stores the ID of the key that signs receipts, if there is none or one of `earlier`. Returns the stored ID.
pub(super) async fn agree_on_signing_key(
    tx: &mut Tx<'_>,
    current: &str,
    earlier: &[String],
) -> Result<String, TxError> {
    let sql = "UPDATE state SET signing_key = $1 WHERE signing_key IS NULL OR signing_key {any 2}";
    tx.query(sql).bind(current).bind_list(earlier).run().await?;
    Ok(tx.query("SELECT signing_key FROM state").value::<Option<String>>().await?.unwrap_or_default())
}
