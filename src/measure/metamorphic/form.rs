//! Another identifier of the same form: each name becomes another name, each number another number, and words for its
//! kind (`-gw`, `GmbH`, `Building`) stay or become another such word. For positions where only the form shows that it
//! is an identifier.

use super::dice::Dice;
use super::words::{COMPANIES, FIRST_NAMES, HOST_WORDS, LAST_NAMES, ROLES, SCRIPTS, TOWNS, ascii, script_of};

/// What the names in an identifier are names of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Hosts: persons, towns, companies, words; in ASCII.
    Hosts,
    /// Persons.
    Persons,
    /// Places.
    Places,
    /// Companies and institutions.
    Companies,
}

/// Words that stay: they say what kind of thing a name belongs to, or are products. Lower case.
const STAYS: &[&str] = &[
    "ab",
    "ag",
    "air",
    "al",
    "annex",
    "aps",
    "as",
    "attic",
    "aula",
    "avenida",
    "backup",
    "bank",
    "basement",
    "bldg",
    "book",
    "building",
    "builtin",
    "bv",
    "calle",
    "closet",
    "co",
    "comms",
    "compute",
    "corp",
    "cvm",
    "da",
    "datacenter",
    "dc",
    "de",
    "del",
    "der",
    "desktop",
    "di",
    "du",
    "ec2",
    "el",
    "esp",
    "etage",
    "family",
    "fg",
    "floor",
    "gebäude",
    "gemeinde",
    "gmbh",
    "gov",
    "group",
    "grundschule",
    "guest",
    "gym",
    "he",
    "hospital",
    "hotel",
    "house",
    "hq",
    "idf",
    "idrac",
    "inc",
    "informatique",
    "internal",
    "ip",
    "iphone",
    "isp",
    "keller",
    "kg",
    "klinikum",
    "la",
    "lab",
    "laptop",
    "llc",
    "logistics",
    "ltd",
    "lycée",
    "mac",
    "mdf",
    "mini",
    "nas",
    "netbotz",
    "no",
    "ntnx",
    "nuc",
    "office",
    "openwrt",
    "oy",
    "oyj",
    "pc",
    "plaza",
    "pro",
    "rack",
    "raum",
    "rechnerraum",
    "roof",
    "room",
    "row",
    "rue",
    "s",
    "sa",
    "salle",
    "sarl",
    "sas",
    "school",
    "serverraum",
    "site",
    "spa",
    "srl",
    "st",
    "straße",
    "street",
    "süd",
    "switch",
    "tank",
    "technikraum",
    "telecom",
    "tower",
    "u",
    "uab",
    "und",
    "unit",
    "university",
    "universität",
    "usv",
    "van",
    "via",
    "von",
    "water",
    "wing",
    "wlan",
    "xcc",
];

/// Legal forms that are written with full stops, lower case.
const DOTTED: &[&str] = &["s.p.a", "s.r.o", "d.o.o", "s.a", "b.v"];

/// Endings that turn a name into a street.
const STREETS: &[&str] = &["straße", "strasse", "gasse", "platz", "weg"];

/// Another text of the same form.
#[must_use]
pub fn another(original: &str, names: Names, dice: &mut Dice) -> String {
    let chars: Vec<char> = original.chars().collect();
    let (mut result, mut at) = (String::with_capacity(original.len()), 0);
    while at < chars.len() {
        let kind = class(chars[at]);
        let mut end = at + chars[at..].iter().take_while(|c| class(**c) == kind).count();
        let mut run: String = chars[at..end].iter().collect();
        let rest: String = chars[at..].iter().collect::<String>().to_lowercase();
        if let Some(form) = DOTTED.iter().find(|form| rest.starts_with(**form)).filter(|_| at > 0) {
            result.extend(&chars[at..at + form.len()]);
            at += form.len();
            continue;
        }
        // Words that stay may be written in any way (`GmbH`); others end where a new one begins (`MacBook`).
        if !STAYS.contains(&run.to_lowercase().as_str()) {
            end = (at + 1..end).find(|end| humps(&chars, at, *end)).unwrap_or(end);
            run = chars[at..end].iter().collect();
        }
        // A single letter with a number, such as a rack (`R13/U55`) or a host, is not a name.
        let single = run.chars().count() == 1 && chars.get(end).is_some_and(char::is_ascii_digit);
        match kind {
            Class::Digit => result.push_str(&number(&run, names == Names::Hosts && chars.len() > 3, dice)),
            Class::Letter if single && names == Names::Places => result.push_str(&run),
            Class::Letter => {
                let initial = run.chars().count() == 1 && chars.get(end) == Some(&'.');
                if initial {
                    result.push(match script_of(chars[at]) {
                        Some(0) => ['А', 'Б', 'В', 'Н', 'С'][dice.below(5)],
                        _ => dice.one_of("ABDHJKMNPRTW"),
                    });
                } else {
                    result.push_str(&word(&run, names, dice));
                }
            }
            Class::Mark => result.push_str(&run),
        }
        at = end;
    }
    result
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Letter,
    Mark,
}

