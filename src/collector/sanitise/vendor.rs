//! Known identifiers that are the name of the vendor, product or model in their position, and so stay: a switch named
//! after its model, a vendor's default contact, the city in a copyright line.
//!
//! A name stays only if the text itself shows what it is: in or next to a copyright line, or in a model's position
//! with a model's shape. It never stays where hostnames occur (before a comma or a colon, after a label, in a dotted
//! name).

use super::find::uname::is_system;
use super::guard::{is_technical, is_vendor};
use super::hashing;
use super::scan::{Scan, Traits};
use super::word_list::is_one_of;
use alloc::vec::Vec;
use core::cell::OnceCell;

/// What a known identifier may be otherwise, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts(u8);

impl Parts {
    /// Nothing else.
    pub const NONE: Self = Self(0);
    /// A company, a person or a place: stays in a copyright line, and as the vendor's name before it.
    pub const COMPANY: Self = Self(1);
    /// The name in a vendor's default contact address: stays as the first word before a product.
    pub const MAKER: Self = Self(1 << 1);
    /// A model: stays in a model's position.
    pub const MODEL: Self = Self(1 << 2);
    /// A vendor's name with a model: stays first.
    pub const PRODUCT: Self = Self(1 << 4);
    /// LibreNMS's name for the device's operating system: stays unless a label or domain shows that it is a hostname.
    pub const SYSTEM: Self = Self(1 << 3);

    /// The union of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The intersection of both.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Without those in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` are set.
    #[must_use]
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Endings of words in company names, lower case. Words for institutions (`bank`, `university`) are not included:
/// those are customers.
const COMPANY_WORDS: &str = "\
    ab ag bv co communications company corp corporation electronics gmbh inc incorporated industries kg limited llc \
    ltd networks oy plc pty sa software srl systems tech technologies technology";

/// Letters before the number of a hostname, lower case. Models do not have them.
const ROLES: &str = "\
    acc ap app cam core cpe db dc dist dns edge esx fw gw host mail nas node olt pc pdu prn rt rtr site srv stor sw \
    tel ups vm web wifi wlan";

/// Evidence that a name is a model's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence {
    /// Devices with other names are this model.
    pub others: bool,
    /// The device's hardware field has it, and the description is more than that field.
    pub own: bool,
}

/// Words for kinds of devices, as the end of a word, lower case.
const DEVICES: &str = "switch router firewall gateway printer controller server modem bridge";

/// Local parts of vendors' default mail addresses.
const VENDORS_MAILBOXES: &str = "\
    contact customerservice info sales service support techsupport";

/// Whether a contact is a vendor's default: a word, and a vendor's mail address in a domain of that name.
#[must_use]
pub fn is_vendors_contact(contact: &str, name: &str) -> bool {
    let mails = contact.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | ':'));
    name.len() >= 4
        && name.bytes().all(|b| b.is_ascii_alphabetic())
        && mails.filter_map(|mail| mail.split_once('@')).any(|(mailbox, domain)| {
            is_one_of(VENDORS_MAILBOXES, mailbox) && domain.split('.').next().is_some_and(|label| label == name)
        })
}

/// Whether a folded name may be a model's: a few letters, three digits or more, letters, and what follows a hyphen and
/// begins with a digit (`dgs-3120-24tc`).
#[must_use]
pub fn may_be_model(name: &str) -> bool {
    let letters = name.bytes().take_while(u8::is_ascii_lowercase).count();
    let rest = name[letters..].strip_prefix('-').unwrap_or(&name[letters..]);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=4).contains(&letters) || !(3..=5).contains(&digits) {
        return false;
    }
    let tail = rest[digits..].trim_start_matches(|c: char| c.is_ascii_lowercase());
    rest.len() - digits - tail.len() <= 4
        && (tail.is_empty()
            || tail.strip_prefix('-').is_some_and(|ports| ports.starts_with(|c: char| c.is_ascii_digit())))
        && tail.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !is_one_of(ROLES, &name[..letters])
}

