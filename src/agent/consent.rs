//! Consent: what the admin said, and which switch decides.

use crate::error::{Error, Result};
use crate::source::{Settings, StockSender};
use crate::state::{State, broken};
use sqlx::Row;

/// What the admin said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// Nothing yet; also where the record cannot be read.
    NeverAsked,
    /// Yes.
    On {
        /// The newest payload schema that was accepted.
        payload_schema: u32,
        /// The module that made what was shown.
        module_sha256: String,
    },
    /// No.
    Off,
}

impl Consent {
    /// Reads the record.
    ///
    /// # Errors
    /// [`Error::State`] if the database cannot be read at all.
    pub async fn load(state: &mut State) -> Result<Self> {
        let row = sqlx::query("SELECT state, payload_schema, module_sha256 FROM consent")
            .fetch_optional(state.connection())
            .await
            .map_err(|error| broken(&error))?;
        let Some(row) = row else { return Ok(Self::NeverAsked) };
        Ok(match (row.try_get::<String, _>(0).as_deref(), row.try_get::<u32, _>(1), row.try_get::<String, _>(2)) {
            (Ok("on"), Ok(payload_schema), Ok(module_sha256)) if payload_schema > 0 => {
                Self::On { payload_schema, module_sha256 }
            }
            (Ok("off"), ..) => Self::Off,
            _ => Self::NeverAsked,
        })
    }

    /// Records yes or no, now.
    ///
    /// # Errors
    /// [`Error::State`].
    pub async fn record(state: &mut State, on: bool, module_sha256: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO consent (only_row, state, changed, payload_schema, module_sha256) VALUES (1, ?, ?, ?, ?) \
             ON CONFLICT (only_row) DO UPDATE SET state = excluded.state, changed = excluded.changed, \
             payload_schema = excluded.payload_schema, module_sha256 = excluded.module_sha256",
        )
        .bind(if on { "on" } else { "off" })
        .bind(jiff::Timestamp::now().to_string())
        .bind(callback_collector::PAYLOAD_SCHEMA)
        .bind(module_sha256)
        .execute(state.connection())
        .await
        .map(drop)
        .map_err(|error| broken(&error))
    }

    /// The payload schema that a preview is built for: the accepted one, or the newest where nothing was said yet.
    #[must_use]
    pub const fn payload_schema(&self) -> u32 {
        match self {
            Self::On { payload_schema, .. } => *payload_schema,
            Self::NeverAsked | Self::Off => callback_collector::PAYLOAD_SCHEMA,
        }
    }
}

/// Whether the environment says that nothing may be sent.
#[must_use]
pub fn denied_by_environment() -> Option<&'static str> {
    ["DO_NOT_TRACK", "CALLBACK_DISABLED"].into_iter().find(|name| {
        let value = std::env::var_os(name).unwrap_or_default();
        // What is no text is no "no" either.
        !matches!(value.to_str().map(str::trim), Some("" | "0" | "false" | "no" | "off"))
    })
}

/// Whether a report may be sent. The first switch that says no decides, in this order: the environment, the admin
/// here, LibreNMS's own switches.
///
/// # Errors
/// [`Error::NotAllowed`] that names the switch and how to change it.
pub fn may_send(environment: Option<&str>, consent: &Consent, settings: &Settings) -> Result<()> {
    let no = |what: &str| Err(Error::NotAllowed(format!("nothing was sent: {what}")));
    if let Some(name) = environment {
        return no(&format!("{name} is set in the environment"));
    }
    match consent {
        Consent::NeverAsked => {
            return no("it was never asked for here; look at `callback-agent preview`, then: callback-agent enable");
        }
        Consent::Off => return no("reporting is off here; switch it on with: callback-agent enable"),
        Consent::On { .. } => {}
    }
    if settings.usage_is_off() {
        return no(
            "reporting is off in LibreNMS, or set there in a way that cannot be read; switch it on with: lnms config:set \
             reporting.usage true, and look into config.php",
        );
    }
    match settings.stock_sender {
        StockSender::On => no(
            "LibreNMS's own sender is on and would report twice; switch it off with: UPDATE callback SET value = 0 WHERE name = 'enabled'",
        ),
        StockSender::ClearPending => {
            no("LibreNMS has a clear pending (`enabled` is 2 in table `callback`); let it finish first")
        }
        StockSender::Off => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(usage: Option<&str>, stock_sender: Option<&str>) -> Settings {
        let stock_sender = stock_sender.map(StockSender::of).unwrap_or_default();
        let mut settings = Settings { stock_sender, ..Settings::default() };
        if let Some(usage) = usage {
            settings.by_name.insert("reporting.usage".into(), usage.into());
        }
        settings
    }

    #[test]
    fn the_first_switch_that_says_no_decides() {
        let on = Consent::On { payload_schema: 1, module_sha256: String::new() };
        let cases: [(Option<&str>, &Consent, Settings, Option<&str>); 8] = [
            (None, &on, settings(None, None), None),
            (None, &on, settings(Some("true"), Some("0")), None),
            (Some("DO_NOT_TRACK"), &on, settings(None, None), Some("DO_NOT_TRACK")),
            (None, &Consent::Off, settings(Some("false"), None), Some("off here")),
            (None, &Consent::NeverAsked, settings(Some("true"), None), Some("never asked")),
            (None, &on, settings(Some("false"), Some("1")), Some("off in LibreNMS")),
            (None, &on, settings(Some("true"), Some("1")), Some("own sender")),
            (None, &on, settings(None, Some("2")), Some("clear pending")),
        ];
        for (environment, consent, settings, expected) in cases {
            let answer = may_send(environment, consent, &settings);
            match expected {
                None => assert!(answer.is_ok()),
                Some(words) => assert!(answer.unwrap_err().to_string().contains(words), "{words}"),
            }
        }
    }

    #[tokio::test]
    async fn what_was_said_is_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut state = State::open(folder.path()).await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::NeverAsked);
        Consent::record(&mut state, true, "ab").await.unwrap();
        let on = Consent::On { payload_schema: callback_collector::PAYLOAD_SCHEMA, module_sha256: "ab".into() };
        assert_eq!(Consent::load(&mut state).await.unwrap(), on);
        Consent::record(&mut state, false, "ab").await.unwrap();
        assert_eq!(Consent::load(&mut state).await.unwrap(), Consent::Off);
    }
}
