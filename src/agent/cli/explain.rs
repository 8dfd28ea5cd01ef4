//! The findings as text: what a report contains, what was redacted and what was left out.

use super::output::{line, number, visible};
use crate::code::Code;
use crate::error::{Reason as Notice, Result};
use crate::sandbox::module::Module;
use crate::store::consent::{Choices, Consent};
use callback_collector::dictionary::{self, Category};
use callback_collector::findings::{CleanedBy, Findings, Reason, Redacted};
use callback_common::display::counted;
use std::collections::{BTreeMap, BTreeSet};

/// The summary: how much would be sent, and what was redacted.
pub(super) fn summary(findings: &Findings) -> Vec<String> {
    let mut lines = vec![
        format!("payload   {} bytes, SHA-256 {}", number(findings.payload_bytes as u64), findings.payload_sha256),
        format!(
            "devices   {}, {} of them with a device description",
            number(findings.devices as u64),
            number(findings.devices_in_pairs)
        ),
    ];
    let removed: Vec<String> =
        findings.removed.iter().map(|(kind, count)| format!("{} {}", number(*count), kind_name(kind))).collect();
    lines.push(format!("redacted  {}", if removed.is_empty() { "nothing".to_owned() } else { removed.join(", ") }));
    let identifying = findings.left_out.iter().filter(|left_out| left_out.reason == Reason::Identifying);
    let identifying: u64 = identifying.map(|left_out| left_out.entries.unwrap_or(1)).sum();
    if identifying > 0 {
        let entries = super::output::entries(identifying as usize);
        lines.push(format!("left out  {entries} in which the second pass still found an identifier"));
    }
    let rare = findings.rare.iter().filter(|rare| !rare.included).count();
    if rare > 0 {
        let rare = counted(rare as u64, "label");
        lines.push(format!(
            "rare      {rare} left out that only one device has, and that may contain a name; see --explain"
        ));
    }
    // The admin knows what they chose to leave out; listing it would hide the rest.
    let is_chosen = |reason| matches!(reason, Reason::Category | Reason::Withheld | Reason::Rare | Reason::Identifying);
    let left_out = findings.left_out.iter().filter(|left_out| !is_chosen(left_out.reason));
    let fields: BTreeSet<&str> = left_out.map(|left_out| left_out.field.as_str()).collect();
    if !fields.is_empty() {
        let names: Vec<&str> = fields.iter().copied().take(NAMED).collect();
        let more = if fields.len() > NAMED { format!(" and {} more", fields.len() - NAMED) } else { String::new() };
        lines.push(format!("left out  {}{more}; see --explain", names.join(", ")));
    }
    lines
}

/// How many fields the summary names.
const NAMED: usize = 6;

/// What has changed since the admin opted in.
pub(super) fn changes(consent: &Consent, module: &Module) -> Vec<Notice> {
    let Consent::On(given) = consent else { return Vec::new() };
    let mut lines = Vec::new();
    let newer: Vec<&str> = newer_fields(given.payload_schema);
    if !newer.is_empty() {
        lines.push(Notice::new(
            Code::NewFields,
            format!(
                "{} left out because you opted in before they existed; to include them run `callback-agent enable`: {}",
                counted(newer.len() as u64, "new field"),
                newer.join(", ")
            ),
        ));
    }
    if given.module_sha256 != module.sha256 {
        lines.push(Notice::new(
            Code::ModuleChanged,
            "the module has changed since you opted in; see `callback-agent module`, and accept it with `callback-agent enable`",
        ));
    }
    lines
}

/// What the admin chose.
pub(super) fn choices(choices: &Choices) -> Vec<String> {
    let names = |categories: &[Category]| -> String {
        let names = categories.iter().filter_map(|category| serde_json::to_value(category).ok());
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect::<Vec<_>>().join(", ")
    };
    let categories = match choices.categories.as_deref() {
        None => "all".to_owned(),
        Some([]) => "none; envelope is always sent".to_owned(),
        Some(categories) if categories.contains(&Category::Envelope) => names(categories),
        Some(categories) => format!("{}; envelope is always sent", names(categories)),
    };
    let mut lines = vec![format!("categories {categories}")];
    if !choices.withheld.is_empty() {
        let labels = choices.withheld.iter().map(|(group, label)| format!("{group}={}", visible(label)));
        lines.push(format!("withheld  {}", labels.collect::<Vec<_>>().join(", ")));
    }
    if !choices.included.is_empty() {
        let labels = choices.included.iter().map(|(group, label)| format!("{group}={}", visible(label)));
        lines.push(format!(
            "included  {}; a rare label may contain a name or serial number",
            labels.collect::<Vec<_>>().join(", ")
        ));
    }
    if !choices.terms.is_empty() {
        let words = choices.terms.iter().map(|word| visible(word));
        lines.push(format!("terms     {}", words.collect::<Vec<_>>().join(", ")));
    }
    lines
}

