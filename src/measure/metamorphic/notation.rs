//! Identifiers that are numbers and codes: addresses, phone numbers, coordinates, serial numbers.

use super::dice::Dice;

const CAPITALS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const SMALL: &str = "abcdefghjkmnpqrstuvwxyz";

/// Another text of the same shape: letters become letters, digits become digits, and hexadecimal digits stay
/// hexadecimal. What shows the kind of number stays: a word of six or more letters, a single letter.
#[must_use]
pub fn same_shape(original: &str, dice: &mut Dice) -> String {
    let codes: Vec<&str> =
        original.split(|c: char| !c.is_ascii_alphanumeric()).filter(|code| !code.is_empty()).collect();
    let hex = original.len() >= 8 && codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
    let mut result = String::with_capacity(original.len());
    let is_code = |c: char| c.is_ascii_alphanumeric();
    let mut rest = original;
    while let Some(first) = rest.chars().next() {
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let alone = letters == 1 && !result.ends_with(is_code) && !rest[1..].starts_with(is_code);
        let stays = letters > 0 && !hex && (letters >= 6 || alone);
        let length = if stays { letters } else { first.len_utf8() };
        match first {
            _ if stays => result.push_str(&rest[..length]),
            '0'..='9' => result.push(dice.one_of(if first == '0' { "0123456789" } else { "123456789" })),
            'A'..='Z' => result.push(dice.one_of(if hex { "ABCDEF" } else { CAPITALS })),
            'a'..='z' => result.push(dice.one_of(if hex { "abcdef" } else { SMALL })),
            other => result.push(other),
        }
        rest = &rest[length..];
    }
    result
}

/// Another address of the same family, with its prefix length or port.
#[must_use]
pub fn address(original: &str, dice: &mut Dice) -> String {
    let end = original.find(['/', '%']).unwrap_or(original.len());
    let (mut core, mut tail) = original.split_at(end);
    if core.matches(':').count() == 1 {
        (core, tail) = original.split_at(core.find(':').unwrap_or(end));
    }
    let tail = match tail.chars().next() {
        Some('/') if core.contains(':') => format!("/{}", dice.within(32, 128)),
        Some('/') => format!("/{}", dice.within(8, 30)),
        Some(':') => format!(":{}", dice.within(22, 9999)),
        _ => tail.to_owned(),
    };
    if core.contains(':') { version_6(dice) + &tail } else { version_4(dice) + &tail }
}

/// Another address in the same network.
#[must_use]
pub fn address_beside(original: &str, dice: &mut Dice) -> String {
    let network = original.rfind(['.', ':']).map_or(0, |index| index + 1);
    original[..network].to_owned() + &dice.within(2, 254).to_string()
}

fn version_4(dice: &mut Dice) -> String {
    let (b, c, d) = (dice.within(0, 255), dice.within(0, 255), dice.within(1, 254));
    match dice.below(6) {
        0 | 1 => format!("10.{b}.{c}.{d}"),
        2 => format!("192.168.{c}.{d}"),
        3 => format!("172.{}.{c}.{d}", dice.within(16, 31)),
        4 => format!("100.{}.{c}.{d}", dice.within(64, 127)),
        _ => format!("{}.{b}.{c}.{d}", dice.within(31, 223)),
    }
}

fn version_6(dice: &mut Dice) -> String {
    let group = |dice: &mut Dice| {
        let length = dice.within(1, 4);
        let group = dice.many_of("0123456789abcdef", length);
        let group = group.trim_start_matches('0');
        if group.is_empty() { "0".to_owned() } else { group.to_owned() }
    };
    let groups = |dice: &mut Dice, count| (0..count).map(|_| group(dice)).collect::<Vec<_>>().join(":");
    let address = match dice.below(5) {
        0 => "fe80::".to_owned() + &groups(dice, 4),
        1 => "2001:db8:".to_owned() + &groups(dice, 1) + "::" + &groups(dice, 1),
        2 => "fd".to_owned() + &dice.many_of("0123456789abcdef", 2) + ":" + &groups(dice, 7),
        3 => "2a02:".to_owned() + &groups(dice, 3) + "::" + &groups(dice, 2),
        _ => "2001:db8:".to_owned() + &groups(dice, 6),
    };
    if dice.percent(25) { address.to_uppercase() } else { address }
}

/// Another MAC address, in either case; with other separators if it has some and the text shows that it is one
/// (`told`).
#[must_use]
pub fn hardware_address(original: &str, told: bool, dice: &mut Dice) -> String {
    let count = original.bytes().filter(u8::is_ascii_hexdigit).count();
    if count < 4 {
        return same_shape(original, dice);
    }
    // Without 5 and e, which are in the sanitiser's placeholder: a placeholder must not look like a leak.
    let mut digits = dice.many_of("012346789abcdf", count);
    // A multicast address identifies nobody; only digits may be a time or a date.
    digits.replace_range(1..2, &dice.one_of("048c").to_string());
    let letter = dice.within(2, count - 1);
    digits.replace_range(letter..=letter, &dice.one_of("abcdf").to_string());
    let separated = original.bytes().any(|b| !b.is_ascii_hexdigit());
    let mark = original.chars().find(|c| !c.is_ascii_hexdigit());
    let mixed = if count == 12 && separated && told {
        match dice.below(3) {
            0 => in_groups(&digits, 2, ":"),
            1 => in_groups(&digits, 2, "-"),
            _ => in_groups(&digits, 4, "."),
        }
    } else {
        let mut digits = digits.chars();
        original.chars().filter_map(|c| if c.is_ascii_hexdigit() { digits.next() } else { mark }).collect()
    };
    // A bare part of an address keeps the vendor's notation.
    let upper =
        if count < 12 && !separated { original.bytes().any(|b| b.is_ascii_uppercase()) } else { dice.percent(50) };
    if upper { mixed.to_uppercase() } else { mixed }
}

