//! Decides what a run does, from all settings, and names the setting that decides.
//!
//! A pending deletion comes first; it works with reporting off. Otherwise the first setting that blocks decides, in
//! this order: the environment, the admin's consent, LibreNMS's `reporting.usage`, LibreNMS's built-in sender.

use crate::code::Code;
use crate::error::Reason;
use crate::librenms::{Settings, StockSender};
use crate::receiver::{Receiver, without_query};
use crate::store::consent::Consent;
use crate::store::pending_clear::Pending;
use callback_protocol::agent_api::{Effect, Setting, Status};

/// What a run does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send a report.
    Report,
    /// Send a pending delete request.
    Clear,
    /// Nothing, with the reason and how to change it.
    Nothing(Reason),
}

/// All settings and the resulting decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// What a run does.
    pub decision: Verdict,
    /// Every setting, in the order of evaluation.
    pub settings: Vec<Setting>,
}

impl PolicyVerdict {
    /// Adds a reason why an allowed report is not sent. That reason then decides.
    #[must_use]
    pub(crate) fn held_up(mut self, by: Option<Reason>) -> Self {
        let (Verdict::Report, Some(reason)) = (&self.decision, by) else { return self };
        for setting in &mut self.settings {
            setting.decides = false;
        }
        let value = match reason.code {
            Code::ReceiverRetryLater => "asked to retry later",
            _ => "the last receipt is not verified",
        };
        self.settings.push(Setting {
            name: "receiver".to_owned(),
            value: value.to_owned(),
            says: Effect::No,
            decides: true,
        });
        self.decision = Verdict::Nothing(reason);
        self
    }

    /// The decision in a word, and the reason or an explanation.
    #[must_use]
    pub fn summary(&self) -> (Status, Reason) {
        match &self.decision {
            Verdict::Report => (Status::On, Reason::new(Code::On, "the next run sends a report")),
            Verdict::Clear => (
                Status::ClearPending,
                Reason::new(
                    Code::ClearPending,
                    "the next run asks all receivers to delete your reports; `callback-agent enable` cancels the \
                     deletion",
                ),
            ),
            Verdict::Nothing(reason) => (Status::Off, reason.clone()),
        }
    }
}

/// The inputs.
#[derive(Debug, Clone, Copy)]
pub struct PolicyInputs<'a> {
    /// The environment variable that blocks reports.
    pub environment: Option<&'static str>,
    /// The delete request that is pending here.
    pub pending: Option<&'a Pending>,
    /// The recorded consent.
    pub consent: &'a Consent,
    /// The install and receiver of the run; `None` if they are unknown.
    pub target: Option<(&'a str, &'a Receiver)>,
    /// LibreNMS's settings; `None` if they cannot be read.
    pub settings: Option<&'a Settings>,
}

/// The environment variable that blocks reports, if one is set.
#[must_use]
pub fn denied_by_environment() -> Option<&'static str> {
    ["DO_NOT_TRACK", "CALLBACK_DISABLED"].into_iter().find(|name| {
        let value = std::env::var_os(name).unwrap_or_default();
        // A value that is not valid Unicode blocks, too.
        !matches!(value.to_str().map(str::trim), Some("" | "0" | "false" | "no" | "off"))
    })
}

/// Evaluates all settings.
#[must_use]
pub fn verdict(inputs: &PolicyInputs<'_>) -> PolicyVerdict {
    let answers = [clear(inputs), environment(inputs), consent(inputs), usage(inputs), stock_sender(inputs)];
    let decides = answers
        .iter()
        .position(|answer| answer.says == Effect::Clear)
        .or_else(|| answers.iter().position(|answer| answer.says == Effect::No));
    let decision = match decides {
        Some(at) if answers[at].says == Effect::Clear => Verdict::Clear,
        Some(at) => Verdict::Nothing(answers[at].because.clone().unwrap_or_else(|| Reason::new(Code::Internal, ""))),
        None => Verdict::Report,
    };
    // If nothing blocks, the admin's consent decides.
    let decides = decides.unwrap_or(2);
    let settings = answers.into_iter().enumerate().map(|(at, answer)| Setting {
        name: answer.name.to_owned(),
        value: answer.value,
        says: answer.says,
        decides: at == decides,
    });
    PolicyVerdict { decision, settings: settings.collect() }
}

/// The evaluation of a setting.
struct Answer {
    name: &'static str,
    value: String,
    says: Effect,
    /// For a setting that blocks: why, and how to change it.
    because: Option<Reason>,
}

impl Answer {
    fn passes(name: &'static str, value: impl Into<String>, says: Effect) -> Self {
        Self { name, value: value.into(), says, because: None }
    }

    fn blocks(name: &'static str, value: impl Into<String>, because: Reason) -> Self {
        Self { name, value: value.into(), says: Effect::No, because: Some(because) }
    }
}

