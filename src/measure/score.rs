//! Counts hits, misses and false positives by source, operating system, kind of identifier and rule.

use crate::check::{Checked, Verdict, check, overlap};
use crate::rows::Row;
use callback_collector::Collector;
use callback_collector::sanitise::Rules;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Counts over some rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Identifiers in these rows; for a rule, those of the kinds that it finds.
    pub marked: u64,
    /// Of these, found: gone from the description, and for a rule, by it.
    pub hits: u64,
    /// Redactions that overlap an identifier.
    pub right: u64,
    /// Redactions that overlap no mark: false positives.
    pub wrong: u64,
}

impl Tally {
    /// Identifiers that were not found.
    #[must_use]
    pub const fn misses(&self) -> u64 {
        self.marked - self.hits
    }

    /// Precision in percent; `None` without redactions.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        percent(self.right, self.right + self.wrong)
    }

    /// Recall in percent; `None` without identifiers.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        percent(self.hits, self.marked)
    }
}

/// A share in percent.
#[must_use]
pub fn percent(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| 100.0 * part as f64 / of as f64)
}

/// How many rows without an identifier changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clean {
    /// Rows in which nothing is marked.
    pub rows: u64,
    /// Of these, changed.
    pub changed: u64,
}

/// Hits in some rows, and damage to clean ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Identifiers.
    pub identifiers: Tally,
    /// Rows without one.
    pub clean: Clean,
}

/// Everything that is counted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Score {
    /// By the collector of the rows.
    pub by_source: BTreeMap<String, Figures>,
    /// By operating system.
    pub by_os: BTreeMap<String, Tally>,
    /// By kind: of identifiers, their label; of false positives, the kind that the rule reports.
    pub by_kind: BTreeMap<String, Tally>,
    /// By rule, over all rows.
    pub by_rule: BTreeMap<String, Tally>,
    /// By rule and source.
    pub by_rule_and_source: BTreeMap<String, BTreeMap<String, Tally>>,
}

/// Sanitises rows and counts, with each row in the source that `source` returns.
#[must_use]
pub fn score<'r>(checked: &[Checked<'r>], source: impl Fn(&'r Row) -> &'r str) -> Score {
    let mut score = Score::default();
    let mut marked: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    // Marks that a rule found, by rule, source and kind.
    let mut found: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for checked in checked {
        let row = checked.row;
        let from = source(row);
        let Figures { identifiers: tally, clean } = score.by_source.entry(from.to_owned()).or_default();
        let os = score.by_os.entry(row.os.clone()).or_default();
        if row.is_clean() {
            clean.rows += 1;
            clean.changed += u64::from(checked.changed);
        }
        for (mark, gone) in row.marks.iter().zip(&checked.gone).filter(|(mark, _)| !mark.doubtful) {
            *marked.entry((from, &mark.kind)).or_default() += 1;
            let kind = score.by_kind.entry(mark.kind.clone()).or_default();
            for tally in [&mut *tally, &mut *os, kind] {
                tally.marked += 1;
                tally.hits += u64::from(*gone);
            }
            if *gone {
                let over = |range: &std::ops::Range<usize>| overlap(range, &mark.range);
                let by = checked.redactions.iter().filter(|r| r.range.as_ref().is_some_and(over));
                for rule in by.map(|redaction| redaction.rule.as_str()).collect::<BTreeSet<_>>() {
                    *found.entry((rule, from, &mark.kind)).or_default() += 1;
                }
            }
        }
        for redaction in &checked.redactions {
            let rules = score.by_rule_and_source.entry(redaction.rule.clone()).or_default();
            let rule = rules.entry(from.to_owned()).or_default();
            let kind = score.by_kind.entry(redaction.kind.clone()).or_default();
            for tally in [&mut *tally, &mut *os, rule, kind] {
                match redaction.verdict {
                    Verdict::Right => tally.right += 1,
                    Verdict::Wrong => tally.wrong += 1,
                    Verdict::Doubtful => {}
                }
            }
        }
    }
    for (rule, by_source) in &mut score.by_rule_and_source {
        let kinds: BTreeSet<&str> = found.keys().filter(|(by, _, _)| by == rule).map(|(_, _, kind)| *kind).collect();
        for from in score.by_source.keys() {
            let of: u64 = kinds.iter().filter_map(|kind| marked.get(&(from.as_str(), kind))).sum();
            let hits: u64 = kinds.iter().filter_map(|kind| found.get(&(rule.as_str(), from.as_str(), kind))).sum();
            if of > 0 || by_source.contains_key(from) {
                let tally = by_source.entry(from.clone()).or_default();
                (tally.marked, tally.hits) = (of, hits);
            }
        }
        let all = score.by_rule.entry(rule.clone()).or_default();
        for tally in by_source.values() {
            all.marked += tally.marked;
            all.hits += tally.hits;
            all.right += tally.right;
            all.wrong += tally.wrong;
        }
    }
    score
}