/// Whether a folded name is the device's hardware, or a part of it up to a separator, like factory-default
/// names. Without two digits, only if digits follow in the hardware: `jace`, `JACE 8000`.
#[must_use]
pub fn is_hardware(name: &str, hardware: &str) -> bool {
    let separates = |b: &u8| matches!(b, b' ' | b'-' | b'_');
    let mut rest = hardware.as_bytes();
    for byte in name.bytes().filter(|b| !separates(b)) {
        while let [first, after @ ..] = rest
            && separates(first)
        {
            rest = after;
        }
        match rest {
            [first, after @ ..] if first.eq_ignore_ascii_case(&byte) => rest = after,
            _ => return false,
        }
    }
    let digits = |text: &[u8]| text.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = name.bytes().take_while(u8::is_ascii_lowercase).count();
    // Hosts are numbered: `ap12`, `halden-07`.
    let counted = name.bytes().rev().take_while(u8::is_ascii_digit).count() == digits(name.as_bytes())
        && (is_one_of(ROLES, &name[..letters]) || name[letters..].trim_start_matches('-').starts_with('0'));
    name.len() >= 3
        && rest.first().is_none_or(|b| !b.is_ascii_alphanumeric())
        && !counted
        && (digits(name.as_bytes()) >= 2 || digits(rest) >= 2)
}

/// Whether a folded name consists only of a vendor's name and a model.
#[must_use]
pub fn is_product(name: &str) -> bool {
    let mut words = name.split(' ');
    let is_makers = |word: &str| is_technical(word) || is_vendor(word);
    words.next().is_some_and(is_makers)
        && words.clone().any(may_be_model)
        && words.all(|word| is_makers(word) || may_be_model(word))
}

/// Hashes of the words of a text, separated by blanks, that may be a model.
pub fn for_each_model(text: &str, mut each: impl FnMut(u64)) {
    for word in text.split_ascii_whitespace().take(4) {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        if (4..=32).contains(&word.len()) && word.bytes().filter(u8::is_ascii_digit).count() >= 3 {
            let word = word.to_ascii_lowercase();
            if may_be_model(&word) {
                each(super::terms::key_of(&word).1);
            }
        }
    }
}

/// A text in which known identifiers are looked up. Positions are word indices.
pub struct Places<'s, 't> {
    text: &'s Scan<'t>,
    companies: OnceCell<Vec<(usize, usize)>>,
}

impl<'s, 't> Places<'s, 't> {
    /// The text is read only when needed.
    #[must_use]
    pub const fn new(text: &'s Scan<'t>) -> Self {
        Self { text, companies: OnceCell::new() }
    }

    /// Whether the words from `first` to `last` are something other than an identifier in this position.
    #[must_use]
    #[cold]
    pub fn is_other(&self, first: usize, last: usize, parts: Parts, evidence: Evidence) -> bool {
        (parts.include(Parts::SYSTEM) && self.is_no_name(first, last))
            || (parts.include(Parts::COMPANY) && self.is_company(first, last))
            || (parts.include(Parts::MAKER) && last == 0 && self.is_before_product())
            || (parts.include(Parts::PRODUCT) && first == 0 && self.is_set_apart(last))
            || (parts.include(Parts::MODEL) && self.is_model(first, last, evidence))
            || ((parts.include(Parts::MODEL) || parts.include(Parts::COMPANY)) && self.is_of_company(first, last))
    }

    #[inline(never)]
    fn hash(&self, at: usize) -> u64 {
        self.text.words.get(at).map_or(0, |word| word.hash)
    }

    #[inline(never)]
    fn folded(&self, at: usize) -> &str {
        self.text.words.get(at).map_or("", |word| &self.text.folded.as_str()[word.start as usize..word.end as usize])
    }

