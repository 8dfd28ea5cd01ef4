//! Scans a text once and collects what the finders need: hashed words and traits.

use super::fold::{self, Folded};
use super::hashing::hash_of;
use super::word_list::Bits;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A run of letters and digits of the folded text. Characters of scripts written without blanks (Chinese, Japanese,
/// Korean) are words of their own.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
    /// Hash of the word.
    pub hash: u64,
    /// Hash of the letters at its beginning, if digits follow them.
    pub letters: u64,
    /// Whether it is only digits.
    pub number: bool,
}

/// What occurs in a text, as bits, so that rules are tried only if they can match.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traits(u32);

impl Traits {
    /// A digit.
    pub const DIGIT: Self = Self(1);
    /// `@`.
    pub const AT: Self = Self(1 << 1);
    /// `:`.
    pub const COLON: Self = Self(1 << 2);
    /// `.`.
    pub const DOT: Self = Self(1 << 3);
    /// `-`.
    pub const HYPHEN: Self = Self(1 << 4);
    /// `/`.
    pub const SLASH: Self = Self(1 << 5);
    /// `\`.
    pub const BACKSLASH: Self = Self(1 << 6);
    /// A non-ASCII character.
    pub const NON_ASCII: Self = Self(1 << 7);
    /// A word of seven letters and digits or more, with a digit.
    pub const LONG: Self = Self(1 << 8);
    /// A word of four digits or more.
    pub const NUMBER: Self = Self(1 << 9);
    /// A word of letters with a digit at its end.
    pub const NUMBERED: Self = Self(1 << 10);
    /// `'` or `’`.
    pub const APOSTROPHE: Self = Self(1 << 11);
    /// `+`.
    pub const PLUS: Self = Self(1 << 12);
    /// A bracket or a quotation mark.
    pub const BRACKET: Self = Self(1 << 13);
    /// Four numbers of at most three digits, joined by dots.
    pub const QUAD: Self = Self(1 << 14);
    /// A dot directly before a letter.
    pub const DOTTED: Self = Self(1 << 15);
    /// Six hexadecimal words of two characters or three of four, joined by single marks.
    pub const HEX: Self = Self(1 << 16);
    /// Four digits or more after a dot.
    pub const FRACTION: Self = Self(1 << 17);
    /// A short number that begins with 0, then another, grouped as telephone numbers are.
    pub const ZERO: Self = Self(1 << 18);
    /// Two hexadecimal words with `::` between or beside them, or eight with `:`.
    pub const COLONS: Self = Self(1 << 19);
    /// Three words of four characters, joined by hyphens.
    pub const GROUPS: Self = Self(1 << 20);
    /// A word of eight and one of four characters, joined by a hyphen.
    pub const UUID: Self = Self(1 << 21);
    /// A short number in brackets.
    pub const AREA: Self = Self(1 << 22);
    /// Two numbers joined by a dot.
    pub const DOTTED_NUMBERS: Self = Self(1 << 24);
    /// Six digits or more after `#`.
    pub const HASH: Self = Self(1 << 23);
    /// A word that ends with `0` and a digit, after a letter, or that consists of these after a hyphen.
    pub const ZERO_TAIL: Self = Self(1 << 25);
    /// A word with a digit whose last six characters are hexadecimal.
    pub const HEX_TAIL: Self = Self(1 << 26);
    /// Two words that may be equal.
    pub const REPEATS: Self = Self(1 << 27);
    /// Three hexadecimal words of two characters, joined by colons, that are not a time of day.
    pub const HEX_PART: Self = Self(1 << 28);
    /// A word of only digits, nine or more.
    pub const LONG_NUMBER: Self = Self(1 << 29);
    /// No traits.
    pub const NONE: Self = Self(0);

    /// The union of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `needed` are set.
    #[must_use]
    pub const fn include(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    fn of_mark(byte: u8) -> Self {
        match byte {
            b'@' => Self::AT,
            b':' => Self::COLON,
            b'.' => Self::DOT,
            b'-' => Self::HYPHEN,
            b'/' => Self::SLASH,
            b'\\' => Self::BACKSLASH,
            b'\'' => Self::APOSTROPHE,
            b'+' => Self::PLUS,
            b'(' | b'[' | b'<' | b'"' | b'{' => Self::BRACKET,
            _ => Self::NONE,
        }
    }
}

/// The scan of a text.
pub struct Scan<'t> {
    /// The folded text.
    pub folded: Folded<'t>,
    /// Its words, from left to right.
    pub words: Cow<'t, [Word]>,
    /// Its traits.
    pub traits: Traits,
    /// A set of the words' hashes.
    present: Bits<4>,
}

