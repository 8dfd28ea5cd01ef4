//! The second net: looks through what is about to be sent for everything that the install's database names, once more
//! and in a way of its own. Nothing of the sanitiser's finders is used here, so that a mistake there does not repeat
//! itself; only the guard's list of technical words is the same.
//!
//! Values are compared as lower-case bytes: those with a run of four bytes that no text has stand nowhere, the others are
//! searched by rolling hashes of every length that occurs. What is found is never repaired: the row stays out of the
//! report and is named in the findings.

use crate::facts::Device;
use crate::sanitise::guard::is_technical;
use alloc::string::String;
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Shortest value that is looked for, in bytes: shorter ones stand in too many words.
const SHORTEST: usize = 5;

/// Longest part of a value that is compared, in bytes; a longer value is found by its beginning.
const LONGEST: usize = 63;

/// Serials of so many bytes are found inside of words, too.
const INSIDE_WORDS: usize = 10;

/// Bytes that a look-up begins with.
const GRAM: usize = 4;

/// Multiplier of the rolling hash: odd, and with its bits well mixed.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// What an install's database names, as far as it can stand in the texts of a report.
pub struct Net {
    /// Runs of four bytes that occur in the texts: most values are told by them to stand nowhere.
    occurring: Grams,
    /// Runs of four bytes that a value begins with.
    beginnings: Grams,
    /// Lengths of the values that begin with four bytes, as bits.
    lengths: HashMap<u32, u64, FixedState>,
    /// The field that a value came from, and whether it is one word of letters.
    values: HashMap<(u64, u8), (&'static str, bool), FixedState>,
    /// Powers of [`BASE`].
    powers: [u64; LONGEST + 1],
}

impl Net {
    /// A net for what these devices are known by, to be cast over these texts and no others.
    #[must_use]
    pub fn over<'t>(texts: impl Iterator<Item = &'t str>, devices: &[Device<'_>]) -> Self {
        let mut powers = [1_u64; LONGEST + 1];
        for at in 1..powers.len() {
            powers[at] = powers[at - 1].wrapping_mul(BASE);
        }
        let mut net = Self {
            occurring: Grams::default(),
            beginnings: Grams::default(),
            lengths: HashMap::default(),
            values: HashMap::default(),
            powers,
        };
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
                // Most devices have one name in three places.
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
        // Most values are told by their beginning to stand nowhere; that of letters beyond ASCII may be longer or shorter
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
        let bytes = &value.as_bytes()[..value.len().min(LONGEST)];
        if bytes.len() < SHORTEST || !bytes.windows(GRAM).all(|bytes| self.occurring.has(gram(bytes))) {
            return;
        }
        let words = || value.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let number = |word: &str| word.len() < 5 && word.bytes().all(|b| b.is_ascii_digit());
        // A version, a size, words that anybody uses: the guard's business, not an identifier's.
        if field != "ip" && words().all(|word| number(word) || is_technical(word)) {
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            if digits < 8 || !words().all(number) {
                return;
            }
        }
        let gram = gram(bytes);
        self.beginnings.add(gram);
        *self.lengths.entry(gram).or_insert(0) |= 1 << bytes.len();
        let hash = bytes.iter().fold(0_u64, |hash, byte| step(hash, *byte));
        let plain = value.chars().all(char::is_alphabetic);
        self.values.entry((hash, bytes.len() as u8)).or_insert((field, plain));
    }

    /// The field of a device whose value stands in a text; nothing where none does. In a vocabulary names that are one
    /// word of letters do not count.
    #[must_use]
    pub fn catches(&self, text: &str, vocabulary: bool) -> Option<&'static str> {
        if text.len() < SHORTEST || self.values.is_empty() {
            return None;
        }
        let lower = text.to_lowercase();
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
                let Some((field, plain)) = self.values.get(&(hash, length as u8)) else { continue };
                let apart = is_apart(&lower, start, end);
                if !(vocabulary && *plain) && (apart || (length >= INSIDE_WORDS && *field == "serial")) {
                    return Some(field);
                }
            }
        }
        None
    }
}

const fn step(hash: u64, byte: u8) -> u64 {
    // One more than the byte, so that a NUL counts.
    hash.wrapping_mul(BASE).wrapping_add(byte as u64 + 1)
}

/// Hashes of all beginnings of a text.
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

/// A set of runs of four bytes that may say yes too often, and never no.
struct Grams(Vec<u64>);

impl Default for Grams {
    fn default() -> Self {
        Self(alloc::vec![0; 1 << 13])
    }
}

impl Grams {
    /// Index and bit: nineteen bits of four bytes.
    const fn place(gram: u32) -> (usize, u64) {
        let bits = (gram.wrapping_mul(0x9e37_79b1) >> 13) as usize;
        (bits >> 6, 1 << (bits & 63))
    }

    fn add(&mut self, gram: u32) {
        let (at, bit) = Self::place(gram);
        self.0[at] |= bit;
    }

    fn has(&self, gram: u32) -> bool {
        let (at, bit) = Self::place(gram);
        self.0[at] & bit != 0
    }
}

fn is_apart(text: &str, start: usize, end: usize) -> bool {
    let sign = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.is_char_boundary(start)
        && text.is_char_boundary(end)
        && !(sign(text[..start].chars().next_back()))
        && (end - start == LONGEST || !sign(text[end..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_names_is_caught_and_technical_words_are_not() {
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
            Net::over(core::iter::once(text), core::slice::from_ref(&device)).catches(text, vocabulary)
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
    fn very_long_values_are_found_by_their_beginning() {
        let name = "n1-".repeat(60);
        let text = alloc::format!("x {name}");
        let device = Device { hostname: Some(name.into()), ..Device::default() };
        assert_eq!(Net::over(core::iter::once(&*text), &[device]).catches(&text, false), Some("hostname"));
    }
}
