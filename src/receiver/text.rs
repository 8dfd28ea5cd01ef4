//! Text as people and other programs read it: labels with their invisible characters shown, CSV, XML.

use callback_common::display::{self, Signs};
use std::borrow::Cow;

pub use callback_common::display::{is_invisible, thousands as number};

/// Signs for pages and terminals alike.
const SIGNS: Signs = Signs { line_feed: " ⏎ ", tab: " ⇥ ", brackets: ('⟨', '⟩') };

/// A label as it is shown: line breaks as `⏎`, other invisible characters by their code.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return display::visible(text, SIGNS);
    }
    // Every way to end a line is one line break.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(display::visible(&text, SIGNS).into_owned())
}

/// A size, such as `12.3 MB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let mut size = count as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be rounded to 1000.0.
    while size >= 999.95 && unit + 1 < units.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", units[unit])
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
        // Characters that this program had not in its own table, and the preview had.
        for (text, shown) in [
            ("\u{34f}", "⟨U+034F⟩"),
            ("\u{115f}", "⟨U+115F⟩"),
            ("\u{3164}", "⟨U+3164⟩"),
            ("\u{fe00}", "⟨U+FE00⟩"),
            ("\r", " ⏎ "),
        ] {
            assert_eq!(visible(text), shown);
        }
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
