//! Reads a payload in one pass, without building a document of it.

use super::Refusal;
use super::reader::{Parsed, Reader};
use super::visit::Top;
use crate::code::Code;
use serde::de::DeserializeSeed;

/// Reads a payload whose bounds have been checked.
///
/// # Errors
/// A [`Refusal`] with the path of what is wrong.
pub fn payload(text: &str) -> Result<Parsed, Refusal> {
    let mut reader = Reader::new();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Top(&mut reader).deserialize(&mut json).and_then(|()| json.end());
    match (read, reader.refusal.take()) {
        (_, Some(refusal)) => Err(refusal),
        (Err(error), None) if error.is_data() => Err(Refusal::at(std::mem::take(&mut reader.path), reader.code)),
        (Err(_), None) => Err(Refusal::at("", Code::JsonInvalid)),
        (Ok(()), None) => reader.finish(),
    }
}