/// Fields that were added after a schema.
pub(super) fn newer_fields(schema: u32) -> Vec<&'static str> {
    dictionary::fields().into_iter().filter(|field| field.since > schema).map(|field| field.field).collect()
}

/// All findings: every redaction, every clean-up, and everything that was left out.
pub(super) fn findings(findings: &Findings) -> Vec<String> {
    let mut lines = summary(findings);
    lines.extend(selected(findings, None));
    lines
}

/// The selected findings, without the summary of the whole report; at most `limit` entries per list. Grouped texts are one
/// entry.
pub(super) fn selected(findings: &Findings, limit: Option<usize>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = |title: &str, entries: Vec<Vec<String>>| {
        let shown = limit.map_or(entries.len(), |limit| limit.min(entries.len()));
        let cut_off = entries.len() - shown;
        if !entries.is_empty() {
            lines.push(format!("\n{title}"));
            lines.extend(entries.into_iter().take(shown).flatten());
        }
        if cut_off > 0 {
            lines.push(format!("  and {} more", number(cut_off as u64)));
        }
    };
    let redactions = alike(&findings.redactions).iter().map(|alike| alike_lines(alike)).collect();
    section("Redacted identifiers (before, after, and the rule for each piece)", redactions);
    let cleaned = findings
        .cleaned
        .iter()
        .map(|cleaned| format!("  {:18} {}, {}", cleaned.field, cleaned_by(cleaned.by), times(cleaned.rows)));
    section("Adapted to the wire format", cleaned.map(|row| vec![row]).collect());
    let rare = findings.rare.iter().map(|rare| {
        let sent = if rare.included { ", included" } else { "" };
        format!("  {}={}   {}{sent}", rare.field, visible(&rare.label), times(rare.rows))
    });
    section(
        "Rare labels (only one device has them; to send one: callback-agent enable --include GROUP=LABEL)",
        rare.map(|row| vec![row]).collect(),
    );
    let left_out = findings.left_out.iter().map(|left_out| {
        let what = left_out.entries.map(|entries| format!(", {}", super::output::entries(entries as usize)));
        let detail = left_out.missing.as_ref().or(left_out.named_by.as_ref());
        let detail = detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
        format!("  {:18} {}{detail}{}", left_out.field, reason(left_out.reason), what.unwrap_or_default())
    });
    section("Left out", left_out.map(|row| vec![row]).collect());
    if lines.is_empty() {
        lines.push("No findings.".to_owned());
    }
    lines
}

/// The redacted texts, grouped: texts of a field that became identical are one group, since only the result is sent.
fn alike(redactions: &[Redacted]) -> Vec<Vec<&Redacted>> {
    let mut groups: Vec<Vec<&Redacted>> = Vec::new();
    let mut known: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for redacted in redactions {
        let at = *known.entry((&redacted.field, &redacted.result)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(redacted),
            None => groups.push(vec![redacted]),
        }
    }
    groups
}

/// A group of texts that became identical: one of them with its redactions, and how many more there are.
fn alike_lines(alike: &[&Redacted]) -> Vec<String> {
    let Some((first, more)) = alike.split_first() else { return Vec::new() };
    let rows = alike.iter().map(|redacted| redacted.rows).sum();
    let mut lines = vec![format!("\n{}   {}", first.field, times(rows))];
    redaction_lines(first, &mut lines);
    if !more.is_empty() {
        lines.push(format!("    and {} that became the same; see --json", counted(more.len() as u64, "more text")));
    }
    lines
}

/// A redacted text: before, after, and each redacted piece.
fn redaction_lines(redacted: &Redacted, lines: &mut Vec<String>) {
    lines.push(format!("  - {}", visible(&redacted.original)));
    lines.push(format!("  + {}", visible(&redacted.result)));
    // A long text may hold the same piece hundreds of times. Print it once, with its count.
    let mut pieces: Vec<(String, u64)> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let original: Vec<char> = redacted.original.chars().collect();
    for redaction in &redacted.redactions {
        let piece: String = original.get(redaction.start..redaction.end).unwrap_or_default().iter().collect();
        let text = format!(
            "    {}  {}: {} -> {}",
            redaction.rule,
            kind_name(&redaction.kind),
            visible(&piece),
            visible(&redaction.replacement)
        );
        let at = *known.entry(text.clone()).or_insert(pieces.len());
        match pieces.get_mut(at) {
            Some((_, count)) => *count += 1,
            None => pieces.push((text, 1)),
        }
    }
    lines.extend(pieces.into_iter().map(|(text, count)| match count {
        1 => text,
        count => format!("{text}, {}", times(count)),
    }));
}

