//! People, logins and customers: owners, passwords after a user name, customers of a VLAN.

use super::is_number;
use crate::sanitise::guard;
use crate::sanitise::scan::Scan;
use crate::sanitise::value::{Value, read};

/// Marks the owner of a device: two or three capitalised words before `'s`.
pub fn owner(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for apostrophe in ["'s", "\u{2019}s"] {
        for (end, _) in original.match_indices(apostrophe) {
            let ends = original[end + apostrophe.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
            let (mut start, mut at, mut count) = (end, end, 0);
            for word in original[..end].rsplit(' ').take(3) {
                let capital = word.chars().next().is_some_and(char::is_uppercase)
                    && word.chars().skip(1).all(|c| c.is_lowercase() || c == '-' || c == '\'' || c.is_uppercase());
                let small = word.chars().any(char::is_lowercase);
                if !capital || !small || word.len() < 2 || guard::is_technical(&word.to_lowercase()) {
                    break;
                }
                count += 1;
                start = at - word.len();
                at = start.saturating_sub(1);
            }
            if ends && count >= 2 {
                mark(start, end);
            }
        }
    }
}

/// Marks a password after a user name and a slash.
pub fn password(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for word in text.words.iter() {
        let (from, to) = text.folded.origin(word.start as usize, word.end as usize);
        if !original.get(from..to).is_some_and(|login| {
            ["admin", "root", "administrator"].iter().any(|known| login.eq_ignore_ascii_case(known))
        }) {
            continue;
        }
        let rest = &original[to..];
        let Some(secret) = rest.strip_prefix('/').or_else(|| rest.strip_prefix(" / ")) else { continue };
        let start = original.len() - secret.len();
        let secret = secret
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '|' | ',' | ';' | '/' | ')' | ']'))
            .next()
            .unwrap_or_default();
        let secret = secret.trim_end_matches([':', '.']);
        if secret.len() >= 4
            && secret.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'!' | b'$' | b'%' | b'&' | b'?' | b'*' | b'#'))
        {
            mark(start, start + secret.len());
        }
    }
}

/// Marks the customer of a VLAN: the name after its number.
pub fn vlan_customer(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let folded = text.folded.as_str();
    for pair in text.words.windows(2) {
        let of = |at: usize| &folded[pair[at].start as usize..pair[at].end as usize];
        if of(0) != "vlan" || !is_number(of(1)) {
            continue;
        }
        let (_, end) = text.folded.origin(pair[1].start as usize, pair[1].end as usize);
        let rest = original[end..].trim_start_matches([' ', ':', '=']);
        let rest = ["for ", "to ", "of ", "customer ", "cust: ", "client ", "tenant "]
            .iter()
            .find_map(|word| rest.strip_prefix(*word))
            .unwrap_or(rest);
        if let Some((start, end)) = read(Value::Name, original, original.len() - rest.len()) {
            mark(start, end);
        }
    }
}
