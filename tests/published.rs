//! Compares what is published of a simulated world with a second implementation of the rules: each label that
//! is shown, each that is not, on each day. Also compares the graphs with the truth, with liars among the installs.

use anyhow::{Context, Result};
use callback_receiver::day::Day;
use callback_receiver::key::InstallKey;
use callback_receiver::publish::derived::counts_installs;
use callback_receiver::publish::publisher::publish_missing;
use callback_receiver::publish::rules::{Grain, Rules, coarse};
use callback_receiver::publish::snapshot::{Name, Part};
use callback_receiver::store::Store;
use callback_receiver::store::database::{Database, FILE};
use callback_receiver::wire::Label;
use callback_tests::simulated_world::{Extent, FIRST, Reports, fill, reports};
use std::collections::{BTreeMap, BTreeSet};

const K: u64 = 5;

fn three_digits(number: u64) -> u64 {
    let zeros = number.to_string().len().saturating_sub(3) as i32;
    ((number as f64 / 10_f64.powi(zeros)).round() * 10_f64.powi(zeros)) as u64
}

fn installs(number: u64) -> u64 {
    let step = if number < 1_000 { K } else { 10_u64.pow(number.to_string().len() as u32 - 3).max(K) };
    number / step * step
}

/// What may be shown of a group on a day: labels with installs and total; the group's total; whether the rest is `other`.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    labels: BTreeMap<Label, (u64, u64)>,
    whole: (u64, u64),
    other: Option<(u64, u64)>,
    withheld: bool,
}

fn may_appear(contributions: &[u64]) -> bool {
    let total: u64 = contributions.iter().sum();
    contributions.len() as u64 >= K && contributions.iter().all(|one| one * 2 <= total)
}

fn published(contributions: &[u64], only_installs: bool) -> (u64, u64) {
    let total = if only_installs { 0 } else { three_digits(contributions.iter().sum()) };
    (installs(contributions.len() as u64), total)
}

/// The second implementation of the rules, for one group on one day.
fn expected(group: &str, reports: &[(Grain, Vec<(&Label, u64)>)]) -> Option<Expected> {
    let only_installs = counts_installs(group);
    let figures: Vec<Vec<(&Label, u64)>> = reports
        .iter()
        .map(|(at, entries)| {
            entries.iter().map(|(label, figure)| (*label, coarse(*figure, *at))).filter(|(_, f)| *f > 0).collect()
        })
        .filter(|entries: &Vec<(&Label, u64)>| {
            let whole: u64 = entries.iter().map(|(_, figure)| figure).sum();
            whole > 0 && whole <= 20_000_000
        })
        .collect();
    let mut wholes: Vec<u64> = figures.iter().map(|entries| entries.iter().map(|(_, figure)| figure).sum()).collect();
    let mut sorted = wholes.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let cap = match sorted.len() {
        0..5 => u64::MAX,
        number => {
            let one_in_ten = 4 * sorted[(number / 10).max(1)];
            if number < 50 { one_in_ten } else { one_in_ten.min(sorted[number / 50]) }
        }
    };
    // An install above the cap is scaled down, label by label.
    let figures: Vec<Vec<(&Label, u64)>> = figures
        .into_iter()
        .zip(&wholes)
        .map(|(entries, whole)| {
            let scaled = |figure: u64| if *whole > cap { figure * cap / whole } else { figure };
            entries.into_iter().map(|(label, figure)| (label, scaled(figure))).collect()
        })
        .collect();
    wholes.iter_mut().for_each(|whole| *whole = cap.min(*whole));
    if !may_appear(&wholes) {
        return None;
    }
    let mut by_label: BTreeMap<&Label, Vec<u64>> = BTreeMap::new();
    for (label, figure) in figures.iter().flatten() {
        by_label.entry(label).or_default().push(*figure);
    }
    let shown: BTreeSet<&Label> = by_label.iter().filter(|(_, all)| may_appear(all)).map(|(label, _)| *label).collect();
    let rest: Vec<u64> = figures
        .iter()
        .filter_map(|entries| {
            let rest = entries.iter().filter(|(label, _)| !shown.contains(label)).map(|(_, figure)| *figure);
            rest.clone().next().map(|_| rest.sum::<u64>())
        })
        .collect();
    let together = by_label.len() - shown.len() >= 2 && may_appear(&rest);
    Some(Expected {
        whole: published(&wholes, only_installs),
        other: together.then(|| published(&rest, only_installs)),
        withheld: !rest.is_empty() && !together,
        labels: by_label
            .iter()
            .filter(|(label, _)| shown.contains(*label))
            .map(|(label, all)| ((*label).clone(), published(all, only_installs)))
            .collect(),
    })
}

