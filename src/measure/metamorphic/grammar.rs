//! Texts that match a pattern: further releases of a vendor's grammar.

use super::dice::Dice;
use callback_collector::sanitise::grammars::{GRAMMARS, Grammar};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// A grammar with its pattern compiled.
#[derive(Debug)]
pub struct Compiled {
    /// The grammar.
    pub grammar: &'static Grammar,
    whole: Regex,
    tree: Hir,
}

impl Compiled {
    /// All grammars whose patterns compile. A test checks that all do.
    #[must_use]
    pub fn all() -> Vec<Self> {
        GRAMMARS.iter().filter_map(Self::new).collect()
    }

    fn new(grammar: &'static Grammar) -> Option<Self> {
        let pattern = format!("^(?:{})$", grammar.pattern);
        let whole = RegexBuilder::new(&pattern).unicode(false).build().ok()?;
        let tree = ParserBuilder::new().unicode(false).utf8(false).build().parse(grammar.pattern).ok()?;
        Some(Self { grammar, whole, tree })
    }

    /// Whether a token is of this grammar, whole.
    #[must_use]
    pub fn matches(&self, token: &str) -> bool {
        self.whole.is_match(token.as_bytes())
    }

    /// Another token of this grammar. `None` if the grammar is too permissive (`[a-z.]*`).
    #[must_use]
    pub fn another(&self, dice: &mut Dice) -> Option<String> {
        self.tree.properties().maximum_len()?;
        let mut token = Vec::new();
        grow(&self.tree, dice, &mut token);
        Some(String::from_utf8_lossy(&token).into_owned())
    }
}

fn grow(tree: &Hir, dice: &mut Dice, token: &mut Vec<u8>) {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => token.extend_from_slice(&literal.0),
        HirKind::Class(class) => token.push(member(class, dice)),
        HirKind::Repetition(repeated) => {
            let least = repeated.min as usize;
            let most = repeated.max.map_or(least, |max| max as usize);
            for _ in 0..dice.within(least, most) {
                grow(&repeated.sub, dice, token);
            }
        }
        HirKind::Capture(capture) => grow(&capture.sub, dice, token),
        HirKind::Concat(parts) => parts.iter().for_each(|part| grow(part, dice, token)),
        HirKind::Alternation(ways) => {
            let way = dice.below(ways.len());
            grow(&ways[way], dice, token);
        }
    }
}

/// A byte of a class: printable, if the class has one that is.
fn member(class: &Class, dice: &mut Dice) -> u8 {
    let printable = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let bytes: Vec<u8> = match class {
        Class::Bytes(class) => class.iter().flat_map(|range| range.start()..=range.end()).collect(),
        Class::Unicode(class) => class
            .iter()
            .flat_map(|range| range.start()..=range.end().min('\u{7f}'))
            .filter_map(|c| u8::try_from(c).ok())
            .collect(),
    };
    let shown: Vec<u8> = bytes.iter().copied().filter(printable).collect();
    let from = if shown.is_empty() { &bytes } else { &shown };
    if from.is_empty() { b'?' } else { from[dice.below(from.len())] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grammar_compiles_and_matches_its_examples_and_generated_tokens() {
        let all = Compiled::all();
        assert_eq!(all.len(), GRAMMARS.len());
        let mut bounded = 0;
        for compiled in &all {
            let grammar = compiled.grammar;
            assert!(!grammar.examples.is_empty(), "{}", grammar.id);
            assert!(grammar.examples.iter().all(|token| compiled.matches(token)), "{}", grammar.id);
            assert!(!grammar.not.iter().any(|token| compiled.matches(token)), "{}", grammar.id);
            let made = (0..40).filter_map(|nth| compiled.another(&mut Dice::of(grammar.id, nth)));
            let made: std::collections::BTreeSet<String> = made.collect();
            assert!(made.iter().all(|token| compiled.matches(token)), "{}: {made:?}", grammar.id);
            assert!(made.is_empty() || made.len() > 1, "{} gives one token only", grammar.id);
            bounded += usize::from(!made.is_empty());
        }
        assert!(bounded * 2 > all.len(), "most grammars say what they allow");
    }
}
