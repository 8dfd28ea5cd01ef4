//! The uuid of each install, and whether LibreNMS's own uuid was removed.

use super::{State, state_error};
use crate::error::Result;
use crate::librenms::{Settings, StockSender};
use crate::store::pending_clear::{AskedBy, Pending};
use callback_collector::digest::sha256_hex;
use callback_collector::install_id;
use sqlx::{Connection, Row};

/// Name of the note with the hash of a uuid that LibreNMS's built-in sender may have sent; the install follows.
const SENT_BY_LIBRENMS: &str = "sent-by-librenms ";

/// The uuid in table `callback` of an install, compared with the recorded one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observed {
    /// The uuid to use, if there is one yet.
    pub uuid: Option<String>,
    /// A recorded uuid that is gone from the table: LibreNMS's clear button was pressed.
    pub vanished: Option<String>,
    /// The table's uuid; the outer `None` if the table cannot be read.
    there: Option<Option<String>>,
    /// The table's uuid, if LibreNMS's built-in sender may have sent it.
    sent_by_librenms: Option<String>,
}

impl Observed {
    /// The delete request that a vanished uuid means, before it is recorded.
    pub fn delete_request(&self) -> Option<Pending> {
        let mut pending = Pending::new(None, AskedBy::LibreNmsPage);
        pending.uuids.push(self.vanished.clone()?);
        Some(pending)
    }
}

impl State {
    /// Compares an install's settings with the recorded uuid, and changes nothing. A uuid that was deleted before, and
    /// LibreNMS's request to delete it, are removed from the settings.
    pub async fn observe(&mut self, install: &str, settings: &mut Settings) -> Result<Observed> {
        let (own, seen) = self.known_uuids(install).await?;
        if !settings.callback_is_readable {
            return Ok(Observed { uuid: own, ..Observed::default() });
        }
        let mut there = settings.uuid.as_deref().and_then(install_id::normalised);
        if let Some(uuid) = &there
            && self.was_deleted(uuid).await?
        {
            // Its deletion is confirmed. The table still has it, because it cannot be written.
            there = None;
            settings.uuid = None;
            if settings.stock_sender == StockSender::ClearPending {
                settings.stock_sender = StockSender::Off;
            }
        }
        if settings.stock_sender == StockSender::ClearPending
            && there.is_none()
            && Pending::load(self).await?.is_none()
            && self.held().await?.is_empty()
        {
            settings.stock_sender = StockSender::Off;
        }
        let is_on = settings.stock_sender != StockSender::Off;
        // Without a row `enabled`, the built-in sender has never run, and a uuid not generated here is another
        // poller's.
        let is_older = |uuid: &String| settings.has_sender_row && own.as_ref() != Some(uuid);
        Ok(Observed {
            sent_by_librenms: there.clone().filter(|uuid| is_on || is_older(uuid)),
            uuid: there.clone().or(own),
            vanished: seen.filter(|seen| there.as_ref() != Some(seen)),
            there: Some(there),
        })
    }

    /// Whether LibreNMS's built-in sender may have sent a uuid. One that was generated here, and that the built-in
    /// sender could not have sent, is known only to the receivers that hold reports.
    pub async fn librenms_may_have_sent(&mut self, install: &str, uuid: &str) -> Result<bool> {
        let known = self.note(&format!("{SENT_BY_LIBRENMS}{install}")).await?;
        Ok(known.is_some_and(|hash| hash == sha256_hex(uuid.as_bytes())))
    }

