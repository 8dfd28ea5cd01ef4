//! The secret that an install shows: a bearer token of 32 bytes, in hexadecimal or base64url.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

/// The secret in the value of a header `Authorization`; nothing for what is none.
#[must_use]
pub fn of_header(value: &str) -> Option<[u8; 32]> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let bytes = match token.len() {
        _ if !scheme.eq_ignore_ascii_case("bearer") => return None,
        64 => HEXLOWER_PERMISSIVE.decode(token.as_bytes()).ok()?,
        _ => BASE64URL_NOPAD.decode(token.trim_end_matches('=').as_bytes()).ok()?,
    };
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_secret_are_the_same_secret() {
        let secret = [0xfb; 32];
        let hex = "fb".repeat(32);
        for token in [hex.clone(), hex.to_uppercase(), BASE64URL_NOPAD.encode(&secret)] {
            assert_eq!(of_header(&format!("Bearer {token}")), Some(secret));
            assert_eq!(of_header(&format!("bearer  {token} ")), Some(secret));
        }
        assert_eq!(of_header(&format!("Bearer {}=", BASE64URL_NOPAD.encode(&secret))), Some(secret));
    }

    #[test]
    fn everything_else_is_no_secret() {
        let short = "fb".repeat(31);
        for value in ["", "Bearer", "Bearer ", "Basic eDp5", &format!("Bearer {short}"), &format!("Basic {short}fb")] {
            assert_eq!(of_header(value), None, "{value}");
        }
    }
}
