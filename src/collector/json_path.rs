//! The path of a position in a JSON document: `devices[1].serial`. The document is read again after an error, so that
//! parsing itself does not have to track it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// An object or list that encloses the position.
enum Open<'t> {
    /// An object, with the key that was read last.
    Object(&'t str),
    /// A list, with the index of the element that is being read.
    List(usize),
}

/// The path of the value that ends at, or includes, a line and column, both counted from 1.
#[must_use]
pub(crate) fn of(text: &str, line: usize, column: usize) -> String {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    let bytes = &text.as_bytes()[..text.len().min(before + column)];
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut at = 0;
    let mut key_expected = false;
    while at < bytes.len() {
        match bytes[at] {
            b'{' => {
                open.push(Open::Object(""));
                key_expected = true;
            }
            b'[' => open.push(Open::List(0)),
            b'}' | b']' => {
                open.pop();
            }
            b',' => match open.last_mut() {
                Some(Open::List(index)) => *index += 1,
                Some(Open::Object(_)) => key_expected = true,
                None => {}
            },
            b'"' => {
                let end = end_of_string(bytes, at + 1);
                if let (true, Some(Open::Object(key))) = (key_expected, open.last_mut()) {
                    *key = text.get(at + 1..end).unwrap_or_default();
                    key_expected = false;
                }
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for level in &open {
        match level {
            Open::Object("") => {}
            Open::Object(key) => push_key(&mut path, key),
            Open::List(index) => push_index(&mut path, *index),
        }
    }
    path
}

/// Index of the quotation mark that closes a string whose first byte is at `at`, or of the end.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Adds a key to a path. A key that is not in the schema is written as `*`, since it may contain data.
pub(crate) fn push_key(path: &mut String, key: &str) {
    let known = crate::dictionary::GROUPS.iter().any(|group| group.name == key) || FIELDS.contains(&key);
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(if known { key } else { "*" });
}

/// Adds an index to a path.
pub(crate) fn push_index(path: &mut String, index: usize) {
    path.push_str(&format!("[{index}]"));
}

/// Field names of the facts document. Serde names none of them in its errors; `tests/same_bytes.rs` compares the list
/// with the schema.
const FIELDS: &[&str] = &[
    "schema",
    "uuid",
    "versions",
    "counts",
    "devices",
    "terms",
    "patterns",
    "consent",
    "left_out",
    "label",
    "rows",
    "device",
    "database",
    "php",
    "python",
    "rrdtool",
    "netsnmp",
    "os",
    "librenms",
    "hardware",
    "sysDescr",
    "sysObjectID",
    "hostname",
    "sysName",
    "display",
    "ip",
    "overwrite_ip",
    "serial",
    "sysContact",
    "location",
    "categories",
    "withheld",
    "included",
    "group",
    "field",
    "missing",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_the_path_of_what_encloses_it() {
        let text = "{\"schema\":1,\n \"devices\": [{\"os\":\"a\\\"]\"}, {\"serial\": 7}]}";
        let column =
            |needle: &str| text.lines().nth(1).unwrap_or_default().find(needle).unwrap_or_default() + needle.len();
        assert_eq!(of(text, 2, column("7")), "devices[1].serial");
        assert_eq!(of(text, 2, column("7}")), "devices[1]");
        assert_eq!(of(text, 1, 11), "schema");
        assert_eq!(of(text, 9, 9), "");
        assert_eq!(of("{\"web01\":1", 1, 11), "*");
        assert_eq!(of("\"", 1, 1), "");
    }
}
