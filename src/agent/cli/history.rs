//! The commands about the history: history, show, diff, verify, export.

use super::args::EntryId;
use super::receipt::{binding_line, check_line, receipt_line, receipt_lines};
use super::report::make;
use super::send::said_by;
use super::{Context, output, readable};
use crate::app::status::{last_run, outcome_of};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::store::State;
use crate::store::ledger::{self, Entry, EntryKind, Subject, chain, diff as difference, payloads};
use crate::store::lock::RunLock;
use crate::store::pending_clear::AskedBy;
use callback_common::display::counted;
use callback_protocol::agent_api::ReceiptBinding;
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;

/// An entry and its payload, as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    entry: &'a Entry,
    payload: Option<Cow<'a, str>>,
}

pub(super) async fn history(context: &Context, json: bool) -> Result<()> {
    let mut state = context.state_for_reading().await?;
    let entries = ledger::entries(&mut state).await?;
    let running = running(&state, &entries);
    state.close().await?;
    if json {
        return output::json(&entries.into_iter().map(ledger::printable).collect::<Vec<_>>());
    }
    if entries.is_empty() {
        return output::line("The history is empty.");
    }
    let mut opted_in = None;
    entries.iter().try_for_each(|entry| {
        output::line(&in_a_line(entry, running, opted_in))?;
        if entry.what == EntryKind::ConsentOn {
            opted_in = Some(entry);
        }
        Ok(())
    })
}

/// The entry of the run in progress.
fn running(state: &State, entries: &[Entry]) -> Option<i64> {
    last_run(entries).filter(|run| run.ended.is_none() && RunLock::is_held(state)).map(|run| run.id)
}

/// An entry as a line. `opted_in` is the previous opt-in, if it is known.
fn in_a_line(entry: &Entry, running: Option<i64>, opted_in: Option<&Entry>) -> String {
    let what = match (entry.what, &entry.begun, &entry.ended) {
        (EntryKind::ConsentOn, ..) => {
            let kind = noted(entry, "receiver_kind").map(|kind| format!(" ({})", output::visible(kind)));
            let receiver = noted(entry, "receiver").map(|url| format!(" for {}", output::address(url)));
            let changed = opted_in.map(|before| changed(before, entry)).unwrap_or_default();
            let changed = if changed.is_empty() { changed } else { format!("; changed: {changed}") };
            format!("opted in{}{}{}{changed}", receiver.unwrap_or_default(), kind.unwrap_or_default(), by(entry))
        }
        (EntryKind::ConsentOff, ..) => format!("opted out{}", by(entry)),
        (EntryKind::ClearAsked, ..) => {
            let by = entry.note.as_ref().and_then(|note| serde_json::from_value::<AskedBy>(note["by"].clone()).ok());
            format!("deletion {}", by.unwrap_or(AskedBy::Unknown).words())
        }
        (EntryKind::ClearCancelled, ..) => format!("deletion cancelled{}", by(entry)),
        (_, Some(begun), ended) => {
            let subject = match begun.subject {
                Subject::Report | Subject::File => format!("report of {}", begun.day),
                Subject::Clear => "delete request".to_owned(),
            };
            let outcome = outcome_of(entry, running == Some(entry.id));
            let bytes =
                begun.payload_bytes.map(|bytes| format!(", {} bytes", output::number(bytes))).unwrap_or_default();
            let is_unbound = ended.as_ref().is_some_and(|ended| ended.binding == Some(ReceiptBinding::Unbound));
            let unbound = if is_unbound { ", receipt unbound" } else { "" };
            format!("{subject} to {}: {outcome}{bytes}{unbound}", output::address(&begun.receiver))
        }
        _ => "?".to_owned(),
    };
    format!("{:>5}  {}  {what}", entry.id, entry.moment)
}

/// What differs between two opt-ins, as a list.
fn changed(before: &Entry, after: &Entry) -> String {
    let (Some(before), Some(after)) = (&before.note, &after.note) else { return String::new() };
    let names = [
        ("receiver", "receiver"),
        ("receiver_kind", "kind of receiver"),
        ("categories", "categories"),
        ("withheld", "withheld labels"),
        ("included", "included labels"),
        ("terms", "terms"),
        ("payload_schema", "schema"),
        ("module_sha256", "module"),
        ("text_version", "text"),
    ];
    // Entries of earlier versions lack the kind.
    let is_known = |key: &str| key != "receiver_kind" || (before[key].is_string() && after[key].is_string());
    let names = names.into_iter().filter(|(key, _)| is_known(key) && before[key] != after[key]);
    names.map(|(_, name)| name).collect::<Vec<_>>().join(", ")
}

