//! Texts as people read them: numbers with separators, labels whose invisible characters are shown.

use std::borrow::Cow;
use std::fmt::Write;

/// A number with a comma between thousands.
#[must_use]
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Whether a character has no shape of its own, or changes that of others: controls, bidirectional and invisible ones.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A label as it is shown: line breaks as `⏎`, other invisible characters by their number.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' | '\r' => shown.push_str(" ⏎ "),
            '\t' => shown.push_str(" ⇥ "),
            c if is_invisible(c) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A field of a CSV file (RFC 4180). What a spreadsheet would take for a formula gets an apostrophe in front.
#[must_use]
pub fn csv(field: &str) -> String {
    let formula = field.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%', '＝', '＋', '－', '＠']);
    let quoted = formula || field.contains(['"', ',', ';', '\n', '\r', '\t']) || field.starts_with(char::is_whitespace);
    let apostrophe = if formula { "'" } else { "" };
    if quoted { format!("\"{apostrophe}{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

/// A text within XML: escaped, and without the characters that XML has not.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' => escaped.push(c),
            '\r' => escaped.push_str("&#13;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        assert_eq!(visible("plain ü"), "plain ü");
        assert_eq!(visible("a\r\nb\tc\u{202e}d\0"), "a ⏎ b ⇥ c⟨U+202E⟩d⟨U+0000⟩");
    }

    #[test]
    fn fields_are_never_formulas_or_more_than_one_field() {
        assert_eq!(csv("plain"), "plain");
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
        for formula in ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"] {
            assert!(csv(formula).starts_with("\"'"), "{formula:?}");
        }
        assert_eq!(xml("<a href='\u{1}'>&\u{ffff}"), "&lt;a href=&#39;\u{fffd}&#39;&gt;&amp;\u{fffd}");
    }
}
