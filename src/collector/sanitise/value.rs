//! Finds the end of the value after a label.

use super::guard;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// One word, up to a blank or a closing mark, with at least this many letters and digits.
    Token(usize),
    /// Like `Token`, but with any punctuation inside, as in passwords.
    Secret,
    /// Digits with blanks and marks between them, at least this many digits.
    Number(usize),
    /// The name of a person or company: up to four words that begin with a capital.
    Name,
    /// A word and the capitalised words after it, as in names of networks.
    Title,
    /// A place: words that begin with a capital or a digit, and words for places.
    Place,
    /// Hexadecimal digits in twos or fours, with blanks or marks between them.
    Hex,
    /// Two numbers, with signs or compass letters.
    Coordinates,
}

/// Lower-case words that occur inside names and places.
const CONNECTORS: &[&str] = &[
    "al", "am", "an", "and", "auf", "bei", "bin", "da", "das", "de", "degli", "dei", "del", "della", "delle", "dem",
    "den", "der", "des", "di", "do", "dos", "du", "el", "im", "in", "la", "le", "les", "of", "on", "sur", "the", "und",
    "van", "von", "y", "zu", "zum", "zur",
];

/// Company suffixes, lower case, without the final full stop.
const LEGAL: &[&str] = &[
    "ab",
    "ag",
    "aps",
    "as",
    "bank",
    "bv",
    "co",
    "corp",
    "doo",
    "gmbh",
    "group",
    "hospital",
    "inc",
    "isp",
    "kft",
    "kg",
    "ltd",
    "logistics",
    "oy",
    "oyj",
    "s.a",
    "s.p.a",
    "s.r.o",
    "sa",
    "sarl",
    "sas",
    "spa",
    "srl",
    "telecom",
    "uab",
    "university",
    "wlan",
];

/// Whether a word is a company suffix.
#[must_use]
pub fn is_legal_form(word: &str) -> bool {
    LEGAL.contains(&word.to_lowercase().trim_end_matches('.'))
}

/// Words for parts of a place, lower case.
const PLACES: &[&str] = &[
    "attic",
    "basement",
    "bay",
    "bldg",
    "building",
    "bâtiment",
    "cabinet",
    "cage",
    "campus",
    "cellar",
    "closet",
    "comms",
    "dc",
    "eg",
    "etage",
    "floor",
    "gang",
    "gym",
    "hall",
    "halle",
    "haus",
    "hq",
    "kast",
    "kat",
    "level",
    "lobby",
    "oda",
    "office",
    "og",
    "piano",
    "piso",
    "piętro",
    "plant",
    "planta",
    "rack",
    "raum",
    "roof",
    "room",
    "row",
    "rum",
    "sala",
    "salle",
    "site",
    "stock",
    "street",
    "suite",
    "tank",
    "tower",
    "u",
    "ug",
    "unit",
    "warehouse",
    "water",
    "wing",
];

/// The span of the value that starts at or after `from`; `None` if there is no value.
#[must_use]
pub fn read(value: Value, text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + text[from..].len() - text[from..].trim_start_matches([' ', '\t', '\u{a0}']).len();
    let opened = text[start..].len() - text[start..].trim_start_matches(['"', '\'', '«', '“', '<', '[', '(']).len();
    let start = if opened <= 4 && value != Value::Number(0) { start + opened } else { start };
    let rest = &text[start..];
    if !rest.starts_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '+' | '-' | '(') || (value == Value::Secret && !c.is_whitespace())
    }) {
        return None;
    }
    // A quoted value extends to the closing quotation mark.
    if let Some(close) = text[..start].chars().next_back().filter(|_| opened > 0).and_then(closing) {
        let inside = rest.split(close).next().unwrap_or_default();
        if matches!(value, Value::Name | Value::Place | Value::Title)
            && inside.len() < rest.len()
            && inside.len() <= 80
            && !inside.is_empty()
        {
            return Some((start, start + inside.len()));
        }
    }
    let marked = text[..start].trim_end().ends_with([':', '=', '#']);
    let length = match value {
        Value::Token(least) => {
            let token = token(rest);
            (token.chars().filter(|c| c.is_alphanumeric()).count() >= least).then_some(token.len())?
        }
        Value::Secret => secret(rest).len(),
        Value::Number(least) => {
            let number = number(rest);
            (number.bytes().filter(u8::is_ascii_digit).count() >= least).then_some(number.len())?
        }
        Value::Hex => hex(rest),
        Value::Name => words(rest, if marked { 4 } else { 2 }, false),
        Value::Place => match words(rest, 8, true) {
            // The code of a site.
            0 => {
                let token = token(rest);
                let code = token.len() >= 3
                    && token.bytes().any(|b| b.is_ascii_digit())
                    && token.bytes().any(|b| b.is_ascii_alphabetic());
                if code { token.len() } else { 0 }
            }
            length => length,
        },
        Value::Title => {
            let first = token(rest).len();
            match rest[first..].strip_prefix(' ') {
                Some(more) if !more.starts_with('-') && words(more, 2, false) > 0 => first + 1 + words(more, 2, false),
                _ => first,
            }
        }
        Value::Coordinates => coordinates(rest)?,
    };
    (length > 0).then_some((start, start + length))
}

