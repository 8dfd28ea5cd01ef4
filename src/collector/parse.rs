//! Parses bytes into typed documents. Errors name the path and never quote the value.

use crate::facts::{Device, Facts};
use crate::json_path;
use crate::problem::{Code, Problem};
use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde::de::Deserialize;

/// The document as text. Invalid UTF-8 becomes U+FFFD.
///
/// # Errors
/// [`Code::TooLarge`] for more than [`crate::MAX_FACTS_BYTES`].
pub fn document(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    if bytes.len() > crate::MAX_FACTS_BYTES {
        return Err(Problem::new(Code::TooLarge, "", &format!("expected at most {} bytes", crate::MAX_FACTS_BYTES)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // Nearly every document is valid UTF-8, and checking is faster than repairing.
    Ok(core::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
}

/// Reads a text with `read`. If it is not JSON, retries without escapes of lone surrogates. They
/// become U+FFFD, as they do on a JavaScript host.
///
/// # Errors
/// Those of `read`.
pub fn mended<T>(text: &str, read: impl Fn(&str) -> Result<T, Problem>) -> Result<T, Problem> {
    let result = read(text);
    if result.as_ref().is_err_and(|problem| problem.code == Code::NotJson)
        && let Cow::Owned(repaired) = repair_surrogates(text)
    {
        return read(&repaired);
    }
    result
}

/// Reads a facts document.
///
/// # Errors
/// A [`Problem`] with the path of the field at fault.
pub fn facts(text: &str) -> Result<Facts<'_>, Problem> {
    typed(text)
}

/// Reads one device.
///
/// # Errors
/// A [`Problem`] with the path of the field at fault.
pub fn device(text: &str) -> Result<Device<'_>, Problem> {
    typed(text)
}

fn typed<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            data_problem(&json_path::of(text, error.line(), error.column()), &error.to_string())
        }
        _ => not_json(&error),
    })
}

fn not_json(error: &serde_json::Error) -> Problem {
    let place = format!("expected JSON, which breaks at line {} column {}", error.line(), error.column());
    Problem::new(Code::NotJson, "", &place)
}

/// Turns serde's message into a problem, without any part that quotes the document.
fn data_problem(path: &str, sentence: &str) -> Problem {
    // The expectation comes last. It is written by this crate or serde, never by the document.
    let expected = sentence.rfind("expected ").map(|at| match sentence[at..].rfind(" at line ") {
        Some(end) => &sentence[at..at + end],
        None => &sentence[at..],
    });
    let starts = |prefix: &str| sentence.starts_with(prefix);
    if starts("missing field `") {
        let name = sentence.split('`').nth(1).unwrap_or_default();
        Problem::new(Code::MissingField, path, &format!("expected a field `{name}`"))
    } else if starts("unknown field") {
        Problem::new(Code::UnknownField, path, "expected no field of this name")
    } else if starts("duplicate field") {
        Problem::new(Code::DuplicateField, path, "expected each field once")
    } else if starts("unknown variant") {
        Problem::new(Code::BadValue, path, expected.unwrap_or_default())
    } else {
        Problem::new(Code::WrongType, path, expected.map_or("", in_terms_of_json))
    }
}

/// What was expected, without the names of Rust's types.
fn in_terms_of_json(expected: &str) -> &str {
    match expected.as_bytes() {
        [.., b'u' | b'i', b'0'..=b'9', b'0'..=b'9'] => "expected a whole number",
        [.., b'n', b'c', b'e'] => "expected an array",
        _ => expected,
    }
}

