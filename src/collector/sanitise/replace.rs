//! Replacements for identifiers, in a shape that OS discovery still understands and that no rule treats as an identifier
//! again.

use super::IdentifierKind;
use super::spans::{Found, Span};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// Replaces a host name.
pub const HOSTNAME: &str = "hostname";
/// Replaces a mail address (RFC 2606 reserves the domain).
pub const EMAIL: &str = "user@example.com";
/// Replaces `user@host`.
pub const USERHOST: &str = "user@hostname";
/// Replaces an IPv4 address (RFC 1122: this host on this network).
pub const IPV4: &str = "0.0.0.0";
/// Replaces an IPv6 address (RFC 4291: unspecified).
pub const IPV6: &str = "::";
/// The digits that replace a MAC address (RFC 7042, for documentation).
const MAC_DIGITS: &[u8; 12] = b"00005e005300";
/// Replaces a person's name.
pub const PERSON: &str = "someone";
/// Replaces a login name.
pub const USER: &str = "nobody";
/// Replaces a place.
pub const LOCATION: &str = "somewhere";
/// Replaces the owner of a device.
pub const CUSTOMER: &str = "somebody";
/// Replaces a password or community.
pub const SECRET: &str = "withheld";
/// Replaces a URL of a private host.
pub const URL: &str = "http://hostname";
/// Replaces one of the admin's words.
pub const TERM: &str = "removed";

/// All words that occur in replacements. They are never identifiers.
pub const PLACEHOLDERS: &[&str] =
    &[HOSTNAME, EMAIL, USERHOST, IPV4, IPV6, PERSON, USER, LOCATION, CUSTOMER, SECRET, URL, TERM];

/// The replacement of an identifier.
#[must_use]
pub fn replacement(kind: IdentifierKind, original: &str) -> String {
    match kind {
        IdentifierKind::Hostname | IdentifierKind::Fqdn => HOSTNAME.to_owned(),
        IdentifierKind::Ip if original.contains(':') && !original.contains('.') => IPV6.to_owned(),
        IdentifierKind::Ip => IPV4.to_owned(),
        IdentifierKind::Mac => mac(original),
        IdentifierKind::Serial
        | IdentifierKind::Gps
        | IdentifierKind::Licence
        | IdentifierKind::Imei
        | IdentifierKind::Circuit => shape(original),
        IdentifierKind::Asset | IdentifierKind::Phone | IdentifierKind::Asn => {
            // The prefix may stay: `INC0000000`, `x0000`, `AS00000`.
            let prefix = original.bytes().take_while(u8::is_ascii_alphabetic).count();
            let number = original[prefix..].trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit());
            let prefix = if prefix <= 5 && number { prefix } else { 0 };
            original[..prefix].to_owned() + &shape(&original[prefix..])
        }
        IdentifierKind::Email => EMAIL.to_owned(),
        IdentifierKind::Userhost => USERHOST.to_owned(),
        IdentifierKind::Person => PERSON.to_owned(),
        IdentifierKind::User => USER.to_owned(),
        IdentifierKind::Location => LOCATION.to_owned(),
        IdentifierKind::Customer => CUSTOMER.to_owned(),
        IdentifierKind::Secret => SECRET.to_owned(),
        IdentifierKind::Url => URL.to_owned(),
        IdentifierKind::Term => TERM.to_owned(),
    }
}

/// Maps spans of the replaced text to the original and merges them with those that were replaced before. Both lists must be
/// sorted and without overlaps.
#[must_use]
pub fn onto_original(text: &str, replaced: &[Span], found: &[Span]) -> Vec<Span> {
    // The span of each replacement in the replaced text and in the original.
    let mut moved = Vec::with_capacity(replaced.len());
    let mut shift = 0_isize;
    for span in replaced {
        let start = span.start.saturating_add_signed(shift);
        let length = replacement(span.kind, &text[span.start..span.end]).len();
        moved.push((start, start + length, span));
        shift += length as isize - (span.end - span.start) as isize;
    }
    // Both lists are sorted, so one pass over each is enough.
    let (mut next, mut passed) = (0, 0_isize);
    let mut original = |index: usize, end: bool| {
        while let Some((_, to, span)) = moved.get(next).filter(|(from, _, _)| index > *from) {
            if index < *to {
                return if end { span.end } else { span.start };
            }
            passed = span.end as isize - *to as isize;
            next += 1;
        }
        index.saturating_add_signed(passed)
    };
    let mut all = Found::default();
    for span in found {
        let start = original(span.start, false);
        all.mark(start, original(span.end, true), span.rule, span.kind);
    }
    for span in replaced {
        all.mark(span.start, span.end, span.rule, span.kind);
    }
    all.united()
}

