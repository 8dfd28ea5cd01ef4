//! The command `doctor`: prints the checks by area, with a summary at the end.

use super::args::{Command, Common, DoctorArgs};
use super::{Context, output, root};
use crate::app::doctor::{DoctorRequest, doctor as examine};
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::librenms::Location;
use crate::progress::Progress;
use crate::receiver::ReceiverOverride;
use callback_common::display::counted;
use callback_protocol::agent_api::{Check, CheckArea, CheckCounts, CheckState, Diagnosis};
use std::path::PathBuf;

/// Maximum line width, in columns.
const WIDTH: usize = 96;

/// Indentation of a check's text, in columns.
const INDENT: usize = 11;

pub(super) async fn doctor(common: Common, arguments: DoctorArgs) -> Result<()> {
    let quiet = common.quiet;
    let loaded = Config::load(common.config.as_deref());
    let salvaged = loaded.as_ref().err().map(|_| Config::salvage(common.config.as_deref()));
    let (mut config, error, is_lost) = match (loaded, salvaged) {
        (Ok(config), _) => (config, None, false),
        (Err(error), Some(Some(config))) => (config, Some(error), false),
        (Err(error), _) => (Config::default(), Some(error), true),
    };
    let state_from = state_from(common.state.as_ref(), &config);
    if let Some(state) = common.state {
        config.state = Some(state);
    }
    let (named, config_file) = (common.librenms.or(common.install), common.config);
    let context = Context { config, config_file, named, user: common.user, progress: Progress::new(true), quiet };
    let json = arguments.output.json;
    let receiver_named_in = receiver_named_in();
    let named: ReceiverOverride =
        ReceiverOverride { url: arguments.receiver.url.clone(), kind: arguments.receiver.kind };
    let root_error = root::drop_root(&context, &Command::Doctor(arguments)).err();
    let request = DoctorRequest {
        config: &context.config,
        config_file: context.config_path(),
        config_error: error.as_ref(),
        location: location(&context, is_lost),
        named_in: context.named_in(),
        named: &named,
        receiver_named_in,
        state: state(&context, is_lost),
        state_from,
        root_error,
    };
    let diagnosis = examine(&request).await;
    if json {
        output::json(&diagnosis)?;
    } else {
        output::lines(&in_words(&diagnosis, quiet))?;
    }
    if diagnosis.counts.problems == 0 {
        return Ok(());
    }
    Err(Error::new(Code::ProblemsFound, format!("{}: {}", problems(diagnosis.counts.problems), names(&diagnosis))))
}

/// The state directory; an error if the configuration names it, but wrongly.
fn state(context: &Context, is_lost: bool) -> Result<PathBuf> {
    if context.config.state.is_none() && !is_lost && context.config.lost.contains("state") {
        return Err(Error::new(
            Code::ConfigInvalid,
            "`state` in the configuration is wrong; correct it, or pass --state DIR",
        ));
    }
    context.state_directory()
}

/// The LibreNMS to check. If the configuration cannot be read, it may name one other than the default, so it is
/// unknown.
fn location(context: &Context, is_lost: bool) -> Result<Location> {
    let is_lost = is_lost || ["librenms", "install"].iter().any(|key| context.config.lost.contains(*key));
    if is_lost && context.named_in() == "default" {
        return Err(Error::new(
            Code::LibrenmsNotNamed,
            "the configuration cannot be read, and may name LibreNMS; correct it, or pass --librenms PATH",
        ));
    }
    context.location()
}

/// Where the state directory is named.
fn state_from(named: Option<&PathBuf>, config: &Config) -> String {
    const VARIABLE: &str = "CALLBACK_STATE";
    match named {
        Some(named) if super::environment(VARIABLE).is_some_and(|value| *named == *value) => {
            format!("{VARIABLE} in the environment")
        }
        Some(_) => "--state".to_owned(),
        None if config.state.is_some() => "state in the configuration".to_owned(),
        None => config.state_origin().to_owned(),
    }
}

