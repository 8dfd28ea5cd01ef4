//! Tests whether a marked identifier is still in a text: the measure of a hit.
//!
//! The identifier must be gone, and so must each piece of six of its characters that occurs nowhere else in the
//! description. A shorter identifier counts as a whole word. Words that identify nobody by themselves may stay.

/// Words inside a mark that identify nobody by themselves, lower case.
const GENERIC: &[&str] = &[
    "building",
    "gebäude",
    "gebaude",
    "rechnerraum",
    "serverraum",
    "comms room",
    "salle informatique",
    "schrank",
    "water tank",
    "tower",
    "industrial park drive",
    "macbook-pro",
    "macbook-air",
    "mac-mini",
    "university",
    "hospital",
    "telecom",
    "logistics",
    "grundschule",
    "klinikum",
    "gemeinde",
    "compute.internal",
    "internal",
    "localdomain",
    "example",
    "netbotz",
    "zenitel",
    "powerxpert",
    "fortigate",
    "router",
    "switch",
    "server",
    "hostname",
    "https://",
    "http://",
    "office",
    "sector",
    "floor",
    "family5g",
    "laptop",
    "openwrt",
    "config",
    "backup",
];

/// Characters of a piece whose survival shows a leak.
const PIECE: usize = 6;

/// Whether `mark` is still in `result`. `outside` is the description without its marks, `original` the description.
#[must_use]
pub fn is_leaked(mark: &str, result: &str, outside: &str, original: &str) -> bool {
    let trimmed = mark.trim_matches(|c: char| !c.is_alphanumeric());
    let core = if trimmed.is_empty() { mark } else { trimmed };
    if core.chars().count() < PIECE {
        // Some are joined to other letters (`AS64512`): then the letters count anywhere.
        return if words(core, original) > words(core, outside) {
            words(core, result) > words(core, outside)
        } else {
            result.matches(core).count() > outside.matches(core).count()
        };
    }
    let (core, result, outside) = (core.to_lowercase(), result.to_lowercase(), outside.to_lowercase());
    if result.matches(&core).count() > outside.matches(&core).count() {
        return true;
    }
    telling_parts(&core).iter().any(|part| {
        part.windows(PIECE).any(|piece| {
            let text: String = piece.iter().collect();
            piece.iter().filter(|c| c.is_alphanumeric()).count() >= 4
                && !piece.iter().all(|c| matches!(c, 'a' | '0' | 'x' | '*' | '#' | '.' | '-' | '_' | ':' | '/' | ' '))
                && result.contains(&text)
                && !outside.contains(&text)
        })
    })
}

/// How often a word occurs in a text without adjacent letters or digits.
fn words(word: &str, text: &str) -> usize {
    let starts = |c: char| c.is_alphanumeric() && word.starts_with(char::is_alphanumeric);
    let ends = |c: char| c.is_alphanumeric() && word.ends_with(char::is_alphanumeric);
    text.match_indices(word)
        .filter(|(at, _)| !text[..*at].ends_with(starts) && !text[at + word.len()..].starts_with(ends))
        .count()
}

/// The pieces of an identifier between words that identify nobody.
fn telling_parts(core: &str) -> Vec<Vec<char>> {
    let (mut parts, mut part, mut rest) = (Vec::new(), Vec::new(), core);
    while let Some(first) = rest.chars().next() {
        match GENERIC.iter().find(|word| rest.starts_with(**word)) {
            Some(word) => {
                parts.push(std::mem::take(&mut part));
                rest = &rest[word.len()..];
            }
            None => {
                part.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    parts.push(part);
    parts
}

#[cfg(test)]
mod tests {
    use super::is_leaked;

    #[test]
    fn a_removed_identifier_is_not_a_leak() {
        assert!(!is_leaked("halden-sw7", "Linux hostname 5.10", "Linux \0 5.10", "Linux halden-sw7 5.10"));
        assert!(is_leaked("halden-sw7", "Linux halden-sw7 5.10", "Linux \0 5.10", "Linux halden-sw7 5.10"));
    }

    #[test]
    fn a_piece_of_six_characters_is_a_leak_and_one_of_five_is_not() {
        let leaks = |result| is_leaked("halden-sw7", result, "x \0", "x halden-sw7");
        assert!(leaks("x HALDEN-hostname"));
        assert!(!leaks("x halde-hostname"));
        assert!(!is_leaked("ABC0000AAAA", "SN AAA0000AAAA", "SN \0", "SN ABC0000AAAA"));
    }

    #[test]
    fn short_identifiers_count_as_whole_words_unless_they_are_joined_to_letters() {
        assert!(!is_leaked("qz", "Linux hostname qzx", "Linux \0 qzx", "Linux qz qzx"));
        assert!(is_leaked("qz", "Linux qz qzx", "Linux \0 qzx", "Linux qz qzx"));
        assert!(is_leaked("6451", "AS6451", "AS\0", "AS6451"));
        assert!(!is_leaked("6451", "AS0000", "AS\0", "AS6451"));
    }

    #[test]
    fn generic_words_and_text_outside_marks_are_not_leaks() {
        assert!(!is_leaked(
            "cisco-lab",
            "cisco-lab switch hostname",
            "cisco-lab switch \0",
            "cisco-lab switch cisco-lab"
        ));
        assert!(!is_leaked("Halden Building", "the building hostname", "the \0", "the Halden Building"));
    }
}
