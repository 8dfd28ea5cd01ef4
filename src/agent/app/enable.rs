//! Opting in.

use crate::app::clear;
use crate::clock;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::librenms::write::{Change, WriteOutcome, write};
use crate::librenms::{Location, Settings, StockSender};
use crate::policy::publication::TEXT_VERSION;
use crate::receiver::{Receiver, ReceiverOverride, ReceiverSettings};
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

/// The parameters of an opt-in.
pub(crate) struct OptIn<'a> {
    /// The LibreNMS install.
    pub location: &'a Location,
    /// Its settings, as they were read for the preview.
    pub settings: &'a Settings,
    /// The uuid to write into table `callback` if it has none, so that all pollers use the same.
    pub uuid: &'a str,
    /// The module that built the shown report.
    pub module: &'a Module,
    /// Where reports go.
    pub receiver: Receiver,
    /// What is sent and what is left out.
    pub choices: Choices,
    /// The name of the person who opts in.
    pub who: Option<String>,
    /// What the admin was shown, and decided about.
    pub seen: Seen,
    /// Whether to turn off LibreNMS's built-in sender.
    pub take_over: bool,
}

/// The decisions in force when the admin was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The consent.
    pub consent: Consent,
    /// Whether a deletion was pending.
    pub deletion_pending: bool,
}

impl Seen {
    /// Those in force now.
    pub(crate) async fn now(state: &mut State, location: &Location, settings: &Settings) -> Result<Self> {
        let mut settings = settings.clone();
        // A uuid that vanished from LibreNMS's database means a delete request.
        let observed = state.observe(&location.fingerprint()?, &mut settings).await?;
        let deletion_pending = observed.vanished.is_some()
            || settings.stock_sender == StockSender::ClearPending
            || Pending::load(state).await?.is_some();
        Ok(Self { consent: Consent::load(state).await?, deletion_pending })
    }
}

/// The receiver of an opt-in: if neither an option nor the configuration names one, that of the previous opt-in.
pub(crate) fn receiver_of(
    named: &ReceiverOverride,
    configured: Option<&ReceiverSettings>,
    settings: &Settings,
    before: Option<&Given>,
) -> Result<Receiver> {
    let chosen = Receiver::choose(named, configured, settings);
    let before = before.filter(|_| named.url.is_none() && configured.is_none()).map(|given| &given.receiver);
    let Some(before) = before else { return chosen };
    let kind = named.kind.unwrap_or(before.kind);
    match chosen {
        // By now, LibreNMS's settings may have a different URL for delete requests.
        Ok(chosen) if chosen.url == before.url => Receiver { kind, ..chosen },
        _ => Receiver { kind, ..before.clone() },
    }
    .encrypted_unless(false)
}

impl OptIn<'_> {
    /// The resulting consent; the previous one if nothing differs.
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

/// Records an opt-in, updates LibreNMS's settings, and pins the receiver's key.
pub(crate) async fn enable(state: &mut State, opt_in: OptIn<'_>) -> Result<(Enabled, KeyCheck)> {
    state.check_off_file()?;
    let seen = Seen::now(state, opt_in.location, opt_in.settings).await?;
    if seen != opt_in.seen {
        return Err(Error::new(
            Code::ConsentChanged,
            "nothing was changed: while you were asked, somebody opted in or out, or requested a deletion; try again",
        ));
    }
    let before = seen.consent;
    let mut given = opt_in.given(&before)?;
    let OptIn { location, settings, uuid, take_over, .. } = opt_in;
    // A uuid that vanished from LibreNMS's database means a delete request, which this opt-in cancels.
    state.sync(&given.install, &mut settings.clone()).await?;
    // The uuid of the report that was shown.
    state.keep_uuid(&given.install, uuid).await?;
    let pending = Pending::load(state).await?.is_some() || settings.stock_sender == StockSender::ClearPending;
    // A delete request that is being sent cannot be cancelled.
    let lock = if pending { Some(RunLock::take(state)?) } else { None };
    let librenms = update_librenms(location, settings, uuid, take_over).await?;
    if settings.stock_sender == StockSender::On && !take_over {
        // From now on, it sends whatever uuid it finds.
        state.note_sent_by_librenms(&given.install, Some(uuid)).await?;
    }
    let clear_cancelled = lock.is_some() && Pending::load(state).await?.is_some();
    if let (true, Some(lock)) = (clear_cancelled, &lock) {
        clear::cancel_under(state, given.who.as_deref(), lock).await?;
    }
    // Cancelling a deletion and accepting a new policy are decisions to record, even if nothing else differs.
    let is_renewed = pending || receiver_policy::has_changed(state).await?;
    let is_new = is_renewed || before != Consent::On(given.clone());
    if is_new {
        if is_renewed {
            given.at = clock::now();
        }
        Consent::allow(state, &given).await?;
    }
    receiver_policy::fetch_and_record(state, &given.receiver, settings, true).await?;
    let key = trust::check_keys(state, &given.receiver, Some(settings)).await?;
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

/// Updates LibreNMS's settings. Returns messages about what was set and what the admin must do.
async fn update_librenms(location: &Location, settings: &Settings, uuid: &str, take_over: bool) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let planned = PlannedWrites::of(settings, take_over);
    if planned.usage {
        lines.push(match write(location, Change::UsageOn).await? {
            WriteOutcome::Made | WriteOutcome::Unchanged => "Set reporting.usage to true in LibreNMS.".to_owned(),
            WriteOutcome::Denied | WriteOutcome::Failed => {
                "Could not set reporting.usage in the database. Run: lnms config:set reporting.usage true".to_owned()
            }
        });
    }
    if planned.stock_sender_off {
        lines.push(match write(location, Change::StockSenderOff).await? {
            WriteOutcome::Made | WriteOutcome::Unchanged => {
                "Turned off LibreNMS's built-in sender (`enabled` is 0 in table `callback`).".to_owned()
            }
            WriteOutcome::Denied | WriteOutcome::Failed => {
                "Could not turn off LibreNMS's built-in sender. Run in its database: UPDATE callback SET value = 0 \
                 WHERE name = 'enabled'"
                    .to_owned()
            }
        });
    }
    // For other pollers of this install, and for the button on LibreNMS's About page. If it cannot be written, the
    // state's copy is enough for a single poller.
    if planned.uuid && !write(location, Change::Uuid(uuid)).await?.is_done() {
        lines.push(format!(
            "Could not write the uuid into table `callback`. If several pollers report, run in the database: INSERT INTO callback \
             (name, value) VALUES ('uuid', '{uuid}')"
        ));
    }
    Ok(lines)
}