    /// The original between two bytes of the folded text.
    fn between(&self, from: usize, to: usize) -> &'t [u8] {
        let (start, end) = self.text.folded.origin(from, to);
        &self.text.folded.original.as_bytes()[start..end]
    }

    /// A word as in the original.
    #[inline(never)]
    fn word(&self, at: usize) -> &'t [u8] {
        self.text.words.get(at).map_or(&[], |word| self.between(word.start as usize, word.end as usize))
    }

    /// The text between a word and the one before it.
    #[inline(never)]
    fn gap(&self, at: usize) -> &'t [u8] {
        let words = &self.text.words;
        let from = at.checked_sub(1).and_then(|before| words.get(before)).map_or(0, |word| word.end as usize);
        self.between(from, words.get(at).map_or(self.text.folded.as_str().len(), |word| word.start as usize))
    }

    /// Whether one of these marks precedes a word.
    #[inline(never)]
    fn has_before(&self, at: usize, marks: &[u8]) -> bool {
        self.gap(at).iter().any(|byte| marks.contains(byte))
    }

    /// Whether there is a word here that does not begin with a lower-case letter.
    #[inline(never)]
    fn is_capitalised(&self, at: usize) -> bool {
        self.word(at).first().is_some_and(|byte| !byte.is_ascii_lowercase())
    }

    /// Whether no label, domain or login shows that this is a host name.
    fn is_no_name(&self, first: usize, last: usize) -> bool {
        let after = self.gap(last + 1).first();
        !self.has_before(first, b":=#@./\\") && !after.is_some_and(|byte| b"@.:/\\".contains(byte))
    }

    /// Whether this is part of the name of a company that the text names as its vendor, or starts the text and is that
    /// company's name.
    fn is_company(&self, first: usize, last: usize) -> bool {
        let is_first = first == 0 && self.gap(last + 1) == b" ";
        // `Cisco IOS Software [Amsterdam]`: releases are named after places; `Palo Alto Networks …`.
        let train = self.gap(last + 1).first() == Some(&b']') && first > 1 && self.hash(first - 1) == SOFTWARE;
        if (train && self.hash(first - 2) == IOS) || (is_first && is_one_of(COMPANY_WORDS, self.folded(last + 1))) {
            return true;
        }
        self.companies.get_or_init(|| self.companies()).iter().any(|(from, to)| {
            let has = |word| (*from..=*to).any(|at| self.hash(at) == self.hash(word));
            (*from <= first && last <= *to) || (is_first && (first..=last).all(has))
        })
    }

    /// Whether a product's name in capitals follows the first word.
    fn is_before_product(&self) -> bool {
        let (product, folded) = (self.word(1), self.folded(1));
        self.gap(1) == b" "
            && product.len() >= 3
            && is_in_capitals(product)
            && !is_technical(folded)
            && !is_one_of(ROLES, folded)
    }

    /// Whether there is nothing before the first word and nothing touches a later one.
    fn is_set_apart(&self, last: usize) -> bool {
        self.gap(0).is_empty() && self.gap(last + 1).first().is_none_or(u8::is_ascii_whitespace)
    }

    /// Whether this has a model's shape and position: first, or after the vendor's name. In lower case only after a
    /// company's full name.
    fn is_model(&self, first: usize, last: usize, evidence: Evidence) -> bool {
        let next = self.word(last + 1);
        let company = first > 1 && is_one_of(COMPANY_WORDS, self.folded(first - 1));
        if !(company || (first..=last).all(|at| is_in_capitals(self.word(at)))) || !self.is_set_apart(last) {
            return false;
        }
        if first == 0 {
            let apart = next.is_empty() || self.has_before(last + 1, b"([\"\r\n");
            let ports = (1..=last).any(|at| is_ports(self.word(at))) || (apart && names_ports(next));
            return evidence.others || (apart && evidence.own) || ports;
        }
        let is_makers = |at| {
            let (word, gap) = (self.word(at), self.gap(at + 1));
            (gap == b" " || (company && matches!(gap, b", " | b". ")))
                && word.first().is_some_and(u8::is_ascii_uppercase)
                && word.iter().all(u8::is_ascii_alphabetic)
        };
        let is_device = |at| DEVICES.split(' ').any(|device| self.folded(at).ends_with(device));
        // After the vendor's name, only a model is followed by a version or by nothing.
        let is_version = next.first().is_none_or(u8::is_ascii_digit) && self.gap(last + 2) != b" ";
        let follows_the_maker = first <= 2 && !is_system(self.folded(0)) && (next.is_empty() || is_version);
        first <= 4
            && (0..first).all(is_makers)
            && (evidence.others || evidence.own || is_device(last + 1) || is_device(last + 2) || follows_the_maker)
    }

    /// Whether this, in capitals, follows a second occurrence of the full company name with which the text begins
    /// (`Arista Networks EOS … running on an Arista Networks CVX`).
    fn is_of_company(&self, first: usize, last: usize) -> bool {
        let length = (1..=4).find(|length| is_one_of(COMPANY_WORDS, self.folded(*length)));
        length.is_some_and(|length| {
            let again = first.checked_sub(length + 1).filter(|again| *again > length);
            again.is_some_and(|again| (0..=length).all(|at| self.hash(at) == self.hash(again + at)))
                && (first..=last).all(|at| is_in_capitals(self.word(at)))
                && self.gap(first) == b" "
        })
    }

    /// The companies that a text names as its vendor: in a copyright line, or after `by` if the same name starts the
    /// text.
    fn companies(&self) -> Vec<(usize, usize)> {
        let mut companies = Vec::new();
        for at in 0..self.text.words.len() {
            let sign = self.text.traits.include(Traits::NON_ASCII) && self.gap(at).starts_with("©".as_bytes());
            let start = at + usize::from(!sign);
            if sign || self.hash(at) == COPYRIGHT || (self.hash(at) == C && self.has_before(at, b"(")) {
                companies.extend(self.company(start));
            } else if self.hash(at) == BY
                && self.hash(start) == self.hash(0)
                && is_one_of(COMPANY_WORDS, self.folded(at + 2))
            {
                companies.push((start, at + 2));
            }
        }
        companies
    }

    /// The company name after a copyright sign: capitalised words up to an ending of company names, or one
    /// word after a year.
    fn company(&self, mark: usize) -> Option<(usize, usize)> {
        let (mut start, mut year) = (mark, false);
        while let Some(word) = self.text.words.get(start).filter(|word| word.number || [C, BY].contains(&word.hash)) {
            year |= word.number && word.end - word.start == 4;
            start += 1;
        }
        let mut end = None;
        for at in start..(start + 8).min(self.text.words.len()) {
            let company = at > start && is_one_of(COMPANY_WORDS, self.folded(at));
            let name = self.is_capitalised(at) && !self.has_before(at, b".,;:()");
            if self.has_before(at, b"\r\n") || !(company || (end.is_none() && (name || at == start))) {
                break;
            }
            if company {
                end = Some(at);
            }
        }
        // One word is a company name if nothing follows it.
        let alone = self.gap(start + 1).first().is_none_or(|byte| b".\r\n".contains(byte));
        let one = year && alone && self.is_capitalised(start);
        end.or(one.then_some(start)).map(|end| (start, end))
    }
}

