//! The rules: where identifiers occur ([`structure`], [`labels`]) and what they look like ([`patterns`]).

pub mod labels;
pub mod patterns;
pub mod structure;

use super::rule::{Rule, Rules};

/// The tables of rules, in the order of precedence for equal matches.
const TABLES: &[&[Rule]] = &[
    structure::RULES,
    labels::codes::RULES,
    labels::accounts::RULES,
    labels::names::RULES,
    labels::numbers::RULES,
    patterns::RULES,
];

const COUNT: usize = {
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

/// All rules.
pub static RULES: &[Rule; COUNT] = &all();

impl Default for Rules {
    fn default() -> Self {
        Self::of(RULES)
    }
}

const fn all() -> [Rule; COUNT] {
    let mut rules = [structure::RULES[0]; COUNT];
    let (mut count, mut table) = (0, 0);
    while table < TABLES.len() {
        let mut index = 0;
        while index < TABLES[table].len() {
            rules[count] = TABLES[table][index];
            count += 1;
            index += 1;
        }
        table += 1;
    }
    rules
}