/// The mark that closes what `open` opens, for quotation marks.
const fn closing(open: char) -> Option<char> {
    match open {
        '"' => Some('"'),
        '\'' => Some('\''),
        '«' => Some('»'),
        '“' => Some('”'),
        _ => None,
    }
}

fn token(rest: &str) -> &str {
    let closes = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, ',' | ';' | '|' | ')' | ']' | '}' | '>' | '<' | '"' | '»' | '”')
    };
    let token = rest.split(closes).next().unwrap_or_default();
    // The next sentence may follow without a blank.
    let sentence = token.match_indices('.').find(|(at, _)| {
        let word = &token.as_bytes()[at + 1..];
        word.len() >= 3 && word[0].is_ascii_uppercase() && word[1..].iter().all(u8::is_ascii_lowercase)
    });
    let token = sentence.map_or(token, |(at, _)| &token[..at]);
    token.trim_end_matches(['.', ':', '\'', '!', '?'])
}

fn secret(rest: &str) -> &str {
    // Some configurations begin with one digit for the secret's encoding.
    if let Some(encoded) = rest.strip_prefix(|c: char| c.is_ascii_digit()).and_then(|rest| rest.strip_prefix(' ')) {
        let length = secret(encoded).len();
        return &rest[..if length > 0 { length + 2 } else { 1 }];
    }
    let token = rest
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '|' | ';' | ',' | ')' | ']'))
        .next()
        .unwrap_or_default();
    token.trim_end_matches([':', ',', '.'])
}

fn number(rest: &str) -> &str {
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '/' | '.' | '(' | ')' | '\u{a0}')))
        .unwrap_or(rest.len());
    // A letter that touches the number belongs to another word.
    let number = rest[..end].split(" - ").next().unwrap_or_default().split("  ").next().unwrap_or_default();
    let number = number.trim_end_matches(|c: char| !c.is_ascii_digit());
    if number.len() == end && rest[end..].starts_with(char::is_alphanumeric) { "" } else { number }
}

/// Length of the hexadecimal digits and the marks between them.
fn hex(rest: &str) -> usize {
    let end = rest.find(|c: char| !(c.is_ascii_hexdigit() || matches!(c, ':' | '-' | '.' | ' '))).unwrap_or(rest.len());
    let run = rest[..end].trim_end_matches([':', '-', '.', ' ']);
    let twos = run.split(' ').take_while(|part| part.len() == 2).count();
    let length = match twos {
        6..=8 => run.match_indices(' ').nth(twos - 1).map_or(run.len(), |(at, _)| at),
        _ => run.find(' ').unwrap_or(run.len()),
    };
    if rest[length..].starts_with(|c: char| c.is_alphanumeric()) { 0 } else { length }
}