/// The dictionary as a table.
pub(super) fn dictionary(fields: &serde_json::Value) -> Result<()> {
    for field in fields.as_array().into_iter().flatten() {
        let text = |key: &str| field[key].as_str().unwrap_or_default();
        let kind = field_kind(text("kind"));
        line(&format!("{:26} {:10} {kind:18} {}", text("field"), text("category"), text("purpose")))?;
    }
    Ok(())
}

/// A kind of field in words.
fn field_kind(kind: &str) -> String {
    match kind {
        "pseudonym" => "random ID".to_owned(),
        other => other.replace('_', " "),
    }
}

pub(super) fn times(rows: u64) -> String {
    if rows == 1 { "once".to_owned() } else { format!("{} times", number(rows)) }
}

pub(super) fn kind_name(kind: &callback_collector::sanitise::IdentifierKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|name| name.as_str().map(|name| name.replace('_', " ")))
        .unwrap_or_default()
}

pub(super) const fn cleaned_by(by: CleanedBy) -> &'static str {
    match by {
        CleanedBy::Characters => "characters that cannot be sent replaced with U+FFFD",
        CleanedBy::Length => "truncated",
        CleanedBy::Version => "reduced to a version number",
        CleanedBy::Null => "NULL replaced with an empty string",
    }
}

pub(super) const fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Missing => "missing in this LibreNMS, or not readable",
        Reason::NotRead => "unknown on this host",
        Reason::Category => "its category is off",
        Reason::Newer => "newer than your consent",
        Reason::Withheld => "withheld",
        Reason::Rare => "a label that only one device has, and that may contain a name or serial number",
        Reason::OutOfRange => "a number out of range",
        Reason::NotANumber => "not a number",
        Reason::Identifying => "left out by the second pass: an identifier from your database was still in it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callback_collector::findings::Redaction;
    use callback_collector::sanitise::IdentifierKind;

    #[test]
    fn texts_of_a_field_that_became_identical_are_one_group() {
        let redacted = |field: &str, original: &str, result: &str| Redacted {
            field: field.into(),
            original: original.into(),
            result: result.into(),
            rows: 2,
            redactions: Vec::new(),
        };
        let redactions =
            [redacted("a", "x1", "x"), redacted("a", "y1", "y"), redacted("a", "x2", "x"), redacted("b", "x3", "x")];
        let groups = alike(&redactions);
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(
            alike_lines(&groups[0]),
            ["\na   4 times", "  - x1", "  + x", "    and 1 more text that became the same; see --json"]
        );
    }

    #[test]
    fn kinds_of_fields_are_words() {
        assert_eq!(["pseudonym", "free_text"].map(field_kind), ["random ID", "free text"]);
    }

    #[test]
    fn chosen_categories_include_what_is_always_sent() {
        let lines = |categories: Option<&[Category]>| {
            choices(&Choices { categories: categories.map(<[_]>::to_vec), ..Choices::default() }).concat()
        };
        assert_eq!(lines(None), "categories all");
        assert_eq!(lines(Some(&[])), "categories none; envelope is always sent");
        assert_eq!(lines(Some(&[Category::Software])), "categories software; envelope is always sent");
        assert_eq!(lines(Some(&[Category::Envelope])), "categories envelope");
    }

    #[test]
    fn a_limit_counts_groups_not_texts() {
        let redacted = |field: &str, original: &str, rows| Redacted {
            field: field.into(),
            original: original.into(),
            result: "x".into(),
            rows,
            redactions: Vec::new(),
        };
        // The texts of group `a` are not adjacent.
        let redactions =
            vec![redacted("a", "x1", 1), redacted("b", "x2", 2), redacted("a", "x3", 4), redacted("c", "x4", 8)];
        let lines = selected(&Findings { redactions, ..Findings::default() }, Some(1));
        let expected = [
            "\na   5 times",
            "  - x1",
            "  + x",
            "    and 1 more text that became the same; see --json",
            "  and 2 more",
        ];
        assert_eq!(lines[1..], expected.map(str::to_owned));
        assert_eq!(selected(&Findings::default(), Some(1)), ["No findings."]);
    }

    #[test]
    fn a_repeated_piece_is_one_line() {
        let redaction = |start| Redaction {
            rule: "rule".into(),
            kind: IdentifierKind::Hostname,
            start,
            end: start + 2,
            replacement: "hostname".into(),
        };
        let redacted = Redacted {
            field: "info.sysDescr".into(),
            original: "ab ab cd ab".into(),
            result: String::new(),
            rows: 1,
            redactions: [0, 3, 6, 9].map(redaction).to_vec(),
        };
        let mut lines = Vec::new();
        redaction_lines(&redacted, &mut lines);
        assert_eq!(
            lines[2..],
            ["    rule  hostname: ab -> hostname, 3 times", "    rule  hostname: cd -> hostname"].map(str::to_owned)
        );
    }
}
