//! Finds out what a database user may do, without changing anything: EXPLAIN needs the same permissions as the
//! statement itself.

use super::connection::Connection;
use super::plan::{CONFIG_TABLES, Dialect, Plan};
use super::write::Change;
use crate::code::Code;
use crate::error::Result;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Replaces bound values, which EXPLAIN does not need.
const PLACEHOLDER: &str = "'-'";

/// The tables and columns that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Unreadable {
    /// Tables and columns that the user may not read.
    pub(crate) denied: BTreeSet<String>,
    /// Tables and columns that do not exist.
    pub(crate) missing: BTreeSet<String>,
}

/// A statement that the user has no permission for.
#[derive(Debug)]
pub(crate) struct DeniedWrite {
    /// The statement that the agent runs.
    pub(crate) sql: &'static str,
    /// The table that it changes.
    pub(crate) table: &'static str,
    pub(crate) purpose: &'static str,
}

/// Every write of the agent, with its table and purpose.
const WRITES: [(Change<'static>, &str, &str); 5] = [
    (Change::UsageOn, "config", "`enable` cannot set reporting.usage"),
    (Change::StockSenderOff, "callback", "`enable --take-over` cannot turn off LibreNMS's built-in sender"),
    (Change::Uuid("-"), "callback", "`enable` cannot store the uuid"),
    (Change::NoUuid("-"), "callback", "a confirmed deletion cannot remove the uuid"),
    (Change::Day("-"), "callback", "several pollers cannot see each other's reports"),
];

impl Connection {
    /// A column of the first row.
    async fn first(&mut self, sql: &str, at: usize) -> Result<Option<String>> {
        let mut value = None;
        self.each_row(sql, |row| value = value.take().or_else(|| row.text(at))).await?;
        Ok(value)
    }

    /// The cipher of the connection; `None` if it is not encrypted.
    pub(crate) async fn cipher(&mut self) -> Result<Option<String>> {
        let cipher = self.first("SHOW SESSION STATUS LIKE 'Ssl_cipher'", 1).await?;
        Ok(cipher.filter(|cipher| !cipher.is_empty()))
    }

    /// The time of the server's clock.
    pub(crate) async fn server_clock(&mut self) -> Result<Option<Timestamp>> {
        let seconds = self.first("SELECT CAST(UNIX_TIMESTAMP() AS CHAR)", 0).await?;
        Ok(seconds.and_then(|seconds| Timestamp::from_second(seconds.parse().ok()?).ok()))
    }

    /// The account that the server matched the user to.
    pub(crate) async fn account(&mut self) -> Result<Option<String>> {
        self.first("SELECT CAST(CURRENT_USER() AS CHAR)", 0).await
    }

    /// Whether the server has named locks. The test lock belongs to this connection and ends with it.
    pub(crate) async fn has_locks(&mut self) -> bool {
        let sql = "SELECT CAST(GET_LOCK(CONCAT('callback-agent-doctor.', CONNECTION_ID()), 0) AS CHAR)";
        self.first(sql, 0).await.is_ok_and(|taken| taken.as_deref() == Some("1"))
    }

    /// Whether the server rejects all writes, for example because it is a replica.
    pub(crate) async fn is_read_only(&mut self) -> Result<bool> {
        let value = self.first("SELECT CAST(@@global.read_only AS CHAR)", 0).await?;
        Ok(value.is_some_and(|value| !matches!(value.to_ascii_uppercase().as_str(), "0" | "OFF")))
    }

    /// The tables and columns of the report that are missing or that the user may not read.
    pub(crate) async fn unreadable(&mut self) -> Result<Unreadable> {
        let columns = self.columns(&Plan::tables()).await?;
        let plan = Plan::of(&columns, self.dialect())?;
        let mut found = Unreadable::default();
        for unread in plan.left_out {
            let missing = unread.missing.to_string();
            let (table, column) = match missing.split_once('.') {
                Some((table, column)) => (table, format!("`{column}`")),
                None => (missing.as_str(), "1".to_owned()),
            };
            if found.denied.contains(table) {
                continue;
            }
            match self.is_denied(&format!("EXPLAIN SELECT {column} FROM `{table}`")).await {
                true => found.denied.insert(missing),
                false => found.missing.insert(missing),
            };
        }
        if !CONFIG_TABLES.iter().any(|table| columns.has(table, "config_name")) {
            found.denied.insert("config".to_owned());
        }
        Ok(found)
    }

    /// The agent's writes that the user has no permission for.
    pub(crate) async fn denied_writes(&mut self) -> Vec<DeniedWrite> {
        let mut denied = Vec::new();
        if self.dialect() == Dialect::Sqlite {
            return denied;
        }
        for (change, table, purpose) in WRITES {
            for (sql, _) in change.statements() {
                if self.is_denied(&format!("EXPLAIN {}", sql.replace('?', PLACEHOLDER))).await {
                    denied.push(DeniedWrite { sql, table, purpose });
                }
            }
        }
        denied
    }

    async fn is_denied(&mut self, sql: &str) -> bool {
        let explained = self.each_row(sql, |_| ()).await;
        explained.is_err_and(|error| error.code() == Code::DatabaseTableDenied)
    }
}