/// Length of the words that make up a name or a place.
fn words(rest: &str, most: usize, place: bool) -> usize {
    let (mut end, mut at, mut count, mut commas) = (0, 0, 0, 0);
    while count < most {
        let word = rest[at..]
            .split(|c: char| {
                c.is_whitespace() || c.is_control() || matches!(c, ';' | '|' | ')' | ']' | '"' | '»' | '>' | '<' | '[')
            })
            .next()
            .unwrap_or_default();
        let bare = word.trim_end_matches([',', '.', ':']);
        let first = bare.chars().next().unwrap_or(' ');
        let lower = bare.to_lowercase();
        let belongs = (first.is_alphabetic() && !first.is_lowercase() && !first.is_ascii_lowercase())
            || (place && (first.is_ascii_digit() || PLACES.contains(&lower.as_str())));
        // A product that follows without a mark ends a name.
        let legal = count > 0 && is_legal_form(&lower);
        let technical =
            count > 0 && !legal && guard::is_technical(&lower) && !(place && PLACES.contains(&lower.as_str()));
        let model = bare.bytes().any(|b| b.is_ascii_digit())
            && ((bare.contains('-') && (!place || bare.len() > 6)) || bare.len() > 5)
            && first.is_alphabetic()
            || bare.contains('_');
        let belongs = (belongs || legal) && !technical && !(count > 0 && model) && !bare.contains(':');
        let connects = count > 0 && CONNECTORS.contains(&lower.as_str()) && bare.len() == word.len();
        if !belongs && !connects {
            break;
        }
        count += usize::from(!legal && belongs);
        if belongs {
            // An initial keeps its full stop.
            let initial = bare.chars().filter(|c| c.is_alphabetic()).count() <= 2
                && !place
                && word.trim_end_matches(',').ends_with('.');
            end = at + if initial { bare.len() + 1 } else { bare.len() };
        }
        at += word.len();
        commas += usize::from(word.ends_with(','));
        let goes_on = commas < 2 && rest[at..].starts_with(' ') && !rest[at..].starts_with("  ");
        if !goes_on || word.ends_with(':') || (word.ends_with([',', '.']) && !place && bare.len() > 2) {
            break;
        }
        at += 1;
    }
    end
}

/// Length of two numbers with what coordinates are written with.
fn coordinates(rest: &str) -> Option<usize> {
    let allowed = |c: char| {
        c.is_ascii_digit()
            || matches!(
                c,
                '.' | ',' | ' ' | '-' | '+' | '°' | '\'' | '"' | '′' | '″' | 'N' | 'S' | 'E' | 'W' | ';' | '/'
            )
    };
    let end = rest.find(|c: char| !allowed(c)).unwrap_or(rest.len());
    let span = rest[..end].split(" - ").next().unwrap_or_default();
    let span = span.trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '°');
    let fractions =
        span.split([' ', ',', ';', '/']).filter(|part| part.split('.').nth(1).is_some_and(|f| f.len() >= 2)).count();
    // A letter that touches the next word belongs to that word.
    let span = if rest[span.len()..].starts_with(|c: char| c.is_alphanumeric()) {
        let last = span.char_indices().next_back().map_or(0, |(at, _)| at);
        span[..last].trim_end_matches(|c: char| !c.is_ascii_alphanumeric() && c != '°')
    } else {
        span
    };
    (fractions >= 2 || span.matches('°').count() == 2).then_some(span.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: Value, text: &str) -> &str {
        read(value, text, 0).map_or("", |(start, end)| &text[start..end])
    }

    #[test]
    fn tokens_end_at_blanks_and_closing_marks() {
        assert_eq!(value(Value::Token(3), " \"FOC-1234.X\" rest"), "FOC-1234.X");
        assert_eq!(value(Value::Token(3), "AB) x"), "");
        assert_eq!(value(Value::Secret, "Pr1v4te!63: x"), "Pr1v4te!63");
    }

    #[test]
    fn names_are_words_with_capitals_in_any_script() {
        assert_eq!(value(Value::Name, "Jan van der Berg switch 7"), "Jan van der Berg");
        assert_eq!(value(Value::Name, "Кузнецов Д.В., шлюз"), "Кузнецов Д.В.");
        assert_eq!(value(Value::Name, "the operator"), "");
    }

    #[test]
    fn places_continue_after_commas_and_numbers() {
        assert_eq!(value(Value::Place, "Via Roma 14, Halden; rest"), "Via Roma 14, Halden");
        assert_eq!(value(Value::Place, "Durban water tank - x"), "Durban water tank");
    }

    #[test]
    fn numbers_and_coordinates_need_enough_digits() {
        assert_eq!(value(Value::Number(6), "+49 (30) 123-456 x"), "+49 (30) 123-456");
        assert_eq!(value(Value::Number(6), "12 x"), "");
        assert_eq!(value(Value::Coordinates, "38.2773N 165.6733E, x"), "38.2773N 165.6733E");
        assert_eq!(value(Value::Coordinates, "1.2 3"), "");
    }
}
