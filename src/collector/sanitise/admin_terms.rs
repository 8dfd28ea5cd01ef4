//! The admin's own words and patterns. They are removed everywhere, even if they are technical words: the admin knows
//! best.
//!
//! A word matches in upper or lower case, with or without accents, with any separators between its parts (`Harbour Street` in
//! `harbour-street`, `HARBOUR.STREET`, `HarbourStreet`), and next to digits (`Acme` in `acme2`, `5ACME`). Next to
//! letters it matches if capitals separate it (`AcmeGmbH`, `myAcme`), and at the start of a longer word if its last
//! part has at least [`MIN_PREFIX`] letters (`Contoso` in `contosonet`). It does not match inside or at the end of a
//! longer word in one case: `Art` must not match `start`. Letters that touch a match are removed with it.

use super::IdentifierKind;
use super::fold::fold_into;
use super::hashing;
use super::replace::TERM;
use super::scan::{Scan, is_word_of_its_own};
use super::spans::Found;
use super::word_list::Bits;
use crate::text::clean;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{Ast, Flag, Flags, GroupKind};

/// Fewest letters that a word needs to match at the start of a longer one.
pub const MIN_PREFIX: usize = 5;

/// Largest compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Deepest nesting of a pattern.
const MAX_NESTING: u32 = 50;

/// Why a pattern is rejected. The pattern is never quoted, because it may contain what it should remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternRefused;

/// The admin's own words and patterns.
#[derive(Default)]
pub struct AdminTerms {
    /// Folded words, with a blank wherever a separator may be. Each follows the hash of its first two letters or digits,
    /// by which they are sorted.
    words: Vec<(u64, String)>,
    /// The set of these hashes, if any. It rules out most positions of a text.
    beginnings: Option<Box<Bits<64>>>,
    /// Folded terms without letters and digits. They match literally.
    marks: Vec<String>,
    patterns: Vec<Regex>,
}

/// Classes of characters in words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Mark,
    Letter,
    Digit,
    /// A character of a script that is written without blanks: it is a word by itself.
    Alone,
}

fn class(c: char) -> Class {
    match c {
        _ if is_word_of_its_own(c) => Class::Alone,
        _ if c.is_numeric() => Class::Digit,
        _ if c.is_alphanumeric() => Class::Letter,
        _ => Class::Mark,
    }
}

/// Whether two characters belong to the same run of letters or digits.
fn joined(one: char, other: char) -> bool {
    class(one) == class(other) && matches!(class(one), Class::Letter | Class::Digit)
}

/// A hash of the first two letters or digits.
fn beginning(text: &str) -> u64 {
    let mut chars = text.chars().filter(|c| c.is_alphanumeric()).map(u64::from);
    hashing::join(chars.next().unwrap_or_default(), chars.next().unwrap_or_default())
}

impl AdminTerms {
    /// Adds a term of one or more words.
    pub fn add_word(&mut self, word: &str) {
        let mut folded = String::new();
        fold_into(&clean(word), &mut folded);
        let mut parts = String::new();
        let mut before = None;
        for c in folded.chars() {
            if class(c) == Class::Mark {
                before = Some(' ').filter(|_| !parts.is_empty());
                continue;
            }
            if before.is_some_and(|before| class(before) != class(c)) {
                parts.push(' ');
            }
            parts.push(c);
            before = Some(c);
        }
        if !parts.is_empty() {
            let beginning = beginning(&parts);
            self.beginnings.get_or_insert_default().add(beginning);
            let at = self.words_from(beginning);
            self.words.insert(at, (beginning, parts));
        } else if !folded.trim().is_empty() {
            self.marks.push(folded.trim().into());
        }
    }

