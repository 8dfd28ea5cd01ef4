//! Names of hosts by their looks: with a domain, with a role and a number, between brackets, alone.

use super::uname;
use crate::sanitise::bits::WordList;
use crate::sanitise::guard;
use crate::sanitise::scan::{Scan, Word};

/// Last labels of names that no public resolver knows; lower case, sorted.
static PRIVATE: WordList = WordList::new(&[
    "arpa",
    "bank",
    "corp",
    "domain",
    "example",
    "home",
    "int",
    "internal",
    "intern",
    "intra",
    "intranet",
    "invalid",
    "lab",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "localnet",
    "novalocal",
    "private",
    "test",
]);

/// Generic last labels; lower case, sorted. Two letters are a country's.
static GENERIC: WordList = WordList::new(&[
    "app",
    "bank",
    "beer",
    "biz",
    "cloud",
    "com",
    "coop",
    "dev",
    "digital",
    "edu",
    "energy",
    "global",
    "gov",
    "group",
    "host",
    "hosting",
    "hotel",
    "info",
    "int",
    "io",
    "mil",
    "mobi",
    "museum",
    "name",
    "net",
    "network",
    "online",
    "org",
    "pro",
    "school",
    "shop",
    "site",
    "solutions",
    "space",
    "store",
    "systems",
    "team",
    "tech",
    "technology",
    "town",
    "university",
    "web",
    "wien",
    "work",
    "xyz",
]);

/// Whether a last label belongs to a domain that is private or reserved for examples.
#[must_use]
pub fn is_private_domain(last: &str) -> bool {
    PRIVATE.contains(last)
}

/// Whether a last label is one that the public has.
#[must_use]
pub fn is_public_domain(last: &str) -> bool {
    GENERIC.contains(last)
        || (last.len() == 2 && last.bytes().all(|b| b.is_ascii_alphabetic()) && !NO_COUNTRY.contains(&last))
}

/// Two letters that end file names and versions and are no country, or a country that hardly names hosts.
const NO_COUNTRY: &[&str] =
    &["gz", "md", "js", "sh", "py", "so", "rc", "ko", "xz", "ii", "kb", "mb", "gb", "hw", "sw", "fw"];

const fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte >= 0x80
}

/// Marks names of hosts with their domain.
pub fn with_domain(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let bytes = original.as_bytes();
    let mut at = 0;
    while let Some(dot) = bytes[at..].iter().position(|b| *b == b'.').map(|found| at + found) {
        // A name is labels joined by single dots.
        let start = dot - bytes[..dot].iter().rev().take_while(|b| in_name(**b)).count();
        let mut end = dot;
        let mut labels = 1;
        while bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(|b| in_name(*b)) {
            end += 1 + bytes[end + 1..].iter().take_while(|b| in_name(**b)).count();
            labels += 1;
        }
        at = end.max(dot + 1);
        // No last label is a number, as the last part of a version is.
        if start == dot
            || bytes[end - 1].is_ascii_digit()
            || labels < 2
            || end - start > 253
            || !original.is_char_boundary(start)
            || !original.is_char_boundary(end)
        {
            continue;
        }
        let before = original[..start].chars().next_back();
        let touches = before.is_some_and(|c| matches!(c, '@' | '.' | '/' | '\\' | '%' | '~') || c.is_alphanumeric());
        let after = &original[end..];
        if !touches && !after.starts_with(['@', '(', '\\']) && is_name(&original[start..end], labels) {
            mark(start, end);
        }
    }
}