/// A scan without its text, for a cache.
pub struct Kept {
    folded: fold::Kept,
    words: Box<[Word]>,
    traits: Traits,
    present: Bits<4>,
}

impl Kept {
    /// The same as [`Scan::new`] for `text`, which must be the text that was scanned.
    #[must_use]
    pub fn of<'t>(&'t self, text: &'t str) -> Scan<'t> {
        Scan {
            folded: self.folded.of(text),
            words: Cow::Borrowed(&self.words),
            traits: self.traits,
            present: self.present,
        }
    }
}

impl<'t> Scan<'t> {
    /// Scans a text.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let folded = Folded::new(text);
        let mut words = Vec::with_capacity(16 + text.len() / 8);
        let mut traits = Traits::NONE;
        let mut present = Bits::NONE;
        let mut repeats = false;
        for_each_word(folded.as_str(), &mut traits, |word| {
            repeats |= word.end - word.start >= 2 && present.may_have(word.hash);
            present.add(word.hash);
            words.push(word);
        });
        if repeats {
            traits = traits.and(Traits::REPEATS);
        }
        traits = traits.and(of_neighbours(&words, folded.as_str().as_bytes()));
        if !text.is_ascii() {
            traits = traits.and(Traits::NON_ASCII);
        }
        Self { folded, words: Cow::Owned(words), traits, present }
    }

    /// Whether a word with this hash may be in the text. Rules out most words that are not.
    #[must_use]
    pub const fn may_have(&self, hash: u64) -> bool {
        self.present.may_have(hash)
    }

    /// The scan without its text.
    #[must_use]
    pub fn keep(self) -> Kept {
        // Drop spare capacity: each page of memory costs time when it is first touched.
        let words = self.words.into_owned().into_boxed_slice();
        Kept { folded: self.folded.keep(), words, traits: self.traits, present: self.present }
    }
}

/// Traits that depend on how words are joined.
fn of_neighbours(words: &[Word], text: &[u8]) -> Traits {
    let mut traits = Traits::NONE;
    let mut add = |trait_: Traits, there: bool| {
        if there {
            traits = traits.and(trait_);
        }
    };
    // How many words in a row are similar so far: numbers joined by dots, hexadecimal words of one length, words of four.
    let (mut quad, mut hex, mut fours, mut colons) = (0, 0, 0, 0);
    // How many of the hexadecimal words are joined by colons, and whether they cannot be a time of day.
    let (mut parts, mut no_time) = (0, false);
    let mut before = &Word { start: u32::MAX, end: 0, hash: 0, letters: 0, number: false };
    for word in words {
        let (start, length) = (word.start as usize, word.end - word.start);
        let mark = if start > 0 { text[start - 1] } else { b' ' };
        // Most words are letters between blanks and have none of these traits.
        if mark == b' ' && !word.number && text.get(word.end as usize) != Some(&b':') {
            (quad, hex, colons, fours, parts) = (0, 0, 0, 0, 0);
            before = word;
            continue;
        }
        let (joined, before_length) = (before.end + 1 == word.start, before.end.wrapping_sub(before.start));
        let dotted = mark == b'.';
        add(Traits::FRACTION, dotted && length >= 4 && text[start].is_ascii_digit());
        quad = if dotted && joined && word.number && length <= 3 { quad + 1 } else { 0 };
        add(Traits::QUAD, quad >= 3);
        add(Traits::DOTTED_NUMBERS, quad >= 1);
        if word.number {
            add(Traits::HASH, mark == b'#' && length >= 6);
            add(Traits::AREA, mark == b'(' && (2..=4).contains(&length) && text.get(word.end as usize) == Some(&b')'));
            // Groups of telephone numbers: `030/123456`, `0049 30 12 34`, `08 416 717 92`, `555-0125`.
            let zero = before.number && joined && text[before.start as usize] == b'0';
            let grouped = (mark == b'/' && length >= 5)
                || (before_length == 4 && matches!(mark, b' ' | b'-'))
                || (mark == b' ' && length == 3);
            add(Traits::ZERO, zero && before_length <= 5 && grouped);
            add(Traits::ZERO, before.number && joined && mark == b'-' && (before_length, length) == (3, 4));
        } else {
            add(Traits::DOTTED, dotted);
        }
        if length <= 4 && matches!(mark, b':' | b'-' | b'.') && (joined || mark == b':') && is_hex(text, word) {
            let alike = matches!(length, 2 | 4) && length == before_length && joined;
            if alike && mark == b':' {
                // Hours are at most 24, minutes and seconds at most 60.
                let hour = &text[before.start as usize..before.end as usize];
                no_time = (if parts > 0 { no_time } else { !before.number || hour >= b"24" })
                    || !word.number
                    || text[start] >= b'6';
                parts += 1;
                add(Traits::HEX_PART, parts >= 2 && length == 2 && no_time);
            } else {
                parts = 0;
            }
            hex = if alike { hex + 1 } else { 0 };
            add(Traits::HEX, hex >= if length == 4 { 2 } else { 5 });
            colons = if mark == b':' && joined { colons + 1 } else { 0 };
            add(Traits::COLONS, colons >= 7 || (start > 1 && mark == b':' && text[start - 2] == b':'));
        } else {
            (hex, colons, parts) = (0, 0, 0);
            add(Traits::COLONS, length <= 4 && text[word.end as usize..].starts_with(b"::") && is_hex(text, word));
        }
        fours = if mark == b'-' && joined && length == 4 && before_length == 4 { fours + 1 } else { 0 };
        add(Traits::GROUPS, fours >= 2);
        // `0030de-42f1a7`
        add(Traits::HEX, mark == b'-' && joined && (before_length, length) == (6, 6));
        add(Traits::UUID, mark == b'-' && joined && (before_length, length) == (8, 4));
        before = word;
    }
    traits
}

