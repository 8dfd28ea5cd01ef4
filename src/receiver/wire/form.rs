//! Finds the payload in a request's body: unpacks gzip, and reads the form field `data` as each version of LibreNMS writes
//! it. The decoder is our own, because payloads may hold bytes that are not UTF-8 and old versions do not encode them.

use super::{MAX_BODY, Refusal};
use crate::code::Code;
use std::borrow::Cow;
use std::io::Read;

/// The body, unpacked if `encoding` (the header `Content-Encoding`) is gzip.
///
/// # Errors
/// A [`Refusal`] for another encoding, for invalid gzip and for more than [`MAX_BODY`] bytes.
pub fn unpacked(body: &[u8], encoding: Option<&str>) -> Result<Vec<u8>, Refusal> {
    match encoding.map(str::trim) {
        None => Ok(body.to_vec()),
        Some(name) if name.is_empty() || name.eq_ignore_ascii_case("identity") => Ok(body.to_vec()),
        Some(name) if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
            let mut bytes = Vec::new();
            let mut unpacking = flate2::read::MultiGzDecoder::new(body).take(MAX_BODY as u64 + 1);
            unpacking.read_to_end(&mut bytes).map_err(|_| Refusal::at("Content-Encoding", Code::GzipInvalid))?;
            if bytes.len() > MAX_BODY {
                return Err(Refusal::at("", Code::UnpackedTooLarge));
            }
            Ok(bytes)
        }
        Some(_) => Err(Refusal::with("Content-Encoding", Code::ContentEncodingUnsupported, "gzip, or no encoding")),
    }
}

/// A field of a form, percent-decoded. Bytes that are not UTF-8 stay as they are.
///
/// # Errors
/// A [`Refusal`] if it is missing or occurs twice.
pub fn field(body: &[u8], name: &'static str) -> Result<Vec<u8>, Refusal> {
    optional(body, name)?.ok_or_else(|| Refusal::at(name, Code::FieldMissing))
}

/// An optional field of a form.
///
/// # Errors
/// A [`Refusal`] if it occurs twice.
pub fn optional(body: &[u8], name: &'static str) -> Result<Option<Vec<u8>>, Refusal> {
    let mut found = None;
    for pair in body.split(|b| *b == b'&') {
        let (key, value) = match pair.iter().position(|b| *b == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &pair[pair.len()..]),
        };
        if decoded(key).as_ref() == name.as_bytes() && found.replace(value).is_some() {
            return Err(Refusal::at(name, Code::FieldRepeated));
        }
    }
    Ok(found.map(|value| decoded(value).into_owned()))
}

/// The payload in a form: the field `data`, percent-encoded. Installs from before July 2022 send it unencoded, with a
/// trailing `&`.
///
/// # Errors
/// As [`field`].
pub fn payload(body: &[u8]) -> Result<Vec<u8>, Refusal> {
    match body.strip_prefix(b"data=").filter(|rest| is_bare(rest)) {
        Some(bare) => Ok(bare[..object_end(bare)].to_vec()),
        None => field(body, "data"),
    }
}

/// Whether a field is unencoded JSON: every encoder of forms writes a quote as `%22`.
fn is_bare(field: &[u8]) -> bool {
    field.strip_prefix(b"{").is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')))
}

/// Where the JSON object at the start ends, else the length of the text. An unencoded object may contain `&`, and other
/// fields may follow it.
fn object_end(text: &[u8]) -> usize {
    let (mut depth, mut quoted, mut at) = (0_usize, false, 0);
    while at < text.len() {
        match (text[at], quoted) {
            (b'\\', true) => at += 1,
            (b'"', _) => quoted = !quoted,
            (b'{', false) => depth += 1,
            (b'}', false) => {
                depth = depth.saturating_sub(1);
                let rest = &text[at + 1..];
                if depth == 0 && (rest.is_empty() || rest.starts_with(b"&")) {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

fn decoded(field: &[u8]) -> Cow<'_, [u8]> {
    if !field.iter().any(|b| matches!(b, b'+' | b'%')) {
        return Cow::Borrowed(field);
    }
    let mut bytes = Vec::with_capacity(field.len());
    let mut at = 0;
    while at < field.len() {
        let hex = |b: u8| char::from(b).to_digit(16).map(|digit| digit as u8);
        match field[at] {
            b'+' => bytes.push(b' '),
            b'%' => match (field.get(at + 1).copied().and_then(hex), field.get(at + 2).copied().and_then(hex)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    at += 2;
                }
                _ => bytes.push(b'%'),
            },
            byte => bytes.push(byte),
        }
        at += 1;
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_field_is_read_encoded_and_bare() {
        assert_eq!(payload(b"x=1&data=%7B%22a%22%3A%22b+c%22%7D").unwrap(), b"{\"a\":\"b c\"}");
        assert_eq!(payload(b"data=%7B%ff%7").unwrap(), b"{\xff%7");
        assert_eq!(payload(b"%64%61ta=%7B%7D").unwrap(), b"{}");
        assert_eq!(payload(b"data={%22a%22:%22b+c%22}").unwrap(), b"{\"a\":\"b c\"}");
        for bare in ["{\"a\":\"b&c+d%41\\\"}&\"}", "{}", "{ \"a\":{}}"] {
            for tail in ["", "&", "&x=1", "&data"] {
                let body = format!("data={bare}{tail}");
                assert_eq!(payload(body.as_bytes()).unwrap(), bare.as_bytes(), "{body}");
            }
        }
    }

    #[test]
    fn a_missing_and_a_repeated_field_are_rejected() {
        for body in ["", "{}", "xdata=1", "uuid=1"] {
            assert_eq!(payload(body.as_bytes()).unwrap_err().code, Code::FieldMissing, "{body}");
        }
        assert_eq!(payload(b"data=1&data=2").unwrap_err().code, Code::FieldRepeated);
        assert_eq!(payload(b"data=1&%64ata=2").unwrap_err().code, Code::FieldRepeated);
    }

    #[test]
    fn gzip_is_unpacked_up_to_the_limit() {
        let pack = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(unpacked(&pack(b"data=1"), Some("GZip")).unwrap(), b"data=1");
        assert_eq!(unpacked(b"data=1", None).unwrap(), b"data=1");
        let bomb = pack(&vec![0; MAX_BODY + 1]);
        assert!(bomb.len() < 1 << 20);
        assert_eq!(unpacked(&bomb, Some("gzip")).unwrap_err().code, Code::UnpackedTooLarge);
        assert_eq!(unpacked(b"data=1", Some("gzip")).unwrap_err().code, Code::GzipInvalid);
        let whole = pack(b"data=1");
        assert_eq!(unpacked(&whole[..whole.len() - 4], Some("gzip")).unwrap_err().code, Code::GzipInvalid);
        assert_eq!(unpacked(b"data=1", Some("br")).unwrap_err().code, Code::ContentEncodingUnsupported);
    }
}
