//! Another identifier of the same kind for a given position.
//!
//! If the position shows that it is an identifier (a nodename, a label), any other one is used, of other lengths,
//! separators, cases and alphabets. Elsewhere only the form shows it, so the form stays and its contents change.

use super::dice::Dice;
use super::form::{self, Names, another as of_form};
use super::notation;
use super::place::{Place, is_end_of_range};
use super::words::{COMPANIES, FIRST_NAMES, LAST_NAMES, SCRIPTS, Script, TOWNS, ascii};
use std::ops::Range;

/// Another identifier of a kind for the place that `range` is in a text.
#[must_use]
pub fn another(text: &str, range: &Range<usize>, kind: &str, dice: &mut Dice) -> String {
    let original = &text[range.clone()];
    // By chance it may be equal; some forms have few alternatives.
    let mut others = (0..20).map(|_| any(text, range, kind, dice));
    others.find(|other| !other.eq_ignore_ascii_case(original)).unwrap_or_else(|| notation::same_shape(original, dice))
}

fn any(text: &str, range: &Range<usize>, kind: &str, dice: &mut Dice) -> String {
    let (original, place) = (&text[range.clone()], Place::of(text, range, kind));
    match kind {
        "hostname" if place.tells() => match dice.below(5) {
            0 => form::host_beyond_ascii(dice),
            _ => form::host(dice),
        },
        "fqdn" if place.tells() => host_with_domain(original, dice),
        "hostname" => of_form(original, Names::Hosts, dice),
        "fqdn" => domain_of_form(original, dice),
        "serial" if place == Place::Label => labelled_serial(original, dice),
        "serial" => serial_of_form(original, dice),
        "person" if place == Place::Label => person(dice),
        "person" => of_form(original, Names::Persons, dice),
        "customer" if place == Place::Label => company(dice),
        "customer" => of_form(original, Names::Companies, dice),
        "location" if place == Place::Label && !is_code(original) => location(dice),
        "location" => of_form(original, Names::Places, dice),
        "user" => login(dice),
        "userhost" => userhost(original, dice),
        "email" => mail(original, dice),
        "url" => url(original, dice),
        "ip" if is_end_of_range(text, range) => notation::address_beside(original, dice),
        "ip" => notation::address(original, dice),
        "mac" => notation::hardware_address(original, text[..range.start].ends_with([' ', ':', '=']), dice),
        "phone" => notation::phone(original, dice),
        "gps" => notation::coordinates(original, dice),
        "asn" => notation::autonomous_system(original, dice),
        "imei" => notation::digits_after(original, 2, dice),
        "secret" => secret(original, dice),
        _ => notation::same_shape(original, dice),
    }
}

fn is_code(text: &str) -> bool {
    !text.contains(' ') && text.bytes().any(|b| b.is_ascii_digit())
}

/// Domains: public ones, and those of private networks.
const PUBLIC: &[&str] =
    &["com", "net", "org", "de", "fr", "nl", "se", "pl", "es", "co.uk", "com.br", "ac.at", "co.jp", "edu"];
const PRIVATE: &[&str] = &["lan", "local", "corp", "internal", "home.arpa", "example", "test"];

fn domain(ending: &str, dice: &mut Dice) -> String {
    let mut domain = String::new();
    if dice.percent(40) {
        let role = form::host(dice).split(['-', '_', '.']).next().unwrap_or_default().to_lowercase();
        domain = role + ".";
    }
    let company = ascii(dice.pick(COMPANIES)).to_lowercase();
    domain + &company + "." + ending
}

fn ending_like(original: &str, dice: &mut Dice) -> &'static str {
    let private = PRIVATE.iter().any(|ending| original.to_lowercase().ends_with(&format!(".{ending}")));
    dice.pick(if private { PRIVATE } else { PUBLIC })
}

