//! LibreNMS's `.env`, parsed as by phpdotenv 5 and evaluated as by Laravel's `env()`.
//!
//! Crates for `.env` use a different grammar (backslashes, quotes, `#`, line ends). A password that is not parsed
//! exactly as LibreNMS parses it is a wrong password, so the agent has its own parser.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Settings by name.
pub(super) type Values = BTreeMap<String, String>;

/// Why phpdotenv, and so LibreNMS, rejects a file. The message never quotes the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("no name before `=`")]
    NoName,
    #[error("invalid name; expected letters, digits, `_` and `.`")]
    InvalidName,
    #[error("no closing quote")]
    NotClosed,
    #[error("unknown escape sequence; inside double quotes write `\\\\` for a backslash")]
    UnknownEscape,
    #[error("more text after the value; put a value with spaces in quotes")]
    MoreText,
    #[error("the value is longer than 1 MiB with its variables")]
    TooLong,
}

/// Maximum length of a value after its variables are expanded, in bytes. Otherwise a few lines that refer to each other
/// could fill all memory.
const MAX_VALUE: usize = 1 << 20;

/// A line that cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(super) struct InvalidLine {
    /// Line number, starting at 1.
    pub(super) line: usize,
    pub(super) problem: Problem,
}

/// Parses a file. `outside` returns environment variables, which values may refer to, and which override the file.
pub(super) fn parse(file: &[u8], outside: impl Fn(&str) -> Option<String>) -> Result<Values, InvalidLine> {
    let mut values = Values::new();
    let text = as_utf8(file);
    for (line, entry) in entries(text.strip_prefix('\u{feff}').unwrap_or(&text)) {
        let (name, value) = split(&entry).map_err(|problem| InvalidLine { line, problem })?;
        let Some(value) = value else {
            values.remove(name);
            continue;
        };
        let value = Value::parse(value).map_err(|problem| InvalidLine { line, problem })?;
        let known = |name: &str| outside(name).or_else(|| values.get(name).cloned());
        let value = value.resolved(known).map_err(|problem| InvalidLine { line, problem })?;
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

/// A value as `env()` returns it: `None` for null, `1` for true, an empty string for false.
pub(super) fn env(value: &str) -> Option<&str> {
    let word = value.to_ascii_lowercase();
    match word.as_str() {
        "true" | "(true)" => Some("1"),
        "false" | "(false)" | "empty" | "(empty)" => Some(""),
        "null" | "(null)" => None,
        _ => {
            let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
            Some(inner.filter(|inner| !inner.contains('\n')).unwrap_or(value))
        }
    }
}

/// Text with a question mark for each malformed character, as in PHP.
fn as_utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push('?');
        }
    }
    Cow::Owned(text)
}

/// The characters that PHP's `trim` removes.
const TRIMMED: [char; 6] = [' ', '\t', '\n', '\r', '\0', '\u{b}'];

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// The lines that set a variable, with their numbers. Lines of a multi-line value are joined.
fn entries(text: &str) -> Vec<(usize, String)> {
    let (mut found, mut open): (_, Option<(usize, String)>) = (Vec::new(), None);
    for (at, line) in lines(text).into_iter().enumerate() {
        let starts = line.contains("=\"") && !closes(line, true);
        if !starts && open.is_none() {
            found.push((at + 1, line.to_owned()));
            continue;
        }
        let (number, buffer) = match open.take() {
            Some((number, buffer)) => (number, buffer + "\n" + line),
            None => (at + 1, line.to_owned()),
        };
        if closes(line, starts) {
            found.push((number, buffer));
        } else {
            open = Some((number, buffer));
        }
    }
    // phpdotenv also drops lines after an unclosed quote.
    found.retain(|(_, entry)| {
        let entry = entry.trim_matches(TRIMMED);
        !entry.is_empty() && !entry.starts_with('#')
    });
    found
}

fn lines(text: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some(end) = rest.find(['\r', '\n']) {
        found.push(&rest[..end]);
        rest = rest[end..].strip_prefix("\r\n").unwrap_or(&rest[end + 1..]);
    }
    found.push(rest);
    found
}

/// Whether a line ends a multi-line value: with a quote, or with a second quote on its first line.
fn closes(line: &str, starts: bool) -> bool {
    if line == "\"" {
        return true;
    }
    let plain = line.replace(r"\\", "");
    let quotes = plain.as_bytes().windows(2).filter(|pair| pair[0] != b'\\' && pair[1] == b'"').count();
    quotes > usize::from(starts)
}

/// Name and value of an entry; no value without a `=`.
fn split(entry: &str) -> Result<(&str, Option<&str>), Problem> {
    let (name, value) = match entry.split_once('=') {
        Some((name, value)) => (name.trim_matches(TRIMMED), Some(value.trim_matches(TRIMMED))),
        None => (entry, None),
    };
    if name.is_empty() {
        return Err(Problem::NoName);
    }
    let mut name = name;
    if let Some(after) = name.strip_prefix("export").filter(|after| after.starts_with(is_space))
        && name.chars().count() > 8
    {
        name = after.trim_start_matches(TRIMMED);
    }
    if name.chars().count() >= 3 {
        let inner = ['"', '\''].into_iter().find_map(|quote| name.strip_prefix(quote)?.strip_suffix(quote));
        name = inner.unwrap_or(name);
    }
    let is_valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
    if is_valid { Ok((name, value)) } else { Err(Problem::InvalidName) }
}

