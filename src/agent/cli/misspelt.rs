//! Labels that `enable` names and today's report does not have: they may be misspelt.

use super::output::visible;
use super::report::BuiltReport;
use crate::code::Code;
use crate::error::{Error, Reason as Notice, Result};
use crate::report::{build, sandbox};
use crate::store::consent::Choices;
use callback_collector::dictionary::{self, Category};
use callback_collector::facts::Facts;
use callback_collector::findings::{Findings, RareLabel, Reason};
use std::collections::BTreeSet;
use std::path::Path;

/// Warnings about newly withheld or included labels that today's report does not have. Labels of categories that are off
/// are skipped, because they cannot be found.
pub(super) fn labels_not_found(
    choices: &Choices,
    before: &Choices,
    made: &BuiltReport,
    state: &Path,
) -> Result<Vec<Notice>> {
    let is_sent = |group: &str| choices.sends(dictionary::group(group).map_or(Category::Pairs, |group| group.category));
    let mut lines = Vec::new();
    for (group, label) in choices.withheld.iter().filter(|label| !before.withheld.contains(label) && is_sent(&label.0))
    {
        if !is_found(choices, (group, label), made, state)? {
            lines.push(Notice::new(Code::LabelNotFound, format!("--withhold {group}={}: not found in today's report; check the spelling: callback-agent preview --all", visible(label))));
        }
    }
    for (group, label) in choices.included.iter().filter(|label| !before.included.contains(label) && is_sent(&label.0))
    {
        let is_this = |rare: &RareLabel| rare.included && rare.field == *group && rare.label == *label;
        if !made.report.findings.rare.iter().any(is_this) {
            lines.push(Notice::new(Code::LabelNotFound, format!("--include {group}={}: not found among the rare labels of today's report; check the spelling: callback-agent preview --explain", visible(label))));
        }
    }
    Ok(lines)
}

/// Whether a label is withheld from today's report. Findings count withheld labels without naming them. So if the count
/// is lower than the number of named labels, the report is built again with only this label withheld.
fn is_found(choices: &Choices, (group, label): (&str, &str), made: &BuiltReport, state: &Path) -> Result<bool> {
    let withheld = |findings: &Findings| -> u64 {
        let left_out = findings.left_out.iter();
        let left_out = left_out.filter(|left_out| left_out.reason == Reason::Withheld && left_out.field == group);
        left_out.map(|left_out| left_out.entries.unwrap_or_default()).sum()
    };
    let named = choices.withheld.iter().filter(|(other, _)| other == group).collect::<BTreeSet<_>>().len() as u64;
    let found = withheld(&made.report.findings);
    if found == 0 || found >= named {
        return Ok(found > 0);
    }
    let unreadable = |error| Error::new(Code::Internal, "cannot read the facts of the preview").caused_by(error);
    let mut facts: Facts<'_> = serde_json::from_slice(&made.gathered.facts).map_err(unreadable)?;
    let alone = Choices { withheld: vec![(group.to_owned(), label.to_owned())], ..choices.clone() };
    facts.consent = alone.facts(facts.consent.schema);
    let facts = serde_json::to_vec(&facts).map_err(unreadable)?;
    Ok(withheld(&build(&sandbox(&made.module, state)?, &facts)?.findings) > 0)
}
