//! The terms of one device, searched for in its own texts: as words, and inside longer words.

use super::guard::{self, Guard};
use super::install_terms::{Entry, InstallTerms, Known, key_at, mark, stands_alone};
use super::scan::{Scan, Traits};
use super::spans::Found;
use super::vendor::{Evidence, Places};
use crate::kind::IdentifierKind;

/// A term of one device.
#[derive(Debug, Clone, Copy)]
pub struct OwnTerm {
    /// Hash of its first word.
    pub first: u64,
    /// Hash of all its words.
    pub key: u64,
    /// How many words it has.
    pub words: u8,
    /// What it is.
    pub known: Known,
}

/// The terms of one device.
#[derive(Clone, Copy)]
pub struct DeviceTerms<'k> {
    pub(super) install: &'k InstallTerms,
    pub(super) entry: &'k Entry,
    /// Whether people type the description on this system, because it is a setting.
    pub(super) typed: bool,
}

impl DeviceTerms<'_> {
    /// The same for texts that people do not type.
    #[must_use]
    pub const fn untyped(self) -> Self {
        Self { typed: false, ..self }
    }

    /// Whether a value is longer than the part that is searched for.
    #[must_use]
    pub const fn too_long(&self) -> bool {
        self.entry.too_long
    }

    /// Marks every occurrence of the terms.
    pub fn find(&self, text: &Scan<'_>, guard: &Guard, found: &mut Found) {
        let places = Places::new(text);
        for terms in &self.entry.terms {
            for term in self.install.own(terms).iter().filter(|term| text.may_have(term.first)) {
                let count = usize::from(term.words);
                for (at, _) in text.words.iter().enumerate().filter(|(_, word)| word.hash == term.first) {
                    if key_at(text, at, count) == Some(term.key) {
                        mark(text, &places, (at, at + count - 1), term.known, &|| self.evidence(term), found);
                    }
                }
            }
        }
        self.find_glued(text, guard, found);
        if self.typed {
            typed_words(text, self.install.kept(&self.entry.hardware), found);
        }
    }

    /// The evidence that a term is a model.
    fn evidence(&self, term: &OwnTerm) -> Evidence {
        let hardware = Scan::new(self.install.kept(&self.entry.hardware));
        let count = usize::from(term.words);
        let own = (0..hardware.words.len()).any(|at| key_at(&hardware, at, count) == Some(term.key));
        Evidence { others: self.install.is_a_model(term.key), own }
    }

    /// Marks the serial number next to letters or with separators in it, and addresses next to letters.
    fn find_glued(&self, text: &Scan<'_>, guard: &Guard, found: &mut Found) {
        let folded = text.folded.as_str();
        let serial = self.install.kept(&self.entry.squeezed);
        if serial.len() >= 5 && text.traits.include(Traits::DIGIT) && serial.bytes().any(|b| b.is_ascii_digit()) {
            let mut finds = squeezed_finds(folded, serial).peekable();
            if finds.peek().is_some() && guard.judge(self.install.kept(&self.entry.serial)).own {
                for (start, end) in finds {
                    let certain = serial.len() >= 8 || stands_alone(folded, start, end);
                    if certain || follows_a_serial_label(folded, start) {
                        let (start, end) = text.folded.origin(start, end);
                        found.mark(start, end, "known.serial", IdentifierKind::Serial);
                    }
                }
            }
        }
        for address in &self.entry.addresses {
            let address = self.install.kept(address);
            if address.is_empty() || !text.traits.include(Traits::DOTTED_NUMBERS) {
                continue;
            }
            let digit = |c: Option<&u8>| c.is_some_and(u8::is_ascii_digit);
            for start in finds(folded.as_bytes(), address.as_bytes()) {
                let end = start + address.len();
                if !digit(folded.as_bytes()[..start].last()) && !digit(folded.as_bytes().get(end)) {
                    let (start, end) = text.folded.origin(start, end);
                    found.mark(start, end, "known.ip", IdentifierKind::Ip);
                }
            }
        }
    }
}

/// Systems whose description is a setting, by their name in LibreNMS.
pub const TYPED: &[&str] = &["forti"];

/// Prefixes of product names on these systems, lower case.
const TYPED_PRODUCTS: &[&str] = &["forti", "fg", "fw", "fex", "fap", "rugged"];

