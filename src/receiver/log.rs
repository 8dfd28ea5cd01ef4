//! The log: one line of JSON on standard error for each event. It holds nothing of a request: no address, no path that
//! a client chose, no value.

use crate::error::Error;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::Write;

/// An error that the operator should fix.
pub fn error(error: &Error) {
    line("error", error.code().as_str(), &error.to_string(), &Value::Null);
}

/// An event, with a stable code and numbers.
pub fn event(code: &str, message: &str, numbers: &Value) {
    line("info", code, message, numbers);
}

/// From here on a panic prints its source location only. Its message may hold data of a request.
pub fn only_places_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        say(&format!("callback-receiver: internal error{place}; please report it"));
    }));
}

fn line(level: &str, code: &str, message: &str, numbers: &Value) {
    let mut line = json!({"time": Timestamp::now().to_string(), "level": level, "code": code, "message": message});
    if !numbers.is_null() {
        line["numbers"] = numbers.clone();
    }
    say(&line.to_string());
}

/// Writes a line to standard error, and ignores failures such as a full disk.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
