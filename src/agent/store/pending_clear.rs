//! A clear that was asked for and is not confirmed yet: a record of its own, which outlives whatever happens to the
//! consent.

use crate::clock;
use crate::error::Result;
use crate::store::install_ids::Observed;
use crate::store::ledger;
use crate::store::{State, broken};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedBy {
    /// The admin, with `clear`.
    Admin,
    /// LibreNMS's About page: its button took the uuid out of table `callback`.
    LibreNmsPage,
    /// `enabled` was 2 in table `callback`.
    LibreNmsSwitch,
    /// A record that cannot be read says no more than that somebody did.
    Unknown,
}

impl AskedBy {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Admin => "requested here",
            Self::LibreNmsPage => "requested on LibreNMS's About page",
            Self::LibreNmsSwitch => "requested in LibreNMS (`enabled` was 2 in table `callback`)",
            Self::Unknown => "requested; the record of it is damaged",
        }
    }
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// When it was asked for.
    pub asked: Option<Timestamp>,
    /// By whom.
    pub by: AskedBy,
    /// Pseudonyms that are to be cleared even where no report of them was sent from here.
    #[serde(default)]
    pub uuids: Vec<String>,
}

impl Pending {
    /// The record, if a clear is pending.
    pub async fn load(state: &mut State) -> Result<Option<Self>> {
        let record: Option<String> = sqlx::query_scalar("SELECT record FROM clear_pending")
            .fetch_optional(state.connection())
            .await
            .map_err(|error| broken(&error))?;
        let unreadable = Self { asked: None, by: AskedBy::Unknown, uuids: Vec::new() };
        Ok(record.map(|record| serde_json::from_str(&record).unwrap_or(unreadable)))
    }

    /// The request that a vanished uuid is, before it is recorded.
    pub fn of_vanished(observed: &Observed) -> Option<Self> {
        let uuid = observed.vanished.clone()?;
        Some(Self { asked: None, by: AskedBy::LibreNmsPage, uuids: vec![uuid] })
    }

    /// Asks for a clear, of these pseudonyms and of all that is held; what was asked for before stays asked for.
    pub async fn ask(state: &mut State, by: AskedBy, uuids: &[String]) -> Result<Self> {
        let before = Self::load(state).await?;
        let is_new = before.is_none();
        let mut pending = before.unwrap_or(Self { asked: Some(clock::now()), by, uuids: Vec::new() });
        for uuid in uuids {
            if !pending.uuids.contains(uuid) {
                pending.uuids.push(uuid.clone());
            }
        }
        let record = serde_json::to_string(&pending).unwrap_or_default();
        sqlx::query("INSERT OR REPLACE INTO clear_pending (only_row, record) VALUES (1, ?)")
            .bind(record)
            .execute(state.connection())
            .await
            .map_err(|error| broken(&error))?;
        if is_new {
            ledger::note(state, ledger::EntryKind::ClearAsked, &serde_json::json!({"by": by})).await?;
        }
        Ok(pending)
    }

    /// Takes the record away: the clear is confirmed, or the admin wants to go on.
    pub async fn drop(state: &mut State) -> Result<()> {
        sqlx::query("DELETE FROM clear_pending")
            .execute(state.connection())
            .await
            .map(|_| ())
            .map_err(|error| broken(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_clear_stays_pending_whatever_its_record_says() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(folder.path()).await.unwrap();
        assert_eq!(Pending::load(&mut state).await.unwrap(), None);
        Pending::ask(&mut state, AskedBy::Admin, &["a".into()]).await.unwrap();
        let pending = Pending::ask(&mut state, AskedBy::LibreNmsPage, &["b".into(), "a".into()]).await.unwrap();
        assert_eq!(
            (pending.by, pending.uuids.as_slice()),
            (AskedBy::Admin, ["a".to_owned(), "b".to_owned()].as_slice())
        );
        sqlx::query("UPDATE clear_pending SET record = 'noise'").execute(state.connection()).await.unwrap();
        assert_eq!(Pending::load(&mut state).await.unwrap().unwrap().by, AskedBy::Unknown);
        Pending::drop(&mut state).await.unwrap();
        assert_eq!(Pending::load(&mut state).await.unwrap(), None);
    }
}
