//! What stands where an identifier stood: something of the shape that OS discovery reads, and that no rule takes for
//! an identifier again.

use super::IdentifierKind;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// Stands for a host's name.
pub const HOSTNAME: &str = "hostname";
/// Stands for a mail address (RFC 2606 reserves the domain).
pub const EMAIL: &str = "user@example.com";
/// Stands for `user@host`.
pub const USERHOST: &str = "user@hostname";
/// Stands for an IPv4 address (RFC 5737, TEST-NET-1).
pub const IPV4: &str = "192.0.2.1";
/// Stands for an IPv6 address (RFC 3849).
pub const IPV6: &str = "2001:db8::1";
/// The digits of the hardware address that stands for all (RFC 7042, for documentation).
const MAC_DIGITS: &[u8; 12] = b"00005e005300";
/// Stands for a person.
pub const PERSON: &str = "contact";
/// Stands for a place.
pub const LOCATION: &str = "location";
/// Stands for a word that the admin added.
pub const TERM: &str = "removed";

/// All words that replacements are made of; never an identifier.
pub const PLACEHOLDERS: &[&str] = &[HOSTNAME, EMAIL, USERHOST, IPV4, IPV6, PERSON, LOCATION, TERM];

/// The replacement of an identifier.
#[must_use]
pub fn replacement(kind: IdentifierKind, original: &str) -> String {
    match kind {
        IdentifierKind::Hostname | IdentifierKind::Fqdn => HOSTNAME.to_owned(),
        IdentifierKind::Ip if original.contains(':') => IPV6.to_owned(),
        IdentifierKind::Ip => IPV4.to_owned(),
        IdentifierKind::Mac => mac(original),
        IdentifierKind::Serial => shape(original),
        IdentifierKind::Email => EMAIL.to_owned(),
        IdentifierKind::Userhost => USERHOST.to_owned(),
        IdentifierKind::Person => PERSON.to_owned(),
        IdentifierKind::Location => LOCATION.to_owned(),
        IdentifierKind::Term => TERM.to_owned(),
    }
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
    fn serials_keep_their_shape_in_any_script() {
        assert_eq!(replacement(IdentifierKind::Serial, "FOC-1234x0Äß"), "AAA-0000a0Aa");
    }

    #[test]
    fn hardware_addresses_keep_their_notation() {
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
}
