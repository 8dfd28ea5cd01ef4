//! Rules as data, and the engine, which runs a rule only if the scan of the text shows that it may match.
//!
//! Patterns run on `regex::bytes` without Unicode: the module has no Unicode tables, so classes are ASCII. Characters that
//! must not touch a match are checked outside the pattern, in any script.

use super::find::shapes::{self, Formats};
use super::grammars::{GRAMMARS, Grammars, compile};
use super::guard::{self, Guard};
use super::hashing;
use super::hashing::ByHash;
use super::install_terms::{sequence, stands_alone};
use super::keep::Keep;
use super::replace;
use super::scan::{Scan, Traits};
use super::spans::Found;
use super::value::{self, Value};
use super::word_list::Bits;
use crate::kind::IdentifierKind;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;
use regex::bytes::Regex;

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its name, after where identifiers occur or what they look like.
    pub id: &'static str,
    /// What it finds.
    pub kind: IdentifierKind,
    /// What it catches, in a sentence for the documentation.
    pub catches: &'static str,
    /// Traits that a text needs for the rule to be tried.
    pub needs: Traits,
    /// Lower-case words, one of which a text needs for the rule to be tried; empty for any text.
    pub triggers: &'static [&'static str],
    /// How it matches.
    pub finder: Finder,
    /// Reasons to keep a match.
    pub keeps: &'static [Keep],
    /// Texts, and what the rule alone turns them into.
    pub matches: &'static [(&'static str, &'static str)],
    /// Texts that the rule must leave alone.
    pub leaves: &'static [&'static str],
}

/// The sentence that documents a rule. The module contains none (feature `rule-docs`).
pub const fn documented(sentence: &'static str) -> &'static str {
    if cfg!(any(test, feature = "rule-docs")) { sentence } else { "" }
}

/// A rule's examples. The module contains none (feature `rule-docs`).
pub const fn examples(examples: &'static [(&'static str, &'static str)]) -> &'static [(&'static str, &'static str)] {
    if cfg!(any(test, feature = "rule-docs")) { examples } else { &[] }
}

/// Texts that a rule leaves alone. The module contains none (feature `rule-docs`).
pub const fn counterexamples(texts: &'static [&'static str]) -> &'static [&'static str] {
    if cfg!(any(test, feature = "rule-docs")) { texts } else { &[] }
}

