//! The rules of publication, as functions of what one install contributes.
//!
//! Whatever is published is a function of three things only: which labels an install has, on which days it reported,
//! and its figures after [`coarse`]. Each value of [`coarse`] stands for several figures, and which of them it was is
//! decided by a hash that never leaves the receiver. So no number of views, days, exports, joins and clears that are
//! subtracted from one another gives a figure of one install.

use crate::store::Keyed;
use sha2::{Digest, Sha256};

/// Installs from which something appears, unless configured.
pub const INSTALLS_AT_LEAST: u32 = 5;

/// Different days on which an install must have reported before it counts.
pub const DAYS_BEFORE_COUNTED: u32 = 3;

/// A group of one install above this is no count of anything, and is left out.
pub const PLAUSIBLE: u64 = 20_000_000;

/// One install in this many may be larger than the cap on contributions.
pub const UNCAPPED_ONE_IN: usize = 50;

/// Changes whenever snapshots would come out otherwise, so that those made before are made again.
const VERSION: u32 = 2;

/// What can be set of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Installs from which something appears.
    pub installs_at_least: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { installs_at_least: INSTALLS_AT_LEAST }
    }
}

impl Rules {
    /// What a snapshot that was made by these rules is marked with.
    #[must_use]
    pub fn mark(self) -> String {
        format!("{VERSION}/{}", self.installs_at_least)
    }

    /// A number of installs as it is published: rounded down to a step of `installs_at_least`, and to 3 digits. One
    /// install more or less changes it by one step or not at all.
    #[must_use]
    pub fn installs(self, exact: u32) -> u32 {
        let step = u64::from(self.installs_at_least.max(1)).max(unit(exact.into()));
        let exact = u64::from(exact);
        u32::try_from(exact - exact % step).unwrap_or(u32::MAX)
    }

    /// Whether something may appear: enough installs, and none that makes more than half of it.
    #[must_use]
    pub fn may_appear(self, sum: &Sum) -> bool {
        sum.installs >= self.installs_at_least && 2 * u128::from(sum.largest) <= u128::from(sum.total)
    }
}

/// What installs contribute to one figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Installs.
    pub installs: u32,
    /// Their contributions, added up.
    pub total: u64,
    /// The largest.
    pub largest: u64,
}

impl Sum {
    /// Adds an install's contribution.
    pub fn add(&mut self, contribution: u64) {
        self.installs += 1;
        self.total = self.total.saturating_add(contribution);
        self.largest = self.largest.max(contribution);
    }
}

/// A total as it is published: rounded to 3 digits.
#[must_use]
pub fn three_digits(exact: u64) -> u64 {
    let unit = unit(exact);
    exact.saturating_add(unit / 2) / unit * unit
}

/// The unit of the third digit.
fn unit(number: u64) -> u64 {
    10_u64.pow(number.checked_ilog10().unwrap_or(0).saturating_sub(2))
}

/// Steps of a decade, after the preferred numbers of ISO 3 (R10); the first decade is coarser, so that no step is 1.
const FIRST_DECADE: [u64; 4] = [1, 3, 5, 8];
const DECADE: [u64; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];
const SECOND_DECADE: [u64; 10] = [10, 13, 16, 20, 25, 32, 40, 50, 63, 80];

/// The largest step that is not above a number from 1 on, and the next one.
fn steps(number: u64) -> (u64, u64) {
    let within = |decade: &[u64], factor: u64| {
        let at = decade.partition_point(|step| step * factor <= number).max(1);
        (decade[at - 1] * factor, decade.get(at).map(|step| step * factor))
    };
    match number {
        0..10 => {
            let (below, above) = within(&FIRST_DECADE, 1);
            (below, above.unwrap_or(10))
        }
        10..100 => {
            let (below, above) = within(&SECOND_DECADE, 1);
            (below, above.unwrap_or(100))
        }
        _ => {
            let factor = 10_u64.pow(number.ilog10() - 2);
            let (below, above) = within(&DECADE, factor);
            (below, above.unwrap_or(factor.saturating_mul(1000)))
        }
    }
}

