//! Places by their words: descriptions that are only a place, and streets.

use crate::sanitise::guard;
use crate::sanitise::scan::Scan;

/// Marks the last part of a description, after a model and a comma, if it is only three or more capitalised words,
/// none of them technical: the name of a place or a customer. Without the model it may be a product.
pub fn words_alone(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    if original.as_bytes().last().is_none_or(|b| !(b.is_ascii_lowercase() || *b >= 0x80)) {
        return;
    }
    let Some(comma) = original.bytes().rposition(|b| b == b',') else { return };
    let (before, last) = (&original[..comma], &original[comma + 1..]);
    let name = last.trim();
    if !is_words_with_capitals(name) {
        return;
    }
    let model = before
        .split(' ')
        .next_back()
        .is_some_and(|word| word.bytes().any(|b| b.is_ascii_digit()) && !word.contains('.'));
    if model {
        let start = original.len() - last.trim_start().len();
        mark(start, start + name.len());
    }
}

/// Whether a text is three to six capitalised words, possibly with joining words, none of them technical.
fn is_words_with_capitals(text: &str) -> bool {
    const JOINING: &[&str] = &[
        "al", "am", "an", "da", "das", "de", "del", "der", "des", "di", "do", "dos", "du", "el", "la", "las", "le",
        "les", "los", "van", "von", "y",
    ];
    let mut count = 0;
    for word in text.split(' ') {
        let capital = word.starts_with(char::is_uppercase)
            && word.chars().skip(1).all(char::is_lowercase)
            && word.chars().count() >= 3;
        if capital && !guard::is_technical(&word.to_lowercase()) {
            count += 1;
        } else if !JOINING.contains(&word) {
            return false;
        }
    }
    (3..=6).contains(&count)
}

/// Words for devices, which may be named after a place but are not one.
const DEVICES: &[&str] = &[
    "ap",
    "camera",
    "controller",
    "device",
    "firewall",
    "gateway",
    "monitor",
    "nas",
    "panel",
    "phone",
    "printer",
    "reader",
    "router",
    "sensor",
    "switch",
    "unit",
    "ups",
];

/// Marks a description that is only a place: two to five words, one of them a name.
pub fn place_alone(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let place = original.trim();
    let words = place.split(' ').count();
    let plain = place.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | ','));
    let named = place.split([' ', '-', ',']).any(|word| {
        word.len() >= 3
            && word.starts_with(char::is_uppercase)
            && !guard::is_technical(&word.to_lowercase())
            && word.chars().skip(1).all(char::is_alphabetic)
    });
    let model = place.split(' ').any(|word| word.len() > 3 && word.bytes().any(|b| b.is_ascii_digit()));
    let device = place.split(' ').any(|word| DEVICES.contains(&word.to_ascii_lowercase().as_str()));
    if (2..=5).contains(&words) && !device && plain && named && !model && place.len() <= 60 {
        let start = original.len() - original.trim_start().len();
        mark(start, start + place.len());
    }
}

/// Endings of street names, folded.
const STREETS: &[&str] = &["allee", "gasse", "gatan", "gatu", "laan", "straat", "strasse", "vegen"];

/// Marks a one-word street with its number, and the town after a comma.
pub fn street(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let folded = text.folded.as_str();
    for pair in text.words.windows(2) {
        let (name, number) = (pair[0], pair[1]);
        let length = number.end - number.start;
        if !number.number || length > 4 || number.start != name.end + 1 || name.end - name.start < 7 {
            continue;
        }
        let word = &folded[name.start as usize..name.end as usize];
        if !STREETS.iter().any(|street| word.ends_with(street)) {
            continue;
        }
        let (start, end) = text.folded.origin(name.start as usize, number.end as usize);
        if !original[end..].starts_with('.') {
            mark(start, end + town(&original[end..]));
        }
    }
}

/// Length of the town, with its postal code, after a comma.
fn town(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix(", ") else { return 0 };
    let code = after.bytes().take_while(u8::is_ascii_digit).count();
    let name = if (4..=6).contains(&code) { after[code..].trim_start_matches(' ') } else { after };
    let length = name.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(name.len());
    if name.starts_with(char::is_uppercase) { rest.len() - name.len() + length } else { 0 }
}
