//! The commands after which something may leave: submit, upload, receipt, clear.

use super::args::{ClearArgs, SubmitArgs};
use super::{Context, explain, output};
use crate::app;
use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::policy::Verdict;
use crate::receiver::{Receiver, ReceiverOverride};
use crate::sandbox::module::Module;
use crate::store::consent::Consent;
use crate::store::pending_clear::Pending;
use crate::store::{State, ledger};
use crate::submit::{Options, RunOutcome, Submitted, load_run_state, offline, random_delay};
use crate::trust::ReceiptCheck;
use callback_protocol::agent_api::{ClearResult, Imported, SendResult};
use serde_json::Value;
use std::path::Path;

pub(super) async fn submit(context: &Context, arguments: SubmitArgs) -> Result<()> {
    let named = ReceiverOverride::from(arguments.receiver);
    let location = context.location()?;
    if let Some(splay) = arguments.splay {
        // Before anything is looked at: what counts is what is true after the wait.
        let mut state = context.state().await?;
        let wait = random_delay::wait(splay, &random_delay::seed(&mut state).await?, clock::today());
        state.close().await?;
        clock::sleep(wait).await;
    }
    let module = Module::load(&context.config)?;
    let mut state = context.state().await?;
    let options =
        Options { again: arguments.again, dry_run: arguments.dry_run, out: arguments.out, ..Options::default() };
    let done = app::submit::submit(context.work(&location, &named), &module, &mut state, &options).await;
    state.close().await?;
    let json = arguments.output.json;
    let done = done?;
    if json {
        return output::json(&SendResult::from(done));
    }
    match done {
        // Under a timer the log says only what went wrong; `history` has the rest.
        _ if context.quiet => Ok(()),
        RunOutcome::Report(submitted) => print_report(&submitted),
        RunOutcome::AlreadySent(day, from) => {
            output::line(&format!("Nothing was sent: the report of {day} exists already ({}).", from.text))
        }
        RunOutcome::Cleared(cleared) => print_cleared(&cleared),
    }
}

fn print_report(submitted: &Submitted) -> Result<()> {
    let Submitted { ended, findings, receiver, .. } = submitted;
    output::lines(&explain::summary(findings))?;
    output::line(&format!("receiver  {}", output::address(&receiver.url)))?;
    match ended {
        None => output::line("Nothing was sent: this was a dry run."),
        Some(ended) => match &ended.receipt {
            Some(receipt) => {
                output::line(&format!("receipt   {}", receipt_line(receipt)))?;
                ended.proof.map_or(Ok(()), |proof| output::line(&said_of_proof(proof)))
            }
            None => output::line(&format!("answer    {}", ended.said)),
        },
    }
}

/// What the receipt's signature proves, in a line.
pub(super) fn said_of_proof(proof: ReceiptCheck) -> String {
    format!("check     the receipt is {}", proof.description())
}

/// The receipt of a report or a deletion, in a line.
pub(super) fn receipt_line(receipt: &Value) -> String {
    let word = |key: &str| output::visible(receipt[key].as_str().unwrap_or("?"));
    if let Some(reports) = receipt["cleared"]["reports"].as_u64() {
        return format!("day {}, {} deleted by {}", word("day"), output::counted(reports, "report"), word("receiver"));
    }
    if !receipt["payload_sha256"].is_string() {
        return output::visible(&receipt.to_string());
    }
    format!("day {}, expires {}, SHA-256 {}", word("day"), word("expires"), word("payload_sha256"))
}

pub(super) async fn upload(context: &Context, file: &Path, again: bool, json: bool) -> Result<()> {
    let allowed = allowed_here(context).await?;
    let (answer, beside) = offline::upload(&context.config, file, again, allowed.as_ref()).await?;
    if json {
        let mut document = serde_json::to_value(&answer)
            .map_err(|error| Error::new(Code::Internal, "cannot write the answer as JSON").caused_by(error))?;
        document["code"] = Code::Sent.as_str().into();
        return output::json(&document);
    }
    output::line(&format!("Sent: {}.", answer.said))?;
    output::line(&format!(
        "Copy {} back to the host that wrote the report, and run there: callback-agent receipt FILE",
        beside.display()
    ))
}

