//! The log: one line of JSON on standard error per event, written from `tracing` events.
//!
//! It cannot hold data of a request, by construction. `JsonLines` takes from an event only:
//!
//! - the field `event`, if its value is the name of an [`Event`]. The line contains that event's own name and message;
//! - the field `error`, if its value is a [`crate::Error`]: its code and its message, whose details are the operator's
//!   settings, hosts and paths;
//! - numbers, in the fields listed in `NUMBERS`.
//!
//! Messages, other texts, other fields, spans and the events of other crates are dropped, so an address, a path or a body
//! that somebody passes to a `tracing` macro does not reach the log.

use crate::error::Error;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;

/// Fields that may hold a number.
const NUMBERS: &[&str] = &["aggregates", "days", "installs", "labels", "reports", "tombstones"];

/// The same error is logged once in this time; the next line says how often it occurred meanwhile.
const REPEAT_INTERVAL: Duration = Duration::from_secs(60);

/// Maximum number of different errors that are remembered for that.
const MAX_ERRORS: usize = 64;

/// Where only this crate's events come from.
const TARGET: &str = "callback_receiver";

/// Everything that is logged, besides errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Reports have expired.
    Expired,
    /// Complete days were published.
    Published,
    /// Requests did not end in time at a stop.
    RequestsAborted,
    /// The receiver has stopped.
    Stopped,
}

impl Event {
    const ALL: [Self; 4] = [Self::Expired, Self::Published, Self::RequestsAborted, Self::Stopped];

    /// The stable code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Published => "published",
            Self::RequestsAborted => "requests-aborted",
            Self::Stopped => "stopped",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Expired => "deleted expired reports",
            Self::Published => "published complete days",
            Self::RequestsAborted => "stopped before all requests ended; the rest were not stored",
            Self::Stopped => "stopped",
        }
    }
}

/// Starts the log, and keeps the messages of panics out of it: they may contain data of a request, so only the place in the
/// source is printed.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        say(&format!("callback-receiver: internal error{place}; please report it"));
    }));
    // It fails only if the log was started before.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(JsonLines::new(say)));
}

/// Logs an error that the operator should look at.
pub fn error(error: &Error) {
    tracing::error!(error = error as &(dyn StdError + 'static));
}

/// Writes a line to standard error, and ignores failures such as a full disk.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes events as lines of JSON.
struct JsonLines<W> {
    write: W,
    /// Errors with the time of their last line, and how often they occurred since.
    errors: Mutex<HashMap<String, (Instant, u64)>>,
}

impl<W: Fn(&str) + 'static> JsonLines<W> {
    fn new(write: W) -> Self {
        Self { write, errors: Mutex::default() }
    }

    fn write(&self, level: &Level, fields: Fields, now: Instant) {
        let Some((code, message)) = fields.text else { return };
        let mut numbers = fields.numbers;
        if *level == Level::ERROR {
            match self.repeats(&message, now) {
                None => return,
                Some(0) => {}
                Some(repeated) => drop(numbers.insert("repeated".to_owned(), repeated.into())),
            }
        }
        let level = level.as_str().to_ascii_lowercase();
        let mut line = json!({"time": Timestamp::now().to_string(), "level": level, "code": code, "message": message});
        if !numbers.is_empty() {
            line["numbers"] = numbers.into();
        }
        (self.write)(&line.to_string());
    }

    /// How often an error occurred since its last line; nothing if it was logged a short time ago.
    fn repeats(&self, message: &str, now: Instant) -> Option<u64> {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((logged, repeated)) = errors.get_mut(message) {
            if now.duration_since(*logged) < REPEAT_INTERVAL {
                *repeated += 1;
                return None;
            }
            *logged = now;
            return Some(std::mem::take(repeated));
        }
        if errors.len() >= MAX_ERRORS {
            errors.clear();
        }
        errors.insert(message.to_owned(), (now, 0));
        Some(0)
    }
}

impl<S: Subscriber, W: Fn(&str) + 'static> Layer<S> for JsonLines<W> {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().split("::").next() != Some(TARGET) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.write(event.metadata().level(), fields, Instant::now());
    }
}

