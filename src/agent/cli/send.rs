//! The commands after which something may leave: submit, upload, receipt, clear.

use super::args::{ClearArgs, SubmitArgs};
use super::{Context, explain, output};
use callback_agent::clear::{self, Cleared};
use callback_agent::clock;
use callback_agent::consent::Consent;
use callback_agent::consent::pending::Pending;
use callback_agent::consent::switches::Decision;
use callback_agent::error::{Error, Result};
use callback_agent::module::Module;
use callback_agent::receiver::{Named, Receiver};
use callback_agent::state::State;
use callback_agent::submit::{Done, Options, Submitted, file, run, situation, splay};
use callback_agent::trust::Proof;
use serde_json::{Value, json};
use std::path::Path;

pub(super) async fn submit(context: &Context, arguments: SubmitArgs) -> Result<()> {
    let named = Named::from(arguments.receiver);
    let location = context.location()?;
    if let Some(splay) = arguments.splay {
        // Before anything is looked at: what counts is what is true after the wait.
        let mut state = context.state().await?;
        let wait = splay::wait(splay, &splay::seed(&mut state).await?, clock::today());
        state.close().await?;
        clock::sleep(wait).await;
    }
    let module = Module::load(&context.config)?;
    let mut state = context.state().await?;
    let options =
        Options { again: arguments.again, dry_run: arguments.dry_run, out: arguments.out, ..Options::default() };
    let done = run(context.work(&location, &named), &module, &mut state, &options).await;
    state.close().await?;
    let json = arguments.output.json;
    match done? {
        // Under a timer the log says only what went wrong; `history` has the rest.
        _ if context.quiet && !json => Ok(()),
        Done::Report(submitted) => said_of_report(&submitted, json),
        Done::AlreadySent(day, from) if json => output::json(&json!({"already_sent": day, "said": from})),
        Done::AlreadySent(day, from) => {
            output::line(&format!("Nothing was sent: there is a report of {day} already ({from})."))
        }
        Done::Cleared(cleared) => said_of_clear(&cleared, json),
    }
}

fn said_of_report(submitted: &Submitted, json: bool) -> Result<()> {
    let Submitted { ended, findings, module_sha256, receiver, day } = submitted;
    if json {
        return output::json(&json!({
            "payload_sha256": findings.payload_sha256,
            "module_sha256": module_sha256,
            "bytes": findings.payload_bytes,
            "day": day,
            "receiver": receiver.url,
            "outcome": ended.as_ref().map(|ended| ended.outcome),
            "receipt": ended.as_ref().and_then(|ended| ended.receipt.as_ref()),
            "proof": ended.as_ref().and_then(|ended| ended.proof),
        }));
    }
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
pub(super) fn said_of_proof(proof: Proof) -> String {
    format!("proof     the receipt is {}", proof.words())
}

/// The receipt of a report, in a line.
pub(super) fn receipt_line(receipt: &Value) -> String {
    let word = |key: &str| output::visible(receipt[key].as_str().unwrap_or("?"));
    format!("day {}, forgotten from {} on, SHA-256 {}", word("day"), word("expires"), word("payload_sha256"))
}

pub(super) async fn upload(context: &Context, file: &Path, again: bool, json: bool) -> Result<()> {
    let allowed = allowed_here(context).await?;
    let (answer, beside) = file::upload(&context.config, file, again, allowed.as_ref()).await?;
    if json {
        return output::json(&answer);
    }
    output::line(&format!("Sent: {}.", answer.said))?;
    output::line(&format!(
        "Carry {} back to where the report was made, and there: callback-agent receipt FILE",
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
        _ if pending => Some(Decision::Nothing("nothing was sent: a clear is pending here".into())),
        (Consent::NeverAsked, _) => None,
        (Consent::Off(_), _) => Some(Decision::Nothing("nothing was sent: reporting is off here".into())),
        (Consent::On(_), Err(_)) => Some(Decision::Report),
        (Consent::On(_), Ok(location)) => {
            Some(situation(context.work(&location, &Named::default()), &mut state).await?.standing.decision)
        }
    };
    state.close().await?;
    match decision {
        Some(Decision::Nothing(why)) => Err(Error::NotAllowed(why)),
        Some(Decision::Clear) => Err(Error::NotAllowed("nothing was sent: a clear is pending in LibreNMS".into())),
        Some(Decision::Report) => Ok(consent.given().map(|given| given.receiver.clone())),
        None => Ok(None),
    }
}

pub(super) async fn receipt(context: &Context, file: &Path, json: bool) -> Result<()> {
    let mut state = context.state().await?;
    let location = context.location().ok();
    let brought_back = file::bring_back(&mut state, location.as_ref(), file).await;
    state.close().await?;
    let (entry, ended) = brought_back?;
    if json {
        return output::json(&json!({
            "entry": entry, "outcome": ended.outcome, "receipt": ended.receipt, "proof": ended.proof,
        }));
    }
    output::line(&format!("Entry {entry}: {}.", ended.said))?;
    ended.proof.map_or(Ok(()), |proof| output::line(&said_of_proof(proof)))
}

pub(super) async fn clear(context: &Context, arguments: ClearArgs) -> Result<()> {
    let named = Named::from(arguments.receiver);
    let mut state = context.state().await?;
    let location = context.location();
    // A clear must be possible where the install is gone; then only what was sent from here is known.
    let work = location.as_ref().ok().map(|location| context.work(location, &named));
    let found = match work {
        Some(work) => situation(work, &mut state).await.ok(),
        None => None,
    };
    if !clear::request(&mut state, found.as_ref()).await? {
        state.close().await?;
        if arguments.output.json {
            return output::json(&json!({"pending": false, "cleared": []}));
        }
        return output::line("There is nothing to clear: no report was sent from here. Reporting is not on.");
    }
    if arguments.now {
        let cleared = clear::now(work.zip(found.as_ref()), &context.config, &mut state).await;
        state.close().await?;
        return said_of_clear(&cleared?, arguments.output.json);
    }
    state.close().await?;
    if arguments.output.json {
        return output::json(&json!({"pending": true, "cleared": []}));
    }
    output::line(
        "A clear is pending: no report is sent any more, and the next `callback-agent submit` asks the receiver to remove",
    )?;
    output::line("everything. `clear --now` asks at once. `enable` before that cancels it.")
}

fn said_of_clear(cleared: &[Cleared], json: bool) -> Result<()> {
    if json {
        return output::json(&json!({"pending": false, "cleared": cleared}));
    }
    for one in cleared {
        output::line(&format!("{}: {}", output::address(&one.receiver), one.said))?;
        if let Some(receipt) = &one.receipt {
            let text = serde_json::to_string(receipt)
                .map_err(|_| Error::Io("the receipt cannot be written as JSON".into()))?;
            output::line(&format!("receipt   {}", output::visible(&text)))?;
            one.proof.map_or(Ok(()), |proof| output::line(&said_of_proof(proof)))?;
        }
    }
    output::line("Cleared. Reporting is off; uuid and secret are forgotten. Receipts stay in `callback-agent history`.")
}