/// The receiver that is allowed on this machine; nothing where this is another machine than the one that makes reports.
/// Off is off for files, too.
async fn allowed_here(context: &Context) -> Result<Option<Receiver>> {
    let folder = context.state_folder()?;
    if !State::exists(&folder) {
        return Ok(None);
    }
    let mut state = State::open(&folder).await?;
    let consent = Consent::load(&mut state).await?;
    let pending = Pending::load(&mut state).await?.is_some();
    let decision = match (&consent, context.location()) {
        _ if pending => Some(Verdict::Nothing(Reason::new(Code::ClearPending, "a clear is pending"))),
        (Consent::NeverAsked, _) => None,
        (Consent::Off(_), _) => Some(Verdict::Nothing(Reason::new(Code::OptedOut, "you opted out on this host"))),
        (Consent::On(_), Err(_)) => Some(Verdict::Report),
        (Consent::On(_), Ok(location)) => Some(
            load_run_state(context.work(&location, &ReceiverOverride::default()), &mut state).await?.verdict.decision,
        ),
    };
    state.close().await?;
    match decision {
        Some(Verdict::Nothing(reason)) => Err(reason.nothing_sent()),
        Some(Verdict::Clear) => Err(Error::new(Code::ClearPending, "nothing was sent: a clear is pending in LibreNMS")),
        Some(Verdict::Report) => Ok(consent.given().map(|given| given.receiver.clone())),
        None => Ok(None),
    }
}

pub(super) async fn receipt(context: &Context, file: &Path, json: bool) -> Result<()> {
    let mut state = context.state().await?;
    let location = context.location().ok();
    let brought_back = offline::bring_back(&mut state, location.as_ref(), file).await;
    state.close().await?;
    let (entry, ended) = brought_back?;
    if json {
        let code = ledger::reason_of(&ended).code.into();
        let (outcome, receipt, proof) = (ended.outcome, ended.receipt, ended.proof);
        return output::json(&Imported { code, entry, outcome, receipt, proof });
    }
    output::line(&format!("Entry {entry}: {}.", ended.said))?;
    ended.proof.map_or(Ok(()), |proof| output::line(&said_of_proof(proof)))
}

pub(super) async fn clear(context: &Context, arguments: ClearArgs) -> Result<()> {
    let named = ReceiverOverride::from(arguments.receiver);
    let mut state = context.state().await?;
    let location = context.location().ok();
    // A deletion must be possible where the install is gone; then only what was sent from here is known.
    let run = location.as_ref().map(|location| context.work(location, &named));
    let found = match run {
        Some(run) => load_run_state(run, &mut state).await.ok(),
        None => None,
    };
    let answer = app::clear::clear(&context.config, &mut state, run.zip(found.as_ref()), arguments.now).await;
    state.close().await?;
    let answer = answer?;
    if arguments.output.json {
        return output::json(&answer);
    }
    if answer.pending {
        output::line(
            "Clear requested: no more reports are sent, and the next run asks all receivers to delete yours.",
        )?;
        return output::line(
            "To send the request now: callback-agent clear --now. To cancel it: callback-agent enable",
        );
    }
    if answer.cleared.is_empty() {
        return output::line("Nothing to clear: no report was sent from here. Reporting is off.");
    }
    print_cleared(&answer.cleared)
}

fn print_cleared(cleared: &[ClearResult]) -> Result<()> {
    for one in cleared {
        output::line(&format!("{}: {}", output::address(&one.receiver), one.said))?;
        if let Some(receipt) = &one.receipt {
            output::line(&format!("receipt   {}", receipt_line(receipt)))?;
            one.proof.map_or(Ok(()), |proof| output::line(&said_of_proof(proof)))?;
        }
    }
    output::line(
        "Cleared. Reporting is off, and uuid and secret are deleted. The receipts are in `callback-agent history`.",
    )
}