/// How a rule finds identifiers.
#[derive(Debug, Clone, Copy)]
pub enum Finder {
    /// Matches of a pattern that no letter or digit touches, and none of the given marks directly before or after.
    Pattern {
        /// The pattern.
        pattern: &'static str,
        /// Marks that must not precede it.
        before: &'static str,
        /// Marks that must not follow it.
        after: &'static str,
    },
    /// The value after a label.
    Label {
        /// The labels, as lower-case words without accents. Any separator between words matches.
        labels: &'static [&'static str],
        /// Labels that are everyday words (`site`, `user`): without a mark they count only if they start a part of
        /// the text and the value ends it.
        ordinary: &'static [&'static str],
        /// Whether `:`, `=` or `#` is required between label and value.
        marked: bool,
        /// Words that give the label another meaning if they precede it.
        not_after: &'static [&'static str],
        /// How the value is written.
        value: Value,
    },
    /// A function, for identifiers that neither can describe.
    Code(fn(&Scan<'_>, &mut dyn FnMut(usize, usize))),
    /// A function that uses the formats of serial numbers.
    Serial(fn(&Scan<'_>, &Formats, &mut dyn FnMut(usize, usize))),
}

/// All rules, their patterns compiled when first needed.
pub struct Rules {
    table: &'static [Rule],
    /// Names of disabled finders.
    off: Vec<String>,
    patterns: Vec<OnceCell<Option<Regex>>>,
    words: OnceCell<Words>,
    guard: OnceCell<Guard>,
    grammars: Grammars,
    serials: Formats,
}

/// Which words lead to which rules: triggers, and the first words of labels with the labels themselves.
struct Words {
    /// Bits of the rules that a word triggers, and the number of words of the longest label that begins with it.
    first: ByHash<(u64, u8)>,
    /// Labels by the hash of their words, with the index of the rule and whether the label is an ordinary word.
    labels: ByHash<(u8, bool)>,
    /// Rules that need no trigger.
    always: u64,
    /// Rules by their bit, with the traits they need. Rules for labels are not among them: they are found by their words.
    tried: Vec<(Traits, u8)>,
    /// The set of hashes in `first`. It rules out most words without a lookup in the map.
    present: Bits<256>,
}

impl Rules {
    /// With rules other than [`RULES`](super::rules::RULES), for tests; at most 64 besides labels.
    #[must_use]
    pub fn of(table: &'static [Rule]) -> Self {
        Self {
            table,
            off: Vec::new(),
            patterns: table.iter().map(|_| OnceCell::new()).collect(),
            words: OnceCell::new(),
            guard: OnceCell::new(),
            grammars: Grammars::of(GRAMMARS),
            serials: Formats::of(shapes::SERIALS),
        }
    }
}

impl Rules {
    /// The same without some finders, by name (`known.hostname`, `mail`), for tests of the second pass.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.off.extend(names.iter().map(|name| String::from(*name)));
        self
    }

    /// Removes the marks of disabled finders.
    pub fn forget_what_is_off(&self, found: &mut Found) {
        if !self.off.is_empty() {
            found.retain(|rule| !self.off.iter().any(|off| off == rule));
        }
    }
}

impl Words {
    fn new(table: &[Rule]) -> Self {
        let mut words = Self {
            first: ByHash::default(),
            labels: ByHash::default(),
            always: 0,
            tried: Vec::new(),
            present: Bits::NONE,
        };
        for (index, rule) in table.iter().enumerate() {
            if let Finder::Label { labels, ordinary, .. } = rule.finder {
                for (at, label) in labels.iter().chain(ordinary).enumerate() {
                    let (first, key, count) = super::terms::key_of(label);
                    let most = &mut words.first.entry(first).or_default().1;
                    *most = (*most).max(count as u8);
                    words.labels.insert(key, (index as u8, at >= labels.len()));
                }
            } else {
                let bit = 1 << words.tried.len();
                words.tried.push((rule.needs, index as u8));
                if rule.triggers.is_empty() {
                    words.always |= bit;
                }
                for trigger in rule.triggers {
                    words.first.entry(hashing::hash(trigger)).or_default().0 |= bit;
                }
            }
        }
        for hash in words.first.keys() {
            words.present.add(*hash);
        }
        words
    }

    fn get(&self, hash: u64) -> Option<&(u64, u8)> {
        if self.present.may_have(hash) { self.first.get(&hash) } else { None }
    }
}

impl Rules {
    /// The guard, created when first needed.
    pub fn guard(&self) -> &Guard {
        self.guard.get_or_init(Guard::default)
    }

    /// Marks everything that the rules find.
    pub fn find(&self, text: &Scan<'_>, found: &mut Found) {
        self.find_with(|_| true, text, found);
    }

    /// Marks what the chosen rules find, for tests and documentation.
    pub fn find_with(&self, chosen: impl Fn(&Rule) -> bool, text: &Scan<'_>, found: &mut Found) {
        let words = self.words.get_or_init(|| Words::new(self.table));
        let mut tried = words.always;
        for (at, word) in text.words.iter().enumerate() {
            for hash in [word.hash, word.letters] {
                let Some((triggered, most)) = words.get(hash) else { continue };
                tried |= triggered;
                if *most > 0 && hash == word.hash {
                    let label = sequence(text, at)
                        .take(usize::from(*most))
                        .filter_map(|(key, last)| Some((*words.labels.get(&key)?, last)))
                        .last();
                    if let Some(((index, ordinary), last)) = label {
                        let rule = &self.table[usize::from(index)];
                        if chosen(rule) {
                            self.find_value(rule, ordinary, text, (at, last), found);
                        }
                    }
                }
            }
        }
        while tried != 0 {
            let (needs, index) = words.tried[tried.trailing_zeros() as usize];
            tried &= tried - 1;
            if !text.traits.include(needs) {
                continue;
            }
            let index = usize::from(index);
            let rule = &self.table[index];
            if chosen(rule) {
                match rule.finder {
                    Finder::Pattern { pattern, before, after } => {
                        if let Some(regex) = self.patterns[index].get_or_init(|| compile(pattern)) {
                            self.find_pattern(rule, regex, (before, after), text, found);
                        }
                    }
                    Finder::Code(code) => {
                        code(text, &mut |start, end| self.keep_or_mark(rule, text, start, end, found))
                    }
                    Finder::Serial(code) => {
                        code(text, &self.serials, &mut |start, end| self.keep_or_mark(rule, text, start, end, found));
                    }
                    Finder::Label { .. } => {}
                }
            }
        }
    }
}

impl Rules {
    /// Marks a match, unless there is a reason to keep it.
    fn keep_or_mark(&self, rule: &Rule, text: &Scan<'_>, start: usize, end: usize, found: &mut Found) {
        let original = text.folded.original;
        let (Some(before), Some(find)) = (original.get(..start), original.get(start..end)) else {
            return; // not on a character boundary
        };
        let keeps = |keep: &Keep| match keep {
            Keep::Release => self.grammars.is_match(find) || self.grammars.is_match(whole_word(original, start, end)),
            keep => keep.holds(before, find, &original[end..]),
        };
        if !replace::PLACEHOLDERS.contains(&find) && !rule.keeps.iter().any(keeps) {
            found.mark(start, end, rule.id, rule.kind);
        }
    }

    fn find_pattern(&self, rule: &Rule, regex: &Regex, borders: (&str, &str), text: &Scan<'_>, found: &mut Found) {
        let original = text.folded.original;
        let mut from = 0;
        while let Some(find) = regex.find_at(original.as_bytes(), from) {
            let (start, end) = (find.start(), find.end());
            from = if end > start { end } else { end + 1 };
            let (Some(before), Some(after)) = (original.get(..start), original.get(end..)) else { continue };
            if stands_alone(original, start, end)
                && !before.ends_with(|c| borders.0.contains(c))
                && !is_closed_by(after, borders.1)
            {
                self.keep_or_mark(rule, text, start, end, found);
            }
            if from > original.len() {
                break;
            }
        }
    }

    /// Marks the value after a label that consists of the words from `first` to `last`.
    fn find_value(
        &self,
        rule: &Rule,
        ordinary: bool,
        text: &Scan<'_>,
        (first, last): (usize, usize),
        found: &mut Found,
    ) {
        let Finder::Label { marked, not_after, value, .. } = rule.finder else { return };
        let before = first.checked_sub(1).map(|at| &text.words[at]);
        if before.is_some_and(|word| {
            not_after.iter().any(|other| hashing::hash(other) == word.hash) && text.words[first].start - word.end < 3
        }) {
            return;
        }
        let (_, end) = text.folded.origin(text.words[last].start as usize, text.words[last].end as usize);
        let original = text.folded.original;
        let rest = &original[end..];
        let skipped =
            rest.len() - rest.trim_start_matches([' ', '\t', '.', ':', '=', '#', '：', '\u{a0}', '°', 'º', '№']).len();
        let gap = &rest[..skipped];
        let mark = gap.contains([':', '=', '#', '：']);
        // `SN-04UT17440193`: a hyphen may join a long code to its label.
        let joined =
            rest.strip_prefix('-').is_some_and(|rest| matches!(value, Value::Token(_)) && begins_with_a_code(rest));
        let (gap, skipped) = if joined { ("-", 1) } else { (gap, skipped) };
        if gap.trim_end_matches([' ', '\t']).len() > 8
            || gap.len() > 40
            || (marked && !mark)
            || (gap.is_empty() && !rest.starts_with(['"', '<', '[', '(']))
        {
            return;
        }
        let (label, _) = text.folded.origin(text.words[first].start as usize, text.words[last].end as usize);
        if let Some((start, end)) = value::read(value, original, end + skipped)
            // `SN 2700` and `DC 48V` are models and voltages.
            && (mark || !matches!(rule.kind, IdentifierKind::Serial | IdentifierKind::Location) || !is_short_number(&original[start..end]))
            // `SN.11.82` and `UZ41.SN.248` are releases.
            && !(gap == "." && (original[start..end].contains('.') || original[..label].ends_with('.')))
            && (!ordinary || mark || is_set_apart(original, label, start, end))
        {
            self.keep_or_mark(rule, text, start, end, found);
        }
    }
}

/// Whether a value is a number of up to four digits, alone or with a unit.
fn is_short_number(value: &str) -> bool {
    let rest = value.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = value.len() - rest.len();
    (1..=4).contains(&digits)
        && (rest.is_empty() || (rest.starts_with(['V', 'A', 'W']) && !rest[1..].starts_with(|c| c != '/')))
}

/// Whether a text begins with a long word of capitals and mostly digits.
fn begins_with_a_code(text: &str) -> bool {
    let code = &text[..text.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count()];
    code.len() >= 8 && code.bytes().filter(u8::is_ascii_digit).count() * 2 >= code.len() - 2
}

/// Whether a label and its value are separated from the rest. A long code with digits needs that on one side only.
fn is_set_apart(text: &str, label: usize, start: usize, end: usize) -> bool {
    let (begins, ends) = (begins_a_part(&text[..label]), ends_a_part(&text[end..]));
    let value = &text[start..end];
    // `Site Monitor` is a product.
    if value.split([' ', ',', '-']).next().is_some_and(|first| guard::is_technical(&first.to_lowercase())) {
        return false;
    }
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // Codes of places begin with three letters of the town (`SIN3`).
    let place = value.len() == 4 && digits == 1 && value.ends_with(|c: char| c.is_ascii_digit());
    let code = !value.contains(' ') && digits > 0 && (value.len() >= 6 || place);
    if code { begins || ends } else { begins && ends }
}

/// Whether a part of a text begins after `before`: at the start, or after a separator, a bracket or a gap.
fn begins_a_part(before: &str) -> bool {
    let word = before.trim_end_matches([' ', '\t']);
    let glued = word.len() == before.len();
    word.is_empty()
        || before.ends_with("  ")
        || word.ends_with(|c: char| !(c.is_alphanumeric() || glued && matches!(c, '/' | '+' | '_' | '&' | '-' | '.')))
}

/// Whether a part of a text ends before `after`: at the end, before a separator or a bracket, or before a number that
/// is not a version.
fn ends_a_part(after: &str) -> bool {
    let word = after.trim_start_matches([' ', '\t']);
    let glued = word.len() == after.len();
    let number = word.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'/' | b'-' | b' '));
    word.is_empty()
        || word.starts_with(|c: char| !(c.is_alphanumeric() || glued && matches!(c, '/' | '_' | '&' | '-' | '.')))
        || number.filter(u8::is_ascii_digit).count() >= 6
}

