//! The command `status`: what the next run does and why, and how the last runs went.

use super::args::{JsonArgs, PluginArgs, StatusArgs};
use super::{Context, explain, output};
use crate::app::status::{Status, failures_in_a_row, last_sent, outcome_of, status as status_of};
use crate::app::status_check::{Level, StatusCheck, Thresholds, status_check};
use crate::clock;
use crate::code::{Code, Exit};
use crate::config::Config;
use crate::error::{Error, Reason, Result};
use crate::policy::Verdict;
use crate::policy::publication::TEXT_VERSION;
use crate::receiver::{Kind, ReceiverOverride};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent, Given};
use crate::store::ledger::{self, Entry, EntryKind};
use crate::system;
use callback_protocol::agent_api::{self, Effect, StatusReport};
use std::process::ExitCode;

async fn load(context: &Context, named: &ReceiverOverride) -> Result<Status> {
    let mut state = opened(context).await?;
    let location = context.location();
    let install = location.as_ref().map(|location| context.work(location, named));
    let found = status_of(install.map_err(|error| Error::new(error.code(), error.message())), &mut state).await;
    state.close().await?;
    found
}

pub(super) async fn status(context: &Context, arguments: StatusArgs) -> Result<()> {
    let StatusArgs { why, output: JsonArgs { json }, receiver, .. } = arguments;
    let mut status = load(context, &receiver.into()).await?;
    if let (Some(error), Verdict::Report) = (&status.unread, &status.verdict.decision) {
        let reason = Reason::new(error.code(), format!("the next run would fail: {error}"));
        status.verdict.decision = Verdict::Nothing(reason);
    }
    let warnings = warnings(&status, &context.config);
    let because = because(&status);
    if json {
        return output::json(&as_json(&status, because, warnings));
    }
    output::lines(&in_words(&status, &because, &warnings))?;
    if why {
        output::line("")?;
        for setting in &status.verdict.settings {
            let says = match setting.says {
                Effect::Yes => "allows",
                Effect::No => "blocks",
                Effect::Nothing => "-",
                Effect::Clear => "clear",
            };
            let mark = if setting.decides { "*" } else { " " };
            let name = if setting.name == "here" { "your consent" } else { setting.name.as_str() };
            output::line(&format!("{mark} {name:17} {says:7} {}", setting.value))?;
        }
        output::line("* = the setting that decides; settings are checked from top to bottom")?;
    }
    Ok(())
}

/// `status --check`: prints one line and returns the exit status for monitoring.
pub(super) async fn check(context: &Context, arguments: &StatusArgs) -> Result<ExitCode> {
    let PluginArgs { warning, critical, .. } = arguments.plugin;
    if warning > critical {
        return Err(Error::new(Code::Usage, "--warning is greater than --critical"));
    }
    let named = ReceiverOverride { url: arguments.receiver.url.clone(), kind: arguments.receiver.kind };
    let status = match load(context, &named).await {
        Ok(status) => status,
        // An opt-out applies even if the state cannot be opened.
        Err(error) if context.state_directory().is_ok_and(|directory| State::has_off_file(&directory)) => {
            return plugin(Level::Ok, &format!("off: the state directory has a file `off` ({})", error.code()), "");
        }
        Err(error) => return Err(error),
    };
    let thresholds = Thresholds { warning, critical };
    let StatusCheck { level, text, data, .. } = status_check(&status, system::is_scheduled(), clock::now(), thresholds);
    plugin(level, &text, &data)
}

/// Prints UNKNOWN, for a status that cannot be determined.
pub(super) fn unknown(message: &str) -> ExitCode {
    plugin(Level::Unknown, message, "").unwrap_or_else(|_| ExitCode::from(Level::Unknown.status()))
}

/// Prints the line of a monitoring plugin. `|` starts the performance data, so it is replaced in the text.
fn plugin(level: Level, text: &str, data: &str) -> Result<ExitCode> {
    let text = output::visible(text).replace('|', "/");
    let data = if data.is_empty() { String::new() } else { format!(" | {data}") };
    output::line(&format!("CALLBACK {} - {text}{data}", level.word()))?;
    Ok(ExitCode::from(level.status()))
}

/// Opens the state. If that fails but the file `off` exists, the error also says that the admin opted out.
async fn opened(context: &Context) -> Result<State> {
    context.state_for_reading().await.map_err(|error| match (context.state_directory(), &error) {
        (Ok(directory), error) if error.exit() == Exit::State && State::has_off_file(&directory) => {
            Error::new(error.code(), format!("off: the state directory has a file `off`; {error}"))
        }
        _ => error,
    })
}

/// Why reports are or are not sent, or what that means.
fn because(status: &Status) -> Reason {
    let (_, reason) = status.verdict.summary();
    match status.verdict.decision {
        Verdict::Clear if ledger::is_clear_in_file(&status.entries) => Reason::new(
            reason.code,
            "the delete request was written to a file, and its answer has not been imported (callback-agent receipt \
             FILE.answer); the next run also sends the request to all receivers; `callback-agent enable` cancels the \
             deletion",
        ),
        Verdict::Report if status.is_sent_today => Reason::new(reason.code, SENT_TODAY),
        _ => reason,
    }
}

/// While reports are on, but today's was sent. The line `next run` has the time.
const SENT_TODAY: &str = "today's report was sent; the next report is sent tomorrow (UTC)";

