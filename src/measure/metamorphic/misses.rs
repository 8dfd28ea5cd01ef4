//! The committed list of misses: how often, what shape, and why they are accepted. It contains no text of a row.

use super::{Outcome, Part};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The committed list, below the workspace's directory.
pub const FILE: &str = "src/measure/metamorphic/misses.tsv";

/// The file with the reasons, below the workspace's directory.
pub const REASONS_FILE: &str = "src/measure/metamorphic/reasons.tsv";

/// Why misses are accepted: part, subject, place and shape, each with `*` for any text, and the reason. The first line
/// that matches counts.
const REASONS: &str = include_str!("reasons.tsv");

/// Placeholder for an unknown reason.
pub const NO_REASON: &str = "?";

impl Outcome {
    /// The list in its committed form.
    #[must_use]
    pub fn to_tsv(&self) -> String {
        let mut list = String::from(
            "# What the metamorphic tests miss, and why. Made by `cargo xtask score --corpus PATH --metamorphic --write`;\n\
             # reasons are in reasons.tsv. Shapes: A capitals, a small letters, 0 digits, á я α 字 글 other letters.\n",
        );
        list.push_str("part\tset\ttried\tmissed\n");
        for ((part, set), count) in &self.counts {
            let _ = writeln!(list, "{}\t{set}\t{}\t{}", part.name(), count.tried, count.missed);
        }
        list.push_str("\npart\trule or kind\tplace\tshape\tmissed\treason\n");
        let mut misses: BTreeMap<(Part, &str, &str, &str), u64> = BTreeMap::new();
        for miss in &self.misses {
            *misses.entry((miss.part, &miss.subject, &miss.place, &miss.shape)).or_default() += 1;
        }
        for ((part, subject, place, shape), count) in misses {
            let reason = reason(part, subject, place, shape);
            let _ = writeln!(list, "{}\t{subject}\t{place}\t{shape}\t{count}\t{reason}", part.name());
        }
        list
    }
}

fn reason(part: Part, subject: &str, place: &str, shape: &str) -> &'static str {
    let fits = |line: &&str| {
        let mut columns = line.split('\t');
        [part.name(), subject, place, shape]
            .iter()
            .all(|value| columns.next().is_some_and(|column| is_like(value, column)))
    };
    let lines = REASONS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.filter(fits).filter_map(|line| line.split('\t').nth(4)).next().unwrap_or(NO_REASON)
}

/// Whether a text matches a pattern, in which `*` matches any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return text == pattern };
    let ends = |tail: &str| tail.char_indices().map(|(index, _)| index).chain([tail.len()]).collect::<Vec<_>>();
    text.strip_prefix(head).is_some_and(|tail| ends(tail).into_iter().any(|index| is_like(&tail[index..], rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metamorphic::{Count, Miss};

    #[test]
    fn misses_of_the_same_shape_are_one_line_without_text_of_a_row() {
        let miss = Miss {
            part: Part::Places,
            subject: "hostname".to_owned(),
            place: "label".to_owned(),
            shape: "a0".to_owned(),
            row: "u77".to_owned(),
            text: "secret".to_owned(),
            token: "secret".to_owned(),
        };
        let counts = [((Part::Places, "field".to_owned()), Count { tried: 9, missed: 2 })].into();
        let list = Outcome { counts, misses: vec![miss.clone(), miss] }.to_tsv();
        assert!(list.contains("places\tfield\t9\t2\n"), "{list}");
        assert!(list.contains("places\thostname\tlabel\ta0\t2\t"), "{list}");
        assert!(!list.contains("secret") && !list.contains("u77"), "{list}");
    }

    #[test]
    fn reasons_are_found_by_patterns_and_every_line_has_one() {
        for (text, pattern) in
            [("a-0", "*"), ("a-0", "a-*"), ("a-0", "*0"), ("a-0", "a-0"), ("á-0-я", "*-*-*"), ("", "*")]
        {
            assert!(is_like(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [("a-0", "0*"), ("a-0", "*a"), ("a-0", "a"), ("a-0", "*-*-*"), ("a-0", "")] {
            assert!(!is_like(text, pattern), "{text} {pattern}");
        }
        for line in REASONS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            assert!(line.split('\t').filter(|column| !column.is_empty()).count() == 5, "{line}");
        }
    }
}