/// Replaces escapes of lone surrogates (`\ud83d` without its other half), which JSON text may contain but Rust strings
/// cannot, by `\ufffd` in place.
fn repair_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut repaired: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|b| *b == b'\\') {
        at += found;
        let Some(unit) = escaped_unit(&bytes[at..]) else {
            // Another escape: skip both of its characters, so that `\\ud800` is not mistaken for one.
            at = (at + 2).min(bytes.len());
            continue;
        };
        match unit {
            0xd800..=0xdbff if matches!(escaped_unit(&bytes[at + 6..]), Some(0xdc00..=0xdfff)) => at += 12,
            0xd800..=0xdfff => {
                repaired.get_or_insert_with(|| bytes.to_vec())[at..at + 6].copy_from_slice(b"\\ufffd");
                at += 6;
            }
            _ => at += 6,
        }
    }
    match repaired {
        // Only ASCII was replaced by ASCII.
        Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// The UTF-16 unit of a `\uXXXX` escape at the start of `bytes`.
fn escaped_unit(bytes: &[u8]) -> Option<u16> {
    let hex = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(core::str::from_utf8(hex).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> Problem {
        let text = document(json.as_bytes()).unwrap();
        facts(&text).unwrap_err()
    }

    #[test]
    fn problems_name_the_path() {
        let wrong = problem(r#"{"schema":1,"uuid":"x","devices":[{"os":"linux"},{"serial":7}]}"#);
        assert_eq!((wrong.code, wrong.path.as_str()), (Code::WrongType, "devices[1].serial"));
        assert_eq!(wrong.message, "expected a string");
        for (json, expected) in [
            ("[]", "expected an object"),
            (r#"{"schema":"1"}"#, "expected a whole number"),
            (r#"{"schema":-1}"#, "expected a whole number"),
            (r#"{"schema":1,"versions":7}"#, "expected an object"),
            (r#"{"schema":1,"devices":{}}"#, "expected an array"),
            (r#"{"schema":1,"consent":{"schema":1,"categories":7}}"#, "expected an array"),
            (r#"{"schema":1,"devices":[7]}"#, "expected an object"),
        ] {
            let wrong = problem(json);
            assert_eq!((wrong.code, wrong.message.as_str()), (Code::WrongType, expected), "{json}");
        }
        let missing = problem(r#"{"schema":1}"#);
        assert_eq!((missing.code, missing.message.as_str()), (Code::MissingField, "expected a field `uuid`"));
        let broken = problem("{\"schema\":1,\n oops}");
        assert_eq!(broken.code, Code::NotJson);
        assert!(broken.message.contains("line 2"), "{}", broken.message);
        assert_eq!(problem(r#"{"schema":1,"uuid":"x"} {}"#).code, Code::NotJson);
        assert_eq!(problem(r#"{"schema":1,"schema":1,"uuid":"x"}"#).code, Code::DuplicateField);
    }

    #[test]
    fn problems_never_quote_the_document() {
        for json in [
            r#"{"schema":1,"uuid":"x","web01, expected nothing at line 3":1}"#,
            r#"{"schema":1,"uuid":"x","devices":[{"web01":1}]}"#,
            r#"{"schema":"web01","uuid":"x"}"#,
            r#"{"schema":1,"uuid":"x","counts":{"web01":7}}"#,
            r#"{"schema":1,"uuid":"x","consent":{"categories":["web01"]}}"#,
            r#"{"schema":1,"uuid":["web01"]}"#,
            r#"{"schema":1,"uuid":"x","devices":"web01"}"#,
        ] {
            let problem = problem(json);
            assert!(!problem.to_json().contains("web01"), "{problem}");
        }
    }

    #[test]
    fn lone_surrogates_become_the_replacement_character() {
        let repaired = repair_surrogates(r#"["\ud83d\ude80","\ud83d!","\udc00\ud800","\\ud800","\u00e9"]"#);
        assert_eq!(repaired, r#"["\ud83d\ude80","\ufffd!","\ufffd\ufffd","\\ud800","\u00e9"]"#);
        assert_eq!(repair_surrogates(r"\u12"), r"\u12");
        assert_eq!(repair_surrogates("\\"), "\\");
        for serial in [r"a\ud83d", r"\udc00\ud83d!", r"\ud83d\ud83d\ude80"] {
            let text = format!(r#"{{"serial":"{serial}"}}"#);
            let mended = mended(&text, |text| Ok(device(text)?.serial.map(|serial| String::from(&*serial)))).unwrap();
            assert!(mended.is_some_and(|serial| serial.contains('\u{fffd}')), "{text}");
        }
    }

    #[test]
    fn invalid_utf8_becomes_the_replacement_character() {
        assert_eq!(document(b"\xef\xbb\xbf\"a\xff\"").unwrap(), "\"a\u{fffd}\"");
    }
}
