//! The clock: the current time and day (UTC).
//!
//! A debug build takes the time from `CALLBACK_TEST_NOW` (RFC 3339) if that is set, so that tests can set the clock. A
//! release build ignores it.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The current time, in whole seconds.
pub(crate) fn now() -> Timestamp {
    #[cfg(debug_assertions)]
    if let Some(set) = std::env::var("CALLBACK_TEST_NOW").ok().and_then(|text| text.parse().ok()) {
        return set;
    }
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Sleeps. A debug build instead appends the seconds to the file named by `CALLBACK_TEST_WAITS`, if set, so that tests
/// need not wait. `CALLBACK_TEST_NOW` does not advance.
pub(crate) async fn sleep(time: std::time::Duration) {
    #[cfg(debug_assertions)]
    if let Some(file) = std::env::var_os("CALLBACK_TEST_WAITS") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        let _ =
            file.and_then(|mut file| std::io::Write::write_all(&mut file, format!("{}\n", time.as_secs()).as_bytes()));
        return;
    }
    tokio::time::sleep(time).await;
}

/// The day of a time, in UTC.
pub(crate) fn day(moment: Timestamp) -> Date {
    moment.to_zoned_datetime(TimeZone::UTC).date()
}

pub(crate) fn today() -> Date {
    day(now())
}
