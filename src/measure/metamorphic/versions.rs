//! A clean description with other versions, builds, models and dates: it must stay unchanged, too.

use super::dates;
use super::dice::Dice;
use super::grammar::Compiled;
use crate::rows::Row;
use std::collections::BTreeMap;

/// What other descriptions are built from.
#[derive(Debug)]
pub struct Workshop<'r> {
    grammars: Vec<Compiled>,
    /// Models by operating system and first word (the manufacturer).
    models: BTreeMap<(&'r str, &'r str), Vec<&'r str>>,
}

/// Marks that separate tokens, besides blanks.
const BETWEEN: &[char] = &[',', ';', '|', '(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '='];

/// Names of processors and similar words: their digits are not a version.
const NO_VERSIONS: &[&str] = &[
    "x86_64", "x86-64", "x86", "amd64", "i386", "i486", "i586", "i686", "armv", "arm64", "aarch64", "mips64", "mips32",
    "ppc64", "sparc64", "sun4", "ia64", "intel64", "0x", "ipv4", "ipv6", "utf-8", "802.",
];

impl<'r> Workshop<'r> {
    /// Takes the models from clean rows.
    #[must_use]
    pub fn new(rows: &'r [Row]) -> Self {
        let mut models: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.is_clean()) {
            let own = models.entry(maker(row)).or_default();
            let tokens = row.text.split(|c: char| c.is_whitespace() || BETWEEN.contains(&c));
            for token in tokens.map(|token| token.trim_end_matches(['.', ':'])).filter(|token| is_model(token)) {
                if !own.contains(&token) {
                    own.push(token);
                }
            }
        }
        Self { grammars: Compiled::all(), models }
    }

    /// The row's description with other versions, models and dates; `None` if it has none.
    #[must_use]
    pub fn another(&self, row: &Row, dice: &mut Dice) -> Option<String> {
        let mut result = String::with_capacity(row.text.len() + 8);
        let words: Vec<&str> = row.text.split_inclusive(char::is_whitespace).collect();
        for (at, word) in words.iter().enumerate() {
            let beside = |other: Option<&&str>| other.map_or("", |word| word.trim()).to_owned();
            let around = Around {
                before: beside(at.checked_sub(1).and_then(|at| words.get(at))),
                after: beside(words.get(at + 1)),
                models: self.models.get(&maker(row)).map_or(&[], Vec::as_slice),
            };
            let token = word.trim_end_matches(char::is_whitespace);
            result.push_str(&self.token(token, &around, dice));
            result.push_str(&word[token.len()..]);
        }
        (result != row.text).then_some(result)
    }

    fn token(&self, token: &str, around: &Around<'_>, dice: &mut Dice) -> String {
        if token.is_empty() || !token.is_ascii() || is_path(token) {
            return token.to_owned();
        }
        if let Some(grammar) = self.grammars.iter().find(|grammar| grammar.matches(token)) {
            // A processor's name is not a version.
            if NO_VERSIONS.iter().any(|name| token.eq_ignore_ascii_case(name)) {
                return token.to_owned();
            }
            // The next release looks much like the last one, but may be anything.
            let near = other_digits(token, &around.before, dice);
            let any = grammar.another(dice).filter(|_| !grammar.matches(&near) || dice.percent(50));
            return any.unwrap_or(near);
        }
        if let Some(other) = dates::time(token, dice).or_else(|| dates::date(token, dice)) {
            return other;
        }
        // First the marks around a token, then those inside: `(V1.2),` and `FW:1.2/3`.
        let start = token.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(0);
        let end = token.rfind(|c: char| c.is_ascii_alphanumeric() || c == ')').map_or(token.len(), |at| at + 1);
        if (start > 0 || end < token.len()) && start < end {
            return token[..start].to_owned() + &self.token(&token[start..end], around, dice) + &token[end..];
        }
        // A time that marks touch: `2016_11:26:12`.
        if let Some((start, end)) = clock(token)
            && let Some(other) = dates::time(&token[start..end], dice)
        {
            return self.token(&token[..start], around, dice) + &other + &self.token(&token[end..], around, dice);
        }
        for marks in [BETWEEN, &[':'], &['/']] {
            if let Some(at) = token.find(marks) {
                let (left, right) = (&token[..at], &token[at + 1..]);
                let left_around = Around { after: String::new(), ..around.clone() };
                let right_around = Around { before: left.to_owned(), ..around.clone() };
                return self.token(left, &left_around, dice)
                    + &token[at..=at]
                    + &self.token(right, &right_around, dice);
            }
        }
        leaf(token, around, dice)
    }
}

