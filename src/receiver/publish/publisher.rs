//! Publishes complete days: makes the snapshots that are missing, newest day first.

use super::derived::DERIVED;
use super::rules::Rules;
use super::snapshot::snapshot;
use crate::code::Code;
use crate::day::Day;
use crate::error::Result;
use crate::store::{NewSnapshot, Store};

/// Publishes all days up to `last` that have reports and no snapshot; returns how many it published. A day whose reports
/// change meanwhile is left to the next call.
///
/// # Errors
/// If the database fails.
pub async fn publish_missing(store: &Store, rules: Rules, last: Day) -> Result<usize> {
    let missing = store.reconcile(last, rules.mark()).await?;
    if missing.is_empty() {
        return Ok(0);
    }
    let groups: Vec<&str> = DERIVED.iter().map(|derived| derived.group).collect();
    let mut published = 0;
    for day in missing {
        // The texts are read after the reports, so that none of their labels is missing.
        let reports = store.day_reports(day).await?;
        let texts = store.labels_of(&groups).await?;
        let removals = reports.removals;
        let parts = tokio::task::spawn_blocking(move || snapshot(rules, &reports, &texts))
            .await
            .map_err(|_| Code::SnapshotFailed)??;
        let snapshot = NewSnapshot { day, mark: rules.mark(), parts, removals };
        published += usize::from(store.publish(snapshot).await?);
    }
    Ok(published)
}
