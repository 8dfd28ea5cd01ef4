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
use callback_protocol::agent_api::{Outcome, SendResult};
use std::path::Path;

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
    let out = arguments.out.clone();
    let options =
        Options { again: arguments.again, dry_run: arguments.dry_run, out: arguments.out, ..Options::default() };
    let done = app::submit::submit(context.work(&location, &named), &module, &mut state, &options).await;
    state.close().await?;
    let json = arguments.output.json;
    let mut done = done?;
    if let (RunOutcome::AlreadySent(_, reason), Some(file)) = (&mut done, &out) {
        reason.text = not_written(&reason.text, file);
    }
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

/// Why there is nothing to write, and that the file was not written.
fn not_written(reason: &str, file: &Path) -> String {
    format!("{reason}; {} was not written, to write today's report again: --again", file.display())
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
            None => output::line(&format!("{:9} {}", said_by(ended.outcome), ended.said)),
        },
    }
}

/// The label of an outcome: the receiver's answer, or the file with the report.
pub(super) const fn said_by(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Written => "report",
        _ => "answer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_written_is_named_with_the_remedy() {
        let text = not_written("it was written to a file", Path::new("/a/rep.json"));
        assert!(text.contains("/a/rep.json was not written") && text.contains("--again"), "{text}");
        assert_eq!([said_by(Outcome::Written), said_by(Outcome::Sent)], ["report", "answer"]);
    }
}