fn in_words(status: &Status, because: &Reason, warnings: &[Reason]) -> Vec<String> {
    let Status { verdict, consent, receiver, .. } = status;
    let word = match verdict.decision {
        Verdict::Report => "on",
        Verdict::Clear => "clear pending",
        Verdict::Nothing(_) => "off",
    };
    let mut lines = vec![format!("{word}: {}", because.text)];
    if let Some(Given { at, who, receiver, choices, .. }) = consent.given() {
        let who = who.as_ref().map(|who| format!(" by {}", output::visible(who))).unwrap_or_default();
        let word = if matches!(consent, Consent::On(_)) { "opted in" } else { "was on  " };
        lines.push(format!("{word}  {at}{who}, for {} ({})", output::address(&receiver.url), receiver.kind.name()));
        if *choices != Choices::default() {
            lines.extend(explain::choices(choices));
        }
    } else if let Some(receiver) = receiver {
        lines.push(format!("receiver  {} ({})", output::address(&receiver.url), receiver.kind.name()));
    }
    lines.push(match status.last_run() {
        Some(entry) => {
            format!("last run  {}: {}", entry.moment, outcome_of(entry, status.in_progress))
        }
        None => "last run  none".to_owned(),
    });
    lines.extend(status.next_run.map(|at| format!("next run  {at}")));
    lines.extend(warnings.iter().map(|warning| format!("warning   {}", warning.text)));
    lines
}

fn as_json(status: &Status, because: Reason, warnings: Vec<Reason>) -> StatusReport {
    let (word, _) = status.verdict.summary();
    let held = status.holders.iter().map(|held| agent_api::DataHolder {
        receiver: held.receiver.shown().to_owned(),
        kind: held.receiver.kind,
        last_sent: held.last_sent,
        secret: held.secret.is_some(),
    });
    StatusReport {
        status: word,
        code: because.code.into(),
        because: because.text,
        consent: status.consent.state(),
        given: status.consent.given().map(Into::into),
        receiver: status.receiver.as_ref().map(Into::into),
        switches: status.verdict.settings.clone(),
        last_run: status.last_run().cloned().map(ledger::printable),
        last_sent: last_sent(&status.entries),
        next_run: status.next_run,
        held: held.collect(),
        warnings: warnings.iter().map(|warning| warning.text.clone()).collect(),
        notices: warnings.into_iter().map(Into::into).collect(),
    }
}

/// The newest run that failed, without one in progress.
fn last_failure(status: &Status) -> Option<&Entry> {
    let is_ended = |entry: &&Entry| entry.ended.is_some() || !status.in_progress;
    status.entries.iter().rev().filter(|entry| entry.what == EntryKind::Begun).find(is_ended)
}

/// That the last runs failed, and why the last one did.
fn failure(failed: usize, last: Option<&Entry>) -> String {
    let runs = if failed == 1 { "the last run failed".to_owned() } else { format!("the last {failed} runs failed") };
    match last.and_then(|run| Some((run.id, run.ended.as_ref()?))) {
        Some((id, ended)) => format!("{runs}: {}; see `callback-agent show {id}`", ended.said),
        None => format!("{runs}: killed before it ended; see `callback-agent history`"),
    }
}

fn warnings(status: &Status, config: &Config) -> Vec<Reason> {
    let Status { consent, entries, holders: held, .. } = status;
    let mut warnings = Vec::new();
    if let Consent::On(given) = consent {
        if !system::is_scheduled() {
            warnings.push(Reason::new(
                Code::NotScheduled,
                "no enabled timer or cron job found, so nothing is sent automatically; install one with: sudo \
                 callback-agent install",
            ));
        }
        if given.text_version != TEXT_VERSION {
            warnings.push(Reason::new(
                Code::TermsChanged,
                "the text about publication has changed since you opted in; see it with: callback-agent enable",
            ));
        }
    }
    match failures_in_a_row(entries, status.in_progress) {
        0 => {}
        failed => warnings.push(Reason::new(Code::LastRunFailed, failure(failed, last_failure(status)))),
    }
    let now = clock::now();
    if entries.last().is_some_and(|entry| entry.moment > now) {
        warnings.push(Reason::new(
            Code::ClockBehind,
            "the newest history entry is dated in the future; check the system clock",
        ));
    }
    for held in held.iter().filter(|held| held.receiver.kind == Kind::CallbackStats && held.secret.is_none()) {
        let last = held.last_sent.map(|day| format!(" (the last one was sent on {day})")).unwrap_or_default();
        warnings.push(Reason::new(
            Code::SecretLost,
            format!(
                "the secret is lost, so {} cannot be asked to delete reports; they expire after 90 days{last}",
                output::address(&held.receiver.url)
            ),
        ));
    }
    if status.receipt_refused {
        warnings.push(Reason::new(Code::ReceiptNotVerified, "the last receipt was not signed by the receiver's pinned key: nothing is sent until you accept a key; see `callback-agent key show`"));
    }
    if status.policy_changed {
        warnings.push(Reason::new(Code::PolicyChanged, "the receiver's policy has changed since you opted in; read it at its api/v1/policy, and accept it with `callback-agent enable`"));
    }
    if let Ok(module) = Module::load(config) {
        warnings.extend(explain::changes(consent, &module));
    }
    let unread = status.unread.as_ref();
    warnings.extend(unread.map(|error| Reason::new(error.code(), format!("cannot read LibreNMS's settings: {error}"))));
    warnings
}
