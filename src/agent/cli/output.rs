//! Standard output. When the reader closes the pipe (`| head`), the program ends without an error.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use callback_common::display;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, BufRead, IsTerminal, Read, Write};

/// Writes bytes as they are.
pub(super) fn bytes(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    checked(out.write_all(bytes).and_then(|()| out.flush()))
}

pub(super) fn line(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    checked(writeln!(out, "{text}"))
}

pub(super) fn lines(lines: &[String]) -> Result<()> {
    lines.iter().try_for_each(|text| line(text))
}

/// Writes a value as indented JSON.
pub(super) fn json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Error::new(Code::Internal, "cannot write the result as JSON").caused_by(error))?;
    line(&escaped(&text))
}

/// Writes the answer of a command as JSON: its own fields and the code.
pub(super) fn answer(code: Code, fields: &impl serde::Serialize) -> Result<()> {
    json(&Answer { code, fields })
}

/// The same on one line, for commands that keep running.
pub(super) fn answer_line(code: Code, fields: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string(&Answer { code, fields })
        .map_err(|error| Error::new(Code::Internal, "cannot write the result as JSON").caused_by(error))?;
    line(&escaped(&text))
}

#[derive(serde::Serialize)]
struct Answer<'a, T> {
    code: Code,
    #[serde(flatten)]
    fields: &'a T,
}

/// Escapes control and invisible characters that JSON leaves as they are but a terminal acts on. They occur in strings
/// only, so the document stays the same.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\n' => text.push(c),
            c if display::is_invisible(c) => {
                // JSON escapes UTF-16 units.
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => text.push(c),
        }
    }
    text
}

/// Converts an error from writing standard output.
pub(super) fn checked(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            Err(Error::new(Code::OutputFailed, format!("cannot write the output: {}", why(&error))).caused_by(error))
        }
        Ok(()) => Ok(()),
    }
}

/// Converts an error from reading standard input.
pub(super) fn input_failed(error: io::Error) -> Error {
    Error::new(Code::InputFailed, format!("cannot read standard input: {}", why(&error))).caused_by(error)
}

/// How a command asks for confirmation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confirmation {
    /// Do not ask.
    pub(super) yes: bool,
    /// Whether results and errors are JSON.
    pub(super) json: bool,
    /// What happens without a confirmation.
    pub(super) otherwise: Otherwise,
}

/// What happens if the admin does not confirm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    Unchanged,
    Unsent,
}

impl Otherwise {
    const fn words(self) -> &'static str {
        match self {
            Self::Unchanged => "nothing was changed",
            Self::Unsent => "nothing was sent",
        }
    }
}

impl Confirmation {
    /// Shows what the question is about: on standard output, or on standard error if standard output is JSON. With JSON,
    /// nothing is shown if the question will not be asked: standard error then contains only the error.
    pub(super) fn show(self, lines: &[String]) -> Result<()> {
        match (self.json, self.yes) {
            (false, _) => self::lines(lines),
            (true, false) => {
                self.check_terminal()?;
                lines.iter().for_each(|line| eprintln!("{line}"));
                Ok(())
            }
            (true, true) => Ok(()),
        }
    }

    /// Asks for confirmation, unless `--yes` was given.
    pub(super) fn ask(self, question: &str) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        self.check_terminal()?;
        eprint!("{question} [y/N] ");
        let mut answer = String::new();
        checked(io::stdin().lock().read_line(&mut answer).map(drop))?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::new(Code::Declined, format!("{}: you did not answer yes", self.otherwise.words()))),
        }
    }

    fn check_terminal(self) -> Result<()> {
        if io::stdin().is_terminal() {
            return Ok(());
        }
        Err(Error::new(
            Code::ConfirmationNeeded,
            format!(
                "{}: cannot ask for confirmation: standard input is not a terminal; pass --yes",
                self.otherwise.words()
            ),
        ))
    }
}

/// Reads a secret: from a terminal without echo, otherwise from standard input.
pub(super) fn hidden_input(prompt: &str, max_bytes: u64) -> Result<String> {
    let hidden = if io::stdin().is_terminal() { Some(WithoutEcho::start().map_err(input_failed)?) } else { None };
    let mut text = String::new();
    let input = io::stdin().lock().take(max_bytes);
    let read = match &hidden {
        Some(_) => {
            eprint!("{prompt}: ");
            io::BufReader::new(input).read_line(&mut text)
        }
        None => io::BufReader::new(input).read_to_string(&mut text),
    };
    drop(hidden);
    read.map_err(input_failed)?;
    if text.trim().is_empty() {
        return Err(Error::new(Code::InputEmpty, "standard input is empty"));
    }
    Ok(text)
}

/// Switches the terminal's echo off until it is dropped. Uses `rustix`, which is a dependency anyway.
struct WithoutEcho(Termios);

impl WithoutEcho {
    fn start() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // Echo the line feed, so that the next output starts on a new line.
        hidden.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(before))
    }
}

impl Drop for WithoutEcho {
    fn drop(&mut self) {
        // If this fails, the shell restores its own modes.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// Escapes invisible and control characters of untrusted text, so that it cannot control the terminal.
pub(super) fn visible(text: &str) -> String {
    display::visible(text, display::TERMINAL).into_owned()
}

/// A URL without its query, which may hold a token.
pub(super) fn address(url: &str) -> String {
    match url.split_once('?') {
        None => visible(url),
        Some((place, _)) => format!("{}?\u{2026}", visible(place)),
    }
}

pub(super) fn entries(n: usize) -> String {
    if n == 1 { "1 entry".to_owned() } else { format!("{} entries", number(n as u64)) }
}

/// A number with commas between thousands.
pub(super) fn number(n: u64) -> String {
    display::thousands(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_characters_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\nd"), "a<U+001B>[31mb<U+202E>c\u{21b5}d");
    }

    #[test]
    fn escaped_json_is_the_same_document() {
        let value = serde_json::json!({"a": "x\u{9b}31m\u{202e}y\u{7f}\u{e0041}\n", "b": ["\u{2028}", "\u{e9}"]});
        let text = escaped(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(|c| c != '\n' && display::is_invisible(c)), "{text}");
        assert!(text.contains('\u{e9}'));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn the_query_of_a_url_is_not_shown() {
        assert_eq!(address("https://a.example/log.php"), "https://a.example/log.php");
        assert_eq!(address("https://a.example/log.php?token=x"), "https://a.example/log.php?\u{2026}");
    }
}
