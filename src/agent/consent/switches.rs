//! The one place that says what a run would do: every switch, its value, and which of them decides.
//!
//! A pending clear comes first, since it works when reporting is off. Otherwise the first switch that says no decides,
//! in this order: the environment, the admin here, LibreNMS's `reporting.usage`, LibreNMS's own sender.

use super::pending::Pending;
use super::record::Consent;
use crate::receiver::Receiver;
use crate::source::{Settings, StockSender};
use serde::Serialize;

/// What a run would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Send a report.
    Report,
    /// Have everything cleared.
    Clear,
    /// Nothing; in words, why and how to change it.
    Nothing(String),
}

/// What a switch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Says {
    /// Reports may be sent.
    Yes,
    /// Nothing may be sent.
    No,
    /// It has no opinion.
    Nothing,
    /// Everything is to be cleared.
    Clear,
}

/// One switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Switch {
    /// Its name.
    pub name: &'static str,
    /// Its value, in words.
    pub value: String,
    /// What that means.
    pub says: Says,
    /// Whether it is the one that decides.
    pub decides: bool,
}

/// All switches and what they come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What a run would do.
    pub decision: Decision,
    /// Every switch, in the order in which they are asked.
    pub switches: Vec<Switch>,
}

impl Standing {
    /// The word for it, and why or what that means.
    #[must_use]
    pub fn summary(&self) -> (&'static str, String) {
        match &self.decision {
            Decision::Report => ("on", "a run sends a report".to_owned()),
            Decision::Clear => {
                ("clear pending", "a run has everything cleared; `enable` before that cancels it".to_owned())
            }
            Decision::Nothing(why) => ("off", why.replacen("nothing was sent: ", "", 1)),
        }
    }
}

/// What the switches are read from.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
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
pub fn standing(asked: &Asked<'_>) -> Standing {
    let answers = [clear(asked), environment(asked), here(asked), usage(asked), stock_sender(asked)];
    let decides = answers
        .iter()
        .position(|answer| answer.says == Says::Clear)
        .or_else(|| answers.iter().position(|answer| answer.says == Says::No));
    let decision = match decides {
        Some(at) if answers[at].says == Says::Clear => Decision::Clear,
        Some(at) => Decision::Nothing(format!("nothing was sent: {}", answers[at].because)),
        None => Decision::Report,
    };
    // Where nobody says no, the admin's yes is what decides.
    let decides = decides.unwrap_or(2);
    let switches = answers.into_iter().enumerate().map(|(at, answer)| Switch {
        name: answer.name,
        value: answer.value,
        says: answer.says,
        decides: at == decides,
    });
    Standing { decision, switches: switches.collect() }
}

/// A switch's answer.
struct Answer {
    name: &'static str,
    value: String,
    says: Says,
    /// Why a no is a no, and how to change it.
    because: String,
}

fn clear(asked: &Asked<'_>) -> Answer {
    let librenms = asked.settings.is_some_and(|settings| settings.stock_sender == StockSender::ClearPending);
    let (value, says) = match asked.pending {
        Some(pending) => (format!("pending, {}", pending.by.words()), Says::Clear),
        None if librenms => ("pending in LibreNMS (`enabled` is 2 in table `callback`)".to_owned(), Says::Clear),
        None => ("not asked for".to_owned(), Says::Nothing),
    };
    Answer { name: "clear", value, says, because: String::new() }
}

fn environment(asked: &Asked<'_>) -> Answer {
    let (value, says) = match asked.environment {
        Some(name) => (format!("{name} is set"), Says::No),
        None => ("neither DO_NOT_TRACK nor CALLBACK_DISABLED is set".to_owned(), Says::Nothing),
    };
    Answer { name: "environment", because: format!("{value} in the environment"), value, says }
}

fn here(asked: &Asked<'_>) -> Answer {
    let no = |value: &str, because: &str| (value.to_owned(), Says::No, because.to_owned());
    let (value, says, because) = match asked.consent {
        Consent::NeverAsked => no(
            "never asked",
            "it was never asked for here; look at `callback-agent preview`, then: callback-agent enable",
        ),
        Consent::Off(_) => no("off", "reporting is off here; switch it on with: callback-agent enable"),
        Consent::On(given) => match asked.target {
            Some((install, _)) if install != given.install => no(
                "on, for another install",
                "what was allowed is for another install than this; allow this one with: callback-agent enable",
            ),
            Some((_, receiver)) if (&receiver.url, receiver.kind) != (&given.receiver.url, given.receiver.kind) => no(
                "on, for another receiver",
                "what was allowed is for another receiver than this; allow this one with: callback-agent enable",
            ),
            // A clear tells that address the pseudonym and proves it with the secret.
            Some((_, receiver)) if receiver.clear_url != given.receiver.clear_url => no(
                "on, with another address for clears",
                "what was allowed is for another address for clears than this; allow this one with: callback-agent enable",
            ),
            _ => ("on".to_owned(), Says::Yes, String::new()),
        },
    };
    Answer { name: "here", value, says, because }
}

