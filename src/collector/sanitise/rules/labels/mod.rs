//! Values after a label, by kind.

pub mod accounts;
pub mod codes;
pub mod names;
pub mod numbers;

use crate::kind::IdentifierKind;
use crate::sanitise::keep::Keep;
use crate::sanitise::rule::{Finder, Rule, counterexamples, documented, examples};
use crate::sanitise::scan::Traits;

/// Defaults of a rule for a label, to keep the tables short.
const fn label(
    id: &'static str,
    kind: IdentifierKind,
    catches: &'static str,
    finder: Finder,
    keeps: &'static [Keep],
    matches: &'static [(&'static str, &'static str)],
    leaves: &'static [&'static str],
) -> Rule {
    let (catches, matches, leaves) = (documented(catches), examples(matches), counterexamples(leaves));
    Rule { id, kind, catches, needs: Traits::NONE, triggers: &[], finder, keeps, matches, leaves }
}
