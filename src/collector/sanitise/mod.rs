//! The sanitiser: finds identifiers in a text and replaces them with text of the same shape.
//!
//! Every finder (known identifiers in [`install_terms`], then the rules in [`rules`]) only marks spans in the original
//! text. [`spans`] merges overlapping spans, and [`replace`] writes the replacements. So positions are always the original's,
//! finders do not depend on each other, and the order of rules never changes the resulting bytes.

pub mod admin_terms;
pub mod device_terms;
#[cfg(any(test, feature = "rule-docs"))]
pub mod documented;
pub mod find;
pub mod fold;
pub mod grammars;
pub mod guard;
pub mod hashing;
pub mod install_terms;
pub mod keep;
pub mod memory;
pub mod repeats;
pub mod replace;
pub mod rule;
pub mod rules;
pub mod scan;
pub mod spans;
pub mod terms;
pub mod value;
pub mod vendor;
pub mod word_list;

pub use crate::kind::IdentifierKind;
pub use device_terms::DeviceTerms;
pub use install_terms::InstallTerms;
pub use memory::Memory;
pub use rule::Rules;

use crate::findings::Redaction;
use crate::text::{MAX_CHARS, clean, fit};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use scan::Scan;
use spans::{Found, Span};

/// What the sanitiser knows in addition to the text.
pub struct Context<'a> {
    rules: &'a Rules,
    install: Option<&'a InstallTerms>,
    /// The cache of texts.
    memory: Option<&'a Memory>,
}

/// A text after sanitising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitised<'t> {
    /// The original, with U+FFFD for characters that cannot be sent. Positions refer to this text.
    pub original: Cow<'t, str>,
    /// The sanitised text.
    pub text: Cow<'t, str>,
    /// What was replaced, from left to right.
    pub redactions: Vec<Redaction>,
    /// Known identifiers that stay, because they are the vendor or the model in their position.
    pub kept: Vec<String>,
}

impl<'a> Context<'a> {
    /// The rules, the terms of all devices, and the admin's own words. A cache belongs to one context, because
    /// it contains what was found.
    #[must_use]
    pub const fn new(rules: &'a Rules, install: &'a InstallTerms, memory: &'a Memory) -> Self {
        Self { rules, install: Some(install), memory: Some(memory) }
    }

    /// A context for a single text, without a cache or an install.
    #[must_use]
    pub const fn once(rules: &'a Rules) -> Self {
        Self { rules, install: None, memory: None }
    }

    /// Whether a vocabulary label contains a term of the install's devices or an admin's word.
    #[must_use]
    pub fn names_the_install(&self, text: &str) -> bool {
        self.install.is_some_and(|install| install.are_in_vocabulary(&Scan::new(text)))
    }

    /// Sanitises a text. `device` has the terms of the device that the text belongs to. Sanitising the
    /// result again changes nothing.
    ///
    /// With a cache, only the beginning of a text longer than [`MAX_TEXT`] is sanitised, which is more than is sent. If less than
    /// can be sent remains, or if the device has a value longer than [`terms::MAX_VALUE`], the whole text is removed.
    #[must_use]
    pub fn sanitise<'t>(&self, text: &'t str, device: Option<DeviceTerms<'_>>) -> Sanitised<'t> {
        if device.is_some_and(|device| device.too_long()) && !text.is_empty() {
            return removed(clean(text), TOO_LONG);
        }
        if text.len() <= MAX_TEXT || self.memory.is_none() {
            return self.sanitise_all(text, device);
        }
        let sanitised = self.sanitise_all(&text[..text.floor_char_boundary(MAX_TEXT)], device);
        if fit(&sanitised.text, MAX_CHARS).len() < sanitised.text.len() {
            sanitised
        } else {
            removed(sanitised.original, TOO_LONG)
        }
    }

