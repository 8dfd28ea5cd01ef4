//! Known identifiers: what the install's own database names is found wherever it stands, whole and in its parts.
//!
//! A term is a sequence of words, and so is a text: `sw-core-07`, `SW_CORE 07` and `sw.core.07` are one. Words are
//! compared by hash; two words of one hash cost an innocent word in some 10^12 texts and never leak one.

use super::direct::ByHash;
use super::fold::fold_into;
use super::guard::{Guard, Verdict};
use super::kind::IdentifierKind;
use super::memory::Memory;
use super::own::{DeviceTerms, OwnTerm, TYPED};
use super::replace::TERM;
use super::scan::{self, Scan, is_word_of_its_own};
use super::spans::Found;
use super::terms::{Term, for_each_term, for_each_term_of_contact, for_each_term_of_location};
use crate::facts::Device;
use crate::text::{Text, clean};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use regex::bytes::{Regex, RegexBuilder};

/// Most words of a term that is searched; a longer one is found by its pieces.
pub const MAX_WORDS: usize = 16;

/// Most bytes between two words of a term.
const MAX_GAP: u32 = 8;

/// Largest compiled pattern of the admin's, in bytes.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// What a term stands for.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    rule: &'static str,
    kind: IdentifierKind,
    /// One word of letters, which may be any word.
    plain: bool,
    /// Hash of the term with its separators, where only these will do; 0 where any will.
    exact: u64,
}

impl Known {
    /// Takes another way of writing it in: with two, any separators will do.
    const fn also(&mut self, exact: u64) {
        if self.exact != exact {
            self.exact = 0;
        }
    }
}

/// Hashes of the words from `at` on, joined one after the other, as long as they stand close together; with the last
/// word's index.
pub fn sequence<'s>(text: &'s Scan<'_>, at: usize) -> impl Iterator<Item = (u64, usize)> + 's {
    let mut key = 0;
    let mut last_end = None;
    text.words[at..].iter().take(MAX_WORDS).enumerate().map_while(move |(count, word)| {
        if last_end.is_some_and(|end| word.start - end > MAX_GAP) {
            return None;
        }
        last_end = Some(word.end);
        key = scan::join(key, word.hash);
        Some((key, at + count))
    })
}

/// Marks the words from `first` to `last`, unless the term keeps its separators and these are others.
pub fn mark(text: &Scan<'_>, first: usize, last: usize, known: Known, found: &mut Found) {
    let (start, end) = (text.words[first].start as usize, text.words[last].end as usize);
    if known.exact != 0 && scan::hash(&text.folded.as_str()[start..end]) != known.exact {
        return;
    }
    let (start, end) = text.folded.origin(start, end);
    found.mark(start, end, known.rule, known.kind);
}

/// Whether no letter or digit touches a span.
#[must_use]
pub fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let joins = |outer: Option<char>, inner: Option<char>| {
        outer.is_some_and(|c| c.is_alphanumeric() && !is_word_of_its_own(c))
            && inner.is_some_and(|c| c.is_alphanumeric() && !is_word_of_its_own(c))
    };
    let inner = &text[start..end];
    !joins(text[..start].chars().next_back(), inner.chars().next())
        && !joins(text[end..].chars().next(), inner.chars().next_back())
}

/// The letters and digits of a serial.
pub fn squeezed(serial: &str) -> Cow<'_, str> {
    if serial.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Cow::Borrowed(serial);
    }
    Cow::Owned(serial.chars().filter(|c| c.is_alphanumeric()).collect())
}

/// Where one device's terms are kept.
#[derive(Debug, Clone, Default)]
struct Entry {
    /// Its own, its contact's and its location's.
    terms: [Range<u32>; 3],
    serial: Range<u32>,
    addresses: [Range<u32>; 2],
    typed: bool,
}

/// What the whole install is known by: all that its devices are known by, and the admin's own words.
#[derive(Debug, Default)]
pub struct InstallTerms {
    /// All terms that may be searched in all texts, by the hash of their words.
    terms: ByHash<Known>,
    /// First words of these terms, with the most words that a term has which begins so.
    beginnings: ByHash<u8>,
    /// The admin's own words, folded.
    admin: Vec<String>,
    /// The admin's own patterns.
    patterns: Vec<Regex>,
    /// The terms of every device, one device after the other; those of a contact or a location once.
    own: Vec<OwnTerm>,
    /// Serials and addresses.
    glued: String,
    /// What the guard said of terms that many devices have.
    judged: HashMap<String, Verdict, FixedState>,
    devices: Vec<Entry>,
}