/// Sanitises all rows.
#[must_use]
pub fn check_all<'r>(rows: &'r [Row], known: bool, rules: Rules) -> Vec<Checked<'r>> {
    let collector = Collector::with_rules(rules);
    rows.iter().map(|row| check(&collector, row, known)).collect()
}

/// The rules that only one source supports: every identifier that they find in these rows is in that source. What the
/// source scores without them comes from rules that other sources support, too.
#[must_use]
pub fn rules_of(checked: &[Checked<'_>], source: &str) -> Vec<String> {
    let mut rules: BTreeMap<&str, bool> = BTreeMap::new();
    for checked in checked {
        let right = checked.redactions.iter().filter(|redaction| redaction.verdict == Verdict::Right);
        for redaction in right {
            *rules.entry(&redaction.rule).or_insert(true) &= checked.row.is_from(source);
        }
    }
    rules.into_iter().filter(|(_, alone)| *alone).map(|(rule, _)| rule.to_owned()).collect()
}

/// Rules whose precision is below `percent` in a source, with the source and the counts. Sources with fewer than
/// `finds` redactions of a rule are skipped.
#[must_use]
pub fn imprecise(score: &Score, percent: f64, finds: u64) -> Vec<(String, String, Tally)> {
    let mut imprecise = Vec::new();
    for (rule, by_source) in &score.by_rule_and_source {
        for (source, tally) in by_source {
            if tally.right + tally.wrong >= finds && tally.precision().is_some_and(|precision| precision < percent) {
                imprecise.push((rule.clone(), source.clone(), *tally));
            }
        }
    }
    imprecise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Mark;

    fn row(source: &str, text: &str, marked: Option<(&str, &str)>) -> Row {
        let mark = |(marked, kind): (&str, &str)| {
            let start = text.find(marked).unwrap();
            Mark { range: start..start + marked.len(), kind: kind.to_owned(), doubtful: false }
        };
        Row {
            source: source.to_owned(),
            set: "field".to_owned(),
            os: "acme".to_owned(),
            text: text.to_owned(),
            marks: marked.map(mark).into_iter().collect(),
            ..Row::default()
        }
    }

    fn rows() -> Vec<Row> {
        vec![
            row("a/a:1", "Linux halden-sw7 5.10.0-26-amd64 #1 SMP", Some(("halden-sw7", "hostname"))),
            row("b/b:1", "ACME 7 de:ad:be:ef:00:17", Some(("de:ad:be:ef:00:17", "mac"))),
            row("b/b:2", "ACME up de:ad:be:ef:00:18", None),
            row("b/b:3", "ACME 7 Kestrel", Some(("Kestrel", "hostname"))),
        ]
    }

    #[test]
    fn hits_misses_and_false_positives_are_counted_by_source_kind_and_rule() {
        let rows = rows();
        let score = score(&check_all(&rows, false, Rules::default()), Row::origin);
        let identifiers = Tally { marked: 2, hits: 1, right: 1, wrong: 1 };
        assert_eq!(score.by_source["b/b"], Figures { identifiers, clean: Clean { rows: 1, changed: 1 } });
        assert_eq!(score.by_kind["hostname"], Tally { marked: 2, hits: 1, right: 1, wrong: 0 });
        assert_eq!(score.by_os["acme"].misses(), 1);
        let mac = score.by_rule["address.mac"];
        assert_eq!((mac.precision(), mac.recall()), (Some(50.0), Some(100.0)));
        // The nodename's rule finds one of the two names; the other is in a source in which it finds nothing.
        assert_eq!(score.by_rule["uname.nodename"].recall(), Some(50.0));
        assert_eq!(score.by_rule_and_source["uname.nodename"]["b/b"].hits, 0);
        assert_eq!(imprecise(&score, 95.0, 2).len(), 1);
        assert!(imprecise(&score, 95.0, 3).is_empty() && imprecise(&score, 50.0, 2).is_empty());
    }

    #[test]
    fn a_source_is_left_out_with_the_rules_that_only_it_supports() {
        let mut rows = rows();
        assert_eq!(rules_of(&check_all(&rows, false, Rules::default()), "b/b"), ["address.mac"]);
        let without = Rules::default().without(&["address.mac"]);
        assert_eq!(score(&check_all(&rows, false, without), Row::origin).by_source["b/b"].identifiers.hits, 0);
        rows.push(row("c/c:1", "ACME 9 de:ad:be:ef:00:19", Some(("de:ad:be:ef:00:19", "mac"))));
        assert!(rules_of(&check_all(&rows, false, Rules::default()), "b/b").is_empty());
    }
}
