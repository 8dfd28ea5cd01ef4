//! A simulated world of installs over many days, written directly into a store, with the exact truth for comparison: growth, days
//! without a report, duplicate reports, liars with absurd totals, deletions.

use crate::simulated::{Size, payload, seeded, uuid};
use anyhow::{Result, ensure};
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::store::{Access, Credentials, Store, Submission};
use callback_receiver::wire::{self, Label};
use futures_util::future::join_all;
use rand::RngExt;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The first day.
pub const FIRST: Day = Day(20_600);

/// Reports per batch.
const AT_ONCE: usize = 64;

/// The size of a world.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// Installs, at the end.
    pub installs: u32,
    /// Days.
    pub days: i32,
    /// The seed: the same seed gives the same world.
    pub seed: u64,
}

/// Number of installs, and the sum of their totals.
type Sums = BTreeMap<String, (i64, i64)>;

/// The exact figures of a day.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Reports.
    pub reports: i64,
    /// By group.
    pub groups: Sums,
    /// By label and pair, see [`label_name`]; only of worlds of up to [`DETAILED`] installs.
    pub labels: Sums,
}

/// Number of installs up to which the truth has every label of every day.
pub const DETAILED: u32 = 1_000;

/// A label's name in the truth: group, text, os and sysObjectID, with a unit separator between them.
#[must_use]
pub fn label_name(label: &Label) -> String {
    let (os, oid) = label.pair.as_ref().map_or(("", ""), |(os, oid)| (os, oid));
    [label.group, label.text.as_deref().unwrap_or("NULL"), os, oid].join("\u{1f}")
}

impl Truth {
    fn add(&mut self, totals: &[(Label, u64)], sign: i64, detailed: bool) {
        self.reports += sign;
        for same in totals.chunk_by(|(a, _), (b, _)| a.group == b.group) {
            let group = self.groups.entry(same[0].0.group.to_owned()).or_default();
            *group = (group.0 + sign, group.1 + sign * same.iter().map(|(_, total)| *total as i64).sum::<i64>());
            for (label, total) in same.iter().filter(|_| detailed) {
                let sums = self.labels.entry(label_name(label)).or_default();
                *sums = (sums.0 + sign, sums.1 + sign * *total as i64);
            }
        }
        self.groups.retain(|_, sums| *sums != (0, 0));
        self.labels.retain(|_, sums| *sums != (0, 0));
    }

    /// The truth in the form of the file.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({"reports": self.reports, "groups": self.groups, "labels": self.labels})
    }
}

struct Install {
    credentials: Credentials,
    tombstone: [u8; 32],
    starts: i32,
    cleared: Option<i32>,
    lies: bool,
    totals: Vec<(Label, u64)>,
    seed: u64,
}

impl Install {
    fn new(extent: Extent, number: u32, key: &InstallKey) -> Result<Self> {
        let seed = extent.seed.wrapping_mul(1 << 32).wrapping_add(number.into());
        let mut random = seeded(seed);
        let size = match random.random_range(0..100) {
            0..75 => Size::Small,
            75..98 => Size::Medium,
            _ => Size::Large,
        };
        let uuid = uuid(&mut random);
        let report = wire::report(payload(&mut random, &uuid, size).as_bytes());
        let report = report.map_err(|refusal| anyhow::anyhow!("a simulated report is refused: {refusal:?}"))?;
        let install = key.install(&uuid);
        let secret = random.random_bool(0.3).then(|| key.secret(&install, &random.random()));
        Ok(Self {
            credentials: Credentials { install, secret },
            tombstone: key.tombstone(&install),
            starts: if random.random_bool(0.6) { 0 } else { random.random_range(0..extent.days.max(1)) },
            cleared: random.random_bool(0.02).then(|| random.random_range(0..extent.days.max(1))),
            lies: random.random_bool(0.005),
            totals: report.totals.into_iter().collect(),
            seed,
        })
    }

    /// What it sends on a day: nothing, or changing totals; and whether it sends them twice.
    fn on(&self, day: i32) -> Option<(Vec<(Label, u64)>, bool)> {
        let mut random = seeded(self.seed ^ (day as u64 + 1) << 20);
        let silent =
            day < self.starts || self.cleared.is_some_and(|cleared| day >= cleared) || random.random_bool(0.03);
        if silent {
            return None;
        }
        let drift = random.random_range(0..3);
        let mut totals = self.totals.clone();
        for (_, total) in totals.iter_mut().step_by(3) {
            *total += drift;
        }
        if let Some((_, total)) = totals.last_mut()
            && self.lies
        {
            *total = i32::MAX as u64;
        }
        Some((totals, random.random_bool(0.01)))
    }

    fn submission(&self, day: i32, totals: Vec<(Label, u64)>) -> Submission {
        let digest = [0; 32];
        Submission {
            credentials: self.credentials,
            day: FIRST.plus(day),
            payload_sha256: digest,
            module_sha256: None,
            totals,
        }
    }
}

/// Fills a store, day by day, and calls `after_each` after each day. Returns the truth of each day.
///
/// # Errors
/// If the store rejects something.
pub async fn fill(
    store: &Store,
    key: &InstallKey,
    extent: Extent,
    mut after_each: impl FnMut(i32, usize),
) -> Result<Vec<Truth>> {
    let installs = (0..extent.installs).map(|n| Install::new(extent, n, key)).collect::<Result<Vec<_>>>()?;
    let mut truth = vec![Truth::default(); usize::try_from(extent.days)?];
    for day in 0..extent.days {
        let mut sent = 0;
        for some in installs.chunks(AT_ONCE) {
            let mut kept = Vec::new();
            for install in some {
                let Some((totals, twice)) = install.on(day) else { continue };
                truth[day as usize].add(&totals, 1, extent.installs <= DETAILED);
                if twice {
                    kept.push(store.keep(install.submission(day, install.totals.clone())));
                }
                kept.push(store.keep(install.submission(day, totals)));
            }
            sent += kept.len();
            for outcome in join_all(kept).await {
                ensure!(outcome? == Access::Granted(()), "a simulated report was not kept");
            }
        }
        for install in installs.iter().filter(|install| install.cleared == Some(day)) {
            let cleared = store.clear(install.credentials, install.tombstone, FIRST.plus(day)).await?;
            ensure!(matches!(cleared, Access::Granted(_)), "a simulated clear was refused");
            for earlier in 0..day {
                if let Some((totals, _)) = install.on(earlier) {
                    truth[earlier as usize].add(&totals, -1, extent.installs <= DETAILED);
                }
            }
        }
        after_each(day, sent);
    }
    store.aggregate().await?;
    Ok(truth)
}

/// The reports of a day after the last day: what each install counts, without deleted installs.
pub type Reports = Vec<([u8; 32], Vec<(Label, u64)>)>;

/// The reports of each day, as stored after the last day.
///
/// # Errors
/// If a simulated report is rejected.
pub fn reports(extent: Extent, key: &InstallKey) -> Result<Vec<Reports>> {
    let installs = (0..extent.installs).map(|n| Install::new(extent, n, key)).collect::<Result<Vec<_>>>()?;
    let of_day = |day| {
        let kept = installs.iter().filter(|install| install.cleared.is_none());
        kept.filter_map(|install| Some((install.credentials.install, install.on(day)?.0))).collect()
    };
    Ok((0..extent.days).map(of_day).collect())
}