/// A string in an entry's note, by its name.
fn noted<'a>(entry: &'a Entry, name: &str) -> Option<&'a str> {
    entry.note.as_ref().and_then(|note| note[name].as_str())
}

/// Who made an entry's decision, if that is known.
fn by(entry: &Entry) -> String {
    noted(entry, "who").map(|who| format!(", by {}", output::visible(who))).unwrap_or_default()
}

async fn entry(state: &mut State, id: i64) -> Result<Entry> {
    let entries = ledger::entries(state).await?;
    entries.into_iter().find(|entry| entry.id == id).ok_or_else(|| {
        Error::new(Code::NoSuchEntry, format!("the history has no entry {id}; list them with: callback-agent history"))
    })
}

/// The number of an entry. `last` is the last report, or with `skipped` the report that many before it.
async fn number(state: &mut State, id: EntryId, skipped: usize) -> Result<i64> {
    if id == EntryId::Today {
        return Err(Error::new(
            Code::NoSuchEntry,
            "today's report is not in the history; show it with: callback-agent preview",
        ));
    }
    let EntryId::Number(number) = id else {
        let entries = ledger::entries(state).await?;
        let is_report = |entry: &&Entry| {
            entry.begun.as_ref().is_some_and(|begun| matches!(begun.subject, Subject::Report | Subject::File))
        };
        let report = entries.iter().rev().filter(is_report).nth(skipped);
        return report.map(|entry| entry.id).ok_or_else(|| {
            let few = match skipped {
                0 => "no report yet",
                _ => {
                    "fewer than two reports; compare the last one with today's preview: callback-agent diff last today"
                }
            };
            Error::new(Code::NoSuchEntry, format!("the history has {few}"))
        });
    };
    Ok(number)
}

async fn payload(state: &mut State, id: i64) -> Result<Vec<u8>> {
    entry(state, id).await?;
    payloads::read(state, id).await?.ok_or_else(|| {
        Error::new(
            Code::NoPayload,
            format!("entry {id} has no payload: it is not a report, or its payload was deleted or has expired"),
        )
    })
}

pub(super) async fn show(context: &Context, id: EntryId, raw: bool, json: bool) -> Result<()> {
    let mut state = context.state_for_reading().await?;
    let id = number(&mut state, id, 0).await?;
    if raw {
        return output::bytes(&payload(&mut state, id).await?);
    }
    let entry = ledger::printable(entry(&mut state, id).await?);
    let payload = payloads::read(&mut state, id).await?;
    let running = running(&state, std::slice::from_ref(&entry));
    state.close().await?;
    if json {
        let payload = payload.as_deref().map(String::from_utf8_lossy);
        return output::answer(Code::Shown, &Shown { entry: &entry, payload });
    }
    let mut lines = vec![in_a_line(&entry, running, None)];
    if let Some(begun) = &entry.begun {
        let mut pair = |name: &str, value: Option<&String>| {
            lines.extend(value.map(|value| format!("{name:9} {value}")));
        };
        pair("payload", begun.payload_sha256.as_ref());
        pair("module", begun.module_sha256.as_ref());
        pair("schema", begun.payload_schema.map(|schema| schema.to_string()).as_ref());
    }
    if let Some(ended) = &entry.ended {
        let status = ended.status.map(|status| format!(" (status {status})")).unwrap_or_default();
        let label = said_by(ended.outcome);
        lines.push(format!("{label:9} {}{status}, {}", ended.said, counted(ended.attempts.into(), "attempt")));
        if let Some(receipt) = &ended.receipt {
            if receipt["payload_sha256"].is_string() {
                lines.push(format!("receipt   {}", receipt_line(receipt)));
            } else {
                lines.extend(receipt_lines(receipt));
            }
            lines.extend(ended.proof.map(check_line));
            lines.extend(ended.binding.map(binding_line));
        }
    }
    if let Some(note) = &entry.note {
        lines.extend(note_in_words(entry.what, note));
    }
    if let Some(payload) = &payload {
        lines.push(String::new());
        lines.extend(readable::report(payload, true)?);
    }
    output::lines(&lines)
}

/// The record of an entry about consent or a deletion, one field per line. Entries of other versions may have more
/// fields.
fn note_in_words(what: EntryKind, note: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, value) in note.as_object().into_iter().flatten() {
        let name = match key.as_str() {
            "who" => "name",
            "by" => "requested by",
            "payload_schema" => "schema",
            "module_sha256" => "module",
            "text_version" => "text",
            "receiver_kind" => "kind",
            other => other,
        };
        let value = match value {
            // Without a list, every category is sent.
            Value::Null if key == "categories" && what == EntryKind::ConsentOn => "all".to_owned(),
            Value::Null => continue,
            Value::Array(values) if values.is_empty() && key != "categories" => continue,
            Value::String(text) if key == "receiver" => output::address(text),
            Value::String(text) => output::visible(text),
            Value::Array(values) => {
                let words = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                output::visible(&words.collect::<Vec<_>>().join(", "))
            }
            other => output::visible(&other.to_string()),
        };
        lines.push(format!("{:9} {value}", name.replace('_', " ")));
    }
    lines
}

