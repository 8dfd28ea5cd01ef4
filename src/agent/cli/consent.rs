//! The commands that record consent: opting in and out.

use super::args::EnableArgs;
use super::output::{Confirmation, Otherwise};
use super::report::make;
use super::{Context, explain, is_mismatch, misspelt, output};
use crate::app;
use crate::app::enable::{OptIn, PlannedWrites, Seen, receiver_of};
use crate::code::Code;
use crate::config::{is_broad_term, too_broad};
use crate::error::{Error, Reason, Result};
use crate::librenms::{Location, Settings, StockSender};
use crate::policy::newly_sent::newly_sent;
use crate::policy::publication::{TEXT_VERSION, text};
use crate::policy::{PolicyVerdict, Verdict};
use crate::receiver::{Kind, ReceiverOverride};
use crate::store::State;
use crate::store::consent::{Consent, Given};
use crate::store::ledger;
use crate::store::pending_clear::Pending;
use crate::submit::{held_up, load_run_state};
use crate::system;
use crate::system::users::invoking_user;
use crate::trust::{KeyCheck, policy as receiver_policy};
use callback_collector::{Findings, PAYLOAD_SCHEMA};
use callback_protocol::agent_api::{ConsentState, EnableReport, Enabled, NewlySent};
use std::io::Write;

pub(super) async fn enable(context: &Context, arguments: EnableArgs) -> Result<()> {
    let named = ReceiverOverride::from(arguments.receiver);
    let location = context.location()?;
    // Nothing is written before the answer, but a place for it must be known.
    let directory = context.state_directory()?;
    let mut state = State::open_for_reading(&directory).await?;
    let before = Consent::load(&mut state).await?;
    let chosen = arguments.choices.applied_to(before.given().map(|given| given.choices.clone()).unwrap_or_default())?;
    for warning in &chosen.warnings {
        // A warning that cannot be printed must not stop the command.
        let _ = writeln!(std::io::stderr(), "callback-agent: warning: {warning}");
    }
    let made = make(context, &location, &mut state, Some((&chosen.choices, PAYLOAD_SCHEMA))).await?;
    let settings = &made.gathered.settings;
    let receiver = receiver_of(&named, context.config.receiver.as_ref(), settings, before.given())?;
    let opt_in = OptIn {
        location: &location,
        settings,
        uuid: &made.gathered.uuid,
        module: &made.module,
        receiver,
        choices: chosen.choices,
        who: arguments.who.or_else(|| default_name(&before)),
        seen: Seen { consent: before.clone(), ..Seen::now(&mut state, &location, settings).await? },
        take_over: arguments.take_over,
    };
    let given = opt_in.given(&before)?;
    let findings = &made.report.findings;
    let chosen_before = before.given().map(|given| given.choices.clone()).unwrap_or_default();
    let mut notices = misspelt::labels_not_found(&given.choices, &chosen_before, &made, state.directory())?;
    notices.extend(broad_terms(&given.choices.terms, &chosen_before.terms));
    notices.extend(chosen.absent.into_iter().map(|text| Reason::new(Code::LabelNotFound, text)));
    if named.url.is_none() && context.config.receiver.is_none() && before.given().is_none() {
        notices.extend(receiver_assumed(&location));
    }
    let (yes, json) = (arguments.yes, arguments.output.json);
    let question = Question {
        findings,
        given: &given,
        before: &before,
        notices: &notices,
        newly_sent: before.given().map(|old| newly_sent(old, &given, &context.config.terms)).unwrap_or_default(),
        policy_changed: receiver_policy::has_changed(&mut state).await?,
        settings,
        take_over: arguments.take_over,
        cancels_deletion: opt_in.seen.deletion_pending,
        is_kind_assumed: named.url.is_some() && named.kind.is_none() && given.receiver.kind == Kind::Stock,
    };
    if yes && !arguments.override_off {
        question.check_overrides_nothing()?;
    }
    let confirmation = Confirmation { yes, json, otherwise: Otherwise::Unchanged };
    // With `--quiet --yes`, as in Ansible, a run that changes nothing prints one line.
    if !(yes && (context.quiet || question.changes_nothing())) {
        confirmation.show(&question.lines())?;
    }
    confirmation.ask("Opt in?")?;
    if context.quiet && yes && !json {
        for line in question.newly_sent_in_words() {
            let _ = writeln!(std::io::stderr(), "callback-agent: newly sent: {line}");
        }
    }
    let newly_sent = question.newly_sent;
    state.close().await?;
    let mut state = State::open(&directory).await?;
    let (allowed, key) = app::enable::enable(&mut state, opt_in).await?;
    // The schedule runs `submit` without options.
    let now = load_run_state(context.work(&location, &ReceiverOverride::default()), &mut state).await?;
    let verdict = now.verdict.held_up(held_up(&mut state, &now.receiver).await?);
    state.close().await?;
    if json {
        let (status, because) = verdict.summary();
        return output::json(&EnableReport {
            consent: ConsentState::On,
            payload_sha256: findings.payload_sha256.clone(),
            cancelled_clear: allowed.clear_cancelled,
            newly_sent,
            enabled: allowed,
            notices: notices.into_iter().map(Into::into).collect(),
            status,
            because_code: because.code.into(),
            because: because.text,
        });
    }
    if context.quiet && yes {
        // `submit --quiet` logs this, too.
        if let Verdict::Nothing(reason) = &verdict.decision
            && is_mismatch(reason.code)
        {
            let _ = writeln!(std::io::stderr(), "callback-agent: warning: no reports are sent yet: {}", reason.text);
        }
        return Ok(());
    }
    print_done(&allowed, &key, &verdict)
}

