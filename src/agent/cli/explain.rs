//! What a report holds and what was taken out of it, in words.

use super::output::{line, number, visible};
use callback_agent::error::Result;
use callback_collector::findings::{CleanedBy, Findings, Reason};

/// A few lines: how much would leave, what was removed.
pub(super) fn summary(findings: &Findings) -> Vec<String> {
    let mut lines = vec![
        format!("payload   {} bytes, SHA-256 {}", number(findings.payload_bytes as u64), findings.payload_sha256),
        format!(
            "devices   {}, of them {} in pairs",
            number(findings.devices as u64),
            number(findings.devices_in_pairs)
        ),
    ];
    let removed: Vec<String> =
        findings.removed.iter().map(|(kind, count)| format!("{} {}", number(*count), kind_name(kind))).collect();
    lines.push(format!("removed   {}", if removed.is_empty() { "nothing".to_owned() } else { removed.join(", ") }));
    lines
}

/// Everything: each redaction, each clean-up, everything left out.
pub(super) fn findings(findings: &Findings) -> Result<()> {
    for text in summary(findings) {
        line(&text)?;
    }
    if !findings.redactions.is_empty() {
        line("\nRemoved identifiers (text before, text after, and the rule for each piece)")?;
    }
    for redacted in &findings.redactions {
        line(&format!("\n{}   {}", redacted.field, times(redacted.rows)))?;
        line(&format!("  - {}", visible(&redacted.original)))?;
        line(&format!("  + {}", visible(&redacted.result)))?;
        for redaction in &redacted.redactions {
            let piece: String =
                redacted.original.chars().skip(redaction.start).take(redaction.end - redaction.start).collect();
            line(&format!(
                "    {}  {}: {} became {}",
                redaction.rule,
                kind_name(&redaction.kind),
                visible(&piece),
                visible(&redaction.replacement)
            ))?;
        }
    }
    if !findings.cleaned.is_empty() {
        line("\nMade to fit the wire format")?;
        for cleaned in &findings.cleaned {
            line(&format!("  {:18} {}, {}", cleaned.field, cleaned_by(cleaned.by), times(cleaned.rows)))?;
        }
    }
    if !findings.left_out.is_empty() {
        line("\nLeft out")?;
        for left_out in &findings.left_out {
            let what = left_out.entries.map(|entries| format!(", {} entries", number(entries))).unwrap_or_default();
            let missing = left_out.missing.as_ref().map(|missing| format!(" ({missing})")).unwrap_or_default();
            line(&format!("  {:18} {}{missing}{what}", left_out.field, reason(left_out.reason)))?;
        }
    }
    Ok(())
}

/// The dictionary as a table.
pub(super) fn dictionary(fields: &serde_json::Value) -> Result<()> {
    for field in fields.as_array().into_iter().flatten() {
        let text = |key: &str| field[key].as_str().unwrap_or_default();
        line(&format!("{:26} {:10} {:18} {}", text("field"), text("category"), text("kind"), text("purpose")))?;
    }
    Ok(())
}

fn times(rows: u64) -> String {
    if rows == 1 { "once".to_owned() } else { format!("{} times", number(rows)) }
}

fn kind_name(kind: &callback_collector::sanitise::IdentifierKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|name| name.as_str().map(|name| name.replace('_', " ")))
        .unwrap_or_default()
}

const fn cleaned_by(by: CleanedBy) -> &'static str {
    match by {
        CleanedBy::Characters => "characters that cannot be sent became U+FFFD",
        CleanedBy::Length => "cut to length",
        CleanedBy::Version => "cut to what a version looks like",
        CleanedBy::Null => "NULL became the empty string",
    }
}

const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "this version of LibreNMS does not have it",
        Reason::NotRead => "not known on this machine",
        Reason::Category => "its category is not allowed",
        Reason::Newer => "newer than what was accepted",
        Reason::Withheld => "withheld",
        Reason::OutOfRange => "a number that cannot be sent",
        Reason::NotANumber => "no number where one belongs",
    }
}
