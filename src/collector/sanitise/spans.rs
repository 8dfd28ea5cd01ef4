//! Marked spans of a text, and how overlapping spans are merged.

use super::IdentifierKind;
use alloc::vec::Vec;

/// A marked span, in bytes of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// The rule that marked it.
    pub rule: &'static str,
    /// The kind of identifier.
    pub kind: IdentifierKind,
}

/// The rule of a span that is a known identifier but stays, because it is the vendor or the model in its position.
const KEPT: &str = "";

/// Spans as they are found.
#[derive(Debug, Default)]
pub struct Found {
    spans: Vec<Span>,
    /// Those that stay.
    kept: Vec<Span>,
}

impl Found {
    /// Marks a span. Empty spans are ignored.
    pub fn mark(&mut self, start: usize, end: usize, rule: &'static str, kind: IdentifierKind) {
        if start < end {
            self.spans.push(Span { start, end, rule, kind });
        }
    }

    /// Records a known identifier that stays.
    pub fn keep(&mut self, start: usize, end: usize, kind: IdentifierKind) {
        self.kept.push(Span { start, end, rule: KEPT, kind });
    }

    /// Keeps the spans of some rules.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.spans.retain(|span| keep(span.rule));
    }

    /// Adds the spans found for all devices and by the rules. If a device's own terms say that a span stays, the
    /// terms of all devices do not apply there: a device's own data describes its model best.
    pub fn extend(&mut self, spans: &[Span]) {
        if self.kept.is_empty() && spans.last().is_none_or(|span| span.rule != KEPT) {
            self.spans.extend_from_slice(spans);
            return;
        }
        let own = self.kept.len();
        for span in spans {
            let overruled = self.kept[..own].iter().any(|kept| kept.start == span.start && kept.end == span.end);
            if span.rule == KEPT {
                self.kept.push(*span);
            } else if !(overruled && span.rule.starts_with("known.")) {
                self.spans.push(*span);
            }
        }
    }

    /// The spans as they were found, followed by those that stay.
    #[must_use]
    pub fn into_spans(mut self) -> Vec<Span> {
        self.spans.append(&mut self.kept);
        self.spans
    }

    /// Removes and returns the spans that stay.
    pub fn take_kept(&mut self) -> Vec<Span> {
        core::mem::take(&mut self.kept)
    }

    /// Whether nothing was marked for replacement.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The spans from left to right. Overlapping spans are merged under the longest of them, or the first of equal length.
    #[must_use]
    pub fn united(self) -> Vec<Span> {
        let mut spans = self.spans;
        spans.sort_by_key(|span| span.start); // stable: equal spans keep the order in which they were found
        let mut united: Vec<Span> = Vec::with_capacity(spans.len());
        let mut longest = 0;
        for span in spans {
            match united.last_mut() {
                Some(last) if span.start < last.end => {
                    if span.end - span.start > longest {
                        longest = span.end - span.start;
                        (last.rule, last.kind) = (span.rule, span.kind);
                    }
                    last.end = last.end.max(span.end);
                }
                _ => {
                    longest = span.end - span.start;
                    united.push(span);
                }
            }
        }
        united
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierKind::{Fqdn, Hostname, Serial};

    fn united(spans: &[(usize, usize, &'static str, IdentifierKind)]) -> Vec<(usize, usize, &'static str)> {
        let mut found = Found::default();
        for (start, end, rule, kind) in spans {
            found.mark(*start, *end, rule, *kind);
        }
        found.united().into_iter().map(|span| (span.start, span.end, span.rule)).collect()
    }

    #[test]
    fn overlapping_spans_become_one_under_the_longest() {
        assert_eq!(
            united(&[(10, 15, "label", Hostname), (10, 30, "fqdn", Fqdn), (40, 44, "serial", Serial)]),
            [(10, 30, "fqdn"), (40, 44, "serial")]
        );
        assert_eq!(united(&[(5, 9, "b", Serial), (0, 6, "a", Hostname)]), [(0, 9, "a")]);
    }

    #[test]
    fn equal_spans_keep_the_first_rule_and_adjacent_ones_stay_separate() {
        assert_eq!(united(&[(0, 4, "a", Hostname), (0, 4, "b", Serial)]), [(0, 4, "a")]);
        assert_eq!(united(&[(0, 4, "a", Hostname), (4, 8, "b", Serial)]), [(0, 4, "a"), (4, 8, "b")]);
        assert_eq!(united(&[(3, 3, "empty", Hostname)]), []);
    }
}
