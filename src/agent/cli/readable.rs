//! A report as text: each group with its most frequent labels, then the pairs.

use super::output::{number, visible};
use crate::code::Code;
use crate::error::{Error, Result};
use callback_collector::dictionary::{self, Source};
use callback_common::display::counted;
use serde_json::Value;

/// How many labels and pairs are shown without `--all`.
const SHOWN: usize = 5;

/// The lines of a report.
pub(super) fn report(payload: &[u8], all: bool) -> Result<Vec<String>> {
    let unreadable = || Error::new(Code::ModuleOutput, "the module's payload is not JSON; it was not sent");
    let payload: Value = serde_json::from_slice(payload).map_err(|_| unreadable())?;
    let mut lines = Vec::new();
    let groups = payload["data"].as_object().ok_or_else(unreadable)?;
    for (group, entries) in groups {
        let mut entries: Vec<(u64, String)> = entries.as_array().into_iter().flatten().map(entry).collect();
        // Most frequent first. The order in the payload has no meaning for a reader.
        entries.sort_by_key(|(total, _)| std::cmp::Reverse(*total));
        // For versions, only the label matters.
        let is_version = dictionary::group(group).is_some_and(|group| !matches!(group.source, Source::Rows(_)));
        let is_list = entries.iter().any(|(_, label)| !label.is_empty());
        if all && !is_version && is_list {
            lines.push(group.to_owned());
            let row = |(total, label): (u64, String)| format!("{:>9}  {label}", number(total));
            lines.extend(entries.into_iter().map(|entry| row(entry).trim_end().to_owned()));
            continue;
        }
        let rest = entries.len().saturating_sub(SHOWN);
        let mut words: Vec<String> =
            entries.into_iter().take(SHOWN).map(|(total, label)| word(is_version, total, label)).collect();
        if rest > 0 {
            words.push(format!("and {} more", number(rest as u64)));
        }
        lines.push(format!("{group:17} {}", if words.is_empty() { "none".to_owned() } else { words.join(", ") }));
    }
    let mut pairs: Vec<&Value> = payload["info"].as_array().into_iter().flatten().collect();
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair["count"].as_u64()));
    lines.push(String::new());
    let shown = if all { usize::MAX } else { SHOWN };
    let descriptions = counted(pairs.len() as u64, "device description");
    lines.push(format!("{descriptions} (count, os, sysObjectID, sysDescr)"));
    for pair in pairs.iter().take(shown) {
        let text = |key: &str| visible(pair[key].as_str().unwrap_or_default());
        let count = pair["count"].as_u64().unwrap_or_default();
        lines.push(format!("{:>7}  {}  {}  {}", number(count), text("os"), text("sysObjectID"), text("sysDescr")));
    }
    if pairs.len() > shown {
        lines.push(format!("         and {} more", number((pairs.len() - shown) as u64)));
    }
    lines.push(String::new());
    let word = |value: &Value| visible(value.as_str().unwrap_or_default());
    lines.push(format!("uuid              {}", word(&payload["uuid"])));
    lines.push(format!(
        "schema            {}, built by {} {}",
        payload["schema"],
        word(&payload["module"]["name"]),
        word(&payload["module"]["version"])
    ));
    Ok(lines)
}

/// A label with its count, for a list.
fn word(is_version: bool, total: u64, label: String) -> String {
    match (is_version, label.as_str()) {
        (true, _) => label,
        (false, "") => number(total),
        // Two numbers in a row would be ambiguous.
        (false, label) if label.ends_with(|last: char| last.is_ascii_digit()) => format!("{label}: {}", number(total)),
        (false, label) => format!("{label} {}", number(total)),
    }
}

fn entry(entry: &Value) -> (u64, String) {
    let label = entry.as_object().and_then(|entry| entry.iter().find(|(key, _)| *key != "total"));
    let label = match label {
        None => String::new(),
        Some((_, Value::String(label))) if label.is_empty() => "(empty)".to_owned(),
        Some((_, Value::String(label))) => visible(label),
        Some((_, Value::Null)) => "(NULL)".to_owned(),
        Some((_, other)) => other.to_string(),
    };
    (entry["total"].as_u64().unwrap_or_default(), label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_ends_in_a_digit_is_separated_from_its_count() {
        let payload = br#"{"data":{"port_assoc":[{"total":914,"ifIndex":1},{"total":52,"ifIndex":2}],
            "os":[{"total":3,"os":"linux"}]},"info":[]}"#;
        let lines = report(payload, false).unwrap();
        assert!(lines.contains(&"port_assoc        1: 914, 2: 52".to_owned()), "{lines:?}");
        assert!(lines.contains(&"os                linux 3".to_owned()), "{lines:?}");
        assert!(lines.contains(&"0 device descriptions (count, os, sysObjectID, sysDescr)".to_owned()), "{lines:?}");
    }

    #[test]
    fn with_all_each_label_has_its_own_line() {
        let payload = br#"{"data":{"port_assoc":[{"total":914,"ifIndex":1},{"total":1052,"ifIndex":2}]},"info":[]}"#;
        let lines = report(payload, true).unwrap();
        assert_eq!(lines[..3], ["port_assoc", "    1,052  2", "      914  1"]);
    }
}
