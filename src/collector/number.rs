//! Whole numbers that every host can represent: JavaScript's safe integers, ±(2^53 − 1).

use core::fmt;
use serde::{Deserialize, Deserializer, de};

/// Largest integer that JavaScript's numbers represent exactly.
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// A whole number in a facts document. One that not every host can represent is read as [`Whole::OutOfRange`] instead of
/// failing, so that one absurd number does not prevent the report. `3.0` and `3e0` are 3, because JavaScript
/// makes no difference between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// A number within ±(2^53 − 1).
    Safe(i64),
    /// A larger or smaller one.
    OutOfRange,
}

impl Whole {
    /// The number as a count: not negative, in range.
    #[must_use]
    pub fn count(self) -> Option<u64> {
        match self {
            Self::Safe(n) => u64::try_from(n).ok(),
            Self::OutOfRange => None,
        }
    }
}

impl From<i64> for Whole {
    fn from(n: i64) -> Self {
        if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&n) { Self::Safe(n) } else { Self::OutOfRange }
    }
}

impl serde::Serialize for Whole {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Safe(n) => serializer.serialize_i64(*n),
            // Any number outside the range is read back as out of range.
            Self::OutOfRange => serializer.serialize_u64(1 << 63),
        }
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct WholeVisitor;

impl de::Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Whole, E> {
        Ok(n.into())
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Whole, E> {
        Ok(i64::try_from(n).map_or(Whole::OutOfRange, Whole::from))
    }

    fn visit_f64<E: de::Error>(self, n: f64) -> Result<Whole, E> {
        const LIMIT: f64 = 9_007_199_254_740_991.0;
        if n.is_nan() {
            return Err(E::custom("expected a whole number"));
        }
        if !(-LIMIT..=LIMIT).contains(&n) {
            return Ok(Whole::OutOfRange);
        }
        // In range, so the cast is exact except for the fraction that it drops.
        let whole = n as i64;
        if whole as f64 == n { Ok(Whole::Safe(whole)) } else { Err(E::custom("expected a whole number")) }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Whole {
    fn schema_name() -> alloc::borrow::Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer",
            "description": "A whole number; one beyond ±(2^53 − 1) is left out of the report and named."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Whole, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn integers_in_any_notation_are_read() {
        for (json, n) in [("0", 0), ("-7", -7), ("3.0", 3), ("1e3", 1000), ("-0", 0)] {
            assert_eq!(read(json).unwrap(), Whole::Safe(n), "{json}");
        }
        assert_eq!(read("9007199254740991").unwrap(), Whole::Safe(MAX_SAFE_INTEGER));
    }

    #[test]
    fn what_javascript_cannot_hold_is_out_of_range_rather_than_an_error() {
        for json in ["9007199254740992", "9223372036854775808", "-9223372036854775808", "1e300", "1e19"] {
            assert_eq!(read(json).unwrap(), Whole::OutOfRange, "{json}");
        }
    }

    #[test]
    fn fractions_and_other_types_are_rejected() {
        for json in ["1.5", "\"3\"", "null", "true", "[]"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
