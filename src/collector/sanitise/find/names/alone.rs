//! Names that are set apart or alone: in brackets, before a prompt, as the whole description.

use super::roles::{PURPOSES, is_numbered_role, is_role, is_site_and_role, looks_like_a_host};
use super::{is_number, numbered_words, parts};
use crate::sanitise::find::uname;
use crate::sanitise::guard;
use crate::sanitise::scan::{Scan, Word};

/// Marks a hostname that is set apart: in brackets or quotes, before a prompt character, or first before a colon.
pub fn set_apart(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for (start, word) in numbered_words(text) {
        if word.bytes().any(|b| b.is_ascii_uppercase()) {
            continue;
        }
        let end = start + word.len();
        let (before, after) = (&original[..start], &original[end..]);
        let opened = before.ends_with(['(', '[', '{', '<', '"', '\'', '«', '“', '`']);
        let closed = after.starts_with([')', ']', '}', '>', '"', '\'', '»', '”', '`']);
        let prompt = before.trim_matches([' ', '"', '\'']).is_empty()
            && (after.starts_with(['#', '>', ':', '"'])
                || after.starts_with(" :: ")
                || after.starts_with(" - ")
                || after.starts_with(" | "));
        let last = after.trim().is_empty()
            && (before.ends_with(" - ")
                || before.ends_with(" | ")
                || before.ends_with(" / ")
                || before.ends_with("@ "));
        let free = before
            .chars()
            .next_back()
            .is_some_and(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/' | '+' | '\\'));
        let at_the_end = after.trim().trim_matches(['"', '\'', '`']).is_empty()
            && free
            && word.len() >= 4
            && word.ends_with(two_digits(word));
        if ((opened && closed) || prompt || last || at_the_end) && is_host_set_apart(word) {
            mark(start, end);
        }
    }
}

/// The last two digits of a word, or a blank, which no word ends with.
fn two_digits(word: &str) -> &str {
    word.get(word.len().saturating_sub(2)..).filter(|end| end.bytes().all(|b| b.is_ascii_digit())).unwrap_or(" ")
}

/// Whether a lower-case word is a hostname in a position where names occur: a role and a number, or several parts of
/// a name.
fn is_host_set_apart(word: &str) -> bool {
    (3..=63).contains(&word.len()) && (looks_like_a_host(word) || is_numbered_role(word) || is_site_and_role(word))
}

/// Marks a description that is only a name: one lower-case word that is not technical, or words in capitals with a
/// site or purpose between them (`KARVIK_VPN_NORR`).
pub fn alone(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    // A name has few words, and here the description is only a name: a blank after the first word rules out most.
    let original = text.folded.original;
    let blank = |word: &Word| original.as_bytes().get(word.end as usize) == Some(&b' ');
    if text.words.len() > 10 || (text.words.len() > 1 && blank(&text.words[0])) {
        return;
    }
    let word = original.trim();
    if word.len() < 3 || word.len() > 63 || !word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    {
        return;
    }
    let capitals = word.bytes().any(|b| b.is_ascii_uppercase());
    if capitals && word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return;
    }
    let start = original.len() - original.trim_start().len();
    let folded = word.to_ascii_lowercase();
    let parts = || parts(&folded);
    let lower = !capitals && word.starts_with(|c: char| c.is_ascii_lowercase());
    if lower {
        let known = parts().all(|part| {
            guard::is_technical(part)
                || is_number(part)
                || is_compound(part)
                || uname::names_nobody(part)
                || uname::is_system(part)
        });
        if !known && !is_short_model(&folded) {
            mark(start, start + word.len());
        }
    } else if parts().count() >= 3 || word.contains('_') {
        let purpose = parts().any(|part| PURPOSES.contains(part) || is_numbered_role(part));
        let name = parts().any(|part| {
            part.len() >= 4
                && part.bytes().all(|b| b.is_ascii_alphabetic())
                && !guard::is_technical(part)
                && !is_compound(part)
        });
        if purpose && name {
            mark(start, start + word.len());
        }
    }
    if !lower && (looks_like_a_host_in_capitals(&folded) || is_role_from_zero(&folded)) {
        mark(start, start + word.len());
    }
}

/// A few letters and a number that is not a counter (`bcm963`).
fn is_short_model(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_lowercase).count();
    let number = &word[letters..];
    letters <= 4
        && !is_role(&word[..letters])
        && number.len() >= 3
        && !number.starts_with('0')
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// A role and a number that begins with 0 (`PRN0417`).
fn is_role_from_zero(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_lowercase).count();
    letters >= 2 && is_role(&word[..letters]) && word[letters..].starts_with('0') && is_number(&word[letters..])
}

/// Whether a word that is the whole description is a hostname, in any case: three or more parts, each of letters with
/// at most a short number, one of them a role and one a name. Models have long numbers.
fn looks_like_a_host_in_capitals(word: &str) -> bool {
    let parts = || parts(word);
    let simple = parts().all(|part| {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let role = parts().any(|part| PURPOSES.contains(part.trim_end_matches(|c: char| c.is_ascii_digit())));
    let name = parts()
        .any(|part| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_alphabetic()) && !guard::is_technical(part));
    simple && role && name && parts().count() >= 3
}

/// Prefixes of default Windows computer names, and the number of characters after each.
const COMPUTERS: &[(&str, usize)] =
    &[("DESKTOP-", 7), ("LAPTOP-", 8), ("WIN-", 11), ("EC2AMAZ-", 7), ("MININT-", 7), ("idrac-", 7)];

/// Marks default Windows computer names: `DESKTOP-7KQ2MVB`.
pub fn computer(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for (prefix, length) in COMPUTERS {
        for (start, _) in original.match_indices(prefix) {
            let tail = original[start + prefix.len()..]
                .bytes()
                .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                .count();
            let end = start + prefix.len() + tail;
            let apart = !original[..start].ends_with(char::is_alphanumeric)
                && !original[end..].starts_with(char::is_alphanumeric);
            if tail == *length && apart {
                mark(start, end);
            }
        }
    }
}

/// Two technical words in one (`apcpdu`).
fn is_compound(word: &str) -> bool {
    (2..word.len().saturating_sub(1))
        .any(|index| guard::is_technical(&word[..index]) && guard::is_technical(&word[index..]))
}