/// The word that contains a match, up to a blank, a comma or a bracket on both sides.
fn whole_word(text: &str, start: usize, end: usize) -> &str {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '[' | ']' | '"');
    let from = text[..start].rfind(ends).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let to = text[end..].find(ends).map_or(text.len(), |at| end + at);
    text[from..to].trim_end_matches(['.', ':'])
}

/// Whether one of the marks follows, except at the end of a sentence or a line.
fn is_closed_by(after: &str, marks: &str) -> bool {
    after.starts_with(|c| marks.contains(c)) && !after.chars().nth(1).is_none_or(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::super::rules::RULES;
    use super::*;
    use crate::sanitise::apply;
    fn alone(rule: &Rule, text: &str) -> String {
        let rules = Rules::default();
        let mut found = Found::default();
        rules.find_with(|other| other.id == rule.id, &Scan::new(text), &mut found);
        apply(text, &found.united()).0
    }

    #[test]
    fn every_rule_compiles_and_does_what_its_examples_say() {
        let mut wrong = Vec::new();
        for rule in RULES {
            if let Finder::Pattern { pattern, .. } = rule.finder {
                assert!(compile(pattern).is_some(), "{} does not compile", rule.id);
            }
            assert!(!rule.matches.is_empty() && !rule.leaves.is_empty(), "{} has no examples", rule.id);
            let twice = rule.matches.iter().map(|(_, expected)| (*expected, *expected));
            let leaves = rule.leaves.iter().map(|text| (*text, *text));
            for (text, expected) in rule.matches.iter().copied().chain(twice).chain(leaves) {
                let result = alone(rule, text);
                if result != expected {
                    wrong.push(alloc::format!("{}: {text:?} became {result:?}, not {expected:?}", rule.id));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn a_match_next_to_a_forbidden_mark_is_ignored() {
        let rules = Rules::default();
        let mut tried = 0;
        for rule in RULES {
            let Finder::Pattern { before, after, .. } = rule.finder else { continue };
            let finds = |text: &str| {
                let mut found = Found::default();
                rules.find_with(|other| other.id == rule.id, &Scan::new(text), &mut found);
                found.united()
            };
            let (example, _) = rule.matches[0];
            let first = finds(example)[0];
            let find = &example[first.start..first.end];
            for (mark, text) in before
                .chars()
                .map(|mark| (mark, alloc::format!("{mark}{find}")))
                .chain(after.chars().map(|mark| (mark, alloc::format!("{find}{mark}x"))))
            {
                let whole = |span: &crate::sanitise::spans::Span| &text[span.start..span.end] == find;
                assert!(!finds(&text).iter().any(whole), "{}: {mark:?} in {text:?}", rule.id);
                tried += 1;
            }
        }
        assert!(tried > 40);
    }

    #[test]
    fn no_label_belongs_to_two_rules_and_there_are_enough_bits() {
        assert!(RULES.iter().filter(|rule| !matches!(rule.finder, Finder::Label { .. })).count() <= 64);
        let labels = RULES.iter().filter_map(|rule| match rule.finder {
            Finder::Label { labels, ordinary, .. } => Some(labels.iter().chain(ordinary)),
            _ => None,
        });
        let mut keys: Vec<_> = labels.flatten().map(|label| super::super::terms::key_of(label).1).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), all);
    }
}