/// Words that introduce the vendor.
const COPYRIGHT: u64 = hashing::hash("copyright");
const C: u64 = hashing::hash("c");
const BY: u64 = hashing::hash("by");
const IOS: u64 = hashing::hash("ios");
const SOFTWARE: u64 = hashing::hash("software");

fn is_in_capitals(word: &[u8]) -> bool {
    word.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// `48x10GE`: number and speed of ports.
fn names_ports(word: &[u8]) -> bool {
    word.windows(3).any(|w| w[0].is_ascii_digit() && w[1].eq_ignore_ascii_case(&b'x') && w[2].is_ascii_digit())
}

/// `24`, `48P`: the number of ports at the end of a model.
fn is_ports(word: &[u8]) -> bool {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    matches!(
        &word[..digits],
        b"8" | b"10" | b"12" | b"16" | b"24" | b"26" | b"28" | b"48" | b"50" | b"52" | b"54" | b"56"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Collector, Device};
    use alloc::string::String;

    #[test]
    fn a_name_that_is_the_device_s_model_is_recognised_by_its_hardware() {
        for (name, hardware) in [
            ("rb760igs", "RB760iGS"),
            ("nsa 2700", "NSa 2700"),
            ("cmc-iii-pu7030", "CMC III PU7030.000"),
            ("s5735", "S5735-L24P4X-A1"),
            ("jace", "JACE 8000"),
            ("ds1821", "DS1821+"),
        ] {
            assert!(is_hardware(name, hardware), "{name}: {hardware}");
        }
        for (name, hardware) in [
            ("halden", "RB760iGS"),
            ("rb760", "RB760iGS"),
            ("ap12", "AP12"),
            ("halden-07", "Halden-07"),
            ("core", "Core"),
            ("s5", "S5 24"),
            ("halden", "Halden"),
        ] {
            assert!(!is_hardware(name, hardware), "{name}: {hardware}");
        }
        let kept = |name: &'static str, hardware: &'static str, text: &'static str| {
            let device = Device {
                sys_name: Some(name.into()),
                hardware: Some(hardware.into()),
                sys_descr: Some(text.into()),
                ..Device::default()
            };
            Collector::new().sanitise_device(&device).sys_descr.as_deref() == Some(text)
        };
        assert!(
            kept("RB760iGS", "RB760iGS", "RouterOS RB760iGS") && kept("GS1920", "GS1920-24HPv2", "GS1920-24HPv2 V4.70")
        );
        // The whole description; a name beside the model.
        assert!(!kept("ACME760", "ACME760", "ACME760") && !kept("halden", "RB760iGS", "RouterOS halden"));
    }

    #[test]
    fn releases_and_companies_named_after_places_stay() {
        let made = |location: &'static str, text: &'static str| {
            let device = Device { location: Some(location.into()), sys_descr: Some(text.into()), ..Device::default() };
            Collector::new().sanitise_device(&device).sys_descr.as_deref().map(String::from)
        };
        for (location, text) in [
            ("Amsterdam", "ACME IOS Software [Amsterdam], Version 17.3"),
            ("Palo Alto", "Palo Alto Networks VM-Series"),
        ] {
            assert_eq!(made(location, text).as_deref(), Some(text));
        }
        assert_eq!(made("Halden", "ACME [Halden]").as_deref(), Some("ACME [somewhere]"));
    }

    #[test]
    fn companies_are_read_from_copyright_lines() {
        let named = |text: &'static str| -> Vec<&str> {
            let scan = Scan::new(text);
            let words =
                |(from, to): (usize, usize)| &text[scan.words[from].start as usize..scan.words[to].end as usize];
            Places::new(&scan).companies().into_iter().map(words).collect()
        };
        for (text, company) in [
            (
                "ACME 7 Copyright (c) 2004-2016 Halden Nord Technologies Co., Ltd. All rights reserved",
                "Halden Nord Technologies Co., Ltd",
            ),
            ("Copyright (C) 2011 Halden Technologies Co.,Ltd", "Halden Technologies Co.,Ltd"),
            ("(C) Halden Electronics Inc.\r\nBuilt", "Halden Electronics Inc"),
            ("x Copyright (c) 2000-2019 Halden.\r\nAll rights", "Halden"),
            ("© 1999 by Halden Systems, Inc. y", "Halden Systems, Inc"),
            ("Copyright 2019 Ostvik & Halden Electronics", "Ostvik & Halden Electronics"),
            ("Halden Switch (S7) By Halden Networks", "Halden Networks"),
        ] {
            assert!(named(text).contains(&company), "{text}: {:?}", named(text));
        }
        for text in [
            "Copyright (c) 2019 Ingrid Haugen",
            "(c) Halden Kommune",
            "owned by Halden Networks",
            "Copyright 2019, all rights reserved by Halden",
            "Release (fc4) Halden Technologies",
            "ACME Copyright Halden.",
            "Copyright (c) 2019\r\nHalden Networks",
            "copyright",
        ] {
            assert_eq!(named(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn models_and_hosts_are_distinguished_by_their_shape() {
        for name in ["g8264", "ne0152t", "mes3500-24", "s5720-56c-pwr-ei-ac", "dgs-3120-24tc", "c9300"] {
            assert!(may_be_model(name), "{name}");
        }
        for name in [
            "n123-tll-rt-011",
            "sw1234",
            "halden7",
            "halden1234",
            "sw-core-07",
            "web01",
            "1234",
            "g82",
            "g8264.example",
            "g8264_halden",
            "fw-1234",
        ] {
            assert!(!may_be_model(name), "{name}");
        }
    }

    #[test]
    fn a_vendors_contact_has_the_vendors_name_and_mailbox() {
        assert!(is_vendors_contact("sangfor <support@sangfor.example>", "sangfor"));
        for (contact, name) in [
            ("halden <ingrid@halden.example>", "halden"),
            ("halden <support@mirabank.example>", "halden"),
            ("it <support@it.example>", "it"),
        ] {
            assert!(!is_vendors_contact(contact, name), "{contact}");
        }
    }

    /// The sanitised description of a device with the given fields.
    fn left(mut device: Device<'static>, text: &'static str) -> String {
        device.sys_descr = Some(text.into());
        Collector::new().sanitise_device(&device).sys_descr.unwrap()
    }

    fn named(name: &'static str) -> Device<'static> {
        Device { sys_name: Some(name.into()), ..Device::default() }
    }

    fn run_by(contact: &'static str, location: &'static str) -> Device<'static> {
        Device { sys_contact: Some(contact.into()), location: Some(location.into()), ..Device::default() }
    }

    #[test]
    fn manufacturers_and_models_stay_where_the_text_uses_them_as_such() {
        let company = "Ostvik Halden3 Technologies Co., Ltd.";
        for (device, text) in [
            (named("X8264"), "X8264 (\"48x10GE + 4x40GE\")"),
            (named("nx0152t"), "Halden ThinkSystem NX0152T RackSwitch"),
            (named("XES3500-24"), "XES3500-24"),
            (named("XES3500-24"), "XES3500-24 ProSwitch, 1.2"),
            (named("X5720-56C-PWR-EI-AC"), "X5720-56C-PWR-EI-AC\r\nACME 7"),
            (named("Ricoh MP C3003"), "RICOH MP C3003 1.04 / Network Printer"),
            (named("d-link"), "D-Link DGS"),
            (named("ax4200-48t"), "Halden Networks, Inc. ax4200-48t Ethernet Switch, kernel 12"),
            (named("Halden"), "Halden Gigabit Switch(S2910) By Halden Networks"),
            (named("Halden"), "Halden NGAF 8 Copyright (c) 2019 Halden Electronics Inc."),
            (Device { os: Some("halden-ngaf".into()), ..named("halden") }, "Halden NGAF 8"),
            (Device { hardware: Some("RackSwitch X8264".into()), ..named("x8264") }, "X8264\r\nACME 7"),
            (
                run_by("Ostvik TX-SecondPass Technology Co.,Ltd", ""),
                "TX-NET S3500 Copyright (c) 2012 Ostvik TX-NET Technology Co.,Ltd",
            ),
            (run_by(company, "Ostvik"), "ACME S5560 Copyright (c) 2004-2016 Ostvik Halden3 Technologies Co., Ltd. x"),
            (
                run_by("R&D Ostvik, Halden Technologies", "Ostvik, Norway"),
                "ACME (C) Ostvik Halden Technologies Co.,Ltd",
            ),
            (run_by("Halden <support@halden.example>", ""), "Halden NGAF"),
            (named("hvx"), "Halden Networks OS version 4.15 running on a Halden Networks HVX"),
            (named("X8264"), "Halden X8264 7.2.1"),
            (named("X8264"), "Halden X8264"),
        ] {
            assert_eq!(left(device, text), text);
        }
    }

    #[test]
    fn names_are_removed_where_names_occur() {
        for (device, text, expected) in [
            (named("X8264"), "X8264, BR-VDX6740T, NOS 7", "hostname, BR-VDX6740T, NOS 7"),
            (named("X8264"), "X8264: ACME (\"48x10GE\")", "hostname: ACME (\"48x10GE\")"),
            (named("X8264"), "X8264", "hostname"),
            (named("X8264"), "X8264 ACME 7", "hostname ACME 7"),
            (named("X8264"), "Linux X8264 5.10.0", "Linux hostname 5.10.0"),
            (named("hvx"), "Halden Networks OS running on HVX", "Halden Networks OS running on hostname"),
            (named("X8264"), "Linux X8264 5.10.0-21 #1 SMP", "Linux hostname 5.10.0-21 #1 SMP"),
            (named("X8264"), "ACME 7 X8264 Switch", "ACME 7 hostname Switch"),
            (named("X8264"), "uplink X8264 Switch", "uplink hostname Switch"),
            (named("Cisco Halden 7"), "Cisco Halden 7", "hostname"),
            (named("Ricoh MP C3003"), "uplink RICOH MP C3003", "uplink hostname"),
            (named("Ricoh MP C3003"), "RICOH MP C3003: ACME", "hostname: ACME"),
            (named("ax4200-48t"), "Halden ax4200-48t Ethernet Switch", "Halden hostname Ethernet Switch"),
            (named("X8264"), "[X8264] (\"48x10GE\")", "[hostname] (\"48x10GE\")"),
            (named("x8264"), "x8264 (\"48x10GE\")", "hostname (\"48x10GE\")"),
            (named("halden7"), "halden7, BR-VDX6740T, NOS 7", "hostname, BR-VDX6740T, NOS 7"),
            (named("sw7"), "sw7 Cisco IOS", "hostname Cisco IOS"),
            (named("SW1234"), "SW1234 (\"48x10GE\")", "hostname (\"48x10GE\")"),
            (named("Halden"), "Halden Gigabit Switch", "hostname Gigabit Switch"),
            (
                named("Halden"),
                "ACME 7, name: Halden, Copyright (c) 2019 Halden.",
                "ACME 7, name: hostname, Copyright (c) 2019 Halden.",
            ),
            (Device { os: Some("halden".into()), ..named("halden") }, "ACME name=halden 8", "ACME name=hostname 8"),
            (Device { hardware: Some("X8264".into()), ..named("X8264") }, "X8264", "hostname"),
            (
                Device { hardware: Some("RackSwitch X8264".into()), ..named("X8264") },
                "X8264 BR-VDX 7",
                "hostname BR-VDX 7",
            ),
            (
                Device { os: Some("halden".into()), location: Some("Halden".into()), ..named("halden") },
                "ACME Halden 8",
                "ACME somewhere 8",
            ),
            (named("X8264"), "X8264 48x10GE", "hostname 48x10GE"),
            (named("X8264"), "One Two Three Four Five X8264 Switch", "One Two Three Four Five hostname Switch"),
            (run_by("Ingrid Haugen", ""), "ACME, Copyright (c) 2019 Ingrid Haugen", "ACME, Copyright (c) 2019 someone"),
            (run_by("Halden Networks", ""), "ACME, owned by Halden Networks", "ACME, owned by someone"),
            (run_by("Halden <noc@halden.example>", ""), "Halden NGAF", "someone NGAF"),
            (run_by("Halden <support@halden.example>", "Halden"), "Halden NGAF", "someone NGAF"),
            (run_by("Halden <support@halden.example>", ""), "Halden core FW", "someone core FW"),
            (run_by("Halden <support@halden.example>", ""), "Halden FW 7", "someone FW 7"),
        ] {
            assert_eq!(left(device, text), expected);
        }
    }
}
