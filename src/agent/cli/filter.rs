//! Filters of `preview --explain`.

use super::explain::kind_name;
use super::output::visible;
use crate::code::Code;
use crate::error::{Error, Result};
use callback_collector::dictionary;
use callback_collector::findings::{Findings, Redacted};
use callback_collector::sanitise::documented::FINDERS;
use callback_collector::sanitise::rules::RULES;
use callback_collector::sanitise::{TOO_ENTANGLED, TOO_LONG};
use clap::Args;
use std::collections::BTreeSet;

/// Which findings are shown.
#[derive(Args, Default)]
#[command(next_help_heading = "With --explain")]
pub(super) struct FilterArgs {
    /// Only this field (repeatable), for example mempool, info or info.sysDescr
    #[arg(long, value_name = "NAME", requires = "explain")]
    field: Vec<String>,
    /// Only texts with an identifier of this kind (repeatable), for example hostname
    #[arg(long, value_name = "KIND", requires = "explain")]
    kind: Vec<String>,
    /// Only texts that this rule redacted (repeatable), for example label.serial
    #[arg(long, value_name = "NAME", requires = "explain")]
    rule: Vec<String>,
    /// At most N entries per list
    #[arg(long, value_name = "N", requires = "explain", allow_negative_numbers = true, value_parser = count)]
    pub(super) limit: Option<usize>,
}

fn count(text: &str) -> std::result::Result<usize, &'static str> {
    text.parse().map_err(|_| "expected a number, for example 20")
}

impl FilterArgs {
    /// Whether any filter is set.
    pub(super) const fn is_set(&self) -> bool {
        !self.field.is_empty() || !self.kind.is_empty() || !self.rule.is_empty() || self.limit.is_some()
    }

    /// The findings that match, without a limit. Totals stay those of the whole report.
    pub(super) fn part_of(&self, mut findings: Findings) -> Result<Findings> {
        known("--field", &self.field, &fields(&findings), "callback-agent dictionary")?;
        known("--kind", &self.kind, &kinds(&findings), EXPLAIN)?;
        known("--rule", &self.rule, &rules(&findings), EXPLAIN)?;
        let is_chosen = |field: &str| self.field.is_empty() || self.field.iter().any(|name| is_within(field, name));
        findings.redactions.retain(|redacted| is_chosen(&redacted.field) && self.has_redaction(redacted));
        findings.cleaned.retain(|cleaned| is_chosen(&cleaned.field));
        findings.rare.retain(|rare| is_chosen(&rare.field));
        findings.left_out.retain(|left_out| is_chosen(&left_out.field));
        if !self.kind.is_empty() || !self.rule.is_empty() {
            // Only redactions have a kind and a rule.
            findings.cleaned.clear();
            findings.rare.clear();
            findings.left_out.clear();
        }
        Ok(findings)
    }

    /// The same with at most `--limit` entries per list, for JSON, which lists each text.
    pub(super) fn limited_part_of(&self, findings: Findings) -> Result<Findings> {
        let mut part = self.part_of(findings)?;
        if let Some(limit) = self.limit {
            part.redactions.truncate(limit);
            part.cleaned.truncate(limit);
            part.rare.truncate(limit);
            part.left_out.truncate(limit);
        }
        Ok(part)
    }

    fn has_redaction(&self, redacted: &Redacted) -> bool {
        redacted.redactions.iter().any(|redaction| {
            let is_rule = |name: &String| is_within(&redaction.rule, name);
            (self.kind.is_empty() || self.kind.contains(&kind_name(&redaction.kind)))
                && (self.rule.is_empty() || self.rule.iter().any(is_rule))
        })
    }
}

/// Whether a name is the requested one or below it: `info.sysDescr` is within `info`.
fn is_within(name: &str, requested: &str) -> bool {
    name.strip_prefix(requested).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Rejects a name that does not exist. A name without a finding in this report is valid.
fn known(option: &str, requested: &[String], names: &BTreeSet<String>, list: &str) -> Result<()> {
    let is_known = |requested: &&String| names.iter().any(|name| is_within(name, requested));
    let Some(unknown) = requested.iter().find(|requested| !is_known(requested)) else { return Ok(()) };
    let expected = match expected(unknown, names) {
        expected if expected.is_empty() => String::new(),
        expected => format!(" expected {};", expected.join(", ")),
    };
    let unknown = visible(unknown);
    Err(Error::new(
        Code::FilterUnknown,
        format!("{option}: unknown name \"{unknown}\";{expected} list names with: {list}"),
    ))
}

/// The names to suggest: all of them if they are few, otherwise those that resemble an unknown name.
fn expected<'a>(unknown: &str, names: &'a BTreeSet<String>) -> Vec<&'a str> {
    let is_similar = |name: &&str| name.contains(unknown) || strsim::jaro_winkler(name, unknown) > SIMILAR;
    let names = names.iter().map(String::as_str);
    if names.len() <= FEW { names.collect() } else { names.filter(is_similar).take(FEW).collect() }
}