fn is_name(name: &str, labels: usize) -> bool {
    let upper = name.bytes().any(|b| b.is_ascii_uppercase());
    let name = name.to_ascii_lowercase();
    let first = name.split('.').next().unwrap_or_default();
    // Every machine's own name; and modules of a release in capitals, whose parts are short (`REL1271Z.NH.ec`).
    if name.split('.').all(uname::names_nobody)
        || (upper && name.rsplit('.').nth(1).is_some_and(|domain| domain.len() < 3 && name.split('.').count() > 2))
    {
        return false;
    }
    let Some(last) = name.rsplit('.').next() else { return false };
    if first.is_empty()
        || !name.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        || matches!(first, "www" | "ftp")
    {
        return false;
    }
    // A host's first label has letters, and none of the labels is a number, as in versions.
    let letters = first.bytes().filter(|b| b.is_ascii_alphabetic() || *b >= 0x80).count();
    if letters == 0
        || (letters == 1 && first.starts_with('v'))
        || name.split('.').skip(1).any(|label| label.len() < 4 && is_number(label) && !is_private_domain(last))
    {
        return false;
    }
    if is_private_domain(last) {
        return last != "arpa" || name.ends_with(".home.arpa");
    }
    is_public_domain(last)
        && (labels >= 3
            || (labels == 2
                && name.bytes().any(|b| b == b'-' || b.is_ascii_digit())
                && GENERIC.contains(last)
                && !last.is_empty()))
        && name.split('.').nth(labels - 2).is_some_and(|domain| domain.bytes().any(|b| b.is_ascii_alphabetic()))
}

/// What devices are called for, in names of hosts; lower case.
pub const ROLES: &[&str] = &[
    "acc", "access", "adm", "agg", "ap", "app", "asa", "asr", "backup", "bkp", "bng", "bras", "cam", "ce", "cmts",
    "core", "cpe", "cr", "cs", "db", "dc", "dhcp", "dist", "dns", "ds", "dsw", "edge", "esx", "esxi", "ext", "fw",
    "gw", "host", "hub", "hv", "idrac", "ilo", "ipmi", "kvm", "lb", "leaf", "log", "mail", "mon", "mx", "nas", "nat",
    "nms", "node", "ns", "ntp", "olt", "onu", "ont", "p", "pbx", "pc", "pdu", "pe", "pos", "print", "printer", "prn",
    "proxy", "ptr", "pve", "r", "radius", "rr", "rt", "rtr", "router", "san", "sbc", "spine", "sql", "srv", "server",
    "ssw", "stack", "storage", "sw", "switch", "syslog", "term", "tor", "ts", "ups", "usv", "vc", "vm", "voip", "vpn",
    "wap", "web", "wifi", "wlan", "wlc", "ws",
];

static ROLE_LIST: WordList = WordList::new(ROLES);

fn is_role(part: &str) -> bool {
    ROLE_LIST.contains(part)
}

/// Places as people abbreviate them: three letters and a number (`fra1`), or short ones with a separator.
fn is_site(part: &str) -> bool {
    let letters = part.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = part.len() - letters;
    (2..=4).contains(&letters) && (1..=2).contains(&digits) && part.bytes().skip(letters).all(|b| b.is_ascii_digit())
}

/// A role with its number.
fn is_numbered_role(part: &str) -> bool {
    let letters = part.bytes().take_while(u8::is_ascii_alphabetic).count();
    letters > 0
        && letters < part.len()
        && part.len() - letters <= if letters == 1 { 2 } else { 4 }
        && part.bytes().skip(letters).all(|b| b.is_ascii_digit())
        && is_role(&part[..letters])
}

