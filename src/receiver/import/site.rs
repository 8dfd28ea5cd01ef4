//! The database of a stock statistics site, read row by row and never written.

use crate::code::Code;
use crate::day::Day;
use crate::error::{Error, Result};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{ConnectOptions, Connection, Row as _};
use std::str::FromStr;

/// A report in the site's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) number: i64,
    /// The uuid as the site stores it, to find its pairs.
    pub(super) stored: String,
    /// The uuid in its normal form.
    pub(super) uuid: String,
    pub(super) day: Day,
}

/// An entry of a report.
pub(super) struct Row {
    pub(super) total: i64,
    pub(super) group: String,
    pub(super) name: String,
    pub(super) value: String,
}

/// An open database.
pub struct Site(MySqlConnection);

impl Site {
    /// Opens `mysql://user:password@host/name`.
    ///
    /// # Errors
    /// If the URL is invalid, or the database cannot be reached or lacks a table.
    pub async fn open(url: &str) -> Result<Self> {
        let rest =
            url.strip_prefix("mysql://").or_else(|| url.strip_prefix("mariadb://")).ok_or(Code::ImportUrlInvalid)?;
        let options = MySqlConnectOptions::from_str(&format!("mysql://{rest}")).map_err(|_| Code::ImportUrlInvalid)?;
        // Times are in the server's time zone, in which the site wrote them.
        let connection = options.timezone(None).disable_statement_logging().connect().await;
        let mut connection = connection.map_err(|_| Code::ImportUnreachable)?;
        for sql in [
            "SET SESSION TRANSACTION READ ONLY",
            "SELECT hosts_id, uuid FROM hosts LIMIT 1",
            "SELECT run_id, hosts_id, `datetime` FROM run LIMIT 1",
            "SELECT run_id, total, `group`, name, value FROM data LIMIT 1",
            "SELECT uuid, `count`, os, sysDescr, sysObjectID FROM devinfo LIMIT 1",
        ] {
            sqlx::query(sql).execute(&mut connection).await.map_err(|_| Code::ImportNotStock)?;
        }
        Ok(Self(connection))
    }

    /// All reports since a day.
    pub(super) async fn runs(&mut self, first: Day) -> Result<Vec<Run>> {
        let mut rows = sqlx::query(
            "SELECT CAST(run_id AS SIGNED) AS run_id, uuid, CAST(UNIX_TIMESTAMP(`datetime`) AS SIGNED) AS at \
             FROM run JOIN hosts USING (hosts_id) WHERE `datetime` >= FROM_UNIXTIME(?) ORDER BY run_id",
        )
        .bind(i64::from(first.0) * 86_400)
        .fetch(&mut self.0);
        let mut runs = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(broken)? {
            let at: Option<i64> = row.try_get("at").map_err(broken)?;
            let Some(at) = at.and_then(|second| Timestamp::from_second(second).ok()) else { continue };
            let number = row.try_get("run_id").map_err(broken)?;
            runs.push(Run { number, stored: text(&row, 1), uuid: String::new(), day: Day::of(at) });
        }
        Ok(runs)
    }

    /// The entries of a report.
    pub(super) async fn rows(&mut self, run: i64) -> Result<Vec<Row>> {
        let rows =
            sqlx::query("SELECT CAST(total AS SIGNED) AS total, `group`, name, value FROM data WHERE run_id = ?")
                .bind(run)
                .fetch_all(&mut self.0)
                .await
                .map_err(broken)?;
        rows.iter()
            .map(|row| {
                let total = row.try_get("total").map_err(broken)?;
                Ok(Row { total, group: text(row, 1), name: text(row, 2), value: text(row, 3) })
            })
            .collect()
    }

    /// The pairs of an install, in the form of a payload.
    pub(super) async fn pairs(&mut self, uuid: &str) -> Result<Vec<Value>> {
        let rows = sqlx::query(
            "SELECT CAST(`count` AS SIGNED) AS total, os, sysDescr, sysObjectID FROM devinfo WHERE uuid = ?",
        )
        .bind(uuid)
        .fetch_all(&mut self.0)
        .await
        .map_err(broken)?;
        rows.iter()
            .map(|row| {
                let count: i64 = row.try_get("total").map_err(broken)?;
                Ok(json!({"count": count, "os": text(row, 1), "sysDescr": text(row, 2), "sysObjectID": text(row, 3)}))
            })
            .collect()
    }

    /// Closes it.
    pub async fn close(self) {
        // Everything has been read, so a failure loses nothing.
        let _ = self.0.close().await;
    }
}

/// A column as text, whatever its character set. Bytes that are not UTF-8 become U+FFFD, NULL becomes empty.
fn text(row: &MySqlRow, at: usize) -> String {
    let bytes = row.try_get_unchecked::<Option<&[u8]>, _>(at).ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

// Messages of the server may contain values.
fn broken(_: sqlx::Error) -> Error {
    Code::ImportDisconnected.into()
}
