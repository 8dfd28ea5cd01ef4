//! Walks a payload's JSON: the parts that serde asks for, in bounds. What they mean is [`super::parse`]'s business.

use super::parse::Reader;
use super::scalar::Scalar;
use super::{MAX_ENTRIES, Refusal, Rule};
use crate::code::Code;
use callback_collector::dictionary::{self, Group};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// Most keys of one entry that are looked at.
const MAX_KEYS: usize = 8;

/// A group that older versions of LibreNMS sent under another name.
const OLD_GROUPS: &[(&str, &str)] = &[("mysql_version", "database_version")];

/// An object's first keys with their values, and how many more there are; or something that is no object.
pub(super) enum Entry<'a> {
    Keys(Vec<(Cow<'a, str>, Scalar<'a>)>, u64),
    NoObject,
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
                Ok(Entry::NoObject)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut keys = Vec::with_capacity(4);
                while keys.len() < MAX_KEYS {
                    match map.next_entry::<Scalar<'de>, Scalar<'de>>()? {
                        Some((Scalar::Text(key), value)) => keys.push((key, value)),
                        Some(_) => {}
                        None => return Ok(Entry::Keys(keys, 0)),
                    }
                }
                let mut more = 0;
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
                    more += 1;
                }
                Ok(Entry::Keys(keys, more))
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}

/// The payload's top.
pub(super) struct Top<'r>(pub(super) &'r mut Reader);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(Scalar::Text(key)) = map.next_key::<Scalar<'de>>()? {
            let known = ["uuid", "data", "info", "schema", "module"].into_iter().find(|known| *known == key);
            if let Some(known) = known {
                refuse(reader.once(known, known), &mut reader.refusal)?;
            }
            match known {
                Some("uuid") => {
                    if let Scalar::Text(uuid) = map.next_value()? {
                        reader.uuid = Some(uuid.into_owned());
                    }
                }
                Some("data") => {
                    reader.expect("data", Code::GroupsInvalid);
                    map.next_value_seed(Data(reader))?;
                }
                Some("info") => {
                    reader.expect("info", Code::ListExpected);
                    map.next_value_seed(List { reader, group: None })?;
                }
                Some("schema") => {
                    reader.schema = Some(match map.next_value::<Scalar<'de>>()? {
                        Scalar::Integer(number) => Scalar::Integer(number),
                        _ => Scalar::Other,
                    });
                }
                Some(_) => {
                    map.next_value::<IgnoredAny>()?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                    reader.cleaned(Rule::UnknownKey, String::new);
                }
            }
        }
        reader.expect("", Code::ObjectExpected);
        Ok(())
    }
}

/// Ends the reading with a refusal.
fn refuse<E: serde::de::Error>(result: Result<(), Refusal>, place: &mut Option<Refusal>) -> Result<(), E> {
    result.map_err(|refusal| {
        *place = Some(refusal);
        E::custom("refused")
    })
}

/// The groups.
struct Data<'r>(&'r mut Reader);

impl<'de> DeserializeSeed<'de> for Data<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Data<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of groups")
    }

    /// PHP writes an empty object as an empty list.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        match list.next_element::<IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(A::Error::custom("no object")),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        while let Some(Scalar::Text(name)) = map.next_key::<Scalar<'de>>()? {
            let renamed = OLD_GROUPS.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
            let Some(group) = dictionary::group(renamed.unwrap_or(&name)) else {
                map.next_value::<IgnoredAny>()?;
                reader.cleaned(Rule::UnknownGroup, || "data".into());
                continue;
            };
            if renamed.is_some() {
                reader.cleaned(Rule::OldName, || "data".into());
            }
            let path = format!("data.{}", group.name);
            refuse(reader.once(group.name, &path), &mut reader.refusal)?;
            reader.expect(&path, Code::ListExpected);
            map.next_value_seed(List { reader, group: Some(group) })?;
        }
        Ok(())
    }
}

/// The entries of a group, or the pairs.
struct List<'r> {
    reader: &'r mut Reader,
    group: Option<&'static Group>,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    /// The oldest installs send no pairs.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if self.group.is_some() {
            return Err(E::custom("no list"));
        }
        self.reader.cleaned(Rule::NullText, || "info".into());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let reader = self.reader;
        let mut at = 0;
        while let Some(entry) = list.next_element::<Entry<'de>>()? {
            reader.entries += 1;
            let read = match self.group {
                _ if reader.entries > MAX_ENTRIES => Err(Refusal::at("", Code::EntriesTooMany)),
                Some(group) => reader.entry(group, at, entry),
                None => reader.pair(at, entry),
            };
            refuse(read, &mut reader.refusal)?;
            at += 1;
        }
        Ok(())
    }
}
