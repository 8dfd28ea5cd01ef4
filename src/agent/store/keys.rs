//! Keys by which receivers are known.

use super::{State, broken};
use crate::error::Result;
use callback_protocol::signing::PublicKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// How a key came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It was the first that was seen of this receiver.
    First,
    /// The one before it vouches for it.
    Vouched,
    /// The admin accepted it.
    Accepted,
}

impl How {
    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Vouched => "vouched",
            Self::Accepted => "accepted",
        }
    }
}

/// A key that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Whose it is.
    pub receiver: String,
    /// The key.
    pub key: PublicKey,
    /// Since which day.
    pub since: String,
    /// How it came to be known, as the database has it.
    pub how: String,
}

impl State {
    /// Every known key, oldest first.
    pub async fn known_keys(&mut self) -> Result<Vec<Known>> {
        let rows = sqlx::query("SELECT receiver, public_key, since, how FROM receiver_keys ORDER BY id")
            .fetch_all(&mut self.connection)
            .await
            .map_err(|error| broken(&error))?;
        let text = |row: &sqlx::sqlite::SqliteRow, at: usize| row.try_get::<String, _>(at).unwrap_or_default();
        // A key that cannot be read is as good as none.
        let known = rows.iter().filter_map(|row| {
            let key = PublicKey::parse(&text(row, 1))?;
            Some(Known { receiver: text(row, 0), key, since: text(row, 2), how: text(row, 3) })
        });
        Ok(known.collect())
    }

    /// The keys of a receiver, oldest first.
    pub async fn keys_of(&mut self, receiver: &str) -> Result<Vec<PublicKey>> {
        let known = self.known_keys().await?.into_iter();
        Ok(known.filter(|known| known.receiver == receiver).map(|known| known.key).collect())
    }

    /// Knows a receiver by one more key.
    pub async fn know_key(&mut self, receiver: &str, key: &PublicKey, today: Date, how: How) -> Result<()> {
        sqlx::query("INSERT OR IGNORE INTO receiver_keys (receiver, public_key, since, how) VALUES (?, ?, ?, ?)")
            .bind(receiver)
            .bind(key.text())
            .bind(today.to_string())
            .bind(how.name())
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(|error| broken(&error))
    }
}
