//! What one device is known by, searched in that device's own texts: as words, and glued to others.

use super::guard::{self, Guard};
use super::kind::IdentifierKind;
use super::known::{Known, mark, sequence, squeezed, stands_alone};
use super::scan::{Scan, Traits};
use super::spans::Found;

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

/// What one device is known by.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceTerms<'k> {
    /// Its terms: its own, its contact's and its location's.
    pub terms: [&'k [OwnTerm]; 3],
    /// Its serial.
    pub serial: &'k str,
    /// Its IPv4 addresses; empty where it has fewer.
    pub addresses: [&'k str; 2],
    /// Whether its system's description is a setting, so that people type it.
    pub typed: bool,
}

impl DeviceTerms<'_> {
    /// Marks every place where one of the terms stands.
    pub fn find(&self, text: &Scan<'_>, guard: &Guard, found: &mut Found) {
        for term in self.terms.into_iter().flatten().filter(|term| text.may_have(term.first)) {
            let last = usize::from(term.words) - 1;
            for (at, _) in text.words.iter().enumerate().filter(|(_, word)| word.hash == term.first) {
                if sequence(text, at).nth(last).is_some_and(|(key, _)| key == term.key) {
                    mark(text, at, at + last, term.known, found);
                }
            }
        }
        self.find_glued(text, guard, found);
        if self.typed {
            typed_words(text, found);
        }
    }

    /// The serial where letters touch it or separators stand in it, the addresses where letters touch them.
    fn find_glued(&self, text: &Scan<'_>, guard: &Guard, found: &mut Found) {
        let folded = text.folded.as_str();
        let serial = squeezed(self.serial);
        if serial.len() >= 5 && text.traits.include(Traits::DIGIT) && serial.bytes().any(|b| b.is_ascii_digit()) {
            for (start, end) in squeezed_finds(folded, &serial) {
                let certain = serial.len() >= 8 || stands_alone(folded, start, end);
                if (certain || follows_a_serial_label(folded, start)) && guard.judge(self.serial).own {
                    let (start, end) = text.folded.origin(start, end);
                    found.mark(start, end, "known.serial", IdentifierKind::Serial);
                }
            }
        }
        for address in self.addresses {
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

/// Systems whose description is a setting, by what LibreNMS calls them.
pub const TYPED: &[&str] = &["forti"];

/// Marks words that are neither technical nor a model's name in a description that somebody typed.
fn typed_words(text: &Scan<'_>, found: &mut Found) {
    let folded = text.folded.as_str();
    for word in text.words.iter() {
        let (start, end) = (word.start as usize, word.end as usize);
        let name = &folded[start..end];
        let letters = name.chars().filter(|c| c.is_alphabetic()).count();
        let vendors = ["forti", "fg", "fw", "fex", "fap"].iter().any(|vendor| name.starts_with(vendor));
        if letters >= 3 && !vendors && name.chars().all(char::is_alphabetic) && !guard::is_technical(name) {
            let (start, end) = text.folded.origin(start, end);
            found.mark(start, end, "description.typed", IdentifierKind::Customer);
        }
    }
}

/// Where `needle` stands in `text`, overlapping ones too. Cheaper than `str::find` where texts are short: nothing is set up.
fn finds<'s>(text: &'s [u8], needle: &'s [u8]) -> impl Iterator<Item = usize> + 's {
    let first = needle.first();
    let starts = text.iter().enumerate().filter(move |(_, byte)| first == Some(*byte));
    starts.map(|(start, _)| start).filter(move |start| text[*start..].starts_with(needle))
}

/// Where the letters and digits of `needle` stand in `folded`, with at most one other character between two of them.
fn squeezed_finds<'s>(folded: &'s str, needle: &'s str) -> impl Iterator<Item = (usize, usize)> + 's {
    let (text, first) = (folded.as_bytes(), needle.bytes().next());
    // The byte that a character begins with is no other's second, so a find begins with a character.
    text.iter().enumerate().filter(move |(_, byte)| first == Some(**byte)).filter_map(move |(start, _)| {
        let mut at = start;
        for byte in needle.bytes() {
            if text.get(at) != Some(&byte) {
                at += 1;
                if text.get(at) != Some(&byte) || text[at - 1].is_ascii_alphanumeric() || !text[at - 1].is_ascii() {
                    return None;
                }
            }
            at += 1;
        }
        Some((start, at))
    })
}

fn follows_a_serial_label(folded: &str, start: usize) -> bool {
    ["sn", "s/n", "serial", "no", "nr"].iter().any(|label| folded[..start].ends_with(label))
}