/// Digits become 0, letters A or a; the rest stays.
fn shape(original: &str) -> String {
    original
        .chars()
        .map(|c| match c {
            _ if c.is_numeric() => '0',
            _ if c.is_lowercase() => 'a',
            _ if c.is_alphabetic() => 'A',
            _ => c,
        })
        .collect()
}

/// The documentation address in the notation of the original.
fn mac(original: &str) -> String {
    let upper = original.bytes().any(|b| b.is_ascii_uppercase());
    let mut digits = MAC_DIGITS.iter().map(|d| char::from(if upper { d.to_ascii_uppercase() } else { *d }));
    original.chars().map(|c| if c.is_ascii_hexdigit() { digits.next().unwrap_or('0') } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_keep_their_shape_in_any_script() {
        assert_eq!(replacement(IdentifierKind::Serial, "FOC-1234x0Äß"), "AAA-0000a0Aa");
    }

    #[test]
    fn mac_addresses_keep_their_notation() {
        assert_eq!(replacement(IdentifierKind::Mac, "DE:AD:BE:EF:00:01"), "00:00:5E:00:53:00");
        assert_eq!(replacement(IdentifierKind::Mac, "dead.beef.0001"), "0000.5e00.5300");
    }

    #[test]
    fn replacing_a_replacement_changes_nothing() {
        for (kind, text) in [
            (IdentifierKind::Serial, "FOC-1234x"),
            (IdentifierKind::Mac, "dead-beef-0001"),
            (IdentifierKind::Ip, "10.1.2.3"),
            (IdentifierKind::Ip, "fe80::1"),
            (IdentifierKind::Email, "a@b.example"),
        ] {
            let once = replacement(kind, text);
            assert_eq!(replacement(kind, &once), once);
        }
    }

    #[test]
    fn matches_in_the_replaced_text_map_back_to_the_original() {
        let span = |start, end, kind| Span { start, end, rule: "x", kind };
        let text = "a halden7 b FOC1234 c 10.1.2.3 d";
        let replaced = [
            span(2, 9, IdentifierKind::Hostname),
            span(12, 19, IdentifierKind::Serial),
            span(22, 30, IdentifierKind::Ip),
        ];
        // "a hostname b AAA0000 c 0.0.0.0 d"
        let back = |start, end| {
            let all = onto_original(text, &replaced, &[span(start, end, IdentifierKind::Term)]);
            all.iter().map(|span| &text[span.start..span.end]).collect::<Vec<_>>().join("|")
        };
        assert_eq!(back(0, 1), "a|halden7|FOC1234|10.1.2.3");
        assert_eq!(back(11, 12), "halden7|b|FOC1234|10.1.2.3");
        assert_eq!(back(31, 32), "halden7|FOC1234|10.1.2.3|d");
        assert_eq!(back(4, 12), "halden7 b|FOC1234|10.1.2.3");
        assert_eq!(back(14, 25), "halden7|FOC1234 c 10.1.2.3");
        let several =
            [span(0, 1, IdentifierKind::Term), span(21, 22, IdentifierKind::Term), span(26, 32, IdentifierKind::Term)];
        let all = onto_original(text, &replaced, &several);
        let left: Vec<_> = all.iter().map(|span| &text[span.start..span.end]).collect();
        assert_eq!(left, ["a", "halden7", "FOC1234", "c", "10.1.2.3 d"]);
    }
}
