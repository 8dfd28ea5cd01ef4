//! The log: one line of JSON on standard error for each event. It holds nothing of a request: no address, no path that
//! a client chose, no value.

use crate::error::Error;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::io::Write;

/// Something that whoever runs the receiver should see to.
pub fn error(error: &Error) {
    line("error", &error.to_string(), &Value::Null);
}

/// Something that happened, with numbers.
pub fn event(message: &str, numbers: &Value) {
    line("info", message, numbers);
}

/// From here on a panic says its place only. Its message may hold what the code was looking at; the place is enough to
/// find the bug.
pub fn only_places_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        say(&format!("callback-receiver: a bug{place}; tell who makes it"));
    }));
}

fn line(level: &str, message: &str, numbers: &Value) {
    let mut line = json!({"time": Timestamp::now().to_string(), "level": level, "message": message});
    if !numbers.is_null() {
        line["numbers"] = numbers.clone();
    }
    say(&line.to_string());
}

/// A line on standard error. Where that cannot be written, on a full disk say, work goes on without.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
