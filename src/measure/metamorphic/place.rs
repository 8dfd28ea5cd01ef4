//! The position of an identifier: the evidence that it is one.

use std::ops::Range;

/// The position of an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// After a system's name, as in `uname -a`.
    Nodename,
    /// After a label that says what it is.
    Label,
    /// In brackets or quotes.
    Enclosed,
    /// The whole description.
    Whole,
    /// At the beginning.
    First,
    /// At the end.
    Last,
    /// Anywhere else.
    Middle,
}

/// Names of systems that print a nodename after them.
const SYSTEMS: &[&str] = &[
    "AIX",
    "Darwin",
    "DragonFly",
    "FreeBSD",
    "HP-UX",
    "IPSO",
    "IRIX",
    "IRIX64",
    "Linux",
    "NetBSD",
    "NS-BSD",
    "OSF1",
    "OpenBSD",
    "SunOS",
    "pfSense",
];

/// Labels by kind of identifier, lower case, of which only the last word counts.
const LABELS: &[(&[&str], &[&str])] = &[
    (&["hostname", "fqdn"], &["hostname", "fqdn", "sysname", "nodename", "host", "node"]),
    (
        &["serial"],
        &[
            "serial",
            "serialno",
            "serialnumber",
            "serial-no",
            "sn",
            "s/n",
            "snr",
            "ser",
            "num",
            "number",
            "seriennummer",
            "serienummer",
            "serie",
            "série",
            "esn",
            "msn",
        ],
    ),
    (&["location"], &["location", "loc", "standort", "site", "address", "adresse"]),
    (&["person"], &["contact", "kontakt", "owner", "ansprechpartner", "responsable"]),
    (&["customer"], &["customer", "kunde", "client", "cliente"]),
];

impl Place {
    /// The place of a kind of identifier in a text.
    #[must_use]
    pub fn of(text: &str, range: &Range<usize>, kind: &str) -> Self {
        let (before, after) = (&text[..range.start], &text[range.end..]);
        if before.trim().is_empty() && after.trim().is_empty() {
            return Self::Whole;
        }
        let system = before.strip_suffix(' ').and_then(|before| before.split([' ', ',']).next_back());
        if system.is_some_and(|system| SYSTEMS.contains(&system)) && after.starts_with([' ', '\t']) {
            return Self::Nodename;
        }
        if is_labelled(before, kind) {
            return Self::Label;
        }
        let open = before.chars().next_back().and_then(closing);
        if open.is_some_and(|close| after.starts_with(close)) {
            return Self::Enclosed;
        }
        match (before.trim().is_empty(), after.trim().is_empty()) {
            (true, _) => Self::First,
            (_, true) => Self::Last,
            _ => Self::Middle,
        }
    }

    /// Its name in the list of misses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nodename => "nodename",
            Self::Label => "label",
            Self::Enclosed => "enclosed",
            Self::Whole => "whole",
            Self::First => "first",
            Self::Last => "last",
            Self::Middle => "middle",
        }
    }

    /// Whether the position alone shows that it is an identifier, in any notation.
    #[must_use]
    pub const fn tells(self) -> bool {
        matches!(self, Self::Nodename | Self::Label)
    }
}

/// Whether a label for this kind of identifier precedes it.
fn is_labelled(before: &str, kind: &str) -> bool {
    let Some((_, labels)) = LABELS.iter().find(|(kinds, _)| kinds.contains(&kind)) else { return false };
    let value = before.trim_end_matches([' ', '\t', '"', '\'', '<', '[', '(']);
    let bare = value.trim_end_matches([':', '=', '#', '.', ' ']);
    // `host` and `contact` are labels before a colon, and words elsewhere.
    if kind != "serial" && !value.ends_with([':', '=']) {
        return false;
    }
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '/' | '-');
    let start = bare.len() - bare.chars().rev().take_while(|c| letter(*c)).map(char::len_utf8).sum::<usize>();
    bare.len() < before.len() && labels.contains(&bare[start..].to_lowercase().as_str())
}

const fn closing(open: char) -> Option<char> {
    match open {
        '(' => Some(')'),
        '[' => Some(']'),
        '{' => Some('}'),
        '<' => Some('>'),
        '"' | '\'' | '`' => Some(open),
        _ => None,
    }
}

/// Whether a text is one end of a range of addresses.
#[must_use]
pub fn is_end_of_range(text: &str, range: &Range<usize>) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    text[..range.start].strip_suffix('-').is_some_and(|before| before.ends_with(digit))
        || text[range.end..].strip_prefix('-').is_some_and(|after| after.starts_with(digit))
}

/// Whether a letter or digit touches it: it is part of a longer word.
#[must_use]
pub fn is_glued(text: &str, range: &Range<usize>) -> bool {
    text[..range.start].ends_with(char::is_alphanumeric) || text[range.end..].starts_with(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_determined_by_the_surrounding_text() {
        for (text, name, kind, place) in [
            ("Linux x9 5.10", "x9", "hostname", Place::Nodename),
            ("IP1 rev 00, IPSO x9 3.9", "x9", "hostname", Place::Nodename),
            ("ACME SN: x9, 5", "x9", "serial", Place::Label),
            ("ACME \"serial number x9\"", "x9", "serial", Place::Label),
            ("ACME serial: x9", "x9", "hostname", Place::Last),
            ("ACME [x9] 5", "x9", "hostname", Place::Enclosed),
            (" x9 ", "x9", "hostname", Place::Whole),
            ("x9: ACME", "x9", "hostname", Place::First),
            ("ACME x9, 5", "x9", "hostname", Place::Middle),
        ] {
            let start = text.find(name).unwrap();
            assert_eq!(Place::of(text, &(start..start + name.len()), kind), place, "{text}");
        }
    }
}