/// How many names fit an error message.
const FEW: usize = 20;

/// The similarity from which a name is suggested; clap's threshold is 0.7.
const SIMILAR: f64 = 0.8;

/// The command that prints kinds and rules.
const EXPLAIN: &str = "callback-agent preview --explain";

fn fields(findings: &Findings) -> BTreeSet<String> {
    let known = dictionary::fields().into_iter().map(|field| field.field.to_owned());
    // Its parts, such as `info.sysDescr`, are fields; the whole is a name, too.
    let known = known.chain([dictionary::INFO.to_owned()]);
    let redacted = findings.redactions.iter().map(|redacted| redacted.field.clone());
    known.chain(redacted).chain(findings.left_out.iter().map(|left_out| left_out.field.clone())).collect()
}

fn kinds(findings: &Findings) -> BTreeSet<String> {
    let of_rules = RULES.iter().map(|rule| rule.kind).chain(FINDERS.iter().map(|finder| finder.kind));
    of_rules.chain(findings.removed.keys().copied()).map(|kind| kind_name(&kind)).collect()
}

fn rules(findings: &Findings) -> BTreeSet<String> {
    let of_rules = RULES.iter().map(|rule| rule.id).chain(FINDERS.iter().map(|finder| finder.id));
    // A configured module may have rules that the built-in one lacks.
    let found = findings.redactions.iter().flat_map(|redacted| &redacted.redactions);
    let found = found.map(|redaction| redaction.rule.as_ref());
    of_rules.chain([TOO_ENTANGLED, TOO_LONG]).chain(found).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use callback_collector::findings::{Cleaned, CleanedBy, LeftOut, RareLabel, Reason, Redaction};
    use callback_collector::sanitise::IdentifierKind;

    fn findings() -> Findings {
        let redacted = |field: &str, rule: &'static str, kind| Redacted {
            field: field.into(),
            original: "a".into(),
            result: "b".into(),
            rows: 1,
            redactions: vec![Redaction { rule: rule.into(), kind, start: 0, end: 1, replacement: "b".into() }],
        };
        Findings {
            redactions: vec![
                redacted("info.sysDescr", "label.serial", IdentifierKind::Serial),
                redacted("info.sysDescr", "known.hostname", IdentifierKind::Hostname),
                redacted("mempool", "known.hostname", IdentifierKind::Hostname),
            ],
            cleaned: vec![Cleaned { field: "os".into(), by: CleanedBy::Length, rows: 1 }],
            rare: vec![RareLabel { field: "mempool".into(), label: "x".into(), rows: 1, included: false }],
            left_out: vec![LeftOut {
                field: "bgp".into(),
                reason: Reason::Missing,
                entries: None,
                named_by: None,
                missing: None,
            }],
            ..Findings::default()
        }
    }

    fn part(change: impl FnOnce(&mut FilterArgs)) -> Result<[usize; 4]> {
        let mut filter = FilterArgs::default();
        change(&mut filter);
        let part = filter.limited_part_of(findings())?;
        Ok([part.redactions.len(), part.cleaned.len(), part.rare.len(), part.left_out.len()])
    }

    #[test]
    fn filters_keep_matching_findings() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let left = |change: &dyn Fn(&mut FilterArgs)| part(change).unwrap();
        assert_eq!(left(&|_| {}), [3, 1, 1, 1]);
        assert_eq!(left(&|filter| filter.field = words(&["mempool"])), [1, 0, 1, 0]);
        assert_eq!(left(&|filter| filter.field = words(&["info", "bgp"])), [2, 0, 0, 1]);
        assert_eq!(left(&|filter| filter.kind = words(&["serial"])), [1, 0, 0, 0]);
        assert_eq!(left(&|filter| filter.rule = words(&["known"])), [2, 0, 0, 0]);
        assert_eq!(left(&|filter| filter.rule = words(&["mail"])), [0; 4], "it exists and found nothing");
        assert_eq!(left(&|filter| filter.limit = Some(2)), [2, 1, 1, 1]);
    }

    #[test]
    fn an_unknown_name_is_rejected() {
        let word = |word: &str| vec![word.to_owned()];
        for (refused, unknown, suggested) in [
            (part(|filter| filter.field = word("mempol")), "--field: unknown name \"mempol\"", "mempool"),
            (part(|filter| filter.kind = word("host")), "--kind: unknown name \"host\"", "hostname"),
            (part(|filter| filter.rule = word("label.ser")), "--rule: unknown name \"label.ser\"", "label.serial"),
            (part(|filter| filter.field = word("zzz")), "--field: unknown name \"zzz\"", "callback-agent dictionary"),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.code(), Code::FilterUnknown);
            assert!(error.message().starts_with(unknown) && error.message().contains(suggested), "{error}");
            assert!(error.message().len() < 400, "{error}");
        }
    }
}
