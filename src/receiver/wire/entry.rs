//! One entry of a list, as its first keys with their values.

use super::scalar::Scalar;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Maximum number of keys of an entry whose values are read. The module sends at most four.
const MAX_KEYS: usize = 8;

/// An entry.
pub(super) enum Entry<'a> {
    Keys(Keys<'a>),
    NotAnObject,
}

/// The keys of an entry.
pub(super) struct Keys<'a> {
    /// The first keys with their values.
    pub(super) first: Vec<(Cow<'a, str>, Scalar<'a>)>,
    /// How many more keys there are.
    pub(super) more: u64,
    /// A key of `first` that occurs again.
    pub(super) repeated: Option<Cow<'a, str>>,
}

impl<'de> serde::Deserialize<'de> for Entry<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = Entry<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entry::NotAnObject)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut keys = Keys { first: Vec::with_capacity(4), more: 0, repeated: None };
                while let Some(key) = map.next_key::<Scalar<'de>>()? {
                    let Scalar::Text(key) = key else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if keys.first.iter().any(|(known, _)| *known == key) {
                        map.next_value::<IgnoredAny>()?;
                        keys.repeated.get_or_insert(key);
                    } else if keys.first.len() < MAX_KEYS {
                        keys.first.push((key, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        keys.more += 1;
                    }
                }
                Ok(Entry::Keys(keys))
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}