fn is_hex(text: &[u8], word: &Word) -> bool {
    text[word.start as usize..word.end as usize].iter().all(u8::is_ascii_hexdigit)
}

/// The class of a byte: a letter, a digit, part of a non-ASCII character, or a mark.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Mark,
    Letter,
    Digit,
    Beyond,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Mark; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => Class::Digit,
            b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            0x80.. => Class::Beyond,
            _ => Class::Mark,
        };
        byte += 1;
    }
    classes
};

/// Calls `each` with every word of a folded text.
pub fn for_each_word(folded: &str, traits: &mut Traits, mut each: impl FnMut(Word)) {
    let bytes = folded.as_bytes();
    let mut index = 0;
    let mut seen = *traits;
    while let Some(byte) = bytes.get(index) {
        match CLASSES[usize::from(*byte)] {
            Class::Letter | Class::Digit => {}
            Class::Mark => {
                seen = seen.and(Traits::of_mark(*byte));
                index += 1;
                continue;
            }
            Class::Beyond => {
                let c = folded[index..].chars().next().unwrap_or(' ');
                let end = index + c.len_utf8();
                if is_word_of_its_own(c) {
                    let hash = hash_of(&bytes[index..end]);
                    each(Word { start: index as u32, end: end as u32, hash, letters: 0, number: false });
                } else if matches!(c, '\u{2018}' | '\u{2019}') {
                    seen = seen.and(Traits::APOSTROPHE);
                }
                if is_word_of_its_own(c) || !c.is_alphanumeric() {
                    index = end;
                    continue;
                }
            }
        }
        index = word(folded, index, &mut seen, &mut each);
    }
    *traits = seen;
}

