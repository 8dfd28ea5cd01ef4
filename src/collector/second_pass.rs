//! The second pass: searches what is about to be sent again for all known identifiers. It
//! shares no code with the sanitiser except the guard's list of technical words, so that a mistake there is not
//! repeated here.
//!
//! Values are compared as lower-case bytes. A value is skipped if it has four bytes in a row that no text has. The
//! others are searched with rolling hashes of every length that occurs. The admin's own words are compared as runs of
//! letters and of digits. A hit is never repaired: the row is left out of the report and listed in the findings.

use crate::facts::Device;
use crate::sanitise::guard::{is_technical, is_vendor};
use crate::sanitise::replace::TERM;
use crate::text::Text;
use alloc::string::String;
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Shortest value that is searched for, in bytes. Shorter ones occur in too many words.
const SHORTEST: usize = 5;

/// Longest part of a value that is compared, in bytes. A longer value is found by its start, cut at a character
/// boundary.
const LONGEST: usize = 63;

/// Fewest letters that an admin's word needs to match at the start of a longer word.
const PREFIX: usize = 5;

/// The field name in findings for the admin's own words.
const TERMS: &str = "terms";

/// From this length in bytes on, serial numbers are also found inside words.
const INSIDE_WORDS: usize = 10;

/// Number of bytes that select candidates.
const GRAM: usize = 4;

/// Multiplier of the rolling hash: odd, and with its bits well mixed.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The known identifiers that may occur in the texts of a report.
pub(crate) struct SecondPass {
    /// Runs of four bytes that occur in the texts: they rule out most values.
    occurring: Grams,
    /// Runs of four bytes that a value begins with.
    beginnings: Grams,
    /// Lengths of the values that begin with four bytes, as bits.
    lengths: HashMap<u32, u64, FixedState>,
    values: HashMap<(u64, u8), Value, FixedState>,
    /// The admin's own words, each as its runs of letters and of digits.
    terms: Vec<Vec<String>>,
    /// Powers of [`BASE`].
    powers: [u64; LONGEST + 1],
}

/// The part of a value that is compared.
pub(crate) fn compared(value: &str) -> &str {
    &value[..value.floor_char_boundary(LONGEST)]
}

/// Properties of a value that a hit depends on.
struct Value {
    /// The field that it comes from.
    field: &'static str,
    /// Whether it is one word of letters.
    plain: bool,
    /// Whether it is only the beginning of a longer value.
    cut: bool,
}

