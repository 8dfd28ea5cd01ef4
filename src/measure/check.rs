//! Sanitises one labelled description: which marked identifiers are gone, and which redactions are right.

use crate::leak::is_leaked;
use crate::rows::Row;
use callback_collector::Collector;
use std::ops::Range;

/// A row with the result of the sanitiser.
#[derive(Debug)]
pub struct Checked<'r> {
    /// The row.
    pub row: &'r Row,
    /// The description after sanitising.
    pub result: String,
    /// Whether the description or the object identifier changed.
    pub changed: bool,
    /// The redactions, those of the description first.
    pub redactions: Vec<Redaction>,
    /// For each mark, whether its text is gone.
    pub gone: Vec<bool>,
}

/// A redaction of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// The rule that made it.
    pub rule: String,
    /// The kind that the rule reports, named as in marks.
    pub kind: String,
    /// Its range in bytes of the description; `None` in the object identifier.
    pub range: Option<Range<usize>>,
    /// Whether it is right.
    pub verdict: Verdict,
}

/// Whether a redaction is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It overlaps an identifier.
    Right,
    /// It overlaps a doubtful mark and no identifier: not counted.
    Doubtful,
    /// It overlaps no mark.
    Wrong,
}

/// Sanitises a row. `known` adds the device fields of the database.
#[must_use]
pub fn check<'r>(collector: &Collector, row: &'r Row, known: bool) -> Checked<'r> {
    let sanitised = collector.sanitise_device(&row.device(known));
    let result = sanitised.sys_descr.unwrap_or_default();
    let changed = result != row.text || sanitised.sys_object_id.unwrap_or_default() != row.object_id;
    let mut redactions = Vec::new();
    for text in &sanitised.redactions {
        let of_description = text.field == "info.sysDescr";
        let mut bytes = row.text.char_indices().map(|(byte, _)| byte).chain([row.text.len()]).enumerate();
        let mut byte = |at: usize| bytes.find(|(count, _)| *count == at).map_or(row.text.len(), |(_, byte)| byte);
        let mut last = (0, 0);
        for redaction in &text.redactions {
            let range = of_description.then(|| {
                // Redactions are sorted; one may begin where the previous one ended.
                let start = if redaction.start == last.0 { last.1 } else { byte(redaction.start) };
                last = (redaction.end, if redaction.end == redaction.start { start } else { byte(redaction.end) });
                start..last.1
            });
            let verdict = verdict(row, range.as_ref());
            let kind = serde_json::to_value(redaction.kind).ok();
            let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
            redactions.push(Redaction { rule: redaction.rule.to_string(), kind, range, verdict });
        }
    }
    let outside = row.outside();
    let gone =
        row.marks.iter().map(|mark| !is_leaked(&row.text[mark.range.clone()], &result, &outside, &row.text)).collect();
    Checked { row, result, changed, redactions, gone }
}

fn verdict(row: &Row, range: Option<&Range<usize>>) -> Verdict {
    let Some(range) = range else { return Verdict::Wrong };
    let over = |doubtful: bool| row.marks.iter().any(|mark| mark.doubtful == doubtful && overlap(&mark.range, range));
    match (over(false), over(true)) {
        (true, _) => Verdict::Right,
        (false, true) => Verdict::Doubtful,
        (false, false) => Verdict::Wrong,
    }
}

/// Whether two ranges have a byte in common.
#[must_use]
pub fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Mark;

    fn row(text: &str, marks: &[(&str, bool)]) -> Row {
        let mark = |(marked, doubtful): &(&str, bool)| {
            let start = text.find(marked).unwrap();
            Mark { range: start..start + marked.len(), kind: "hostname".to_owned(), doubtful: *doubtful }
        };
        Row { text: text.to_owned(), marks: marks.iter().map(mark).collect(), ..Row::default() }
    }

    #[test]
    fn redactions_are_right_doubtful_or_wrong() {
        let text = "Linux halden-sw7 5.10 ü noc@acme.example, MAC de:ad:be:ef:00:17";
        let row = row(text, &[("halden-sw7", false), ("noc@acme.example", true)]);
        let checked = check(&Collector::new(), &row, false);
        let of = |text: &str| {
            checked.redactions.iter().find(|r| r.range.clone().map(|range| &row.text[range]) == Some(text)).unwrap()
        };
        assert_eq!(of("halden-sw7").verdict, Verdict::Right);
        assert_eq!(of("noc@acme.example").verdict, Verdict::Doubtful);
        assert_eq!(of("de:ad:be:ef:00:17").verdict, Verdict::Wrong);
        assert_eq!(of("de:ad:be:ef:00:17").kind, "mac");
        assert_eq!(checked.gone, [true, true]);
        assert!(checked.changed);
    }

    #[test]
    fn device_fields_are_used_only_on_request() {
        let mut row = row("ACME Pandemonium unit", &[("Pandemonium", false)]);
        row.device = serde_json::from_str(r#"{"sysName": "pandemonium"}"#).unwrap();
        assert_eq!(check(&Collector::new(), &row, false).gone, [false]);
        assert_eq!(check(&Collector::new(), &row, true).gone, [true]);
    }
}