fn host_with_domain(original: &str, dice: &mut Dice) -> String {
    let host = form::host(dice);
    let ending = if dice.percent(50) { ending_like(original, dice) } else { dice.pick(PRIVATE) };
    let name = host + "." + &domain(ending, dice);
    if dice.percent(10) { name.to_uppercase() } else { name }
}

/// A host name of the same form, with a domain of the same kind and number of labels.
fn domain_of_form(original: &str, dice: &mut Dice) -> String {
    let (host, rest) = original.split_once('.').unwrap_or((original, ""));
    let host = of_form(host, Names::Hosts, dice);
    // One label after the name may be anything; a longer one ends as domains do.
    let labels: Vec<&str> = rest.split('.').collect();
    let ending = ending_like(original, dice);
    let keep = labels.len().saturating_sub(if rest.ends_with("co.uk") || rest.ends_with("home.arpa") { 2 } else { 1 });
    let between = labels[..keep].iter().map(|label| of_form(label, Names::Hosts, dice)).collect::<Vec<_>>();
    [vec![host], between, vec![ending.to_owned()]].concat().join(".")
}

/// A serial number in any vendor's format; without digits only if the original has none.
fn labelled_serial(original: &str, dice: &mut Dice) -> String {
    const CAPITALS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
    const BOTH: &str = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789";
    if original.contains(' ') {
        return notation::same_shape(original, dice);
    }
    let (length, digits) = (dice.within(7, 16), dice.within(5, 12));
    match dice.below(9) {
        0 => dice.digits(length),
        1 => "0".to_owned() + &dice.digits(length),
        2 => dice.many_of(CAPITALS, 2) + &dice.digits(digits),
        3 => cisco(dice),
        4 => dice.many_of(BOTH, 3) + "-" + &dice.digits(2) + &dice.many_of(BOTH, 4),
        5 => dice.digits(3) + "/" + &dice.digits(5),
        6 => (dice.many_of(BOTH, length) + &dice.digits(2)).to_lowercase(),
        7 => dice.digits(4) + "-" + &dice.digits(4) + "-" + &dice.digits(4),
        _ => dice.digits(1) + &dice.many_of(CAPITALS, 2) + &dice.digits(4) + &dice.many_of(BOTH, 4),
    }
}

/// Site, year and week, counter.
fn cisco(dice: &mut Dice) -> String {
    let site = dice.pick(&["FOC", "FDO", "FCW", "JAE", "SAL", "FTX", "CAT", "FVH"]);
    format!(
        "{site}{:02}{:02}{}",
        dice.within(8, 28),
        dice.within(1, 52),
        dice.many_of("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 4)
    )
}

/// Sites of manufacture at the start of serial numbers.
const COUNTRIES: &[&str] = &["BR", "CN", "CZ", "MX", "MY", "SG", "TH", "TW", "US"];

fn serial_of_form(original: &str, dice: &mut Dice) -> String {
    let bytes = original.as_bytes();
    let is_cisco = bytes.len() == 11
        && bytes[..3].iter().all(u8::is_ascii_uppercase)
        && bytes[3..7].iter().all(u8::is_ascii_digit)
        && bytes[7..].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_cisco {
        return cisco(dice);
    }
    // Country, a digit and letters and digits in ten: HP.
    let is_hp = bytes.len() == 10
        && COUNTRIES.contains(&original.get(..2).unwrap_or_default())
        && bytes[2].is_ascii_digit()
        && bytes[3..].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_hp {
        let rest = dice.many_of("BCDFGHJKLMNPQRSTVWXYZ0123456789", 6);
        return dice.pick(COUNTRIES).to_owned() + &dice.digits(1) + &rest + &dice.digits(1);
    }
    // Manufacturer, hexadecimal digits, revision: Juniper.
    let is_juniper = bytes.len() == 13 && original.starts_with("JN") && bytes[10..].starts_with(b"AF");
    if is_juniper {
        return "JN".to_owned()
            + &dice.many_of("0123456789ABCDEF", 7)
            + &dice.digits(1)
            + "AF"
            + &dice.many_of("ABC", 1);
    }
    notation::same_shape(original, dice)
}

fn person(dice: &mut Dice) -> String {
    let (first, last) = (dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES));
    match dice.below(8) {
        0 => in_script(dice, |script| script.persons),
        1 => format!("{}. {last}", first.chars().next().unwrap_or('A')),
        2 => format!("{first} {last}-{}", dice.pick(LAST_NAMES)),
        3 => format!("{} {}", ascii(first), ascii(last)),
        4 => format!("{first} {} {last}", dice.pick(&["van der", "de", "von"])),
        _ => format!("{first} {last}"),
    }
}

