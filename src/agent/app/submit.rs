//! One run: sends a report, sends a pending delete request, or does nothing.

use super::clear;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::librenms::StockSender;
use crate::policy::Verdict;
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::lock::RunLock;
use crate::store::pending_clear::{AskedBy, Pending};
use crate::submit::{Options, RunContext, RunOutcome, load_run_state, pipeline, verdict_without_install};

/// Runs once, holding the lock of the state.
pub(crate) async fn submit(
    context: RunContext<'_>,
    module: &Module,
    state: &mut State,
    options: &Options,
) -> Result<RunOutcome> {
    let lock = RunLock::take(state)?;
    let run = match load_run_state(context, state).await {
        Ok(run) => run,
        // An opt-out applies even if the database cannot be read, and a delete request needs no database.
        Err(error) => {
            return match verdict_without_install(state).await?.decision {
                Verdict::Clear if options.out.is_some() => Err(use_clear_out()),
                Verdict::Clear => clear::run(context.config, state, None, &lock).await.map(RunOutcome::Cleared),
                Verdict::Nothing(reason) => Err(reason.nothing_sent()),
                Verdict::Report => Err(error),
            };
        }
    };
    match &run.verdict.decision {
        Verdict::Nothing(reason) => Err(reason.nothing_sent()),
        Verdict::Clear if options.dry_run => Err(Error::new(
            Code::ClearPending,
            "nothing was sent: a deletion is pending, and the next run sends the delete request",
        )),
        Verdict::Clear if options.out.is_some() => Err(use_clear_out()),
        Verdict::Clear => {
            if run.settings.stock_sender == StockSender::ClearPending {
                let uuid: Vec<String> = run.settings.uuid.iter().cloned().collect();
                Pending::ask(state, AskedBy::LibreNmsSwitch, &uuid).await?;
            }
            clear::run(context.config, state, Some((context.location, &run)), &lock).await.map(RunOutcome::Cleared)
        }
        Verdict::Report => pipeline::report(context, module, state, options, run).await,
    }
}

/// An air-gapped install cannot send a delete request over the network.
fn use_clear_out() -> Error {
    Error::new(
        Code::UseClearOut,
        "nothing was written or sent: a deletion is pending; write the delete request with: callback-agent clear --out FILE",
    )
}
