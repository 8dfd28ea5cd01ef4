//! Text from a database, and the two functions that make any text fit the wire format: [`clean`] and [`fit`].

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::ops::Deref;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Replaces every character that cannot be sent.
pub const REPLACEMENT: char = '\u{fffd}';

/// Most characters in a string of the payload, the limit of the stock site's columns.
pub const MAX_CHARS: usize = 255;

/// A string of a facts document, borrowed from the document if it has no escapes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(Cow::Borrowed(text))
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> de::Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.into())))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text)))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Text<'_> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string"})
    }
}

/// Whether a character can be sent unchanged: it is in the Basic Multilingual Plane (the stock site's connection loses a
/// report with any other) and not a control character other than tab and line breaks.
const fn sendable(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\0'..='\u{1f}' | '\u{7f}' => false,
        _ => (c as u32) <= 0xffff,
    }
}

/// Whether a byte is a control character other than tab and line breaks, or starts a character beyond the plane (F0-F4).
const fn is_suspicious(byte: &u8) -> bool {
    (*byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || *byte == 0x7f || *byte >= 0xf0
}

/// Whether one of eight bytes is below 0x20, 0x7f, or 0xf0 and above. One of the sums then has the high bit of its byte set.
const fn may_be_suspicious(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 0xff;
    let bytes = u64::from_le_bytes(bytes);
    let deleted = bytes ^ (ONES * 0x7f);
    let below = (bytes.wrapping_sub(ONES * 0x20) & !bytes) | (deleted.wrapping_sub(ONES) & !deleted);
    let beyond = bytes & (bytes << 1) & (bytes << 2) & (bytes << 3);
    (below | beyond) & (ONES * 0x80) != 0
}

/// The text with every character that cannot be sent replaced by one U+FFFD, so that positions stay and a position in
/// code points is also one in UTF-16 units.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    // Eight bytes at a time: nearly all text is printable ASCII.
    let (eights, rest) = text.as_bytes().as_chunks();
    if !eights.iter().any(|eight| may_be_suspicious(*eight) && eight.iter().any(is_suspicious))
        && !rest.iter().any(is_suspicious)
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if sendable(c) { c } else { REPLACEMENT }).collect())
}

/// The first `max` characters of the text.
#[must_use]
pub fn fit(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in ["", "Cisco IOS\r\n\tVersion 15", "Ünïcode 日本語 \u{fffd}", "\u{80}\u{9f}"] {
            assert!(matches!(clean(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn control_characters_and_planes_beyond_the_basic_one_become_one_replacement_each() {
        assert_eq!(clean("a\0b\u{1b}c\u{7f}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
        assert_eq!(clean("Router 🚀 𝕏"), "Router \u{fffd} \u{fffd}");
    }

    #[test]
    fn a_byte_is_found_in_every_position() {
        for index in 0..20 {
            for (byte, suspicious) in
                [(0x1f, true), (0x7f, true), (0, true), (b'\n', false), (b' ', false), (b'~', false)]
            {
                let mut bytes = [b'x'; 20];
                bytes[index] = byte;
                let text = core::str::from_utf8(&bytes).unwrap();
                assert_eq!(matches!(clean(text), Cow::Owned(_)), suspicious, "{byte} at {index}");
            }
            let text = alloc::format!("{}\u{ffff}é{}", "x".repeat(index), "y".repeat(20 - index));
            assert!(matches!(clean(&text), Cow::Borrowed(_)));
            assert!(matches!(clean(&text.replace('é', "🚀")), Cow::Owned(_)));
        }
    }

    #[test]
    fn fit_counts_characters_and_never_cuts_into_one() {
        assert_eq!(fit("日本語", 2), "日本");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("ééé", 5), "ééé");
        assert_eq!(fit("", 0), "");
    }
}
