//! Exact numbers for the operator's own command line, which may go below what is published.

use super::pairs::Pair;
use crate::day::Day;
use crate::error::Result;
use crate::store::Storage;
use callback_collector::dictionary::INFO;

/// The pairs of the newest day up to one that at least `min_installs` have, with exact numbers, and that day.
///
/// # Errors
/// [`crate::Error::Store`].
pub async fn pairs(store: &dyn Storage, last: Day, min_installs: u64) -> Result<(Option<Day>, Vec<Pair>)> {
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