impl SecondPass {
    /// A second pass for the identifiers of these devices and the admin's own words, over these texts only.
    #[must_use]
    pub(crate) fn over<'t>(texts: impl Iterator<Item = &'t str>, devices: &[Device<'_>], terms: &[Text<'_>]) -> Self {
        let mut powers = [1_u64; LONGEST + 1];
        for index in 1..powers.len() {
            powers[index] = powers[index - 1].wrapping_mul(BASE);
        }
        let mut net = Self {
            occurring: Grams::default(),
            beginnings: Grams::default(),
            lengths: HashMap::default(),
            values: HashMap::default(),
            terms: Vec::new(),
            powers,
        };
        for term in terms {
            let term = term.to_lowercase();
            let runs: Vec<String> = runs(&term).into_iter().map(String::from).collect();
            // A word that equals the replacement cannot be detected.
            if term.contains(char::is_alphanumeric) && runs != [TERM] {
                net.terms.push(runs);
            }
        }
        for text in texts {
            text.to_lowercase().as_bytes().windows(GRAM).for_each(|bytes| net.occurring.add(gram(bytes)));
        }
        let mut lower = String::new();
        for device in devices {
            let mut before: Option<&str> = None;
            for (field, value) in [
                ("hostname", &device.hostname),
                ("sysName", &device.sys_name),
                ("display", &device.display),
                ("ip", &device.ip),
                ("ip", &device.overwrite_ip),
                ("serial", &device.serial),
                ("sysContact", &device.sys_contact),
                ("location", &device.location),
            ] {
                let Some(value) = value.as_deref() else { continue };
                // Most devices have the same name in three fields.
                if before.replace(value) == Some(value) {
                    continue;
                }
                net.add(field, value, &mut lower);
                if let ("hostname" | "sysName" | "display", Some((label, _))) = (field, value.split_once('.'))
                    && !value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                {
                    net.add(field, label, &mut lower);
                }
                if field == "sysContact" {
                    let parts = value.split([' ', '<', '>', ',', ';']);
                    parts.filter(|part| part.contains('@')).for_each(|mail| net.add(field, mail, &mut lower));
                }
            }
        }
        net
    }

    fn add(&mut self, field: &'static str, value: &str, lower: &mut String) {
        let value = value.trim_matches(|c: char| !c.is_alphanumeric());
        // The beginning of most values shows that they occur nowhere. That of non-ASCII letters may be longer or shorter
        // in lower case.
        let beginning = value.as_bytes().first_chunk::<GRAM>();
        if beginning
            .is_some_and(|bytes| bytes.is_ascii() && !self.occurring.has(gram(&bytes.map(|b| b.to_ascii_lowercase()))))
        {
            return;
        }
        lower.clear();
        if value.is_ascii() {
            lower.push_str(value);
            lower.make_ascii_lowercase();
        } else {
            lower.push_str(&value.to_lowercase());
        }
        let value = lower.as_str();
        let bytes = compared(value).as_bytes();
        if bytes.len() < SHORTEST || !bytes.windows(GRAM).all(|bytes| self.occurring.has(gram(bytes))) {
            return;
        }
        let words = || value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let number = |word: &str| word.len() < 5 && word.bytes().all(|b| b.is_ascii_digit());
        // A version, a size or common words: not an identifier, by the guard's verdict.
        if field != "ip"
            && (is_vendor(value) || words().all(|word| number(word) || is_technical(word) || is_vendor(word)))
        {
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            if digits < 8 || !words().all(number) {
                return;
            }
        }
        let gram = gram(bytes);
        self.beginnings.add(gram);
        *self.lengths.entry(gram).or_insert(0) |= 1 << bytes.len();
        let hash = bytes.iter().fold(0_u64, |hash, byte| step(hash, *byte));
        let (plain, cut) = (value.chars().all(char::is_alphabetic), bytes.len() < value.len());
        let there = self.values.entry((hash, bytes.len() as u8)).or_insert(Value { field, plain, cut });
        (there.plain, there.cut) = (there.plain && plain, there.cut || cut);
    }

    /// The device field whose value occurs in a text, or `terms` for an admin's word. `None` if no value does. Names
    /// that are one word of letters do not count in a vocabulary. Values that the sanitiser kept on purpose never
    /// count: `stays` returns that for a value in lower case.
    #[must_use]
    pub(crate) fn catches(&self, text: &str, vocabulary: bool, stays: &dyn Fn(&str) -> bool) -> Option<&'static str> {
        if text.len() < SHORTEST && self.terms.is_empty() {
            return None;
        }
        let lower = text.to_lowercase();
        self.finds_value(&lower, vocabulary, stays).or_else(|| self.finds_term(&lower).then_some(TERMS))
    }

    fn finds_value(&self, lower: &str, vocabulary: bool, stays: &dyn Fn(&str) -> bool) -> Option<&'static str> {
        if self.values.is_empty() {
            return None;
        }
        let bytes = lower.as_bytes();
        let mut sums: Option<Vec<u64>> = None;
        for start in 0..bytes.len().saturating_sub(GRAM) {
            let gram = gram(&bytes[start..]);
            if !self.beginnings.has(gram) {
                continue;
            }
            let Some(mut lengths) = self.lengths.get(&gram).copied() else { continue };
            let sums = sums.get_or_insert_with(|| running_sums(bytes));
            while lengths != 0 {
                let length = lengths.trailing_zeros() as usize;
                lengths &= lengths - 1;
                let end = start + length;
                if end > bytes.len() {
                    break;
                }
                let hash = sums[end].wrapping_sub(sums[start].wrapping_mul(self.powers[length]));
                let Some(value) = self.values.get(&(hash, length as u8)) else { continue };
                let apart = is_apart(lower, start, end, value.cut);
                if !(vocabulary && value.plain)
                    && (apart || (length >= INSIDE_WORDS && value.field == "serial"))
                    && !lower.get(start..end).is_some_and(stays)
                {
                    return Some(value.field);
                }
            }
        }
        None
    }

    /// Whether an admin's word occurs in a lower-case text, except as a number in an object identifier.
    fn finds_term(&self, lower: &str) -> bool {
        if self.terms.is_empty() || lower.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return false;
        }
        let runs = runs(lower);
        (0..runs.len()).any(|index| self.terms.iter().any(|term| begin_with(&runs[index..], term)))
    }
}

