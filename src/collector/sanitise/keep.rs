//! Reasons to keep a match: versions, technical words, names that OS discovery needs.

use super::fold::fold_into;
use super::guard;
use super::word_list::WordList;
use alloc::string::String;

/// A reason to keep a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Only technical words or a replacement.
    Technical,
    /// The same, but only a single word: two words may be the name of one of many devices (`log-main`).
    TechnicalWord,
    /// A word without a digit that is not in groups of capitals.
    WithoutDigit,
    /// Looks like a version: digits and dots, optionally after a `v`.
    Version,
    /// Not an IPv4 address, or one that looks like a version and that the text does not call an address.
    NoIpv4,
    /// Not an IPv6 address.
    NoIpv6,
    /// Only digits and separators: a time, a date.
    DigitsOnly,
    /// A time of day.
    Time,
    /// A number after a word like `version` or `release`.
    AfterVersionWord,
    /// A default name that OS discovery needs.
    VendorDefault,
    /// A public web page.
    PublicUrl,
    /// Not a MAC address of twelve hexadecimal digits.
    NoMac,
    /// A word with a lower-case letter.
    Lowercase,
    /// Too few digits for a licence key.
    NoKey,
    /// A kernel configuration that is part of the system.
    KernelConfig,
    /// A lower-case word, as in `password protected`.
    PlainWord,
    /// Not a login name: it begins with a capital, or is a word of letters in the middle of a sentence.
    NoLogin,
    /// One word with a capital and lower-case letters, like names of products (`name: Switch`).
    Capitals,
    /// A model after a replaced host name (`hostname: CBS350-24P`).
    AfterPlaceholder,
    /// The user and host of a public build system.
    ProjectBuilder,
    /// A vendor's mail address for support.
    VendorMail,
    /// A word with an at sign in it, as in a product's name.
    NoHost,
    /// A vendor's name, or a technical word in place of a name.
    VendorName,
    /// An address whose digits are all 0 or all F.
    NoMachine,
    /// Only zeros: it has been replaced before.
    Zeros,
    /// A part of a longer name: there are words on both sides.
    InAName,
    /// A letter or digit directly precedes it.
    Glued,
    /// The name of a system, or a word that its release follows.
    System,
    /// The build of a kernel, in `uname`.
    KernelBuild,
    /// A release, an order number or a platform by a vendor's grammar.
    Release,
    /// A model, part or order number, by the word before it.
    AfterModelWord,
    /// A field of an IEEE 1284 device ID other than the serial number.
    Ieee1284,
}

/// Words after which a dotted number is a version.
const VERSION_WORDS: WordList = WordList::new(&[
    "aos", "boot", "bootrom", "build", "firmware", "fw", "ga", "hw", "kernel", "os", "patch", "rel", "release", "rev",
    "revision", "rom", "software", "sw", "v", "ver", "vers", "version", "versions",
]);

/// Words that precede a model, part or order number.
const MODEL_WORDS: WordList = WordList::new(&[
    "artno",
    "board",
    "chipset",
    "cpu",
    "ean",
    "gtin",
    "hwid",
    "mdl",
    "mlfb",
    "mn",
    "mod",
    "model",
    "modell",
    "modello",
    "modelname",
    "modelo",
    "opt",
    "option",
    "order",
    "part",
    "partno",
    "partnumber",
    "pid",
    "platform",
    "pn",
    "prod",
    "product",
    "produkt",
    "sku",
    "typ",
    "type",
    "upc",
]);

/// Words that precede an address.
const ADDRESS_WORDS: WordList = WordList::new(&[
    "addr",
    "address",
    "at",
    "dhcp",
    "dns",
    "from",
    "gateway",
    "gw",
    "host",
    "inet",
    "ip",
    "ipaddr",
    "ipaddress",
    "ipv4",
    "lan",
    "listen",
    "mgmt",
    "mgt",
    "nat",
    "ntp",
    "peer",
    "ping",
    "pool",
    "src",
    "subnet",
    "tcp",
    "udp",
    "via",
    "vip",
    "wan",
]);

