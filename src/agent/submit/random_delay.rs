//! The wait before a run: a part of the splay that is random between installs and days, and the same for one install
//! on one day, so that a run that is started again does not wait for another moment. systemd has its own wait.

use crate::clock;
use crate::error::{Error, Result};
use crate::store::State;
use crate::system::schedule::{SPLAY, STARTS_AT_MINUTE};
use crate::system::{Schedule, is_scheduled, runner};
use callback_collector::digest::sha256_hex;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;
use std::time::Duration;

/// The note of the random text that tells installs apart: the address of the database does not, since most are called
/// the same.
const SEED: &str = "splay";

/// What tells this install from others, made at the first time and kept.
pub(crate) async fn seed(state: &mut State) -> Result<String> {
    if let Some(seed) = state.note(SEED).await? {
        return Ok(seed);
    }
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(Error::no_random)?;
    let seed = sha256_hex(&random);
    state.keep_note(SEED, Some(&seed)).await?;
    Ok(seed)
}

/// How long an install waits on a day, from nothing up to `splay`.
pub(crate) fn wait(splay: Duration, seed: &str, day: Date) -> Duration {
    let digest = sha256_hex(format!("splay\n{seed}\n{day}").as_bytes());
    // 13 hexadecimal digits are 52 bits, which a float holds exactly.
    let number = u64::from_str_radix(&digest[..13], 16).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "52 bits fit")]
    let part = number as f64 / (1_u64 << 52) as f64;
    splay.mul_f64(part)
}

/// When the schedule of `callback-agent install` starts the next run that sends a report; nothing where there is no
/// schedule.
pub(crate) fn next_run(seed: &str, sent_today: bool) -> Option<Timestamp> {
    if !is_scheduled() {
        return None;
    }
    let now = clock::now();
    let is_next = |run: &Timestamp| *run > now && !(sent_today && clock::day(*run) == clock::day(now));
    if Schedule::installed(Path::new("/")) == Some(Schedule::Timer) {
        // Where systemd does not say when, the earliest moment.
        let next = runner::timer_elapses().or_else(|| starts(now, &TimeZone::UTC).find(|start| *start > now))?;
        let day_later = next.checked_add(SignedDuration::from_hours(24)).ok()?;
        return [next, day_later].into_iter().find(is_next);
    }
    let wait = |start| SignedDuration::try_from(wait(SPLAY, seed, clock::day(start))).ok();
    starts(now, &TimeZone::system()).filter_map(|start| start.saturating_add(wait(start)?).ok()).find(is_next)
}

/// When a schedule starts in a time zone: on the day before a moment, and on the days that follow.
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
    fn the_wait_is_stable_for_an_install_and_day_and_spread_over_the_splay() {
        let (splay, day) = (Duration::from_secs(10_800), "2026-11-24".parse::<Date>().unwrap());
        assert_eq!(wait(splay, "a", day), wait(splay, "a", day));
        assert_ne!(wait(splay, "a", day), wait(splay, "a", day.tomorrow().unwrap()));
        assert_eq!(wait(Duration::ZERO, "a", day), Duration::ZERO);
        let mut quarters = [0; 4];
        for install in 0..1000 {
            let wait = wait(splay, &install.to_string(), day);
            assert!(wait < splay);
            quarters[(wait.as_secs() / 2700) as usize] += 1;
        }
        assert!(quarters.iter().all(|count| (200..300).contains(count)), "{quarters:?}");
    }
}
