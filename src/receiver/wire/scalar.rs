//! A scalar value of a report. Lists and objects in its place are skipped without being built.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Largest total or count: the stock site's columns are 32-bit integers.
const MAX_TOTAL: u64 = i32::MAX as u64;

/// A value in an entry.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Fraction,
    /// A text.
    Text(Cow<'a, str>),
    /// A truth value, a list or an object.
    Other,
}

impl Scalar<'_> {
    /// The value as a total, and whether it was a text; nothing if it is not a total.
    #[must_use]
    pub fn total(&self) -> Option<(u64, bool)> {
        let (number, as_text) = match self {
            Self::Integer(number) => (u64::try_from(*number).ok()?, false),
            Self::Text(digits) if (1..=10).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
                (digits.parse().ok()?, true)
            }
            _ => return None,
        };
        (number <= MAX_TOTAL).then_some((number, as_text))
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Integer(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        // Beyond 2^64 a float is not exact.
        let whole = number.fract() == 0.0 && number.abs() < 18_446_744_073_709_551_616.0;
        Ok(if whole { Scalar::Integer(number as i128) } else { Scalar::Fraction })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(json: &str) -> Option<(u64, bool)> {
        serde_json::from_str::<Scalar<'_>>(json).unwrap().total()
    }

    #[test]
    fn totals_are_numbers_or_digits_within_the_stock_columns() {
        for (json, is) in
            [("0", (0, false)), ("1.0", (1, false)), ("2147483647", (2_147_483_647, false)), ("\"5\"", (5, true))]
        {
            assert_eq!(total(json), Some(is), "{json}");
        }
        for json in [
            "-1",
            "1.5",
            "2147483648",
            "9223372036854775808",
            "1e300",
            "\"+5\"",
            "\" 5\"",
            "\"-5\"",
            "\"\"",
            "\"1.0\"",
            "\"99999999999\"",
            "null",
            "true",
            "[1]",
            "{\"a\":1}",
        ] {
            assert_eq!(total(json), None, "{json}");
        }
    }
}
