//! A delete request that is not confirmed yet. Its record is independent of the consent.

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::store::ledger;
use crate::store::{State, state_error};
use callback_protocol::ClearNonce;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Who requested the deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedBy {
    /// The admin, with `clear`.
    Admin,
    /// LibreNMS's database: the uuid is gone from table `callback`, through the button on the About page or another
    /// poller.
    LibreNmsPage,
    /// `enabled` was 2 in table `callback`.
    LibreNmsSwitch,
    /// Unknown: the record cannot be read.
    Unknown,
}

impl AskedBy {
    /// As text.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Admin => "requested here",
            // All that is known is that the uuid is gone from table `callback`.
            Self::LibreNmsPage => "requested in LibreNMS's database: on its About page or by another poller",
            Self::LibreNmsSwitch => "requested in LibreNMS (`enabled` was 2 in table `callback`)",
            Self::Unknown => "requested; the record of it is damaged",
        }
    }
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// When it was requested.
    pub asked: Option<Timestamp>,
    /// Who requested it.
    pub by: AskedBy,
    /// Uuids to delete even if no report with them was sent from here.
    #[serde(default)]
    pub uuids: Vec<String>,
    /// The nonce of the delete request. It stays the same for every attempt and receiver until all have confirmed.
    /// Older records lack it.
    #[serde(default, serialize_with = "write_nonce", deserialize_with = "read_nonce")]
    nonce: Option<ClearNonce>,
}

fn write_nonce<S: Serializer>(nonce: &Option<ClearNonce>, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    nonce.as_ref().map(ClearNonce::reveal).serialize(serializer)
}

fn read_nonce<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<ClearNonce>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(ClearNonce::parse))
}

impl Pending {
    /// The record, if a deletion is pending.
    pub async fn load(state: &mut State) -> Result<Option<Self>> {
        let record: Option<String> = sqlx::query_scalar("SELECT record FROM clear_pending")
            .fetch_optional(state.connection())
            .await
            .map_err(|error| state_error(&error))?;
        Ok(record.map(|record| serde_json::from_str(&record).unwrap_or(Self::new(None, AskedBy::Unknown))))
    }

    /// A new delete request; `None` if its time is unknown.
    pub const fn new(asked: Option<Timestamp>, by: AskedBy) -> Self {
        Self { asked, by, uuids: Vec::new(), nonce: None }
    }

    /// The nonce of the delete request, which [`Pending::ask`] has recorded.
    pub fn nonce(&self) -> Result<ClearNonce> {
        let missing = || Error::new(Code::StateDamaged, "the record of the pending deletion has no nonce");
        self.nonce.clone().ok_or_else(missing)
    }

    /// Requests a deletion for these uuids and for everything that is held. Adds to a request that is pending.
    pub async fn ask(state: &mut State, by: AskedBy, uuids: &[String]) -> Result<Self> {
        let before = Self::load(state).await?;
        let is_new = before.is_none();
        let mut pending = before.unwrap_or_else(|| Self::new(Some(clock::now()), by));
        if pending.nonce.is_none() {
            let mut bytes = [0; ClearNonce::LENGTH];
            getrandom::fill(&mut bytes).map_err(Error::no_random)?;
            pending.nonce = Some(ClearNonce::from_bytes(bytes));
        }
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
            .map_err(|error| state_error(&error))?;
        if is_new {
            ledger::note(state, ledger::EntryKind::ClearAsked, &serde_json::json!({"by": by})).await?;
        }
        Ok(pending)
    }

    /// Deletes the record: the deletion is confirmed or cancelled.
    pub async fn drop(state: &mut State) -> Result<()> {
        sqlx::query("DELETE FROM clear_pending")
            .execute(state.connection())
            .await
            .map(|_| ())
            .map_err(|error| state_error(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_deletion_with_an_unreadable_record_stays_pending() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        assert_eq!(Pending::load(&mut state).await.unwrap(), None);
        Pending::ask(&mut state, AskedBy::Admin, &["a".into()]).await.unwrap();
        let pending = Pending::ask(&mut state, AskedBy::LibreNmsPage, &["b".into(), "a".into()]).await.unwrap();
        assert_eq!(
            (pending.by, pending.uuids.as_slice()),
            (AskedBy::Admin, ["a".to_owned(), "b".to_owned()].as_slice())
        );
        let nonce = pending.nonce().unwrap().reveal();
        assert_eq!(Pending::load(&mut state).await.unwrap().unwrap().nonce().unwrap().reveal(), nonce);
        let asked = Pending::ask(&mut state, AskedBy::Admin, &[]).await.unwrap();
        assert_eq!(asked.nonce().unwrap().reveal(), nonce, "the same until it is confirmed or cancelled");
        sqlx::query("UPDATE clear_pending SET record = 'noise'").execute(state.connection()).await.unwrap();
        assert_eq!(Pending::load(&mut state).await.unwrap().unwrap().by, AskedBy::Unknown);
        Pending::drop(&mut state).await.unwrap();
        assert_eq!(Pending::load(&mut state).await.unwrap(), None);
        let next = Pending::ask(&mut state, AskedBy::Admin, &[]).await.unwrap();
        assert_ne!(next.nonce().unwrap().reveal(), nonce);
    }

    #[test]
    fn a_vanished_uuid_is_not_attributed_to_the_about_page_alone() {
        // LibreNMS's button and another poller's deletion look the same.
        let words = AskedBy::LibreNmsPage.words();
        assert!(words.contains("About page") && words.contains("another poller"), "{words}");
    }

    #[tokio::test]
    async fn an_older_record_gets_a_nonce() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        for old in [
            r#"{"asked":"2026-11-24T00:00:00Z","by":"admin","uuids":["a"]}"#,
            r#"{"asked":null,"by":"admin","nonce":"x"}"#,
        ] {
            sqlx::query("INSERT OR REPLACE INTO clear_pending (only_row, record) VALUES (1, ?)")
                .bind(old)
                .execute(state.connection())
                .await
                .unwrap();
            assert_eq!(Pending::load(&mut state).await.unwrap().unwrap().by, AskedBy::Admin);
            let pending = Pending::ask(&mut state, AskedBy::Unknown, &[]).await.unwrap();
            assert_eq!((pending.by, pending.nonce().unwrap().reveal().len()), (AskedBy::Admin, 64));
        }
    }
}