fn class(c: char) -> Class {
    match c {
        '0'..='9' => Class::Digit,
        c if c.is_alphabetic() => Class::Letter,
        _ => Class::Mark,
    }
}

/// Whether a new word begins at `at`, as in `MacBook`.
fn humps(chars: &[char], start: usize, at: usize) -> bool {
    at > start && chars[at].is_uppercase() && chars[at - 1].is_lowercase()
}

/// A number of the same length, with leading zeros if the original has them. `longer` allows one more digit.
fn number(run: &str, longer: bool, dice: &mut Dice) -> String {
    let zeros = run.len() - run.trim_start_matches('0').len();
    let rest = run.len() - zeros;
    if rest == 0 {
        return "0".repeat(zeros - 1) + &dice.digits(1);
    }
    let more = usize::from(longer && zeros == 0 && rest < 3 && dice.percent(25));
    "0".repeat(zeros) + &dice.digits(rest + more)
}

fn word(run: &str, names: Names, dice: &mut Dice) -> String {
    let lower = run.to_lowercase();
    if let Some(script) = run.chars().find_map(script_of) {
        return in_script(run, script, names, dice);
    }
    if STAYS.contains(&lower.as_str()) {
        return run.to_owned();
    }
    if let Some(street) = STREETS.iter().find(|street| lower.ends_with(**street) && lower.len() > street.len() + 2) {
        return cased(name(Names::Persons, dice).as_str(), run) + street;
    }
    let length = run.chars().count();
    if names == Names::Hosts {
        if ROLES.contains(&lower.as_str()) {
            return cased(dice.pick(ROLES), run);
        }
        // A name with a role at its end (`HALDENFW`).
        let role =
            ROLES.iter().filter(|role| role.len() > 1 && lower.len() > role.len() + 2 && lower.ends_with(**role));
        if let Some(role) = role.max_by_key(|role| role.len()) {
            let site: String = ascii(&name(Names::Hosts, dice)).chars().take(lower.len() - role.len()).collect();
            return cased(&(site.to_lowercase() + dice.pick(ROLES)), run);
        }
    }
    if length <= 3 {
        // A site code, or a person's initials.
        let code: String =
            (0..length).map(|at| dice.one_of(if at % 2 == 0 { "bdfghklmnprtvwz" } else { "aeiou" })).collect();
        return cased(&code, run);
    }
    // Kernels and hosts have ASCII names. Elsewhere an accent may be what shows that a word is a name.
    let bare =
        names == Names::Hosts || (names == Names::Companies && *run == lower) || run.chars().all(char::is_uppercase);
    let accented = !run.is_ascii() && !bare;
    let mut name = name(names, dice);
    for _ in 0..40 {
        if !accented || !name.is_ascii() {
            break;
        }
        name = self::name(names, dice);
    }
    cased(&if bare { ascii(&name) } else { name }, run)
}

fn name(names: Names, dice: &mut Dice) -> String {
    let pool = match names {
        Names::Hosts => [HOST_WORDS, TOWNS, COMPANIES, LAST_NAMES, FIRST_NAMES][dice.below(5)],
        Names::Persons => [FIRST_NAMES, LAST_NAMES][dice.below(2)],
        Names::Places => TOWNS,
        Names::Companies => COMPANIES,
    };
    dice.pick(pool).to_owned()
}

/// A name in the same case as another.
fn cased(name: &str, like: &str) -> String {
    let letters = || like.chars().filter(|c| c.is_alphabetic());
    if letters().count() > 1 && letters().all(char::is_uppercase) {
        return name.to_uppercase();
    }
    if letters().next().is_some_and(char::is_uppercase) {
        let mut chars = name.chars();
        return chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    }
    name.to_lowercase()
}

