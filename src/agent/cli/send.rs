//! The command `submit`: sends today's report or a pending delete request.

use super::args::SubmitArgs;
use super::clear::print_cleared;
use super::receipt::{check_line, receipt_line};
use super::{Context, explain, output};
use crate::app;
use crate::clock;
use crate::error::Result;
use crate::receiver::ReceiverOverride;
use crate::sandbox::module::Module;
use crate::submit::{Options, RunOutcome, Submitted, random_delay};
use callback_protocol::agent_api::SendResult;

pub(super) async fn submit(context: &Context, arguments: SubmitArgs) -> Result<()> {
    let named = ReceiverOverride::from(arguments.receiver);
    let location = context.location()?;
    if let Some(splay) = arguments.splay {
        // Wait before reading anything, so that the settings are current when the report is sent.
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
        // With `--quiet`, as under a timer, only failures are printed; `history` has the rest.
        _ if context.quiet => Ok(()),
        RunOutcome::Report(submitted) => print_report(&submitted),
        RunOutcome::AlreadySent(day, from) => {
            output::line(&format!("Nothing was sent: the report of {day} already exists ({}).", from.text))
        }
        RunOutcome::Cleared(cleared) => print_cleared(&cleared, false),
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
                ended.proof.map_or(Ok(()), |proof| output::line(&check_line(proof)))
            }
            None => output::line(&format!("answer    {}", ended.said)),
        },
    }
}