/// Marks words in a typed description that are neither technical nor part of a model's name. Words of the device's
/// hardware field count as the model's.
fn typed_words(text: &Scan<'_>, hardware: &str, found: &mut Found) {
    let folded = text.folded.as_str();
    for word in text.words.iter() {
        let (start, end) = (word.start as usize, word.end as usize);
        let name = &folded[start..end];
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        if letters >= 3
            && name.chars().all(char::is_alphabetic)
            && !TYPED_PRODUCTS.iter().any(|product| name.starts_with(product))
            && !guard::is_technical(name)
            && (letters < 4 || !hardware.contains(name))
            && !hardware.split(|c: char| !c.is_alphabetic()).any(|word| word == name)
        {
            let (start, end) = text.folded.origin(start, end);
            found.mark(start, end, "description.typed", IdentifierKind::Customer);
        }
    }
}

/// All positions of `needle` in `text`, including overlapping ones. Cheaper than `str::find` for short texts: no set-up.
fn finds<'s>(text: &'s [u8], needle: &'s [u8]) -> impl Iterator<Item = usize> + 's {
    let first = needle.first();
    let starts = text.iter().enumerate().filter(move |(_, byte)| first == Some(*byte));
    starts.map(|(start, _)| start).filter(move |start| text[*start..].starts_with(needle))
}

/// Longest prefix of a serial number, in bytes, that is tried at every position of a text. Vendors' are shorter.
/// The rest of a longer one is compared only after a match, and the search continues after it, so the cost depends
/// on the length of the text and not of the serial number.
const MAX_SERIAL: usize = 64;

/// Occurrences in `folded` of the letters and digits of `needle`, with at most one other character between two of them. Of one
/// that is longer than [`MAX_SERIAL`], as much as is there.
fn squeezed_finds<'s>(folded: &'s str, needle: &'s str) -> impl Iterator<Item = (usize, usize)> + 's {
    let (text, needle, needed) = (folded.as_bytes(), needle.as_bytes(), needle.floor_char_boundary(MAX_SERIAL));
    let (first, mut from) = (needle.first(), 0);
    // The first byte of a character never occurs inside another, so a match begins with a character.
    text.iter().enumerate().filter(move |(_, byte)| first == Some(*byte)).filter_map(move |(start, _)| {
        if start < from {
            return None;
        }
        let (compared, length) = common(&text[start..], needle);
        if compared < needed {
            return None;
        }
        if needed < needle.len() {
            from = start + length;
        }
        Some((start, start + length))
    })
}

/// How many bytes of a serial number are at the beginning of a text, and how many bytes of the text they span.
fn common(text: &[u8], serial: &[u8]) -> (usize, usize) {
    let mut at = 0;
    for (compared, byte) in serial.iter().enumerate() {
        let end = at;
        if text.get(at) != Some(byte) {
            at += 1;
            if text.get(at) != Some(byte) || text[at - 1].is_ascii_alphanumeric() || !text[at - 1].is_ascii() {
                return (compared, end);
            }
        }
        at += 1;
    }
    (serial.len(), at)
}

fn follows_a_serial_label(folded: &str, start: usize) -> bool {
    ["sn", "s/n", "serial", "no", "nr"].iter().any(|label| folded[..start].ends_with(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;

    #[test]
    fn serial_numbers_are_found_with_separators_between_any_characters() {
        let finds = |text, serial| squeezed_finds(text, serial).collect::<Vec<_>>();
        assert_eq!(finds("x foc-1234.x0 foc1234x0", "foc1234x0"), [(2, 13), (14, 23)]);
        assert_eq!(finds("121212 12", "1212"), [(0, 4), (2, 6), (4, 9)]);
        assert_eq!(finds("foc--1234", "foc1234"), []);
        assert_eq!(finds("", "1"), []);
    }

    #[test]
    fn of_a_long_serial_number_the_beginning_is_searched_and_the_search_continues_after_it() {
        let (text, serial) = ("4711".repeat(1_000), "4711".repeat(8_000));
        assert_eq!(squeezed_finds(&text, &serial).collect::<Vec<_>>(), [(0, text.len())]);
        let two = alloc::format!("{}x{}", &serial[..MAX_SERIAL], &serial[..MAX_SERIAL + 1]);
        assert_eq!(squeezed_finds(&two, &serial).collect::<Vec<_>>(), [(0, 64), (65, 130)]);
        assert_eq!(squeezed_finds(&serial[..MAX_SERIAL - 1], &serial).count(), 0);
        // Byte 64 is inside a character.
        let beyond: String = "7ж".repeat(40);
        assert_eq!(squeezed_finds(&beyond, &beyond).collect::<Vec<_>>(), [(0, beyond.len())]);
    }
}
