//! The install's uuid, as requests name it.

use callback_collector::install_id;

/// The canonical form of a version 4 UUID of RFC 9562: hyphenated, lower case. The collector checks the version, and
/// this checks the variant as well.
#[must_use]
pub fn normalised(text: &str) -> Option<String> {
    /// Where the first digit of the variant is.
    const VARIANT: usize = 19;
    let uuid = install_id::normalised(text)?;
    matches!(uuid.as_bytes().get(VARIANT), Some(b'8' | b'9' | b'a' | b'b')).then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_of_another_variant_is_rejected() {
        for variant in "0123456789abcdef".chars() {
            let uuid = format!("6f1c7d0e-9a53-4c5e-{variant}d52-0a3b1d5f7e11");
            assert_eq!(normalised(&uuid).is_some(), "89ab".contains(variant), "{uuid}");
        }
        let (upper, lower) = ("6F1C7D0E-9A53-4C5E-8D52-0A3B1D5F7E11", "6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11");
        assert_eq!(normalised(upper).as_deref(), Some(lower));
    }
}
