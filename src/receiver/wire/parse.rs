//! Reads a payload's structure into labels with totals, without building anything else of it.
//!
//! Lenient where LibreNMS of any age really sends odd things, and every leniency is counted by its [`Rule`]. A payload
//! that names its schema is one of our own module's: there only what that module sends is taken.

use super::scalar::Scalar;
use super::visit::{Entry, Top};
use super::{Cleaned, Refusal, Rule};
use crate::code::Code;
use callback_collector::dictionary::{Group, LabelForm, Source};
use callback_collector::text::{MAX_CHARS, clean, fit};
use callback_collector::{PAYLOAD_SCHEMA, install_id};
use serde::de::DeserializeSeed;
use std::borrow::Cow;

/// Most characters of `os` in a pair, as the stock site's column takes.
const MAX_OS_CHARS: usize = 64;

/// Most characters of a text that are looked at: far more than are kept, so that what the sanitiser shortens is still
/// whole, and few enough that no text is expensive.
const MAX_TEXT_CHARS: usize = 4096;

/// What a payload says, before sanitising. Texts hold no characters that cannot be kept and are at most 4096 long.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The install's pseudonym.
    pub uuid: String,
    /// Entries: group, label, total.
    pub entries: Vec<(&'static Group, Option<String>, u64)>,
    /// Pairs.
    pub pairs: Vec<ParsedPair>,
    /// What was cleaned so far.
    pub cleaned: Cleaned,
}

/// One pair of a payload.
#[derive(Debug)]
pub struct ParsedPair {
    /// LibreNMS's name of the operating system.
    pub os: String,
    /// Description.
    pub sys_descr: String,
    /// Object identifier.
    pub sys_object_id: String,
    /// Number of devices.
    pub count: u64,
}

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

/// What has been read so far.
pub(super) struct Reader {
    pub(super) parsed: Parsed,
    /// What is read at the moment, for errors of the JSON reader.
    pub(super) path: String,
    pub(super) code: Code,
    pub(super) refusal: Option<Refusal>,
    pub(super) uuid: Option<String>,
    pub(super) schema: Option<Scalar<'static>>,
    pub(super) seen: Vec<&'static str>,
    pub(super) entries: usize,
    /// The first place where more was understood than our own module sends.
    pub(super) lenient: Option<String>,
}

impl Reader {
    fn new() -> Self {
        Self {
            parsed: Parsed::default(),
            path: String::new(),
            code: Code::ObjectExpected,
            refusal: None,
            uuid: None,
            schema: None,
            seen: Vec::new(),
            entries: 0,
            lenient: None,
        }
    }

    pub(super) fn expect(&mut self, path: &str, code: Code) {
        path.clone_into(&mut self.path);
        self.code = code;
    }

    pub(super) fn cleaned(&mut self, rule: Rule, path: impl FnOnce() -> String) {
        *self.parsed.cleaned.entry(rule).or_default() += 1;
        if self.lenient.is_none() && !rule.fits_own_schema() {
            self.lenient = Some(path());
        }
    }

    pub(super) fn once(&mut self, key: &'static str, path: &str) -> Result<(), Refusal> {
        if self.seen.contains(&key) {
            return Err(Refusal::at(path, Code::KeyRepeated));
        }
        self.seen.push(key);
        Ok(())
    }

    fn finish(mut self) -> Result<Parsed, Refusal> {
        let uuid = self.uuid.as_deref().and_then(install_id::normalised);
        self.parsed.uuid = uuid.ok_or_else(|| Refusal::at("uuid", Code::UuidInvalid))?;
        if !self.seen.contains(&"data") {
            return Err(Refusal::at("data", Code::GroupsInvalid));
        }
        if let Some(schema) = &self.schema {
            let known = matches!(schema, Scalar::Integer(n) if (1..=i128::from(PAYLOAD_SCHEMA)).contains(n));
            if !known {
                return Err(Refusal::at("schema", Code::SchemaUnknown));
            }
            for key in ["info", "module"] {
                if !self.seen.contains(&key) {
                    return Err(Refusal::at(key, Code::SchemaMismatch));
                }
            }
            if let Some(path) = self.lenient {
                return Err(Refusal::at(path, Code::SchemaMismatch));
            }
        }
        Ok(self.parsed)
    }

