//! Identifiers in a fixed position of a vendor's description: the first field, the last field, the field after a model.

use crate::sanitise::find::names;
use crate::sanitise::guard;
use crate::sanitise::hashing::hash;
use crate::sanitise::scan::{Scan, Traits, Word};

/// Whether a word is a code: capitals and digits, at least `least` of them, with three digits or more.
fn is_code(text: &str, least: usize) -> bool {
    text.len() >= least
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// Marks serial numbers in the field where their vendors put them.
pub fn serial(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    behind_firmware(original, mark);
    if text.traits.include(Traits::PLUS) {
        before_plus(original, mark);
    }
    behind_product(text, mark);
    behind_name(original, mark);
}

/// `…, HW: 5, FW: V3.2.6, S C-D8F317204915`: the last field, after the firmware.
fn behind_firmware(original: &str, mark: &mut dyn FnMut(usize, usize)) {
    let original = original.trim_ascii_end();
    if !original.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return;
    }
    let tail = original.len().saturating_sub(24);
    let Some(comma) = original.as_bytes()[tail..].iter().rposition(|b| *b == b',') else { return };
    let (rest, last) = original.split_at(tail + comma);
    let field = last[1..].trim_start();
    // A letter and a blank or a hyphen may precede the number.
    let code = field.strip_prefix("S ").unwrap_or(field);
    let code = code.split_once('-').filter(|(letters, _)| letters.len() <= 2).map_or(code, |(_, code)| code);
    if !(7..=16).contains(&code.len())
        || !code.bytes().all(|b| b.is_ascii_alphanumeric())
        || !code.starts_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
        || !code.bytes().any(|b| b.is_ascii_alphabetic())
        || code.bytes().filter(u8::is_ascii_digit).count() < 2
    {
        return;
    }
    let firmware = rest.rsplit(',').next().unwrap_or_default().trim_start();
    let labelled = ["FW:", "FW ", "Firmware", "SW:", "V"].iter().any(|label| firmware.starts_with(label));
    if labelled && firmware.len() < rest.len() && firmware.bytes().any(|b| b.is_ascii_digit()) {
        mark(original.len() - field.len(), original.len());
    }
}

/// `…,A3112DD20917,5CG7381K9R + engineering`: descriptions by LLDP agents of computers; the field before the plus.
fn before_plus(original: &str, mark: &mut dyn FnMut(usize, usize)) {
    for (index, _) in original.match_indices(" + ") {
        let field = original[..index].rsplit(',').next().unwrap_or_default();
        if field.len() < index && is_code(field, 7) {
            mark(index - field.len(), index);
        }
    }
}

/// `ACME UDS 2148307 V5.7.0.2`: seven digits or more between a product's name and its version.
fn behind_product(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    const V: u64 = hash("v");
    let original = text.folded.original;
    for index in (2..text.words.len()).filter(|index| text.words[*index].letters == V && text.words[index - 1].number) {
        let origin = |word: &Word| text.folded.origin(word.start as usize, word.end as usize);
        let last = text.words[index - 1];
        let (from, to) = origin(&last);
        // Two groups with a hyphen.
        let first = text.words[index - 2];
        let two = first.number && first.end - first.start >= 3 && original[..from].ends_with('-') && index > 2;
        let (first, name) = if two { (first, text.words[index - 3]) } else { (last, first) };
        if name.number || name.letters != 0 {
            continue;
        }
        let digits = last.end - last.start + if two { first.end - first.start } else { 0 };
        let start = origin(&first).0;
        let version = original[to..].strip_prefix(' ').unwrap_or_default();
        let dots = version.bytes().take_while(|b| !b.is_ascii_whitespace()).filter(|b| *b == b'.').count();
        let name = &text.folded.as_str()[name.start as usize..name.end as usize];
        if (7..=9).contains(&digits)
            && dots >= 2
            && version.starts_with(['V', 'v'])
            && original[..start].ends_with(' ')
            && name.len() >= 2
            && !guard::is_technical(name)
        {
            mark(start, to);
        }
    }
}

/// `NS-BSD NG1KXA2C0H00123 i386`: systems that print the machine's number where others print the host name.
fn behind_name(original: &str, mark: &mut dyn FnMut(usize, usize)) {
    if let Some(rest) = original.strip_prefix("NS-BSD ") {
        let code = rest.split(' ').next().unwrap_or_default();
        if is_code(code, 8) {
            let start = original.len() - rest.len();
            mark(start, start + code.len());
        }
    }
}

/// Marks hostnames in the field where their vendors put them.
pub fn hostname(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let before = |word: &Word| text.folded.origin(word.start as usize, word.end as usize).0;
    // `edge07, BR-VDX6740T, Network Operating System Software Version 7.1.0.`
    const NOS: [u64; 3] = [hash("network"), hash("operating"), hash("system")];
    if let Some(index) = text
        .words
        .windows(3)
        .position(|words| words[0].hash == NOS[0] && words[1].hash == NOS[1] && words[2].hash == NOS[2])
        && let Some((first, _)) = original[..before(&text.words[index])].split_once(',')
    {
        if !first.contains(' ') && !first.starts_with("BR-") {
            mark(0, first.len());
        }
        in_brackets(first, mark);
    }
    // `Summit24 - Petra - Version 4.1.16 (Build 3)`, `Summit48(Petra) - Version 4.1.19 (Build 2)`
    const VERSION: u64 = hash("version");
    let version = text.words.iter().find(|word| word.hash == VERSION);
    if let Some(banner) = version.and_then(|version| original[..before(version)].strip_suffix(" - ")) {
        match banner.split_once(" - ") {
            Some((product, name)) if !product.contains(' ') && is_name(name) => {
                mark(banner.len() - name.len(), banner.len())
            }
            None if !banner.contains(' ') => in_brackets(banner, mark),
            _ => {}
        }
    }
}