fn clear(inputs: &PolicyInputs<'_>) -> Answer {
    let librenms = inputs.settings.is_some_and(|settings| settings.stock_sender == StockSender::ClearPending);
    match inputs.pending {
        Some(pending) => Answer::passes("clear", format!("pending, {}", pending.by.words()), Effect::Clear),
        None if librenms => {
            Answer::passes("clear", "pending in LibreNMS (`enabled` is 2 in table `callback`)", Effect::Clear)
        }
        None => Answer::passes("clear", "none pending", Effect::Nothing),
    }
}

fn environment(inputs: &PolicyInputs<'_>) -> Answer {
    match inputs.environment {
        Some(name) => Answer::blocks(
            "environment",
            format!("{name} is set"),
            Reason::new(Code::BlockedByEnvironment, format!("{name} is set in the environment")),
        ),
        None => Answer::passes("environment", "neither DO_NOT_TRACK nor CALLBACK_DISABLED is set", Effect::Nothing),
    }
}

fn consent(inputs: &PolicyInputs<'_>) -> Answer {
    let blocks = |value: &str, because| Answer::blocks("here", value, because);
    match inputs.consent {
        Consent::NeverAsked => blocks(
            "not given",
            Reason::new(
                Code::NotOptedIn,
                "you have not opted in yet; see the report with `callback-agent preview`, then run `callback-agent enable`",
            ),
        ),
        Consent::Off(_) => {
            blocks("off", Reason::new(Code::OptedOut, "you opted out; to opt in again: callback-agent enable"))
        }
        Consent::On(given) => match inputs.target {
            Some((install, _)) if install != given.install => blocks(
                "on, for a different LibreNMS",
                Reason::new(
                    Code::OtherLibrenms,
                    "you opted in for a different LibreNMS database; to opt in for this one: callback-agent enable",
                ),
            ),
            Some((_, receiver)) if (&receiver.url, receiver.kind) != (&given.receiver.url, given.receiver.kind) => {
                blocks(
                    "on, for a different receiver",
                    Reason::new(
                        Code::OtherReceiver,
                        format!(
                            "you opted in to {0} ({1}), but a run would use {2} ({3}); set `receiver.url` to {0} and \
                             `receiver.kind` to {1} in the configuration, or opt in to the other: callback-agent \
                             enable --receiver {2} --receiver-kind {3}",
                            given.receiver.shown(),
                            given.receiver.kind.name(),
                            receiver.shown(),
                            receiver.kind.name()
                        ),
                    ),
                )
            }
            // A delete request sends the uuid and the secret to that URL.
            Some((_, receiver)) if receiver.clear_url != given.receiver.clear_url => blocks(
                "on, with a different URL for delete requests",
                Reason::new(
                    Code::OtherClearUrl,
                    format!(
                        "you opted in with {} as the URL for delete requests, but it is now {}; to accept the new URL: \
                         callback-agent enable",
                        without_query(&given.receiver.clear_url),
                        without_query(&receiver.clear_url)
                    ),
                ),
            ),
            _ => Answer::passes("here", "on", Effect::Yes),
        },
    }
}

fn usage(inputs: &PolicyInputs<'_>) -> Answer {
    let name = "reporting.usage";
    match inputs.settings {
        None => Answer::passes(name, "not read", Effect::Nothing),
        Some(settings) if settings.unreadable.contains(name) => match settings.php_problem() {
            Some(problem) => {
                Answer::blocks(name, "config.php cannot be parsed", Reason::new(Code::BlockedByUsage, problem))
            }
            None => Answer::blocks(
                name,
                "computed in config.php",
                Reason::new(
                    Code::BlockedByUsage,
                    "config.php computes reporting.usage, and the agent does not run PHP; set it there to true or false",
                ),
            ),
        },
        Some(settings) if settings.usage_is_off() => {
            let remedy = match settings.in_config_php.contains(name) {
                true => "reporting.usage is false in LibreNMS's config.php; set it there to true",
                false => "reporting.usage is false in LibreNMS; run: lnms config:set reporting.usage true",
            };
            Answer::blocks(name, "false", Reason::new(Code::BlockedByUsage, remedy))
        }
        Some(settings) if settings.by_name.contains_key(name) => Answer::passes(name, "true", Effect::Yes),
        Some(_) => Answer::passes(name, "not set", Effect::Nothing),
    }
}

