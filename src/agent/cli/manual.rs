//! Manual pages: `callback-agent`(1), one for each command, and `callback-agent.toml`(5).

use super::args::Cli;
use super::output;
use crate::code::{Code, Exit};
use crate::config::{DEFAULT_PATH, SYSTEM_STATE};
use crate::config_keys::{ConfigKeys, KEYS};
use crate::error::{Error, Result};
use crate::files::why;
use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use std::io;
use std::path::{Path, PathBuf};

const PROGRAM: &str = "callback-agent";

/// The page about the configuration, in section 5.
const CONFIGURATION: &str = "callback-agent.toml";

/// The right-hand part of each page's header.
const MANUAL: &str = "Callback Stats";

/// Environment variables of the agent.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("CALLBACK_LIBRENMS", "LibreNMS directory, database URL or SQLite file, as --librenms. Formerly CALLBACK_INSTALL."),
    ("CALLBACK_CONFIG", "Configuration file, as --config."),
    ("CALLBACK_STATE", "State directory, as --state."),
    ("CALLBACK_RECEIVER", "Receiver URL, as --receiver."),
    ("CALLBACK_RECEIVER_KIND", "stock or callback-stats, as --receiver-kind."),
    (
        "CALLBACK_DISABLED",
        "Any value except 0, false, no, off or an empty string blocks reports. Case matters: FALSE blocks them, too.",
    ),
    ("DO_NOT_TRACK", "Same as CALLBACK_DISABLED."),
    (
        "https_proxy, http_proxy, all_proxy, no_proxy",
        "Proxies, also in upper case. If none is set, LibreNMS's own settings are used.",
    ),
    ("STATE_DIRECTORY", "State directory, as systemd sets it."),
    ("XDG_STATE_HOME", "Where the state directory is created, if /var/lib/callback-agent does not exist."),
    ("SUDO_USER", "Default of enable --who."),
];

/// The first steps, on the page of the program.
const FIRST_STEPS: &[(&str, &str)] = &[
    ("sudo callback-agent preview", "Show the report of the LibreNMS in /opt/librenms."),
    ("sudo callback-agent enable", "Opt in."),
    ("sudo callback-agent install", "Report daily."),
    ("callback-agent status --why", "Show whether reports are sent, and what blocks them."),
];

pub(super) fn man(out: Option<&Path>) -> Result<()> {
    let cannot = |error: io::Error| {
        Error::new(Code::ManualNotWritten, format!("cannot write the manual pages: {}", why(&error))).caused_by(error)
    };
    let pages = pages().map_err(cannot)?;
    match out {
        Some(directory) => {
            std::fs::create_dir_all(directory).map_err(cannot)?;
            let other = directory_of_section_5(directory);
            std::fs::create_dir_all(&other).map_err(cannot)?;
            let place = |name: &str| if name.ends_with(".5") { other.join(name) } else { directory.join(name) };
            pages.iter().try_for_each(|(name, page)| std::fs::write(place(name), page)).map_err(cannot)
        }
        None => {
            pages.iter().find(|(name, _)| name == "callback-agent.1").map_or(Ok(()), |(_, page)| output::bytes(page))
        }
    }
}

/// Where pages of section 5 go: next to a directory `man1`, otherwise into the same directory.
fn directory_of_section_5(directory: &Path) -> PathBuf {
    match directory.file_name() {
        Some(name) if name == "man1" => directory.with_file_name("man5"),
        _ => directory.to_owned(),
    }
}

/// All pages with their file names.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    // Otherwise each `help` command would get a page.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut pages = vec![(format!("{CONFIGURATION}.5"), configuration()?)];
    let mut commands = vec![program.clone()];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        pages.push((format!("{}.1", name_of(&command)), page(&program, command)?));
    }
    pages.sort();
    Ok(pages)
}

