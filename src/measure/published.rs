//! The measured figures that are committed and published: how much the rules find and break in each set, and each
//! rule's precision and recall. `cargo xtask score --corpus PATH --write` updates them. They contain no text of a row.

use crate::rows::Row;
use crate::score::{Figures, Score, Tally, check_all, score};
use callback_collector::sanitise::Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The committed file, below the workspace's directory.
pub const FILE: &str = "docs/sanitiser-scores.json";

/// The measured figures.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// By set.
    pub sets: BTreeMap<String, Set>,
    /// By rule and set, without device data, where the rule finds something.
    pub rules: BTreeMap<String, BTreeMap<String, Tally>>,
}

/// The figures of one set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// Without device data.
    pub rules: Figures,
    /// With the database's values for each device.
    pub fields: Figures,
}

impl Published {
    /// Measures the rules on rows.
    #[must_use]
    pub fn measure(rows: &[Row]) -> Self {
        fn set(row: &Row) -> &str {
            &row.set
        }
        let by_rules = score(&check_all(rows, false, Rules::default()), set);
        let with_fields = score(&check_all(rows, true, Rules::default()), set);
        let figures = |score: &Score, set: &str| score.by_source.get(set).copied().unwrap_or_default();
        let sets = by_rules
            .by_source
            .keys()
            .map(|set| (set.clone(), Set { rules: figures(&by_rules, set), fields: figures(&with_fields, set) }));
        let sets = sets.collect();
        let mut rules = by_rules.by_rule_and_source;
        for by_set in rules.values_mut() {
            by_set.retain(|_, tally| tally.right + tally.wrong > 0);
        }
        rules.retain(|_, by_set| !by_set.is_empty());
        Self { sets, rules }
    }

    /// The committed text.
    ///
    /// # Errors
    /// None known: maps with text keys are always valid JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }

    /// Reads the committed text.
    ///
    /// # Errors
    /// Those of serde, for a text in another form.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The part of the rules' page that shows the figures.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let sets: Vec<&str> = crate::SETS.into_iter().filter(|set| self.sets.contains_key(*set)).collect();
        let mut page = String::from(PAGE);
        page.push_str("| set | identifiers | found by rules | with fields | clean rows | changed by rules | with fields |\n|---|---|---|---|---|---|---|\n");
        for (name, set) in sets.iter().filter_map(|name| Some((name, self.sets.get(*name)?))) {
            let found = |figures: &Figures| shown(figures.identifiers.recall());
            let _ = writeln!(
                page,
                "| {name} | {} | {} | {} | {} | {} | {} |",
                set.rules.identifiers.marked,
                found(&set.rules),
                found(&set.fields),
                set.rules.clean.rows,
                set.rules.clean.changed,
                set.fields.clean.changed
            );
        }
        page.push_str(RULES);
        let _ = writeln!(page, "| rule | {} |\n|---|{}", sets.join(" | "), "---|".repeat(sets.len()));
        for (rule, by_set) in &self.rules {
            let cells = sets.iter().map(|set| cell(by_set.get(*set)));
            let _ = writeln!(page, "| {rule} | {} |", cells.collect::<Vec<_>>().join(" | "));
        }
        page
    }
}

const PAGE: &str = "\n## Measured\n\nOn the labelled descriptions that the project keeps beside its repository; `cargo xtask score --corpus PATH --write` measures anew. \
    A clean row has no identifier.\n\n";

const RULES: &str = "\nBy rule: how many of its redactions are right (precision), of how many; and which share it finds of all identifiers of the kinds that it finds (recall). \
    Each redaction counts for one rule, the first that found it.\n\n";

/// Precision, number of redactions and recall; a dash if the rule finds nothing.
fn cell(tally: Option<&Tally>) -> String {
    let Some(tally) = tally else { return "–".to_owned() };
    let precision = format!("{} of {}", shown(tally.precision()), tally.right + tally.wrong);
    match tally.recall() {
        Some(recall) => format!("{precision}, {}", shown(Some(recall))),
        None => precision,
    }
}

/// A share with one decimal; it is 100% only if it is exact.
fn shown(percent: Option<f64>) -> String {
    match percent {
        None => "–".to_owned(),
        Some(100.0) => "100%".to_owned(),
        Some(percent) => format!("{:.1}%", percent.min(99.9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const ROWS: &str = r#"{"id":"1","sysDescr":"Linux halden-sw7 5.10.0-26-amd64 #1 SMP","spans":[{"start":6,"end":16,"type":"hostname"}]}
{"id":"2","sysDescr":"ACME Pandemonium unit","spans":[{"start":5,"end":16,"type":"hostname"}],"device":{"sysName":"pandemonium"}}
{"id":"3","sysDescr":"ACME Switch 5.2","spans":[]}"#;

    #[test]
    fn figures_are_read_back_from_their_text_and_shown() {
        let rows = crate::rows::parse(Path::new("field.jsonl"), ROWS).unwrap();
        let published = Published::measure(&rows);
        assert_eq!(published.sets["field"].rules.identifiers.recall(), Some(50.0));
        assert_eq!(published.sets["field"].fields.identifiers.recall(), Some(100.0));
        assert_eq!(Published::from_json(&published.to_json().unwrap()).unwrap(), published);
        let page = published.to_markdown();
        assert!(page.contains("| field | 2 | 50.0% | 100% | 1 | 0 | 0 |"), "{page}");
        assert!(page.contains("| uname.nodename | 100% of 1, 50.0% |"), "{page}");
    }

    #[test]
    fn all_but_one_is_not_shown_as_all() {
        assert_eq!(shown(Some(99.99)), "99.9%");
        assert_eq!(shown(Some(100.0)), "100%");
    }
}