/// Where the receiver for this command is named.
fn receiver_named_in() -> &'static str {
    match std::env::args_os().any(|argument| argument.to_string_lossy().starts_with("--receiver")) {
        true => "--receiver",
        false => "CALLBACK_RECEIVER in the environment",
    }
}

fn problems(count: u32) -> String {
    counted(count.into(), "problem")
}

fn names(diagnosis: &Diagnosis) -> String {
    let problems = diagnosis.checks.iter().filter(|check| check.state == CheckState::Problem);
    problems.map(|check| check.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn in_words(diagnosis: &Diagnosis, quiet: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut area = None;
    let shown = diagnosis.checks.iter().filter(|check| !quiet || check.state == CheckState::Problem);
    for check in merged(shown) {
        if !quiet && area != Some(check.area) {
            if area.is_some() {
                lines.push(String::new());
            }
            lines.push(title(check.area).to_owned());
            area = Some(check.area);
        }
        lines.extend(check_in_words(&check));
    }
    if !quiet {
        let CheckCounts { problems: failed, warnings, notes, ok, not_checked } = diagnosis.counts;
        let counts = [problems(failed), counted(warnings.into(), "warning"), counted(notes.into(), "note")];
        lines.push(String::new());
        lines.push(format!("{}, {ok} ok, {not_checked} not checked", counts.join(", ")));
    }
    lines
}

/// Merges consecutive checks that were skipped for the same reason.
fn merged<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<Check> {
    let mut merged: Vec<Check> = Vec::new();
    for check in checks {
        match merged.last_mut() {
            Some(last) if check.state == CheckState::NotChecked && is_alike(last, check) => {
                last.name = format!("{}, {}", last.name, check.name);
            }
            _ => merged.push(check.clone()),
        }
    }
    merged
}

fn is_alike(one: &Check, other: &Check) -> bool {
    (one.area, one.state, &one.finding) == (other.area, other.state, &other.finding)
}

const fn title(area: CheckArea) -> &'static str {
    match area {
        CheckArea::Configuration => "Configuration",
        CheckArea::User => "User and state",
        CheckArea::Librenms => "LibreNMS",
        CheckArea::Database => "Database",
        CheckArea::Receiver => "Receiver",
        CheckArea::Schedule => "Schedule",
        CheckArea::Programs => "Programs",
    }
}

fn check_in_words(check: &Check) -> Vec<String> {
    let word = match check.state {
        CheckState::Ok => "ok",
        CheckState::Note => "note",
        CheckState::Warning => "WARNING",
        CheckState::Problem => "PROBLEM",
        CheckState::NotChecked => "-",
    };
    let parts = [check.name.clone(), output::visible(&check.subject), output::visible(&check.finding)];
    let text = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
    let mut lines = wrapped(&text, WIDTH - INDENT);
    if let Some(remedy) = &check.remedy {
        lines.extend(wrapped(&format!("-> {}", output::visible(remedy)), WIDTH - INDENT));
    }
    let before = |at| if at == 0 { format!("  {word:INDENT$}") } else { " ".repeat(INDENT) };
    let lead = |at: usize| before(at).chars().take(INDENT).collect::<String>();
    lines.iter().enumerate().map(|(at, line)| format!("{}{line}", lead(at))).collect()
}

/// Wraps a text. A word longer than the width gets its own line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_include_the_remedy() {
        let check = Check {
            name: "database-read".to_owned(),
            area: CheckArea::Database,
            state: CheckState::Problem,
            code: Code::DatabaseTableDenied.into(),
            subject: "librenms".to_owned(),
            finding: "the database user may not read these tables ".repeat(5),
            remedy: Some("run: GRANT SELECT".to_owned()),
        };
        let lines = check_in_words(&check);
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:#?}");
        assert!(lines[0].starts_with("  PROBLEM  database-read: librenms: "), "{lines:#?}");
        assert_eq!(lines.last().map(String::as_str), Some("           -> run: GRANT SELECT"));
    }
}