/// Classes of characters in the admin's words: letters, digits, a character of a script that is written without
/// blanks, or other marks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Letter,
    Digit,
    Alone,
}

fn sign(c: char) -> Sign {
    match c {
        '\u{2e80}'..='\u{2fff}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' => {
            Sign::Alone
        }
        _ if c.is_numeric() => Sign::Digit,
        // A combining mark belongs to its letter.
        '\u{300}'..='\u{36f}' => Sign::Letter,
        _ if c.is_alphanumeric() => Sign::Letter,
        _ => Sign::None,
    }
}

/// The runs of letters and of digits of a text.
fn runs(text: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let (mut start, mut before) = (0, Sign::None);
    for (index, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let sign = sign(c);
        if sign != before || sign == Sign::Alone {
            if before != Sign::None {
                runs.push(&text[start..index]);
            }
            start = index;
        }
        before = sign;
    }
    runs
}

/// Whether runs begin with those of a term. A run may join several of the term's; the last may be longer if the term's is long.
fn begin_with(runs: &[&str], term: &[String]) -> bool {
    let mut term = term.iter();
    let mut last = "";
    for run in runs {
        let mut rest = *run;
        while !rest.is_empty() {
            let Some(next) = term.next() else {
                return last.chars().count() >= PREFIX && last.chars().all(char::is_alphabetic);
            };
            let Some(after) = rest.strip_prefix(next.as_str()).filter(|_| *run != TERM) else { return false };
            (rest, last) = (after, next);
        }
        if term.as_slice().is_empty() {
            return true;
        }
    }
    false
}

const fn step(hash: u64, byte: u8) -> u64 {
    // Plus one, so that NUL bytes count.
    hash.wrapping_mul(BASE).wrapping_add(byte as u64 + 1)
}

/// Hashes of all prefixes of a text.
fn running_sums(bytes: &[u8]) -> Vec<u64> {
    let mut sums = Vec::with_capacity(bytes.len() + 1);
    sums.push(0);
    let mut hash = 0;
    for byte in bytes {
        hash = step(hash, *byte);
        sums.push(hash);
    }
    sums
}

fn gram(bytes: &[u8]) -> u32 {
    bytes.iter().take(GRAM).fold(0, |gram, byte| gram << 8 | u32::from(*byte))
}

/// A set of four-byte runs. It may report a run that it does not contain, but never misses one that it does.
struct Grams(Vec<u64>);

impl Default for Grams {
    fn default() -> Self {
        Self(alloc::vec![0; 1 << 13])
    }
}

impl Grams {
    /// Index and bit, from a 19-bit hash of four bytes.
    const fn place(gram: u32) -> (usize, u64) {
        let bits = (gram.wrapping_mul(0x9e37_79b1) >> 13) as usize;
        (bits >> 6, 1 << (bits & 63))
    }

    fn add(&mut self, gram: u32) {
        let (index, bit) = Self::place(gram);
        self.0[index] |= bit;
    }

    fn has(&self, gram: u32) -> bool {
        let (index, bit) = Self::place(gram);
        self.0[index] & bit != 0
    }
}