/// Where an install's figures are rounded up: a part of the way between two steps, in units of 2^-32. The same for all
/// figures of an install, so that equal figures stay equal, and even over installs, so that sums stay true.
#[must_use]
pub fn threshold(install: &Keyed) -> u32 {
    let hash = Sha256::new().chain_update(b"callback publication: rounding\0").chain_update(install).finalize();
    u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// A figure of one install as it goes into sums: one of the two steps next to it.
#[must_use]
pub fn coarse(figure: u64, threshold: u32) -> u64 {
    if figure == 0 {
        return 0;
    }
    let (below, above) = steps(figure);
    let part = (u128::from(figure - below) << 32) / u128::from(above - below);
    if part > u128::from(threshold) { above } else { below }
}

/// A number of labels as it is published: rounded down to a step.
#[must_use]
pub fn about(number: u64) -> u64 {
    match number {
        0..2 => number,
        2..5 => 2,
        _ => steps(number).0,
    }
}

/// What one install may contribute to a group at most: so much that one install in [`UNCAPPED_ONE_IN`] has more. Nothing
/// where there are too few installs to tell; there one that makes more than half keeps a figure from being shown.
#[must_use]
pub fn cap(mut contributions: Vec<u64>) -> Option<u64> {
    let rank = contributions.len() / UNCAPPED_ONE_IN;
    if rank == 0 {
        return None;
    }
    let (_, cap, _) = contributions.select_nth_unstable_by(rank, |a, b| b.cmp(a));
    Some(*cap)
}

/// What of an install's figure for a label counts where all its figures of the group together are capped: its part of
/// the cap, so that labels add up to what the group does.
#[must_use]
pub fn share(figure: u64, whole: u64, cap: u64) -> u64 {
    if whole <= cap {
        return figure;
    }
    u64::try_from(u128::from(figure) * u128::from(cap) / u128::from(whole)).unwrap_or(cap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_stands_for_at_least_two_figures_and_is_one_of_the_two_next_to_it() {
        let thresholds: Vec<u32> = (0..64).map(|n| n << 26 | n).collect();
        let mut figures_of = std::collections::BTreeMap::<u64, std::collections::BTreeSet<u64>>::new();
        for figure in 1..5_000 {
            let (below, above) = steps(figure);
            assert!(below <= figure && figure < above && above - below >= 2, "{figure}: {below}, {above}");
            for threshold in &thresholds {
                let step = coarse(figure, *threshold);
                assert!(step == below || step == above);
                figures_of.entry(step).or_default().insert(figure);
            }
        }
        for (step, figures) in figures_of.range(..4_000) {
            assert!(figures.len() >= 2, "{step} tells its figure: {figures:?}");
        }
        assert_eq!(coarse(0, 0), 0);
        assert!(coarse(u64::MAX / 2, 7) > 0);
    }

    #[test]
    fn rounding_is_even_over_installs_and_the_same_within_one() {
        for figure in [2_u64, 4, 7, 47, 1_234, 20_000] {
            let installs = 4_000;
            let sum: u64 = (0..installs)
                .map(|n: u64| {
                    let mut install = [0; 32];
                    install[..8].copy_from_slice(&n.to_le_bytes());
                    coarse(figure, threshold(&install))
                })
                .sum();
            let mean = sum as f64 / installs as f64;
            assert!((mean / figure as f64 - 1.0).abs() < 0.02, "{figure}: {mean}");
        }
        assert_eq!(threshold(&[7; 32]), threshold(&[7; 32]));
    }

    #[test]
    fn totals_have_three_digits_and_installs_go_in_steps() {
        let totals: Vec<u64> = [0, 7, 999, 1_004, 1_005, 123_456].into_iter().map(three_digits).collect();
        assert_eq!(totals, [0, 7, 999, 1_000, 1_010, 123_000]);
        let rules = Rules::default();
        let installs: Vec<u32> = [4, 5, 9, 10, 123, 1_239, 98_765].into_iter().map(|n| rules.installs(n)).collect();
        assert_eq!(installs, [0, 5, 5, 10, 120, 1_230, 98_700]);
    }

    #[test]
    fn something_appears_from_enough_installs_on_of_which_none_makes_more_than_half() {
        let sum = |contributions: &[u64]| {
            let mut sum = Sum::default();
            contributions.iter().for_each(|contribution| sum.add(*contribution));
            sum
        };
        let rules = Rules::default();
        assert!(rules.may_appear(&sum(&[1; 5])));
        assert!(!rules.may_appear(&sum(&[1; 4])));
        assert!(rules.may_appear(&sum(&[4, 1, 1, 1, 1])));
        assert!(!rules.may_appear(&sum(&[5, 1, 1, 1, 1])));
    }

    #[test]
    fn what_is_capped_keeps_its_proportions_and_adds_up_to_no_more() {
        assert_eq!([3, 5, 0].map(|figure| share(figure, 8, 8)), [3, 5, 0]);
        assert_eq!([600, 300, 100].map(|figure| share(figure, 1_000, 100)), [60, 30, 10]);
        assert_eq!(share(u64::MAX, u64::MAX, 7), 7);
    }

    #[test]
    fn one_install_in_fifty_may_be_larger_than_the_cap() {
        assert_eq!(cap(vec![9; 49]), None);
        let mut contributions = vec![10; 100];
        contributions[3] = 20_000_000;
        contributions[4] = 500;
        assert_eq!(cap(contributions), Some(10));
    }
}