/// A warning if the receiver is a default only because LibreNMS's config.php is not read.
fn receiver_assumed(location: &Location) -> Option<Reason> {
    matches!(location, Location::Database(_)).then(|| {
        Reason::new(
            Code::ReceiverAssumed,
            "config.php is not read with a database URL or SQLite file; if it sets callback_post, set `receiver.url` in the \
             configuration",
        )
    })
}

/// A warning about each new term that is so short that it is found in many texts.
fn broad_terms(terms: &[String], before: &[String]) -> Vec<Reason> {
    let new = terms.iter().filter(|term| !before.contains(term) && is_broad_term(term));
    new.map(|term| Reason::new(Code::TermsTooBroad, too_broad(&[format!("--terms {}", output::visible(term))])))
        .collect()
}

/// The default of `--who`: the recorded name, or else the user who ran `sudo`.
fn default_name(before: &Consent) -> Option<String> {
    match before {
        Consent::On(_) => None,
        Consent::Off(_) | Consent::NeverAsked => invoking_user(),
    }
}

fn print_done(allowed: &Enabled, key: &KeyCheck, verdict: &PolicyVerdict) -> Result<()> {
    let is_new = allowed.code != Code::AlreadyOptedIn.as_str();
    if allowed.clear_cancelled {
        output::line("Cancelled the pending deletion. Receivers keep the reports they have.")?;
    }
    output::lines(&allowed.librenms)?;
    if is_new || matches!(key, KeyCheck::First(_) | KeyCheck::Other(_)) {
        key_line(key).iter().try_for_each(|line| output::line(line))?;
    }
    let (done, recorded) =
        if is_new { ("Opted in.", "Recorded") } else { ("Already opted in; nothing was changed.", "Already opted in") };
    output::line(&match &verdict.decision {
        Verdict::Report if system::is_scheduled() => format!("{done} The schedule sends a report once a day."),
        Verdict::Report => format!(
            "{done} No schedule is installed yet: run `sudo callback-agent install` to report daily, or `callback-agent \
             submit` to send now."
        ),
        Verdict::Clear => format!(
            "{recorded}, but LibreNMS has a delete request pending (`enabled` is 2 in table `callback`); the next run sends it."
        ),
        Verdict::Nothing(reason) => format!("{recorded}, but no reports are sent yet: {}", reason.text),
    })
}

/// What the admin is asked to opt in to.
struct Question<'a> {
    findings: &'a Findings,
    given: &'a Given,
    before: &'a Consent,
    notices: &'a [Reason],
    newly_sent: Vec<NewlySent>,
    policy_changed: bool,
    settings: &'a Settings,
    take_over: bool,
    cancels_deletion: bool,
    /// Whether a URL was named without its kind.
    is_kind_assumed: bool,
}

