//! Sanitises a parsed report again, because stock installs send identifiers that their sanitiser does not know. It also
//! removes the install's own uuid from every text, and adds up entries that became equal.

use super::reader::{Parsed, ParsedPair};
use super::{Cleaned, Label, Report, Rule};
use callback_collector::dictionary::{INFO, Kind, LabelForm};
use callback_collector::digest::sha256_hex;
use callback_collector::sanitise::{Context, Rules};
use callback_collector::text::{MAX_CHARS, Text, fit};
use callback_collector::{Collector, Device};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// Idle sanitisers. Compiling their rules is expensive, and there are never more of them than reports parsed at once.
static IDLE: Mutex<Vec<Sanitiser>> = Mutex::new(Vec::new());

/// Maximum number of clean texts that a sanitiser remembers, in about 8 MB.
const MAX_CLEAN: usize = 400_000;

/// Turns a parsed payload into a report; `payload` is its bytes.
#[must_use]
pub fn report(parsed: Parsed, payload: &[u8]) -> Report {
    let Parsed { uuid, entries, pairs, mut cleaned } = parsed;
    let own_uuid = OwnUuid::new(&uuid);
    let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut sanitiser = idle.unwrap_or_default();
    let mut totals = BTreeMap::new();
    let mut merged = 0;
    let mut add = |label: Label, total: u64| {
        totals
            .entry(label)
            .and_modify(|sum| {
                *sum += total;
                merged += 1;
            })
            .or_insert(total);
    };
    for (group, text, total) in entries {
        let text = text.map(|text| {
            let text = own_uuid.removed(text, &mut cleaned);
            let is_text = group.form == LabelForm::String && !is_harmless(&text, group.kind);
            let text = if is_text { sanitiser.label(text, &mut cleaned) } else { text };
            fit(&text, MAX_CHARS).to_owned()
        });
        add(Label::of(group, text), total);
    }
    for pair in pairs {
        let count = pair.count;
        add(sanitiser.pair(pair, &own_uuid, &mut cleaned), count);
    }
    if merged > 0 {
        cleaned.insert(Rule::Merged, merged);
    }
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(sanitiser);
    Report { uuid, payload_sha256: sha256_hex(payload), totals, cleaned }
}

/// Whether a label cannot contain an identifier: a word of a vocabulary, or a version.
fn is_harmless(text: &str, kind: Kind) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let version = |b: u8| plain(b) || matches!(b, b' ' | b'.' | b'+' | b'~');
    match kind {
        Kind::Version => text.bytes().all(version),
        Kind::Vocabulary => text.len() <= 48 && text.bytes().all(plain),
        _ => false,
    }
}

/// The collector's sanitiser, with a cache of texts in which it found nothing: most texts occur on many installs.
#[derive(Default)]
struct Sanitiser {
    collector: Collector,
    rules: Rules,
    /// Keyed hashes of texts; each process has its own key.
    clean_texts: HashSet<u64>,
    key: RandomState,
}

impl Sanitiser {
    fn label(&mut self, text: String, cleaned: &mut Cleaned) -> String {
        let hash = self.key.hash_one(("label", &text));
        if self.clean_texts.contains(&hash) {
            return text;
        }
        let sanitised = Context::once(&self.rules).sanitise(&text, None);
        if sanitised.redactions.is_empty() {
            self.remember(hash);
            return text;
        }
        *cleaned.entry(Rule::Identifier).or_default() += 1;
        sanitised.text.into_owned()
    }

    fn pair(&mut self, pair: ParsedPair, own_uuid: &OwnUuid, cleaned: &mut Cleaned) -> Label {
        let os = own_uuid.removed(pair.os, cleaned);
        let os = if is_harmless(&os, Kind::Vocabulary) { os } else { self.label(os, cleaned) };
        let sys_descr = own_uuid.removed(pair.sys_descr, cleaned);
        let sys_object_id = own_uuid.removed(pair.sys_object_id, cleaned);
        let (sys_descr, sys_object_id) = self.description(sys_descr, sys_object_id, cleaned);
        let kept = |text: String| fit(&text, MAX_CHARS).to_owned();
        Label { group: INFO, text: Some(kept(sys_descr)), pair: Some((os, kept(sys_object_id))) }
    }

    fn description(&mut self, sys_descr: String, sys_object_id: String, cleaned: &mut Cleaned) -> (String, String) {
        let hash = self.key.hash_one(("pair", &sys_descr, &sys_object_id));
        if self.clean_texts.contains(&hash) {
            return (sys_descr, sys_object_id);
        }
        let device = Device {
            sys_descr: Some(Text::from(sys_descr.as_str())),
            sys_object_id: Some(Text::from(sys_object_id.as_str())),
            ..Device::default()
        };
        let sanitised = self.collector.sanitise_device(&device);
        if sanitised.redactions.is_empty() {
            self.remember(hash);
        } else {
            *cleaned.entry(Rule::Identifier).or_default() += 1;
        }
        (sanitised.sys_descr.unwrap_or_default(), sanitised.sys_object_id.unwrap_or_default())
    }

    fn remember(&mut self, hash: u64) {
        if self.clean_texts.len() >= MAX_CLEAN {
            self.clean_texts.clear();
        }
        self.clean_texts.insert(hash);
    }
}

/// The install's uuid, with and without hyphens.
struct OwnUuid([String; 2]);

impl OwnUuid {
    fn new(uuid: &str) -> Self {
        Self([uuid.to_owned(), uuid.replace('-', "")])
    }

    fn removed(&self, mut text: String, cleaned: &mut Cleaned) -> String {
        if !may_contain_uuid(&text) {
            return text;
        }
        for form in &self.0 {
            while text.len() >= form.len() {
                let found =
                    text.as_bytes().windows(form.len()).position(|part| part.eq_ignore_ascii_case(form.as_bytes()));
                let Some(at) = found else { break };
                // The match is ASCII, so both its ends are boundaries.
                text.replace_range(at..at + form.len(), "uuid");
                *cleaned.entry(Rule::Pseudonym).or_default() += 1;
            }
        }
        text
    }
}

/// Whether a text has eight hexadecimal digits in a row, as every form of a uuid begins. Few texts have.
fn may_contain_uuid(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|byte| {
        digits = if byte.is_ascii_hexdigit() { digits + 1 } else { 0 };
        digits == 8
    })
}
