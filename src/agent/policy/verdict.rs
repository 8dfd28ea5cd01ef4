//! The one place that decides what a run does: every setting, its value, and which of them decides.
//!
//! A pending clear comes first, since it works when reporting is off. Otherwise the first setting that blocks decides,
//! in this order: the environment, the admin's consent, LibreNMS's `reporting.usage`, LibreNMS's built-in sender.

use crate::code::Code;
use crate::error::Reason;
use crate::librenms::{Settings, StockSender};
use crate::receiver::{Receiver, without_query};
use crate::store::consent::Consent;
use crate::store::pending_clear::Pending;
use callback_protocol::agent_api::{Effect, Setting, Status};

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Send a report.
    Report,
    /// Have everything cleared.
    Clear,
    /// Nothing; why, and how to change it.
    Nothing(Reason),
}

/// All switches and what they come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// What a run would do.
    pub decision: Verdict,
    /// Every switch, in the order in which they are asked.
    pub switches: Vec<Setting>,
}

impl PolicyVerdict {
    /// The same where something keeps a report that is allowed from being sent: it decides instead of the consent.
    #[must_use]
    pub(crate) fn held_up(mut self, by: Option<Reason>) -> Self {
        let (Verdict::Report, Some(reason)) = (&self.decision, by) else { return self };
        for switch in &mut self.switches {
            switch.decides = false;
        }
        let value = match reason.code {
            Code::ReceiverRetryLater => "asked to retry later",
            _ => "the last receipt is not verified",
        };
        self.switches.push(Setting {
            name: "receiver".to_owned(),
            value: value.to_owned(),
            says: Effect::No,
            decides: true,
        });
        self.decision = Verdict::Nothing(reason);
        self
    }

    /// The word for it, and why or what that means.
    #[must_use]
    pub fn summary(&self) -> (Status, Reason) {
        match &self.decision {
            Verdict::Report => (Status::On, Reason::new(Code::On, "the next run sends a report")),
            Verdict::Clear => (
                Status::ClearPending,
                Reason::new(
                    Code::ClearPending,
                    "the next run asks all receivers to delete your reports; `callback-agent enable` cancels that",
                ),
            ),
            Verdict::Nothing(reason) => (Status::Off, reason.clone()),
        }
    }
}

/// What the switches are read from.
#[derive(Debug, Clone, Copy)]
pub struct PolicyInputs<'a> {
    /// The name of a variable of the environment that says no.
    pub environment: Option<&'static str>,
    /// The clear that is pending here.
    pub pending: Option<&'a Pending>,
    /// What the admin said here.
    pub consent: &'a Consent,
    /// The install and receiver that a run would be for; nothing where they are not known.
    pub target: Option<(&'a str, &'a Receiver)>,
    /// LibreNMS's own switches; nothing where they could not be read.
    pub settings: Option<&'a Settings>,
}

/// Whether the environment says that nothing may be sent, and by which name.
#[must_use]
pub fn denied_by_environment() -> Option<&'static str> {
    ["DO_NOT_TRACK", "CALLBACK_DISABLED"].into_iter().find(|name| {
        let value = std::env::var_os(name).unwrap_or_default();
        // What is no text is no "no" either.
        !matches!(value.to_str().map(str::trim), Some("" | "0" | "false" | "no" | "off"))
    })
}

/// What all switches come to.
#[must_use]
pub fn verdict(asked: &PolicyInputs<'_>) -> PolicyVerdict {
    let answers = [clear(asked), environment(asked), here(asked), usage(asked), stock_sender(asked)];
    let decides = answers
        .iter()
        .position(|answer| answer.says == Effect::Clear)
        .or_else(|| answers.iter().position(|answer| answer.says == Effect::No));
    let decision = match decides {
        Some(at) if answers[at].says == Effect::Clear => Verdict::Clear,
        Some(at) => Verdict::Nothing(answers[at].because.clone().unwrap_or_else(|| Reason::new(Code::Internal, ""))),
        None => Verdict::Report,
    };
    // Where nothing blocks, the admin's consent is what decides.
    let decides = decides.unwrap_or(2);
    let switches = answers.into_iter().enumerate().map(|(at, answer)| Setting {
        name: answer.name.to_owned(),
        value: answer.value,
        says: answer.says,
        decides: at == decides,
    });
    PolicyVerdict { decision, switches: switches.collect() }
}