/// First words of vendors' names that look like institutions, and words before `bank` and `telecom` that are not
/// part of a name.
const VENDORS_LIKE_INSTITUTIONS: &[&str] = &[
    "american",
    "british",
    "loop",
    "china",
    "datang",
    "deutsche",
    "france",
    "hellenic",
    "international",
    "memory",
    "power",
    "shenzhen",
    "sun",
    "swisscom",
    "telco",
    "battery",
    "the",
    "italia",
];

/// Domains of public build systems.
const PROJECTS: &[&str] = &[
    ".centos.org",
    ".debian.org",
    ".fedoraproject.org",
    ".freebsd.org",
    ".kernel.org",
    ".netbsd.org",
    ".gnu.org",
    ".openbsd.org",
    ".sourceforge.net",
    ".ubuntu.com",
];

/// First labels of public web servers.
const PUBLIC_HOSTS: &[&str] =
    &["www", "support", "docs", "doc", "help", "kb", "download", "downloads", "community", "developer"];

impl Keep {
    /// Whether `find`, between `before` and `after`, stays.
    #[must_use]
    pub fn holds(self, before: &str, find: &str, after: &str) -> bool {
        match self {
            Self::Technical => {
                let mut folded = String::new();
                fold_into(find, &mut folded);
                folded.split(|c: char| !c.is_alphanumeric()).all(|word| word.is_empty() || guard::is_technical(word))
            }
            Self::TechnicalWord => {
                find.bytes().all(|b| b.is_ascii_alphanumeric()) && guard::is_technical(&find.to_ascii_lowercase())
            }
            Self::WithoutDigit => {
                let capitals = |part: &str| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_uppercase());
                let grouped = find.len() >= 8 && find.contains('-') && find.split('-').all(capitals);
                !(grouped || find.bytes().any(|b| b.is_ascii_digit()))
            }
            Self::Version => {
                find.trim_start_matches(['v', 'V']).bytes().all(|b| b.is_ascii_digit() || b == b'.')
                    && find.contains('.')
            }
            Self::NoIpv4 => !is_ipv4(before, find, after),
            Self::NoIpv6 => {
                let address = find.split(['/', '%']).next().unwrap_or_default();
                address.parse::<core::net::Ipv6Addr>().is_err()
                    || address.bytes().filter(|b| b.is_ascii_hexdigit()).count() < 3
            }
            Self::Lowercase => find.bytes().any(|b| b.is_ascii_lowercase()),
            Self::DigitsOnly => !find.bytes().any(|b| b.is_ascii_alphabetic()),
            Self::Time => {
                let mut parts = find.split(':').map(|part| part.parse::<u8>().ok());
                let within = |part: Option<Option<u8>>, limit| part.flatten().is_some_and(|n| n < limit);
                within(parts.next(), 24) && within(parts.next(), 60) && within(parts.next(), 62)
            }
            Self::AfterVersionWord => VERSION_WORDS.contains(&last_word(before)),
            Self::VendorDefault => guard::is_vendor_default(&find.to_ascii_lowercase()),
            Self::PublicUrl => is_public(find),
            Self::NoMac => {
                !matches!(find.bytes().filter(u8::is_ascii_hexdigit).count(), 6 | 12 | 16)
                    || !find.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'-' | b'.' | b' '))
            }
            // A source tag has a number (`QRV_21`).
            Self::KernelConfig if find.contains('_') && find.ends_with(|c: char| c.is_ascii_digit()) => true,
            Self::KernelConfig => ["GENERIC", "NS", "COMPELLENT", "NETSCALER", "MINIMAL", "XEN", "INSTALL"]
                .iter()
                .any(|name| find.starts_with(name)),
            Self::PlainWord => find.bytes().all(|b| b.is_ascii_lowercase()) && !marked(before),
            Self::NoLogin => {
                // In the middle of a sentence it is an ordinary word.
                let sentence = after
                    .strip_prefix(' ')
                    .is_some_and(|after| after.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()));
                !find.starts_with(|c: char| c.is_ascii_lowercase())
                    || (sentence && !marked(before) && !before.trim_end().ends_with("by"))
            }
            Self::Capitals => {
                find.starts_with(|c: char| c.is_ascii_uppercase())
                    && find.bytes().skip(1).all(|b| b.is_ascii_lowercase())
                    && after.starts_with(' ')
            }
            Self::AfterPlaceholder => {
                before.trim_end_matches([' ', ':', '#']).ends_with("hostname")
                    && find.bytes().any(|b| b.is_ascii_uppercase())
            }
            Self::ProjectBuilder => {
                let host = find.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
                PROJECTS.iter().any(|project| host.ends_with(project))
            }
            Self::VendorMail => is_vendor_mail(before, find, after),
            Self::NoHost if find.find('@') == Some(1) => true,
            Self::NoHost => find.rsplit('@').next().is_some_and(|host| {
                host.len() < 2
                    || super::find::uname::names_nobody(&host.to_ascii_lowercase())
                    || (host.starts_with(|c: char| c.is_ascii_uppercase())
                        && guard::is_technical(&host.to_ascii_lowercase()))
            }),
            Self::NoMachine => {
                let digits = || find.bytes().filter(u8::is_ascii_hexdigit);
                digits().all(|digit| digit == b'0') || digits().all(|digit| digit.eq_ignore_ascii_case(&b'f'))
            }
            Self::Zeros => {
                let mut digits = find.bytes().filter(u8::is_ascii_digit).peekable();
                digits.peek().is_some() && digits.all(|digit| digit == b'0')
            }
            Self::InAName => {
                let word = |text: Option<char>| text.is_some_and(char::is_alphanumeric);
                word(before.trim_end().chars().next_back()) && word(after.trim_start().chars().next())
            }
            Self::Glued => before.ends_with(char::is_alphanumeric),
            Self::System => {
                super::find::uname::is_system(find)
                    || find.to_ascii_lowercase().contains("unix")
                    || after.starts_with(" release")
            }
            Self::KernelBuild => {
                let next = after.trim_start().split(' ').next().unwrap_or_default();
                ["SMP", "PREEMPT", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&next)
            }
            Self::VendorName => {
                let mut folded = String::new();
                fold_into(find, &mut folded);
                let mut words = folded.split([' ', '-']);
                VENDORS_LIKE_INSTITUTIONS.contains(&words.next().unwrap_or_default())
                    || (find.starts_with(|c: char| c.is_ascii_uppercase())
                        && folded.split(' ').all(guard::is_technical))
            }
            // The rules check the grammars themselves.
            Self::Release => false,
            Self::AfterModelWord => MODEL_WORDS.contains(&last_word(before)),
            Self::Ieee1284 => {
                let device_id = |text: &str| text.contains("MDL:") || text.contains("MODEL:");
                before.ends_with(':') && after.starts_with(';') && (device_id(before) || device_id(after))
            }
            Self::NoKey => {
                let digits = find.bytes().filter(u8::is_ascii_digit).count();
                let grouped = find.split('-').count() >= 3 && find.split('-').all(|part| part.len() >= 4);
                (digits < 3 && !grouped) || find.len() < 8
            }
        }
    }
}

