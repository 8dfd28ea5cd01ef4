//! The ledger: consent changes, reports and deletions of this install, with their times and answers.
//!
//! An append-only list of events. A report or a deletion has two events: `begun`, written before anything is sent, and
//! `ended`, written when the outcome is known. A `begun` without an `ended` is a run that was killed. [`chain`] links
//! the events, [`prune`] limits them, [`payloads`] keeps the exact bytes that were sent.

pub(crate) mod chain;
pub(crate) mod diff;
pub(crate) mod payloads;
pub(crate) mod prune;

use crate::clock;
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::receiver::without_query;
use crate::store::{State, state_error};
pub(crate) use callback_protocol::agent_api::{AttemptOutcome, AttemptStarted, Entry, EntryKind, Outcome, Subject};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};

/// The outcome of a day's report that the receiver has or may have; `None` without a report, or if it has been
/// deleted since.
pub(crate) fn sent_on(entries: &[Entry], day: Date) -> Option<Outcome> {
    let runs = entries.iter().rev().filter_map(|entry| entry.begun.as_ref().zip(entry.ended.as_ref()));
    runs.take_while(|(_, ended)| ended.outcome != Outcome::Cleared)
        .find(|(begun, ended)| {
            begun.day == day && begun.subject != Subject::Clear && ended.outcome.counts_for_the_day()
        })
        .map(|(_, ended)| ended.outcome)
}

/// Whether the latest delete request was written to a file by `clear --out`, so that its answer may still be imported.
pub(crate) fn is_clear_in_file(entries: &[Entry]) -> bool {
    let is_of_it = |entry: &&Entry| !matches!(entry.what, EntryKind::ClearAsked | EntryKind::ClearCancelled);
    let is_written = |entry: &Entry| {
        let is_clear = entry.begun.as_ref().is_some_and(|begun| begun.subject == Subject::Clear);
        is_clear && entry.ended.as_ref().is_some_and(|ended| ended.outcome == Outcome::Written)
    };
    entries.iter().rev().take_while(is_of_it).any(is_written)
}

/// An entry as it is printed: without the query of the receiver's URL, which may hold a token.
pub(crate) fn printable(mut entry: Entry) -> Entry {
    if let Some(begun) = &mut entry.begun {
        begun.receiver = without_query(&begun.receiver).to_owned();
    }
    if let Some(Value::String(url)) = entry.note.as_mut().and_then(|note| note.get_mut("receiver")) {
        *url = without_query(url).to_owned();
    }
    entry
}

/// The outcome of an attempt without a receipt.
pub(crate) fn outcome_without_receipt(
    outcome: Outcome,
    status: Option<u16>,
    attempts: u32,
    reason: Reason,
) -> AttemptOutcome {
    let (code, said) = (Some(reason.code.into()), reason.text);
    AttemptOutcome { outcome, status, attempts, code, said, receipt: None, proof: None, binding: None }
}

/// The code of an outcome with its message.
pub(crate) fn reason_of(ended: &AttemptOutcome) -> Reason {
    let code = ended.code.as_deref().and_then(Code::parse).unwrap_or(Code::Internal);
    Reason::new(code, ended.said.clone())
}

/// Appends an event that belongs to no entry.
pub(crate) async fn note(state: &mut State, what: EntryKind, body: &Value) -> Result<()> {
    let body = body.to_string();
    in_transaction(state, async |connection| chain::append(connection, None, what, &body).await.map(drop)).await
}

/// Records that a report or delete request is about to be sent, with the payload; returns the entry's number.
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

/// Records the outcome.
pub(crate) async fn end(state: &mut State, entry: i64, ended: &AttemptOutcome) -> Result<()> {
    end_with(state, entry, ended, async |_| Ok(())).await
}

/// Records the outcome together with another change of the state, in one transaction.
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

/// All entries, oldest first. An entry's last `ended` is used, since a receipt may be imported later.
pub(crate) async fn entries(state: &mut State) -> Result<Vec<Entry>> {
    let rows = sqlx::query("SELECT id, entry, what, moment, body FROM events ORDER BY id")
        .fetch_all(state.connection())
        .await
        .map_err(|error| state_error(&error))?;
    let unreadable =
        || Error::new(Code::LedgerDamaged, "an entry of the ledger is damaged; run: callback-agent verify");
    let mut entries: Vec<Entry> = Vec::new();
    for row in rows {
        let text = |at: usize| row.try_get::<&str, _>(at).map_err(|error| state_error(&error));
        let number = |at: usize| row.try_get::<i64, _>(at).map_err(|error| state_error(&error));
        let (id, of, body) = (number(0)?, number(1)?, text(4)?);
        let what: EntryKind = serde_json::from_value(Value::from(text(2)?)).map_err(|_| unreadable())?;
        let moment = text(3)?.parse().map_err(|_| unreadable())?;
        if what == EntryKind::Ended {
            // Its `begun` may have been pruned.
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

/// Runs `change` in a transaction that locks out other writers.
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
    run.await.map_err(|error: sqlx::Error| state_error(&error))
}

/// The current time, as events store it.
fn moment() -> String {
    clock::now().to_string()
}