fn in_script(dice: &mut Dice, names: fn(&Script) -> &'static [&'static str]) -> String {
    let script = &SCRIPTS[dice.below(SCRIPTS.len())];
    dice.pick(names(script)).to_owned()
}

fn company(dice: &mut Dice) -> String {
    let name = dice.pick(COMPANIES);
    match dice.below(8) {
        0 => in_script(dice, |script| script.towns),
        1 => format!("Klinikum {}", dice.pick(TOWNS)),
        2 => format!("University of {}", dice.pick(TOWNS)),
        3 => name.to_owned(),
        _ => format!(
            "{name} {}",
            dice.pick(&["GmbH", "Ltd", "AG", "S.A.", "s.r.o.", "Telecom", "Bank", "Logistics", "Group"])
        ),
    }
}

fn location(dice: &mut Dice) -> String {
    let (town, number) = (dice.pick(TOWNS), dice.within(1, 99));
    match dice.below(10) {
        0 => in_script(dice, |script| script.towns),
        1 => format!("{town}, Building {number}"),
        2 => format!("{town} HQ"),
        3 => format!("{} Street {number}, {town}", dice.pick(LAST_NAMES)),
        4 => format!("Calle {} {number}, {town}", dice.pick(LAST_NAMES)),
        5 => format!("{}straße {number}, {} {town}", ascii(dice.pick(LAST_NAMES)), dice.digits(5)),
        6 => format!("Rack {number}"),
        7 => format!("{} Office", ascii(town)),
        8 => format!("ul. {} {number}, {town}", dice.pick(LAST_NAMES)),
        _ => town.to_owned(),
    }
}

fn login(dice: &mut Dice) -> String {
    let (first, last) = (ascii(dice.pick(FIRST_NAMES)).to_lowercase(), ascii(dice.pick(LAST_NAMES)).to_lowercase());
    match dice.below(5) {
        0 => first[..1].to_owned() + &last,
        1 => first + "." + &last,
        2 => last.chars().take(4).collect::<String>() + &dice.digits(2),
        3 => first + &last[..1],
        _ => first + "_" + &last,
    }
}

fn userhost(original: &str, dice: &mut Dice) -> String {
    let host = original.split_once('@').map_or("", |(_, host)| host);
    let user =
        if dice.percent(30) { dice.pick(&["root", "build", "builder", "jenkins"]).to_owned() } else { login(dice) };
    let host = if host.parse::<std::net::IpAddr>().is_ok() {
        notation::address(host, dice)
    } else if host.contains('.') {
        // The host of a build may have any name.
        host_with_domain(host, dice)
    } else {
        ascii(&form::host(dice))
    };
    user + "@" + &host
}

fn mail(original: &str, dice: &mut Dice) -> String {
    let local = match dice.below(4) {
        0 => dice.pick(&["noc", "netops", "hostmaster", "it-support"]).to_owned(),
        1 => login(dice) + "+" + dice.pick(&["snmp", "lab"]),
        _ => login(dice),
    };
    let endings = if dice.percent(60) { PUBLIC } else { PRIVATE };
    let ending = dice.pick(endings);
    let domain = domain(ending, dice);
    let spelt = |at: &str, dot: &str| local.replace('+', "-") + at + &domain.replace('.', dot);
    if original.contains("(at)") {
        return spelt("(at)", ".");
    }
    if original.contains(" at ") {
        return spelt(" at ", " dot ");
    }
    local + "@" + &domain
}