fn name_of(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn page(program: &Command, command: Command) -> io::Result<Vec<u8>> {
    let name = name_of(&command);
    let (notes, examples) = after_help(&command);
    let has_commands = command.get_subcommands().any(|command| !command.is_hide_set());
    // Some variables are read without clap, and are in the text already.
    let documented = command.clone().mut_args(|arg| {
        let Some(variable) = arg.get_env().map(|name| name.to_string_lossy().into_owned()) else { return arg };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        arg.help(format!("{help} [env: {variable}]")).env(None::<&str>)
    });
    let man = Man::new(documented).title(name.to_uppercase()).source(source()).manual(MANUAL);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    Roff::new().control("SH", ["SYNOPSIS"]).text(synopsis(&command)).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    if !notes.is_empty() {
        Roff::new().control("PP", []).text([roman(notes)]).to_writer(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    files(&mut roff);
    environment(&mut roff);
    exit_status(&mut roff);
    if name == PROGRAM {
        codes(&mut roff);
    }
    roff.control("SH", ["EXAMPLES"]);
    match name == PROGRAM {
        true => FIRST_STEPS.iter().for_each(|(typed, what)| item(&mut roff, typed, [roman(*what)])),
        false => examples.iter().for_each(|example| item(&mut roff, example, [])),
    }
    see_also(&mut roff, program, &command);
    roff.to_writer(&mut page)?;
    Ok(page)
}

fn source() -> String {
    format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"))
}

/// Remarks and examples that the help prints after the options. A command with subcommands gets theirs.
fn after_help(command: &Command) -> (String, Vec<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (notes, example) = text.split_once("Example:").unwrap_or((&text, ""));
    let mut examples: Vec<String> =
        Some(example.trim().to_owned()).filter(|example| !example.is_empty()).into_iter().collect();
    if examples.is_empty() {
        examples.extend(command.get_subcommands().flat_map(|command| after_help(command).1));
    }
    (notes.trim().to_owned(), examples)
}

/// A term with its explanation.
fn item(roff: &mut Roff, term: &str, text: impl Into<Vec<Inline>>) {
    roff.control("TP", []).text([bold(term)]).text(text.into());
}

fn files(roff: &mut Roff) {
    roff.control("SH", ["FILES"]);
    item(roff, DEFAULT_PATH, [roman("Configuration, see "), bold(CONFIGURATION), roman("(5).")]);
    item(roff, SYSTEM_STATE, [roman("State: consent, history, secret. Once it exists, it is used by default.")]);
    item(roff, "~/.local/state/callback-agent", [roman("State otherwise.")]);
    item(roff, "off", [roman("An empty file of this name in the state directory blocks all reports.")]);
}

fn environment(roff: &mut Roff) {
    roff.control("SH", ["ENVIRONMENT"]);
    ENVIRONMENT.iter().for_each(|(name, what)| item(roff, name, [roman(*what)]));
}

fn exit_status(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    Exit::ALL.iter().for_each(|exit| item(roff, &exit.status().to_string(), [roman(exit.meaning())]));
    roff.control("PP", []).text([roman(
        "With --json an error is an object with the members code, message and exit. Codes do not change; messages may. \
         callback-agent(1) lists them.",
    )]);
}

fn codes(roff: &mut Roff) {
    roff.control("SH", ["CODES"]);
    for code in Code::ALL {
        item(roff, code.as_str(), markdown(code.meaning()));
    }
}

/// The synopsis of a command: its options with their values, and its arguments.
fn synopsis(command: &Command) -> Vec<Inline> {
    let mut line = vec![bold(command.get_bin_name().unwrap_or_else(|| command.get_name()))];
    let (positional, options): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(|arg| !arg.is_hide_set()).partition(|arg| arg.is_positional());
    for arg in options {
        let long = arg.get_long().map(|name| format!("--{name}"));
        let Some(name) = long.or_else(|| arg.get_short().map(|name| format!("-{name}"))) else { continue };
        let (open, close) = if arg.is_required_set() { ("", "") } else { ("[", "]") };
        line.extend([roman(format!(" {open}")), bold(name)]);
        if arg.get_action().takes_values() {
            line.extend([roman(" "), italic(value_name(arg))]);
        }
        line.push(roman(close));
    }
    for arg in positional {
        let (open, close) = if arg.is_required_set() { ("", "") } else { ("[", "]") };
        line.extend([roman(format!(" {open}")), italic(value_name(arg)), roman(close)]);
    }
    if command.get_subcommands().any(|command| !command.is_hide_set()) {
        line.extend([roman(" "), italic("COMMAND")]);
    }
    line
}

fn value_name(arg: &Arg) -> String {
    let named = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    named.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}

/// References to the program, the configuration, and related commands.
fn see_also(roff: &mut Roff, program: &Command, command: &Command) {
    let name = name_of(command);
    let mut pages: Vec<(String, u8)> = Vec::new();
    if name != PROGRAM {
        pages.push((PROGRAM.to_owned(), 1));
    }
    let related = match command.get_subcommands().next() {
        Some(_) => command.get_subcommands().map(name_of).collect(),
        None => related(program, &name),
    };
    pages.extend(related.into_iter().map(|page| (page, 1)));
    pages.push((CONFIGURATION.to_owned(), 5));
    roff.control("SH", ["SEE ALSO"]);
    let mut line = Vec::new();
    for (at, (page, section)) in pages.iter().enumerate() {
        line.push(bold(page.as_str()));
        line.push(roman(format!("({section}){}", if at + 1 == pages.len() { "" } else { ", " })));
    }
    roff.text(line);
}

/// The commands next to a command and below it.
fn related(program: &Command, name: &str) -> Vec<String> {
    const RELATED: &[&[&str]] = &[
        &["preview", "enable", "serve", "dictionary"],
        &["enable", "disable", "status", "clear"],
        &["submit", "upload", "receipt", "status"],
        &["history", "show", "diff", "verify", "export"],
        &["install", "upgrade", "uninstall", "status"],
        &["secret-export", "secret-import", "key-show", "key-accept", "clear"],
        &["facts", "sanitise", "module", "dictionary", "preview"],
        &["config-check", "man", "completions", "status"],
    ];
    let own = name.strip_prefix("callback-agent-").unwrap_or(name);
    let together = RELATED.iter().filter(|pages| pages.contains(&own)).flat_map(|pages| pages.iter());
    let mut pages: Vec<String> = Vec::new();
    for page in together.filter(|page| **page != own) {
        let page = format!("{}-{page}", program.get_name());
        if !pages.contains(&page) {
            pages.push(page);
        }
    }
    pages
}

/// `callback-agent.toml`(5).
fn configuration() -> io::Result<Vec<u8>> {
    let mut roff = Roff::new();
    let (title, source) = (CONFIGURATION.to_uppercase(), source());
    roff.control("TH", [title.as_str(), "5", "", source.as_str(), MANUAL]);
    roff.control("SH", ["NAME"]).text([roman(format!("{CONFIGURATION} - configuration of {PROGRAM}"))]);
    roff.control("SH", ["SYNOPSIS"]).text([roman(DEFAULT_PATH)]);
    roff.control("SH", ["DESCRIPTION"]).text([roman(
        "A TOML file. Every key is optional; an unknown key is an error. The file must belong to root or to the user that runs the \
         agent, and no other user may be able to write to it. Options and environment variables take precedence.",
    )]);
    roff.control("SH", ["KEYS"]);
    for ConfigKeys { names, default, what } in KEYS {
        roff.control("TP", []).text([bold(names.join(", "))]);
        let mut text = markdown(what);
        // The documentation links to its section about files.
        let default = if default.contains("#files") { "see FILES" } else { default };
        text.push(roman(". Default: "));
        text.extend(markdown(default));
        text.push(roman("."));
        roff.text(text);
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.control("EX", []);
    for line in EXAMPLE.lines() {
        roff.text([roman(line)]);
    }
    roff.control("EE", []);
    roff.control("PP", []).text([roman("To check a file: "), bold("callback-agent config check")]);
    files(&mut roff);
    roff.control("SH", ["SEE ALSO"]).text([
        bold(PROGRAM),
        roman("(1), "),
        bold("callback-agent-config-check"),
        roman("(1)"),
    ]);
    let mut page = Vec::new();
    roff.to_writer(&mut page)?;
    Ok(page)
}

/// A sample with the keys that most installs need.
const EXAMPLE: &str = include_str!("../../../docs/samples/agent-minimal.toml");

/// Markdown as roff: code in bold, links within the documentation as text, other links with their URL.
fn markdown(text: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for (at, part) in text.split('`').enumerate() {
        if at % 2 == 1 {
            inlines.push(bold(part));
            continue;
        }
        let mut rest = part;
        while let Some((before, link)) = rest.split_once('[') {
            let Some((words, (target, after))) =
                link.split_once("](").and_then(|(words, link)| Some((words, link.split_once(')')?)))
            else {
                break;
            };
            let is_outside = target.starts_with("https://");
            // A remark that is only a link is useless on paper.
            if let (false, Some(before), Some(after)) = (is_outside, before.strip_suffix(" ("), after.strip_prefix(')'))
            {
                inlines.push(roman(before));
                rest = after;
                continue;
            }
            inlines.push(roman(format!("{before}{words}")));
            if is_outside {
                inlines.push(roman(format!(" <{target}>")));
            }
            rest = after;
        }
        inlines.push(roman(rest));
    }
    inlines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_bold_and_links_become_text() {
        let inlines = markdown("a `b` [c](d.md#e), [f](https://g.example/)");
        let expected = [roman("a "), bold("b"), roman(" c"), roman(", f"), roman(" <https://g.example/>"), roman("")];
        assert_eq!(format!("{inlines:?}"), format!("{expected:?}"));
        let expected = [roman("h"), roman(".")];
        assert_eq!(format!("{:?}", markdown("h ([how](d.md#e)).")), format!("{expected:?}"));
    }

    #[test]
    fn a_page_of_section_5_is_written_next_to_man1() {
        let place = |directory: &str| directory_of_section_5(Path::new(directory));
        assert_eq!(place("/usr/share/man/man1"), Path::new("/usr/share/man/man5"));
        assert_eq!(place("man1"), Path::new("man5"));
        assert_eq!(place("/tmp/pages"), Path::new("/tmp/pages"));
    }

    #[test]
    fn referenced_pages_exist() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        let mut program = Cli::command().disable_help_subcommand(true);
        program.build();
        for (name, _) in &pages {
            for page in related(&program, name.trim_end_matches(".1")) {
                assert!(names.contains(&format!("{page}.1").as_str()), "{name}: {page}");
            }
            assert!(!name.contains("-help"), "{name}");
        }
    }
}
