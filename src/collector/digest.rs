//! SHA-256 as lower-case hexadecimal, the form that the preview, the ledger, the headers and the receipt share.

use alloc::string::String;
use sha2::{Digest, Sha256};

/// SHA-256 of `bytes`: 64 characters of `0-9a-f`.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
        hex.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::sha256_hex;

    #[test]
    fn gives_the_digest_of_the_standard_s_example() {
        // FIPS 180-4, example for "abc".
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
