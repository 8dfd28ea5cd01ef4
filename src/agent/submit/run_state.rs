//! What a run reads before it decides: the current settings of the agent and of LibreNMS.

use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::librenms::{Location, Settings, read_settings};
use crate::policy::{PolicyInputs, PolicyVerdict, Verdict, denied_by_environment, verdict};
use crate::progress::Progress;
use crate::receiver::{Receiver, ReceiverOverride};
use crate::report::query_timeout;
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::install_ids::Observed;
use crate::store::pending_clear::Pending;

/// What a command or request works on.
#[derive(Clone, Copy)]
pub(crate) struct RunContext<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The install.
    pub location: &'a Location,
    /// A receiver named for this run.
    pub named: &'a ReceiverOverride,
    /// Where to show progress.
    pub progress: &'a Progress,
}

/// The settings of an install and the resulting verdict.
pub(crate) struct RunState {
    /// LibreNMS's settings.
    pub settings: Settings,
    /// SHA-256 of the database's location.
    pub install: String,
    /// The uuid of table `callback`, compared with the recorded one.
    pub observed: Observed,
    /// The receiver of a report.
    pub receiver: Receiver,
    /// Whether that receiver was named for this command.
    pub is_named: bool,
    /// The recorded consent.
    pub consent: Consent,
    /// The pending delete request, whether or not it is recorded yet.
    pub pending: Option<Pending>,
    /// What the next run does.
    pub verdict: PolicyVerdict,
}

/// Reads all current settings, and records what LibreNMS asks for, since the caller acts on it.
pub(crate) async fn load_run_state(context: RunContext<'_>, state: &mut State) -> Result<RunState> {
    let run = read_run_state(context, state).await?;
    state.record(&run.install, &run.observed).await?;
    Ok(run)
}

/// The same, without changing anything.
pub(crate) async fn read_run_state(context: RunContext<'_>, state: &mut State) -> Result<RunState> {
    let mut settings = read_settings(context.location, query_timeout(context.config)).await?;
    let install = context.location.fingerprint()?;
    let observed = state.observe(&install, &mut settings).await?;
    let receiver = Receiver::choose(context.named, context.config.receiver.as_ref(), &settings)?;
    let pending = Pending::load(state).await?.or_else(|| observed.delete_request());
    let consent = Consent::load(state).await?;
    let verdict = verdict(&PolicyInputs {
        environment: denied_by_environment(),
        pending: pending.as_ref(),
        consent: &consent,
        target: Some((&install, &receiver)),
        settings: Some(&settings),
    });
    let is_named = context.named.url.is_some();
    Ok(RunState { settings, install, observed, receiver, is_named, consent, pending, verdict })
}

/// The verdict if the install cannot be read.
pub(crate) async fn verdict_without_install(state: &mut State) -> Result<PolicyVerdict> {
    let (pending, consent) = (Pending::load(state).await?, Consent::load(state).await?);
    Ok(verdict(&PolicyInputs {
        environment: denied_by_environment(),
        pending: pending.as_ref(),
        consent: &consent,
        target: None,
        settings: None,
    }))
}

/// Fails unless the current settings still allow a report that was built under a consent.
pub(crate) async fn still_allowed(context: RunContext<'_>, state: &mut State, built_by: &Consent) -> Result<()> {
    let now = load_run_state(context, state).await?;
    let allows = |consent: &Consent| consent.given().map(|given| (given.choices.clone(), given.payload_schema));
    match now.verdict.decision {
        Verdict::Report if allows(&now.consent) != allows(built_by) => Err(Error::new(
            Code::ConsentChanged,
            "nothing was sent: consent changed while the report was being built; the next run uses the new settings",
        )),
        Verdict::Report => Ok(()),
        Verdict::Nothing(reason) => Err(reason.nothing_sent()),
        Verdict::Clear => {
            Err(Error::new(Code::ClearPending, "nothing was sent: a deletion was requested during the run"))
        }
    }
}
