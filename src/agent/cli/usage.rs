//! Command-line errors. They never repeat arguments, since an argument may be a password.

use super::args::Cli;
use crate::code::Code;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error, Parser};
use std::process::ExitCode;

/// Parses the command line, or prints what is wrong with it.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            // Help or version: neither contains any arguments.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
        let error = crate::error::Error::new(Code::Usage, format!("{}; see callback-agent --help", describe(&error)));
        if is_plugin() {
            return super::status::unknown(error.message());
        }
        super::print_error(&error, wants_json());
        ExitCode::from(error.exit().status())
    })
}

/// Whether results and errors are to be JSON. Works even if the command line cannot be parsed.
pub(crate) fn wants_json() -> bool {
    std::env::args_os().any(|argument| argument == "--json")
}

/// Whether a monitoring system reads the result. Works even if the command line cannot be parsed.
fn is_plugin() -> bool {
    let has = |wanted: &str| std::env::args_os().any(|argument| argument == wanted);
    has("status") && has("--check")
}

/// The error in a sentence. Of the arguments, it contains only names of known options and commands.
fn describe(error: &Error) -> String {
    let own: Vec<String> = names(error, ContextKind::InvalidArg).filter(|name| is_known_name(name)).collect();
    let prior: Vec<String> = names(error, ContextKind::PriorArg).collect();
    let own = if own.is_empty() { "an argument".to_owned() } else { own.join(" and ") };
    let wrong = match error.kind() {
        ErrorKind::ArgumentConflict if prior.contains(&own) => format!("{own} is given twice"),
        ErrorKind::ArgumentConflict => format!("{own} cannot be combined with {}", prior.join(", ")),
        ErrorKind::MissingRequiredArgument => format!("{own} is missing"),
        // clap reports a value that is missing as an empty one.
        ErrorKind::InvalidValue if names(error, ContextKind::InvalidValue).all(|value| value.is_empty()) => {
            format!("{own} lacks a value")
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("the value of {own} is not valid{}", expected_form(error))
        }
        ErrorKind::TooManyValues => format!("{own} does not take this value"),
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => format!("{own} lacks a value"),
        ErrorKind::UnknownArgument => match short_option(names(error, ContextKind::InvalidArg)) {
            Some(name) => format!("unknown argument {name}"),
            None => "unknown argument".to_owned(),
        },
        ErrorKind::InvalidSubcommand => "unknown command".to_owned(),
        ErrorKind::MissingSubcommand => "a command is missing".to_owned(),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => "the command line cannot be parsed".to_owned(),
    };
    let listed = |kind| names(error, kind).collect::<Vec<_>>();
    let expected = [listed(ContextKind::ValidValue), listed(ContextKind::ValidSubcommand)].concat();
    // clap lists the most similar one last.
    let meant = [listed(ContextKind::SuggestedArg), listed(ContextKind::SuggestedSubcommand)].concat().pop();
    match (meant, expected.is_empty()) {
        (Some(meant), _) => format!("{wrong}, did you mean {meant}?"),
        (None, false) => format!("{wrong}, expected {}", expected.join(", ")),
        (None, true) => wrong,
    }
}

/// The form that this program's parsers expect. Other messages may repeat the value.
fn expected_form(error: &Error) -> String {
    let message = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if message.starts_with("expected ") { format!(", {message}") } else { String::new() }
}

/// An argument that is too short for a password: a dash and one letter or digit. It may be a negative number.
fn short_option(mut names: impl Iterator<Item = String>) -> Option<String> {
    let name = names.next()?;
    let rest = name.strip_prefix('-')?;
    (rest.len() == 1 && rest.chars().all(|c| c.is_ascii_alphanumeric())).then_some(name)
}

fn names(error: &Error, kind: ContextKind) -> impl Iterator<Item = String> {
    let names = match error.get(kind) {
        Some(ContextValue::String(name)) => vec![name.clone()],
        Some(ContextValue::Strings(names)) => names.clone(),
        _ => Vec::new(),
    };
    names.into_iter()
}

/// Whether a text is exactly the name of a known option or command.
fn is_known_name(name: &str) -> bool {
    let mut command = Cli::command();
    command.build();
    let mut commands = vec![&command];
    while let Some(command) = commands.pop() {
        if command.get_arguments().any(|argument| argument.to_string() == name) {
            return true;
        }
        commands.extend(command.get_subcommands());
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(arguments: &[&str]) -> String {
        match Cli::try_parse_from(std::iter::once(&"callback-agent").chain(arguments)) {
            Ok(_) => String::new(),
            Err(error) => describe(&error),
        }
    }

    #[test]
    fn a_misplaced_password_is_never_repeated() {
        for arguments in [
            vec!["preview", "mysql://me:hunter2@db/x"],
            vec!["hunter2"],
            vec!["submit", "--hunter2"],
            vec!["submit", "--password=hunter2"],
            vec!["submit", "--receiver-kind", "hunter2"],
            vec!["submit", "--splay", "hunter2"],
            vec!["show", "hunter2"],
            vec!["preview", "--raw=hunter2"],
            vec!["--quiet=hunter2", "preview"],
        ] {
            let message = message(&arguments);
            assert!(!message.is_empty() && !message.contains("hunter2"), "{arguments:?}: {message}");
        }
    }

    #[test]
    fn errors_name_known_options_and_commands() {
        for (arguments, sentence) in [
            (&["preview", "--json", "--raw"][..], "--json cannot be combined with --raw"),
            (&["preview", "--json", "--json"], "--json is given twice"),
            (
                &["submit", "--receiver-kind", "x"],
                "the value of --receiver-kind <KIND> is not valid, expected stock, callback-stats",
            ),
            (
                &["submit", "--splay", "1x"],
                "the value of --splay <TIME> is not valid, expected a time of at most a day, for example 90s, 20m or 3h",
            ),
            (&["show", "abc"], "the value of <ID> is not valid, expected a number, last or today"),
            (
                &["serve", "--listen", "x"],
                "the value of --listen <ADDRESS> is not valid, expected an address and a port, for example 127.0.0.1:8080",
            ),
            (&["submit", "--splay"], "--splay <TIME> lacks a value"),
            (&["enable", "--who"], "--who <NAME> lacks a value"),
            (&["submit", "--receiver-kind"], "--receiver-kind <KIND> lacks a value, expected stock, callback-stats"),
            (&["submt"], "unknown command, did you mean submit?"),
            (&["preveiw"], "unknown command, did you mean preview?"),
            (&["preview", "--limit", "-1"], "the value of --limit <N> is not valid, expected a number, for example 20"),
            (&["preview", "-x"], "unknown argument -x"),
            (&["preview", "--jsn"], "unknown argument, did you mean --json?"),
            (&["preview", "--json=x"], "--json does not take this value"),
            (&["upload"], "<FILE> is missing"),
            (&["preview", "x"], "unknown argument"),
        ] {
            assert_eq!(message(arguments), sentence, "{arguments:?}");
        }
    }
}
