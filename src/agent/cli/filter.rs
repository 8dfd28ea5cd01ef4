//! Filters of `preview --explain`.

use super::explain::{CutOff, kind_name};
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
    #[arg(long, value_name = "N", requires = "explain", allow_negative_numbers = true)]
    limit: Option<usize>,
}

impl FilterArgs {
    /// Whether any filter is set.
    pub(super) const fn is_set(&self) -> bool {
        !self.field.is_empty() || !self.kind.is_empty() || !self.rule.is_empty() || self.limit.is_some()
    }

    /// The findings that match. Totals stay those of the whole report.
    pub(super) fn part_of(&self, mut findings: Findings) -> Result<(Findings, CutOff)> {
        known("--field", &self.field, &fields(&findings))?;
        known("--kind", &self.kind, &kinds(&findings))?;
        known("--rule", &self.rule, &rules(&findings))?;
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
        let cut_off = CutOff {
            redactions: self.cut(&mut findings.redactions),
            cleaned: self.cut(&mut findings.cleaned),
            rare: self.cut(&mut findings.rare),
            left_out: self.cut(&mut findings.left_out),
        };
        Ok((findings, cut_off))
    }

    fn has_redaction(&self, redacted: &Redacted) -> bool {
        redacted.redactions.iter().any(|redaction| {
            let is_rule = |name: &String| is_within(&redaction.rule, name);
            (self.kind.is_empty() || self.kind.contains(&kind_name(&redaction.kind)))
                && (self.rule.is_empty() || self.rule.iter().any(is_rule))
        })
    }

    fn cut<T>(&self, list: &mut Vec<T>) -> usize {
        let cut_off = self.limit.map_or(0, |limit| list.len().saturating_sub(limit));
        list.truncate(list.len() - cut_off);
        cut_off
    }
}

/// Whether a name is the requested one or below it: `info.sysDescr` is within `info`.
fn is_within(name: &str, requested: &str) -> bool {
    name.strip_prefix(requested).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Rejects a name that does not exist. A name without a finding in this report is valid.
fn known(option: &str, requested: &[String], names: &BTreeSet<String>) -> Result<()> {
    if requested.iter().all(|requested| names.iter().any(|name| is_within(name, requested))) {
        return Ok(());
    }
    let names = names.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    Err(Error::new(Code::FilterUnknown, format!("{option}: unknown name, expected {names}")))
}

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

    fn part(change: impl FnOnce(&mut FilterArgs)) -> Result<([usize; 4], CutOff)> {
        let mut filter = FilterArgs::default();
        change(&mut filter);
        let (part, cut_off) = filter.part_of(findings())?;
        Ok(([part.redactions.len(), part.cleaned.len(), part.rare.len(), part.left_out.len()], cut_off))
    }

    #[test]
    fn filters_keep_matching_findings() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let left = |change: &dyn Fn(&mut FilterArgs)| part(change).unwrap().0;
        assert_eq!(left(&|_| {}), [3, 1, 1, 1]);
        assert_eq!(left(&|filter| filter.field = words(&["mempool"])), [1, 0, 1, 0]);
        assert_eq!(left(&|filter| filter.field = words(&["info", "bgp"])), [2, 0, 0, 1]);
        assert_eq!(left(&|filter| filter.kind = words(&["serial"])), [1, 0, 0, 0]);
        assert_eq!(left(&|filter| filter.rule = words(&["known"])), [2, 0, 0, 0]);
        assert_eq!(left(&|filter| filter.rule = words(&["mail"])), [0; 4], "it exists and found nothing");
        let (lengths, cut_off) = part(|filter| filter.limit = Some(2)).unwrap();
        assert_eq!((lengths, cut_off), ([2, 1, 1, 1], CutOff { redactions: 1, ..CutOff::default() }));
    }

    #[test]
    fn an_unknown_name_is_rejected() {
        let word = |word: &str| vec![word.to_owned()];
        for refused in [
            part(|filter| filter.field = word("mem")),
            part(|filter| filter.kind = word("host")),
            part(|filter| filter.rule = word("label.ser")),
        ] {
            let error = refused.unwrap_err();
            assert_eq!(error.code(), Code::FilterUnknown);
            assert!(error.message().contains("expected "), "{error}");
        }
    }
}
