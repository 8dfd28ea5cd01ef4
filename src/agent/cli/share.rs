//! A copy of the preview to show to others, a data-protection officer say: one HTML file without a script or anything
//! from elsewhere, every removed piece blacked out, the pseudonym too.

use super::explain::{cleaned_by, kind_name, reason, times};
use super::output::{number, visible};
use crate::code::Code;
use crate::error::{Error, Result};
use callback_collector::Findings;
use callback_collector::dictionary;
use callback_collector::findings::Redacted;
use serde_json::Value;
use std::collections::BTreeSet;

/// What stands for a removed piece: as long whatever was there.
const BLACK: &str = "<b class=\"black\" title=\"removed\">\u{2588}\u{2588}\u{2588}\u{2588}</b>";

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

/// The file's text.
pub(super) fn page(payload: &[u8], findings: &Findings, module_sha256: &str) -> Result<String> {
    let unreadable = || Error::new(Code::ModuleOutput, "the module's payload is not JSON; it was not sent");
    let payload: Value = serde_json::from_slice(payload).map_err(|_| unreadable())?;
    let groups = payload["data"].as_object().ok_or_else(unreadable)?;
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>A LibreNMS statistics report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    );
    html.push_str("<h1>What a LibreNMS install would report</h1>\n");
    html.push_str(
        "<p>A copy to show to others. What the sanitiser removed is blacked out here, and so is the install's random uuid. \
         What it did not find is still in it: look through it before you show it.</p>\n",
    );
    summary(&mut html, findings, module_sha256);
    group_table(&mut html, groups);
    pair_table(&mut html, &payload);
    let sent = texts(&payload);
    removed(&mut html, findings, &sent);
    rest(&mut html, findings);
    html.push_str("</body>\n</html>\n");
    Ok(html)
}

/// Text as HTML shows it, with control characters made visible.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// Every text of the payload: what is shown as removed must have stood in something that is sent.
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

fn summary(html: &mut String, findings: &Findings, module_sha256: &str) {
    let removed: Vec<String> =
        findings.removed.iter().map(|(kind, count)| format!("{} {}", number(*count), kind_name(kind))).collect();
    let removed = if removed.is_empty() { "nothing".to_owned() } else { removed.join(", ") };
    html.push_str("<dl>\n");
    for (name, value) in [
        ("Devices behind it", number(findings.devices as u64)),
        ("Removed", escaped(&removed)),
        (
            "Payload",
            format!(
                "{} bytes, SHA-256 <code>{}</code>",
                number(findings.payload_bytes as u64),
                escaped(&findings.payload_sha256)
            ),
        ),
        ("Module that made it", format!("SHA-256 <code>{}</code>", escaped(module_sha256))),
    ] {
        html.push_str(&format!("<dt>{name}</dt><dd>{value}</dd>\n"));
    }
    html.push_str("</dl>\n");
}

fn group_table(html: &mut String, groups: &serde_json::Map<String, Value>) {
    html.push_str("<h2>Groups</h2>\n<table>\n<tr><th>Group</th><th>What for</th><th>Label</th><th>Number</th></tr>\n");
    for (group, entries) in groups {
        let purpose = dictionary::group(group).map(|group| group.purpose).unwrap_or_default();
        for (at, entry) in entries.as_array().into_iter().flatten().enumerate() {
            let label = entry.as_object().and_then(|entry| entry.iter().find(|(key, _)| *key != "total"));
            let label = match label {
                None => String::new(),
                Some((_, Value::String(text))) => escaped(text),
                Some((_, Value::Null)) => "<i>none</i>".to_owned(),
                Some((_, other)) => escaped(&other.to_string()),
            };
            let (name, purpose) = if at == 0 { (group.as_str(), purpose) } else { ("", "") };
            html.push_str(&format!(
                "<tr><td>{}</td><td>{}</td><td class=\"t\">{label}</td><td class=\"n\">{}</td></tr>\n",
                escaped(name),
                escaped(purpose),
                number(entry["total"].as_u64().unwrap_or_default())
            ));
        }
    }
    html.push_str("</table>\n");
}