    /// One entry of a group.
    pub(super) fn entry(&mut self, group: &'static Group, at: usize, entry: Entry<'_>) -> Result<(), Refusal> {
        let path = |key: &str| format!("data.{}[{at}]{key}", group.name);
        let Entry::Keys(keys, more) = entry else {
            return Err(Refusal::at(path(""), Code::ObjectExpected));
        };
        for _ in 0..more {
            self.cleaned(Rule::UnknownKey, || path(""));
        }
        let (mut total, mut label) = (None, None);
        for (at, (key, value)) in keys.into_iter().enumerate() {
            if key == "total" {
                if total.replace(value).is_some() {
                    return Err(Refusal::at(path(".total"), Code::KeyRepeated));
                }
            } else if group.label == Some(&*key) {
                label = Some(value);
            } else if group.label.is_some() && at == 1 && label.is_none() {
                // The stock site reads by position, so older names of this key are whatever stands second.
                self.cleaned(Rule::OldName, || path(""));
                label = Some(value);
            } else {
                self.cleaned(Rule::UnknownKey, || path(""));
            }
        }
        let total = total.as_ref().and_then(Scalar::total);
        let (mut total, as_text) = total.ok_or_else(|| Refusal::at(path(".total"), Code::TotalInvalid))?;
        if as_text {
            self.cleaned(Rule::NumberAsText, || path(".total"));
        }
        if !matches!(group.source, Source::Rows(_)) && total != 1 {
            self.cleaned(Rule::FixedTotal, || path(".total"));
            total = 1;
        }
        let text = match (group.label, label) {
            (None, _) => None,
            (Some(_), None | Some(Scalar::Null)) => {
                self.cleaned(Rule::NullLabel, || path(""));
                None
            }
            (Some(_), Some(Scalar::Integer(number))) => {
                if group.form != LabelForm::Integer {
                    self.cleaned(Rule::LabelAsNumber, || path(""));
                }
                Some(number.to_string())
            }
            (Some(_), Some(Scalar::Text(text))) => Some(self.label(group, &text, || path(""))),
            (Some(_), Some(Scalar::Fraction | Scalar::Other)) => {
                return Err(Refusal::at(path(""), Code::LabelInvalid));
            }
        };
        self.parsed.entries.push((group, text, total));
        Ok(())
    }

    /// A label's text; in groups of numbers the number is written in one way.
    fn label(&mut self, group: &Group, text: &str, path: impl Fn() -> String) -> String {
        if group.form == LabelForm::String {
            return self.text(text, MAX_CHARS, path);
        }
        if group.form == LabelForm::Integer {
            self.cleaned(Rule::NumberAsText, &path);
        }
        match whole_number(text) {
            Some(number) if number == text => number,
            Some(number) => {
                self.cleaned(Rule::LabelAsNumber, path);
                number
            }
            None => self.text(text, MAX_CHARS, path),
        }
    }

    /// A text whose characters can be kept. It is cut to its column's length only after sanitising.
    fn text(&mut self, text: &str, max: usize, path: impl Fn() -> String) -> String {
        if fit(text, max).len() < text.len() {
            self.cleaned(Rule::Length, &path);
        }
        let text = clean(fit(text, MAX_TEXT_CHARS));
        if matches!(text, Cow::Owned(_)) {
            self.cleaned(Rule::Characters, path);
        }
        text.into_owned()
    }

    pub(super) fn pair(&mut self, at: usize, entry: Entry<'_>) -> Result<(), Refusal> {
        let path = |key: &str| format!("info[{at}]{key}");
        let Entry::Keys(keys, more) = entry else {
            return Err(Refusal::at(path(""), Code::ObjectExpected));
        };
        for _ in 0..more {
            self.cleaned(Rule::UnknownKey, || path(""));
        }
        let mut values = [const { None }; 4];
        const KEYS: [&str; 4] = ["count", "os", "sysDescr", "sysObjectID"];
        for (key, value) in keys {
            match KEYS.iter().position(|known| *known == key) {
                Some(place) if values[place].is_none() => values[place] = Some(value),
                Some(place) => {
                    return Err(Refusal::at(path(&format!(".{}", KEYS[place])), Code::KeyRepeated));
                }
                None => self.cleaned(Rule::UnknownKey, || path("")),
            }
        }
        let [count, os, sys_descr, sys_object_id] = values;
        let (count, as_text) =
            count.as_ref().and_then(Scalar::total).ok_or_else(|| Refusal::at(path(".count"), Code::TotalInvalid))?;
        if as_text {
            self.cleaned(Rule::NumberAsText, || path(".count"));
        }
        let mut text = |value: Option<Scalar<'_>>, key: &str, max: usize| match value {
            Some(Scalar::Text(text)) => Ok(self.text(&text, max, || path(key))),
            None | Some(Scalar::Null) => {
                self.cleaned(Rule::NullText, || path(key));
                Ok(String::new())
            }
            Some(_) => Err(Refusal::at(path(key), Code::StringExpected)),
        };
        let pair = ParsedPair {
            os: text(os, ".os", MAX_OS_CHARS)?,
            sys_descr: text(sys_descr, ".sysDescr", MAX_CHARS)?,
            sys_object_id: text(sys_object_id, ".sysObjectID", MAX_CHARS)?,
            count,
        };
        self.parsed.pairs.push(ParsedPair { os: fit(&pair.os, MAX_OS_CHARS).to_owned(), ..pair });
        Ok(())
    }
}

/// A whole number in the one way in which it is kept; databases write `1000`, `1000.0` and `1000.0000`.
fn whole_number(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = (1..=18).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && fraction.bytes().all(|b| b == b'0');
    is_number.then(|| whole.parse::<i64>().ok().map(|number| number.to_string())).flatten()
}
