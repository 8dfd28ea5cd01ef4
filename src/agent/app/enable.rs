//! Opting in.

use crate::app::clear;
use crate::clock;
use crate::code::Code;
use crate::error::Result;
use crate::librenms::write::{Change, WriteOutcome, write};
use crate::librenms::{Location, Settings, StockSender};
use crate::policy::publication::TEXT_VERSION;
use crate::receiver::Receiver;
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent, Given};
use crate::store::lock::RunLock;
use crate::store::pending_clear::Pending;
use crate::trust::policy as receiver_policy;
use crate::trust::{self, KeyCheck};
use callback_collector::PAYLOAD_SCHEMA;
use callback_protocol::agent_api::Enabled;
use callback_protocol::signing::PublicKey;

/// What an opt-in is for.
pub(crate) struct OptIn<'a> {
    /// The LibreNMS install.
    pub location: &'a Location,
    /// Its settings, as they were read for the preview.
    pub settings: &'a Settings,
    /// The uuid that table `callback` is given where it has none, so that other pollers use the same.
    pub uuid: &'a str,
    /// The module that built what was shown.
    pub module: &'a Module,
    /// Where reports go.
    pub receiver: Receiver,
    /// What is sent and what is left out.
    pub choices: Choices,
    /// Who opts in.
    pub who: Option<String>,
    /// Whether to switch off LibreNMS's built-in sender.
    pub take_over: bool,
}

impl OptIn<'_> {
    /// The consent that this opt-in comes to: the one before, if nothing differs.
    pub(crate) fn given(&self, before: &Consent) -> Result<Given> {
        let before = match before {
            Consent::On(given) => Some(given),
            Consent::Off(_) | Consent::NeverAsked => None,
        };
        let given = Given {
            at: before.map_or_else(clock::now, |before| before.at),
            who: self.who.clone().or_else(|| before.and_then(|before| before.who.clone())),
            payload_schema: PAYLOAD_SCHEMA,
            module_sha256: self.module.sha256.clone(),
            text_version: TEXT_VERSION,
            install: self.location.fingerprint()?,
            receiver: self.receiver.clone(),
            choices: self.choices.clone(),
        };
        Ok(match before == Some(&given) {
            true => given,
            false => Given { at: clock::now(), ..given },
        })
    }
}

/// What an opt-in writes into LibreNMS's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlannedWrites {
    /// `reporting.usage` becomes true.
    pub usage: bool,
    /// `enabled` in table `callback` becomes 0.
    pub stock_sender_off: bool,
    /// Row `uuid` is added to table `callback`.
    pub uuid: bool,
}

impl PlannedWrites {
    /// What an opt-in changes, given LibreNMS's settings.
    pub(crate) fn of(settings: &Settings, take_over: bool) -> Self {
        let usage = "reporting.usage";
        let fixed = settings.unreadable.contains(usage) || settings.in_config_php.contains(usage);
        let is_on = settings.by_name.contains_key(usage) && !settings.usage_is_off();
        Self {
            usage: !is_on && !fixed,
            stock_sender_off: match settings.stock_sender {
                StockSender::On => take_over,
                StockSender::ClearPending => true,
                StockSender::Off => false,
            },
            uuid: settings.callback_is_readable && settings.uuid.is_none(),
        }
    }
}

/// Records an opt-in, brings LibreNMS's own settings in step, and pins the receiver's key.
pub(crate) async fn enable(state: &mut State, opt_in: OptIn<'_>) -> Result<(Enabled, KeyCheck)> {
    state.check_off_mark()?;
    let before = Consent::load(state).await?;
    let mut given = opt_in.given(&before)?;
    let OptIn { location, settings, uuid, take_over, .. } = opt_in;
    // A uuid that vanished from LibreNMS's database asks for a clear, which this opt-in cancels.
    state.sync(&given.install, &mut settings.clone()).await?;
    let pending = Pending::load(state).await?.is_some() || settings.stock_sender == StockSender::ClearPending;
    // A clear is cancelled before it is sent, or not at all.
    let lock = if pending { Some(RunLock::take(state)?) } else { None };
    let librenms = in_step(location, settings, uuid, take_over).await?;
    let clear_cancelled = lock.is_some() && Pending::load(state).await?.is_some();
    if let (true, Some(lock)) = (clear_cancelled, &lock) {
        clear::cancel_under(state, given.who.as_deref(), lock).await?;
    }
    // A decision against a clear, and for another policy, is a decision of its own.
    let is_renewed = pending || receiver_policy::has_changed(state).await?;
    let is_new = is_renewed || before != Consent::On(given.clone());
    if is_new {
        if is_renewed {
            given.at = clock::now();
        }
        Consent::allow(state, &given).await?;
    }
    receiver_policy::remember(state, &given.receiver, settings, true).await?;
    let key = trust::meet(state, &given.receiver, Some(settings)).await?;
    let enabled = Enabled {
        code: if is_new || !librenms.is_empty() { Code::OptedIn } else { Code::AlreadyOptedIn }.into(),
        clear_cancelled,
        librenms,
        key: key.key().map(PublicKey::id),
        key_status: key.status(),
        given: (&given).into(),
    };
    Ok((enabled, key))
}

/// Brings LibreNMS's own switches in step; says in words what was set and what is left to do.
async fn in_step(location: &Location, settings: &Settings, uuid: &str, take_over: bool) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let planned = PlannedWrites::of(settings, take_over);
    if planned.usage {
        lines.push(match write(location, Change::UsageOn).await? {
            WriteOutcome::Made | WriteOutcome::Before => "Set reporting.usage to true in LibreNMS.".to_owned(),
            WriteOutcome::Refused | WriteOutcome::Hindered => {
                "Could not set reporting.usage in the database. Run: lnms config:set reporting.usage true".to_owned()
            }
        });
    }
    if planned.stock_sender_off {
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
    if planned.uuid && !write(location, Change::Uuid(uuid)).await?.is_done() {
        lines.push(format!(
            "Could not write the uuid into table `callback`. If several pollers report, run in the database: INSERT INTO callback \
             (name, value) VALUES ('uuid', '{uuid}')"
        ));
    }
    Ok(lines)
}
