//! When the schedule starts the next run.

use super::random_delay::wait;
use crate::clock;
use crate::system::schedule::{SPLAY, STARTS_AT_MINUTE};
use crate::system::{Schedule, is_scheduled, runner};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

/// When the schedule of `callback-agent install` starts the next run that sends a report; `None` without a schedule.
/// Without a seed, which the first run generates, it is the earliest time.
pub(crate) fn next_run(seed: Option<&str>, sent_today: bool) -> Option<Timestamp> {
    if !is_scheduled() {
        return None;
    }
    let now = clock::now();
    let is_next = |run: &Timestamp| *run > now && !(sent_today && clock::day(*run) == clock::day(now));
    if Schedule::installed(Path::new("/")) == Some(Schedule::Timer) {
        // If systemd does not know the time, use the earliest.
        let next = runner::timer_elapses().or_else(|| starts(now, &TimeZone::UTC).find(|start| *start > now))?;
        let day_later = next.checked_add(SignedDuration::from_hours(24)).ok()?;
        return [next, day_later].into_iter().find(is_next);
    }
    delayed(now, &TimeZone::system(), seed).find(is_next)
}

/// When runs start working, after their random delay.
fn delayed(now: Timestamp, zone: &TimeZone, seed: Option<&str>) -> impl Iterator<Item = Timestamp> {
    starts(now, zone).filter_map(move |start| {
        let wait = seed.map(|seed| wait(SPLAY, seed, clock::day(start))).unwrap_or_default();
        start.saturating_add(SignedDuration::try_from(wait).ok()?).ok()
    })
}

/// When a schedule starts runs in a time zone: on the day before a time, and on the days after.
fn starts(now: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
    let first = now.to_zoned_datetime(zone.clone()).date().yesterday().ok();
    let days = std::iter::successors(first, |day| day.tomorrow().ok()).take(4);
    days.filter_map(move |day| {
        day.at(0, STARTS_AT_MINUTE, 0, 0).to_zoned_datetime(zone.clone()).ok().map(|it| it.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_starts_once_a_day_in_its_time_zone() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let first = |zone| starts(now, &zone).next().unwrap().to_string();
        assert_eq!(first(TimeZone::UTC), "2026-11-23T00:30:00Z");
        assert_eq!(first(TimeZone::fixed(jiff::tz::offset(13))), "2026-11-23T11:30:00Z");
        assert_eq!(starts(now, &TimeZone::UTC).filter(|start| *start > now).count(), 2);
    }

    #[test]
    fn a_run_with_a_seed_waits_for_its_random_delay() {
        let now: Timestamp = "2026-11-24T00:10:00Z".parse().unwrap();
        let next = |seed| delayed(now, &TimeZone::UTC, seed).find(|run| *run > now).unwrap();
        assert_eq!(next(None).to_string(), "2026-11-24T00:30:00Z");
        let delayed = next(Some("seed"));
        assert!(delayed > next(None) && delayed < "2026-11-24T03:30:00Z".parse().unwrap(), "{delayed}");
    }
}
