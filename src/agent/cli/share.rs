//! `preview --share`: a copy of the preview for others, such as a data-protection officer. It is one HTML file without
//! scripts or external resources. Redacted text and the uuid are blacked out.

use super::explain::{cleaned_by, kind_name, reason, times};
use super::output::{entries as counted_entries, number, visible};
use crate::code::Code;
use crate::error::{Error, Result};
use callback_collector::Findings;
use callback_collector::dictionary;
use callback_collector::findings::Redacted;
use callback_common::display::counted;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use std::collections::BTreeSet;

/// Longest text on the wire, in characters.
const MAX_CHARACTERS: usize = 255;

const STYLE: &str = "\
:root{color-scheme:light dark;--text:light-dark(#1b1b1b,#e9e9e9);--dim:light-dark(#555,#aaa);--line:light-dark(#ddd,#444);\
--page:light-dark(#fff,#191919)}\
body{margin:0 auto;max-width:72rem;padding:2rem 1rem;font:1rem/1.5 system-ui,sans-serif;color:var(--text);background:var(--page)}\
h1{font-size:1.56rem;margin:0 0 .5rem}h2{font-size:1.25rem;margin:2.5rem 0 .5rem}p{max-width:70ch}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;\
border-bottom:1px solid var(--line)}td.n{text-align:right;font-variant-numeric:tabular-nums}\
code,td.t{font-family:ui-monospace,monospace;font-size:.9rem;overflow-wrap:anywhere}dt{color:var(--dim)}dd{margin:0 0 .5rem}\
.black{font-weight:normal;letter-spacing:-.05em}\
@media(max-width:45rem){table,tbody,tr,td{display:block}tr:has(th){position:absolute;clip-path:inset(50%)}\
tr{border-bottom:1px solid var(--line);padding:.5rem 0}td{border:0;padding:0;overflow-wrap:anywhere}td.n{text-align:left}}\
@media print{body{max-width:none;padding:0}}";

/// The HTML. `maud` escapes text; [`visible`] shows control characters.
pub(super) fn page(payload: &[u8], findings: &Findings, module_sha256: &str) -> Result<String> {
    let unreadable = || Error::new(Code::ModuleOutput, "the module's payload is not JSON; it was not sent");
    let payload: Value = serde_json::from_slice(payload).map_err(|_| unreadable())?;
    let groups = payload["data"].as_object().ok_or_else(unreadable)?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width";
                meta name="robots" content="noindex";
                title { "A LibreNMS statistics report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "A LibreNMS statistics report" }
                p {
                    "A copy to share. Redacted text and the install's random uuid are blacked out. Identifiers that the sanitiser "
                    "missed are still in it: review it before you share it."
                }
                (summary(findings, module_sha256))
                (group_table(groups))
                (pair_table(&payload))
                (removed(findings, &texts(&payload)))
                (rest(findings))
            }
        }
    };
    Ok(page.into_string())
}

/// The replacement for redacted text. Its length is fixed, so that it does not reveal the length of the text.
fn black() -> Markup {
    html! { b class="black" title="redacted" { "\u{2588}\u{2588}\u{2588}\u{2588}" } }
}

/// All texts of the payload. A redaction is shown only if its text is sent.
fn texts(value: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut look = vec![value];
    while let Some(value) = look.pop() {
        match value {
            Value::String(text) => drop(found.insert(text.as_str())),
            Value::Array(values) => look.extend(values),
            Value::Object(values) => look.extend(values.values()),
            _ => {}
        }
    }
    found
}

fn summary(findings: &Findings, module_sha256: &str) -> Markup {
    let removed: Vec<String> =
        findings.removed.iter().map(|(kind, count)| format!("{} {}", number(*count), kind_name(kind))).collect();
    html! {
        dl {
            dt { "Devices" }
            dd { (number(findings.devices as u64)) }
            dt { "Redacted" }
            dd { @if removed.is_empty() { "nothing" } @else { (visible(&removed.join(", "))) } }
            dt { "Payload" }
            dd {
                (number(findings.payload_bytes as u64)) " bytes, SHA-256 " code { (visible(&findings.payload_sha256)) }
            }
            dt { "Module that built it" }
            dd { "SHA-256 " code { (visible(module_sha256)) } }
        }
    }
}

fn table(title: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        h2 { (title) }
        table {
            tr { @for column in columns { th { (column) } } }
            (rows)
        }
    }
}

fn group_table(groups: &serde_json::Map<String, Value>) -> Markup {
    let rows = html! {
        @for (group, entries) in groups {
            @for (at, entry) in entries.as_array().into_iter().flatten().enumerate() {
                tr {
                    td { @if at == 0 { (visible(group)) } }
                    td { @if at == 0 { (dictionary::group(group).map(|group| group.purpose).unwrap_or_default()) } }
                    td class="t" { (label(entry)) }
                    td class="n" { (number(entry["total"].as_u64().unwrap_or_default())) }
                }
            }
        }
    };
    table("Groups", &["Group", "Purpose", "Label", "Count"], &rows)
}

