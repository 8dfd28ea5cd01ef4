//! Known identifiers: names and numbers from the install's database are searched for in every text, whole and in parts.
//!
//! A term is a sequence of words, and so is a text: `sw-core-07`, `SW_CORE 07` and `sw.core.07` are the same. Words
//! are compared by hash. A collision redacts a harmless word in one of about 10^12 texts and never leaks one.

use super::admin_terms::{AdminTerms, PatternRefused};
use super::device_terms::{DeviceTerms, OwnTerm, TYPED};
use super::fold::fold_into;
use super::guard::{Guard, Verdict};
use super::hashing;
use super::hashing::ByHash;
use super::memory::Memory;
use super::scan::{self, Scan, is_word_of_its_own};
use super::spans::Found;
use super::terms::{
    MAX_WORDS, Term, for_each_term, for_each_term_of_contact, for_each_term_of_location, has_too_long_value, is_unknown,
};
use super::vendor::{self, Evidence, Parts, Places};
use crate::facts::Device;
use crate::kind::IdentifierKind;
use crate::text::{Text, clean};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Most bytes between two words of a term.
const MAX_GAP: u32 = 8;

/// Longest IPv4 address, in bytes. Longer values are searched for as words only.
const MAX_ADDRESS: usize = 15;

/// What a term stands for.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    rule: &'static str,
    kind: IdentifierKind,
    /// A single word of letters, which may be an ordinary word.
    plain: bool,
    /// Hash of the term with its separators, if only these match; 0 if any do.
    exact: u64,
    /// What else it may be, such as a model.
    pub parts: Parts,
}

impl Known {
    /// Merges another use of the term. If it is written in two ways, any separators match. It may be something
    /// else only if both uses allow that.
    const fn also(&mut self, exact: u64, parts: Parts) {
        if self.exact != exact {
            self.exact = 0;
        }
        self.parts = self.parts.common(parts);
    }
}

/// Combined hashes of the words from `at` on, one word longer each time, while words are close together; each with the index of
/// its last word.
pub fn sequence<'s>(text: &'s Scan<'_>, at: usize) -> impl Iterator<Item = (u64, usize)> + 's {
    let mut key = 0;
    let mut last_end = None;
    text.words[at..].iter().take(MAX_WORDS).enumerate().map_while(move |(count, word)| {
        if last_end.is_some_and(|end| word.start - end > MAX_GAP) {
            return None;
        }
        last_end = Some(word.end);
        key = hashing::join(key, word.hash);
        Some((key, at + count))
    })
}

/// Hash of this many words from `at` on, as in [`sequence`]; `None` if they are too far apart.
pub fn key_at(text: &Scan<'_>, at: usize, count: usize) -> Option<u64> {
    let words = text.words.get(at..at + count)?;
    let (mut key, mut end) = (0, words.first()?.start);
    for word in words {
        if word.start - end > MAX_GAP {
            return None;
        }
        (key, end) = (hashing::join(key, word.hash), word.end);
    }
    Some(key)
}

/// Marks the words from `first` to `last`, unless the term requires other separators or is something else in this
/// position.
#[inline(never)]
pub fn mark(
    text: &Scan<'_>,
    places: &Places<'_, '_>,
    (first, last): (usize, usize),
    known: Known,
    evidence: &dyn Fn() -> Evidence,
    found: &mut Found,
) {
    let (start, end) = (text.words[first].start as usize, text.words[last].end as usize);
    if known.exact != 0 && hashing::hash(&text.folded.as_str()[start..end]) != known.exact {
        return;
    }
    let (start, end) = text.folded.origin(start, end);
    if known.parts != Parts::NONE {
        let evidence = if known.parts.include(Parts::MODEL) { evidence() } else { Evidence::default() };
        if places.is_other(first, last, known.parts, evidence) {
            return found.keep(start, end, known.kind);
        }
    }
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

/// The letters and digits of a serial number.
fn squeezed(serial: &str) -> Cow<'_, str> {
    if serial.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Cow::Borrowed(serial);
    }
    Cow::Owned(serial.chars().filter(|c| c.is_alphanumeric()).collect())
}

