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
use crate::receiver::Kind;
use crate::store::{State, broken};
use crate::trust::ReceiptCheck;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// The admin allowed reports.
    ConsentOn,
    /// The admin withdrew that, or a confirmed clear did.
    ConsentOff,
    /// A clear was asked for.
    ClearAsked,
    /// A clear that was asked for was cancelled.
    ClearCancelled,
    /// A report or a clear is about to be sent.
    Begun,
    /// It is known how that went.
    Ended,
}

impl What {
    /// The name in the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ConsentOn => "consent-on",
            Self::ConsentOff => "consent-off",
            Self::ClearAsked => "clear-asked",
            Self::ClearCancelled => "clear-cancelled",
            Self::Begun => "begun",
            Self::Ended => "ended",
        }
    }
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    /// A report, over the network.
    Report,
    /// A report, in a file that is carried to the network.
    File,
    /// A clear.
    Clear,
}

/// What is known before anything is sent. Holds no pseudonym and no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AttemptStarted {
    /// What it is.
    pub subject: Subject,
    /// The day (UTC) that it counts for.
    pub day: Date,
    /// The address that it goes to.
    pub receiver: String,
    /// What answers there.
    pub kind: Kind,
    /// Of a report: SHA-256 of the payload.
    pub payload_sha256: Option<String>,
    /// Of a report: its bytes.
    pub payload_bytes: Option<u64>,
    /// Of a report: its schema.
    pub payload_schema: Option<u32>,
    /// Of a report: SHA-256 of the module that made it.
    pub module_sha256: Option<String>,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The receiver took the report.
    Sent,
    /// The receiver confirmed the clear.
    Cleared,
    /// It is in a file; whether it arrived is told when the receipt is brought back.
    Written,
    /// The receiver has not got it.
    NotSent,
    /// It may have arrived: the connection broke off after it was sent, or the run was killed.
    Unknown,
    /// Reporting was switched off before it was sent.
    SwitchedOff,
}

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

impl Outcome {
    /// Whether the receiver has, or may have, a report of that day.
    pub const fn counts_for_the_day(self) -> bool {
        matches!(self, Self::Sent | Self::Written | Self::Unknown)
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Cleared => "cleared",
            Self::Written => "written to a file",
            Self::NotSent => "not sent",
            Self::Unknown => "may have arrived",
            Self::SwitchedOff => "not sent: consent or a setting changed",
        }
    }
}

/// What is known once it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptOutcome {
    /// How it went.
    pub outcome: Outcome,
    /// The status of the last answer, if there was one.
    pub status: Option<u16>,
    /// How often it was tried.
    pub attempts: u32,
    /// What happened. Known to the run itself only: the ledger keeps the outcome.
    #[serde(skip)]
    pub code: Option<Code>,
    /// In words; nothing that the receiver wrote.
    pub said: String,
    /// The receipt, as the receiver wrote it.
    pub receipt: Option<Value>,
    /// What the receipt's signature proves; nothing where none is expected.
    #[serde(default)]
    pub proof: Option<ReceiptCheck>,
}

impl AttemptOutcome {
    /// How it went, without a receipt.
    pub fn without_receipt(outcome: Outcome, status: Option<u16>, attempts: u32, reason: Reason) -> Self {
        Self { outcome, status, attempts, code: Some(reason.code), said: reason.text, receipt: None, proof: None }
    }

    /// What happened, with its message.
    pub fn reason(&self) -> Reason {
        Reason::new(self.code.unwrap_or(Code::Internal), self.said.clone())
    }
}

/// A line of the ledger: an event that stands alone, or a `begun` with what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub moment: Timestamp,
    /// What it is.
    pub what: What,
    /// Of a report or a clear: what was known before it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<AttemptStarted>,
    /// How it went; nothing where that is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<AttemptOutcome>,
    /// Of an event that stands alone: what it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Value>,
}

/// Writes an event that stands alone.
pub(crate) async fn note(state: &mut State, what: What, body: &Value) -> Result<()> {
    let body = body.to_string();
    in_transaction(state, async |connection| chain::append(connection, None, what, &body).await.map(drop)).await
}

/// Writes that a report or a clear is about to be sent, with the payload; returns the entry's number.
pub(crate) async fn begin(state: &mut State, begun: &AttemptStarted, payload: Option<(&[u8], &str)>) -> Result<i64> {
    let body = json(begun)?;
    let compressed = payload.map(|(bytes, uuid)| Ok::<_, Error>((payloads::compress(bytes)?, uuid))).transpose()?;
    in_transaction(state, async |connection| {
        let entry = chain::append(connection, None, What::Begun, &body).await?;
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
        chain::append(connection, Some(entry), What::Ended, &body).await?;
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
        let what: What = serde_json::from_value(Value::from(text(2)?)).map_err(|_| unreadable())?;
        let moment = text(3)?.parse().map_err(|_| unreadable())?;
        if what == What::Ended {
            // What began it may have been pruned.
            if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.id == of) {
                entry.ended = Some(serde_json::from_str(body).map_err(|_| unreadable())?);
            }
            continue;
        }
        let (mut begun, mut note) = (None, None);
        if what == What::Begun {
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
