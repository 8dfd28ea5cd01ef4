//! The clock: which moment and which day (UTC) it is.
//!
//! A debug build takes the moment from `CALLBACK_TEST_NOW` (RFC 3339) where that is set, so that tests can turn the
//! clock; a release build does not look there.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// This moment, to the second.
pub(crate) fn now() -> Timestamp {
    #[cfg(debug_assertions)]
    if let Some(set) = std::env::var("CALLBACK_TEST_NOW").ok().and_then(|text| text.parse().ok()) {
        return set;
    }
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Waits. A debug build writes the seconds into the file that `CALLBACK_TEST_WAITS` names instead, a line each, and goes
/// on, so that tests need not wait; with `CALLBACK_TEST_NOW` the clock stands still meanwhile.
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

/// The day of a moment, in UTC.
pub(crate) fn day(moment: Timestamp) -> Date {
    moment.to_zoned_datetime(TimeZone::UTC).date()
}

/// Today, in UTC.
pub(crate) fn today() -> Date {
    day(now())
}