/// The ranges of one device's terms.
#[derive(Clone)]
pub struct Entry {
    /// Terms of the device itself, of its contact and of its location.
    pub(super) terms: [Range<u32>; 3],
    pub(super) serial: Range<u32>,
    /// The letters and digits of its serial number.
    pub(super) squeezed: Range<u32>,
    /// Its IPv4 addresses.
    pub(super) addresses: [Range<u32>; 2],
    /// Its hardware, folded, if one of its names may be a model or a product.
    pub(super) hardware: Range<u32>,
    typed: bool,
    pub(super) too_long: bool,
}

impl Entry {
    /// A device without terms.
    const NONE: Self = Self {
        terms: [const { 0..0 }; 3],
        serial: 0..0,
        squeezed: 0..0,
        addresses: [const { 0..0 }; 2],
        hardware: 0..0,
        typed: false,
        too_long: false,
    };
}

/// The terms of a contact or a location that several devices share.
struct Shared<'d> {
    terms: Range<u32>,
    /// The operating system of the first device that has it.
    os: &'d str,
    /// Whether one of the terms may be a vendor's name.
    vendor: bool,
}

/// The terms of the whole install: those of its devices, and the admin's own words.
#[derive(Default)]
pub struct InstallTerms {
    /// All terms that may be searched for in all texts, by the hash of their words.
    terms: ByHash<Known>,
    /// First words of these terms, with the number of words of the longest term that begins with each.
    beginnings: ByHash<u8>,
    /// The admin's own words and patterns.
    admin: AdminTerms,
    /// The terms of every device, one device after another. Those of a shared contact or location occur once.
    own: Vec<OwnTerm>,
    /// Serial numbers and addresses.
    glued: String,
    /// The guard's verdicts on terms that many devices have.
    judged: HashMap<String, Verdict, FixedState>,
    devices: Vec<Entry>,
    /// Names that may be models, with their evidence: one point for each device whose description has the name but that has
    /// another hostname, two points if the name is in its hardware field.
    models: ByHash<u8>,
}

/// Evidence needed for a model.
const ENOUGH_FOR_A_MODEL: u8 = 2;

impl InstallTerms {
    /// The terms of an install's devices, to be searched for in the texts that were scanned. Most terms start with a word
    /// that no text has.
    #[must_use]
    pub fn of(devices: &[Device<'_>], words: &[Text<'_>], guard: &Guard, texts: &Memory) -> Self {
        let mut known = Self::default();
        words.iter().for_each(|word| known.admin.add_word(word));
        known.add_devices(devices, guard, Some(texts));
        known.count_models(devices);
        known
    }

    /// The terms of one device, for that device's own texts; `None` if only its description is known.
    #[must_use]
    pub fn of_one(device: &Device<'_>, guard: &Guard) -> Option<Self> {
        if is_unknown(device) {
            return None;
        }
        let mut known = Self::default();
        known.add_devices(core::slice::from_ref(device), guard, None);
        Some(known)
    }

    /// Adds an admin's pattern.
    ///
    /// # Errors
    /// As for [`AdminTerms::add_pattern`].
    pub fn add_pattern(&mut self, pattern: &str) -> Result<(), PatternRefused> {
        self.admin.add_pattern(pattern)
    }

