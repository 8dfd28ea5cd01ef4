//! The commands with which an admin says yes and no.

use super::args::EnableArgs;
use super::report::make;
use super::{Context, explain, output};
use crate::app;
use crate::app::enable::OptIn;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::policy::Verdict;
use crate::policy::publication::{TEXT_VERSION, text};
use crate::receiver::{Receiver, ReceiverOverride};
use crate::store::consent::{Choices, Consent, Given, category_name, category_named};
use crate::submit::load_run_state;
use crate::system;
use crate::system::users::invoking_user;
use crate::trust::KeyCheck;
use callback_collector::dictionary::{Category, GROUPS, group};
use callback_collector::{Findings, PAYLOAD_SCHEMA};
use callback_protocol::agent_api::{ConsentState, EnableReport};

pub(super) async fn enable(context: &Context, arguments: EnableArgs) -> Result<()> {
    let named = ReceiverOverride::from(arguments.receiver);
    let location = context.location()?;
    let mut state = context.state().await?;
    let before = Consent::load(&mut state).await?;
    let choices = chosen(
        before.given().map(|given| given.choices.clone()).unwrap_or_default(),
        arguments.categories.as_deref(),
        arguments.withhold.as_deref(),
        arguments.include.as_deref(),
        arguments.terms.as_deref(),
    )?;
    let made = make(context, &location, &mut state, Some((&choices, PAYLOAD_SCHEMA))).await?;
    let receiver = Receiver::choose(&named, context.config.receiver.as_ref(), &made.gathered.settings)?;
    let opt_in = OptIn {
        location: &location,
        settings: &made.gathered.settings,
        uuid: &made.gathered.uuid,
        module: &made.module,
        receiver,
        choices,
        who: arguments.who.or_else(invoking_user),
        take_over: arguments.take_over,
    };
    let given = opt_in.given()?;
    let findings = &made.report.findings;
    output::before_asking(&shown(findings, &given, &before), arguments.output.json, arguments.yes)?;
    output::agreed(arguments.yes, "Opt in?")?;
    let (allowed, key) = app::enable::enable(&mut state, opt_in).await?;
    let verdict = load_run_state(context.work(&location, &named), &mut state).await?.verdict;
    state.close().await?;
    if arguments.output.json {
        let (status, because) = verdict.summary();
        let notices = explain::not_there(&given.choices, findings);
        return output::json(&EnableReport {
            consent: ConsentState::On,
            payload_sha256: findings.payload_sha256.clone(),
            cancelled_clear: allowed.clear_cancelled,
            enabled: allowed,
            notices: notices.into_iter().map(Into::into).collect(),
            status,
            because_code: because.code.into(),
            because: because.text,
        });
    }
    if allowed.clear_cancelled {
        output::line("Cancelled the pending clear. Receivers keep the reports they have.")?;
    }
    output::lines(&allowed.librenms)?;
    said_of_key(&key).iter().try_for_each(|line| output::line(line))?;
    match verdict.decision {
        Verdict::Report if system::is_scheduled() => output::line("Opted in. The schedule sends a report once a day."),
        Verdict::Report => output::line(
            "Opted in. No schedule is installed yet: run `sudo callback-agent install` to report daily, or `callback-agent \
             submit` to send now.",
        ),
        Verdict::Clear => output::line(
            "Recorded, but LibreNMS has a delete request pending (`enabled` is 2 in table `callback`); the next run sends it.",
        ),
        Verdict::Nothing(reason) => {
            output::line(&format!("Recorded, but reports will not be sent yet: {}", reason.text))
        }
    }
}

/// What was chosen before, changed by what is said now.
fn chosen(
    mut choices: Choices,
    categories: Option<&[String]>,
    withhold: Option<&[String]>,
    include: Option<&[String]>,
    terms: Option<&[String]>,
) -> Result<Choices> {
    fn is(words: &[String], word: &str) -> bool {
        matches!(words, [only] if only.trim() == word)
    }
    if let Some(names) = categories {
        choices.categories = match is(names, "all") {
            true => None,
            false => Some(names.iter().map(|name| category(name.trim())).collect::<Result<_>>()?),
        };
    }
    if let Some(labels) = withhold {
        choices.withheld = match is(labels, "none") {
            true => Vec::new(),
            false => labels.iter().map(|label| withheld(label)).collect::<Result<_>>()?,
        };
    }
    if let Some(labels) = include {
        choices.included = match is(labels, "none") {
            true => Vec::new(),
            false => labels.iter().map(|label| included(label)).collect::<Result<_>>()?,
        };
    }
    if let Some(words) = terms {
        let words = words.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty());
        choices.terms = if is(terms.unwrap_or_default(), "none") { Vec::new() } else { words.collect() };
    }
    Ok(choices)
}

fn category(name: &str) -> Result<Category> {
    category_named(name).ok_or_else(|| {
        let names: Vec<_> = Category::ALL.into_iter().map(category_name).collect();
        Error::new(
            Code::CategoryUnknown,
            format!("--categories: expected `all` or a comma-separated list of {}", names.join(", ")),
        )
    })
}

fn withheld(label: &str) -> Result<(String, String)> {
    let parts = label.split_once('=').filter(|(name, _)| *name == "info" || group(name).is_some());
    let (group, label) = parts.ok_or_else(|| {
        Error::new(
            Code::WithholdInvalid,
            "--withhold: expected GROUP=LABEL with a group of `callback-agent dictionary`, or info=SYSDESCR",
        )
    })?;
    Ok((group.to_owned(), label.to_owned()))
}