fn pair_table(html: &mut String, payload: &Value) {
    html.push_str(
        "<h2>What devices say of themselves</h2>\n<table>\n\
         <tr><th>Devices</th><th>OS</th><th>sysObjectID</th><th>sysDescr</th></tr>\n",
    );
    for pair in payload["info"].as_array().into_iter().flatten() {
        let text = |key: &str| escaped(pair[key].as_str().unwrap_or_default());
        html.push_str(&format!(
            "<tr><td class=\"n\">{}</td><td>{}</td><td class=\"t\">{}</td><td class=\"t\">{}</td></tr>\n",
            number(pair["count"].as_u64().unwrap_or_default()),
            text("os"),
            text("sysObjectID"),
            text("sysDescr")
        ));
    }
    html.push_str("</table>\n");
}

fn removed(html: &mut String, findings: &Findings, sent: &BTreeSet<&str>) {
    html.push_str(
        "<h2>What was removed</h2>\n<table>\n<tr><th>Where</th><th>Before</th><th>After</th><th>Rules</th><th>Rows</th></tr>\n",
    );
    let mut not_sent = 0;
    for redacted in &findings.redactions {
        let result: String = redacted.result.chars().take(MAX_CHARACTERS).collect();
        if !sent.contains(result.as_str()) {
            not_sent += 1;
            continue;
        }
        let rules: BTreeSet<String> = redacted
            .redactions
            .iter()
            .map(|redaction| format!("{} ({})", kind_name(&redaction.kind), redaction.rule))
            .collect();
        html.push_str(&format!(
            "<tr><td>{}</td><td class=\"t\">{}</td><td class=\"t\">{}</td><td>{}</td><td class=\"n\">{}</td></tr>\n",
            escaped(&redacted.field),
            blacked_out(redacted),
            escaped(&redacted.result),
            escaped(&rules.into_iter().collect::<Vec<_>>().join(", ")),
            number(redacted.rows)
        ));
    }
    html.push_str("</table>\n");
    if not_sent > 0 {
        html.push_str(&format!("<p>{} more texts are not in the report at all.</p>\n", number(not_sent)));
    }
}

/// The text before, with what was removed in black.
fn blacked_out(redacted: &Redacted) -> String {
    let original: Vec<char> = redacted.original.chars().collect();
    let piece = |from: usize, to: usize| -> String { original.get(from..to).unwrap_or_default().iter().collect() };
    let (mut html, mut at) = (String::new(), 0);
    for redaction in &redacted.redactions {
        html.push_str(&escaped(&piece(at, redaction.start)));
        html.push_str(BLACK);
        at = redaction.end;
    }
    html.push_str(&escaped(&piece(at, original.len())));
    html
}

fn rest(html: &mut String, findings: &Findings) {
    if !findings.cleaned.is_empty() {
        html.push_str("<h2>Made to fit the wire format</h2>\n<ul>\n");
        for cleaned in &findings.cleaned {
            html.push_str(&format!(
                "<li>{}: {}, {}</li>\n",
                escaped(&cleaned.field),
                cleaned_by(cleaned.by),
                times(cleaned.rows)
            ));
        }
        html.push_str("</ul>\n");
    }
    if findings.left_out.is_empty() {
        return;
    }
    html.push_str("<h2>Left out</h2>\n<ul>\n");
    for left_out in &findings.left_out {
        let entries = left_out.entries.map(|entries| format!(", {} entries", number(entries))).unwrap_or_default();
        html.push_str(&format!("<li>{}: {}{entries}</li>\n", escaped(&left_out.field), reason(left_out.reason)));
    }
    html.push_str("</ul>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use callback_collector::findings::Redaction;
    use callback_collector::sanitise::IdentifierKind;

    #[test]
    fn originals_are_black_markup_is_text_and_what_is_not_sent_is_not_shown() {
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
        assert!(page.contains(&format!("Linux {BLACK} &lt;script&gt;")), "{page}");
        for absent in ["web01", "<script", "held-back", "db7", "6f1c7d0e", "\u{202e}", "http:", "https:"] {
            assert!(!page.contains(absent), "{absent}");
        }
        assert!(page.contains("1 more texts are not in the report"));
    }
}
