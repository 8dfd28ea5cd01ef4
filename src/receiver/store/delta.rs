//! What reports add to the daily aggregates, or take out of them: merged and sorted, so that many reports are one pass
//! over an index in its own order.

use super::encoding::{LabelId, whole_group};
use crate::day::Day;

/// The label that stands for reports as a whole: its installs are the day's number of reports.
pub const REPORTS: LabelId = 0;

/// What one label of one day changes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The day.
    pub day: Day,
    /// The label, a group as a whole, or [`REPORTS`].
    pub label: LabelId,
    /// Change of the number of installs that have it.
    pub installs: i64,
    /// Change of the sum of their totals.
    pub total: i64,
}

/// Changes, collected report by report.
#[derive(Debug, Default)]
pub struct Delta {
    changes: Vec<Change>,
    /// How many of them are merged already.
    merged: usize,
}

/// Changes after which equal ones are merged at the latest, so that a whole day of reports fits into memory.
const MERGE_AFTER: usize = 1 << 20;

impl Delta {
    /// Adds a report of a day, whose entries are sorted by label.
    pub fn add(&mut self, day: Day, entries: &[(LabelId, u64)]) {
        self.report(day, entries, 1);
    }

    /// Takes a report of a day out.
    pub fn subtract(&mut self, day: Day, entries: &[(LabelId, u64)]) {
        self.report(day, entries, -1);
    }

    fn report(&mut self, day: Day, entries: &[(LabelId, u64)], sign: i64) {
        let signed = |total: u64| sign.saturating_mul(i64::try_from(total).unwrap_or(i64::MAX));
        self.changes.push(Change { day, label: REPORTS, installs: sign, total: 0 });
        for group in entries.chunk_by(|(a, _), (b, _)| whole_group(*a) == whole_group(*b)) {
            let sum = group.iter().fold(0_u64, |sum, (_, total)| sum.saturating_add(*total));
            self.changes.push(Change { day, label: whole_group(group[0].0), installs: sign, total: signed(sum) });
            self.changes.extend(group.iter().map(|(label, total)| Change {
                day,
                label: *label,
                installs: sign,
                total: signed(*total),
            }));
        }
        if self.changes.len() > 2 * self.merged + MERGE_AFTER {
            self.merge();
        }
    }

    /// One change for each day and label, sorted by both; what comes to nothing is left out.
    #[must_use]
    pub fn merged(mut self) -> Vec<Change> {
        self.merge();
        self.changes.retain(|change| (change.installs, change.total) != (0, 0));
        self.changes
    }

    fn merge(&mut self) {
        self.changes.sort_unstable_by_key(|change| (change.day, change.label));
        self.changes.dedup_by(|later, first| {
            let same = (later.day, later.label) == (first.day, first.label);
            if same {
                first.installs += later.installs;
                first.total += later.total;
            }
            same
        });
        self.merged = self.changes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_merge_into_one_change_for_each_label_and_group() {
        const OS: i64 = 7 << 32;
        let mut delta = Delta::default();
        delta.add(Day(2), &[(OS | 1, 5), (OS | 2, 1), (9 << 32 | 4, 2)]);
        delta.add(Day(1), &[(OS | 1, 7)]);
        delta.add(Day(2), &[(OS | 1, 3)]);
        delta.subtract(Day(2), &[(9 << 32 | 4, 2)]);
        let change = |day, label, installs, total| Change { day: Day(day), label, installs, total };
        assert_eq!(
            delta.merged(),
            [
                change(1, REPORTS, 1, 0),
                change(1, OS, 1, 7),
                change(1, OS | 1, 1, 7),
                change(2, REPORTS, 1, 0),
                change(2, OS, 2, 9),
                change(2, OS | 1, 2, 8),
                change(2, OS | 2, 1, 1),
            ]
        );
    }
}
