//! Days (UTC) as the receiver counts them, and the clock that says which one it is.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::{ToSpan, Unit};
use std::fmt;
use std::sync::Arc;

const EPOCH: Date = date(1970, 1, 1);

/// A day (UTC): the number of days since 1970-01-01. Shown as `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// The day that a moment lies in.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        Self(i32::try_from(moment.as_second().div_euclid(86_400)).unwrap_or_default())
    }

    /// This many days later, or earlier.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day of a date.
    #[must_use]
    pub fn from_date(date: Date) -> Self {
        let days = EPOCH.until((Unit::Day, date)).map_or(0, |span| span.get_days());
        Self(days)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        EPOCH.saturating_add(self.0.days()).fmt(f)
    }
}

/// Says what time it is; tests set their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn utc() -> Clock {
    Arc::new(Timestamp::now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar_in_utc() {
        assert_eq!(Day::of("2026-08-01T23:59:59.9Z".parse().unwrap()).to_string(), "2026-08-01");
        assert_eq!(Day::of("1969-12-31T23:59:59Z".parse().unwrap()), Day(-1));
        assert_eq!(Day::from_date(date(2026, 8, 1)).plus(90).to_string(), "2026-10-30");
        assert_eq!(Day::from_date(date(1970, 1, 2)), Day(1));
    }
}
