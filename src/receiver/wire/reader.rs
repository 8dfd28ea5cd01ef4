//! Turns the entries of a payload into labels with totals.
//!
//! It accepts what LibreNMS of any age really sends, and counts every such case by its [`Rule`]. A payload that names its
//! schema comes from this project's module, and is rejected if it needs any of that.

use super::entry::{Entry, Keys};
use super::scalar::Scalar;
use super::{Cleaned, Refusal, Rule, uuid};
use crate::code::Code;
use callback_collector::PAYLOAD_SCHEMA;
use callback_collector::dictionary::{Group, LabelForm, Source};
use callback_collector::text::{MAX_CHARS, clean, fit};
use std::borrow::Cow;
use std::collections::HashSet;

/// Maximum length of `os` in a pair, as in the stock site's column.
const MAX_OS_CHARS: usize = 64;

/// Maximum length of a text that is sanitised: far more than is stored, so that the sanitiser sees whole words, and short
/// enough that no text is expensive.
const MAX_TEXT_CHARS: usize = 4096;

/// A payload before sanitising. Its texts contain only characters that can be stored, and are at most 4096 long.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The install's uuid.
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

/// What has been read so far.
pub(super) struct Reader {
    pub(super) parsed: Parsed,
    /// What is being read, for errors of the JSON parser.
    pub(super) path: String,
    pub(super) code: Code,
    pub(super) refusal: Option<Refusal>,
    pub(super) uuid: Option<String>,
    pub(super) schema: Option<Scalar<'static>>,
    seen: Vec<&'static str>,
    seen_unknown: HashSet<String>,
    pub(super) entries: usize,
    /// The first place that has data which this project's module never sends.
    pub(super) lenient: Option<String>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            parsed: Parsed::default(),
            path: String::new(),
            code: Code::ObjectExpected,
            refusal: None,
            uuid: None,
            schema: None,
            seen: Vec::new(),
            seen_unknown: HashSet::new(),
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

    /// Rejects a known key that occurs twice.
    pub(super) fn once(&mut self, key: &'static str, path: &str) -> Result<(), Refusal> {
        if self.seen.contains(&key) {
            return Err(Refusal::at(path, Code::KeyRepeated));
        }
        self.seen.push(key);
        Ok(())
    }

    /// Rejects an unknown key of the object at `path` that occurs twice.
    pub(super) fn once_unknown(&mut self, path: &str, key: &str) -> Result<(), Refusal> {
        if self.seen_unknown.insert(format!("{path}.{key}")) {
            Ok(())
        } else {
            Err(Refusal::at(path, Code::KeyRepeated))
        }
    }

    /// The keys of an entry, each of which may occur once. Only `known` keys are named in the refusal.
    fn keys<'a>(
        &mut self,
        entry: Entry<'a>,
        known: &[&str],
        path: impl Fn(&str) -> String,
    ) -> Result<Vec<(Cow<'a, str>, Scalar<'a>)>, Refusal> {
        let Entry::Keys(Keys { first, more, repeated }) = entry else {
            return Err(Refusal::at(path(""), Code::ObjectExpected));
        };
        if let Some(key) = repeated {
            let key = known.iter().find(|known| **known == key).map_or_else(String::new, |known| format!(".{known}"));
            return Err(Refusal::at(path(&key), Code::KeyRepeated));
        }
        for _ in 0..more {
            self.cleaned(Rule::UnknownKey, || path(""));
        }
        Ok(first)
    }

    pub(super) fn finish(mut self) -> Result<Parsed, Refusal> {
        let uuid = self.uuid.as_deref().and_then(uuid::normalised);
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
    pub(super) fn entry(&mut self, group: &'static Group, index: usize, entry: Entry<'_>) -> Result<(), Refusal> {
        let path = |key: &str| format!("data.{}[{index}]{key}", group.name);
        let keys = self.keys(entry, &["total", group.label.unwrap_or("total")], path)?;
        let (mut total, mut label) = (None, None);
        for (position, (key, value)) in keys.into_iter().enumerate() {
            if key == "total" {
                total = Some(value);
            } else if group.label == Some(&*key) {
                label = Some(value);
            } else if group.label.is_some() && position == 1 && label.is_none() {
                // The stock site reads by position, so the second key is the label, whatever its name.
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

    /// A label's text; numbers in groups of numbers are normalised.
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

    /// A text with only characters that can be stored. It is cut to its column's length after sanitising.
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

    /// One pair.
    pub(super) fn pair(&mut self, index: usize, entry: Entry<'_>) -> Result<(), Refusal> {
        const KEYS: [&str; 4] = ["count", "os", "sysDescr", "sysObjectID"];
        let path = |key: &str| format!("info[{index}]{key}");
        let mut values = [const { None }; 4];
        for (key, value) in self.keys(entry, &KEYS, path)? {
            match KEYS.iter().position(|known| *known == key) {
                Some(position) => values[position] = Some(value),
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

/// A whole number, normalised: databases write `1000`, `1000.0` and `1000.0000`.
fn whole_number(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = (1..=18).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && fraction.bytes().all(|b| b == b'0');
    is_number.then(|| whole.parse::<i64>().ok().map(|number| number.to_string())).flatten()
}
