//! Saying yes and saying no: what is recorded, and LibreNMS's own switches brought in step.

use crate::app::clear;
use crate::error::{Error, Result};
use crate::librenms::write::{Change, WriteOutcome, write};
use crate::librenms::{Location, Settings, StockSender};
use crate::store::State;
use crate::store::consent::{Consent, Given};
use crate::store::lock::RunLock;
use crate::store::pending_clear::Pending;
use crate::trust::policy as receiver_policy;
use crate::trust::{self, KeyCheck};
use std::path::Path;

/// What a yes came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// Whether a clear was pending, which is cancelled now.
    pub clear_cancelled: bool,
    /// What was set in LibreNMS, and what is left to do there, in words.
    pub librenms: Vec<String>,
    /// What was found of the receiver's key.
    pub key: KeyCheck,
}

/// Records a yes. `uuid` is the pseudonym that LibreNMS's own table is given where it has none, so that other pollers
/// use the same; `take_over` switches LibreNMS's own sender off.
pub(crate) async fn allow(
    state: &mut State,
    location: &Location,
    (settings, uuid): (&Settings, &str),
    given: &Given,
    take_over: bool,
) -> Result<Allowed> {
    let pending = Pending::load(state).await?.is_some() || settings.stock_sender == StockSender::ClearPending;
    // A clear is cancelled before it is sent, or not at all.
    let lock = if pending { Some(RunLock::take(state)?) } else { None };
    let librenms = in_step(location, settings, uuid, take_over).await?;
    let clear_cancelled = lock.is_some() && Pending::load(state).await?.is_some();
    if let (true, Some(lock)) = (clear_cancelled, &lock) {
        clear::cancel_under(state, given.who.as_deref(), lock).await?;
    }
    Consent::allow(state, given).await?;
    receiver_policy::look(state, &given.receiver, settings, true).await?;
    let key = trust::meet(state, &given.receiver, Some(settings)).await?;
    Ok(Allowed { clear_cancelled, librenms, key })
}

/// Records a no. It needs neither the install nor the module nor a state that can be read: off must always be possible.
/// Returns why it could not be recorded, if that is so; it is off all the same.
pub(crate) async fn withdraw(folder: &Path, who: Option<&str>) -> Result<Option<Error>> {
    State::mark_off(folder)?;
    let recorded = async {
        let mut state = State::open(folder).await?;
        Consent::withdraw(&mut state, who).await?;
        state.close().await
    };
    Ok(recorded.await.err())
}

/// Brings LibreNMS's own switches in step; says in words what was set and what is left to do.
async fn in_step(location: &Location, settings: &Settings, uuid: &str, take_over: bool) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let fixed = settings.unreadable.contains("reporting.usage") || settings.in_config_php.contains("reporting.usage");
    let is_on = settings.by_name.contains_key("reporting.usage") && !settings.usage_is_off();
    if !is_on && !fixed {
        lines.push(match write(location, Change::UsageOn).await? {
            WriteOutcome::Made | WriteOutcome::Before => "Set reporting.usage to true in LibreNMS.".to_owned(),
            WriteOutcome::Refused | WriteOutcome::Hindered => {
                "Could not set reporting.usage in the database. Run: lnms config:set reporting.usage true".to_owned()
            }
        });
    }
    let stops =
        (settings.stock_sender == StockSender::On && take_over) || settings.stock_sender == StockSender::ClearPending;
    if stops {
        lines.push(match write(location, Change::StockSenderOff).await? {
            WriteOutcome::Made | WriteOutcome::Before => "Switched LibreNMS's built-in sender off (`enabled` is 0 in table `callback`).".to_owned(),
            WriteOutcome::Refused | WriteOutcome::Hindered => {
                "Could not switch LibreNMS's built-in sender off. Run in its database: UPDATE callback SET value = 0 WHERE name = \
                 'enabled'"
                    .to_owned()
            }
        });
    }
    // For the other pollers of this install, and for the button on LibreNMS's About page. Where it cannot be written,
    // the agent's own copy is enough for one poller.
    if settings.callback_is_readable && settings.uuid.is_none() && !write(location, Change::Uuid(uuid)).await?.is_done()
    {
        lines.push(format!(
            "Could not write the uuid into table `callback`. If several pollers report, run in the database: INSERT INTO callback \
             (name, value) VALUES ('uuid', '{uuid}')"
        ));
    }
    Ok(lines)
}
