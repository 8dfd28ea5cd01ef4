//! The receivers that hold reports: for each receiver and uuid, what is needed to delete them.

use super::{State, state_error};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::receiver::{Kind, Receiver};
use crate::store::ledger::{self, AttemptOutcome};
use jiff::civil::Date;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::fmt;

/// The secret that proves to a callback-receiver that a request comes from the same install. It is sent to no other
/// receiver.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new secret of 32 random bytes.
    pub fn new() -> Result<Self> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(Error::no_random)?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// An exported secret: 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(text));
        }
        Err(Error::new(
            Code::SecretInvalid,
            "this is not a secret; expected the 64 hexadecimal digits that `callback-agent secret export` prints",
        ))
    }

    /// Its digits, to be shown to the receiver only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A receiver that holds, or may hold, reports of a uuid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataHolder {
    /// The receiver.
    pub receiver: Receiver,
    /// The uuid.
    pub uuid: String,
    /// The secret; `None` for a stock site, or if it was lost.
    pub secret: Option<Secret>,
    /// The day of the newest report that may have arrived.
    pub last_sent: Option<Date>,
    /// The day on which this state recorded the receiver. Reports of a lost state were sent before that day.
    pub since: Option<Date>,
}

impl DataHolder {
    /// The day of the newest report that it may hold.
    pub fn newest_report(&self) -> Option<Date> {
        self.last_sent.or(self.since)
    }

    fn of(row: &SqliteRow) -> std::result::Result<Self, sqlx::Error> {
        let kind = match row.try_get::<&str, _>("kind")? {
            "callback-stats" => Kind::CallbackStats,
            _ => Kind::Stock,
        };
        let receiver = Receiver { url: row.try_get("receiver")?, kind, clear_url: row.try_get("clear_url")? };
        let secret = row.try_get::<Option<&str>, _>("secret")?.and_then(|text| Secret::parse(text).ok());
        let last_sent = row.try_get::<Option<&str>, _>("last_sent")?.and_then(|day| day.parse().ok());
        let since = row.try_get::<&str, _>("since")?.parse().ok();
        Ok(Self { receiver, uuid: row.try_get("uuid")?, secret, last_sent, since })
    }
}

impl State {
    /// All holders, oldest first.
    pub async fn held(&mut self) -> Result<Vec<DataHolder>> {
        let rows =
            sqlx::query("SELECT * FROM held ORDER BY since, receiver, uuid").fetch_all(&mut self.connection).await;
        rows.and_then(|rows| rows.iter().map(DataHolder::of).collect()).map_err(|error| state_error(&error))
    }

    /// Records that a receiver may hold reports, before anything is sent; returns the row, with the secret for a
    /// callback-receiver.
    pub async fn hold(&mut self, receiver: &Receiver, uuid: &str, today: Date) -> Result<DataHolder> {
        let secret = match receiver.kind {
            Kind::CallbackStats => Some(Secret::new()?),
            Kind::Stock => None,
        };
        // Keep an existing secret. A stock site has none, even if it was configured as a callback-receiver before.
        let row = sqlx::query(
            "INSERT INTO held (receiver, kind, clear_url, uuid, secret, since) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (receiver, uuid) DO UPDATE SET kind = excluded.kind, clear_url = excluded.clear_url, \
             secret = COALESCE(held.secret, excluded.secret) RETURNING *",
        )
        .bind(&receiver.url)
        .bind(receiver.kind.name())
        .bind(&receiver.clear_url)
        .bind(uuid)
        .bind(secret.as_ref().map(Secret::reveal))
        .bind(today.to_string())
        .fetch_one(&mut self.connection)
        .await;
        let mut held = row.and_then(|row| DataHolder::of(&row)).map_err(|error| state_error(&error))?;
        if receiver.kind == Kind::Stock {
            held.secret = None;
        }
        Ok(held)
    }

    /// Sets the URL for delete requests about what a receiver holds.
    pub async fn set_clear_url(&mut self, receiver: &Receiver) -> Result<()> {
        sqlx::query("UPDATE held SET clear_url = ? WHERE receiver = ? AND kind = ?")
            .bind(&receiver.clear_url)
            .bind(&receiver.url)
            .bind(receiver.kind.name())
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(|error| state_error(&error))
    }

    /// Records the day of a report that may have arrived.
    pub async fn sent_to(&mut self, held: &DataHolder, day: Date) -> Result<()> {
        sqlx::query("UPDATE held SET last_sent = ? WHERE receiver = ? AND uuid = ?")
            .bind(day.to_string())
            .bind(&held.receiver.url)
            .bind(&held.uuid)
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(|error| state_error(&error))
    }

    /// Records that a deletion is confirmed, and deletes the row, in one transaction. With the last row of all, the
    /// payloads are deleted, too.
    pub async fn release(&mut self, held: &DataHolder, entry: i64, ended: &AttemptOutcome) -> Result<()> {
        ledger::end_with(self, entry, ended, async |connection| {
            sqlx::query("DELETE FROM held WHERE receiver = ? AND uuid = ?")
                .bind(&held.receiver.url)
                .bind(&held.uuid)
                .execute(&mut *connection)
                .await?;
            sqlx::query("DELETE FROM payloads WHERE uuid = ?1 AND NOT EXISTS (SELECT 1 FROM held WHERE uuid = ?1)")
                .bind(&held.uuid)
                .execute(connection)
                .await
                .map(drop)
        })
        .await
    }

    /// Replaces the secret in all rows of a receiver; returns their number.
    pub async fn import_secret(&mut self, receiver: &str, secret: &Secret) -> Result<u64> {
        sqlx::query("UPDATE held SET secret = ? WHERE receiver = ? AND kind = 'callback-stats'")
            .bind(secret.reveal())
            .bind(receiver)
            .execute(&mut self.connection)
            .await
            .map(|done| done.rows_affected())
            .map_err(|error| state_error(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_generated_once_and_never_for_a_stock_site() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        let (day, url) = ("2026-11-24".parse().unwrap(), "https://a.example/log.php");
        let ours = Receiver::new(url, Kind::CallbackStats, None).unwrap();
        let first = state.hold(&ours, "u", day).await.unwrap();
        assert_eq!(first.secret.as_ref().map(|secret| secret.reveal().len()), Some(64));
        assert_eq!(state.hold(&ours, "u", day).await.unwrap(), first);
        assert!(!format!("{first:?}").contains(first.secret.as_ref().unwrap().reveal()));
        let stock = Receiver::new(url, Kind::Stock, None).unwrap();
        assert_eq!(state.hold(&stock, "u", day).await.unwrap().secret, None);
        assert_eq!(state.hold(&ours, "u", day).await.unwrap().secret, first.secret, "and it is not lost by that");
    }
}