fn stock_sender(inputs: &PolicyInputs<'_>) -> Answer {
    let name = "callback.enabled";
    match inputs.settings.map(|settings| settings.stock_sender) {
        None => Answer::passes(name, "not read", Effect::Nothing),
        Some(StockSender::Off) => Answer::passes(name, "0 or not set", Effect::Nothing),
        Some(StockSender::ClearPending) => Answer::passes(name, "2, a deletion is pending", Effect::Nothing),
        Some(StockSender::On) => Answer::blocks(
            name,
            "1, LibreNMS's built-in sender is on",
            Reason::new(
                Code::BlockedBySender,
                "LibreNMS's built-in sender is on (`enabled` is 1 in table `callback`), so reports would be sent twice; to \
                 turn it off: callback-agent enable --take-over",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::Kind;
    use crate::store::consent::{Choices, Given};
    use crate::store::pending_clear::AskedBy;

    fn receiver(url: &str, kind: Kind) -> Receiver {
        Receiver::new(url, kind, None).unwrap()
    }

    fn on() -> Consent {
        Consent::On(Given {
            at: jiff::Timestamp::UNIX_EPOCH,
            who: None,
            payload_schema: 1,
            module_sha256: String::new(),
            text_version: 1,
            install: "here".into(),
            receiver: receiver("https://a.example/log.php", Kind::Stock),
            choices: Choices::default(),
        })
    }

    fn settings(usage: Option<&str>, stock_sender: &str) -> Settings {
        let mut settings = Settings { stock_sender: StockSender::of(stock_sender), ..Settings::default() };
        if let Some(usage) = usage {
            settings.by_name.insert("reporting.usage".into(), usage.into());
        }
        settings
    }

    #[test]
    fn settings_of_config_php_must_be_changed_there() {
        let (on, receiver) = (on(), receiver("https://a.example/log.php", Kind::Stock));
        let remedy = |settings: &Settings| {
            let target = Some(("here", &receiver));
            let inputs =
                PolicyInputs { environment: None, pending: None, consent: &on, target, settings: Some(settings) };
            match verdict(&inputs).decision {
                Verdict::Nothing(reason) => reason.text,
                other => panic!("{other:?}"),
            }
        };
        let mut settings = settings(Some("false"), "");
        assert!(remedy(&settings).contains("lnms config:set"));
        settings.in_config_php.insert("reporting.usage");
        assert!(!remedy(&settings).contains("lnms config:set"), "config.php overrides the database");
    }

    #[test]
    fn the_first_blocking_setting_decides_after_a_pending_deletion() {
        let (on, off, never) = (on(), Consent::Off(None), Consent::NeverAsked);
        let pending = Pending::new(None, AskedBy::Admin);
        let (a, b) =
            (receiver("https://a.example/log.php", Kind::Stock), receiver("https://b.example/log.php", Kind::Stock));
        let ours = receiver("https://a.example/log.php", Kind::CallbackStats);
        let cleared_elsewhere =
            Receiver::new("https://a.example/log.php", Kind::Stock, Some("https://b.example/clear.php")).unwrap();
        type Case<'a> = (Option<&'static str>, bool, &'a Consent, (&'a str, &'a Receiver), Settings, &'a str, &'a str);
        let cases: [Case<'_>; 15] = [
            (None, false, &on, ("here", &a), settings(None, ""), "here", "report"),
            (None, false, &on, ("here", &a), settings(Some("true"), "0"), "here", "report"),
            (
                Some("DO_NOT_TRACK"),
                false,
                &on,
                ("here", &a),
                settings(None, ""),
                "environment",
                "blocked-by-environment",
            ),
            (
                Some("DO_NOT_TRACK"),
                false,
                &off,
                ("here", &a),
                settings(None, ""),
                "environment",
                "blocked-by-environment",
            ),
            (None, false, &off, ("here", &a), settings(Some("false"), ""), "here", "opted-out"),
            (None, false, &never, ("here", &a), settings(Some("true"), ""), "here", "not-opted-in"),
            (None, false, &on, ("there", &a), settings(None, ""), "here", "other-librenms"),
            (None, false, &on, ("here", &b), settings(None, ""), "here", "other-receiver"),
            (None, false, &on, ("here", &ours), settings(None, ""), "here", "other-receiver"),
            (None, false, &on, ("here", &cleared_elsewhere), settings(None, ""), "here", "other-clear-url"),
            (None, false, &on, ("here", &a), settings(Some("false"), "1"), "reporting.usage", "blocked-by-usage"),
            (None, false, &on, ("here", &a), settings(Some("true"), "1"), "callback.enabled", "blocked-by-sender"),
            (None, false, &on, ("here", &a), settings(None, "2"), "clear", "clear"),
            (None, true, &on, ("here", &a), settings(Some("false"), "1"), "clear", "clear"),
            (Some("CALLBACK_DISABLED"), true, &never, ("x", &b), settings(None, ""), "clear", "clear"),
        ];
        for (environment, clear, consent, target, settings, decides, expected) in cases {
            let pending = clear.then_some(&pending);
            let inputs =
                PolicyInputs { environment, pending, consent, target: Some(target), settings: Some(&settings) };
            let result = verdict(&inputs);
            let names: Vec<_> =
                result.settings.iter().filter(|setting| setting.decides).map(|setting| setting.name.as_str()).collect();
            assert_eq!(names, [decides], "{expected}");
            match result.decision {
                Verdict::Report => assert_eq!(expected, "report"),
                Verdict::Clear => assert_eq!(expected, "clear"),
                Verdict::Nothing(reason) => assert_eq!(reason.code.as_str(), expected, "{}", reason.text),
            }
        }
    }
}
