//! The hash chain: each event has a hash over itself and the hash of the previous event. It detects accidents (a
//! damaged disk, a restored backup, a manual edit), not attackers: anyone who can write the ledger can recompute the
//! chain.

use super::{Entry, EntryKind, Subject, moment, payloads};
use crate::code::Code;
use crate::error::{Reason, Result};
use crate::store::{State, state_error};
use callback_collector::digest::sha256_hex;
use callback_protocol::agent_api::ReceiptCheck;
use callback_protocol::receipt::verify as is_signed_by;
use callback_protocol::signing::PublicKey;
use serde_json::Value;
use sqlx::{Row, SqliteConnection};

/// The result of `verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Verified {
    /// Number of events.
    pub events: u64,
    /// Number of payloads.
    pub payloads: u64,
    /// Number of receipts whose signature was verified again.
    pub receipts: u64,
    /// The problems as text; empty if everything is intact.
    pub problems: Vec<String>,
    /// The problems with their codes.
    pub findings: Vec<Reason>,
}

impl Verified {
    fn problem(&mut self, code: Code, message: impl Into<String>) {
        let finding = Reason::new(code, message);
        self.problems.push(finding.text.clone());
        self.findings.push(finding);
    }
}

/// The hash of an event.
fn hash(previous: &str, id: i64, entry: i64, what: &str, moment: &str, body: &str) -> String {
    // Only the last part can contain a line break, so different events never hash the same text.
    sha256_hex(format!("{previous}\n{id}\n{entry}\n{what}\n{moment}\n{body}").as_bytes())
}

/// Appends an event, alone or as part of an entry. Returns its number.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    entry: Option<i64>,
    what: EntryKind,
    body: &str,
) -> sqlx::Result<i64> {
    let last = sqlx::query("SELECT last_id, last_hash FROM chain").fetch_one(&mut *connection).await?;
    let (last_id, last_hash) = (last.try_get::<i64, _>(0)?, last.try_get::<String, _>(1)?);
    let (id, moment) = (last_id + 1, moment());
    let entry = entry.unwrap_or(id);
    let hash = hash(&last_hash, id, entry, what.name(), &moment, body);
    sqlx::query("INSERT INTO events (id, entry, what, moment, body, hash) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(id)
        .bind(entry)
        .bind(what.name())
        .bind(moment)
        .bind(body)
        .bind(&hash)
        .execute(&mut *connection)
        .await?;
    sqlx::query("UPDATE chain SET last_id = ?, last_hash = ?").bind(id).bind(hash).execute(connection).await?;
    Ok(id)
}

/// That events are missing, from one number to another.
fn missing(first: i64, last: i64) -> String {
    if first == last { format!("event {first} is missing") } else { format!("events {first} to {last} are missing") }
}

/// Recomputes every hash and every digest.
pub(crate) async fn verify(state: &mut State) -> Result<Verified> {
    let mut found = Verified::default();
    let chain = sqlx::query("SELECT anchor_id, anchor_hash, last_id, last_hash FROM chain")
        .fetch_optional(state.connection())
        .await
        .map_err(|error| state_error(&error))?;
    let Some(chain) = chain else {
        found.problem(Code::ChainRecordMissing, "the record of the chain's start and end is missing");
        return Ok(found);
    };
    let text = |at: usize| chain.try_get::<String, _>(at).unwrap_or_default();
    let number = |at: usize| chain.try_get::<i64, _>(at).unwrap_or_default();
    let (mut previous_id, mut previous) = (number(0), text(1));
    let rows = sqlx::query("SELECT id, entry, what, moment, body, hash FROM events ORDER BY id")
        .fetch_all(state.connection())
        .await
        .map_err(|error| state_error(&error))?;
    for row in &rows {
        let text = |at: usize| row.try_get::<String, _>(at).unwrap_or_default();
        let number = |at: usize| row.try_get::<i64, _>(at).unwrap_or_default();
        let (id, kept) = (number(0), text(5));
        if id != previous_id + 1 {
            found.problem(Code::EventsMissing, missing(previous_id + 1, id - 1));
        } else if kept != hash(&previous, id, number(1), &text(2), &text(3), &text(4)) {
            found.problem(Code::EventChanged, format!("event {id} was changed"));
        }
        (previous_id, previous) = (id, kept);
        found.events += 1;
    }
    if (previous_id, &previous) != (number(2), &text(3)) {
        found.problem(
            Code::ChainCut,
            format!("the chain ends at event {previous_id}, but it was written up to event {}", number(2)),
        );
    }
    let digests = sqlx::query(
        "SELECT p.entry, json_extract(e.body, '$.payload_sha256') FROM payloads p LEFT JOIN events e ON e.id = p.entry \
         WHERE e.body IS NULL OR json_valid(e.body) ORDER BY p.entry",
    )
    .fetch_all(state.connection())
    .await
    .map_err(|error| state_error(&error))?;
    for row in digests {
        let entry = row.try_get::<i64, _>(0).unwrap_or_default();
        let expected = row.try_get::<Option<String>, _>(1).ok().flatten();
        let same = match payloads::read(state, entry).await {
            Ok(Some(payload)) => Some(sha256_hex(&payload)) == expected,
            _ => false,
        };
        if !same {
            found.problem(
                Code::PayloadChanged,
                format!("the payload of entry {entry} does not match its recorded SHA-256"),
            );
        }
        found.payloads += 1;
    }
    missing_payloads(state, &mut found).await?;
    receipts(state, &mut found).await?;
    Ok(found)
}

/// Reports entries whose payloads are missing. Only a deletion removes payloads, and the ledger then has an entry for
/// it.
async fn missing_payloads(state: &mut State, found: &mut Verified) -> Result<()> {
    // The check of the chain has reported unreadable events.
    let Ok(entries) = super::entries(state).await else { return Ok(()) };
    let is_clear = |entry: &Entry| {
        entry.what == EntryKind::ClearAsked || entry.begun.as_ref().is_some_and(|begun| begun.subject == Subject::Clear)
    };
    let last_clear = entries.iter().filter(|entry| is_clear(entry)).map(|entry| entry.id).max().unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry.id > last_clear) {
        let has_digest = entry.begun.as_ref().is_some_and(|begun| begun.payload_sha256.is_some());
        // An unreadable payload is reported already.
        if has_digest && matches!(payloads::read(state, entry.id).await, Ok(None)) {
            found.problem(Code::PayloadMissing, format!("the payload of entry {} is missing", entry.id));
        }
    }
    Ok(())
}

