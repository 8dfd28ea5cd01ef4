//! The install's uuid: a version 4 UUID made from entropy that the host provides.

use alloc::string::{String, ToString};
use uuid::{Builder, Uuid, Version};

/// A version 4 UUID from 16 bytes of the host's entropy.
#[must_use]
pub fn from_entropy(entropy: [u8; 16]) -> String {
    Builder::from_random_bytes(entropy).into_uuid().to_string()
}

/// The UUID in canonical form (hyphenated, lower case) if `text` is a version 4 UUID.
#[must_use]
pub fn normalised(text: &str) -> Option<String> {
    let uuid = Uuid::try_parse(text.trim()).ok()?;
    (uuid.get_version() == Some(Version::Random)).then(|| uuid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_becomes_a_version_4_uuid() {
        let id = from_entropy([0xff; 16]);
        assert_eq!(id, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(normalised(&id.to_uppercase()), Some(id));
    }

    #[test]
    fn other_versions_and_other_texts_are_rejected() {
        assert_eq!(normalised("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(normalised("6f1c7d0e-9a53-1c5e-8d52-0a3b1d5f7e11"), None);
        assert_eq!(normalised("not a uuid"), None);
    }
}