    /// The same for any install, where it is not known which one a uuid belongs to.
    pub async fn any_librenms_may_have_sent(&mut self, uuid: &str) -> Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM notes WHERE substr(name, 1, ?) = ? AND value = ?)")
            .bind(SENT_BY_LIBRENMS.len() as i64)
            .bind(SENT_BY_LIBRENMS)
            .bind(sha256_hex(uuid.as_bytes()))
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| state_error(&error))
    }

    /// Records such a uuid, as a hash. The record outlives the row, which LibreNMS's clear button deletes.
    pub async fn note_sent_by_librenms(&mut self, install: &str, uuid: Option<&str>) -> Result<()> {
        let hash = uuid.map(|uuid| sha256_hex(uuid.as_bytes()));
        self.keep_note(&format!("{SENT_BY_LIBRENMS}{install}"), hash.as_deref()).await
    }

    /// Records what was observed: the uuid, and the delete request that a vanished uuid means.
    pub async fn record(&mut self, install: &str, observed: &Observed) -> Result<()> {
        let Observed { uuid, vanished, there: Some(there), sent_by_librenms } = observed else { return Ok(()) };
        if let Some(uuid) = sent_by_librenms {
            self.note_sent_by_librenms(install, Some(uuid)).await?;
        }
        if let Some(uuid) = vanished {
            // Before the uuid is recorded, so that a run killed in between notices it again.
            Pending::ask(self, AskedBy::LibreNmsPage, std::slice::from_ref(uuid)).await?;
        }
        if self.known_uuids(install).await? != (uuid.clone(), there.clone()) {
            sqlx::query("INSERT OR REPLACE INTO installs (install, uuid, seen) VALUES (?, ?, ?)")
                .bind(install)
                .bind(uuid)
                .bind(there)
                .execute(&mut self.connection)
                .await
                .map_err(|error| state_error(&error))?;
        }
        Ok(())
    }

    /// Observes and records.
    pub async fn sync(&mut self, install: &str, settings: &mut Settings) -> Result<Observed> {
        let observed = self.observe(install, settings).await?;
        self.record(install, &observed).await?;
        Ok(observed)
    }

    /// The uuid of an install, and the one in its table when it was last recorded. Ignores an ID that is not a UUID,
    /// which a faulty module could store in earlier versions.
    async fn known_uuids(&mut self, install: &str) -> Result<(Option<String>, Option<String>)> {
        let known = sqlx::query("SELECT uuid, seen FROM installs WHERE install = ?")
            .bind(install)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| state_error(&error))?;
        let column = |at: usize| {
            let text = known.as_ref().and_then(|row| row.try_get::<Option<String>, _>(at).ok().flatten());
            text.as_deref().and_then(install_id::normalised)
        };
        Ok((column(0), column(1)))
    }

    /// Stores a uuid for an install that has none; returns the stored uuid. Commands that only read store none.
    pub async fn keep_uuid(&mut self, install: &str, uuid: &str) -> Result<String> {
        if self.is_read_only {
            return Ok(self.uuid_of(install).await?.unwrap_or_else(|| uuid.to_owned()));
        }
        let mut transaction = self.connection.begin().await.map_err(|error| state_error(&error))?;
        let kept: Option<Option<String>> = sqlx::query_scalar("SELECT uuid FROM installs WHERE install = ?")
            .bind(install)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(|error| state_error(&error))?;
        if let Some(kept) = kept.flatten().as_deref().and_then(install_id::normalised) {
            return Ok(kept);
        }
        sqlx::query(
            "INSERT INTO installs (install, uuid) VALUES (?, ?) ON CONFLICT (install) DO UPDATE SET uuid = excluded.uuid",
        )
        .bind(install)
        .bind(uuid)
        .execute(&mut *transaction)
        .await
        .map_err(|error| state_error(&error))?;
        transaction.commit().await.map_err(|error| state_error(&error))?;
        Ok(uuid.to_owned())
    }

    /// The uuid of an install, if there is one.
    pub async fn uuid_of(&mut self, install: &str) -> Result<Option<String>> {
        Ok(self.known_uuids(install).await?.0)
    }

    /// Deletes a uuid everywhere, and keeps its hash, so that it is not adopted again from a database that cannot be
    /// written.
    pub async fn delete_uuid(&mut self, uuid: &str) -> Result<()> {
        let forget = async |connection: &mut sqlx::SqliteConnection| {
            let mut transaction = connection.begin().await?;
            sqlx::query("INSERT OR IGNORE INTO forgotten (uuid_sha256) VALUES (?)")
                .bind(sha256_hex(uuid.as_bytes()))
                .execute(&mut *transaction)
                .await?;
            sqlx::query("UPDATE installs SET uuid = NULLIF(uuid, ?1), seen = NULLIF(seen, ?1)")
                .bind(uuid)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("DELETE FROM payloads WHERE uuid = ?").bind(uuid).execute(&mut *transaction).await?;
            transaction.commit().await
        };
        forget(&mut self.connection).await.map_err(|error| state_error(&error))
    }

    /// Whether a uuid was deleted.
    pub async fn was_deleted(&mut self, uuid: &str) -> Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM forgotten WHERE uuid_sha256 = ?)")
            .bind(sha256_hex(uuid.as_bytes()))
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| state_error(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";
    const B: &str = "0b0e7f0a-2d5c-4d1e-9a53-6f1c7d0e9a53";

    fn settings(uuid: Option<&str>, readable: bool) -> Settings {
        Settings { uuid: uuid.map(str::to_owned), callback_is_readable: readable, ..Settings::default() }
    }

    /// The result for an empty table and an empty state.
    fn nothing() -> Observed {
        Observed { there: Some(None), ..Observed::default() }
    }

    #[tokio::test]
    async fn librenms_s_own_uuid_is_used_and_its_removal_is_noticed_once() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        assert_eq!(state.sync("x", &mut settings(None, true)).await.unwrap(), nothing());
        assert_eq!(state.keep_uuid("x", B).await.unwrap(), B);
        assert_eq!(state.keep_uuid("x", A).await.unwrap(), B, "a uuid is generated only once");
        let seen = state.sync("x", &mut settings(Some(A), true)).await.unwrap();
        assert_eq!((seen.uuid.as_deref(), seen.vanished), (Some(A), None));
        // A table that cannot be read does not count as empty.
        assert_eq!(state.sync("x", &mut settings(None, false)).await.unwrap().vanished, None);
        let seen = state.sync("x", &mut settings(None, true)).await.unwrap();
        assert_eq!((seen.uuid.as_deref(), seen.vanished.as_deref()), (Some(A), Some(A)));
        assert_eq!(state.sync("x", &mut settings(None, true)).await.unwrap().vanished, None);
        assert_eq!(state.sync("y", &mut settings(None, true)).await.unwrap(), nothing(), "another install");
    }

    #[tokio::test]
    async fn observing_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        state.sync("x", &mut settings(Some(A), true)).await.unwrap();
        for _ in 0..2 {
            let observed = state.observe("x", &mut settings(Some(B), true)).await.unwrap();
            assert_eq!((observed.uuid.as_deref(), observed.vanished.as_deref()), (Some(B), Some(A)));
            assert_eq!(Pending::load(&mut state).await.unwrap(), None);
        }
        assert_eq!(state.uuid_of("x").await.unwrap().as_deref(), Some(A));
    }

    #[tokio::test]
    async fn an_id_that_is_not_a_uuid_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        sqlx::query("INSERT INTO installs (install, uuid) VALUES ('x', 'core-1')")
            .execute(state.connection())
            .await
            .unwrap();
        assert_eq!(state.observe("x", &mut settings(None, true)).await.unwrap(), nothing());
        assert_eq!(state.keep_uuid("x", A).await.unwrap(), A);
        assert_eq!(state.uuid_of("x").await.unwrap().as_deref(), Some(A));
    }

    #[tokio::test]
    async fn a_deleted_uuid_is_not_adopted_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::open(directory.path()).await.unwrap();
        state.sync("x", &mut settings(Some(A), true)).await.unwrap();
        state.delete_uuid(A).await.unwrap();
        assert_eq!(state.sync("x", &mut settings(Some(A), true)).await.unwrap(), nothing());
        assert_eq!(state.sync("x", &mut settings(Some(B), true)).await.unwrap().uuid.as_deref(), Some(B));
    }
}