/// A value, and the positions where `$` may start a variable.
#[derive(Default)]
struct Value {
    text: String,
    variables: Vec<usize>,
}

enum State {
    Start,
    Unquoted,
    SingleQuoted,
    DoubleQuoted,
    Escape,
    Space,
}

impl Value {
    fn parse(text: &str) -> Result<Self, Problem> {
        let (mut value, mut state) = (Self::default(), State::Start);
        for c in text.chars() {
            state = match (state, c) {
                (State::Start | State::Unquoted | State::Space, '#') => return Ok(value),
                (State::Start, '\'') => State::SingleQuoted,
                (State::Start, '"') => State::DoubleQuoted,
                (State::SingleQuoted, '\'') | (State::DoubleQuoted, '"') => State::Space,
                (State::DoubleQuoted, '\\') => State::Escape,
                (State::Escape, _) => {
                    value.text.push(match c {
                        '"' | '\\' | '$' => c,
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'v' => '\u{b}',
                        _ => return Err(Problem::UnknownEscape),
                    });
                    State::DoubleQuoted
                }
                (State::Unquoted | State::Space, c) if is_space(c) => State::Space,
                (State::Space, _) => return Err(Problem::MoreText),
                (state, c) => {
                    if c == '$' && !matches!(state, State::SingleQuoted) {
                        value.variables.push(value.text.len());
                    }
                    value.text.push(c);
                    if matches!(state, State::Start) { State::Unquoted } else { state }
                }
            };
        }
        match state {
            State::SingleQuoted | State::DoubleQuoted | State::Escape => Err(Problem::NotClosed),
            _ => Ok(value),
        }
    }

    /// The value with its variables expanded, last first. Unknown variables stay as they are.
    fn resolved(self, known: impl Fn(&str) -> Option<String>) -> Result<String, Problem> {
        let mut text = self.text;
        for at in self.variables.into_iter().rev() {
            let Some((name, rest)) = text[at..].strip_prefix("${").and_then(|rest| rest.split_once('}')) else {
                continue;
            };
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.".contains(&b));
            if let Some(value) = known(name).filter(|_| is_name) {
                text = format!("{}{value}{rest}", &text[..at]);
            }
            if text.len() > MAX_VALUE {
                return Err(Problem::TooLong);
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Result<Option<String>, Problem> {
        let read = parse(format!("KNOWN=there\nX={line}").as_bytes(), |_| None);
        read.map(|values| values.get("X").cloned()).map_err(|invalid| invalid.problem)
    }

    #[test]
    fn a_dollar_sign_in_a_password_is_kept() {
        let env = br#"A=pa$word1
B="pa$word1"
C='pa$word1'
D="pa\$word1"
E=x${A}
F=$
"#;
        let values = parse(env, |_| None).unwrap();
        let values: Vec<_> = values.values().map(String::as_str).collect();
        assert_eq!(values, ["pa$word1", "pa$word1", "pa$word1", "pa$word1", "xpa$word1", "$"]);
    }

    #[test]
    fn passwords_are_parsed_as_by_phpdotenv() {
        for (written, read) in [
            (r"ab\cd", r"ab\cd"),
            ("ab\"cd", "ab\"cd"),
            ("x'y'z", "x'y'z"),
            ("abc#def", "abc"),
            ("abc # def", "abc"),
            ("\"v\"#c", "v"),
            ("'a#b'", "a#b"),
            (r#""a\"b\\c\n""#, "a\"b\\c\n"),
            ("\"one\ntwo\"", "one\ntwo"),
            ("${KNOWN}", "there"),
            ("${UNKNOWN}", "${UNKNOWN}"),
            ("'${KNOWN}'", "${KNOWN}"),
            ("", ""),
        ] {
            assert_eq!(value(written), Ok(Some(read.to_owned())), "{written}");
        }
    }

    #[test]
    fn a_line_that_librenms_rejects_is_an_error_with_its_number() {
        for (written, problem) in [
            ("a b", Problem::MoreText),
            ("\"a\"b", Problem::MoreText),
            ("'a", Problem::NotClosed),
            (r#""a\d""#, Problem::UnknownEscape),
        ] {
            assert_eq!(value(written), Err(problem), "{written}");
        }
        let invalid = parse(b"A=1\r\n\r\nSECRET PASSWORD=x\n", |_| None).unwrap_err();
        assert_eq!(invalid, InvalidLine { line: 3, problem: Problem::InvalidName });
        let doubling = "A=\"${A}${A}\"\n".repeat(64);
        assert_eq!(parse(doubling.as_bytes(), |_| None).unwrap_err().problem, Problem::TooLong);
        assert_eq!(parse(b"A=1\r=x", |_| None).unwrap_err(), InvalidLine { line: 2, problem: Problem::NoName });
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_do_not_matter() {
        for file in ["\u{feff}A=1\nB=2", "A=1\r\nB=2\r\n", "A=1\rB=2\r"] {
            let values = parse(file.as_bytes(), |_| None).unwrap();
            assert_eq!((values["A"].as_str(), values["B"].as_str()), ("1", "2"), "{file:?}");
        }
    }

    #[test]
    fn laravel_s_words_for_null_true_false_and_empty_are_known() {
        for word in ["null", "(null)", "NULL"] {
            assert_eq!(env(word), None, "{word}");
        }
        for (written, read) in [("True", "1"), ("(true)", "1"), ("(False)", ""), ("(empty)", ""), ("'a'", "a")] {
            assert_eq!(env(written), Some(read), "{written}");
        }
    }
}
