//! Takes over what a stock statistics site holds: reads its MariaDB, writes each report down again as the payload that it
//! came in, and lets that go the way of every other report, rules, sanitiser and all.
//!
//! What is assumed of the site's tables (its schema, as published):
//!
//! | table | columns that are read |
//! |---|---|
//! | `hosts` | `hosts_id`, `uuid` |
//! | `run` | `run_id`, `hosts_id`, `datetime` (of the server's time zone): one row for each report |
//! | `data` | `run_id`, `total`, `group`, `name` (of the label's column; empty without one), `value` (NULL became empty) |
//! | `devinfo` | `uuid`, `count`, `os`, `sysDescr`, `sysObjectID`: of an install's newest report only |

mod site;

pub use site::Site;

use crate::day::Day;
use crate::error::Result;
use crate::key::InstallKey;
use crate::store::{Access, Credentials, Store, Submission};
use crate::wire::{self, Report};
use data_encoding::HEXLOWER;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use site::{Row, Run};
use std::collections::BTreeMap;

/// Reports that are on their way at a time.
const AT_ONCE: usize = 32;

/// What an import came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Reports that were kept.
    pub kept: u64,
    /// Reports for whose install and day something is held already, or that were cleared here since.
    pub held: u64,
    /// Reports of installs that have registered a secret here or are blocked.
    pub not_ours: u64,
    /// Reports that are none by the rules, or whose uuid is none.
    pub refused: u64,
    /// Earlier reports of a day that has a later one.
    pub replaced: u64,
}

/// Imports all reports from `first_kept` on; `progress` hears how many of how many are done.
///
/// # Errors
/// If either database fails. What was kept until then stays; starting again goes on
/// from there.
pub async fn import(
    site: &mut Site,
    store: &Store,
    key: &InstallKey,
    first_kept: Day,
    mut progress: impl FnMut(usize, usize),
) -> Result<Imported> {
    let mut imported = Imported::default();
    let runs = site.runs(first_kept).await?;
    let (chosen, newest) = choose(runs, &mut imported);
    let all = chosen.len();
    for (done, some) in chosen.chunks(AT_ONCE).enumerate() {
        progress(done * AT_ONCE, all);
        let mut kept = Vec::with_capacity(some.len());
        for run in some {
            let install = key.install(&run.uuid);
            if store.has_report(install, key.tombstone(&install), run.day).await? {
                imported.held += 1;
                continue;
            }
            let rows = site.rows(run.number).await?;
            let pairs =
                if newest.get(&run.uuid) == Some(&run.number) { site.pairs(&run.stored).await? } else { Vec::new() };
            let payload = payload(&run.uuid, rows, pairs);
            let Ok(Report { payload_sha256, totals, .. }) = wire::report(payload.as_bytes()) else {
                imported.refused += 1;
                continue;
            };
            kept.push(store.keep(Submission {
                credentials: Credentials { install, secret: None },
                day: run.day,
                payload_sha256: digest(&payload_sha256),
                module_sha256: None,
                totals: totals.into_iter().collect(),
            }));
        }
        for outcome in try_join_all(kept).await? {
            if outcome == Access::Granted(()) {
                imported.kept += 1;
            } else {
                imported.not_ours += 1;
            }
        }
    }
    store.aggregate().await?;
    progress(all, all);
    Ok(imported)
}

/// The last report of each install and day, and the number of each install's newest.
fn choose(runs: Vec<Run>, imported: &mut Imported) -> (Vec<Run>, BTreeMap<String, i64>) {
    let mut chosen: BTreeMap<(Day, String), Run> = BTreeMap::new();
    let mut newest = BTreeMap::new();
    for mut run in runs {
        let Some(uuid) = wire::uuid::normalised(&run.stored) else {
            imported.refused += 1;
            continue;
        };
        run.uuid.clone_from(&uuid);
        let last = newest.entry(uuid.clone()).or_insert(run.number);
        *last = run.number.max(*last);
        let place = chosen.entry((run.day, uuid));
        imported.replaced += u64::from(matches!(place, std::collections::btree_map::Entry::Occupied(_)));
        let kept = place.or_insert_with(|| run.clone());
        if run.number > kept.number {
            *kept = run;
        }
    }
    (chosen.into_values().collect(), newest)
}

/// A report in the form in which it came to the site: the total first, then the label, since older names of its key are
/// known by their place.
fn payload(uuid: &str, rows: Vec<Row>, pairs: Vec<Value>) -> String {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Row { total, group, name, value } in rows {
        let entry = if name.is_empty() || name == "total" {
            format!("{{\"total\":{total}}}")
        } else {
            let label = if value.is_empty() { Value::Null } else { value.into() };
            format!("{{\"total\":{total},{}:{label}}}", json!(name))
        };
        groups.entry(group).or_default().push(entry);
    }
    let groups: Vec<String> =
        groups.into_iter().map(|(group, entries)| format!("{}:[{}]", json!(group), entries.join(","))).collect();
    format!("{{\"uuid\":{},\"data\":{{{}}},\"info\":{}}}", json!(uuid), groups.join(","), Value::Array(pairs))
}

fn digest(hex: &str) -> [u8; 32] {
    // What the digest's own function wrote is hexadecimal of 32 bytes.
    HEXLOWER.decode(hex.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: i64, uuid: &str, day: i32) -> Run {
        Run { number, stored: uuid.into(), uuid: String::new(), day: Day(day) }
    }

    #[test]
    fn the_last_report_of_a_day_counts_and_the_newest_has_the_pairs() {
        const A: &str = "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11";
        let mut imported = Imported::default();
        let runs = vec![run(4, A, 1), run(2, A, 1), run(7, &A.to_uppercase(), 2), run(9, "no uuid", 2)];
        let (chosen, newest) = choose(runs, &mut imported);
        let numbers: Vec<i64> = chosen.iter().map(|run| run.number).collect();
        assert_eq!((numbers, newest[A]), (vec![4, 7], 7));
        assert_eq!((imported.replaced, imported.refused), (1, 1));
    }

    #[test]
    fn a_report_is_written_down_as_it_came() {
        let row = |group: &str, name: &str, value: &str| Row {
            total: 3,
            group: group.into(),
            name: name.into(),
            value: value.into(),
        };
        let payload = payload("u", vec![row("cef", "", ""), row("os", "os", "linux"), row("os", "os", "")], Vec::new());
        assert_eq!(
            payload,
            r#"{"uuid":"u","data":{"cef":[{"total":3}],"os":[{"total":3,"os":"linux"},{"total":3,"os":null}]},"info":[]}"#
        );
    }
}
