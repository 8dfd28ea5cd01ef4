//! The terms of a device: each of its identifiers, whole and in the parts that people use.

use super::fold::fold_into;
use super::vendor::is_vendors_contact;
use super::{guard, hashing, scan};
use crate::facts::Device;
use crate::kind::IdentifierKind;
use crate::text::{Text, clean};
use alloc::string::String;
use alloc::vec::Vec;

/// Most words of a term. A longer one is found by its pieces.
pub const MAX_WORDS: usize = 16;

/// A known identifier, folded.
#[derive(Clone, Copy)]
pub struct Term<'a> {
    /// The folded text; begins and ends with a letter or digit.
    pub text: &'a str,
    /// The rule for the field that it comes from.
    pub rule: &'static str,
    /// What it is.
    pub kind: IdentifierKind,
    /// Whether many devices share it, like a domain.
    pub shared: bool,
    /// Whether it is the vendor's name in a vendor's email address next to it.
    pub vendor: bool,
}

/// Longest value, in bytes, that is used as a term; longer than SNMP and LibreNMS's columns allow. Of a longer value,
/// only the start is searched for in other devices' texts, and the device's own texts are removed whole, because they
/// may contain the rest.
pub const MAX_VALUE: usize = 1024;

/// The identifying values of a device.
fn values<'d, 't>(device: &'d Device<'t>) -> impl Iterator<Item = &'d Text<'t>> {
    [
        &device.hostname,
        &device.sys_name,
        &device.display,
        &device.ip,
        &device.overwrite_ip,
        &device.serial,
        &device.sys_contact,
        &device.location,
    ]
    .into_iter()
    .flatten()
}

/// Whether only the description of a device is known.
pub fn is_unknown(device: &Device<'_>) -> bool {
    device.os.is_none() && device.hardware.is_none() && values(device).next().is_none()
}

/// Whether a device has a value longer than [`MAX_VALUE`].
#[must_use]
pub fn has_too_long_value(device: &Device<'_>) -> bool {
    values(device).any(|value| value.len() > MAX_VALUE)
}

/// Calls `each` with every term of a device's names, address and serial, some more than once. `buffer` is scratch
/// space.
pub fn for_each_term(device: &Device<'_>, buffer: &mut String, each: &mut impl FnMut(Term<'_>)) {
    let names =
        [(&device.hostname, "known.hostname"), (&device.sys_name, "known.sysname"), (&device.display, "known.display")];
    for (index, (name, rule)) in names.iter().enumerate() {
        // Most devices have the same name in all three fields.
        let again = names[..index].iter().any(|(other, _)| other == name);
        if let Some(name) = if again { None } else { fold(name.as_ref(), buffer) } {
            host(name, rule, each);
        }
    }
    if let Some(ip) = fold(device.ip.as_ref(), buffer) {
        emit(ip, "known.ip", IdentifierKind::Ip, each);
    }
    if let Some(ip) = fold(device.overwrite_ip.as_ref(), buffer) {
        host(ip, "known.ip", each);
    }
    if let Some(serial) = fold(device.serial.as_ref(), buffer) {
        emit(serial, "known.serial", IdentifierKind::Serial, each);
        // The serial numbers of a stack or a pair, one after another.
        let several = || serial.split([';', ',', '|', '/']).filter(|part| part.len() >= 5);
        if several().nth(1).is_some() {
            several().for_each(|part| emit(part, "known.serial", IdentifierKind::Serial, each));
        }
    }
}

/// Calls `each` with every term of a contact.
pub fn for_each_term_of_contact(text: &Text<'_>, buffer: &mut String, each: &mut impl FnMut(Term<'_>)) {
    if let Some(text) = fold(Some(text), buffer) {
        contact(text, each);
    }
}

/// Calls `each` with every term of a location.
pub fn for_each_term_of_location(text: &Text<'_>, buffer: &mut String, each: &mut impl FnMut(Term<'_>)) {
    if let Some(text) = fold(Some(text), buffer) {
        location(text, each);
    }
}

fn fold<'b>(text: Option<&Text<'_>>, buffer: &'b mut String) -> Option<&'b str> {
    buffer.clear();
    let mut text = &**text?;
    if text.len() > MAX_VALUE {
        text = &text[..text.floor_char_boundary(MAX_VALUE)];
    }
    fold_into(&clean(text), buffer);
    (!buffer.is_empty()).then_some(buffer)
}

/// Splits a term with too many words into pieces to search for.
const PIECE: usize = 8;

fn emit(text: &str, rule: &'static str, kind: IdentifierKind, each: &mut impl FnMut(Term<'_>)) {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    if text.is_empty() {
        return;
    }
    each(Term { text, rule, kind, shared: false, vendor: false });
    // Shorter ones cannot have too many.
    if text.len() > 2 * MAX_WORDS {
        let mut words = Vec::new();
        scan::for_each_word(text, &mut scan::Traits::default(), |word| words.push((word.start, word.end)));
        if words.len() > MAX_WORDS {
            // The last piece has its full number of words, some of the one before among them.
            for index in (0..words.len()).step_by(PIECE).map(|index| index.min(words.len() - PIECE)) {
                let (start, end) = (words[index].0 as usize, words[index + PIECE - 1].1 as usize);
                each(Term { text: &text[start..end], rule, kind, shared: false, vendor: false });
            }
        }
    }
}

