//! The rules of publication, as functions of what one install contributes.
//!
//! Whatever is published is a function of three things only: which labels an install has, on which days it reported,
//! and its figures after [`coarse`]. Each value of [`coarse`] stands for several figures, and which of them it was is
//! decided by a hash that never leaves the receiver. So no number of views, days, exports, joins and clears that are
//! subtracted from one another gives a figure of one install. Groups that divide the same devices in several ways could
//! still meet in one figure; that all of an install's figures are scaled by a factor of its own keeps them from it, but
//! for hardly any (a test says how many).

use crate::store::KeyedHash;
use sha2::{Digest, Sha256};

/// Default of the setting `installs_at_least`.
pub const INSTALLS_AT_LEAST: u32 = 5;

/// Different days on which an install must have reported before it counts.
pub const DAYS_BEFORE_COUNTED: u32 = 3;

/// A group with a larger total in one install is not a real count, and is left out.
pub const PLAUSIBLE: u64 = 20_000_000;

/// One install in this many may be larger than the cap on contributions, where there are as many.
pub const UNCAPPED_ONE_IN: usize = 50;

/// One install in this many, and one at least, may be larger than what the cap is a multiple of at most.
pub const TYPICAL_ONE_IN: usize = 10;

/// That multiple.
pub const CAP_FACTOR: u64 = 4;

/// Installs from which contributions are capped.
const CAPPED_FROM: usize = 5;

/// Increased whenever the rules change, so that all snapshots are rebuilt.
const VERSION: u32 = 3;

/// The configurable rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Fewest installs behind a published value.
    pub installs_at_least: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { installs_at_least: INSTALLS_AT_LEAST }
    }
}

impl Rules {
    /// Marks snapshots that were made by these rules.
    #[must_use]
    pub fn mark(self) -> String {
        format!("{VERSION}/{}", self.installs_at_least)
    }

    /// A number of installs as it is published: rounded down to a step of `installs_at_least`, and to 3 digits. One
    /// install more or less changes it by one step or not at all.
    #[must_use]
    pub fn installs(self, exact: u32) -> u32 {
        exact - exact % self.step(exact)
    }

    /// The middle of the step that a number of installs is in.
    #[must_use]
    pub fn middle(self, exact: u32) -> u32 {
        self.installs(exact) + (self.step(exact) - 1) / 2
    }

