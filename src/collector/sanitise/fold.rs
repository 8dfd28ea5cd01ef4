//! Folds text for comparison: all spellings of the same name become equal. Positions map back to the original's bytes.
//!
//! Letters lose their case, their marks (`é`, composed or not, is `e`) and their width (`Ａ` is `a`). Invisible characters
//! (soft hyphens, joiners) are dropped, `ß` becomes `ss`, every dash `-` and every blank a space.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Base letters of U+00C0 to U+024F, from Unicode's canonical decompositions. A dot means that a letter has none.
const LATIN: &[u8; 0x190] = b"aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.yaaaaaaccccccccdd\
    ddeeeeeeeeeegggggggghhhhiiiiiiiii...jjkk.llllllllllnnnnnn...oooooo..rrrrrrssssss\
    sstttt..uuuuuuuuuuuuwwyyyzzzzzz.................................oo.............u\
    u............................aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa....\
    aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy............................";

/// Base letters of U+1E00 to U+1EFF.
const LATIN_ADDITIONAL: &[u8; 0x100] =
    b"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo\
    oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy......\
    aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu\
    uuyyyyyyyy......";

/// Greek and Cyrillic letters with a mark, lower case, each followed by its base letter.
const MARKED: &[(char, char)] = &[
    ('ΐ', 'ι'),
    ('ά', 'α'),
    ('έ', 'ε'),
    ('ή', 'η'),
    ('ί', 'ι'),
    ('ΰ', 'υ'),
    ('ς', 'σ'),
    ('ϊ', 'ι'),
    ('ϋ', 'υ'),
    ('ό', 'ο'),
    ('ύ', 'υ'),
    ('ώ', 'ω'),
    ('й', 'и'),
    ('ѐ', 'е'),
    ('ё', 'е'),
    ('ѓ', 'г'),
    ('ї', 'і'),
    ('ќ', 'к'),
    ('ѝ', 'и'),
    ('ў', 'у'),
];

/// A folded text.
pub struct Folded<'t> {
    /// The original text.
    pub original: &'t str,
    text: Cow<'t, str>,
    /// Byte of the original for each byte of `text`; empty if all positions are equal.
    origins: Option<Cow<'t, [u32]>>,
}

/// A folded text without its original, for a cache.
pub struct Kept {
    text: Option<String>,
    origins: Option<Vec<u32>>,
}

impl Kept {
    /// The same as [`Folded::new`] for `original`, which must be the text that was folded.
    #[must_use]
    pub fn of<'t>(&'t self, original: &'t str) -> Folded<'t> {
        let text = Cow::Borrowed(self.text.as_deref().unwrap_or(original));
        Folded { original, text, origins: self.origins.as_deref().map(Cow::Borrowed) }
    }
}

impl<'t> Folded<'t> {
    /// Folds a text.
    #[must_use]
    pub fn new(original: &'t str) -> Self {
        if original.is_ascii() {
            let text = if original.bytes().any(|b| b.is_ascii_uppercase()) {
                Cow::Owned(original.to_ascii_lowercase())
            } else {
                Cow::Borrowed(original)
            };
            return Self { original, text, origins: None };
        }
        let mut text = String::with_capacity(original.len() + 8);
        let mut origins = Vec::with_capacity(original.len() + 8);
        let mut skip_to = 0;
        for (at, c) in original.char_indices() {
            if c == crate::text::REPLACEMENT {
                skip_to = at + c.len_utf8() + terminal_sequence(&original[at + c.len_utf8()..]);
            }
            if at < skip_to && c != crate::text::REPLACEMENT {
                continue;
            }
            fold_char(c, &mut text);
            origins.resize(text.len(), at as u32);
        }
        Self { original, text: Cow::Owned(text), origins: Some(Cow::Owned(origins)) }
    }

    /// The part to keep in a cache.
    #[must_use]
    pub fn keep(self) -> Kept {
        let text = match self.text {
            Cow::Owned(text) => Some(text),
            Cow::Borrowed(_) => None,
        };
        Kept { text, origins: self.origins.map(Cow::into_owned) }
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The span of the original for a span of the folded text.
    #[must_use]
    pub fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        match &self.origins {
            None => (start, end),
            Some(origins) => {
                let of = |at: usize| origins.get(at).map_or(self.original.len(), |origin| *origin as usize);
                // Up to the next character that was not dropped, so that marks and soft hyphens belong to their letter.
                (of(start), if end > start { of(end) } else { of(start) })
            }
        }
    }
}

/// Length of the rest of a terminal's control sequence (`[0;1m`), whose first character could not be sent.
fn terminal_sequence(rest: &str) -> usize {
    let Some(sequence) = rest.strip_prefix('[') else { return 0 };
    let parameters = sequence.bytes().take_while(|b| b.is_ascii_digit() || *b == b';').count();
    // Control sequences have no longer numbers.
    let numbers = sequence[..parameters].split(';').all(|number| number.len() <= 3);
    if numbers && sequence[parameters..].starts_with(|c: char| c.is_ascii_alphabetic()) { parameters + 2 } else { 0 }
}

/// Folds a text into a buffer, for terms, which need no positions in the original.
pub fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        let start = folded.len();
        folded.push_str(text);
        folded[start..].make_ascii_lowercase();
    } else {
        text.chars().for_each(|c| fold_char(c, folded));
    }
}

fn fold_char(c: char, folded: &mut String) {
    if c.is_ascii() {
        return folded.push(c.to_ascii_lowercase());
    }
    let base =
        |table: &[u8], first: u32| table.get((c as u32).wrapping_sub(first) as usize).copied().filter(|b| *b != b'.');
    if let Some(base) = base(LATIN, 0xc0).or_else(|| base(LATIN_ADDITIONAL, 0x1e00)) {
        return folded.push(char::from(base));
    }
    match c {
        '\u{ad}'
        | '\u{61c}'
        | '\u{200c}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{300}'..='\u{36f}' => {}
        '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{3000}' => folded.push(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => folded.push('-'),
        'ß' | 'ẞ' => folded.push_str("ss"),
        'ı' => folded.push('i'),
        '\u{ff01}'..='\u{ff5e}' => {
            let narrow = char::from_u32(c as u32 - 0xfee0).unwrap_or(c);
            folded.push(narrow.to_ascii_lowercase());
        }
        _ => {
            for lower in c.to_lowercase().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
                let marked = MARKED.iter().find(|(marked, _)| *marked == lower);
                folded.push(marked.map_or(lower, |(_, base)| *base));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let folded = Folded::new(text);
        let mut again = String::new();
        fold_into(text, &mut again);
        assert_eq!(folded.as_str(), again);
        again
    }

    #[test]
    fn all_spellings_of_a_name_become_equal() {
        for (one, other) in [
            ("ZÜRICH", "zu\u{308}rich"),
            ("Łódź", "lodz"),
            ("Ørebro", "orebro"),
            ("Đorđe", "dorde"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδος"),
            ("İstanbul", "istanbul"),
            ("ＲＯＵＴＥＲ－１", "router-1"),
            ("Йошкар-Ола", "и\u{306}ошкар‑ола"),
            ("web\u{ad}serv\u{200d}er", "webserver"),
            ("Łódź", "łódz"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
    }

    #[test]
    fn positions_map_back_to_the_original_including_marks() {
        let text = "İ-Zu\u{308}rich!";
        let folded = Folded::new(text);
        let at = folded.as_str().find("zurich").unwrap();
        let (start, end) = folded.origin(at, at + 6);
        assert_eq!(&text[start..end], "Zu\u{308}rich");
    }
}