    fn sanitise_all<'t>(&self, text: &'t str, device: Option<DeviceTerms<'_>>) -> Sanitised<'t> {
        let (original, mut found, kept) = self.find(text, device);
        if found.is_empty() {
            let kept = slices(&original, &kept);
            return Sanitised { text: original.clone(), original, redactions: Vec::new(), kept };
        }
        // A replacement may reveal another identifier, so this repeats until nothing is found. Each round replaces
        // more, so it terminates. A text that needs many rounds is removed.
        for _ in 0..MAX_ROUNDS {
            let (text, redactions) = apply(&original, &found);
            let (_, more, kept) = self.find(&text, device);
            if more.is_empty() {
                let kept = slices(&text, &kept);
                return Sanitised { text: Cow::Owned(text), original, redactions, kept };
            }
            found = replace::onto_original(&original, &found, &more);
        }
        removed(original, TOO_ENTANGLED)
    }

    /// The cleaned text, the spans to replace from left to right, and the spans of known identifiers that stay.
    fn find<'t>(&self, text: &'t str, device: Option<DeviceTerms<'_>>) -> (Cow<'t, str>, Vec<Span>, Vec<Span>) {
        let for_all = |scan: &Scan<'_>| {
            let mut found = Found::default();
            if let Some(install) = self.install {
                install.find(scan, &mut found);
            }
            self.rules.find(scan, &mut found);
            self.rules.forget_what_is_off(&mut found);
            found.into_spans()
        };
        // A device's own terms come first: of two matches with the same span, the first wins.
        let with_own = |scan: &Scan<'_>, for_all: &[Span]| {
            let mut found = Found::default();
            if let Some(device) = device {
                device.find(scan, self.rules.guard(), &mut found);
                self.rules.forget_what_is_off(&mut found);
            }
            found.extend(for_all);
            let kept = found.take_kept();
            let mut spans = found.united();
            spans.retain(|span| changes(scan.folded.original, span));
            (repeats::everywhere(scan, spans, &kept), kept)
        };
        let (text, (found, kept)) = match self.memory {
            Some(memory) => memory.recall(text, for_all, with_own),
            None => {
                let cleaned = clean(text);
                let scan = Scan::new(&cleaned);
                let found = with_own(&scan, &for_all(&scan));
                (cleaned, found)
            }
        };
        (text, found, kept)
    }
}

/// Longest text, in bytes, that is sanitised whole: sixteen times what is sent.
pub const MAX_TEXT: usize = 4096;

/// The rule that removes a text in which every replacement reveals another identifier.
pub const TOO_ENTANGLED: &str = "too-entangled";

/// The rule that removes a text that is too long to be searched whole.
pub const TOO_LONG: &str = "too-long";

/// A text that is removed whole.
#[cold]
fn removed<'t>(original: Cow<'t, str>, rule: &'static str) -> Sanitised<'t> {
    let all = Span { start: 0, end: original.len(), rule, kind: IdentifierKind::Term };
    let (text, redactions) = apply(&original, &[all]);
    Sanitised { text: Cow::Owned(text), original, redactions, kept: Vec::new() }
}

/// The parts of a text at some spans.
#[inline(never)]
fn slices(text: &str, spans: &[Span]) -> Vec<String> {
    if spans.is_empty() {
        return Vec::new();
    }
    spans.iter().map(|span| text[span.start..span.end].into()).collect()
}

/// Maximum number of rounds of searching the result again.
const MAX_ROUNDS: usize = 8;

/// Whether replacing a span changes a text.
fn changes(text: &str, span: &Span) -> bool {
    let original = &text[span.start..span.end];
    replace::replacement(span.kind, original) != original
}

/// The text with the spans replaced, which must be sorted and must not overlap.
fn apply(text: &str, spans: &[Span]) -> (String, Vec<Redaction>) {
    let mut result = String::with_capacity(text.len());
    let mut redactions = Vec::with_capacity(spans.len());
    let (mut copied, mut counted, mut chars) = (0, 0, 0);
    for span in spans {
        let original = &text[span.start..span.end];
        let replacement = replace::replacement(span.kind, original);
        chars += text[counted..span.start].chars().count();
        let start = chars;
        chars += original.chars().count();
        counted = span.end;
        result.push_str(&text[copied..span.start]);
        result.push_str(&replacement);
        copied = span.end;
        redactions.push(Redaction { rule: Cow::Borrowed(span.rule), kind: span.kind, start, end: chars, replacement });
    }
    result.push_str(&text[copied..]);
    (result, redactions)
}