/// The first run of digits and colons that has a colon inside, and touches no letter.
fn clock(token: &str) -> Option<(usize, usize)> {
    let bytes = token.as_bytes();
    let in_run = |b: &u8| b.is_ascii_digit() || *b == b':';
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|b| in_run(b)).count();
        let run = &token[at..at + length];
        let apart = !token[..at].ends_with(|c: char| c.is_ascii_alphabetic())
            && !token[at + length..].starts_with(|c: char| c.is_ascii_alphabetic());
        if run.contains(':') && !run.starts_with(':') && !run.ends_with(':') && apart {
            return Some((at, at + length));
        }
        at += length + 1;
    }
    None
}

/// The neighbours of a token.
#[derive(Clone)]
struct Around<'m> {
    before: String,
    after: String,
    models: &'m [&'m str],
}

fn maker(row: &Row) -> (&str, &str) {
    (&row.os, row.text.split_whitespace().next().unwrap_or_default())
}

fn is_path(token: &str) -> bool {
    let token = token.trim_start_matches(['(', '[', '<', '"']);
    token.starts_with(['/', '\\'])
        || token.contains("//")
        || token.contains('@')
        || token.starts_with("www.")
        || token.starts_with("1.3.6.")
}

/// Whether a token is a model by its look: capitals with digits, and nothing that a version has.
fn is_model(token: &str) -> bool {
    let count = |class: fn(&u8) -> bool| token.bytes().filter(class).count();
    (4..=20).contains(&token.len())
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+'))
        && token.starts_with(|c: char| c.is_ascii_uppercase())
        && !token[1..].starts_with(|c: char| c.is_ascii_digit())
        && count(u8::is_ascii_uppercase) >= 2
        && count(u8::is_ascii_digit) >= 2
        && !NO_VERSIONS.iter().any(|other| token.to_ascii_lowercase().contains(other))
}

/// A token with no mark inside that separates.
fn leaf(token: &str, around: &Around<'_>, dice: &mut Dice) -> String {
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let is_month = |word: &str| {
        let word = word.trim_matches(',').rsplit('_').next().unwrap_or_default();
        dates::month(word, &mut Dice::of("", 0)).is_some()
    };
    if let Some(month) = dates::month(token, dice).filter(|_| is_number(&around.before) || is_number(&around.after)) {
        return month;
    }
    if let Some(day) = dates::weekday(token, dice).filter(|_| is_number(&around.after) || is_month(&around.after)) {
        return day;
    }
    let digits = token.bytes().all(|b| b.is_ascii_digit());
    if digits && token.len() <= 2 && (is_month(&around.before) || is_month(&around.after)) {
        return dates::part(token, dice);
    }
    // Only zeros: something was removed here.
    if token.bytes().filter(u8::is_ascii_digit).all(|b| b == b'0') {
        return token.to_owned();
    }
    if is_model(token) && dice.percent(33) {
        let others: Vec<&str> = around.models.iter().copied().filter(|model| *model != token).collect();
        if !others.is_empty() {
            return dice.pick(&others).to_owned();
        }
    }
    other_digits(token, &around.before, dice)
}

/// Words before a number that show that it is a version.
const VERSION_WORDS: &[&str] =
    &["version", "ver", "v", "release", "rel", "rev", "revision", "build", "firmware", "fw", "software", "sw"];

