//! Hostnames with their domain.

use super::{in_name, is_number};
use crate::sanitise::find::uname;
use crate::sanitise::scan::Scan;
use crate::sanitise::word_list::WordList;

/// Top-level domains that public DNS does not have; lower case, sorted.
static PRIVATE: WordList = WordList::new(&[
    "arpa",
    "bank",
    "corp",
    "domain",
    "example",
    "home",
    "int",
    "intern",
    "internal",
    "intra",
    "intranet",
    "invalid",
    "lab",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "localnet",
    "novalocal",
    "private",
    "test",
]);

/// Generic top-level domains; lower case, sorted. Those of two letters are countries'.
static GENERIC: WordList = WordList::new(&[
    "app",
    "bank",
    "beer",
    "biz",
    "cloud",
    "com",
    "coop",
    "dev",
    "digital",
    "edu",
    "energy",
    "global",
    "gov",
    "group",
    "host",
    "hosting",
    "hotel",
    "info",
    "int",
    "io",
    "mil",
    "mobi",
    "museum",
    "name",
    "net",
    "network",
    "online",
    "org",
    "pro",
    "school",
    "shop",
    "site",
    "solutions",
    "space",
    "store",
    "systems",
    "team",
    "tech",
    "technology",
    "town",
    "university",
    "web",
    "wien",
    "work",
    "xyz",
]);

/// Whether a top-level domain is private or reserved for examples.
#[must_use]
pub fn is_private_domain(last: &str) -> bool {
    PRIVATE.contains(last)
}

/// Whether a top-level domain is public.
#[must_use]
pub fn is_public_domain(last: &str) -> bool {
    GENERIC.contains(last)
        || (last.len() == 2 && last.bytes().all(|b| b.is_ascii_alphabetic()) && !NO_COUNTRY.contains(&last))
}

/// Two-letter endings of file names and versions that are not a country, or a country whose domain rarely names
/// hosts.
const NO_COUNTRY: &[&str] =
    &["fw", "gb", "gz", "hw", "ii", "js", "kb", "ko", "mb", "md", "py", "rc", "sh", "so", "sw", "xz"];

/// Marks hostnames with their domain.
pub fn with_domain(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let bytes = original.as_bytes();
    let mut at = 0;
    while let Some(dot) = bytes[at..].iter().position(|b| *b == b'.').map(|found| at + found) {
        // A name is labels joined by single dots.
        let start = dot - bytes[..dot].iter().rev().take_while(|b| in_name(**b)).count();
        let mut end = dot;
        let mut labels = 1;
        while bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(|b| in_name(*b)) {
            end += 1 + bytes[end + 1..].iter().take_while(|b| in_name(**b)).count();
            labels += 1;
        }
        at = end.max(dot + 1);
        // The last label is never a number, unlike the last part of a version.
        if start == dot
            || bytes[end - 1].is_ascii_digit()
            || labels < 2
            || end - start > 253
            || !original.is_char_boundary(start)
            || !original.is_char_boundary(end)
        {
            continue;
        }
        let before = original[..start].chars().next_back();
        let touches = before.is_some_and(|c| matches!(c, '@' | '.' | '/' | '\\' | '%' | '~') || c.is_alphanumeric());
        let after = &original[end..];
        if !touches && !after.starts_with(['@', '(', '\\']) && is_name(&original[start..end], labels) {
            mark(start, end);
        }
    }
}

fn is_name(name: &str, labels: usize) -> bool {
    let upper = name.bytes().any(|b| b.is_ascii_uppercase());
    let name = name.to_ascii_lowercase();
    let first = name.split('.').next().unwrap_or_default();
    // `localhost` and similar names, and upper-case release modules with short parts (`REL1271Z.NH.ec`).
    if name.split('.').all(uname::names_nobody)
        || (upper && name.rsplit('.').nth(1).is_some_and(|domain| domain.len() < 3 && name.split('.').count() > 2))
    {
        return false;
    }
    let Some(last) = name.rsplit('.').next() else { return false };
    if first.is_empty()
        || !name.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        || matches!(first, "www" | "ftp")
    {
        return false;
    }
    // A hostname's first label has letters, and none of its labels is a number, unlike in versions.
    let letters = first.bytes().filter(|b| b.is_ascii_alphabetic() || *b >= 0x80).count();
    if letters == 0
        || (letters == 1 && first.starts_with('v'))
        || name.split('.').skip(1).any(|label| label.len() < 4 && is_number(label) && !is_private_domain(last))
    {
        return false;
    }
    if is_private_domain(last) {
        return last != "arpa" || name.ends_with(".home.arpa");
    }
    is_public_domain(last)
        && (labels >= 3
            || (labels == 2
                && name.bytes().any(|b| b == b'-' || b.is_ascii_digit())
                && GENERIC.contains(last)
                && !last.is_empty()))
        && name.split('.').nth(labels - 2).is_some_and(|domain| domain.bytes().any(|b| b.is_ascii_alphabetic()))
}
