//! Known identifiers: what the install's own database names is found wherever it stands, whole and in its parts.

use super::guard;
use super::kind::IdentifierKind;
use super::spans::Found;
use crate::facts::Device;
use crate::text::{Text, clean};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// A text for comparing in any case: lower-cased character by character, with the way back to the original's bytes.
pub struct Folded<'t> {
    text: Cow<'t, str>,
    /// Byte of the original for each byte of `text`; nothing where they are the same.
    origins: Option<Vec<u32>>,
    original_len: usize,
}

impl<'t> Folded<'t> {
    /// Folds a text.
    #[must_use]
    pub fn new(original: &'t str) -> Self {
        if original.is_ascii() {
            let text = if original.bytes().any(|b| b.is_ascii_uppercase()) {
                Cow::Owned(original.to_ascii_lowercase())
            } else {
                Cow::Borrowed(original)
            };
            return Self { text, origins: None, original_len: original.len() };
        }
        let mut text = String::with_capacity(original.len() + 8);
        let mut origins = Vec::with_capacity(original.len() + 8);
        for (at, c) in original.char_indices() {
            text.extend(c.to_lowercase());
            origins.resize(text.len(), at as u32);
        }
        Self { text: Cow::Owned(text), origins: Some(origins), original_len: original.len() }
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn origin(&self, at: usize) -> usize {
        match &self.origins {
            None => at,
            Some(origins) => origins.get(at).map_or(self.original_len, |origin| *origin as usize),
        }
    }

    /// Whether a term that stands at `start..end` stands there as a word of its own.
    fn stands_alone(&self, start: usize, end: usize) -> bool {
        let joins = |outer: Option<char>, inner: Option<char>| {
            outer.is_some_and(char::is_alphanumeric) && inner.is_some_and(char::is_alphanumeric)
        };
        let term = &self.text[start..end];
        !joins(self.text[..start].chars().next_back(), term.chars().next())
            && !joins(self.text[end..].chars().next(), term.chars().next_back())
    }

    /// Whether a device's own serial stands there although other letters touch it: after a label without a space, or
    /// so long that chance is out of the question.
    fn is_glued_serial(&self, start: usize, end: usize) -> bool {
        let serial = &self.text[start..end];
        let label = ["sn", "s/n", "serial", "no", "nr"].iter().any(|label| self.text[..start].ends_with(label));
        serial.bytes().any(|b| b.is_ascii_digit()) && (serial.len() >= 8 || (serial.len() >= 5 && label))
    }

    fn mark(&self, start: usize, term: &Term, found: &mut Found) {
        found.mark(self.origin(start), self.origin(start + term.text.len()), term.rule, term.kind);
    }
}

fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Something that the install's database names, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    text: String,
    rule: &'static str,
    kind: IdentifierKind,
}

/// What a device is known by.
#[derive(Debug, Clone, Default)]
pub struct DeviceTerms(Vec<Term>);

impl DeviceTerms {
    /// The terms of a device, without those that would eat ordinary words.
    #[must_use]
    pub fn of(device: &Device<'_>) -> Self {
        let mut terms = Terms::default();
        terms.host(device.hostname.as_ref(), "known.hostname");
        terms.host(device.sys_name.as_ref(), "known.sysname");
        terms.host(device.display.as_ref(), "known.display");
        terms.whole(device.ip.as_ref(), "known.ip", IdentifierKind::Ip);
        terms.serial(device.serial.as_ref());
        terms.contact(device.sys_contact.as_ref());
        terms.location(device.location.as_ref());
        terms.0.retain(|term| guard::identifies_a_device(&term.text));
        Self(terms.0)
    }

    /// Marks every place where one of the terms stands.
    pub fn find(&self, text: &Folded<'_>, found: &mut Found) {
        for term in &self.0 {
            let mut from = 0;
            while let Some(at) = text.text[from..].find(term.text.as_str()) {
                let (start, end) = (from + at, from + at + term.text.len());
                if text.stands_alone(start, end)
                    || (term.kind == IdentifierKind::Serial && text.is_glued_serial(start, end))
                {
                    text.mark(start, term, found);
                }
                from = end;
            }
        }
    }
}

/// Terms as they are gathered from a device.
#[derive(Default)]
struct Terms(Vec<Term>);

