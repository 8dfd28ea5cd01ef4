//! The command `clear`: deletes all sent reports, with the next run, at once, or through a file.

use super::args::ClearArgs;
use super::output::{Confirmation, Otherwise};
use super::receipt::{binding_line, check_line, receipt_lines};
use super::{Context, output};
use crate::app::clear;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::receiver::ReceiverOverride;
use crate::store::State;
use crate::submit::{RunState, load_run_state};
use callback_protocol::agent_api::{ClearFileWritten, ClearResult};
use callback_protocol::signing::KEY;

pub(super) async fn clear(context: &Context, arguments: ClearArgs) -> Result<()> {
    let named = ReceiverOverride::from(arguments.receiver);
    let mut state = context.state().await?;
    let location = context.location().ok();
    // A deletion must work without the install. Then it covers only what this host sent.
    let run = location.as_ref().map(|location| context.work(location, &named));
    let found = match run {
        Some(run) => load_run_state(run, &mut state).await.ok(),
        None => None,
    };
    if let Some(url) = &named.url
        && !clear::receivers(&mut state, found.as_ref()).await?.contains(url)
    {
        // Not an error: the variable CALLBACK_RECEIVER must not prevent a deletion.
        eprintln!(
            "callback-agent: warning: no report was sent to {} from here, so it is not asked to delete any",
            output::address(url)
        );
    }
    if let Some(file) = &arguments.out {
        let install = location.as_ref().zip(found.as_ref());
        let written = clear::file::write_out(&mut state, install, file).await;
        state.close().await?;
        let written = written?;
        return match arguments.output.json {
            true => output::json(&written),
            false => print_written(&written, &file.display().to_string()),
        };
    }
    if arguments.now && !arguments.yes {
        ask(&mut state, found.as_ref(), arguments.output.json).await?;
    }
    let answer = clear::clear(&context.config, &mut state, run.zip(found.as_ref()), arguments.now).await;
    state.close().await?;
    let answer = answer?;
    if arguments.output.json {
        return output::json(&answer);
    }
    if answer.pending {
        output::line(
            "Deletion requested: no more reports are sent, and the next run asks all receivers to delete yours.",
        )?;
        return output::line(
            "To send the request now: callback-agent clear --now. Without network access: callback-agent clear --out FILE. \
             To cancel it: callback-agent enable",
        );
    }
    if answer.cleared.is_empty() {
        return output::line(NOTHING);
    }
    print_cleared(&answer.cleared, arguments.raw)
}

const NOTHING: &str = "Nothing to delete: no report was sent from this host. Reporting is off.";

/// Shows what is to be deleted, and asks for confirmation.
async fn ask(state: &mut State, found: Option<&RunState>, json: bool) -> Result<()> {
    let receivers = clear::receivers(state, found).await?;
    if receivers.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = receivers.iter().map(|url| format!("receiver  {}", output::address(url))).collect();
    lines.push(
        "They will be asked to delete all reports of this LibreNMS. Once they confirm, uuid and secret are deleted \
         here, and reporting is off. This cannot be undone."
            .to_owned(),
    );
    let confirmation = Confirmation { yes: false, json, otherwise: Otherwise::Unchanged };
    confirmation.show(&lines)?;
    confirmation.ask("Delete?")
}

fn print_written(written: &ClearFileWritten, file: &str) -> Result<()> {
    if !written.pending {
        return output::line(NOTHING);
    }
    for url in &written.receivers {
        output::line(&format!("receiver  {}", output::address(url)))?;
    }
    output::line(&format!(
        "Deletion requested. The delete request is in {file}. It contains uuid and secret: anyone who has it can delete your \
         reports. Copy it to a connected host, and run there: callback-agent upload FILE. Then import the answer here: \
         callback-agent receipt FILE.answer"
    ))?;
    output::line("Until then, no reports are sent, and uuid and secret are kept. To cancel: callback-agent enable")
}

/// Prints that everything was deleted, with the receipts.
pub(super) fn print_cleared(cleared: &[ClearResult], raw: bool) -> Result<()> {
    cleared.iter().try_for_each(|one| print_answer(one, raw))?;
    output::line(
        "Deleted all sent reports, and the uuid and secret here. Reporting is off. The receipts are in \
         `callback-agent history`.",
    )
}

pub(super) fn print_answer(one: &ClearResult, raw: bool) -> Result<()> {
    output::line(&format!("{}: {}", output::address(&one.receiver), one.said))?;
    let Some(receipt) = &one.receipt else { return Ok(()) };
    if raw {
        let text = serde_json::to_string(receipt)
            .map_err(|error| Error::new(Code::Internal, "cannot write the receipt as JSON").caused_by(error))?;
        return output::line(&format!("receipt   {}", output::visible(&text)));
    }
    output::lines(&receipt_lines(receipt))?;
    if let Some(proof) = one.proof {
        let key = receipt[KEY].as_str().filter(|_| !proof.is_refused());
        let key = key.map(|key| format!(" ({})", output::visible(key))).unwrap_or_default();
        output::line(&format!("{}{key}", check_line(proof)))?;
    }
    one.binding.map_or(Ok(()), |binding| output::line(&binding_line(binding)))
}