/// Whether no letter or digit touches a value. A value that was cut may continue.
fn is_apart(text: &str, start: usize, end: usize, cut: bool) -> bool {
    let joins = |outer: Option<char>, inner: Option<char>| {
        [outer, inner].into_iter().all(|c| c.is_some_and(|c| matches!(sign(c), Sign::Letter | Sign::Digit)))
    };
    let Some(value) = text.get(start..end) else { return false };
    !joins(text[..start].chars().next_back(), value.chars().next())
        && (cut || !joins(text[end..].chars().next(), value.chars().next_back()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_identifiers_are_caught_and_technical_words_are_not() {
        let device = Device {
            hostname: Some("Sw-Halden-07.example.net".into()),
            sys_name: Some("cisco".into()),
            serial: Some("FOC1234X0AB".into()),
            ip: Some("10.20.30.40".into()),
            sys_contact: Some("Ingrid Haugen <ingrid@noc.example>".into()),
            location: Some("Zürich, Keller 3".into()),
            display: Some("andromeda".into()),
            ..Device::default()
        };
        let catches = |text, vocabulary| {
            SecondPass::over(core::iter::once(text), core::slice::from_ref(&device), &[]).catches(
                text,
                vocabulary,
                &|_| false,
            )
        };
        for (text, field) in [
            ("x SW-HALDEN-07 y", "hostname"),
            ("sw-halden-07.example.net", "hostname"),
            ("xxFOC1234X0AByy", "serial"),
            ("at 10.20.30.40", "ip"),
            ("by INGRID@noc.example!", "sysContact"),
            ("ZÜRICH, Keller 3", "location"),
            ("Andromeda 2", "display"),
        ] {
            assert_eq!(catches(text, false), Some(field), "{text}");
        }
        for text in ["Cisco IOS", "sw-halden-77", "110.20.30.401", "andromedae", "", "Keller 4"] {
            assert_eq!(catches(text, false), None, "{text}");
        }
        assert_eq!(catches("andromeda", true), None);
        assert_eq!(catches("foc1234x0ab", true), Some("serial"));
    }

    #[test]
    fn a_vendors_name_identifies_nobody() {
        for contact in ["D-Link", "Lenovo", "Lenovo Networks"] {
            let device = Device { sys_contact: Some(contact.into()), ..Device::default() };
            let text = alloc::format!("{contact} 7");
            assert_eq!(
                SecondPass::over(core::iter::once(&*text), &[device], &[]).catches(&text, false, &|_| false),
                None
            );
        }
    }

    #[test]
    fn very_long_values_are_found_by_their_beginning() {
        // Byte 63 is inside a character in some and not in others, so that all ways of cutting are tried.
        for name in [
            "n1-",
            "улица Ленина ",
            "x улица Ленина ",
            "Große Straße ",
            "xGroße Straße ",
            "横浜市西区 ",
            "x横浜市西区 ",
            "xx横浜市西区 ",
        ] {
            let name = name.repeat(12);
            let text = alloc::format!("x {name}");
            for field in ["hostname", "location"] {
                let mut device = Device::default();
                *(if field == "hostname" { &mut device.hostname } else { &mut device.location }) =
                    Some(name.clone().into());
                let net = SecondPass::over(core::iter::once(&*text), &[device], &[]);
                assert_eq!(net.catches(&text, false, &|_| false), Some(field), "{name}");
            }
        }
    }

    #[test]
    fn a_value_inside_text_without_blanks_is_caught() {
        let device = Device { location: Some("横浜市".into()), ..Device::default() };
        let catches = |text| {
            SecondPass::over(core::iter::once(text), core::slice::from_ref(&device), &[])
                .catches(text, false, &|_| false)
        };
        assert_eq!(catches("交換機横浜市西区"), Some("location"));
        assert_eq!(catches("交換機横浜"), None);
    }

    #[test]
    fn what_the_sanitiser_kept_on_purpose_is_not_caught() {
        let device = Device { sys_name: Some("G8264".into()), ..Device::default() };
        let text = "G8264 (\"48x10GE\")";
        let net = SecondPass::over(core::iter::once(text), &[device], &[]);
        assert_eq!(net.catches(text, false, &|_| false), Some("sysName"));
        assert_eq!(net.catches(text, false, &|name| name == "g8264"), None);
    }

    #[test]
    fn the_admins_words_are_caught_in_the_forms_that_the_finder_knows() {
        let catches = |term: &str, text: &str| {
            SecondPass::over(core::iter::once(text), &[], &[term.into()]).catches(text, true, &|_| false)
        };
        for (term, text) in [
            ("Harbour Street", "x harbour-street"),
            ("Harbour Street", "HARBOUR  STREET-DC"),
            ("Harbour Street", "Harbour\nStreet 5"),
            ("Harbour Street", "harbourstreet"),
            ("Acme", "acme2"),
            ("Acme", "5ACME"),
            ("Acme 47", "acme47"),
            ("Contoso", "contosonet"),
            ("ØMEGA", "ømega"),
            ("東京", "交換機東京支店"),
            ("X", "x"),
        ] {
            assert_eq!(catches(term, text), Some(TERMS), "{term} in {text}");
        }
        for (term, text) in [
            ("Art", "start artist"),
            ("Acme", "acmenet"),
            ("Harbour Street", "harbour 5 street"),
            ("Art", "a RT"),
            ("removed", "removed"),
            ("remov", "removed"),
            ("***", "x"),
        ] {
            assert_eq!(catches(term, text), None, "{term} in {text}");
        }
    }
}
