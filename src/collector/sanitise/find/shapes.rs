//! Serial numbers by their shape, where no label says so: the ways that vendors number their devices.

use crate::sanitise::scan::Scan;

/// Marks words that are serial numbers by their shape.
pub fn serial(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let folded_as_it_is = original.is_ascii();
    for word in text.words.iter().filter(|word| (8..=20).contains(&(word.end - word.start))) {
        let (start, end) = text.folded.origin(word.start as usize, word.end as usize);
        let Some(find) = original.get(start..end) else { continue };
        let (before, after) = (&original[..start], &original[end..]);
        let built_in = before.ends_with("BUILTIN-");
        let joined = (before.ends_with(['-', '_', '.', '/', '+', '\\']) && !built_in)
            || after.starts_with(['-', '_', '/', '+', '(']);
        let dotted = after.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_alphanumeric()));
        if (folded_as_it_is || find.is_ascii())
            && !joined
            && !dotted
            && (is_serial(find.as_bytes()) || (built_in && find.bytes().any(|b| b.is_ascii_digit())))
        {
            mark(if built_in { start - "BUILTIN-".len() } else { start }, end);
        }
    }
}

/// Countries where devices are made, as serial numbers begin.
const COUNTRIES: &[[u8; 2]] = &[
    *b"BR", *b"CN", *b"CZ", *b"HU", *b"IN", *b"JP", *b"KR", *b"MX", *b"MY", *b"PH", *b"SG", *b"TH", *b"TW", *b"US",
    *b"VN",
];

/// Whether capitals and digits are put together as vendors' serial numbers are.
fn is_serial(word: &[u8]) -> bool {
    if !word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        return false;
    }
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = word.len() - digits;
    if digits < 2 || letters < 1 {
        return false;
    }
    let leading = word.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let trailing = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let changes = word.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let hex = word.iter().all(u8::is_ascii_hexdigit);
    // Cisco and many more: site, year and week, count (`FOC1234X0AB`).
    let site_week = word.len() == 11 && leading == 3 && word[3..7].iter().all(u8::is_ascii_digit);
    // Country or product, then a count (`ZA1815031283`, `SVPM7138185`, `FGT60E4Q04514205`).
    let counted = trailing >= 6 && word.len() >= 10 && leading <= 6;
    // A hardware address without separators (`ACCC8E3A2DE5`).
    let address = word.len() == 12 && hex && letters >= 2 && digits >= 2;
    // Digit, letter, week, line, count (`5A1638E01463`).
    let week_line = word.len() == 12 && leading == 0 && word[1].is_ascii_uppercase() && trailing >= 5;
    // Country, then letters and digits by turns (`CN7JET79VK`).
    let by_turns = word.len() >= 11 && changes >= 4 && leading <= 3 && (hex || (letters >= 4 && digits >= 4));
    // Country, digit, letters and digits in ten (`SG90YTCGZC`).
    let country = word.len() == 10 && word[2].is_ascii_digit() && COUNTRIES.contains(&[word[0], word[1]]);
    site_week || counted || address || week_line || by_turns || country
}