/// Whether at least two parts are each a site or a role with its number, or a role beside one.
fn are_sites_and_roles(word: &str) -> bool {
    let parts = || word.split(['-', '_']).filter(|part| !part.is_empty());
    let strong = parts().filter(|part| is_site(part) || is_numbered_role(part)).count();
    strong >= 2 && parts().all(|part| is_site(part) || is_numbered_role(part) || is_number(part) || is_role(part))
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a word, lower case, is put together as names of hosts are: a role with a number and something else, or a
/// site with a role.
#[must_use]
pub fn looks_like_a_host(word: &str) -> bool {
    let parts = || word.split(['-', '_']).filter(|part| !part.is_empty());
    let (mut count, mut numbered, mut role, mut number, mut site) = (0, false, false, false, false);
    for part in parts() {
        count += 1;
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        // A long number is a day or a build.
        if digits == part.len() && digits >= 6 {
            return false;
        }
        if digits == 0 {
            role |= is_role(part);
        } else {
            number |= is_number(part);
            numbered |= is_numbered_role(part);
            site |= is_site(part);
        }
    }
    if count < 2 || !(numbered || role || site) {
        return false;
    }
    let other = || {
        parts().any(|part| {
            part.len() >= 3
                && part.bytes().any(|b| b.is_ascii_alphabetic())
                && !is_numbered_role(part)
                && !guard::is_technical(part)
        })
    };
    (role && number && site) || ((numbered || (role && number)) && other()) || are_sites_and_roles(word)
}

/// Marks words in capitals that are put together as names of hosts are: a role, a number that begins with 0, and a name
/// (`TG-SW-AGG-03`), as models are not.
pub fn with_role_in_capitals(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    if !text.folded.original.bytes().any(|b| b.is_ascii_uppercase()) {
        return;
    }
    let original = text.folded.original.as_bytes();
    let capital = |at: usize| original.get(at).is_some_and(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    for (start, word) in words_around(text, |word, folded| {
        // `03` behind a hyphen or letters.
        let (start, end) = (word.start as usize, word.end as usize);
        end - start >= 2
            && folded[end - 2] == b'0'
            && folded[end - 1].is_ascii_digit()
            && end >= 3
            && (folded[end - 3].is_ascii_lowercase() || (end - start == 2 && matches!(folded[end - 3], b'-' | b'_')))
    }) {
        if word.len() < 8
            || !capital(start)
            || !word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        {
            continue;
        }
        let folded = word.to_ascii_lowercase();
        let parts = || folded.split(['-', '_']).filter(|part| !part.is_empty());
        let role = parts().any(|part| is_role(part) || PURPOSES.contains(part) || is_numbered_role(part));
        let number = parts().any(|part| {
            let number = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
            number.len() == 2 && number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit())
        });
        let name = parts().any(|part| {
            part.len() >= 2
                && part.bytes().all(|b| b.is_ascii_lowercase())
                && !is_role(part)
                && !guard::is_technical(part)
        });
        if parts().count() >= 3 && role && number && name {
            mark(start, start + word.len());
        }
    }
}

/// Marks words that are put together as names of hosts are, in lower case, as models are not.
pub fn with_role(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    for (start, word) in numbered_words(text) {
        if word.len() >= 5
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
            && looks_like_a_host(word)
        {
            mark(start, start + word.len());
        }
    }
}

/// Marks a host's name where one is set apart: in brackets or quotes, before a prompt's sign, first before a colon.
pub fn set_apart(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for (start, word) in numbered_words(text) {
        if word.bytes().any(|b| b.is_ascii_uppercase()) {
            continue;
        }
        let end = start + word.len();
        let (before, after) = (&original[..start], &original[end..]);
        let opened = before.ends_with(['(', '[', '{', '<', '"', '\'', '«', '“', '`']);
        let closed = after.starts_with([')', ']', '}', '>', '"', '\'', '»', '”', '`']);
        let prompt = before.trim_matches([' ', '"', '\'']).is_empty()
            && (after.starts_with(['#', '>', ':', '"'])
                || after.starts_with(" :: ")
                || after.starts_with(" - ")
                || after.starts_with(" | "));
        let last = after.trim().is_empty()
            && (before.ends_with(" - ")
                || before.ends_with(" | ")
                || before.ends_with(" / ")
                || before.ends_with("@ "));
        let free = before
            .chars()
            .next_back()
            .is_some_and(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.' | '/' | '+' | '\\'));
        let at_the_end = after.trim().trim_matches(['"', '\'', '`']).is_empty()
            && free
            && word.len() >= 4
            && word.ends_with(two_digits(word));
        if ((opened && closed) || prompt || last || at_the_end) && is_host_set_apart(word) {
            mark(start, end);
        }
    }
}

/// The last two digits of a word, or what no word ends with.
fn two_digits(word: &str) -> &str {
    word.get(word.len().saturating_sub(2)..).filter(|end| end.bytes().all(|b| b.is_ascii_digit())).unwrap_or(" ")
}

/// Marks a name in capitals with a role and a number, first or last or in brackets.
pub fn in_capitals(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for (start, word) in numbered_words(text) {
        let end = start + word.len();
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, ' ' | '-' | '.' | '/'));
        let first = original[..start].trim_end().is_empty()
            || edge(original[..start].trim_end().chars().next_back())
            || original[..start].ends_with('\n');
        let last = original[end..].trim_start().is_empty() || edge(original[end..].trim_start().chars().next());
        if (first || last) && is_role_in_capitals(word) {
            mark(start, end);
        }
    }
}