/// The hint about a receiver without a kind. The receiver itself is not asked before the opt-in.
const KIND_ASSUMED: &str = "          Without --receiver-kind it counts as stock. For a callback-receiver, add --receiver-kind \
                            callback-stats; after opting in, `callback-agent doctor` checks the kind.";

impl Question<'_> {
    /// Whether the admin opted in to exactly this before.
    fn changes_nothing(&self) -> bool {
        matches!(self.before, Consent::On(before) if before == self.given) && !self.policy_changed
    }

    /// Whether somebody has turned reporting off in LibreNMS since the last opt-in, and this one turns it on. Without an
    /// earlier opt-in, off is only LibreNMS's default.
    fn turns_usage_on_again(&self) -> bool {
        let is_changed = self.settings.usage_is_off() && PlannedWrites::of(self.settings, self.take_over).usage;
        is_changed && matches!(self.before, Consent::On(_))
    }

    /// Without a question, a decision that somebody else may have made is not reversed.
    fn check_overrides_nothing(&self) -> Result<()> {
        if self.cancels_deletion {
            return Err(Error::new(
                Code::ClearPending,
                "nothing was changed: a deletion is pending, which this would cancel; wait until it is confirmed, or \
                 add --override-off",
            ));
        }
        if matches!(self.before, Consent::Off(_)) {
            return Err(Error::new(
                Code::OptedOut,
                "nothing was changed: you have opted out on this host; to opt in again without a question, add --override-off",
            ));
        }
        if self.turns_usage_on_again() {
            return Err(Error::new(
                Code::BlockedByUsage,
                "nothing was changed: reporting has been turned off in LibreNMS since you opted in (reporting.usage \
                 is false); to turn it on again, add --override-off",
            ));
        }
        Ok(())
    }

    fn lines(&self) -> Vec<String> {
        let Self { findings, given, .. } = self;
        let mut lines = explain::summary(findings);
        lines.extend(explain::choices(&given.choices));
        lines.extend(self.notices.iter().map(|it| format!("warning   {}", output::visible(&it.text))));
        lines.push(format!("receiver  {} ({})", output::address(&given.receiver.url), given.receiver.kind.name()));
        if self.is_kind_assumed {
            lines.push(KIND_ASSUMED.to_owned());
        }
        lines.extend(self.changes());
        lines.push(String::new());
        lines.push(text(given.receiver.kind).to_owned());
        lines.push(String::new());
        lines.push("A report like this is sent once a day. See all of it with: callback-agent preview --all".into());
        if !self.newly_sent.is_empty() {
            lines.push("\nNewly sent from now on:".to_owned());
            lines.extend(self.newly_sent_in_words().map(|line| format!("  {line}")));
        }
        lines.extend(self.writes());
        lines.push(String::new());
        lines
    }

    fn newly_sent_in_words(&self) -> impl Iterator<Item = String> {
        let before = self.before.given().map_or(self.given.receiver.kind, |before| before.receiver.kind);
        self.newly_sent.iter().map(move |it| in_words(it, self.given.receiver.kind, before))
    }

    /// What has changed since the last opt-in.
    fn changes(&self) -> Vec<String> {
        let Some(old) = self.before.given() else { return Vec::new() };
        let new = self.given;
        let changes = [
            (old.module_sha256 != new.module_sha256, "The module"),
            (old.receiver != new.receiver, "The receiver"),
            (self.policy_changed, "The receiver's policy (its api/v1/policy)"),
            (old.text_version != TEXT_VERSION, "The text below"),
        ];
        let changed = changes.into_iter().filter(|(is_changed, _)| *is_changed);
        changed.map(|(_, what)| format!("{what} has changed since you last opted in.")).collect()
    }

    /// What is written to LibreNMS's database, and what still blocks reports.
    fn writes(&self) -> Vec<String> {
        let (settings, planned) = (self.settings, PlannedWrites::of(self.settings, self.take_over));
        let mut lines = Vec::new();
        if matches!(self.before, Consent::Off(_)) {
            lines.push("\nYou have opted out on this host. This opts in again.".to_owned());
        }
        if self.cancels_deletion {
            lines.push(
                "\nA deletion is pending. Opting in cancels it: receivers keep the reports that they have.".to_owned(),
            );
        }
        lines.push("\nWritten to LibreNMS's database:".to_owned());
        if planned.usage {
            let was = if self.turns_usage_on_again() { "; it has been set to false since you opted in" } else { "" };
            lines.push(format!("  setting reporting.usage: set to true{was}"));
        }
        if planned.stock_sender_off {
            lines.push(
                "  table callback, row enabled: set to 0, so that LibreNMS's built-in sender stays off".to_owned(),
            );
        }
        if planned.uuid {
            lines.push("  table callback, row uuid: added; a random ID that all pollers share".to_owned());
        }
        lines.push("  table callback, row agent_day: set with each report to the day of the last report".to_owned());
        if settings.usage_is_off() && !planned.usage {
            lines.push(
                "\nReports stay blocked: config.php sets reporting.usage, and the agent cannot change that.".to_owned(),
            );
        }
        if settings.stock_sender == StockSender::On && !self.take_over {
            lines.push(
                "\nReports stay blocked while LibreNMS's built-in sender is on (`enabled` is 1 in table `callback`). Add \
                 --take-over to turn it off."
                    .to_owned(),
            );
        }
        lines
    }
}

