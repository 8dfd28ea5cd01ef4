//! Hostnames made of a role, a number and another part: `halden-sw03`, `TG-SW-AGG-03`.

use super::{is_number, numbered_words, parts, words_around};
use crate::sanitise::guard;
use crate::sanitise::scan::Scan;
use crate::sanitise::word_list::WordList;

/// Roles of devices in hostnames; lower case, sorted.
pub const ROLES: &[&str] = &[
    "acc", "access", "adm", "agg", "ap", "app", "asa", "asr", "backup", "bkp", "bng", "bras", "cam", "ce", "cmts",
    "core", "cpe", "cr", "cs", "db", "dc", "dhcp", "dist", "dns", "ds", "dsw", "edge", "esx", "esxi", "ext", "fw",
    "gw", "host", "hub", "hv", "idrac", "ilo", "ipmi", "kvm", "lb", "leaf", "log", "mail", "mon", "mx", "nas", "nat",
    "nms", "node", "ns", "ntp", "olt", "ont", "onu", "p", "pbx", "pc", "pdu", "pe", "pos", "print", "printer", "prn",
    "proxy", "ptr", "pve", "r", "radius", "router", "rr", "rt", "rtr", "san", "sbc", "server", "spine", "sql", "srv",
    "ssw", "stack", "storage", "sw", "switch", "syslog", "term", "tor", "ts", "ups", "usv", "vc", "vm", "voip", "vpn",
    "wap", "web", "wifi", "wlan", "wlc", "ws",
];

static ROLE_LIST: WordList = WordList::new(ROLES);

/// Sites and purposes in hostnames, in addition to roles; lower case, sorted.
pub(super) static PURPOSES: WordList = WordList::new(&[
    "agg", "aggr", "bkp", "branch", "campus", "core", "dc", "dist", "dmz", "edge", "fw", "gw", "hq", "idf", "lab",
    "mdf", "noc", "pop", "prod", "rtr", "srv", "sw", "test", "vpn", "wan",
]);

pub(super) fn is_role(part: &str) -> bool {
    ROLE_LIST.contains(part)
}

/// Abbreviated sites: two to four letters and a number (`fra1`).
fn is_site(part: &str) -> bool {
    let letters = part.bytes().take_while(u8::is_ascii_alphabetic).count();
    let digits = part.len() - letters;
    (2..=4).contains(&letters) && (1..=2).contains(&digits) && part.bytes().skip(letters).all(|b| b.is_ascii_digit())
}

/// A role with its number.
pub(super) fn is_numbered_role(part: &str) -> bool {
    let letters = part.bytes().take_while(u8::is_ascii_alphabetic).count();
    letters > 0
        && letters < part.len()
        && part.len() - letters <= if letters == 1 { 2 } else { 4 }
        && part.bytes().skip(letters).all(|b| b.is_ascii_digit())
        && is_role(&part[..letters])
}

/// Whether every part is a site, a role or a number, and at least two are a site or a numbered role.
fn are_sites_and_roles(word: &str) -> bool {
    let parts = || parts(word);
    let strong = parts().filter(|part| is_site(part) || is_numbered_role(part)).count();
    strong >= 2 && parts().all(|part| is_site(part) || is_numbered_role(part) || is_number(part) || is_role(part))
}

/// Whether a lower-case word is a hostname by its parts: a role with a number and another part, or a site with a
/// role.
#[must_use]
pub fn looks_like_a_host(word: &str) -> bool {
    let parts = || parts(word);
    let (mut count, mut numbered, mut role, mut number, mut site) = (0, false, false, false, false);
    for part in parts() {
        count += 1;
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        // A long number is a date or a build.
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

/// Marks upper-case hostnames: a role, a number that starts with 0, and a name (`TG-SW-AGG-03`). Models have no such
/// number.
pub fn with_role_in_capitals(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    if !text.folded.original.bytes().any(|b| b.is_ascii_uppercase()) {
        return;
    }
    let original = text.folded.original.as_bytes();
    let capital = |at: usize| original.get(at).is_some_and(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    for (start, word) in words_around(text, |word, folded| {
        // `03` after a hyphen or letters.
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
        let parts = || parts(&folded);
        // `RSG2100-R-RM-HI-FG01` is an order code.
        let model = parts().next().is_some_and(|part| part.bytes().filter(u8::is_ascii_digit).count() >= 3);
        let role = !model && parts().any(|part| is_role(part) || PURPOSES.contains(part) || is_numbered_role(part));
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

/// Marks lower-case hostnames; models are in upper case.
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

/// Marks an upper-case name with a role and a number, first, last or in brackets.
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
pub(super) fn is_site_and_role(word: &str) -> bool {
    let mut parts = word.split(['-', '_']);
    let (Some(one), Some(two)) = (parts.next(), parts.next()) else { return false };
    (is_numbered_role(one) || is_site(one))
        && (is_numbered_role(two)
            || is_site(two)
            || is_role(two)
            || parts.all(|part| part.len() <= 4 && is_number(part)))
}