/// What a line may contain of an event.
#[derive(Default)]
struct Fields {
    /// Code and message.
    text: Option<(&'static str, String)>,
    numbers: Map<String, Value>,
}

impl Fields {
    fn number(&mut self, field: &Field, number: impl Into<Value>) {
        if NUMBERS.contains(&field.name()) {
            self.numbers.insert(field.name().to_owned(), number.into());
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, number: u64) {
        self.number(field, number);
    }

    fn record_i64(&mut self, field: &Field, number: i64) {
        self.number(field, number);
    }

    fn record_str(&mut self, field: &Field, text: &str) {
        let event = Event::ALL.into_iter().find(|event| field.name() == "event" && event.as_str() == text);
        self.text = self.text.take().or(event.map(|event| (event.as_str(), event.message().to_owned())));
    }

    fn record_error(&mut self, field: &Field, error: &(dyn StdError + 'static)) {
        if let (Some(error), "error") = (error.downcast_ref::<Error>(), field.name()) {
            self.text = Some((error.code().as_str(), error.to_string()));
        }
    }

    /// Every other value, and all messages.
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use std::sync::Arc;

    /// The lines that some events become.
    fn lines(events: impl FnOnce()) -> Vec<Value> {
        let lines: Arc<Mutex<Vec<Value>>> = Arc::default();
        let written = Arc::clone(&lines);
        let layer = JsonLines::new(move |line: &str| written.lock().unwrap().push(serde_json::from_str(line).unwrap()));
        tracing::subscriber::with_default(Registry::default().with(layer), events);
        let lines = lines.lock().unwrap();
        lines.clone()
    }

    fn without_time(mut line: Value) -> Value {
        line.as_object_mut().unwrap().remove("time").unwrap();
        line
    }

    #[test]
    fn events_and_errors_have_a_code_a_message_and_numbers() {
        let lines = lines(|| {
            tracing::info!(event = Event::Published.as_str(), days = 3_usize);
            error(&Error::new(Code::ListenFailed, "127.0.0.1:80 (permission denied)"));
        });
        let message = Error::new(Code::ListenFailed, "127.0.0.1:80 (permission denied)").to_string();
        assert_eq!(
            lines.into_iter().map(without_time).collect::<Vec<_>>(),
            [
                json!({"level": "info", "code": "published", "message": "published complete days", "numbers": {"days": 3}}),
                json!({"level": "error", "code": "listen-failed", "message": message}),
            ]
        );
    }

    #[test]
    fn no_data_of_a_request_reaches_a_line() {
        let address: std::net::IpAddr = "192.0.2.77".parse().unwrap();
        let other = std::io::Error::other("192.0.2.77");
        let lines = lines(|| {
            let _span = tracing::info_span!("192.0.2.77", path = "192.0.2.77", %address).entered();
            tracing::info!("192.0.2.77");
            tracing::info!(event = Event::Stopped.as_str(), %address, "to {address}");
            tracing::info!(event = Event::Stopped.as_str(), body = "192.0.2.77", days = ?address, reports = "192.0.2.77");
            tracing::info!(
                event = Event::Stopped.as_str(),
                address = 3_221_226_061_u32,
                days = u128::MAX,
                reports = 0.2
            );
            tracing::info!(event = "192.0.2.77", message = "192.0.2.77");
            tracing::error!(error = &other as &(dyn StdError + 'static));
            tracing::error!(error = "192.0.2.77");
            tracing::info!(target: "hyper", event = Event::Stopped.as_str());
        });
        let stopped = json!({"level": "info", "code": "stopped", "message": "stopped"});
        assert_eq!(lines.into_iter().map(without_time).collect::<Vec<_>>(), vec![stopped; 3]);
    }

    #[test]
    fn the_same_error_is_logged_once_a_minute_with_its_count() {
        let layer = JsonLines::new(|_: &str| {});
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(layer.repeats("full", after(0)), Some(0));
        assert!((1..60).all(|second| layer.repeats("full", after(second)).is_none()));
        assert_eq!(layer.repeats("other", after(5)), Some(0));
        assert_eq!(layer.repeats("full", after(60)), Some(59));
        assert_eq!(layer.repeats("full", after(61)), None);
        assert_eq!(layer.repeats("full", after(120)), Some(1));
        let lines = lines(|| (0..1000).for_each(|_| error(&Code::DatabaseFull.into())));
        assert_eq!(lines.len(), 1);
    }
}