/// A newly sent item, as one line; with the kinds of the receiver and of the previous one.
fn in_words(newly_sent: &NewlySent, kind: Kind, kind_before: Kind) -> String {
    match newly_sent {
        NewlySent::Receiver { url, before } => format!(
            "everything: the receiver is now {} ({}), was {} ({})",
            output::address(url),
            kind.name(),
            output::address(before),
            kind_before.name()
        ),
        NewlySent::ClearUrl { url, before } => format!(
            "delete requests, with uuid and secret: they now go to {}, before to {}",
            output::visible(url),
            output::visible(before)
        ),
        NewlySent::Category { name } => format!("category {name}"),
        NewlySent::Field { name } => format!("field {name}, which is new"),
        NewlySent::Label { group, label } => format!("{group}={}, no longer withheld", output::visible(label)),
        NewlySent::RareLabel { group, label } => format!("{group}={}, a rare label", output::visible(label)),
        NewlySent::Term { term } => format!("the word \"{}\", no longer redacted", output::visible(term)),
    }
}

/// What the check of the receiver's key found, as a message.
fn key_line(key: &KeyCheck) -> Option<String> {
    match key {
        KeyCheck::SignsNothing => None,
        KeyCheck::First(key) => Some(format!(
            "Receipts from this receiver will be checked against key {} ({}). Compare it with the key its operator publishes.",
            key.id(),
            key.text()
        )),
        KeyCheck::Known(key) => Some(format!("Receipts are checked against key {}, as before.", key.id())),
        KeyCheck::Other(key) => Some(format!(
            "The receiver's key is now {} ({}), and the pinned key did not sign it, so this may be a different server. Verify \
             the new key with the operator, then run: callback-agent key accept",
            key.id(),
            key.text()
        )),
        KeyCheck::NotReached(Some(key)) => Some(format!(
            "Could not fetch the receiver's signing key. Receipts are still checked against key {}.",
            key.id()
        )),
        KeyCheck::NotReached(None) => Some(
            "Could not fetch the receiver's signing key. The key on its first receipt will be pinned instead."
                .to_owned(),
        ),
    }
}

pub(super) async fn disable(context: &Context, who: Option<&str>, json: bool) -> Result<()> {
    let disabled = app::disable::disable(&context.state_directory()?, who.or(invoking_user().as_deref())).await?;
    if json {
        return output::json(&disabled);
    }
    if let Some(error) = disabled.not_recorded {
        output::line("Opted out by creating the file `off` in the state directory: no more reports are sent.")?;
        return output::line(&format!("The history could not be written: {error}"));
    }
    let pending = async {
        let mut state = context.state_for_reading().await?;
        let is_in_file = ledger::is_clear_in_file(&ledger::entries(&mut state).await?);
        Result::Ok((Pending::load(&mut state).await?, is_in_file))
    };
    let next = match pending.await {
        Ok((Some(_), true)) => {
            "The delete request is still pending: the next run sends it, and the answer to the file written by `clear \
             --out` can still be imported (callback-agent receipt FILE.answer)."
        }
        Ok((Some(_), false)) => "The delete request is still pending: the next run sends it.",
        _ => "To delete the reports that were sent: callback-agent clear",
    };
    output::line(&format!("Opted out: no more reports are sent. {next}"))
}