fn usage(asked: &Asked<'_>) -> Answer {
    let (value, says) = match asked.settings {
        None => ("not read".to_owned(), Says::Nothing),
        Some(settings) if settings.unreadable.contains("reporting.usage") => {
            ("set in config.php in a way that cannot be read".to_owned(), Says::No)
        }
        Some(settings) if settings.usage_is_off() => ("false".to_owned(), Says::No),
        Some(settings) if settings.by_name.contains_key("reporting.usage") => ("true".to_owned(), Says::Yes),
        Some(_) => ("not set".to_owned(), Says::Nothing),
    };
    let because = format!(
        "reporting is off in LibreNMS (reporting.usage is {value}); switch it on with: lnms config:set reporting.usage \
         true, and look into config.php"
    );
    Answer { name: "reporting.usage", value, says, because }
}

fn stock_sender(asked: &Asked<'_>) -> Answer {
    let (value, says) = match asked.settings.map(|settings| settings.stock_sender) {
        None => ("not read", Says::Nothing),
        Some(StockSender::Off) => ("0 or absent", Says::Nothing),
        Some(StockSender::ClearPending) => ("2, a clear is pending", Says::Nothing),
        Some(StockSender::On) => ("1, LibreNMS's own sender is on", Says::No),
    };
    let because = "LibreNMS's own sender is on (`enabled` is 1 in table `callback`) and would report twice; take over from \
                   it with: callback-agent enable --take-over";
    Answer { name: "callback.enabled", value: value.to_owned(), says, because: because.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::pending::AskedBy;
    use crate::consent::record::{Choices, Given};
    use crate::receiver::Kind;

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
    fn the_first_switch_that_says_no_decides_and_a_clear_comes_before_all() {
        let (on, off, never) = (on(), Consent::Off(None), Consent::NeverAsked);
        let pending = Pending { asked: None, by: AskedBy::Admin, uuids: Vec::new() };
        let (a, b) =
            (receiver("https://a.example/log.php", Kind::Stock), receiver("https://b.example/log.php", Kind::Stock));
        let ours = receiver("https://a.example/log.php", Kind::CallbackStats);
        let cleared_elsewhere =
            Receiver::new("https://a.example/log.php", Kind::Stock, Some("https://b.example/clear.php")).unwrap();
        type Case<'a> = (Option<&'static str>, bool, &'a Consent, (&'a str, &'a Receiver), Settings, &'a str, &'a str);
        let cases: [Case<'_>; 15] = [
            (None, false, &on, ("here", &a), settings(None, ""), "here", "report"),
            (None, false, &on, ("here", &a), settings(Some("true"), "0"), "here", "report"),
            (Some("DO_NOT_TRACK"), false, &on, ("here", &a), settings(None, ""), "environment", "DO_NOT_TRACK"),
            (Some("DO_NOT_TRACK"), false, &off, ("here", &a), settings(None, ""), "environment", "DO_NOT_TRACK"),
            (None, false, &off, ("here", &a), settings(Some("false"), ""), "here", "off here"),
            (None, false, &never, ("here", &a), settings(Some("true"), ""), "here", "never asked"),
            (None, false, &on, ("there", &a), settings(None, ""), "here", "another install"),
            (None, false, &on, ("here", &b), settings(None, ""), "here", "another receiver"),
            (None, false, &on, ("here", &ours), settings(None, ""), "here", "another receiver"),
            (None, false, &on, ("here", &cleared_elsewhere), settings(None, ""), "here", "another address for clears"),
            (None, false, &on, ("here", &a), settings(Some("false"), "1"), "reporting.usage", "off in LibreNMS"),
            (None, false, &on, ("here", &a), settings(Some("true"), "1"), "callback.enabled", "own sender"),
            (None, false, &on, ("here", &a), settings(None, "2"), "clear", "clear"),
            (None, true, &on, ("here", &a), settings(Some("false"), "1"), "clear", "clear"),
            (Some("CALLBACK_DISABLED"), true, &never, ("x", &b), settings(None, ""), "clear", "clear"),
        ];
        for (environment, clear, consent, target, settings, decides, expected) in cases {
            let pending = clear.then_some(&pending);
            let asked = Asked { environment, pending, consent, target: Some(target), settings: Some(&settings) };
            let standing = standing(&asked);
            let names: Vec<_> =
                standing.switches.iter().filter(|switch| switch.decides).map(|switch| switch.name).collect();
            assert_eq!(names, [decides], "{expected}");
            match standing.decision {
                Decision::Report => assert_eq!(expected, "report"),
                Decision::Clear => assert_eq!(expected, "clear"),
                Decision::Nothing(why) => assert!(why.contains(expected), "{why}"),
            }
        }
    }
}
