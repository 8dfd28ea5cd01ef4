//! The sanitiser: finds identifiers in a text and replaces them by something of the same shape.
//!
//! Every finder — the install's own names ([`known`]), then the rules ([`rules`]) — only marks spans in the original
//! text. [`spans`] unites what overlaps, [`replace`] writes the replacement. So positions are always the original's,
//! no finder sees another's work, and the order of rules never changes the result's bytes.

pub mod guard;
pub mod kind;
pub mod known;
pub mod replace;
pub mod rule;
pub mod rules;
pub mod spans;

pub use kind::IdentifierKind;
pub use known::{DeviceTerms, InstallTerms};
pub use rule::Rules;

use crate::findings::Redaction;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// What the sanitiser knows besides the text.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// Names and serials of all devices, and the admin's own words.
    pub install: &'a InstallTerms,
}

/// A text after sanitising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanitised<'t> {
    /// What is left.
    pub text: Cow<'t, str>,
    /// What was replaced, from left to right.
    pub redactions: Vec<Redaction>,
}

impl Context<'_> {
    /// Whether a text holds the name or serial of one of the install's devices, or one of the admin's own words.
    #[must_use]
    pub fn names_the_install(&self, text: &str) -> bool {
        let mut found = spans::Found::default();
        self.install.find(&known::Folded::new(text), &mut found);
        !found.united().is_empty()
    }

    /// Sanitises a text, which must be [clean](crate::text::clean). `device` is what the install knows of the device
    /// that the text belongs to.
    #[must_use]
    pub fn sanitise<'t>(&self, text: &'t str, device: Option<&DeviceTerms>) -> Sanitised<'t> {
        let mut found = spans::Found::default();
        if !text.is_empty() {
            let folded = known::Folded::new(text);
            if let Some(device) = device {
                device.find(&folded, &mut found);
            }
            self.install.find(&folded, &mut found);
            self.rules.find(text, folded.as_str(), &mut found);
        }
        apply(text, found)
    }
}

fn apply(text: &str, found: spans::Found) -> Sanitised<'_> {
    let united = found.united();
    if united.is_empty() {
        return Sanitised { text: Cow::Borrowed(text), redactions: Vec::new() };
    }
    let mut result = String::with_capacity(text.len());
    let mut redactions = Vec::with_capacity(united.len());
    let (mut copied, mut counted, mut chars) = (0, 0, 0);
    for span in united {
        let original = &text[span.start..span.end];
        let replacement = replace::replacement(span.kind, original);
        if replacement == original {
            continue;
        }
        chars += text[counted..span.start].chars().count();
        let start = chars;
        chars += original.chars().count();
        counted = span.end;
        result.push_str(&text[copied..span.start]);
        result.push_str(&replacement);
        copied = span.end;
        redactions.push(Redaction { rule: Cow::Borrowed(span.rule), kind: span.kind, start, end: chars, replacement });
    }
    if redactions.is_empty() {
        return Sanitised { text: Cow::Borrowed(text), redactions };
    }
    result.push_str(&text[copied..]);
    Sanitised { text: Cow::Owned(result), redactions }
}
