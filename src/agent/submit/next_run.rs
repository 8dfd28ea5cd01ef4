//! When the schedule starts the next run.

use crate::clock;
use crate::submit::random_delay;
use crate::system;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// When the schedule of `callback-agent install` starts the next run; nothing where there is no schedule. Without a seed,
/// which the first run makes, that is the earliest moment.
pub(crate) fn next_run(seed: Option<&str>, sent_today: bool) -> Option<Timestamp> {
    if !system::is_scheduled() {
        return None;
    }
    let now = clock::now();
    let first = if sent_today { clock::today().tomorrow().ok()? } else { clock::today() };
    after(now, first, seed)
}

/// The first run after a moment, on a day or later.
fn after(now: Timestamp, mut day: Date, seed: Option<&str>) -> Option<Timestamp> {
    loop {
        let start = day.at(0, system::STARTS_AT_MINUTE, 0, 0).to_zoned_datetime(TimeZone::UTC).ok()?.timestamp();
        let wait = seed.map(|seed| random_delay::wait(system::SPLAY, seed, day)).unwrap_or_default();
        let run = start.saturating_add(SignedDuration::try_from(wait).ok()?).ok()?;
        if run > now {
            return Some(run);
        }
        day = day.tomorrow().ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_is_the_first_one_that_is_still_to_come() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day: Date = "2026-11-24".parse().unwrap();
        assert_eq!(after(at("2026-11-24T00:10:00Z"), day, None), Some(at("2026-11-24T00:30:00Z")));
        assert_eq!(after(at("2026-11-24T00:30:00Z"), day, None), Some(at("2026-11-25T00:30:00Z")));
        let run = after(at("2026-11-24T00:10:00Z"), day, Some("seed")).unwrap();
        assert!(run > at("2026-11-24T00:30:00Z") && run < at("2026-11-24T03:30:00Z"), "{run}");
        assert_eq!(after(run, day, Some("seed")).map(clock::day), day.tomorrow().ok());
    }
}