async fn is_published(store: &Store, day: Day, group: &str) -> Result<Option<Expected>> {
    let rows = store.snapshots(day, day, &[group.to_owned()]).await?;
    let Some((.., body)) = rows.first() else { return Ok(None) };
    let part: Part = serde_json::from_slice(body)?;
    let ids: Vec<i64> =
        part.labels.iter().filter_map(|s| if let Name::Stored(id) = s.0 { Some(id) } else { None }).collect();
    let mut texts = store.label_texts(&ids).await?;
    let mut labels = BTreeMap::new();
    for (id, shown) in ids.iter().zip(&part.labels) {
        labels.insert(texts.remove(id).context("a label that is shown is there")?, (shown.1.into(), shown.2));
    }
    Ok(Some(Expected {
        labels,
        whole: (part.installs.into(), part.total),
        other: part.other.map(|other| (other.installs.into(), other.total)),
        withheld: part.withheld,
    }))
}

/// By group: each install with its labels and totals.
type Groups<'l> = BTreeMap<&'static str, Vec<(Grain, Vec<(&'l Label, u64)>)>>;

/// The reports that count on a day, by group.
fn counted(days: &[Reports], day: usize) -> Groups<'_> {
    let mut groups: Groups<'_> = BTreeMap::new();
    for (install, entries) in &days[day] {
        let reported = days[..=day].iter().filter(|reports| reports.iter().any(|(other, _)| other == install)).count();
        if reported < 3 {
            continue;
        }
        for same in entries.chunk_by(|(a, _), (b, _)| a.group == b.group) {
            let entries = same.iter().map(|(label, figure)| (label, *figure)).collect();
            groups.entry(same[0].0.group).or_default().push((Grain::of(install), entries));
        }
    }
    groups
}

#[tokio::test]
async fn every_published_value_of_a_simulated_world_follows_the_rules() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = InstallKey::load(&folder.path().join("install.key"))?;
    let store = Database::Sqlite(folder.path().join(FILE)).open(&key).await?;
    let extent = Extent { installs: 110, days: 7, seed: 11 };
    fill(&store, &key, extent, |_, _| {}).await?;
    let made = publish_missing(&store, Rules::default(), FIRST.plus(extent.days - 1)).await?;
    assert_eq!(made, 7);
    let days = reports(extent, &key)?;
    let (mut shown, mut others, mut hidden) = (0, 0, 0);
    for day in 0..7 {
        for (group, reports) in counted(&days, day) {
            let expected = expected(group, &reports);
            let published = is_published(&store, FIRST.plus(i32::try_from(day)?), group).await?;
            assert_eq!(published, expected, "day {day}, {group}");
            if let Some(expected) = expected {
                let all: BTreeSet<&Label> =
                    reports.iter().flat_map(|(_, entries)| entries.iter().map(|(l, _)| *l)).collect();
                shown += expected.labels.len();
                hidden += all.len() - expected.labels.len();
                others += usize::from(expected.other.is_some());
            }
        }
    }
    assert!(shown > 1_000 && hidden > 1_000 && others > 50, "{shown} shown, {hidden} hidden, {others} others");
    store.close().await;
    Ok(())
}

#[tokio::test]
async fn published_totals_stay_near_the_truth_with_liars_among_the_installs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let key = InstallKey::load(&folder.path().join("install.key"))?;
    let store = Database::Sqlite(folder.path().join(FILE)).open(&key).await?;
    let extent = Extent { installs: 150, days: 4, seed: 3 };
    fill(&store, &key, extent, |_, _| {}).await?;
    publish_missing(&store, Rules::default(), FIRST.plus(3)).await?;
    let days = reports(extent, &key)?;
    let mut compared = 0;
    for (group, reports) in counted(&days, 3) {
        let Some(published) = is_published(&store, FIRST.plus(3), group).await? else { continue };
        // The truth without figures that no install has; other figures of each install are exact.
        let mut wholes: Vec<u64> =
            reports.iter().map(|(_, entries)| entries.iter().map(|(_, figure)| figure).sum()).collect();
        wholes.retain(|whole| *whole < 100_000_000);
        let truth: u64 = wholes.iter().sum();
        if published.whole.1 > 0 {
            let error = published.whole.1 as f64 / truth as f64 - 1.0;
            // The cap affects the two largest of a hundred, and factors are balanced only over many; liars would add a thousandfold.
            assert!((-0.75..0.4).contains(&error), "{group}: {} for {truth}", published.whole.1);
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}");
    store.close().await;
    Ok(())
}
