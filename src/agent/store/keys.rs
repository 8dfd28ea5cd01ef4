//! Pinned keys of receivers.

use super::{State, state_error};
use crate::error::Result;
use callback_protocol::signing::PublicKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// Why a key is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinReason {
    /// It was the first key seen from this receiver.
    First,
    /// A pinned key signed it.
    Vouched,
    /// The admin accepted it.
    Accepted,
}

impl PinReason {
    const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Vouched => "vouched",
            Self::Accepted => "accepted",
        }
    }
}

/// A pinned key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKey {
    /// Its receiver.
    pub receiver: String,
    /// The key.
    pub key: PublicKey,
    /// The day on which it was pinned.
    pub since: String,
    /// Why it is pinned, as stored in the database.
    pub how: String,
}

impl State {
    /// Every pinned key, oldest first.
    pub async fn pinned_keys(&mut self) -> Result<Vec<PinnedKey>> {
        let rows = sqlx::query("SELECT receiver, public_key, since, how FROM receiver_keys ORDER BY id")
            .fetch_all(&mut self.connection)
            .await
            .map_err(|error| state_error(&error))?;
        let text = |row: &sqlx::sqlite::SqliteRow, at: usize| row.try_get::<String, _>(at).unwrap_or_default();
        // Skip keys that cannot be read.
        let known = rows.iter().filter_map(|row| {
            let key = PublicKey::parse(&text(row, 1))?;
            Some(PinnedKey { receiver: text(row, 0), key, since: text(row, 2), how: text(row, 3) })
        });
        Ok(known.collect())
    }

    /// The keys of a receiver, oldest first.
    pub async fn keys_of(&mut self, receiver: &str) -> Result<Vec<PublicKey>> {
        let known = self.pinned_keys().await?.into_iter();
        Ok(known.filter(|known| known.receiver == receiver).map(|known| known.key).collect())
    }

    /// Pins a key of a receiver.
    pub async fn pin_key(&mut self, receiver: &str, key: &PublicKey, today: Date, how: PinReason) -> Result<()> {
        sqlx::query("INSERT OR IGNORE INTO receiver_keys (receiver, public_key, since, how) VALUES (?, ?, ?, ?)")
            .bind(receiver)
            .bind(key.text())
            .bind(today.to_string())
            .bind(how.name())
            .execute(&mut self.connection)
            .await
            .map(drop)
            .map_err(|error| state_error(&error))
    }
}