/// A name as a whole, its first label and its domains; or an address, if the install polls by address.
fn host(name: &str, rule: &'static str, each: &mut impl FnMut(Term<'_>)) {
    if guard::is_address(name) {
        return emit(name, rule, IdentifierKind::Ip, each);
    }
    let Some((label, domain)) = name.split_once('.') else {
        return emit(name, rule, IdentifierKind::Hostname, each);
    };
    emit(name, rule, IdentifierKind::Fqdn, each);
    emit(label, rule, IdentifierKind::Hostname, each);
    // A domain of a single label belongs to the install if it is longer than public ones.
    if !domain.contains('.') && domain.len() > 4 {
        emit(domain, rule, IdentifierKind::Hostname, each);
    }
    let mut domain = domain;
    while let Some((label, above)) = domain.split_once('.') {
        // `co.uk` and similar domains belong to no one.
        if domain.bytes().any(|b| b.is_ascii_alphabetic()) && (label.len() > 3 || above.contains('.')) {
            emit(domain, rule, IdentifierKind::Fqdn, &mut |term| each(Term { shared: true, ..term }));
        }
        domain = above;
    }
}

/// A contact as a whole, and each of its mail addresses, telephone numbers and names.
fn contact(text: &str, each: &mut impl FnMut(Term<'_>)) {
    const RULE: &str = "known.contact";
    let mail = text.contains('@');
    let each = &mut |term: Term<'_>| {
        let vendor = mail && term.kind == IdentifierKind::Person && is_vendors_contact(text, term.text);
        each(Term { vendor, ..term });
    };
    if !mail {
        emit(text, RULE, IdentifierKind::Person, each);
    }
    for part in text.split(['<', '>', '(', ')', '[', ']', ',', ';', ':', '&', '|', '/', '"', '\n', '\r', '\t']) {
        for part in part.split(" - ").flat_map(|part| part.split(" and ")).flat_map(|part| part.split(" und ")) {
            person(part, RULE, each);
        }
    }
}

/// The text between the separators of a contact: names, possibly with a mail address or a telephone number.
fn person(part: &str, rule: &'static str, each: &mut impl FnMut(Term<'_>)) {
    let mut name = 0; // start of the current name
    let mut index = 0;
    for word in part.split(' ') {
        let end = index + word.len();
        let mail = word.contains('@');
        if mail {
            emit(word, rule, IdentifierKind::Email, each);
        }
        if mail || word.is_empty() {
            emit(&part[name..index], rule, IdentifierKind::Person, each);
            name = (end + 1).min(part.len());
        }
        index = (end + 1).min(part.len());
    }
    let rest = &part[name..];
    emit(rest, rule, IdentifierKind::Person, each);
    // The name without the telephone or room number after it.
    let (name, number) = rest.split_at(rest.find(|c: char| c.is_ascii_digit() || c == '+').unwrap_or(rest.len()));
    if number.bytes().filter(u8::is_ascii_digit).count() >= 6 {
        emit(number, rule, IdentifierKind::Phone, each);
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        emit(&digits, rule, IdentifierKind::Phone, each);
    }
    if !number.is_empty() {
        emit(name, rule, IdentifierKind::Person, each);
    }
    let words = || name.split(' ').filter(|word| !word.is_empty());
    if words().nth(1).is_some() {
        words().filter(|word| word.len() >= 4).for_each(|word| emit(word, rule, IdentifierKind::Person, each));
    }
    // A first and a last name, followed by other words (`ext`, a title).
    if words().nth(2).is_some()
        && let Some((end, _)) = name.match_indices(' ').filter(|(index, _)| !name[..*index].ends_with(' ')).nth(1)
    {
        emit(&name[..end], rule, IdentifierKind::Person, each);
    }
}

/// A location as a whole, and its parts.
fn location(text: &str, each: &mut impl FnMut(Term<'_>)) {
    const RULE: &str = "known.location";
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if digits >= 6 && text.chars().filter(|c| c.is_alphabetic()).count() <= 2 {
        return emit(text, RULE, IdentifierKind::Gps, each);
    }
    emit(text, RULE, IdentifierKind::Location, each);
    for part in text.split([',', ';', ':', '|', '/', '<', '>', '(', ')', '[', ']', '\n', '\r', '\t']) {
        emit(part, RULE, IdentifierKind::Location, each);
        let pieces = || part.split(['-', '_']);
        if pieces().nth(1).is_some() {
            pieces().for_each(|piece| emit(piece, RULE, IdentifierKind::Location, each));
        }
    }
}

/// The combined hash of a term's words, the hash of the first word, and the number of words.
#[must_use]
pub fn key_of(term: &str) -> (u64, u64, usize) {
    let (mut first, mut key, mut count) = (0, 0, 0);
    scan::for_each_word(term, &mut scan::Traits::default(), |word| {
        if count == 0 {
            first = word.hash;
        }
        key = hashing::join(key, word.hash);
        count += 1;
    });
    (first, key, count)
}