fn in_script(run: &str, script: usize, names: Names, dice: &mut Dice) -> String {
    let words = &SCRIPTS[script];
    let common = run.chars().next().is_some_and(char::is_lowercase);
    // The word for the kind of a place follows its name where words are not separated.
    const KINDS: [&str; 4] = ["本社", "支店", "机房", "본사"];
    if let Some(kind) = KINDS.into_iter().find(|kind| run.ends_with(*kind) && run.len() > kind.len()) {
        return dice.pick(words.towns).to_owned() + kind;
    }
    let pool = match names {
        _ if common => words.places,
        Names::Persons => words.last_names,
        Names::Hosts | Names::Companies | Names::Places => words.towns,
    };
    dice.pick(pool).to_owned()
}

/// A hostname in one of many styles that admins use: device, site, owner and number.
#[must_use]
pub fn host(dice: &mut Dice) -> String {
    let word = |dice: &mut Dice| ascii(&name(Names::Hosts, dice)).to_lowercase();
    let role = |dice: &mut Dice| dice.pick(ROLES).to_owned();
    let digits = |dice: &mut Dice, most| {
        let length = dice.within(1, most);
        dice.digits(length)
    };
    let site = |dice: &mut Dice| {
        let code = dice.many_of("bdfghklmnprtvwz", 1) + &dice.many_of("aeiou", 1) + &dice.many_of("lmnrst", 1);
        code + &dice.digits(1)
    };
    let mark = dice.pick(&["-", "-", "-", "_", "."]);
    match dice.below(16) {
        0 => role(dice) + &digits(dice, 3),
        1 => word(dice) + mark + &role(dice) + mark + &digits(dice, 3),
        2 => (word(dice) + &role(dice) + &digits(dice, 3)).to_uppercase(),
        3 => word(dice) + "-" + &word(dice) + dice.pick(&["-laptop", "-pc", "-nas", "-nuc"]),
        4 => word(dice) + "_" + &role(dice) + "_" + &digits(dice, 2),
        5 => word(dice),
        6 => cased(&word(dice), "Aa"),
        7 => site(dice) + "-" + &role(dice) + "-" + &digits(dice, 2),
        8 => role(dice) + &digits(dice, 1) + mark + &site(dice),
        9 => digits(dice, 4) + "-" + &role(dice),
        10 => dice.many_of("bdfgjkqvwxz", 2) + &digits(dice, 2),
        11 => word(dice) + "." + &word(dice),
        12 => role(dice) + "-" + &dice.many_of("0123456789abcdef", 11) + &dice.many_of("abcdef", 1),
        13 => role(dice) + "-" + dice.pick(&["dev", "test", "prod", "main", "old"]),
        14 => word(dice) + "-rack" + &digits(dice, 2) + "-unit" + &digits(dice, 2) + "-" + &word(dice),
        _ => word(dice) + &digits(dice, 2),
    }
}

/// The same in other letters: accented Latin, Cyrillic, Greek, Chinese, Japanese, Korean, or as an IDN.
#[must_use]
pub fn host_beyond_ascii(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => dice.pick(&["Łódź", "Würzburg", "Logroño", "Częstochowa"]).to_owned() + "-" + dice.pick(ROLES),
        1 => "xn--".to_owned() + &dice.many_of("abdefgkmnprst", 5) + "-" + &dice.many_of("abdkmrt0123", 3),
        script => {
            let words = &SCRIPTS[script - 2];
            let name = dice.pick(words.towns).to_owned();
            if dice.percent(50) { name + "-" + &dice.digits(2) } else { name }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metamorphic::shape::shape;

    #[test]
    fn names_and_numbers_change_and_words_for_kinds_stay() {
        for nth in 0..50 {
            let mut dice = Dice::of("form", nth);
            let other = another("Klinikum Halden GmbH, Building 7", Names::Companies, &mut dice);
            assert!(other.starts_with("Klinikum ") && other.contains(" GmbH, Building "), "{other}");
            assert!(!other.contains("Halden"), "{other}");
            let other = another("HALDENFW08", Names::Hosts, &mut dice);
            assert!(other.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{other}");
            let other = another("halden-sw-07", Names::Hosts, &mut dice);
            assert_eq!(shape(&other), "a-a-0", "{other}");
            let other = another("Кузнецов Д.В.", Names::Persons, &mut dice);
            assert_eq!(shape(&other), "я я.я.", "{other}");
            assert!(another("Ringstraße 5", Names::Places, &mut dice).contains("straße "));
        }
    }
}
