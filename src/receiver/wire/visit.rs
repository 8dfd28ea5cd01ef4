//! Walks a payload's JSON within bounds and hands each entry to [`super::reader`], which interprets it.

use super::entry::Entry;
use super::reader::Reader;
use super::scalar::Scalar;
use super::{MAX_ENTRIES, Refusal, Rule};
use crate::code::Code;
use callback_collector::dictionary::{self, Group};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A group that older versions of LibreNMS sent under another name.
const OLD_GROUPS: &[(&str, &str)] = &[("mysql_version", "database_version")];

/// The payload's outermost object.
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
                    refuse(reader.once_unknown("", &key), &mut reader.refusal)?;
                    map.next_value::<IgnoredAny>()?;
                    reader.cleaned(Rule::UnknownKey, String::new);
                }
            }
        }
        reader.expect("", Code::ObjectExpected);
        Ok(())
    }
}

/// Stops parsing with a refusal.
fn refuse<E: serde::de::Error>(result: Result<(), Refusal>, kept: &mut Option<Refusal>) -> Result<(), E> {
    result.map_err(|refusal| {
        *kept = Some(refusal);
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
                refuse(reader.once_unknown("data", &name), &mut reader.refusal)?;
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
        let mut index = 0;
        while let Some(entry) = list.next_element::<Entry<'de>>()? {
            reader.entries += 1;
            let read = match self.group {
                _ if reader.entries > MAX_ENTRIES => Err(Refusal::at("", Code::EntriesTooMany)),
                Some(group) => reader.entry(group, index, entry),
                None => reader.pair(index, entry),
            };
            refuse(read, &mut reader.refusal)?;
            index += 1;
        }
        Ok(())
    }
}
