//! An identifier that evidence shows in one place of a text is one in every other place of it: `ACME CZL208164C
//! HP-CZL208164C`, `sw7.example.net - sw7`.

use super::fold::fold_into;
use super::guard;
use super::kind::IdentifierKind;
use super::known::stands_alone;
use super::scan::Scan;
use super::spans::{Found, Span};
use alloc::string::String;
use alloc::vec::Vec;

/// Shortest identifier that is looked for again, in bytes: shorter ones stand in too many words.
const SHORTEST: usize = 5;

/// Longest text that is searched again, and most identifiers.
const LONGEST_TEXT: usize = 4096;
const MAX_IDENTIFIERS: usize = 16;

/// The spans, and every other place where what they mark stands.
#[must_use]
pub fn everywhere(text: &Scan<'_>, spans: Vec<Span>) -> Vec<Span> {
    let original = text.folded.original;
    if spans.is_empty() || spans.len() > MAX_IDENTIFIERS || original.len() > LONGEST_TEXT {
        return spans;
    }
    let folded = text.folded.as_str();
    let mut found = Found::default();
    let mut again = false;
    for span in &spans {
        let mut identifier = String::new();
        fold_into(&original[span.start..span.end], &mut identifier);
        let name = matches!(span.kind, IdentifierKind::Hostname | IdentifierKind::Fqdn);
        let code = matches!(span.kind, IdentifierKind::Serial | IdentifierKind::Asset | IdentifierKind::Mac);
        // Of a name with a domain the first label may stand alone, too.
        let parts = [identifier.as_str(), identifier.split('.').next().unwrap_or_default()];
        let searched = parts.iter().take(if name { 2 } else { 1 }).filter(|part| {
            part.len() >= SHORTEST
                && ((name && !part.split(['-', '_', ' ']).all(guard::is_technical))
                    || (code && part.bytes().any(|b| b.is_ascii_digit())))
        });
        for part in searched {
            for (start, _) in folded.match_indices(*part) {
                let end = start + part.len();
                let (from, to) = text.folded.origin(start, end);
                // What a release holds is its maker's.
                let word = folded[..start].rsplit(' ').next().unwrap_or_default();
                let release = word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.');
                if stands_alone(folded, start, end)
                    && !release
                    && !spans.iter().any(|span| from < span.end && span.start < to)
                {
                    found.mark(from, to, span.rule, span.kind);
                    again = true;
                }
            }
        }
    }
    if !again {
        return spans;
    }
    found.extend(&spans);
    found.united()
}