/// The payload of an entry, or the one that would be sent now.
async fn compared(context: &Context, id: EntryId, skipped: usize) -> Result<Vec<u8>> {
    if id == EntryId::Today {
        let mut state = context.state_for_reading().await?;
        let made = make(context, &context.location()?, &mut state, None).await?;
        state.close().await?;
        return Ok(made.report.payload);
    }
    let mut state = context.state_for_reading().await?;
    let id = number(&mut state, id, skipped).await?;
    let payload = payload(&mut state, id).await?;
    state.close().await?;
    Ok(payload)
}

/// Rejects a comparison of the last report with itself.
async fn must_be_earlier(context: &Context, before: EntryId) -> Result<()> {
    let EntryId::Number(id) = before else { return Ok(()) };
    let mut state = context.state_for_reading().await?;
    let last = number(&mut state, EntryId::Last, 0).await;
    state.close().await?;
    match last {
        Ok(last) if last == id => Err(Error::new(
            Code::NoSuchEntry,
            format!(
                "entry {id} is the last report, so there is no later one; compare it with the one before or with today's \
                 preview: callback-agent diff last, callback-agent diff {id} today"
            ),
        )),
        _ => Ok(()),
    }
}

pub(super) async fn diff(context: &Context, before: EntryId, after: Option<EntryId>, json: bool) -> Result<()> {
    if after.is_none() {
        must_be_earlier(context, before).await?;
    }
    let skipped = usize::from(after.is_none());
    let before = compared(context, before, skipped).await?;
    let after = compared(context, after.unwrap_or(EntryId::Last), 0).await?;
    let changes = difference::diff(&before, &after)?;
    if json {
        return output::json(&changes);
    }
    if changes.is_empty() {
        return output::line("No differences.");
    }
    let mut group = "";
    for change in &changes {
        if change.group != group {
            group = &change.group;
            output::line(group)?;
        }
        let shown = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), output::number);
        let counts = format!("{} -> {}", shown(change.before), shown(change.after));
        output::line(&format!("  {counts:>17}  {}", output::visible(&change.label)))?;
    }
    Ok(())
}

pub(super) async fn verify(context: &Context, json: bool) -> Result<()> {
    let mut state = context.state_for_reading().await?;
    let found = chain::verify(&mut state).await?;
    state.close().await?;
    if json {
        let code = if found.problems.is_empty() { Code::Verified } else { Code::LedgerNotVerified };
        output::answer(code, &found)?;
    } else {
        output::line(&format!(
            "{}, {}, {} with a valid signature",
            counted(found.events, "event"),
            counted(found.payloads, "payload"),
            counted(found.receipts, "receipt")
        ))?;
        output::lines(&found.problems)?;
    }
    if found.problems.is_empty() {
        return match (json, found.events) {
            (true, _) => Ok(()),
            (false, 0) => output::line("The history is empty. If you expected entries, check --state."),
            (false, _) => output::line("Verified: every digest and the chain match."),
        };
    }
    Err(Error::new(
        Code::LedgerNotVerified,
        format!(
            "the history failed verification: {}; was the state directory restored or edited?",
            counted(found.problems.len() as u64, "problem")
        ),
    ))
}

pub(super) async fn export(context: &Context) -> Result<()> {
    let mut state = context.state_for_reading().await?;
    let export = chain::export(&mut state).await?;
    state.close().await?;
    output::answer(Code::Shown, &export)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_has_a_line_for_each_field() {
        let note = serde_json::json!({"who": "mi\u{1b}ra", "payload_schema": 1, "receiver": "https://a.example/log.php?token=x",
            "categories": null, "of_a_later_version": ["a", 2], "module_sha256": null});
        let lines = note_in_words(EntryKind::ConsentOn, &note);
        for expected in [
            "name      mi<U+001B>ra",
            "schema    1",
            "receiver  https://a.example/log.php?\u{2026}",
            "categories all",
            "of a later version a, 2",
        ] {
            assert!(lines.iter().any(|line| line == expected), "{expected}: {lines:?}");
        }
        assert_eq!(lines.len(), 5);
        assert_eq!(
            note_in_words(EntryKind::ConsentOff, &serde_json::json!({"who": null, "categories": null})).len(),
            0
        );
    }
}
