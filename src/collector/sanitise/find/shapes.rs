//! Serial numbers by their shape, without a label: the formats in which vendors number their devices.

use crate::sanitise::grammars::{Grammar, Grammars, grammar};
use crate::sanitise::hashing;
use crate::sanitise::scan::Scan;

/// How vendors write serial numbers, except for a prefix with a long counter.
pub static SERIALS: &[Grammar] = &[
    grammar(
        "cisco.serial",
        "Site, year, week, and four characters: Cisco, and many who build for others.",
        r"[A-Z]{3}\d{4}[0-9A-Z]{4}",
        &["FOC1234X0AB", "FVH2849L0CA"],
        &["FOCUS1234AB", "WS2960X24TS"],
    ),
    grammar(
        "juniper.serial",
        "Juniper's chassis and branch devices.",
        r"JN[0-9A-F]{8,10}A[A-Z]{2}|[A-Z]{2}\d{4}[A-Z]{2}\d{4}",
        &["JN05B86BCFAFC", "BQ0211AS1234"],
        &["JN05B86B", "AS5812AX4000X"],
    ),
    grammar(
        "hp.serial",
        "HP's and HPE's: site, year and week, four characters.",
        r"(?:BR[CGJ]|CN[A-Z]|CZ[CJL]|HU[BS]|IN[A]|JP[AN]|MX[A-Z]|SGH|TR[F]|TW[JT]|USE|USM|VNB)\d{3}[0-9A-Z]{4}|\d[A-Z]{2}\d{3}[0-9A-Z]{4,7}",
        &["CZL208164C", "5CG7381K9R", "2UA8451ABC", "4FS3855R00123"],
        &["CZXL208164", "6GK560201"],
    ),
    grammar(
        "country.serial",
        "Country, then letters and digits in ten.",
        r"(?:BR|CN|CZ|HU|IN|JP|KR|MX|MY|PH|SG|TH|TW|US|VN)\d[0-9A-Z]{7}",
        &["CN7JET79VK", "SG90YTCGZC"],
        &["CNX1234567", "TW1234"],
    ),
    grammar(
        "gpon.serial",
        "Terminals of passive optical networks: the vendor's code (ITU-T G.984.3), then eight hexadecimal digits.",
        r"(?:4[1-9A-F]|5[0-9A]){4}[0-9A-F]{8}|(?:ADTN|ALCL|BDCM|CIGG|CXNK|DSNW|FHTT|GPON|HWTC|ISKT|PRKS|SCOM|TPLG|UBNT|VSOL|ZTEG)[0-9A-F]{8}",
        &["ALCLF04AB3EC", "HWTC1A2B3C4D", "48575443A1B2C39D"],
        &["ALCL2000"],
    ),
    grammar(
        "dated.serial",
        "A long count, or a day, then letters and digits.",
        r"\d{6,9}[A-Z][0-9A-Z]{3,6}|\d{7,9}[A-Z][0-9A-Z]{2,6}",
        &["07084211G7KQWX", "03102274KR5B"],
        &["070842G7", "1000BASET"],
    ),
    grammar(
        "apc.serial",
        "Digit, letter, year and week, line, count.",
        r"\d[A-Z]\d{4}[A-Z0-9]\d{5}",
        &["5A1638E01463", "3A0039S01156"],
        &["5AX1638E0146"],
    ),
    grammar(
        "huawei.serial",
        "Twenty characters of Huawei, H3C and 3Com.",
        r"21\d{4}[0-9A-Z]{14}",
        &["210235A1AHB12C000123", "2102350BRJ10E1000123"],
        &["210235A1AHB1"],
    ),
    grammar(
        "synology.serial",
        "Model, then letters, then a count.",
        r"\d{4}[A-Z]{3}\d{6}|Q\d{2}[0-9A-Z][A-Z]?\d{5}",
        &["1780MQN123456", "Q123B12345"],
        &["1780MQN12"],
    ),
];

/// The formats of serial numbers, compiled when first needed.
pub type Formats = Grammars;