fn url(original: &str, dice: &mut Dice) -> String {
    let (scheme, rest) = original.split_once("://").unwrap_or(("http", original));
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let port = if dice.percent(30) { format!(":{}", dice.within(1024, 9999)) } else { String::new() };
    let path = dice.pick(&["", "/", "/device/77", "/wiki/start", "/login.php?id=4"]);
    let host = if host.parse::<std::net::Ipv4Addr>().is_ok() {
        notation::address(host, dice)
    } else if host.contains('.') {
        domain_of_form(host, dice)
    } else {
        of_form(host, Names::Hosts, dice)
    };
    format!("{scheme}://{host}{port}{path}")
}

/// A password or community: too long to be a common word, and as plain as the original.
fn secret(original: &str, dice: &mut Dice) -> String {
    let word = ascii(dice.pick(LAST_NAMES));
    if original.chars().all(char::is_alphanumeric) {
        return match dice.below(3) {
            0 => word.to_lowercase() + &dice.digits(2),
            1 => dice.many_of("ABCDEFGHJKLMNPQRSTUVWXYZ", 3) + &dice.digits(2) + &dice.many_of("ABCDEFGHJKMNP", 4),
            _ => word + &dice.digits(4),
        };
    }
    match dice.below(4) {
        0 => word + "#" + &dice.digits(3),
        1 => dice.many_of("bcdfghjk", 4) + &dice.digits(1) + "-" + &word.to_lowercase(),
        2 => word + &dice.digits(2) + "!",
        _ => dice.many_of("abcdefghjkmnpqrstuvwxyz", 6) + dice.pick(&["_", "%", "$", "?"]) + &dice.digits(4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_gets_another_identifier_and_never_the_same() {
        for (text, marked, kind) in [
            ("Linux halden-sw7 5.10", "halden-sw7", "hostname"),
            ("Linux sw7.halden.example 5.10", "sw7.halden.example", "fqdn"),
            ("ACME SN: FOC1234X0AB", "FOC1234X0AB", "serial"),
            ("ACME FOC1234X0AB", "FOC1234X0AB", "serial"),
            ("Contact: Ingrid Haugen", "Ingrid Haugen", "person"),
            ("Ingrid Haugen's camera", "Ingrid Haugen", "person"),
            ("Kunde: Acme GmbH", "Acme GmbH", "customer"),
            ("Location: Halden", "Halden", "location"),
            ("rack 7", "rack 7", "location"),
            ("user jdoe", "jdoe", "user"),
            ("(root@b7)", "root@b7", "userhost"),
            ("a@b.example", "a@b.example", "email"),
            ("http://10.1.2.3/", "http://10.1.2.3/", "url"),
            ("ip 10.1.2.3", "10.1.2.3", "ip"),
            ("MAC de:ad:be:ef:00:17", "de:ad:be:ef:00:17", "mac"),
            ("call +47 22 86 24 00", "+47 22 86 24 00", "phone"),
            ("38.2773N 165.6733E", "38.2773N 165.6733E", "gps"),
            ("AS64512", "64512", "asn"),
            ("IMEI 357651537355322", "357651537355322", "imei"),
            ("password Summer4995!", "Summer4995!", "secret"),
            ("circuit 03.TLFK.092494..UDJ", "03.TLFK.092494..UDJ", "circuit"),
        ] {
            let start = text.find(marked).unwrap();
            let range = start..start + marked.len();
            let others: std::collections::BTreeSet<String> =
                (0..50).map(|nth| another(text, &range, kind, &mut Dice::of(text, nth))).collect();
            assert!(others.len() > 5, "{kind}: {others:?}");
            assert!(others.iter().filter(|other| *other == marked).count() == 0, "{kind}");
            assert!(others.iter().all(|other| !other.is_empty()), "{kind}");
        }
    }
}