/// Marks the text in the last brackets of a field, if the field ends with them.
fn in_brackets(field: &str, mark: &mut dyn FnMut(usize, usize)) {
    if let Some((before, name)) = field.strip_suffix(')').and_then(|field| field.rsplit_once('('))
        && is_name(name)
    {
        mark(before.len() + 1, before.len() + 1 + name.len());
    }
}

/// Whether words may be a name: there are few, and not all are technical.
fn is_name(words: &str) -> bool {
    (1..=64).contains(&words.len())
        && !words.contains(" - ")
        && !words.split([' ', '-']).all(|word| guard::is_technical(&word.to_lowercase()))
}

/// First words of factory-default names, before the last half of the MAC address.
const DEFAULTS: &[&str] = &[
    "AXIS", "BRN", "BRW", "CANON", "DEV", "EPSON", "ESP", "ET", "KM", "KMBT", "LXK", "NETGEAR", "NPI", "OKI", "RICOH",
    "RNP", "SEC", "SHARP", "SHELLY", "TASMOTA", "TOSHIBA", "UBNT", "XRX", "ZBR",
];

/// Words that precede a hash.
const NO_MAKERS: &[&str] = &["build", "commit", "git", "hash", "md5", "release", "rev", "sha", "svn", "version"];

/// Whether six digits are a day: year, month, and day of two digits each.
fn is_day(digits: &[u8]) -> bool {
    digits.len() == 6
        && digits.iter().all(u8::is_ascii_digit)
        && digits[0] <= b'2'
        && digits[2..4] <= b"12"[..]
        && digits[4..] <= b"31"[..]
}

/// Marks the end of a MAC address in a factory-default name: `OKI-C531-7A4C19`, `BRN001BA9AB12CD`.
pub fn mac_tail(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let is_hex = |b: &u8| b.is_ascii_digit() || (b'A'..=b'F').contains(b);
    for (start, word) in names::words_around(text, |word, folded| {
        word.end - word.start >= 6 && folded[word.end as usize - 6..word.end as usize].iter().all(u8::is_ascii_hexdigit)
    }) {
        // Six lower-case digits may be part of a hash as well as of an address.
        let hex = word.bytes().rev().take_while(is_hex).count();
        let any_case = word.bytes().rev().take_while(u8::is_ascii_hexdigit).count();
        let hex = if any_case >= 12 { any_case } else { hex };
        let length = if hex >= 12 { 12 } else { 6 };
        if hex < 6 {
            continue;
        }
        let (name, tail) = word.split_at(word.len() - length);
        // The rest of a serial number is not a MAC address.
        if is_day(tail.as_bytes()) {
            continue;
        }
        if tail.bytes().all(|b| matches!(b, b'0' | b'A' | b'a')) {
            continue;
        }
        let maker = name.split(['-', '_']).next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
        let apart = name.is_empty() || name.ends_with(['-', '_']) || name.bytes().all(|b| b.is_ascii_alphabetic());
        let known = DEFAULTS.iter().any(|default| default.eq_ignore_ascii_case(maker));
        // Models and releases do not alternate between letters and digits so often.
        let turns =
            tail.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
        let mixed = maker.len() >= if length == 12 { 1 } else { 2 }
            && maker.bytes().all(|b| b.is_ascii_alphabetic())
            && !NO_MAKERS.iter().any(|word| word.eq_ignore_ascii_case(maker))
            && (name.ends_with(['-', '_']) || length == 12)
            && turns >= 4;
        // Twelve digits of an address as a separate field. Half of all hashes have an odd second digit.
        let (before, after) = (&original[..start], &original[start + word.len()..]);
        let bare = name.is_empty()
            && length == 12
            && turns >= 2
            && b"02468aceACE".contains(&tail.as_bytes()[1])
            && (before.is_empty() || before.ends_with([' ', ';', ',']))
            && (after.is_empty() || after.starts_with([' ', ';', ',']))
            && !before
                .trim_end()
                .rsplit(' ')
                .next()
                .is_some_and(|word| NO_MAKERS.iter().any(|no| no.eq_ignore_ascii_case(word.trim_end_matches(':'))));
        if apart && (known || mixed || bare) {
            mark(start + name.len(), start + word.len());
        }
    }
    // `C9650 083146`: a model, and nothing else.
    if let Some((model, tail)) = original.trim().split_once(' ')
        && tail.len() == 6
        && tail.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b))
        && (3..=8).contains(&model.len())
        && model.starts_with(|c: char| c.is_ascii_uppercase())
        && model.bytes().filter(u8::is_ascii_digit).count() >= 3
        && model.bytes().all(|b| b.is_ascii_alphanumeric())
        && !is_day(tail.as_bytes())
    {
        let start = original.len() - original.trim_start().len() + model.len() + 1;
        mark(start, start + tail.len());
    }
}