    fn add_devices(&mut self, devices: &[Device<'_>], guard: &Guard, texts: Option<&Memory>) {
        let mut buffer = String::new();
        // Many devices share a contact and a location, so their terms are built once.
        let mut contacts: HashMap<&str, Shared<'_>, FixedState> = HashMap::default();
        let mut locations: HashMap<&str, Shared<'_>, FixedState> = HashMap::default();
        self.devices.reserve_exact(devices.len());
        // A single device has no more than a few, if any.
        if devices.len() > 1 {
            self.terms.reserve(devices.len());
        }
        for device in devices {
            let os = device.os.as_deref().unwrap_or_default();
            let typed = TYPED.iter().any(|system| os.starts_with(system));
            let mut entry = Entry { typed, too_long: has_too_long_value(device), ..Entry::NONE };
            let first = self.own.len();
            // If the hardware is the whole description, it may be the device's name. What an admin types is not a model.
            let hardware =
                device.hardware.as_deref().filter(|hardware| !typed && device.sys_descr.as_deref() != Some(hardware));
            let from = (os, hardware);
            for_each_term(device, &mut buffer, &mut |term| self.add_term(term, first, &mut entry, guard, texts, from));
            entry.terms[0] = self.own_from(first);
            if let Some(contact) = &device.sys_contact {
                let shared = contacts.entry(&**contact).or_insert_with(|| {
                    let first = self.own.len();
                    let add = &mut |term: Term<'_>| self.add_term(term, first, &mut entry, guard, texts, ("", None));
                    for_each_term_of_contact(contact, &mut buffer, add);
                    let vendor = self.own[first..].iter().any(|own| own.known.parts.include(Parts::MAKER));
                    Shared { terms: self.own_from(first), os, vendor }
                });
                entry.terms[1] = shared.terms.clone();
                // A contact of devices with different systems, or one whose name occurs in a device's name, is not a
                // vendor.
                if shared.vendor && (shared.os != os || names_its_contact(device, contact)) {
                    shared.vendor = false;
                    self.take_back_vendor(&entry.terms[1]);
                }
            }
            if let Some(location) = &device.location {
                let shared = locations.entry(&**location).or_insert_with(|| {
                    let first = self.own.len();
                    let add = &mut |term: Term<'_>| self.add_term(term, first, &mut entry, guard, texts, ("", None));
                    for_each_term_of_location(location, &mut buffer, add);
                    Shared { terms: self.own_from(first), os, vendor: false }
                });
                entry.terms[2] = shared.terms.clone();
            }
            if let Some(hardware) = &device.hardware
                && (typed || self.may_be_models(&entry.terms[0]).next().is_some())
                // The whole description may be the device's name.
                && device.sys_descr.as_ref() != Some(hardware)
            {
                buffer.clear();
                fold_into(&clean(hardware), &mut buffer);
                entry.hardware = self.keep(&buffer);
            }
            self.devices.push(entry);
        }
    }

    /// Those of the terms that may be a model's name.
    fn may_be_models(&self, terms: &Range<u32>) -> impl Iterator<Item = &OwnTerm> {
        self.own(terms).iter().filter(|own| own.known.parts.include(Parts::MODEL))
    }

    /// Marks terms as no longer a vendor's.
    fn take_back_vendor(&mut self, terms: &Range<u32>) {
        for own in &mut self.own[terms.start as usize..terms.end as usize] {
            own.known.parts = own.known.parts.without(Parts::MAKER);
            if let Some(known) = self.terms.get_mut(&own.key) {
                known.parts = known.parts.without(Parts::MAKER);
            }
        }
    }

    /// Counts names that are models of devices with other names.
    fn count_models(&mut self, devices: &[Device<'_>]) {
        if self.models.is_empty() {
            return;
        }
        for (device, entry) in devices.iter().zip(&self.devices) {
            let own = &self.own[entry.terms[0].start as usize..entry.terms[0].end as usize]; // not `own()`: `models` is changed
            for (text, weight) in [(&device.sys_descr, 1), (&device.hardware, ENOUGH_FOR_A_MODEL)] {
                vendor::for_each_model(text.as_deref().unwrap_or_default(), |key| {
                    if let Some(count) = self.models.get_mut(&key)
                        && !own.iter().any(|own| own.key == key)
                    {
                        *count = count.saturating_add(weight);
                    }
                });
            }
        }
    }

    /// The terms from index `first` on.
    fn own_from(&self, first: usize) -> Range<u32> {
        first as u32..self.own.len() as u32
    }

    /// Adds a term of the device whose terms start at `first` and whose system is `os`. It is searched for in `texts`;
    /// without `texts`, only in the texts of that device.
    fn add_term(
        &mut self,
        term: Term<'_>,
        first: usize,
        entry: &mut Entry,
        guard: &Guard,
        texts: Option<&Memory>,
        (os, hardware): (&str, Option<&str>),
    ) {
        let squeezed = (term.kind == IdentifierKind::Serial).then(|| squeezed(term.text));
        match term.kind {
            // The whole value. Each of its parts is a separate term.
            IdentifierKind::Serial if entry.serial.start == entry.serial.end => {
                entry.serial = self.keep(term.text);
                entry.squeezed = match &squeezed {
                    Some(Cow::Owned(squeezed)) => self.keep(squeezed),
                    _ => entry.serial.clone(),
                };
            }
            IdentifierKind::Ip if term.text.len() <= MAX_ADDRESS && term.text.contains('.') => {
                let known = |range: &Range<u32>| self.kept(range) == term.text;
                if !entry.addresses.iter().any(known)
                    && let Some(free) = entry.addresses.iter().position(|range| range.start == range.end)
                {
                    entry.addresses[free] = self.keep(term.text);
                }
            }
            _ => {}
        }
        let may_stand = |word: &str| texts.is_none_or(|texts| texts.may_have(scan::first_hash(word)));
        if !may_stand(term.text) && !squeezed.as_deref().is_some_and(may_stand) {
            return;
        }
        if let IdentifierKind::Hostname = term.kind
            && let Some(hardware) = hardware
            && vendor::is_hardware(term.text, hardware)
        {
            return;
        }
        let verdict = if term.shared {
            *self.judged.entry_ref(term.text).or_insert_with(|| guard.judge(term.text))
        } else {
            guard.judge(term.text)
        };
        let parts = parts_of(&term, &verdict, os);
        let seen = self.own[first..].iter_mut().find(|own| own.key == verdict.key);
        let seen = seen.is_some_and(|seen| {
            seen.known.also(verdict.exact, parts);
            true
        });
        // An address in the database is an address, even if it looks like a version.
        let address = term.kind == IdentifierKind::Ip && verdict.words >= 4;
        if seen || !(verdict.own || address) || verdict.words > MAX_WORDS {
            return;
        }
        let known = Known { rule: term.rule, kind: term.kind, plain: verdict.plain, exact: verdict.exact, parts };
        if parts.include(Parts::MODEL) {
            self.models.entry(verdict.key).or_insert(0);
        }
        self.own.push(OwnTerm { first: verdict.first, key: verdict.key, words: verdict.words as u8, known });
        if texts.is_some() && verdict.install {
            // The first device with a term decides its rule; the order of devices is fixed.
            let rule = match term.kind {
                IdentifierKind::Hostname | IdentifierKind::Fqdn => "known.neighbour",
                _ => term.rule,
            };
            self.index(verdict.first, verdict.key, verdict.words, Known { rule, ..known });
            if let Some(squeezed) = squeezed.filter(|_| verdict.words > 1) {
                let squeezed = guard.judge(&squeezed);
                let known = Known { rule, exact: 0, parts: Parts::NONE, ..known };
                self.index(squeezed.first, squeezed.key, squeezed.words, known);
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
        self.terms.entry(key).and_modify(|there| there.also(known.exact, known.parts)).or_insert(known);
    }

    /// The terms of the device at that index; empty if there is no such device.
    #[must_use]
    pub fn device(&self, index: usize) -> DeviceTerms<'_> {
        static NONE: Entry = Entry::NONE;
        let entry = self.devices.get(index).unwrap_or(&NONE);
        DeviceTerms { install: self, entry, typed: entry.typed }
    }

    /// The terms in this range.
    pub(super) fn own(&self, range: &Range<u32>) -> &[OwnTerm] {
        &self.own[range.start as usize..range.end as usize]
    }

    /// The text in this range.
    pub(super) fn kept(&self, range: &Range<u32>) -> &str {
        &self.glued[range.start as usize..range.end as usize]
    }

    /// Whether this name is the model of devices that have other names.
    #[must_use]
    pub fn is_a_model(&self, key: u64) -> bool {
        self.models.get(&key).is_some_and(|count| *count >= ENOUGH_FOR_A_MODEL)
    }

    /// Marks every occurrence of the terms.
    pub fn find(&self, text: &Scan<'_>, found: &mut Found) {
        self.find_where(text, found, true);
    }

    /// Whether a label that LibreNMS or a MIB may have chosen contains a term anyway. A name that is one word
    /// of letters (`andromeda`) does not count, or a device named `temperature` would remove all such labels.
    #[must_use]
    pub fn are_in_vocabulary(&self, text: &Scan<'_>) -> bool {
        let mut found = Found::default();
        self.find_where(text, &mut found, false);
        !found.is_empty()
    }

    /// `plain`: whether names that are one word of letters count.
    fn find_where(&self, text: &Scan<'_>, found: &mut Found, plain: bool) {
        self.admin.find(text, found);
        if self.terms.is_empty() {
            return;
        }
        let places = Places::new(text);
        for (at, word) in text.words.iter().enumerate() {
            let Some(most) = self.beginnings.get(&word.hash) else { continue };
            for (key, last) in sequence(text, at).take(usize::from(*most)) {
                if let Some(known) = self.terms.get(&key).filter(|known| plain || !known.plain) {
                    let evidence = || Evidence { others: self.is_a_model(key), own: false };
                    mark(text, &places, (at, last), *known, &evidence, found);
                }
            }
        }
    }
}

/// What a term may be apart from what it is in the database.
fn parts_of(term: &Term<'_>, verdict: &Verdict, os: &str) -> Parts {
    let system = |name: &str| os.split(['-', '_']).chain([os]).any(|word| word.eq_ignore_ascii_case(name));
    match term.kind {
        IdentifierKind::Hostname if verdict.plain && system(term.text) => Parts::SYSTEM.and(Parts::COMPANY),
        IdentifierKind::Hostname if verdict.plain => Parts::COMPANY,
        IdentifierKind::Hostname if vendor::may_be_model(term.text) => Parts::MODEL,
        IdentifierKind::Hostname if term.text.contains(' ') && vendor::is_product(term.text) => Parts::PRODUCT,
        IdentifierKind::Person if term.vendor => Parts::MAKER.and(Parts::COMPANY),
        // Company names have at most one digit (`3Com`); numbers belong to a telephone or a room.
        IdentifierKind::Person | IdentifierKind::Location
            if term.text.bytes().filter(u8::is_ascii_digit).count() <= 1 =>
        {
            Parts::COMPANY
        }
        _ => Parts::NONE,
    }
}

/// Whether the domain of the contact's email address occurs in a name or the location of the device.
fn names_its_contact(device: &Device<'_>, contact: &str) -> bool {
    let mut domains = contact.split('@').skip(1).filter_map(|domain| domain.split(['.', ' ', '>']).next());
    domains.any(|domain| {
        [&device.hostname, &device.sys_name, &device.display, &device.location]
            .into_iter()
            .flatten()
            .any(|name| !domain.is_empty() && name.to_lowercase().contains(&domain.to_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'t>(text: &'t str, device: &Device<'_>) -> Vec<(&'t str, &'static str)> {
        let mut found = Found::default();
        let guard = Guard::default();
        InstallTerms::of_one(device, &guard).expect("it has a name").device(0).find(
            &Scan::new(text),
            &guard,
            &mut found,
        );
        found.united().iter().map(|span| (&text[span.start..span.end], span.rule)).collect()
    }

    #[test]
    fn a_host_name_is_found_whole_and_by_its_first_label_in_any_case_and_with_any_separator() {
        let device = Device { hostname: Some("core1-lon.example.net".into()), ..Device::default() };
        assert_eq!(
            marked("CORE1-LON.example.net / core1_lon (core1-lon2)", &device),
            [("CORE1-LON.example.net", "known.hostname"), ("core1_lon", "known.hostname")]
        );
    }

    #[test]
    fn parts_of_serial_numbers_contacts_and_locations_are_found() {
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
    fn parts_are_known_in_all_notations_of_contacts_and_locations() {
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
    fn a_term_with_many_words_is_found_by_its_pieces() {
        let location =
            "Rack twelve in row seven of hall nine behind the third gate near Halden Nordgata nine Norway Europe";
        let device = Device { location: Some(location.into()), ..Device::default() };
        let text = alloc::format!("x {} y", location.replace("third gate", "third, gate"));
        let (found, (start, end)) = (marked(&text, &device), (2, text.len() - 2));
        let united: usize = found.iter().map(|(span, _)| span.len()).sum();
        assert!(united + found.len() >= end - start, "{found:?}");
    }

    #[test]
    fn parent_domains_belong_to_the_install() {
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
    fn a_device_s_own_serial_number_and_address_are_found_next_to_letters() {
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
    fn other_scripts_match_in_any_case_and_positions_are_those_of_the_original() {
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
        assert_eq!(marked("FortiGate Rugged 60F_3G4G", &device), []);
        let device = Device { hardware: Some("FGT_VM64_AZUR".into()), ..device };
        assert_eq!(marked("FortiGate-VM64-AZUR Ostvik", &device), [("Ostvik", "description.typed")]);
        let device = Device { hardware: Some("FortiGateTundra-60F".into()), ..device };
        assert_eq!(marked("FortiGate Tundra 60F Ostvik", &device), [("Ostvik", "description.typed")]);
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
