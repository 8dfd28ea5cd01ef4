//! Keeps one snapshot for each complete day that has reports: makes those that are missing, newest first.

use super::parts::DERIVED;
use super::rules::Rules;
use super::snapshot::snapshot;
use crate::code::Code;
use crate::day::Day;
use crate::error::Result;
use crate::store::{NewSnapshot, Store};

/// Makes all snapshots that are missing of days up to `last`; returns how many it made. Those of days whose reports
/// change meanwhile are left to the next call.
///
/// # Errors
/// If the database fails.
pub async fn publish_missing(store: &Store, rules: Rules, last: Day) -> Result<usize> {
    let missing = store.reconcile(last, rules.mark()).await?;
    if missing.is_empty() {
        return Ok(0);
    }
    let groups: Vec<&str> = DERIVED.iter().map(|part| part.group).collect();
    let mut made = 0;
    for day in missing {
        // With the texts read after the reports, none of their labels is missing.
        let reports = store.day_reports(day).await?;
        let texts = store.labels_of(&groups).await?;
        let removals = reports.removals;
        let parts = tokio::task::spawn_blocking(move || snapshot(rules, &reports, &texts))
            .await
            .map_err(|_| Code::SnapshotFailed)??;
        let snapshot = NewSnapshot { day, mark: rules.mark(), parts, removals };
        made += usize::from(store.publish(snapshot).await?);
    }
    Ok(made)
}
