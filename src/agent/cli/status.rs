//! The command `status`: what would happen, why, and how it went lately.

use super::{Context, explain, output};
use crate::clock;
use crate::code::{Code, Exit};
use crate::error::{Error, Reason, Result};
use crate::policy::publication::TEXT_VERSION;
use crate::policy::{PolicyVerdict, Says, Verdict};
use crate::receiver::{Kind, Receiver, ReceiverOverride};
use crate::sandbox::module::Module;
use crate::store::State;
use crate::store::consent::{Choices, Consent, Given};
use crate::store::holders::DataHolder;
use crate::store::ledger::{self, Entry, Outcome, What};
use crate::submit::{load_run_state, standing_without_install};
use crate::system;
use crate::trust;
use crate::trust::policy as receiver_policy;
use serde_json::json;

pub(super) async fn status(context: &Context, named: &ReceiverOverride, why: bool, json: bool) -> Result<()> {
    let mut state = opened(context).await?;
    let found = match context.location() {
        Ok(location) => load_run_state(context.work(&location, named), &mut state).await,
        Err(error) => Err(error),
    };
    let (standing, receiver, unread) = match found {
        Ok(load_run_state) => (load_run_state.standing, Some(load_run_state.receiver), None),
        Err(error) => {
            let mut standing = standing_without_install(&mut state).await?;
            if standing.decision == Verdict::Report {
                standing.decision =
                    Verdict::Nothing(Reason::new(error.code(), format!("the next run would fail: {error}")));
            }
            (standing, None, Some(error))
        }
    };
    let consent = Consent::load(&mut state).await?;
    let entries = ledger::entries(&mut state).await?;
    let held = state.held().await?;
    let policy_changed = receiver_policy::has_changed(&mut state).await?;
    let refused = match consent.given() {
        Some(given) => trust::is_refused(&mut state, &given.receiver).await?,
        None => false,
    };
    state.close().await?;
    let mut warnings = warnings(&consent, &entries, &held);
    if refused {
        warnings.push(Reason::new(Code::ReceiptNotVerified, "the last receipt was not signed by the receiver's pinned key: nothing is sent until you settle this, see `callback-agent key show`"));
    }
    if policy_changed {
        warnings.push(Reason::new(Code::PolicyChanged, "the receiver's policy has changed since you opted in; read it at its api/v1/policy, and accept it with `callback-agent enable`"));
    }
    if let Ok(module) = Module::load(&context.config) {
        warnings.extend(explain::news(&consent, &module));
    }
    warnings.extend(unread.map(|error| Reason::new(error.code(), format!("cannot read LibreNMS's settings: {error}"))));
    if json {
        return as_json(&standing, &consent, receiver.as_ref(), &entries, &held, &warnings);
    }
    output::lines(&in_words(&standing, &consent, receiver.as_ref(), &entries, &warnings))?;
    if why {
        output::line("")?;
        for switch in &standing.switches {
            let says = match switch.says {
                Says::Yes => "allows",
                Says::No => "blocks",
                Says::Nothing => "-",
                Says::Clear => "clear",
            };
            let mark = if switch.decides { "*" } else { " " };
            let name = if switch.name == "here" { "your consent" } else { switch.name };
            output::line(&format!("{mark} {name:17} {says:7} {}", switch.value))?;
        }
        output::line("* = the setting that decides. Checked from top to bottom")?;
    }
    Ok(())
}

/// The state. Where it does not open but the file that says "off" is there, that is said all the same.
async fn opened(context: &Context) -> Result<State> {
    context.state_to_look_at().await.map_err(|error| match (context.state_folder(), &error) {
        (Ok(folder), error) if error.exit() == Exit::State && State::shows_off_mark(&folder) => {
            Error::new(error.code(), format!("off, by the file `off` in the state directory; {error}"))
        }
        _ => error,
    })
}

/// The newest entry of a report or clear.
fn last_run(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().rev().find(|entry| entry.what == What::Begun)
}

fn in_words(
    standing: &PolicyVerdict,
    consent: &Consent,
    receiver: Option<&Receiver>,
    entries: &[Entry],
    warnings: &[Reason],
) -> Vec<String> {
    let (word, because) = standing.summary();
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
    lines.push(match last_run(entries) {
        Some(entry) => {
            let outcome = entry.ended.as_ref().map_or("in progress, or killed", |ended| ended.outcome.words());
            format!("last run  {}: {outcome}", entry.moment)
        }
        None => "last run  none".to_owned(),
    });
    lines.extend(warnings.iter().map(|warning| format!("warning   {}", warning.text)));
    lines
}

fn as_json(
    standing: &PolicyVerdict,
    consent: &Consent,
    receiver: Option<&Receiver>,
    entries: &[Entry],
    held: &[DataHolder],
    warnings: &[Reason],
) -> Result<()> {
    let (word, because) = standing.summary();
    let held: Vec<_> = held
        .iter()
        .map(|held| {
            json!({
                "receiver": held.receiver.url,
                "kind": held.receiver.kind,
                "last_sent": held.last_sent,
                "secret": held.secret.is_some(),
            })
        })
        .collect();
    output::json(&json!({
        "status": word,
        "code": because.code,
        "because": because.text,
        "consent": consent.name(),
        "given": consent.given(),
        "receiver": receiver,
        "switches": standing.switches,
        "last_run": last_run(entries),
        "held": held,
        "warnings": warnings.iter().map(|warning| &warning.text).collect::<Vec<_>>(),
        "notices": warnings,
    }))
}

fn warnings(consent: &Consent, entries: &[Entry], held: &[DataHolder]) -> Vec<Reason> {
    let mut warnings = Vec::new();
    if let Consent::On(given) = consent {
        if !system::is_scheduled() {
            warnings.push(Reason::new(Code::NotScheduled, "no enabled timer or cron job found, so nothing is sent by itself; install one with: sudo callback-agent install"));
        }
        if given.text_version != TEXT_VERSION {
            warnings.push(Reason::new(
                Code::TermsChanged,
                "the text about publication has changed since you opted in; see it with: callback-agent enable",
            ));
        }
    }
    let failed = entries.iter().rev().filter(|entry| entry.what == What::Begun);
    let in_a_row = failed.take_while(|entry| {
        entry.ended.as_ref().is_none_or(|ended| matches!(ended.outcome, Outcome::NotSent | Outcome::Unknown))
    });
    match in_a_row.count() {
        0 => {}
        1 => warnings.push(Reason::new(Code::LastRunFailed, "the last run failed; see `callback-agent history`")),
        many => warnings.push(Reason::new(
            Code::LastRunFailed,
            format!("the last {many} runs failed; see `callback-agent history`"),
        )),
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
    warnings
}
