//! Manual pages and shell completions: `callback-receiver`(1), and one page for each command.

use super::args::Cli;
use super::print_bytes;
use callback_common::io_error::describe;
use callback_receiver::code::{Code, Outcome, exit};
use callback_receiver::{Error, Result};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;
use std::path::Path;

const PROGRAM: &str = "callback-receiver";

/// Files of the receiver.
const FILES: &[(&str, &str)] = &[
    ("/etc/callback-receiver/receiver.toml", "Configuration of the service, for --config."),
    ("/var/lib/callback-receiver/receiver.sqlite3", "Database, unless the configuration names PostgreSQL."),
    ("install.key", "Hashes install IDs. Without it the data is useless; keep a copy apart from the data."),
    ("signing.key", "Signs receipts. All receivers of a database share it."),
];

/// Environment variables.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("CALLBACK_RECEIVER_CONFIG", "Configuration file, as --config."),
    ("CALLBACK_RECEIVER_DATABASE", "Database URL; it may have a password."),
    ("CALLBACK_STOCK_DATABASE", "URL of the MariaDB of a stock site, for import-stock."),
    ("PGPASSFILE", "PostgreSQL's password file."),
    ("SSL_CERT_FILE", "Trusted certificates for doctor and PostgreSQL; the system's by default."),
    ("SUDO_USER, USER, LOGNAME", "Recorded by hide, unhide, clear and reset-secret."),
];

/// `man`
pub(super) fn man(out: Option<&Path>) -> Result<()> {
    let cannot = |error: io::Error| Error::new(Code::ManualNotWritten, describe(&error));
    let pages = pages().map_err(cannot)?;
    let Some(directory) = out else {
        return pages.iter().find(|(name, _)| name == PROGRAM).map_or(Ok(()), |(_, page)| print_bytes(page));
    };
    std::fs::create_dir_all(directory).map_err(cannot)?;
    pages.iter().try_for_each(|(name, page)| std::fs::write(directory.join(format!("{name}.1")), page)).map_err(cannot)
}

/// `completions`
pub(super) fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    print_bytes(&script)
}

/// All pages with their names.
fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    // Otherwise each `help` command would get a page.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let mut pages = vec![(PROGRAM.to_owned(), page(&program, true)?)];
    for command in program.get_subcommands() {
        pages.push((format!("{PROGRAM}-{}", command.get_name()), page(command, false)?));
    }
    Ok(pages)
}

fn page(command: &Command, is_program: bool) -> io::Result<Vec<u8>> {
    let name = if is_program { PROGRAM.to_owned() } else { format!("{PROGRAM}-{}", command.get_name()) };
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (notes, rest) = help.split_once("Example").unwrap_or((&help, ""));
    let examples = rest.split_once('\n').map_or("", |(_, examples)| examples);
    let examples = examples.split("\n\n").next().unwrap_or_default();
    let source = format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).title(name.to_uppercase()).source(source).manual("Callback Stats");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if !is_program && !notes.trim().is_empty() {
        Roff::new().control("PP", []).text([roman(notes.trim().replace('\n', " "))]).to_writer(&mut page)?;
    }
    man.render_options_section(&mut page)?;
    let mut roff = Roff::new();
    if is_program {
        man.render_subcommands_section(&mut page)?;
        section(&mut roff, "FILES", FILES.iter().map(|(name, what)| (*name, *what)));
        section(&mut roff, "ENVIRONMENT", ENVIRONMENT.iter().map(|(name, what)| (*name, *what)));
    }
    let statuses: Vec<(String, &str)> = exit::ALL.iter().map(|(status, what)| (status.to_string(), *what)).collect();
    section(&mut roff, "EXIT STATUS", statuses.iter().map(|(status, what)| (status.as_str(), *what)));
    if is_program {
        let errors = Code::ALL.iter().filter(|code| matches!(code.outcome(), Outcome::Exit(_)));
        section(&mut roff, "CODES", errors.map(|code| (code.as_str(), code.meaning())));
    }
    if !examples.trim().is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        for example in examples.lines() {
            roff.control("TP", []).text([bold(example.trim())]).text([]);
        }
    }
    let other = if is_program { "callback-agent" } else { PROGRAM };
    roff.control("SH", ["SEE ALSO"]).text([bold(other), roman("(1)")]);
    roff.to_writer(&mut page)?;
    Ok(page)
}

fn section<'a>(roff: &mut Roff, title: &str, items: impl Iterator<Item = (&'a str, &'a str)>) {
    roff.control("SH", [title]);
    for (name, what) in items {
        roff.control("TP", []).text([bold(name)]).text([roman(what.replace('`', ""))]);
    }
}