impl InstallTerms {
    /// All that the devices of an install are known by, to be searched in the texts that were read: most terms begin with
    /// a word that none of them has.
    #[must_use]
    pub fn of(devices: &[Device<'_>], words: &[Text<'_>], guard: &Guard, texts: &Memory) -> Self {
        let mut known = Self::default();
        for word in words {
            let mut folded = String::new();
            fold_into(clean(word).trim(), &mut folded);
            if !folded.is_empty() {
                known.admin.push(folded);
            }
        }
        known.add_devices(devices, guard, Some(texts));
        known
    }

    /// What one device is known by, for texts of that device alone.
    #[must_use]
    pub fn of_one(device: &Device<'_>, guard: &Guard) -> Self {
        let mut known = Self::default();
        known.add_devices(core::slice::from_ref(device), guard, None);
        known
    }

    /// Adds a pattern of the admin's.
    ///
    /// # Errors
    /// Where it does not compile, or compiles to more than a megabyte.
    pub fn add_pattern(&mut self, pattern: &str) -> Result<(), regex::Error> {
        let mut builder = RegexBuilder::new(pattern);
        builder.unicode(false).size_limit(MAX_PATTERN_BYTES).dfa_size_limit(MAX_PATTERN_BYTES).nest_limit(50);
        self.patterns.push(builder.build()?);
        Ok(())
    }

    fn add_devices(&mut self, devices: &[Device<'_>], guard: &Guard, texts: Option<&Memory>) {
        let mut buffer = String::new();
        // Many devices share a contact and a location: their terms are found and kept once.
        let mut contacts: HashMap<&str, Range<u32>, FixedState> = HashMap::default();
        let mut locations: HashMap<&str, Range<u32>, FixedState> = HashMap::default();
        self.devices.reserve(devices.len());
        self.terms.reserve(devices.len());
        for device in devices {
            let typed = device.os.as_deref().is_some_and(|os| TYPED.iter().any(|system| os.starts_with(system)));
            let mut entry = Entry { typed, ..Entry::default() };
            let first = self.own.len();
            for_each_term(device, &mut buffer, &mut |term| self.add_term(term, first, &mut entry, guard, texts));
            entry.terms[0] = self.own_from(first);
            if let Some(contact) = &device.sys_contact {
                let shared = contacts.entry(&**contact).or_insert_with(|| {
                    let first = self.own.len();
                    let add = &mut |term: Term<'_>| self.add_term(term, first, &mut entry, guard, texts);
                    for_each_term_of_contact(contact, &mut buffer, add);
                    self.own_from(first)
                });
                entry.terms[1] = shared.clone();
            }
            if let Some(location) = &device.location {
                let shared = locations.entry(&**location).or_insert_with(|| {
                    let first = self.own.len();
                    let add = &mut |term: Term<'_>| self.add_term(term, first, &mut entry, guard, texts);
                    for_each_term_of_location(location, &mut buffer, add);
                    self.own_from(first)
                });
                entry.terms[2] = shared.clone();
            }
            self.devices.push(entry);
        }
    }

    /// The terms that were added since there were `first`.
    fn own_from(&self, first: usize) -> Range<u32> {
        first as u32..self.own.len() as u32
    }

    /// Adds a term of the device whose terms begin at `first`; it is searched in `texts`, or where there are none in that
    /// device's alone.
    fn add_term(&mut self, term: Term<'_>, first: usize, entry: &mut Entry, guard: &Guard, texts: Option<&Memory>) {
        match term.kind {
            // In whole; of its parts each is a term of its own.
            IdentifierKind::Serial if entry.serial.start == entry.serial.end => entry.serial = self.keep(term.text),
            IdentifierKind::Ip if term.text.contains('.') => {
                let known = |range: &Range<u32>| self.glued[range.start as usize..range.end as usize] == *term.text;
                if !entry.addresses.iter().any(known)
                    && let Some(free) = entry.addresses.iter().position(|range| range.start == range.end)
                {
                    entry.addresses[free] = self.keep(term.text);
                }
            }
            _ => {}
        }
        let squeezed = (term.kind == IdentifierKind::Serial).then(|| squeezed(term.text));
        let may_stand = |word: &str| texts.is_none_or(|texts| texts.may_have(scan::first_hash(word)));
        if !may_stand(term.text) && !squeezed.as_deref().is_some_and(may_stand) {
            return;
        }
        let verdict = if term.shared {
            *self.judged.entry_ref(term.text).or_insert_with(|| guard.judge(term.text))
        } else {
            guard.judge(term.text)
        };
        let seen = self.own[first..].iter_mut().find(|own| own.key == verdict.key);
        let seen = seen.is_some_and(|seen| {
            seen.known.also(verdict.exact);
            true
        });
        // What the database calls an address is one, even where it reads like a version.
        let address = term.kind == IdentifierKind::Ip && verdict.words >= 4;
        if seen || !(verdict.own || address) || verdict.words > MAX_WORDS {
            return;
        }
        let known = Known { rule: term.rule, kind: term.kind, plain: verdict.plain, exact: verdict.exact };
        self.own.push(OwnTerm { first: verdict.first, key: verdict.key, words: verdict.words as u8, known });
        if texts.is_some() && verdict.install {
            // The first device that has a term decides what it is called; devices come in a fixed order.
            let rule = match term.kind {
                IdentifierKind::Hostname | IdentifierKind::Fqdn => "known.neighbour",
                _ => term.rule,
            };
            self.index(verdict.first, verdict.key, verdict.words, Known { rule, ..known });
            if let Some(squeezed) = squeezed.filter(|_| verdict.words > 1) {
                let squeezed = guard.judge(&squeezed);
                self.index(squeezed.first, squeezed.key, squeezed.words, Known { rule, exact: 0, ..known });
            }
        }
    }

    fn keep(&mut self, text: &str) -> Range<u32> {
        let start = self.glued.len() as u32;
        self.glued.push_str(text);
        start..self.glued.len() as u32
    }

    fn index(&mut self, first: u64, key: u64, words: usize, known: Known) {
        let most = self.beginnings.entry(first).or_insert(0);
        *most = (*most).max(words as u8);
        self.terms.entry(key).and_modify(|there| there.also(known.exact)).or_insert(known);
    }

    /// What the device of that index is known by; nothing where there is none.
    #[must_use]
    pub fn device(&self, index: usize) -> DeviceTerms<'_> {
        let Some(entry) = self.devices.get(index) else { return DeviceTerms::default() };
        let bounds = |range: &Range<u32>| range.start as usize..range.end as usize;
        DeviceTerms {
            terms: entry.terms.each_ref().map(|terms| &self.own[bounds(terms)]),
            serial: &self.glued[bounds(&entry.serial)],
            addresses: entry.addresses.each_ref().map(|address| &self.glued[bounds(address)]),
            typed: entry.typed,
        }
    }