/// A word without capitals that is a host's name where a name is expected: a role and a number, or put together as
/// names are.
fn is_host_set_apart(word: &str) -> bool {
    (3..=63).contains(&word.len()) && (looks_like_a_host(word) || is_numbered_role(word) || is_site_and_role(word))
}

/// `HALDENFW080`: a name, a role and a number in capitals.
fn is_role_in_capitals(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = word.len() - letters;
    if !(2..=3).contains(&digits) || letters < 6 || !word.bytes().skip(letters).all(|b| b.is_ascii_digit()) {
        return false;
    }
    let name = word[..letters].to_ascii_lowercase();
    ROLES
        .iter()
        .any(|role| name.strip_suffix(role).is_some_and(|prefix| prefix.len() >= 4 && !guard::is_technical(prefix)))
}

/// `pop3`-like parts on both sides of a hyphen.
fn is_site_and_role(word: &str) -> bool {
    let mut parts = word.split(['-', '_']);
    let (Some(one), Some(two)) = (parts.next(), parts.next()) else { return false };
    (is_numbered_role(one) || is_site(one))
        && (is_numbered_role(two)
            || is_site(two)
            || is_role(two)
            || parts.all(|part| part.len() <= 4 && is_number(part)))
}

/// What names of hosts say of their place or purpose, beside roles; lower case.
static PURPOSES: WordList = WordList::new(&[
    "agg", "aggr", "bkp", "branch", "campus", "core", "dc", "dist", "dmz", "edge", "fw", "gw", "hq", "idf", "lab",
    "mdf", "noc", "pop", "prod", "rtr", "srv", "sw", "test", "vpn", "wan",
]);

/// Marks a description that is nothing but a name: one word in lower case that is no technical one, or words in capitals
/// with what names of hosts say between them (`KARVIK_VPN_NORR`).
pub fn alone(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    // A name has few words, and a description that is one has no more: longer ones show by their first blank.
    let original = text.folded.original;
    let blank = |word: &Word| original.as_bytes().get(word.end as usize) == Some(&b' ');
    if text.words.len() > 10 || (text.words.len() > 1 && blank(&text.words[0])) {
        return;
    }
    let word = original.trim();
    if word.len() < 3 || word.len() > 63 || !word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    {
        return;
    }
    let capitals = word.bytes().any(|b| b.is_ascii_uppercase());
    if capitals && word.bytes().all(|b| b.is_ascii_alphabetic()) {
        return;
    }
    let start = original.len() - original.trim_start().len();
    let folded = word.to_ascii_lowercase();
    let parts = || folded.split(['-', '_']).filter(|part| !part.is_empty());
    let lower = !capitals && word.starts_with(|c: char| c.is_ascii_lowercase());
    if lower {
        let known = parts().all(|part| {
            guard::is_technical(part)
                || is_number(part)
                || is_compound(part)
                || uname::names_nobody(part)
                || uname::is_system(part)
        });
        if !known && !is_short_model(&folded) {
            mark(start, start + word.len());
        }
    } else if parts().count() >= 3 || word.contains('_') {
        let purpose = parts().any(|part| PURPOSES.contains(part) || is_numbered_role(part));
        let name = parts().any(|part| {
            part.len() >= 4
                && part.bytes().all(|b| b.is_ascii_alphabetic())
                && !guard::is_technical(part)
                && !is_compound(part)
        });
        if purpose && name {
            mark(start, start + word.len());
        }
    }
    if !lower && (looks_like_a_host_in_capitals(&folded) || is_role_from_zero(&folded)) {
        mark(start, start + word.len());
    }
}

/// A few letters and a number that counts nothing (`bcm963`).
fn is_short_model(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_lowercase).count();
    let number = &word[letters..];
    letters <= 4
        && !is_role(&word[..letters])
        && number.len() >= 3
        && !number.starts_with('0')
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// A role and a number that begins with 0 (`PRN0417`).
fn is_role_from_zero(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_lowercase).count();
    letters >= 2 && is_role(&word[..letters]) && word[letters..].starts_with('0') && is_number(&word[letters..])
}