    fn step(self, exact: u32) -> u32 {
        self.installs_at_least.max(1).max(u32::try_from(unit(exact.into())).unwrap_or(1))
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

/// Steps of a decade, after the preferred numbers of ISO 3 (R10); below 13 they are three apart, so that what lies between
/// two of them is never one figure alone.
const FIRST_DECADE: [u64; 3] = [1, 4, 7];
const DECADE: [u64; 10] = [100, 125, 160, 200, 250, 315, 400, 500, 630, 800];
const SECOND_DECADE: [u64; 10] = [10, 13, 16, 20, 25, 32, 40, 50, 63, 80];

/// The largest step that is not above a number from 1 on, and the next one.
fn steps(number: u64) -> (u64, u64) {
    let within = |decade: &[u64], factor: u64| {
        let at = decade.partition_point(|step| step.saturating_mul(factor) <= number).max(1);
        (decade[at - 1] * factor, decade.get(at).map(|step| step.saturating_mul(factor)))
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

/// How an install's figures are made coarse. The same for all of them, so that equal figures stay equal, and even over
/// installs, so that sums stay true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grain {
    /// What they are multiplied by: 0.7 to 1.3, of which this is the part of the way, in units of 2^-32.
    scale: u32,
    /// Where they are rounded up: a part of the way between two steps, in units of 2^-32.
    threshold: u32,
}

impl Grain {
    /// That of an install.
    #[must_use]
    pub fn of(install: &KeyedHash) -> Self {
        let hash = Sha256::new().chain_update(b"callback publication: rounding\0").chain_update(install).finalize();
        let part = |at: usize| u32::from_le_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
        Self { scale: part(0), threshold: part(4) }
    }
}

/// A figure of one install as it goes into sums: scaled, then one of the two steps next to it. One stays one: most
/// figures of small labels are.
#[must_use]
pub fn coarse(figure: u64, grain: Grain) -> u64 {
    if figure < 2 {
        return figure;
    }
    // With 32 bits behind the point: 0.7 + 0.6 * scale.
    let scaled = u128::from(figure) * (7 * (1_u128 << 32) + 6 * u128::from(grain.scale)) / 10;
    let (below, above) = steps(u64::try_from(scaled >> 32).unwrap_or(u64::MAX));
    let part = (scaled - (u128::from(below) << 32)) / u128::from(above - below);
    if part > u128::from(grain.threshold) { above } else { below }
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

/// What one install may contribute to a group at most: so much that one install in [`UNCAPPED_ONE_IN`] has more, and no
/// more than [`CAP_FACTOR`] times what one in [`TYPICAL_ONE_IN`] has, so that liars must be a tenth of all to bend a sum.
/// Nothing where there are too few installs to tell.
#[must_use]
pub fn cap(mut contributions: Vec<u64>) -> Option<u64> {
    let installs = contributions.len();
    if installs < CAPPED_FROM {
        return None;
    }
    let mut ranked = |rank: usize| *contributions.select_nth_unstable_by(rank, |a, b| b.cmp(a)).1;
    let typical = ranked((installs / TYPICAL_ONE_IN).max(1)).saturating_mul(CAP_FACTOR);
    Some(match installs / UNCAPPED_ONE_IN {
        0 => typical,
        rank => typical.min(ranked(rank)),
    })
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
    use std::collections::{BTreeMap, BTreeSet};

    /// Installs' grains, spread over all that there are.
    fn grains(scales: u32, thresholds: u32) -> Vec<Grain> {
        let spread = |at: u32, of: u32| ((u64::from(at) * 2 + 1) * (1 << 31) / u64::from(of)) as u32;
        let of_scale = |scale| (0..thresholds).map(move |t| Grain { scale, threshold: spread(t, thresholds) });
        (0..scales).map(|at| spread(at, scales)).flat_map(of_scale).collect()
    }

    #[test]
    fn every_step_stands_for_several_figures_near_it() {
        let mut figures_of = BTreeMap::<u64, BTreeSet<u64>>::new();
        for figure in 2..5_000 {
            let (below, above) = steps(figure);
            assert!(below <= figure && figure < above && above - below >= 3, "{figure}: {below}, {above}");
            for grain in grains(8, 8) {
                let step = coarse(figure, grain);
                let (lowest, highest) = (steps(figure * 7 / 10).0, steps(figure * 13 / 10 + 1).1);
                assert!(lowest <= step && step <= highest, "{figure}: {step}");
                figures_of.entry(step).or_default().insert(figure);
            }
        }
        for (step, figures) in figures_of.range(..3_000) {
            assert!(figures.len() >= 3, "{step} tells its figure: {figures:?}");
        }
        let all = grains(3, 3);
        assert!(all.iter().all(|grain| (coarse(0, *grain), coarse(1, *grain)) == (0, 1)));
        assert!(all.iter().all(|grain| coarse(u64::MAX / 2, *grain) > 0));
    }

    #[test]
    fn rounding_is_even_over_installs_and_the_same_within_one() {
        for figure in [2_u64, 4, 7, 47, 1_234, 20_000] {
            let installs = 4_000;
            let sum: u64 = (0..installs)
                .map(|n: u64| {
                    let mut install = [0; 32];
                    install[..8].copy_from_slice(&n.to_le_bytes());
                    coarse(figure, Grain::of(&install))
                })
                .sum();
            let mean = sum as f64 / installs as f64;
            assert!((mean / figure as f64 - 1.0).abs() < 0.02, "{figure}: {mean}");
        }
        assert_eq!(Grain::of(&[7; 32]), Grain::of(&[7; 32]));
    }

    /// All ways to divide a number of devices.
    fn divided(devices: u64, most: u64) -> Vec<Vec<u64>> {
        if devices == 0 {
            return vec![Vec::new()];
        }
        let first = |part: u64| {
            divided(devices - part, part).into_iter().map(move |rest| [vec![part], rest].concat()).collect::<Vec<_>>()
        };
        (1..=most.min(devices)).flat_map(first).collect()
    }

    #[test]
    fn two_groups_that_divide_the_same_devices_hardly_ever_tell_how_many_they_are() {
        // What goes when an install goes: its devices as one label, and divided into labels in some way.
        let mut worlds = BTreeMap::<(u64, Vec<u64>), BTreeMap<u64, usize>>::new();
        for devices in 1..=10 {
            for labels in divided(devices, devices) {
                for grain in grains(20, 30) {
                    let gone = labels.iter().map(|label| coarse(*label, grain)).collect();
                    *worlds.entry((coarse(devices, grain), gone)).or_default().entry(devices).or_default() += 1;
                }
            }
        }
        // Up to 7, because each can be one of up to 10.
        let (mut all, mut told) = (0, 0);
        for by_devices in worlds.values() {
            for times in by_devices.range(..=7).map(|(_, times)| times) {
                all += times;
                told += if by_devices.len() == 1 { *times } else { 0 };
            }
        }
        assert!(told * 200 < all, "{told} of {all} are told exactly");
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
    fn a_cap_is_what_one_in_fifty_exceeds_and_liars_below_a_tenth_do_not_raise_it() {
        assert_eq!(cap(vec![9; 4]), None);
        assert_eq!(cap(vec![9; 49]), Some(36));
        let mut contributions = vec![10; 100];
        contributions[3] = 20_000_000;
        contributions[4] = 500;
        assert_eq!(cap(contributions), Some(10));
        for (honest, liars) in [(9, 1), (20, 2), (60, 6), (110, 12)] {
            assert_eq!(cap([vec![100; honest], vec![16_000_000; liars]].concat()), Some(400), "{honest}, {liars}");
        }
    }
}