impl Terms {
    fn push(&mut self, text: &str, rule: &'static str, kind: IdentifierKind) {
        let text = folded(text.trim_matches(|c: char| !c.is_alphanumeric()));
        if !text.is_empty() && self.0.iter().all(|term| term.text != text) {
            self.0.push(Term { text, rule, kind });
        }
    }

    fn whole(&mut self, text: Option<&Text<'_>>, rule: &'static str, kind: IdentifierKind) {
        if let Some(text) = text {
            self.push(&clean(text), rule, kind);
        }
    }

    /// A name in whole and its first label; an address where the install polls by address.
    fn host(&mut self, name: Option<&Text<'_>>, rule: &'static str) {
        let Some(name) = name else { return };
        let name = clean(name);
        let address = guard::is_address(&name);
        let label = name.split('.').next().unwrap_or_default();
        let kind = match (address, label.len() < name.len()) {
            (true, _) => IdentifierKind::Ip,
            (_, true) => IdentifierKind::Fqdn,
            _ => IdentifierKind::Hostname,
        };
        self.push(&name, rule, kind);
        if !address {
            self.push(label, rule, IdentifierKind::Hostname);
        }
    }

    fn serial(&mut self, serial: Option<&Text<'_>>) {
        let Some(serial) = serial else { return };
        let serial = clean(serial);
        self.push(&serial, "known.serial", IdentifierKind::Serial);
        let bare: String = serial.chars().filter(|c| c.is_alphanumeric()).collect();
        if bare.len() < serial.len() {
            self.push(&bare, "known.serial", IdentifierKind::Serial);
        }
    }

    /// The person and the mail address of a contact, each by itself; both, if one names the other, are found as two.
    fn contact(&mut self, contact: Option<&Text<'_>>) {
        let Some(contact) = contact else { return };
        let contact = clean(contact);
        if !contact.contains('@') {
            self.push(&contact, "known.contact", IdentifierKind::Person);
        }
        let mut person = String::new();
        for word in contact.split(|c: char| c.is_whitespace() || "<>()[],;\"".contains(c)) {
            if word.contains('@') {
                self.push(word, "known.contact", IdentifierKind::Email);
            } else if !word.is_empty() {
                if !person.is_empty() {
                    person.push(' ');
                }
                person.push_str(word);
            }
        }
        self.push(&person, "known.contact", IdentifierKind::Person);
    }

    /// A location in whole and its parts between commas.
    fn location(&mut self, location: Option<&Text<'_>>) {
        let Some(location) = location else { return };
        let location = clean(location);
        self.push(&location, "known.location", IdentifierKind::Location);
        for part in location.split([',', ';', '|']) {
            self.push(part, "known.location", IdentifierKind::Location);
        }
    }
}

/// What the whole install is known by: names and serials of all devices, and the admin's own words.
///
/// Both maps are only looked into, never iterated: hash order is not an order.
#[derive(Debug, Default)]
pub struct InstallTerms {
    /// The terms, by their text.
    terms: HashMap<String, (&'static str, IdentifierKind), FixedState>,
    /// Words that terms begin with, with the most words that a term has which begins so.
    beginnings: HashMap<String, usize, FixedState>,
    words: DeviceTerms,
}

/// Most words of a term that is searched in the texts of other devices.
const MAX_WORDS: usize = 12;

impl InstallTerms {
    /// The index of an install.
    #[must_use]
    pub fn of(devices: &[Device<'_>], words: &[Text<'_>]) -> Self {
        let mut index = Self { words: admin_words(words), ..Self::default() };
        for device in devices {
            let mut terms = Terms::default();
            terms.host(device.hostname.as_ref(), "known.neighbour");
            terms.host(device.sys_name.as_ref(), "known.neighbour");
            terms.host(device.display.as_ref(), "known.neighbour");
            terms.serial(device.serial.as_ref());
            for term in terms.0 {
                if guard::identifies_within_an_install(&term.text) {
                    index.add(term);
                }
            }
        }
        index
    }

    fn add(&mut self, term: Term) {
        let mut parts = words(&term.text);
        let Some((_, first)) = parts.next() else { return };
        let count = (1 + parts.count()).min(MAX_WORDS);
        let most = self.beginnings.entry_ref(first).or_insert(0);
        *most = count.max(*most);
        // The first device that has a term decides what it is called; devices come in a fixed order.
        self.terms.entry(term.text).or_insert((term.rule, term.kind));
    }