/// Reads the word that begins at `start`. Returns its end.
#[inline]
fn word(folded: &str, start: usize, traits: &mut Traits, each: &mut impl FnMut(Word)) -> usize {
    let bytes = folded.as_bytes();
    // The position of the first digit after letters, if any.
    let (mut index, mut first_digit, mut digits) = (start, 0, 0_u32);
    while let Some(byte) = bytes.get(index) {
        match CLASSES[usize::from(*byte)] {
            Class::Letter => index += 1,
            Class::Digit => {
                if digits == 0 {
                    first_digit = index;
                }
                digits += 1;
                index += 1;
            }
            Class::Mark => break,
            Class::Beyond => {
                let c = folded[index..].chars().next().unwrap_or(' ');
                if !c.is_alphanumeric() || is_word_of_its_own(c) {
                    break;
                }
                index += c.len_utf8();
            }
        }
    }
    let mut letters = 0;
    if digits > 0 {
        if first_digit > start {
            letters = hash_of(&bytes[start..first_digit]);
        }
        let word = &bytes[start..index];
        let mut seen = traits.and(Traits::DIGIT);
        let mut add = |trait_: Traits, there: bool| {
            if there {
                seen = seen.and(trait_);
            }
        };
        add(Traits::LONG, word.len() >= 7);
        add(Traits::NUMBER, digits >= 4);
        add(Traits::LONG_NUMBER, digits >= 9 && digits as usize == word.len());
        if letters != 0 {
            add(Traits::NUMBERED, word[word.len() - 1].is_ascii_digit());
            add(Traits::ZERO_TAIL, matches!(word, [.., b'a'..=b'z', b'0', b'0'..=b'9']));
        } else if word.len() <= 2 && start > 0 && matches!(bytes[start - 1], b'-' | b'_') {
            add(Traits::ZERO_TAIL, matches!(word, [b'0', b'0'..=b'9']));
        }
        add(Traits::HEX_TAIL, word.len() >= 6 && word[word.len() - 6..].iter().all(u8::is_ascii_hexdigit));
        *traits = seen;
    }
    let (hash, number) = (hash_of(&bytes[start..index]), digits as usize == index - start);
    each(Word { start: start as u32, end: index as u32, hash, letters, number });
    index
}

/// Hash of a folded text's first word. The text must begin with a word.
#[must_use]
pub fn first_hash(folded: &str) -> u64 {
    let mut hash = 0;
    if let Some(c) = folded.chars().next().filter(|c| is_word_of_its_own(*c)) {
        return hash_of(&folded.as_bytes()[..c.len_utf8()]);
    }
    word(folded, 0, &mut Traits::default(), &mut |word| hash = word.hash);
    hash
}

/// Whether a character is written without blanks around its words: Chinese, Japanese, Korean.
#[must_use]
pub const fn is_word_of_its_own(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{2fff}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::super::hashing::hash;
    use super::*;
    use alloc::string::String;

    fn words(text: &str) -> Vec<String> {
        let scan = Scan::new(text);
        scan.words.iter().map(|w| scan.folded.as_str()[w.start as usize..w.end as usize].into()).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_and_single_characters_of_scripts_without_blanks() {
        assert_eq!(
            words("SW-Core1.Łódź 東京支店x 스위치"),
            ["sw", "core1", "lodz", "東", "京", "支", "店", "x", "스", "위", "치"]
        );
        assert_eq!(words(" ...  "), [""; 0]);
    }

    #[test]
    fn hashes_do_not_depend_on_the_surrounding_text() {
        let scan = Scan::new("AS64512 / as");
        assert_eq!(scan.words[0].hash, hash("as64512"));
        assert_eq!(first_hash("as64512 / as"), hash("as64512"));
        assert_eq!(first_hash("東京支店"), hash("東"));
        assert_eq!(scan.words[0].letters, hash("as"));
        assert_eq!((scan.words[1].hash, scan.words[1].letters), (hash("as"), 0));
    }

    #[test]
    fn traits_describe_what_occurs() {
        let scan = Scan::new("a@b.c 1234 (x)");
        let all =
            Traits::AT.and(Traits::DOT).and(Traits::NUMBER).and(Traits::DIGIT).and(Traits::BRACKET).and(Traits::DOTTED);
        assert_eq!(scan.traits, all);
        assert!(Scan::new("ip 10.1.20.3").traits.include(Traits::QUAD));
        assert!(!Scan::new("v10.1.20 3").traits.include(Traits::QUAD));
        assert!(Scan::new("a 0f:1e:33:00:00:00 b").traits.include(Traits::HEX.and(Traits::HEX_PART)));
        assert!(Scan::new("0f1e.3300.0000").traits.include(Traits::HEX));
        for part in ["a 0f:1e:33", "10:1e:33", "10:10:bb", "99:10:10", "24:00:00", "10:60:10", "10-24:00:00"] {
            assert!(Scan::new(part).traits.include(Traits::HEX_PART), "{part}");
            assert!(!Scan::new(part).traits.include(Traits::HEX), "{part}");
        }
        assert!(!Scan::new("up 12:34:56").traits.include(Traits::HEX_PART));
        assert!(Scan::new("fe80::1").traits.include(Traits::COLONS));
        assert!(Scan::new("::1").traits.include(Traits::COLONS));
        assert!(!Scan::new("12:34:56").traits.include(Traits::COLONS));
        assert!(Scan::new("54.1234").traits.include(Traits::FRACTION));
    }
}
