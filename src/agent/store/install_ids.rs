//! Pseudonyms: which uuid stands for which install, and whether LibreNMS's own was taken away.

use super::{State, broken};
use crate::error::Result;
use crate::librenms::{Settings, StockSender};
use crate::store::pending_clear::{AskedBy, Pending};
use callback_collector::digest::sha256_hex;
use callback_collector::install_id;
use sqlx::{Connection, Row};

/// What looking at an install's table `callback` showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    /// The pseudonym to use, if there is one yet.
    pub uuid: Option<String>,
    /// A pseudonym that stood there before and does not any more: LibreNMS's clear button was pressed.
    pub vanished: Option<String>,
}

impl State {
    /// Looks at what an install says, and remembers the pseudonym that stands there. One that went is a clear that
    /// was asked for; one that was cleared already does not count any more, and is taken out of the settings.
    pub async fn look(&mut self, install: &str, settings: &mut Settings) -> Result<Seen> {
        let known = sqlx::query("SELECT uuid, seen FROM installs WHERE install = ?")
            .bind(install)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| broken(&error))?;
        let column = |at: usize| known.as_ref().and_then(|row| row.try_get::<Option<String>, _>(at).ok().flatten());
        let (own, seen) = (column(0), column(1));
        if !settings.callback_is_readable {
            return Ok(Seen { uuid: own, vanished: None });
        }
        let mut there = settings.uuid.as_deref().and_then(install_id::normalised);
        if let Some(uuid) = &there
            && self.is_forgotten(uuid).await?
        {
            // Its clear is confirmed; that the database still says otherwise is because it cannot be written to.
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
        let vanished = seen.clone().filter(|seen| there.as_ref() != Some(seen));
        if let Some(uuid) = &vanished {
            // Before the change is remembered: a run that is killed in between notices it again.
            Pending::ask(self, AskedBy::LibreNmsPage, std::slice::from_ref(uuid)).await?;
        }
        let uuid = there.clone().or(own.clone());
        if uuid != own || there != seen {
            sqlx::query("INSERT OR REPLACE INTO installs (install, uuid, seen) VALUES (?, ?, ?)")
                .bind(install)
                .bind(&uuid)
                .bind(&there)
                .execute(&mut self.connection)
                .await
                .map_err(|error| broken(&error))?;
        }
        Ok(Seen { uuid, vanished })
    }

    /// Keeps a pseudonym for an install that has none yet; returns the one that is kept.
    pub async fn keep_uuid(&mut self, install: &str, uuid: &str) -> Result<String> {
        sqlx::query_scalar(
            "INSERT INTO installs (install, uuid) VALUES (?, ?) ON CONFLICT (install) DO UPDATE \
             SET uuid = COALESCE(installs.uuid, excluded.uuid) RETURNING uuid",
        )
        .bind(install)
        .bind(uuid)
        .fetch_one(&mut self.connection)
        .await
        .map_err(|error| broken(&error))
    }

    /// The pseudonym of an install, if there is one.
    pub async fn uuid_of(&mut self, install: &str) -> Result<Option<String>> {
        let uuid: Option<Option<String>> = sqlx::query_scalar("SELECT uuid FROM installs WHERE install = ?")
            .bind(install)
            .fetch_optional(&mut self.connection)
            .await
            .map_err(|error| broken(&error))?;
        Ok(uuid.flatten())
    }

    /// Forgets a pseudonym wherever it stands, and keeps a hash of it, so that it is not taken up again from a
    /// database that cannot be written to.
    pub async fn forget_uuid(&mut self, uuid: &str) -> Result<()> {
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
        forget(&mut self.connection).await.map_err(|error| broken(&error))
    }

    /// Whether a pseudonym was cleared.
    pub async fn is_forgotten(&mut self, uuid: &str) -> Result<bool> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM forgotten WHERE uuid_sha256 = ?)")
            .bind(sha256_hex(uuid.as_bytes()))
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| broken(&error))
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

    #[tokio::test]
    async fn librenms_s_own_pseudonym_is_kept_and_its_going_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(folder.path()).await.unwrap();
        assert_eq!(state.look("x", &mut settings(None, true)).await.unwrap(), Seen::default());
        assert_eq!(state.keep_uuid("x", B).await.unwrap(), B);
        assert_eq!(state.keep_uuid("x", A).await.unwrap(), B, "a pseudonym is made once");
        let seen = state.look("x", &mut settings(Some(A), true)).await.unwrap();
        assert_eq!((seen.uuid.as_deref(), seen.vanished), (Some(A), None));
        // A table that cannot be read is no empty table.
        assert_eq!(state.look("x", &mut settings(None, false)).await.unwrap().vanished, None);
        let seen = state.look("x", &mut settings(None, true)).await.unwrap();
        assert_eq!((seen.uuid.as_deref(), seen.vanished.as_deref()), (Some(A), Some(A)));
        assert_eq!(state.look("x", &mut settings(None, true)).await.unwrap().vanished, None);
        assert_eq!(state.look("y", &mut settings(None, true)).await.unwrap(), Seen::default(), "another install");
    }

    #[tokio::test]
    async fn a_forgotten_pseudonym_is_not_taken_up_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(folder.path()).await.unwrap();
        state.look("x", &mut settings(Some(A), true)).await.unwrap();
        state.forget_uuid(A).await.unwrap();
        assert_eq!(state.look("x", &mut settings(Some(A), true)).await.unwrap(), Seen::default());
        assert_eq!(state.look("x", &mut settings(Some(B), true)).await.unwrap().uuid.as_deref(), Some(B));
    }
}
