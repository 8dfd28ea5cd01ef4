//! Exact numbers for the operator's commands, which may show more than is published.

use super::derived;
use super::pairs::Pair;
use crate::day::Day;
use crate::error::Result;
use crate::store::Store;
use callback_collector::dictionary::{GROUPS, INFO};

/// The pairs of the newest day up to one that at least `min_installs` have, with exact numbers, and that day.
///
/// # Errors
/// If the database fails.
pub async fn pairs(store: &Store, last: Day, min_installs: u64) -> Result<(Option<Day>, Vec<Pair>)> {
    let Some(day) = store.newest_day(last).await? else { return Ok((None, Vec::new())) };
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    let pairs = store.exact(day, INFO).await?.into_iter().filter(|exact| number(exact.installs) >= min_installs);
    let pairs = pairs.filter_map(|exact| {
        let (os, sys_object_id) = exact.label.pair?;
        Some(Pair {
            os,
            sys_object_id,
            sys_descr: Some(exact.label.text.unwrap_or_default()),
            installs: number(exact.installs),
            devices: number(exact.total),
            first_published: None,
        })
    });
    Ok((Some(day), pairs.collect()))
}

/// Whether a text is among the labels of the newest day up to one, whether or not it may be shown: of one pair, of a
/// group, or of any. Derived groups have no stored labels and count as having every text.
///
/// # Errors
/// If the database fails.
pub async fn has(store: &Store, last: Day, part: Option<&str>, pair: Option<(&str, &str)>, text: &str) -> Result<bool> {
    let groups: Vec<&str> = match (part, pair) {
        (_, Some(_)) => vec![INFO],
        (Some(part), None) => match derived::group(part) {
            Some(group) => vec![group],
            None => return Ok(true),
        },
        (None, None) => GROUPS.iter().map(|group| group.name).chain([INFO]).collect(),
    };
    let Some(day) = store.newest_day(last).await? else { return Ok(false) };
    for group in groups {
        let labels = store.exact(day, group).await?;
        let found = labels.iter().any(|exact| {
            let (label, of) = (exact.label.text.as_deref().unwrap_or_default(), &exact.label.pair);
            match (pair, of) {
                (Some((os, oid)), Some(of)) => label == text && (os, oid) == (of.0.as_str(), of.1.as_str()),
                (None, Some((os, oid))) => part.is_none() && (os == text || oid == text) || label == text,
                (Some(_), None) => false,
                (None, None) => label == text,
            }
        });
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}
