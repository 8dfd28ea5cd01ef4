//! Limits the ledger to a number of reports and of days. Events are removed from the start, and the anchor moves to the
//! first event that is kept.

use super::{Entry, EntryKind, entries, in_transaction};
use crate::error::Result;
use crate::store::State;
use jiff::{SignedDuration, Timestamp};
use sqlx::Row;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Maximum number of reports and deletions.
    pub entries: usize,
    /// Maximum number of days.
    pub days: u32,
}

/// The first event to keep.
fn first_kept(entries: &[Entry], limits: Limits, now: Timestamp) -> Option<i64> {
    // Ages are relative to the previous run, or to now if that is earlier. Otherwise one jump of the clock into the
    // future would make the whole ledger look expired.
    let before = entries.iter().rev().filter(|entry| entry.what == EntryKind::Begun).nth(1);
    let reference = before.map_or(now, |entry| entry.moment.min(now));
    let oldest = reference.saturating_sub(SignedDuration::from_hours(24 * i64::from(limits.days))).ok()?;
    let mut left = entries.iter().filter(|entry| entry.what == EntryKind::Begun).count();
    for entry in entries {
        let is_run = entry.what == EntryKind::Begun;
        let unfinished = is_run && entry.ended.is_none();
        if unfinished || (left <= limits.entries && entry.moment >= oldest) {
            return Some(entry.id);
        }
        left -= usize::from(is_run);
    }
    None
}

/// Deletes what exceeds the limits; returns the number of deleted events.
pub(crate) async fn prune(state: &mut State, limits: Limits, now: Timestamp) -> Result<u64> {
    let entries = entries(state).await?;
    let Some(first) = first_kept(&entries, limits, now).filter(|first| entries.first().is_some_and(|e| e.id < *first))
    else {
        return Ok(0);
    };
    in_transaction(state, async |connection| {
        let anchor = sqlx::query("SELECT id, hash FROM events WHERE id < ? ORDER BY id DESC LIMIT 1")
            .bind(first)
            .fetch_one(&mut *connection)
            .await?;
        sqlx::query("UPDATE chain SET anchor_id = ?, anchor_hash = ?")
            .bind(anchor.try_get::<i64, _>(0)?)
            .bind(anchor.try_get::<String, _>(1)?)
            .execute(&mut *connection)
            .await?;
        sqlx::query("DELETE FROM payloads WHERE entry < ?").bind(first).execute(&mut *connection).await?;
        let gone = sqlx::query("DELETE FROM events WHERE id < ?").bind(first).execute(connection).await?;
        Ok(gone.rows_affected())
    })
    .await
}