/// Whether a word that is all of a description is put together as names of hosts are, in whatever case: three parts or
/// more, letters with a short number at most, one a role and one a name. Models have long numbers.
fn looks_like_a_host_in_capitals(word: &str) -> bool {
    let parts = || word.split(['-', '_']).filter(|part| !part.is_empty());
    let simple = parts().all(|part| {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let role = parts().any(|part| PURPOSES.contains(part.trim_end_matches(|c: char| c.is_ascii_digit())));
    let name = parts()
        .any(|part| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_alphabetic()) && !guard::is_technical(part));
    simple && role && name && parts().count() >= 3
}

/// Names that Windows gives its computers, and the letters and digits behind each.
const COMPUTERS: &[(&str, usize)] = &[("DESKTOP-", 7), ("LAPTOP-", 8), ("WIN-", 11)];

/// Marks names of Windows' own making: `DESKTOP-7KQ2MVB`.
pub fn computer(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for (prefix, length) in COMPUTERS {
        for (start, _) in original.match_indices(prefix) {
            let tail = original[start + prefix.len()..]
                .bytes()
                .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
                .count();
            let end = start + prefix.len() + tail;
            let apart = !original[..start].ends_with(char::is_alphanumeric)
                && !original[end..].starts_with(char::is_alphanumeric);
            if tail == *length && apart {
                mark(start, end);
            }
        }
    }
}

/// Marks the last part of a description, behind a model and a comma, that is nothing but three words or more with a
/// capital, none of them technical: a place's or a customer's name. Alone they are a product's as well.
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

/// Whether a text is three to six words with a capital, with joining words between them, and none of them technical.
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

/// What a place is not, though it may stand in one.
const DEVICES: &[&str] = &[
    "ap",
    "controller",
    "device",
    "monitor",
    "panel",
    "reader",
    "sensor",
    "unit",
    "camera",
    "firewall",
    "gateway",
    "nas",
    "phone",
    "printer",
    "router",
    "switch",
    "ups",
];

/// Marks whom a device belongs to: two or three words with a capital before `'s`.
pub fn owner(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for apostrophe in ["'s", "\u{2019}s"] {
        for (end, _) in original.match_indices(apostrophe) {
            let ends = original[end + apostrophe.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
            let (mut start, mut at, mut count) = (end, end, 0);
            for word in original[..end].rsplit(' ').take(3) {
                let capital = word.chars().next().is_some_and(char::is_uppercase)
                    && word.chars().skip(1).all(|c| c.is_lowercase() || c == '-' || c == '\'' || c.is_uppercase());
                let small = word.chars().any(char::is_lowercase);
                if !capital || !small || word.len() < 2 || guard::is_technical(&word.to_lowercase()) {
                    break;
                }
                count += 1;
                start = at - word.len();
                at = start.saturating_sub(1);
            }
            if ends && count >= 2 {
                mark(start, end);
            }
        }
    }
}

/// Marks a password after a login and a slash.
pub fn password(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for word in text.words.iter() {
        let (from, to) = text.folded.origin(word.start as usize, word.end as usize);
        if !original.get(from..to).is_some_and(|login| {
            ["admin", "root", "administrator"].iter().any(|known| login.eq_ignore_ascii_case(known))
        }) {
            continue;
        }
        let rest = &original[to..];
        let Some(secret) = rest.strip_prefix('/').or_else(|| rest.strip_prefix(" / ")) else { continue };
        let start = original.len() - secret.len();
        let secret = secret
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '|' | ',' | ';' | '/' | ')' | ']'))
            .next()
            .unwrap_or_default();
        let secret = secret.trim_end_matches([':', '.']);
        if secret.len() >= 4
            && secret.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'!' | b'$' | b'%' | b'&' | b'?' | b'*' | b'#'))
        {
            mark(start, start + secret.len());
        }
    }
}

