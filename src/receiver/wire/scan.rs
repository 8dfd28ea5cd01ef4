//! Checks the limits of a payload in one pass over its bytes, so that one that is too deep or has too many parts is rejected
//! before it is parsed.

use super::{MAX_DEPTH, MAX_ENTRIES, MAX_PAYLOAD, Refusal};
use crate::code::Code;

/// An entry has at most four keys, and so four commas; the rest of a payload has few.
const MAX_COMMAS: usize = 4 * MAX_ENTRIES + 1000;

/// Checks size, depth and number of parts, but not whether it is JSON.
///
/// # Errors
/// A [`Refusal`] with status 413.
pub fn bounds(payload: &[u8]) -> Result<(), Refusal> {
    if payload.len() > MAX_PAYLOAD {
        return Err(Refusal::at("", Code::PayloadTooLarge));
    }
    let (mut depth, mut commas) = (0_usize, 0_usize);
    let mut bytes = payload.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(Refusal::at("", Code::NestingTooDeep));
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => {
                commas += 1;
                if commas > MAX_COMMAS {
                    return Err(Refusal::at("", Code::EntriesTooMany));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Skips the rest of a string, with its closing quote.
fn string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_parts_are_counted_outside_strings_only() {
        let text = format!("{{\"a\":\"{}\\\"{}\"}}", "[{".repeat(500), ",".repeat(MAX_COMMAS + 1));
        assert_eq!(bounds(text.as_bytes()), Ok(()));
        assert_eq!(bounds("[".repeat(MAX_DEPTH).as_bytes()), Ok(()));
        assert_eq!(bounds("[".repeat(600).as_bytes()).unwrap_err().code, Code::NestingTooDeep);
        assert_eq!(bounds("[".repeat(MAX_DEPTH + 1).as_bytes()).unwrap_err().code, Code::NestingTooDeep);
        assert_eq!(bounds(",".repeat(MAX_COMMAS + 1).as_bytes()).unwrap_err().code, Code::EntriesTooMany);
        assert_eq!(bounds(&vec![b' '; MAX_PAYLOAD + 1]).unwrap_err().code, Code::PayloadTooLarge);
    }
}
