//! Display of text that may be hostile: characters that are invisible, or that change how others are shown, are made
//! visible. The preview page has the same table (`docs/schema/invisible.json`).

use std::borrow::Cow;
use std::fmt::Write;

/// Characters that are invisible or change how others are shown, as inclusive ranges: controls, Unicode's
/// default-ignorable characters, bidirectional controls, line and paragraph separators, non-characters.
pub const INVISIBLE: &[(u32, u32)] = &[
    (0x0000, 0x001f),
    (0x007f, 0x009f),
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x061c, 0x061c),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x206f),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// Whether a character is invisible or changes how others are shown.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    let code = u32::from(c);
    let after = INVISIBLE.partition_point(|(first, _)| *first <= code);
    after > 0 && code <= INVISIBLE[after - 1].1
}

/// How invisible characters are shown.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    /// For a line feed.
    pub line_feed: &'static str,
    /// For a tab.
    pub tab: &'static str,
    /// Before and after the code point of any other character.
    pub brackets: (char, char),
}

/// Signs for a terminal.
pub const TERMINAL: Signs = Signs { line_feed: "\u{21b5}", tab: "\u{2192}", brackets: ('<', '>') };

/// The text with every invisible character replaced by a sign (`<U+202E>`).
#[must_use]
pub fn visible(text: &str, signs: Signs) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str(signs.line_feed),
            '\t' => shown.push_str(signs.tab),
            c if is_invisible(c) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "{}U+{:04X}{}", signs.brackets.0, u32::from(c), signs.brackets.1);
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A number of things, named by their singular: `1 report`, `2,000 reports`.
#[must_use]
pub fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{} {thing}s", thousands(number)) }
}

/// A number with commas between thousands.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_ranges_do_not_touch() {
        assert!(INVISIBLE.iter().all(|(first, last)| first <= last));
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
    }

    #[test]
    fn every_control_character_is_invisible_and_letters_are_not() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            assert!(!c.is_control() || is_invisible(c), "{c:?}");
            assert!(
                !c.is_alphanumeric() || !is_invisible(c) || "\u{115f}\u{1160}\u{3164}\u{ffa0}".contains(c),
                "{c:?}"
            );
        }
        for c in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{e0041}', '\u{1d173}'] {
            assert!(is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn hostile_text_becomes_visible() {
        assert_eq!(visible("plain \u{fc}", TERMINAL), "plain \u{fc}");
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\nd\te", TERMINAL), "a<U+001B>[31mb<U+202E>c\u{21b5}d\u{2192}e");
    }

    #[test]
    fn numbers_have_commas() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