    /// Marks every place where one of the terms stands.
    pub fn find(&self, text: &Folded<'_>, found: &mut Found) {
        self.words.find(text, found);
        if self.terms.is_empty() {
            return;
        }
        for (start, word) in words(&text.text) {
            let Some(most) = self.beginnings.get(word) else { continue };
            for (at, word) in words(&text.text[start..]).take(*most) {
                let end = start + at + word.len();
                if let Some((rule, kind)) = self.terms.get(&text.text[start..end]) {
                    found.mark(text.origin(start), text.origin(end), rule, *kind);
                }
            }
        }
    }
}

/// The admin's words, taken as they are: no guard, the admin knows best.
fn admin_words(words: &[Text<'_>]) -> DeviceTerms {
    let mut terms = Vec::new();
    for word in words {
        let text = folded(clean(word).trim());
        if !text.is_empty() {
            terms.push(Term { text, rule: "admin.term", kind: IdentifierKind::Term });
        }
    }
    DeviceTerms(terms)
}

/// Runs of letters and digits, with their positions.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    core::iter::from_fn(move || {
        let start = rest + text[rest..].find(char::is_alphanumeric)?;
        let end = text[start..].find(|c: char| !c.is_alphanumeric()).map_or(text.len(), |at| start + at);
        rest = end;
        Some((start, &text[start..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked<'t>(text: &'t str, device: &Device<'_>) -> Vec<(&'t str, &'static str)> {
        let mut found = Found::default();
        DeviceTerms::of(device).find(&Folded::new(text), &mut found);
        found.united().iter().map(|span| (&text[span.start..span.end], span.rule)).collect()
    }

    #[test]
    fn a_host_is_found_in_whole_and_by_its_first_label_in_any_case() {
        let device = Device { hostname: Some("core1-lon.example.net".into()), ..Device::default() };
        assert_eq!(
            marked("CORE1-LON.example.net / core1-lon (core1-lon2)", &device),
            [("CORE1-LON.example.net", "known.hostname"), ("core1-lon", "known.hostname")]
        );
    }

    #[test]
    fn serials_contacts_and_locations_are_found_in_their_parts() {
        let device = Device {
            serial: Some("FOC-1234-X0".into()),
            sys_contact: Some("Ingrid Haugen <ingrid@noc.example>".into()),
            location: Some("Halden DC 3, Rack 12b".into()),
            ..Device::default()
        };
        assert_eq!(
            marked("FOC1234X0 by ingrid haugen at halden dc 3, mail ingrid@noc.example", &device),
            [
                ("FOC1234X0", "known.serial"),
                ("ingrid haugen", "known.contact"),
                ("halden dc 3", "known.location"),
                ("ingrid@noc.example", "known.contact")
            ]
        );
    }

    #[test]
    fn a_device_s_own_serial_is_found_where_other_letters_touch_it() {
        let device = Device { serial: Some("ibC2d".into()), ..Device::default() };
        assert_eq!(marked("SnmpService SnibC2d", &device), [("ibC2d", "known.serial")]);
        assert_eq!(marked("calibc2de", &device), []);
        let device = Device { serial: Some("4711X0815".into()), ..Device::default() };
        assert_eq!(marked("V4711X0815_2", &device), [("4711X0815", "known.serial")]);
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
    }

    #[test]
    fn other_scripts_are_compared_in_any_case_and_positions_are_those_of_the_original() {
        let device = Device { location: Some("Łódź Főépület".into()), ..Device::default() };
        assert_eq!(marked("İ switch, ŁÓDŹ FŐÉPÜLET", &device), [("ŁÓDŹ FŐÉPÜLET", "known.location")]);
    }

    #[test]
    fn a_neighbour_s_name_is_found_through_the_index() {
        let devices = [
            Device { hostname: Some("sw-core-07.example.net".into()), ..Device::default() },
            Device { hostname: Some("cisco".into()), serial: Some("FDO2201A0BC".into()), ..Device::default() },
        ];
        let install = InstallTerms::of(&devices, &["Ømega Werk".into()]);
        let text = "cisco uplink to SW-CORE-07, fdo2201a0bc, ØMEGA werk";
        let mut found = Found::default();
        install.find(&Folded::new(text), &mut found);
        let marked: Vec<_> = found.united().iter().map(|span| (&text[span.start..span.end], span.rule)).collect();
        assert_eq!(
            marked,
            [("SW-CORE-07", "known.neighbour"), ("fdo2201a0bc", "known.serial"), ("ØMEGA werk", "admin.term")]
        );
    }
}