/// What a setting comes to.
struct Answer {
    name: &'static str,
    value: String,
    says: Effect,
    /// Of a setting that blocks: why, and how to change it.
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

fn clear(asked: &PolicyInputs<'_>) -> Answer {
    let librenms = asked.settings.is_some_and(|settings| settings.stock_sender == StockSender::ClearPending);
    match asked.pending {
        Some(pending) => Answer::passes("clear", format!("pending, {}", pending.by.words()), Effect::Clear),
        None if librenms => {
            Answer::passes("clear", "pending in LibreNMS (`enabled` is 2 in table `callback`)", Effect::Clear)
        }
        None => Answer::passes("clear", "none pending", Effect::Nothing),
    }
}

fn environment(asked: &PolicyInputs<'_>) -> Answer {
    match asked.environment {
        Some(name) => Answer::blocks(
            "environment",
            format!("{name} is set"),
            Reason::new(Code::BlockedByEnvironment, format!("{name} is set in the environment")),
        ),
        None => Answer::passes("environment", "neither DO_NOT_TRACK nor CALLBACK_DISABLED is set", Effect::Nothing),
    }
}

fn here(asked: &PolicyInputs<'_>) -> Answer {
    let blocks = |value: &str, because| Answer::blocks("here", value, because);
    match asked.consent {
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
        Consent::On(given) => match asked.target {
            Some((install, _)) if install != given.install => blocks(
                "on, for another LibreNMS",
                Reason::new(
                    Code::OtherLibrenms,
                    "you opted in for another LibreNMS database; to opt in for this one: callback-agent enable",
                ),
            ),
            Some((_, receiver)) if (&receiver.url, receiver.kind) != (&given.receiver.url, given.receiver.kind) => {
                blocks(
                    "on, for another receiver",
                    Reason::new(
                        Code::OtherReceiver,
                        format!(
                            "you opted in for {} ({}), but the receiver is now {} ({}); to opt in for it: callback-agent enable",
                            given.receiver.shown(),
                            given.receiver.kind.name(),
                            receiver.shown(),
                            receiver.kind.name()
                        ),
                    ),
                )
            }
            // A clear tells that address the uuid and proves it with the secret.
            Some((_, receiver)) if receiver.clear_url != given.receiver.clear_url => blocks(
                "on, with another address for delete requests",
                Reason::new(
                    Code::OtherClearUrl,
                    format!(
                        "you opted in with {} for delete requests, but it is now {}; to opt in for it: callback-agent enable",
                        without_query(&given.receiver.clear_url),
                        without_query(&receiver.clear_url)
                    ),
                ),
            ),
            _ => Answer::passes("here", "on", Effect::Yes),
        },
    }
}

fn usage(asked: &PolicyInputs<'_>) -> Answer {
    let name = "reporting.usage";
    match asked.settings {
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

fn stock_sender(asked: &PolicyInputs<'_>) -> Answer {
    let name = "callback.enabled";
    match asked.settings.map(|settings| settings.stock_sender) {
        None => Answer::passes(name, "not read", Effect::Nothing),
        Some(StockSender::Off) => Answer::passes(name, "0 or not set", Effect::Nothing),
        Some(StockSender::ClearPending) => Answer::passes(name, "2, a clear is pending", Effect::Nothing),
        Some(StockSender::On) => Answer::blocks(
            name,
            "1, LibreNMS's built-in sender is on",
            Reason::new(
                Code::BlockedBySender,
                "LibreNMS's built-in sender is on (`enabled` is 1 in table `callback`), so reports would be sent twice; to \
                 switch it off: callback-agent enable --take-over",
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
    fn what_config_php_sets_is_to_be_changed_there() {
        let (on, receiver) = (on(), receiver("https://a.example/log.php", Kind::Stock));
        let remedy = |settings: &Settings| {
            let target = Some(("here", &receiver));
            let asked =
                PolicyInputs { environment: None, pending: None, consent: &on, target, settings: Some(settings) };
            match verdict(&asked).decision {
                Verdict::Nothing(reason) => reason.text,
                other => panic!("{other:?}"),
            }
        };
        let mut settings = settings(Some("false"), "");
        assert!(remedy(&settings).contains("lnms config:set"));
        settings.in_config_php.insert("reporting.usage");
        assert!(!remedy(&settings).contains("lnms config:set"), "config.php wins over the database");
    }

    #[test]
    fn the_first_switch_that_says_no_decides_and_a_clear_comes_before_all() {
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
            let asked = PolicyInputs { environment, pending, consent, target: Some(target), settings: Some(&settings) };
            let standing = verdict(&asked);
            let names: Vec<_> =
                standing.switches.iter().filter(|switch| switch.decides).map(|switch| switch.name.as_str()).collect();
            assert_eq!(names, [decides], "{expected}");
            match standing.decision {
                Verdict::Report => assert_eq!(expected, "report"),
                Verdict::Clear => assert_eq!(expected, "clear"),
                Verdict::Nothing(reason) => assert_eq!(reason.code.as_str(), expected, "{}", reason.text),
            }
        }
    }
}
