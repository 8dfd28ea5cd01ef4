//! An identifier that was found in one place of a text is also removed from the rest of it: `ACME CZL208164C
//! HP-CZL208164C`, `sw7.example.net - sw7`.

use super::guard;
use super::scan::{Scan, Traits, Word};
use super::spans::{Found, Span};
use crate::kind::IdentifierKind;
use alloc::vec::Vec;

/// Shortest identifier that is searched for again, in bytes. Shorter ones occur in too many words.
const SHORTEST: u32 = 5;

/// Most bytes between two words of an identifier.
const MAX_GAP: u32 = 2;

/// Most identifiers of one text that are searched for again, and most words of such a text.
const MAX_IDENTIFIERS: usize = 16;
const MAX_WORDS: usize = 512;

/// The spans, and all other occurrences of their texts as words, except in places that were found to be something
/// else.
#[must_use]
pub fn everywhere(text: &Scan<'_>, spans: Vec<Span>, kept: &[Span]) -> Vec<Span> {
    let words = &*text.words;
    let may = text.traits.include(Traits::REPEATS);
    if !may || spans.is_empty() || spans.len() > MAX_IDENTIFIERS || words.len() > MAX_WORDS {
        return spans;
    }
    let mut found = Found::default();
    for span in &spans {
        let first =
            words.partition_point(|word| text.folded.origin(word.start as usize, word.end as usize).0 < span.start);
        let inside = |word: &&Word| text.folded.origin(word.start as usize, word.end as usize).1 <= span.end;
        let count = words[first..].iter().take_while(inside).count();
        for part in parts(text, span, &words[first..first + count]) {
            for index in
                (0..words.len().saturating_sub(part.len() - 1)).filter(|index| words[*index].hash == part[0].hash)
            {
                let again = &words[index..index + part.len()];
                let (start, end) = (again[0].start, again[again.len() - 1].end);
                let (start, end) = text.folded.origin(start as usize, end as usize);
                if again.iter().zip(part).all(|(one, other)| one.hash == other.hash)
                    && again.windows(2).all(|pair| pair[1].start - pair[0].end <= MAX_GAP)
                    && !in_a_release(text.folded.original, start)
                    && !spans.iter().chain(kept).any(|span| start < span.end && span.start < end)
                {
                    found.mark(start, end, span.rule, span.kind);
                }
            }
        }
    }
    if found.is_empty() {
        return spans;
    }
    found.extend(&spans);
    found.united()
}

/// The parts of an identifier to search for: all of its words, and the first label of a name with a domain.
fn parts<'w>(text: &Scan<'_>, span: &Span, words: &'w [Word]) -> impl Iterator<Item = &'w [Word]> {
    let folded = text.folded.as_str();
    let name = matches!(span.kind, IdentifierKind::Hostname | IdentifierKind::Fqdn);
    let code = matches!(span.kind, IdentifierKind::Serial | IdentifierKind::Asset | IdentifierKind::Mac);
    let dot = words.iter().position(|word| folded[word.end as usize..].starts_with('.')).map_or(0, |index| index + 1);
    let label = if name && dot < words.len() { &words[..dot] } else { &[] };
    let of = |word: &Word| &folded[word.start as usize..word.end as usize];
    [words, label].into_iter().filter(move |part| {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { return false };
        let technical = |word: &Word| word.number || guard::is_technical(of(word));
        let digit = folded[first.start as usize..last.end as usize].bytes().any(|b| b.is_ascii_digit());
        last.end - first.start >= SHORTEST && ((name && !part.iter().all(technical)) || (code && digit))
    })
}

/// Whether a place is inside a release: words in a kernel's release belong to its builder (`3.18.21-acme-rt19`).
fn in_a_release(text: &str, index: usize) -> bool {
    let start = text.as_bytes()[..index].iter().rposition(u8::is_ascii_whitespace).map_or(0, |blank| blank + 1);
    let word = &text.as_bytes()[start..index];
    word.first().is_some_and(u8::is_ascii_digit) && word.contains(&b'.')
}
