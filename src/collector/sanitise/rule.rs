//! Rules as data, compiled when a text first needs them.
//!
//! Patterns are for `regex::bytes` with Unicode off: the module carries no Unicode tables, so classes are ASCII and a
//! word's end is written as a class that excludes `\x80-\xFF` where it matters.

use super::kind::IdentifierKind;
use super::rules::RULES;
use super::spans::Found;
use super::{guard, replace};
use alloc::vec::Vec;
use core::cell::OnceCell;
use regex::bytes::{Regex, RegexBuilder};

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name: where an identifier stands or how it looks.
    pub id: &'static str,
    /// What it finds.
    pub kind: IdentifierKind,
    /// What it catches, in a sentence for the documentation.
    pub catches: &'static str,
    /// The pattern; its first group is the identifier.
    pub pattern: &'static str,
    /// Bytes of which a text must have one of each set for the pattern to be tried.
    pub needs: &'static [&'static [u8]],
    /// Pieces, in lower case, of which a text must have one for the pattern to be tried; none means any text.
    pub hints: &'static [&'static str],
    /// Finds that are none.
    pub keeps: &'static [Keep],
    /// Texts and what the rule alone makes of them.
    pub matches: &'static [(&'static str, &'static str)],
    /// Texts that the rule must leave alone.
    pub leaves: &'static [&'static str],
}

/// What a rule's find must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// A technical word or a replacement.
    Technical,
    /// A word without a digit.
    WithoutDigit,
    /// An address with a part over 255.
    NoAddress,
    /// A number that a word like `version` or `release` stands before.
    AfterVersionWord,
    /// A default name that OS discovery keys on.
    VendorDefault,
}

/// Names that devices have ex works and that LibreNMS recognises them by; lower case.
const VENDOR_DEFAULTS: &[&str] = &["(none)", "baicpe", "ht8xx", "openwrt", "ubnt"];

/// Words after which a dotted number is a version.
const VERSION_WORDS: &[&str] = &[
    "build", "firmware", "fw", "kernel", "patch", "rel", "release", "rev", "revision", "rom", "software", "sw", "ver",
    "vers", "version",
];

impl Keep {
    fn holds(self, before: &str, find: &str) -> bool {
        match self {
            Self::Technical => guard::is_technical(&find.to_lowercase()),
            Self::WithoutDigit => !find.bytes().any(|b| b.is_ascii_digit()),
            Self::NoAddress => find.parse::<core::net::Ipv4Addr>().is_err(),
            Self::AfterVersionWord => {
                let word = before.trim_end_matches([' ', ':', '=', '.', '-', '_', '(']);
                let other = word.char_indices().rfind(|(_, c)| !c.is_ascii_alphabetic());
                let start = other.map_or(0, |(at, c)| at + c.len_utf8());
                let word = word.get(start..).unwrap_or_default().to_ascii_lowercase();
                VERSION_WORDS.contains(&word.as_str()) || (word == "v" && before.ends_with(['v', 'V']))
            }
            Self::VendorDefault => VENDOR_DEFAULTS.contains(&find.to_ascii_lowercase().as_str()),
        }
    }
}

/// All rules, each compiled when first needed.
pub struct Rules {
    compiled: Vec<OnceCell<Option<Regex>>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { compiled: RULES.iter().map(|_| OnceCell::new()).collect() }
    }
}

impl Rules {
    /// Marks everything that a rule finds. `folded` is the text in lower case.
    pub fn find(&self, text: &str, folded: &str, found: &mut Found) {
        let present = ByteSet::of(text.as_bytes());
        for (rule, compiled) in RULES.iter().zip(&self.compiled) {
            let hinted = || rule.hints.is_empty() || rule.hints.iter().any(|hint| folded.contains(hint));
            if rule.needs.iter().all(|set| present.has_any(set)) && hinted() {
                find_one(rule, compiled, text, found);
            }
        }
    }

    /// Marks what one rule finds, for its own tests and documentation.
    pub fn find_with(&self, id: &str, text: &str, found: &mut Found) {
        for (rule, compiled) in RULES.iter().zip(&self.compiled).filter(|(rule, _)| rule.id == id) {
            find_one(rule, compiled, text, found);
        }
    }
}

fn find_one(rule: &Rule, compiled: &OnceCell<Option<Regex>>, text: &str, found: &mut Found) {
    // A pattern that does not compile is a defect that the rules' own tests show; it never costs a report.
    let Some(regex) = compiled.get_or_init(|| compile(rule.pattern)) else { return };
    let mut from = 0;
    while let Some(find) = regex.captures_at(text.as_bytes(), from).and_then(|captures| captures.get(1)) {
        // Not the match's end: what ends one identifier may begin the next.
        from = find.end();
        let (Some(before), Some(inner)) = (text.get(..find.start()), text.get(find.start()..find.end())) else {
            continue; // not on a character's border
        };
        if !replace::PLACEHOLDERS.contains(&inner) && !rule.keeps.iter().any(|keep| keep.holds(before, inner)) {
            found.mark(find.start(), find.end(), rule.id, rule.kind);
        }
    }
}

fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

/// Which bytes occur in a text: one cheap scan that spares most rules a look.
struct ByteSet([u64; 4]);

impl ByteSet {
    fn of(bytes: &[u8]) -> Self {
        let mut set = [0_u64; 4];
        for byte in bytes {
            set[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        Self(set)
    }

    fn has_any(&self, bytes: &[u8]) -> bool {
        bytes.iter().any(|byte| self.0[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sanitise::apply;

    fn alone(rule: &Rule, text: &str) -> alloc::string::String {
        let rules = Rules::default();
        let mut found = Found::default();
        rules.find_with(rule.id, text, &mut found);
        apply(text, found).text.into_owned()
    }

    #[test]
    fn every_rule_compiles_and_does_what_its_examples_say() {
        for rule in RULES {
            assert!(compile(rule.pattern).is_some(), "{} does not compile", rule.id);
            assert!(!rule.matches.is_empty() && !rule.leaves.is_empty(), "{} has no examples", rule.id);
            for (text, expected) in rule.matches {
                assert_eq!(alone(rule, text), *expected, "{}", rule.id);
                assert_eq!(alone(rule, expected), *expected, "{} twice", rule.id);
            }
            for text in rule.leaves {
                assert_eq!(alone(rule, text), *text, "{}", rule.id);
            }
        }
    }

    #[test]
    fn the_gates_never_hides_an_example() {
        let rules = Rules::default();
        for rule in RULES {
            for (text, _) in rule.matches {
                let (mut gated, mut plain) = (Found::default(), Found::default());
                rules.find(text, &text.to_lowercase(), &mut gated);
                rules.find_with(rule.id, text, &mut plain);
                let gated = gated.united();
                assert!(
                    plain.united().iter().all(|span| gated.iter().any(|g| g.start <= span.start && span.end <= g.end)),
                    "{} is gated away from {text:?}",
                    rule.id
                );
            }
        }
    }
}
