//! The rules: where identifiers stand ([`structure`], [`labels`]) and how they look ([`patterns`]).

pub mod labels;
pub mod patterns;
pub mod structure;

use super::rule::{Rule, Rules};

const COUNT: usize = structure::RULES.len() + labels::RULES.len() + patterns::RULES.len();

/// All rules, in the order in which equal finds are named.
pub static RULES: &[Rule; COUNT] = &all();

impl Default for Rules {
    fn default() -> Self {
        Self::of(RULES)
    }
}

const fn all() -> [Rule; COUNT] {
    let mut rules = [structure::RULES[0]; COUNT];
    let mut at = 0;
    let parts = [structure::RULES, labels::RULES, patterns::RULES];
    let mut part = 0;
    while part < parts.len() {
        let mut index = 0;
        while index < parts[part].len() {
            rules[at] = parts[part][index];
            at += 1;
            index += 1;
        }
        part += 1;
    }
    rules
}
