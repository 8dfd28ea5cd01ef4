//! Whether reports are sent, and everything that explains it.

use crate::error::{Error, Result};
use crate::policy::PolicyVerdict;
use crate::receiver::Receiver;
use crate::store::State;
use crate::store::consent::Consent;
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, Entry, EntryKind};
use crate::store::pending_clear::Pending;
use crate::submit::{RunContext, read_run_state, verdict_without_install};
use crate::trust;
use crate::trust::policy as receiver_policy;

/// What the agent knows of one install.
pub(crate) struct Status {
    /// What the next run does, and which setting decides that.
    pub verdict: PolicyVerdict,
    /// The receiver; nothing if the install cannot be read.
    pub receiver: Option<Receiver>,
    /// Why the install cannot be read.
    pub unread: Option<Error>,
    /// What the admin answered.
    pub consent: Consent,
    /// The delete request that is pending.
    pub pending: Option<Pending>,
    /// The ledger, oldest first.
    pub entries: Vec<Entry>,
    /// Who holds reports.
    pub holders: Vec<DataHolder>,
    /// Whether the receiver's policy has changed since the opt-in.
    pub policy_changed: bool,
    /// Whether the last receipt was not signed by a pinned key.
    pub receipt_refused: bool,
}

impl Status {
    /// The newest entry of a report or delete request.
    pub(crate) fn last_run(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.what == EntryKind::Begun)
    }
}

/// Reads the state, and the install where there is one to read.
pub(crate) async fn status(install: Result<RunContext<'_>>, state: &mut State) -> Result<Status> {
    let found = match install {
        Ok(context) => read_run_state(context, state).await,
        Err(error) => Err(error),
    };
    let (verdict, receiver, pending, unread) = match found {
        Ok(found) => (found.verdict, Some(found.receiver), found.pending, None),
        Err(error) => (verdict_without_install(state).await?, None, Pending::load(state).await?, Some(error)),
    };
    let consent = Consent::load(state).await?;
    let receipt_refused = match consent.given() {
        Some(given) => trust::is_refused(state, &given.receiver).await?,
        None => false,
    };
    Ok(Status {
        verdict,
        receiver,
        unread,
        pending,
        entries: ledger::entries(state).await?,
        holders: state.held().await?,
        policy_changed: receiver_policy::has_changed(state).await?,
        receipt_refused,
        consent,
    })
}