/// Whether there is a punctuation mark between the label and the value.
fn marked(before: &str) -> bool {
    before.trim_end().ends_with([':', '=', '#'])
}

/// The letters directly before, lower case, ignoring separators between a word and its number.
fn last_word(before: &str) -> String {
    let word = before.trim_end_matches([' ', '\t', ':', '=', '.', '-', '_', '(', '/', ',']);
    let other = word.char_indices().rfind(|(_, c)| !c.is_ascii_alphanumeric());
    let start = other.map_or(0, |(at, c)| at + c.len_utf8());
    word.get(start..).unwrap_or_default().to_ascii_lowercase()
}

/// Four dotted numbers are an address if they can be one and are too large for a version, or if the text
/// calls them one.
fn is_ipv4(before: &str, find: &str, after: &str) -> bool {
    let (quad, rest) = find.split_at(find.find(['/', ':', '-']).unwrap_or(find.len()));
    let Ok(address) = quad.parse::<core::net::Ipv4Addr>() else { return false };
    // Loopback addresses and masks.
    if address == core::net::Ipv4Addr::LOCALHOST || address.octets()[..2] == [255, 255] {
        return false;
    }
    // A longer dotted number is not an address.
    if after.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_alphanumeric())) {
        return false;
    }
    let word = last_word(before);
    if word.strip_prefix('v').is_some_and(str::is_empty) || VERSION_WORDS.contains(&word) {
        return false;
    }
    if ADDRESS_WORDS.contains(&word) || before.ends_with('@') {
        return true;
    }
    if let Some(other) = rest.strip_prefix('-') {
        // The ends of an address range share a network; two versions do not, or are equal.
        return other != quad
            && other.parse::<core::net::Ipv4Addr>().is_ok_and(|other| other.octets()[..3] == address.octets()[..3]);
    }
    let octets = address.octets();
    // After a mail address or a host name, or alone, an address is more likely than a version.
    let alone = before.trim().is_empty() && after.trim().is_empty();
    let contact = before
        .trim_end_matches([' ', ',', ';', '('])
        .rsplit([' ', ',', ';'])
        .next()
        .is_some_and(|word| word.contains('@'));
    if contact || !rest.is_empty() || (alone && (address.is_private() || octets.iter().any(|octet| *octet >= 100))) {
        return true;
    }
    // Versions begin with small numbers. So do addresses in 10/8, where the second number is decisive.
    match octets[0] {
        10 => octets[1] >= 30,
        first => first >= 46 && (address.is_private() || octets.iter().any(|octet| *octet >= 100)),
    }
}