/// Marks words that are serial numbers by their shape.
pub fn serial(text: &Scan<'_>, formats: &Formats, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    let folded_as_it_is = original.is_ascii();
    for word in text.words.iter().filter(|word| (8..=20).contains(&(word.end - word.start))) {
        let (start, end) = text.folded.origin(word.start as usize, word.end as usize);
        let Some(find) = original.get(start..end) else { continue };
        if find.bytes().any(|b| b.is_ascii_lowercase()) && !original[..start].ends_with('-') {
            continue;
        }
        let (before, after) = (&original[..start], &original[end..]);
        let built_in = before.ends_with("BUILTIN-");
        let joined = (before.ends_with(['-', '_', '.', '/', '+', '\\']) && !built_in)
            || after.starts_with(['-', '_', '/', '+', '(']);
        let dotted = after.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_alphanumeric()));
        if (folded_as_it_is || find.is_ascii())
            && !joined
            && !dotted
            && (is_serial(find.as_bytes(), formats) || (built_in && find.bytes().any(|b| b.is_ascii_digit())))
        {
            mark(if built_in { start - "BUILTIN-".len() } else { start }, end);
        }
    }
}

/// Whether capitals and digits have the shape of a vendor's serial number.
fn is_serial(word: &[u8], formats: &Formats) -> bool {
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
    // Country or product, then a counter (`ZA1815031283`, `SVPM7138185`, `FGT60E4Q04514205`).
    let counted = trailing >= 7 && word.len() >= 10 && leading <= 6;
    // A MAC address without separators (`ACCC8E3A2DE5`).
    let address = word.len() == 12 && word.iter().all(u8::is_ascii_hexdigit) && letters >= 2 && digits >= 2;
    counted || address || (word.len() >= 9 && core::str::from_utf8(word).is_ok_and(|word| formats.is_match(word)))
}

/// Marks phone extensions: `x` and four or five digits.
pub fn extension(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    const X: u64 = hashing::hash("x");
    let (original, folded) = (text.folded.original, text.folded.as_str().as_bytes());
    for word in text.words.iter().filter(|word| word.letters == X && matches!(word.end - word.start, 5 | 6)) {
        let digits = &folded[word.start as usize + 1..word.end as usize];
        let (start, end) = text.folded.origin(word.start as usize, word.end as usize);
        let joined = |c: char| matches!(c, '-' | '.' | '/');
        // `System x3650` is a model.
        let before = text.folded.as_str()[..word.start as usize].trim_end_matches(' ');
        let model = ["system", "fire", "proliant", "server"].iter().any(|line| before.ends_with(line));
        if original[start..].starts_with('x')
            && digits[0] != b'0'
            && !model
            && digits.iter().all(u8::is_ascii_digit)
            && !original[..start].ends_with(joined)
            && !original[end..].strip_prefix(joined).is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace()))
        {
            mark(start, end);
        }
    }
}

/// Marks long numbers: no version, date or build has so many digits. Shorter ones count if only a product's name
/// precedes them.
pub fn number(text: &Scan<'_>, mark: &mut dyn FnMut(usize, usize)) {
    let original = text.folded.original;
    for (at, word) in text.words.iter().enumerate().filter(|(_, word)| word.number && word.end - word.start >= 9) {
        let (start, end) = text.folded.origin(word.start as usize, word.end as usize);
        let (before, after) = (&original[..start], &original[end..]);
        let apart = before.is_empty()
            || before.ends_with(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | '[' | '"' | '|'));
        let ends = after.is_empty()
            || after.starts_with(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | ']' | '"' | '|'));
        let alone = at == 1 && text.words.len() == 2 && text.words[0].letters == 0 && !text.words[0].number;
        // A separate column.
        let column = before.ends_with("  ") && after.starts_with("  ");
        let zeros = original[start..end].bytes().all(|b| b == b'0');
        if apart && ends && !zeros && (end - start >= 12 || alone || column) {
            mark(start, end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_serial_numbers_match_their_examples_and_not_the_counterexamples() {
        crate::sanitise::grammars::tests::check(SERIALS);
    }
}