/// Marks whose a VLAN is: the name after its number.
pub fn vlan_customer(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    use crate::sanitise::value::{Value, read};
    let original = text.folded.original;
    let folded = text.folded.as_str();
    for pair in text.words.windows(2) {
        let of = |at: usize| &folded[pair[at].start as usize..pair[at].end as usize];
        if of(0) != "vlan" || !is_number(of(1)) {
            continue;
        }
        let (_, end) = text.folded.origin(pair[1].start as usize, pair[1].end as usize);
        let rest = original[end..].trim_start_matches([' ', ':', '=']);
        let rest = ["for ", "to ", "of ", "customer ", "cust: ", "client ", "tenant "]
            .iter()
            .find_map(|word| rest.strip_prefix(*word))
            .unwrap_or(rest);
        if let Some((start, end)) = read(Value::Name, original, original.len() - rest.len()) {
            mark(start, end);
        }
    }
}

/// Marks a description that is nothing but a place: two to five words, one of them a name.
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

/// Ends of words that are streets, folded.
const STREETS: &[&str] = &["allee", "gasse", "gatan", "gatu", "laan", "straat", "strasse", "vegen"];

/// Marks a street in one word with its number, and the town behind a comma.
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

/// Length of the town, with its code, that follows a comma.
fn town(rest: &str) -> usize {
    let Some(after) = rest.strip_prefix(", ") else { return 0 };
    let code = after.bytes().take_while(u8::is_ascii_digit).count();
    let name = if (4..=6).contains(&code) { after[code..].trim_start_matches(' ') } else { after };
    let length = name.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(name.len());
    if name.starts_with(char::is_uppercase) { rest.len() - name.len() + length } else { 0 }
}

/// Two technical words in one (`apcpdu`).
fn is_compound(word: &str) -> bool {
    (2..word.len().saturating_sub(1)).any(|at| guard::is_technical(&word[..at]) && guard::is_technical(&word[at..]))
}

/// Whether a character belongs to a word that names something.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

const fn is_ascii_in_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(*byte, b'-' | b'_')
}

/// Where the word begins that ends, or goes on, at `at`; nearly always ASCII.
fn in_name_before(text: &str, at: usize) -> usize {
    let start = at - text.as_bytes()[..at].iter().rev().take_while(|b| is_ascii_in_word(b)).count();
    if text[..start].ends_with(|c: char| !c.is_ascii()) { text[..start].trim_end_matches(in_word).len() } else { start }
}

/// Where the word ends that begins, or goes on, at `at`; nearly always ASCII.
fn in_name_after(text: &str, at: usize) -> usize {
    let end = at + text.as_bytes()[at..].iter().take_while(|b| is_ascii_in_word(b)).count();
    let beyond = text[end..].starts_with(|c: char| !c.is_ascii());
    if beyond { text.len() - text[end..].trim_start_matches(in_word).len() } else { end }
}

/// Words of letters, digits, hyphens and underscores, with their positions, where one of their parts is a letter's
/// word with a number: the parts that stand on both sides of one.
pub fn numbered_words<'s>(text: &'s Scan<'_>) -> impl Iterator<Item = (usize, &'s str)> + 's {
    words_around(text, |word, _| word.letters != 0)
}

/// The same where one of their parts is a chosen word.
pub fn words_around<'s>(
    text: &'s Scan<'_>,
    chosen: fn(&Word, &[u8]) -> bool,
) -> impl Iterator<Item = (usize, &'s str)> + 's {
    let original = text.folded.original;
    let mut last_end = 0;
    let folded = text.folded.as_str().as_bytes();
    text.words.iter().filter(move |word| chosen(word, folded)).filter_map(move |word| {
        let (from, to) = text.folded.origin(word.start as usize, word.end as usize);
        if from < last_end {
            return None;
        }
        let (start, end) = (in_name_before(original, from), in_name_after(original, to));
        last_end = end;
        // What a dot touches on either side is part of something longer.
        let dotted = original[..start].ends_with('.')
            || original[end..].strip_prefix('.').is_some_and(|after| after.starts_with(in_word));
        let word = original[start..end].trim_end_matches(['-', '_']);
        let bare = word.trim_start_matches(['-', '_']);
        (!dotted && !bare.is_empty()).then(|| (start + word.len() - bare.len(), bare))
    })
}
