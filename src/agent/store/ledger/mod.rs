//! The ledger: what this install allowed, sent and had cleared, when, and what was answered.
//!
//! A list of events that only grows at its end. A report or a clear is two events: `begun`, written before anything is
//! sent, and `ended`, written once it is known how it went; a `begun` without its `ended` is a run that was killed.
//! [`chain`] links the events, [`prune`] bounds them, [`payloads`] keeps what was sent byte for byte.

pub(crate) mod chain;
pub(crate) mod diff;
pub(crate) mod payloads;
pub(crate) mod prune;

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::store::{State, broken};
pub(crate) use callback_protocol::agent_api::{AttemptOutcome, AttemptStarted, Entry, EntryKind, Outcome, Subject};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};

/// What came of the report of a day that the receiver has or may have; nothing where there is none, or where it was
/// cleared since.
pub(crate) fn sent_on(entries: &[Entry], day: Date) -> Option<Outcome> {
    let runs = entries.iter().rev().filter_map(|entry| entry.begun.as_ref().zip(entry.ended.as_ref()));
    runs.take_while(|(_, ended)| ended.outcome != Outcome::Cleared)
        .find(|(begun, ended)| {
            begun.day == day && begun.subject != Subject::Clear && ended.outcome.counts_for_the_day()
        })
        .map(|(_, ended)| ended.outcome)
}

/// Whether the clear that was requested last is in a file of `clear --out`, whose answer may still come.
pub(crate) fn is_clear_in_file(entries: &[Entry]) -> bool {
    let is_of_it = |entry: &&Entry| !matches!(entry.what, EntryKind::ClearAsked | EntryKind::ClearCancelled);
    let is_written = |entry: &Entry| {
        let is_clear = entry.begun.as_ref().is_some_and(|begun| begun.subject == Subject::Clear);
        is_clear && entry.ended.as_ref().is_some_and(|ended| ended.outcome == Outcome::Written)
    };
    entries.iter().rev().take_while(is_of_it).any(is_written)
}

/// How an attempt went, without a receipt.
pub(crate) fn outcome_without_receipt(
    outcome: Outcome,
    status: Option<u16>,
    attempts: u32,
    reason: Reason,
) -> AttemptOutcome {
    let (code, said) = (Some(reason.code.into()), reason.text);
    AttemptOutcome { outcome, status, attempts, code, said, receipt: None, proof: None, binding: None }
}

/// What happened, with its message.
pub(crate) fn reason_of(ended: &AttemptOutcome) -> Reason {
    let code = ended.code.as_deref().and_then(Code::parse).unwrap_or(Code::Internal);
    Reason::new(code, ended.said.clone())
}

/// Writes an event that stands alone.
pub(crate) async fn note(state: &mut State, what: EntryKind, body: &Value) -> Result<()> {
    let body = body.to_string();
    in_transaction(state, async |connection| chain::append(connection, None, what, &body).await.map(drop)).await
}

/// Writes that a report or a clear is about to be sent, with the payload; returns the entry's number.
pub(crate) async fn begin(state: &mut State, begun: &AttemptStarted, payload: Option<(&[u8], &str)>) -> Result<i64> {
    let body = json(begun)?;
    let compressed = payload.map(|(bytes, uuid)| Ok::<_, Error>((payloads::compress(bytes)?, uuid))).transpose()?;
    in_transaction(state, async |connection| {
        let entry = chain::append(connection, None, EntryKind::Begun, &body).await?;
        if let Some((compressed, uuid)) = &compressed {
            sqlx::query("INSERT INTO payloads (entry, uuid, compressed) VALUES (?, ?, ?)")
                .bind(entry)
                .bind(*uuid)
                .bind(compressed)
                .execute(connection)
                .await?;
        }
        Ok(entry)
    })
    .await
}

/// Writes how it went.
pub(crate) async fn end(state: &mut State, entry: i64, ended: &AttemptOutcome) -> Result<()> {
    end_with(state, entry, ended, async |_| Ok(())).await
}

/// Writes how it went together with another change of the state: both or neither.
pub(crate) async fn end_with(
    state: &mut State,
    entry: i64,
    ended: &AttemptOutcome,
    change: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<()>,
) -> Result<()> {
    let body = json(ended)?;
    in_transaction(state, async |connection| {
        chain::append(connection, Some(entry), EntryKind::Ended, &body).await?;
        change(connection).await
    })
    .await
}

/// All entries, oldest first. The last `ended` of an entry counts: a receipt may be brought back later.
pub(crate) async fn entries(state: &mut State) -> Result<Vec<Entry>> {
    let rows = sqlx::query("SELECT id, entry, what, moment, body FROM events ORDER BY id")
        .fetch_all(state.connection())
        .await
        .map_err(|error| broken(&error))?;
    let unreadable =
        || Error::new(Code::LedgerDamaged, "an entry of the ledger is damaged; run: callback-agent verify");
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        let text = |at: usize| row.try_get::<&str, _>(at).map_err(|error| broken(&error));
        let number = |at: usize| row.try_get::<i64, _>(at).map_err(|error| broken(&error));
        let (id, of, body) = (number(0)?, number(1)?, text(4)?);
        let what: EntryKind = serde_json::from_value(Value::from(text(2)?)).map_err(|_| unreadable())?;
        let moment = text(3)?.parse().map_err(|_| unreadable())?;
        if what == EntryKind::Ended {
            // What began it may have been pruned.
            if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.id == of) {
                entry.ended = Some(serde_json::from_str(body).map_err(|_| unreadable())?);
            }
            continue;
        }
        let (mut begun, mut note) = (None, None);
        if what == EntryKind::Begun {
            begun = Some(serde_json::from_str(body).map_err(|_| unreadable())?);
        } else {
            note = Some(serde_json::from_str(body).map_err(|_| unreadable())?);
        }
        entries.push(Entry { id, moment, what, begun, ended: None, note });
    }
    Ok(entries)
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(Code::Internal, "cannot write a ledger entry as JSON; nothing was sent").caused_by(error)
    })
}

/// Runs `change` in a transaction that no other writer can come between.
async fn in_transaction<T>(
    state: &mut State,
    change: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
) -> Result<T> {
    let run = async {
        let mut transaction = state.connection().begin_with("BEGIN IMMEDIATE").await?;
        let result = change(&mut transaction).await?;
        transaction.commit().await?;
        Ok(result)
    };
    run.await.map_err(|error: sqlx::Error| broken(&error))
}

/// This moment, as events have it.
fn moment() -> String {
    clock::now().to_string()
}