fn included(label: &str) -> Result<(String, String)> {
    let composed = |name: &str| group(name).is_some_and(|group| group.composed);
    let parts = label.split_once('=').filter(|(name, _)| composed(name));
    let (group, label) = parts.ok_or_else(|| {
        let names = GROUPS.iter().filter(|group| group.composed).map(|group| group.name);
        Error::new(
            Code::IncludeInvalid,
            format!(
                "--include: expected GROUP=LABEL with one of the groups {}; list rare labels with: callback-agent preview \
                 --explain",
                names.collect::<Vec<_>>().join(", ")
            ),
        )
    })?;
    Ok((group.to_owned(), label.to_owned()))
}

/// What is shown before anything is allowed.
fn shown(findings: &Findings, given: &Given, before: &Consent) -> Vec<String> {
    let mut lines = explain::summary(findings);
    lines.extend(explain::choices(&given.choices));
    lines.extend(explain::not_there(&given.choices, findings).into_iter().map(|it| format!("warning   {}", it.text)));
    lines.push(format!("receiver  {} ({})", output::address(&given.receiver.url), given.receiver.kind.name()));
    if let Some(old) = before.given() {
        let newer = explain::newer_fields(old.payload_schema);
        if !newer.is_empty() {
            lines.push(format!("new since you last opted in: {}", newer.join(", ")));
        }
        if old.module_sha256 != given.module_sha256 {
            lines.push("The module has changed since you last opted in.".into());
        }
        if old.receiver != given.receiver {
            lines.push("The receiver has changed since you last opted in.".into());
        }
        if old.text_version != TEXT_VERSION {
            lines.push("The text below has changed since you last opted in.".into());
        }
    }
    lines.push(String::new());
    lines.push(text(given.receiver.kind).to_owned());
    lines.push(String::new());
    lines.push("A report like this is sent once a day. See all of it with: callback-agent preview --all\nThis also sets reporting.usage to true in LibreNMS's database and stores the uuid and the day of the last report there.".into());
    lines
}

/// What was found of the receiver's key.
fn said_of_key(key: &KeyCheck) -> Option<String> {
    match key {
        KeyCheck::SignsNothing => None,
        KeyCheck::First(key) => Some(format!(
            "Receipts from this receiver will be checked against key {}. Compare it with the key its operator publishes.",
            key.id()
        )),
        KeyCheck::Known(key) => Some(format!("Receipts are checked against key {}, as before.", key.id())),
        KeyCheck::Other(key) => Some(format!(
            "The receiver's key is now {}, and the pinned key did not sign it, so this may be a different server. Verify the \
             new key with the operator, then run: callback-agent key accept",
            key.id()
        )),
        KeyCheck::NotReached => Some(
            "Could not fetch the receiver's signing key. The key on its first receipt will be pinned instead."
                .to_owned(),
        ),
    }
}

pub(super) async fn disable(context: &Context, who: Option<&str>, json: bool) -> Result<()> {
    let disabled = app::disable::disable(&context.state_folder()?, who.or(invoking_user().as_deref())).await?;
    if json {
        return output::json(&disabled);
    }
    match disabled.not_recorded {
        None => output::line(
            "Opted out: nothing is sent from here any more. To delete the reports that were sent: callback-agent clear",
        ),
        Some(error) => output::line(&format!(
            "Opted out with the file `off` in the state directory: nothing is sent from here any more. The history could not be \
             written: {error}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn what_is_not_said_stays_as_it_was() {
        let before = chosen(
            Choices::default(),
            Some(&words(&["software", "pairs"])),
            Some(&words(&["os=linux", "info=a=b"])),
            Some(&words(&["mempool=AP 1 [CN0489813]"])),
            Some(&words(&["Acme", " "])),
        )
        .unwrap();
        assert_eq!(before.categories, Some(vec![Category::Software, Category::Pairs]));
        assert_eq!(before.withheld, [("os".into(), "linux".into()), ("info".into(), "a=b".into())]);
        assert_eq!(before.included, [("mempool".into(), "AP 1 [CN0489813]".into())]);
        assert_eq!(before.terms, ["Acme"]);
        assert_eq!(chosen(before.clone(), None, None, None, None).unwrap(), before);
        let none = Some(words(&["none"]));
        let none = none.as_deref();
        assert_eq!(chosen(before, Some(&words(&["all"])), none, none, none).unwrap(), Choices::default());
    }

    #[test]
    fn names_that_there_are_none_of_are_refused() {
        for (categories, withhold, include) in [
            (Some("everything"), None, None),
            (None, Some("nothing=x"), None),
            (None, Some("os"), None),
            (None, None, Some("nothing=x")),
            (None, None, Some("mempool")),
            (None, None, Some("hardware=X 1")),
        ] {
            let [categories, withhold, include] =
                [categories, withhold, include].map(|word| word.map(|word| words(&[word])));
            let refused =
                chosen(Choices::default(), categories.as_deref(), withhold.as_deref(), include.as_deref(), None);
            let codes = [Code::CategoryUnknown, Code::WithholdInvalid, Code::IncludeInvalid];
            assert!(refused.is_err_and(|error| codes.contains(&error.code())));
        }
    }
}