/// Other digits in every number of a token. A number gets a digit more or less only where nothing else could be meant:
/// four numbers with longer parts look like an address, unless a word says that they are a version.
fn other_digits(token: &str, before: &str, dice: &mut Dice) -> String {
    let lower = token.to_ascii_lowercase();
    let said = before.trim_end_matches([':', '.', '=']).to_ascii_lowercase();
    let said = VERSION_WORDS.contains(&said.as_str());
    let dotted = token.trim_start_matches(['v', 'V']).bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let parts = token.split('.').count();
    let free = dotted && parts > 1 && (parts != 4 || said);
    let digits_from = token.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (mut result, mut at) = (String::with_capacity(token.len()), 0);
    while at < token.len() {
        if let Some(word) = NO_VERSIONS.iter().find(|word| lower[at..].starts_with(**word)) {
            let digits = token[at + word.len()..].bytes().take_while(u8::is_ascii_alphanumeric).count();
            result.push_str(&token[at..at + word.len() + digits]);
            at += word.len() + digits;
            continue;
        }
        let run = token[at..].bytes().take_while(u8::is_ascii_digit).count();
        if run == 0 {
            result.push_str(&token[at..=at]);
            at += 1;
            continue;
        }
        let original = &token[at..at + run];
        let other = match original {
            _ if dates::is_year(original) => dates::year(dice),
            // Four numbers without a word for versions: the first number of a version is small.
            _ if parts == 4 && !said && run == 2 && at == digits_from => dice.within(11, 29).to_string(),
            _ if run >= 6 => dates::date(original, dice).unwrap_or_else(|| number(original, run, dice)),
            _ if free && run < 5 => match dice.below(8) {
                0 => number(original, run + 1, dice),
                1 if run > 1 => number(original, run - 1, dice),
                _ => number(original, run, dice),
            },
            _ => number(original, run, dice),
        };
        result.push_str(&other);
        at += run;
    }
    result
}

/// A number with this many digits, with leading zeros if the original has them.
fn number(original: &str, length: usize, dice: &mut Dice) -> String {
    let zeros = (original.len() - original.trim_start_matches('0').len()).min(length.saturating_sub(1));
    "0".repeat(zeros) + &dice.digits(length - zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others(text: &str) -> Vec<String> {
        let row = |text: &str| Row { os: "acme".to_owned(), text: text.to_owned(), ..Row::default() };
        let rows = [row(text), row("ACME GX4310-48T up")];
        let workshop = Workshop::new(&rows);
        (0..60).filter_map(|nth| workshop.another(&rows[0], &mut Dice::of(text, nth))).collect()
    }

    #[test]
    fn versions_models_and_dates_change_and_words_stay() {
        let others =
            others("ACME GS2200-24 Version 4.1.16 (Build 3071), V200R021C00SPC100, Mon Mar  8 09:12:44 CET 2004");
        assert_eq!(others.len(), 60);
        for other in &others {
            assert!(other.starts_with("ACME ") && other.contains(" Version ") && other.contains(" (Build "), "{other}");
            assert!(other.contains(" CET ") && !other.contains("09:12:44 CET 2004"), "{other}");
            assert!(!other.contains("GS2200-24") && !other.contains("V200R021C00SPC100"), "{other}");
        }
        assert!(others.iter().any(|other| other.contains("GX4310-48T")), "no model was swapped");
        assert!(others.iter().any(|other| !other.contains("4.1.16")));
    }

    #[test]
    fn processors_paths_and_removed_parts_stay() {
        assert!(others("Linux hostname x86_64 0.0.0.0 /usr/src/1.2 www.acme4.com SN: 0000000").is_empty());
        for other in others("ACME 6.1.0-43-amd64") {
            assert!(other.ends_with("-amd64"), "{other}");
        }
    }

    #[test]
    fn four_numbers_grow_only_after_a_word_for_versions() {
        let longest = |text: &str| others(text).iter().map(String::len).max().unwrap_or_default();
        assert_eq!(longest("ACME 6.1.0.6"), "ACME 6.1.0.6".len());
        assert!(longest("ACME Version 6.1.0.6") > "ACME Version 6.1.0.6".len());
        assert!(longest("ACME 6.1.6") > "ACME 6.1.6".len());
    }
}
