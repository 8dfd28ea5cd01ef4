//! Sanitises what was read once more, since stock installs leak what their sanitiser does not know, takes the
//! install's own pseudonym out of every text, and adds up what is equal then.

use super::parse::{Parsed, ParsedPair};
use super::{Cleaned, Label, Report, Rule};
use callback_collector::dictionary::{INFO, Kind, LabelForm};
use callback_collector::digest::sha256_hex;
use callback_collector::sanitise::{Context, Rules};
use callback_collector::text::{MAX_CHARS, Text, fit};
use callback_collector::{Collector, Device};
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

/// Sanitisers that are not at work. Their rules are compiled once, and there are never more than reports are read at once.
static IDLE: Mutex<Vec<Sanitiser>> = Mutex::new(Vec::new());

/// Most texts that a sanitiser remembers to be innocent: some 8 MB.
const MAX_INNOCENT: usize = 400_000;

/// A parsed payload as a report; `payload` are its bytes.
#[must_use]
pub fn report(parsed: Parsed, payload: &[u8]) -> Report {
    let Parsed { uuid, entries, pairs, mut cleaned } = parsed;
    let pseudonym = Pseudonym::new(&uuid);
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
            let text = pseudonym.removed(text, &mut cleaned);
            let is_text = group.form == LabelForm::String && !is_harmless(&text, group.kind);
            let text = if is_text { sanitiser.label(text, &mut cleaned) } else { text };
            fit(&text, MAX_CHARS).to_owned()
        });
        add(Label::of(group, text), total);
    }
    for pair in pairs {
        let count = pair.count;
        add(sanitiser.pair(pair, &pseudonym, &mut cleaned), count);
    }
    if merged > 0 {
        cleaned.insert(Rule::Merged, merged);
    }
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(sanitiser);
    Report { uuid, payload_sha256: sha256_hex(payload), totals, cleaned }
}

/// Whether a label is plain enough not to be searched: a word of a vocabulary, or a version.
fn is_harmless(text: &str, kind: Kind) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let version = |b: u8| plain(b) || matches!(b, b' ' | b'.' | b'+' | b'~');
    match kind {
        Kind::Version => text.bytes().all(version),
        Kind::Vocabulary => text.len() <= 48 && text.bytes().all(plain),
        _ => false,
    }
}

/// The collector's sanitiser, and what it found nothing in: most texts are those of other installs too.
#[derive(Default)]
struct Sanitiser {
    collector: Collector,
    rules: Rules,
    /// Keyed hashes of texts; the key is this process's own.
    innocent: HashSet<u64>,
    key: RandomState,
}

impl Sanitiser {
    fn label(&mut self, text: String, cleaned: &mut Cleaned) -> String {
        let hash = self.key.hash_one(("label", &text));
        if self.innocent.contains(&hash) {
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

    fn pair(&mut self, pair: ParsedPair, pseudonym: &Pseudonym, cleaned: &mut Cleaned) -> Label {
        let os = pseudonym.removed(pair.os, cleaned);
        let os = if is_harmless(&os, Kind::Vocabulary) { os } else { self.label(os, cleaned) };
        let sys_descr = pseudonym.removed(pair.sys_descr, cleaned);
        let sys_object_id = pseudonym.removed(pair.sys_object_id, cleaned);
        let (sys_descr, sys_object_id) = self.description(sys_descr, sys_object_id, cleaned);
        let kept = |text: String| fit(&text, MAX_CHARS).to_owned();
        Label { group: INFO, text: Some(kept(sys_descr)), pair: Some((os, kept(sys_object_id))) }
    }

    fn description(&mut self, sys_descr: String, sys_object_id: String, cleaned: &mut Cleaned) -> (String, String) {
        let hash = self.key.hash_one(("pair", &sys_descr, &sys_object_id));
        if self.innocent.contains(&hash) {
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
        if self.innocent.len() >= MAX_INNOCENT {
            self.innocent.clear();
        }
        self.innocent.insert(hash);
    }
}

/// The install's pseudonym, with and without hyphens, to be taken out of texts.
struct Pseudonym([String; 2]);

impl Pseudonym {
    fn new(uuid: &str) -> Self {
        Self([uuid.to_owned(), uuid.replace('-', "")])
    }

    fn removed(&self, mut text: String, cleaned: &mut Cleaned) -> String {
        if !begins_like_one(&text) {
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

/// Whether a text has eight hexadecimal digits in a row, with which every form of a pseudonym begins: few have.
fn begins_like_one(text: &str) -> bool {
    let mut digits = 0;
    text.bytes().any(|byte| {
        digits = if byte.is_ascii_hexdigit() { digits + 1 } else { 0 };
        digits == 8
    })
}