/// Vendors' mailboxes, and what a sentence offers there.
const OFFICES: &[&str] =
    &["help", "info", "sales", "service", "support", "tech", "techsupport", "technical", "webmaster"];
const OFFERS: &[&str] =
    &["assistance", "details", "firmware", "help", "information", "more", "service", "support", "technical", "updates"];

/// Whether a mail address is a vendor's for its customers: of an office at a vendor that the text names or that is
/// well known, or in a sentence that offers help.
fn is_vendor_mail(before: &str, find: &str, after: &str) -> bool {
    let mail = find.to_ascii_lowercase();
    let Some((office, domain)) = mail.split_once('@') else { return false };
    if !OFFICES.contains(&office) {
        return false;
    }
    let vendor = domain.split('.').next().unwrap_or_default();
    let named = |text: &str| vendor.len() >= 3 && text.to_ascii_lowercase().contains(vendor);
    let offered = after.strip_prefix(" for ").is_some_and(|offer| OFFERS.iter().any(|word| offer.starts_with(word)));
    let support = before.trim_end_matches([' ', ':']).to_ascii_lowercase().ends_with("support");
    guard::is_technical(vendor) || named(before) || named(after) || offered || support
}

fn is_public(url: &str) -> bool {
    let host = url
        .split("://")
        .nth(1)
        .unwrap_or(url)
        .split(['/', ':', '?', '#'])
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let labels = host.split('.').count();
    let Some(last) = host.rsplit('.').next() else { return false };
    let first = host.split('.').next().unwrap_or_default();
    labels >= 2
        && !super::find::names::is_private_domain(last)
        && super::find::names::is_public_domain(last)
        && (labels == 2 || PUBLIC_HOSTS.contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_addresses_are_distinguished() {
        for (before, find) in [
            ("IP: ", "1.2.3.4"),
            ("AP ", "10.120.130.40"),
            ("x ", "192.168.1.1"),
            ("pool ", "10.1.1.1-10.1.1.9"),
            ("x ", "9.9.9.9/8"),
        ] {
            assert!(!Keep::NoIpv4.holds(before, find, ""), "{before}{find}");
        }
        for (before, find) in [
            ("firmware v", "10.30.4.12"),
            ("(", "6.2.5.3"),
            ("FW:", "204.2.0.5"),
            ("x ", "999.1.2.3"),
            ("AOS ", "17.22.2.18-17.22.2.18"),
        ] {
            assert!(Keep::NoIpv4.holds(before, find, ""), "{before}{find}");
        }
    }

    #[test]
    fn vendors_pages_and_private_pages_are_distinguished() {
        assert!(Keep::PublicUrl.holds("", "http://www.cisco.com/techsupport", ""));
        for url in ["https://10.1.1.1/", "http://nas3/x", "https://muc1-nas-47.acme.lan/", "http://sw1.acme.com/"] {
            assert!(!Keep::PublicUrl.holds("", url, ""), "{url}");
        }
    }
}