    /// Index of the first word with this hash or a larger one.
    fn words_from(&self, beginning: u64) -> usize {
        self.words.partition_point(|(key, _)| *key < beginning)
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// If it does not compile, compiles to more than a megabyte, or enables Unicode mode. The module has no Unicode
    /// tables. A native build may have them, because any other crate can enable them, and would then accept patterns
    /// that the module rejects.
    pub fn add_pattern(&mut self, pattern: &str) -> Result<(), PatternRefused> {
        let ast = ParserBuilder::new().nest_limit(MAX_NESTING).build().parse(pattern).map_err(|_| PatternRefused)?;
        if switches_unicode_on(&ast) {
            return Err(PatternRefused);
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.unicode(false).size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).nest_limit(MAX_NESTING);
        self.patterns.push(builder.build().map_err(|_| PatternRefused)?);
        Ok(())
    }

    /// Marks every occurrence of a word or a pattern.
    pub fn find(&self, text: &Scan<'_>, found: &mut Found) {
        for pattern in &self.patterns {
            find_pattern(pattern, text.folded.original, found);
        }
        let folded = text.folded.as_str();
        for mark in &self.marks {
            for (start, _) in folded.match_indices(mark.as_str()) {
                mark_term(text, start, start + mark.len(), found);
            }
        }
        let Some(beginnings) = &self.beginnings else { return };
        let mut before = None;
        for (start, c) in folded.char_indices() {
            if class(c) != Class::Mark && before.is_none_or(|before| !joined(before, c) || is_set_apart(text, start)) {
                // A word of one letter has only that in its hash.
                for beginning in [beginning(&folded[start..]), hashing::join(u64::from(c), 0)] {
                    if beginnings.may_have(beginning) {
                        let words = self.words[self.words_from(beginning)..].iter();
                        for (_, word) in words.take_while(|(key, _)| *key == beginning) {
                            if let Some((from, to)) = stands_at(text, start, word) {
                                mark_term(text, from, to, found);
                            }
                        }
                    }
                }
            }
            before = Some(c);
        }
    }
}

/// Marks a term, unless it is already a replacement.
fn mark_term(text: &Scan<'_>, start: usize, end: usize, found: &mut Found) {
    if text.folded.as_str()[start..end] != *TERM {
        let (start, end) = text.folded.origin(start, end);
        found.mark(start, end, "admin.term", IdentifierKind::Term);
    }
}

/// Length of the characters of one class at the start of a text.
#[inline(never)]
fn run(text: &str, of: Class) -> usize {
    text.len() - text.trim_start_matches(|c| class(c) == of).len()
}

/// The span of the word that begins at `start`, with the letters that touch it.
fn stands_at(text: &Scan<'_>, start: usize, word: &str) -> Option<(usize, usize)> {
    let folded = text.folded.as_str();
    let (mut end, mut last) = (start, 0);
    for (at, byte) in word.bytes().enumerate() {
        if byte == b' ' {
            end += run(&folded[end..], Class::Mark);
            last = at + 1;
        } else if folded.as_bytes().get(end) == Some(&byte) {
            end += 1;
        } else {
            return None;
        }
    }
    let last = &word[last..];
    let of = last.chars().next().map_or(Class::Mark, class);
    let touching = if of == Class::Alone { 0 } else { run(&folded[end..], of) };
    let counts = of == Class::Letter && (last.chars().count() >= MIN_PREFIX || is_set_apart(text, end));
    if touching > 0 && !counts {
        return None;
    }
    let before = if class(word.chars().next()?) == Class::Letter {
        folded[..start].trim_end_matches(|c| class(c) == Class::Letter).len()
    } else {
        start
    };
    Some((before, end + touching))
}

/// Whether capitals separate the character at `at` of the folded text from the one before: `acmeNet`, `ACMENet`.
fn is_set_apart(text: &Scan<'_>, at: usize) -> bool {
    let (at, _) = text.folded.origin(at, at);
    let (before, after) = text.folded.original.split_at(at);
    let mut after = after.chars();
    let (Some(before), Some(capital)) = (before.chars().next_back(), after.next()) else { return false };
    capital.is_uppercase()
        && (before.is_lowercase() || (before.is_uppercase() && after.next().is_some_and(char::is_lowercase)))
}

/// Marks matches of a pattern; adjacent matches become one. Matches within a replacement stay.
fn find_pattern(pattern: &Regex, original: &str, found: &mut Found) {
    let mut mark = |(start, end): (usize, usize)| {
        let replaced = (start.saturating_sub(TERM.len() - 1)..=start)
            .any(|from| end <= from + TERM.len() && original.as_bytes()[from..].starts_with(TERM.as_bytes()));
        if !replaced {
            found.mark(start, end, "admin.pattern", IdentifierKind::Term);
        }
    };
    let mut last: Option<(usize, usize)> = None;
    for find in pattern.find_iter(original.as_bytes()).filter(|find| !find.is_empty()) {
        // A match may end inside a character: extend it to the whole character.
        let (start, end) = (original.floor_char_boundary(find.start()), original.ceil_char_boundary(find.end()));
        match &mut last {
            Some((_, last_end)) if start <= *last_end => *last_end = end,
            _ => last.replace((start, end)).into_iter().for_each(&mut mark),
        }
    }
    last.into_iter().for_each(mark);
}

/// Whether a pattern enables Unicode mode anywhere.
fn switches_unicode_on(ast: &Ast) -> bool {
    let on = |flags: &Flags| flags.flag_state(Flag::Unicode) == Some(true);
    match ast {
        Ast::Flags(set) => on(&set.flags),
        Ast::Repetition(repetition) => switches_unicode_on(&repetition.ast),
        Ast::Group(group) => {
            matches!(&group.kind, GroupKind::NonCapturing(flags) if on(flags)) || switches_unicode_on(&group.ast)
        }
        Ast::Alternation(alternation) => alternation.asts.iter().any(switches_unicode_on),
        Ast::Concat(concat) => concat.asts.iter().any(switches_unicode_on),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(words: &[&str], text: &str) -> Vec<String> {
        let mut admin = AdminTerms::default();
        words.iter().for_each(|word| admin.add_word(word));
        let mut found = Found::default();
        admin.find(&Scan::new(text), &mut found);
        found.united().iter().map(|span| text[span.start..span.end].into()).collect()
    }

    #[test]
    fn words_match_with_any_separator_and_in_any_case() {
        for text in [
            "harbour-street",
            "Harbour  Street",
            "Harbour.Street",
            "HARBOUR-STREET",
            "Harbour\nStreet",
            "harbour_street",
            "HarbourStreet",
            "Härbour – Street",
            "ＨＡＲＢＯＵＲ street",
        ] {
            assert_eq!(found(&["Harbour Street"], &alloc::format!("x {text}, y")), [text], "{text}");
            assert_eq!(found(&["harbour-street"], &alloc::format!("x{}{text}-DC", 7)), [text], "{text}");
        }
        assert_eq!(found(&["Harbour Street"], "Harbour 5 Street, Street Harbour"), [""; 0]);
    }

    #[test]
    fn words_match_beside_digits_and_digits_of_a_word_belong_to_it() {
        assert_eq!(found(&["Acme"], "acme2 ACME5 5acme 5Acme5 acme"), ["acme", "ACME", "acme", "Acme", "acme"]);
        assert_eq!(found(&["Acme 47"], "acme47 ACME-47 acme_470 1acme 47"), ["acme47", "ACME-47", "acme 47"]);
        assert_eq!(found(&["47"], "x47y 147 47-1"), ["47", "47"]);
    }

    #[test]
    fn short_words_match_beside_letters_only_if_capitals_separate_them() {
        assert_eq!(found(&["Acme"], "AcmeGmbH-core myAcme ACMENet"), ["AcmeGmbH", "myAcme", "ACMENet"]);
        assert_eq!(found(&["Acme", "Art"], "acmenet start Artist party placme"), [""; 0]);
        assert_eq!(found(&["Contoso"], "contosonet CONTOSOS mycontoso"), ["contosonet", "CONTOSOS"]);
    }

    #[test]
    fn words_of_any_script_and_marks_are_found() {
        assert_eq!(found(&["東京"], "交換機東京支店"), ["東京"]);
        assert_eq!(found(&["Хельсинки"], "коммутатор ХЕЛЬСИНКИ-2"), ["ХЕЛЬСИНКИ"]);
        assert_eq!(found(&["***"], "a *** b"), ["***"]);
        assert_eq!(found(&["", " ", "Ø"], "x ø1"), ["ø"]);
    }

    #[test]
    fn replacements_never_match_the_admins_words() {
        assert_eq!(found(&["removed", "remov", "move"], "removed, REMOVED-2 removed5"), [""; 0]);
    }

    fn matched(pattern: &str, text: &str) -> Vec<String> {
        let mut admin = AdminTerms::default();
        admin.add_pattern(pattern).unwrap();
        let mut found = Found::default();
        admin.find(&Scan::new(text), &mut found);
        found.united().iter().map(|span| text[span.start..span.end].into()).collect()
    }

    #[test]
    fn adjacent_matches_become_one_and_replacements_stay() {
        assert_eq!(matched(".", "abc\ndé"), ["abc", "dé"]);
        assert_eq!(matched("[a-z]", "x1 removed y"), ["x", "y"]);
        assert_eq!(matched("move|e", "removed be"), ["e"]);
        assert_eq!(matched("x*", "ab xx"), ["xx"]);
        assert_eq!(matched(r"\xc3", "Ä"), ["Ä"]);
    }

    #[test]
    fn a_pattern_that_enables_unicode_is_rejected_in_any_build() {
        // The first three compile only with Unicode tables, the others always.
        for pattern in [
            r"(?u)\w+",
            "(?iu)acme",
            r"(?u)\bacme\b",
            "(?u)acme",
            "a(?u:b)",
            "(x(?u)y)+",
            "(?x) ( # a comment\n ?u) acme",
            "a|(?-i:(?su)b)",
        ] {
            assert_eq!(AdminTerms::default().add_pattern(pattern), Err(PatternRefused), "{pattern}");
        }
        for pattern in [r"\w+", "(?i)acme", "(?-u)acme", r"\(?u\)", "[(?u)]", "https?u", "(?i-u:a)", "(?P<u>a)"] {
            assert_eq!(AdminTerms::default().add_pattern(pattern), Ok(()), "{pattern}");
        }
        for pattern in ["(unclosed", "(a{500}){500}", r"\p{Greek}"] {
            assert_eq!(AdminTerms::default().add_pattern(pattern), Err(PatternRefused), "{pattern}");
        }
    }
}