fn label(entry: &Value) -> Markup {
    let label = entry.as_object().and_then(|entry| entry.iter().find(|(key, _)| *key != "total"));
    match label {
        None => Markup::default(),
        Some((_, Value::String(text))) => html! { (visible(text)) },
        Some((_, Value::Null)) => html! { i { "none" } },
        Some((_, other)) => html! { (visible(&other.to_string())) },
    }
}

fn pair_table(payload: &Value) -> Markup {
    let rows = html! {
        @for pair in payload["info"].as_array().into_iter().flatten() {
            tr {
                td class="n" { (number(pair["count"].as_u64().unwrap_or_default())) }
                td { (visible(pair["os"].as_str().unwrap_or_default())) }
                @for key in ["sysObjectID", "sysDescr"] {
                    td class="t" { (visible(pair[key].as_str().unwrap_or_default())) }
                }
            }
        }
    };
    table("Device descriptions", &["Devices", "OS", "sysObjectID", "sysDescr"], &rows)
}

fn removed(findings: &Findings, sent: &BTreeSet<&str>) -> Markup {
    let (shown, not_sent): (Vec<_>, Vec<_>) = findings.redactions.iter().partition(|redacted| {
        let result: String = redacted.result.chars().take(MAX_CHARACTERS).collect();
        sent.contains(result.as_str())
    });
    let rows = html! {
        @for redacted in shown {
            tr {
                td { (visible(&redacted.field)) }
                td class="t" { (blacked_out(redacted)) }
                td class="t" { (visible(&redacted.result)) }
                td { (visible(&rules(redacted))) }
                td class="n" { (number(redacted.rows)) }
            }
        }
    };
    html! {
        (table("Redactions", &["Field", "Before", "After", "Rules", "Rows"], &rows))
        @if !not_sent.is_empty() {
            p { "Not in the report at all: " (counted(not_sent.len() as u64, "more redacted text")) "." }
        }
    }
}

fn rules(redacted: &Redacted) -> String {
    let rules = redacted.redactions.iter();
    let rules: BTreeSet<String> =
        rules.map(|redaction| format!("{} ({})", kind_name(&redaction.kind), redaction.rule)).collect();
    rules.into_iter().collect::<Vec<_>>().join(", ")
}

/// The original text, with redacted pieces blacked out.
fn blacked_out(redacted: &Redacted) -> Markup {
    let original: Vec<char> = redacted.original.chars().collect();
    let piece = |from: usize, to: usize| -> String { original.get(from..to).unwrap_or_default().iter().collect() };
    let starts = std::iter::once(0).chain(redacted.redactions.iter().map(|redaction| redaction.end));
    let last = redacted.redactions.last().map_or(0, |redaction| redaction.end);
    html! {
        @for (from, redaction) in starts.zip(&redacted.redactions) {
            (visible(&piece(from, redaction.start))) (black())
        }
        (visible(&piece(last, original.len())))
    }
}

fn rest(findings: &Findings) -> Markup {
    html! {
        @if !findings.cleaned.is_empty() {
            h2 { "Adapted to the wire format" }
            ul {
                @for cleaned in &findings.cleaned {
                    li { (visible(&cleaned.field)) ": " (cleaned_by(cleaned.by)) ", " (times(cleaned.rows)) }
                }
            }
        }
        @if !findings.left_out.is_empty() {
            h2 { "Left out" }
            ul {
                @for left_out in &findings.left_out {
                    li {
                        (visible(&left_out.field)) ": " (reason(left_out.reason))
                        @if let Some(entries) = left_out.entries { ", " (counted_entries(entries as usize)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callback_collector::findings::Redaction;
    use callback_collector::sanitise::IdentifierKind;

    #[test]
    fn originals_are_blacked_out_markup_is_escaped_and_unsent_texts_are_hidden() {
        let redacted = |original: &str, result: &str, start, end| Redacted {
            field: "info.sysDescr".into(),
            original: original.into(),
            result: result.into(),
            rows: 2,
            redactions: vec![Redaction {
                rule: "rule".into(),
                kind: IdentifierKind::Hostname,
                start,
                end,
                replacement: "hostname".into(),
            }],
        };
        let findings = Findings {
            redactions: vec![
                redacted("Linux web01 <script>", "Linux hostname <script>", 6, 11),
                redacted("Linux held-back db7", "Linux hostname db7", 6, 15),
            ],
            ..Findings::default()
        };
        let payload = br#"{"uuid":"6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11","data":{"os":[{"total":1,"os":"a<b>\u202e"}]},
            "info":[{"count":2,"os":"linux","sysDescr":"Linux hostname <script>","sysObjectID":".1"}]}"#;
        let page = page(payload, &findings, "ab").unwrap();
        assert!(page.contains(&format!("Linux {} &lt;script&gt;", black().into_string())), "{page}");
        for absent in ["web01", "<script", "held-back", "db7", "6f1c7d0e", "\u{202e}", "http:", "https:"] {
            assert!(!page.contains(absent), "{absent}");
        }
        assert!(page.contains("1 more redacted text."));
    }
}