    /// Marks every place where one of the terms stands.
    pub fn find(&self, text: &Scan<'_>, found: &mut Found) {
        self.find_where(text, found, |_| true);
    }

    /// Whether a word that LibreNMS or a MIB may have chosen holds a term all the same; a name that is one word of
    /// letters (`andromeda`) does not count there, or a device named `temperature` would cost all such labels.
    #[must_use]
    pub fn are_in_vocabulary(&self, text: &Scan<'_>) -> bool {
        let mut found = Found::default();
        self.find_where(text, &mut found, |known| !known.plain);
        !found.is_empty()
    }

    fn find_where(&self, text: &Scan<'_>, found: &mut Found, counts: impl Fn(&Known) -> bool) {
        self.find_admin_words(text, found);
        if self.terms.is_empty() {
            return;
        }
        for (at, word) in text.words.iter().enumerate() {
            let Some(most) = self.beginnings.get(&word.hash) else { continue };
            for (key, last) in sequence(text, at).take(usize::from(*most)) {
                if let Some(known) = self.terms.get(&key).filter(|known| counts(known)) {
                    mark(text, at, last, *known, found);
                }
            }
        }
    }

    /// The admin's words, taken as they are: no guard, the admin knows best.
    fn find_admin_words(&self, text: &Scan<'_>, found: &mut Found) {
        let original = text.folded.original;
        for pattern in &self.patterns {
            for find in pattern.find_iter(original.as_bytes()) {
                // A pattern may end inside of a character: all of it goes.
                let start = (0..=find.start()).rev().find(|at| original.is_char_boundary(*at)).unwrap_or(0);
                let end =
                    (find.end()..=original.len()).find(|at| original.is_char_boundary(*at)).unwrap_or(original.len());
                if find.end() > find.start() && original[start..end] != *TERM {
                    found.mark(start, end, "admin.pattern", IdentifierKind::Term);
                }
            }
        }
        let folded = text.folded.as_str();
        for word in &self.admin {
            let mut from = 0;
            while let Some(at) = folded[from..].find(word.as_str()) {
                let (start, end) = (from + at, from + at + word.len());
                if stands_alone(folded, start, end) {
                    let (start, end) = text.folded.origin(start, end);
                    found.mark(start, end, "admin.term", IdentifierKind::Term);
                }
                from = start + folded[start..].chars().next().map_or(1, char::len_utf8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'t>(text: &'t str, device: &Device<'_>) -> Vec<(&'t str, &'static str)> {
        let mut found = Found::default();
        let guard = Guard::default();
        InstallTerms::of_one(device, &guard).device(0).find(&Scan::new(text), &guard, &mut found);
        found.united().iter().map(|span| (&text[span.start..span.end], span.rule)).collect()
    }

    #[test]
    fn a_host_is_found_in_whole_and_by_its_first_label_in_any_case_and_with_any_separator() {
        let device = Device { hostname: Some("core1-lon.example.net".into()), ..Device::default() };
        assert_eq!(
            marked("CORE1-LON.example.net / core1_lon (core1-lon2)", &device),
            [("CORE1-LON.example.net", "known.hostname"), ("core1_lon", "known.hostname")]
        );
    }

    #[test]
    fn serials_contacts_and_locations_are_found_in_their_parts() {
        let device = Device {
            serial: Some("FOC-1234-X0".into()),
            sys_contact: Some("Ingrid Haugen <ingrid@noc.example> Omar Petrov, 08 416 717 92".into()),
            location: Some("Halden DC 3, Rack 12b".into()),
            ..Device::default()
        };
        assert_eq!(
            marked(
                "FOC1234X0 by ingrid haugen at halden dc 3, mail ingrid@noc.example, Omar Petrov 08-416-717-92",
                &device
            ),
            [
                ("FOC1234X0", "known.serial"),
                ("ingrid haugen", "known.contact"),
                ("halden dc 3", "known.location"),
                ("ingrid@noc.example", "known.contact"),
                ("Omar Petrov", "known.contact"),
                ("08-416-717-92", "known.contact"),
            ]
        );
    }

    #[test]
    fn parts_are_known_however_contacts_and_locations_are_written() {
        let person = |contact: &'static str, text: &'static str| {
            let device = Device { sys_contact: Some(contact.into()), ..Device::default() };
            marked(text, &device).into_iter().map(|(found, _)| found).collect::<Vec<_>>()
        };
        assert_eq!(person("Ingrid Haugen ext 4711", "by ingrid haugen x"), ["ingrid haugen"]);
        assert_eq!(person("NOC: Bo Lisj", "by Bo Lisj x"), ["Bo Lisj"]);
        assert_eq!(person("Dept IT, Per Ask & Jo Eng", "Jo Eng or Per Ask"), ["Jo Eng", "Per Ask"]);
        assert_eq!(person("Per Aas +47 123 45 678", "47-123-45-678, 4712345678"), ["47-123-45-678", "4712345678"]);
        let place = |location: &'static str, text: &'static str| {
            let device = Device { location: Some(location.into()), ..Device::default() };
            marked(text, &device).into_iter().map(|(found, _)| found).collect::<Vec<_>>()
        };
        assert_eq!(place("Oslo: Torggata 12", "at Torggata 12 x"), ["Torggata 12"]);
        assert_eq!(place("NO > Kongsvinger > DC", "x kongsvinger x"), ["kongsvinger"]);
        assert_eq!(place("Jessheim-DC1", "x Jessheim x"), ["Jessheim"]);
    }

    #[test]
    fn a_term_of_many_words_is_found_by_its_pieces() {
        let location =
            "Rack twelve in row seven of hall nine behind the third gate near Halden Nordgata nine Norway Europe";
        let device = Device { location: Some(location.into()), ..Device::default() };
        let text = alloc::format!("x {} y", location.replace("third gate", "third, gate"));
        let (found, (start, end)) = (marked(&text, &device), (2, text.len() - 2));
        let united: usize = found.iter().map(|(span, _)| span.len()).sum();
        assert!(united + found.len() >= end - start, "{found:?}");
    }

    #[test]
    fn domains_above_the_first_are_an_install_s_own() {
        let device = Device { hostname: Some("ca1.nyc.zorgcorp.com".into()), ..Device::default() };
        assert_eq!(marked("at zorgcorp.com, com", &device), [("zorgcorp.com", "known.hostname")]);
        let device = Device { hostname: Some("x1.zorgcorp.co.uk".into()), ..Device::default() };
        assert_eq!(marked("vendor.co.uk", &device), []);
    }

    #[test]
    fn both_addresses_of_a_device_are_known() {
        let device =
            Device { ip: Some("10.20.3.5".into()), overwrite_ip: Some("10.20.3.6".into()), ..Device::default() };
        let text = "x10.20.3.5 10.20.3.6y 10.20.3.7";
        assert_eq!(marked(text, &device), [("10.20.3.5", "known.ip"), ("10.20.3.6", "known.ip")]);
    }

    #[test]
    fn two_names_that_differ_in_their_separator_are_both_known() {
        let named = |name: &'static str| Device { hostname: Some(name.into()), ..Device::default() };
        let texts = Memory::default();
        texts.read("uplink sw_20");
        let install = InstallTerms::of(&[named("sw-20"), named("sw_20")], &[], &Guard::default(), &texts);
        let mut found = Found::default();
        install.find(&Scan::new("uplink sw_20"), &mut found);
        assert_eq!(found.united().len(), 1);
    }

    #[test]
    fn a_device_s_own_serial_and_address_are_found_where_other_letters_touch_them() {
        let device = Device { serial: Some("ibC2d".into()), ..Device::default() };
        assert_eq!(marked("SnmpService SnibC2d", &device), [("ibC2d", "known.serial")]);
        assert_eq!(marked("calibc2de", &device), []);
        let device = Device { serial: Some("4711X0815".into()), ip: Some("10.20.30.40".into()), ..Device::default() };
        assert_eq!(marked("V4711X0815_2", &device), [("4711X0815", "known.serial")]);
        assert_eq!(marked("47-11X-08.15", &device), [("47-11X-08.15", "known.serial")]);
        assert_eq!(
            marked("ip-10-20-30-40 ip10.20.30.40 110.20.30.401", &device),
            [("10-20-30-40", "known.ip"), ("10.20.30.40", "known.ip")]
        );
    }

    #[test]
    fn technical_words_and_trivial_values_do_no_harm() {
        let device = Device {
            hostname: Some("cisco".into()),
            sys_name: Some("Linux".into()),
            serial: Some("1".into()),
            location: Some("Server".into()),
            sys_contact: Some("root".into()),
            ..Device::default()
        };
        assert_eq!(marked("Cisco Linux Server 1, root", &device), []);
        let device = Device { hostname: Some("sw-20".into()), ..Device::default() };
        assert_eq!(marked("SW: 20.1, SW-20", &device), [("SW-20", "known.hostname")]);
    }

    #[test]
    fn other_scripts_are_compared_in_any_case_and_positions_are_those_of_the_original() {
        let device =
            Device {
                location: Some("Łódź Főépület".into()), sys_name: Some("東京".into()), ..Device::default()
            };
        assert_eq!(
            marked("İ switch, ŁÓDŹ FO\u{30b}E\u{301}PU\u{308}LET", &device),
            [("ŁÓDŹ FO\u{30b}E\u{301}PU\u{308}LET", "known.location")]
        );
        assert_eq!(marked("交換機東京支店", &device), [("東京", "known.sysname")]);
    }

    #[test]
    fn descriptions_that_people_type_keep_technical_words_only() {
        let device = Device { os: Some("fortigate".into()), ..Device::default() };
        assert_eq!(marked("Zurich dev FW FGT60D", &device), [("Zurich", "description.typed")]);
    }

    #[test]
    fn a_neighbour_s_names_are_found_through_the_index() {
        let devices = [
            Device {
                hostname: Some("sw-core-07.example.net".into()),
                sys_contact: Some("Ingrid Haugen".into()),
                ..Device::default()
            },
            Device {
                hostname: Some("cisco".into()),
                serial: Some("FDO-2201-A0BC".into()),
                sys_name: Some("andromeda".into()),
                ..Device::default()
            },
        ];
        let text = "cisco uplink to SW-CORE-07, fdo2201a0bc, andromeda, ØMEGA werk, ingrid haugen";
        let texts = Memory::default();
        texts.read(text);
        let install = InstallTerms::of(&devices, &["Ømega Werk".into()], &Guard::default(), &texts);
        let mut found = Found::default();
        install.find(&Scan::new(text), &mut found);
        let marked: Vec<_> = found.united().iter().map(|span| (&text[span.start..span.end], span.rule)).collect();
        assert_eq!(
            marked,
            [
                ("SW-CORE-07", "known.neighbour"),
                ("fdo2201a0bc", "known.serial"),
                ("andromeda", "known.neighbour"),
                ("ØMEGA werk", "admin.term"),
                ("ingrid haugen", "known.contact")
            ]
        );
        assert!(install.are_in_vocabulary(&Scan::new("SW-Core-07")));
        assert!(!install.are_in_vocabulary(&Scan::new("andromeda")));
    }
}