/// Checks the signature of every receipt that was verified when it was received.
async fn receipts(state: &mut State, found: &mut Verified) -> Result<()> {
    let keys: Vec<PublicKey> = state.pinned_keys().await?.into_iter().map(|known| known.key).collect();
    // The check of the chain has reported unreadable events.
    let Ok(entries) = super::entries(state).await else { return Ok(()) };
    for entry in entries {
        let Some(ended) = &entry.ended else { continue };
        let (Some(receipt), Some(ReceiptCheck::Signed | ReceiptCheck::FirstKey | ReceiptCheck::NewKey)) =
            (&ended.receipt, ended.proof)
        else {
            continue;
        };
        if keys.iter().any(|key| is_signed_by(receipt, key)) {
            found.receipts += 1;
        } else {
            found.problem(
                Code::ReceiptUnsigned,
                format!("the receipt of entry {} is not signed by a pinned key", entry.id),
            );
        }
    }
    Ok(())
}

/// The ledger as one JSON document: every event with its hash, and the start of the chain.
pub(crate) async fn export(state: &mut State) -> Result<Value> {
    let chain = sqlx::query("SELECT anchor_id, anchor_hash, last_id, last_hash FROM chain")
        .fetch_one(state.connection())
        .await
        .map_err(|error| state_error(&error))?;
    let rows = sqlx::query("SELECT id, entry, what, moment, body, hash FROM events ORDER BY id")
        .fetch_all(state.connection())
        .await
        .map_err(|error| state_error(&error))?;
    let mut events = Vec::new();
    for row in &rows {
        let text = |at: usize| row.try_get::<String, _>(at).unwrap_or_default();
        let number = |at: usize| row.try_get::<i64, _>(at).unwrap_or_default();
        let payload = match text(2).as_str() {
            "begun" => {
                payloads::read(state, number(0)).await?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        };
        events.push(serde_json::json!({
            "id": number(0), "entry": number(1), "what": text(2), "moment": text(3), "body": text(4), "hash": text(5),
            "payload": payload,
        }));
    }
    let text = |at: usize| chain.try_get::<String, _>(at).unwrap_or_default();
    let number = |at: usize| chain.try_get::<i64, _>(at).unwrap_or_default();
    Ok(serde_json::json!({
        "hash": "SHA-256 of: hash before, id, entry, what, moment, body; separated by line breaks",
        "anchor": {"id": number(0), "hash": text(1)},
        "last": {"id": number(2), "hash": text(3)},
        "events": events,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_missing_event_is_not_a_range() {
        assert_eq!([missing(5, 5), missing(5, 6)], ["event 5 is missing", "events 5 to 6 are missing"]);
    }
}