fn in_groups(digits: &str, length: usize, mark: &str) -> String {
    let groups = (0..digits.len()).step_by(length).map(|index| &digits[index..index + length]);
    groups.collect::<Vec<_>>().join(mark)
}

/// Another phone number: an international one in any notation, a local one in its own.
#[must_use]
pub fn phone(original: &str, dice: &mut Dice) -> String {
    if !original.starts_with('+') {
        return digits_changed(original, dice);
    }
    let mut digits = |length: usize| dice.digits(length);
    let numbers = [
        format!("+44 20 {} {}", digits(4), digits(4)),
        format!("+49 {} {}", digits(3), digits(7)),
        format!("+48{}", digits(9)),
        format!("+1 ({}) {}-{}", digits(3), digits(3), digits(4)),
        format!("+34 {} {} {}", digits(3), digits(3), digits(3)),
        format!("+81-3-{}-{}", digits(4), digits(4)),
        format!("+47 {} {} {} {}", digits(2), digits(2), digits(2), digits(2)),
    ];
    numbers[dice.below(numbers.len())].clone()
}

/// The same text with other digits; the first character stays.
fn digits_changed(original: &str, dice: &mut Dice) -> String {
    digits_after(original, if original.starts_with("00") { 2 } else { 1 }, dice)
}

/// The same text with other digits after the first `stays` characters.
#[must_use]
pub fn digits_after(original: &str, stays: usize, dice: &mut Dice) -> String {
    let digit =
        |(index, c): (usize, char)| if index < stays || !c.is_ascii_digit() { c } else { dice.one_of("123456789") };
    original.chars().enumerate().map(digit).collect()
}

/// Other coordinates in the same notation.
#[must_use]
pub fn coordinates(original: &str, dice: &mut Dice) -> String {
    let (mut result, mut rest) = (String::with_capacity(original.len()), original);
    while let Some(first) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            result.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        // After a point the digits are a fraction; before it they are degrees, minutes or seconds.
        if result.ends_with('.') {
            // No zeros: the sanitiser writes them.
            result.push_str(&dice.many_of("123456789", digits));
        } else {
            let number = dice.within(10, 59).to_string();
            result.push_str(&number);
        }
        rest = &rest[digits..];
    }
    result
}

/// Another autonomous system number that is too long to be a model.
#[must_use]
pub fn autonomous_system(original: &str, dice: &mut Dice) -> String {
    let start = original.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let number = match dice.below(3) {
        0 => dice.within(64_512, 65_534),
        1 => dice.within(196_608, 401_308),
        _ => dice.within(10_000, 64_000),
    };
    original[..start].to_owned() + &number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stay_addresses_in_every_notation() {
        for nth in 0..200 {
            let mut dice = Dice::of("notation", nth);
            assert!(address("10.1.2.3", &mut dice).parse::<std::net::Ipv4Addr>().is_ok());
            assert!(address("2001:db8::1", &mut dice).parse::<std::net::Ipv6Addr>().is_ok());
            assert!(address("10.1.2.3/24", &mut dice).contains('/'));
            assert!(address("10.1.2.3:443", &mut dice).matches(':').count() == 1);
            let hardware = hardware_address("de:ad:be:ef:00:17", true, &mut dice);
            assert_eq!(hardware.bytes().filter(u8::is_ascii_hexdigit).count(), 12, "{hardware}");
            let bare = hardware_address("DEADBEEF0017", true, &mut dice);
            assert!(bare.len() == 12 && bare.bytes().any(|b| b.is_ascii_alphabetic()), "{bare}");
        }
    }

    #[test]
    fn codes_keep_their_shape_and_words_in_them_stay() {
        let other = same_shape("BUILTIN-UD360845", &mut Dice::of("shape", 1));
        assert!(other.starts_with("BUILTIN-") && other != "BUILTIN-UD360845" && other.len() == 16, "{other}");
        let hex = same_shape("ACCC8E3A2DE5", &mut Dice::of("shape", 2));
        assert!(hex.bytes().all(|b| b.is_ascii_hexdigit()), "{hex}");
    }

    #[test]
    fn coordinates_are_on_the_globe_and_numbers_keep_their_notation() {
        let mut dice = Dice::of("globe", 1);
        let place = coordinates("-56.70905, 138.35044", &mut dice);
        assert_eq!(super::super::shape::shape(&place), "-0.0, 0.0");
        let local = phone("08 801 264 05", &mut dice);
        assert!(local.starts_with('0') && local.len() == 13);
    }
}
