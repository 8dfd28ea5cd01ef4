//! Hostnames, places and people, recognised by their words.

mod alone;
mod domains;
mod people;
mod places;
mod roles;

pub use alone::{alone, computer, set_apart};
pub use domains::{is_private_domain, is_public_domain, with_domain};
pub use people::{owner, password, vlan_customer};
pub use places::{place_alone, street, words_alone};
pub use roles::{ROLES, in_capitals, looks_like_a_host, with_role, with_role_in_capitals};

use crate::sanitise::scan::{Scan, Word};

/// The parts of a name, between hyphens and underscores.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_']).filter(|part| !part.is_empty())
}

const fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte >= 0x80
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a character belongs to a name.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

const fn is_ascii_in_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(*byte, b'-' | b'_')
}

/// Start of the word that ends at `index` or contains it. Text is nearly always ASCII.
fn in_name_before(text: &str, index: usize) -> usize {
    let start = index - text.as_bytes()[..index].iter().rev().take_while(|b| is_ascii_in_word(b)).count();
    if text[..start].ends_with(|c: char| !c.is_ascii()) { text[..start].trim_end_matches(in_word).len() } else { start }
}

/// End of the word that starts at `index` or contains it. Text is nearly always ASCII.
fn in_name_after(text: &str, index: usize) -> usize {
    let end = index + text.as_bytes()[index..].iter().take_while(|b| is_ascii_in_word(b)).count();
    let beyond = text[end..].starts_with(|c: char| !c.is_ascii());
    if beyond { text.len() - text[end..].trim_start_matches(in_word).len() } else { end }
}

/// Words of letters, digits, hyphens and underscores, with their positions, if one of their parts is letters followed
/// by a number.
pub fn numbered_words<'s>(text: &'s Scan<'_>) -> impl Iterator<Item = (usize, &'s str)> + 's {
    words_around(text, |word, _| word.letters != 0)
}

/// The same, if one of their parts is chosen.
pub fn words_around<'s>(
    text: &'s Scan<'_>,
    chosen: fn(&Word, &[u8]) -> bool,
) -> impl Iterator<Item = (usize, &'s str)> + 's {
    let original = text.folded.original;
    let mut last_end = 0;
    let folded = text.folded.as_str().as_bytes();
    text.words.iter().filter(move |word| chosen(word, folded)).filter_map(move |word| {
        let (from, to) = text.folded.origin(word.start as usize, word.end as usize);
        if from < last_end {
            return None;
        }
        let (start, end) = (in_name_before(original, from), in_name_after(original, to));
        last_end = end;
        // A word next to a dot is part of something longer.
        let dotted = original[..start].ends_with('.')
            || original[end..].strip_prefix('.').is_some_and(|after| after.starts_with(in_word));
        let word = original[start..end].trim_end_matches(['-', '_']);
        let bare = word.trim_start_matches(['-', '_']);
        (!dotted && !bare.is_empty()).then(|| (start + word.len() - bare.len(), bare))
    })
}
