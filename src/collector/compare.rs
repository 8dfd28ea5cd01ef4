//! Compares texts eight bytes at a time. In WebAssembly, the standard library compares byte by byte, and most texts here
//! are equal or share a long prefix.

use core::cmp::Ordering;

/// Whether two texts are equal.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (eights, rest) = one.as_bytes().as_chunks::<8>();
    let (other_eights, other_rest) = other.as_bytes().as_chunks::<8>();
    one.len() == other.len()
        && eights.iter().zip(other_eights).all(|(one, other)| u64::from_le_bytes(*one) == u64::from_le_bytes(*other))
        && rest.iter().zip(other_rest).all(|(one, other)| one == other)
}

/// The order of two texts by their bytes.
pub(crate) fn order(one: &str, other: &str) -> Ordering {
    let common = one.len().min(other.len());
    let (eights, rest) = one.as_bytes()[..common].as_chunks::<8>();
    let (other_eights, other_rest) = other.as_bytes()[..common].as_chunks::<8>();
    let differ = |(one, other): &(&[u8; 8], &[u8; 8])| u64::from_le_bytes(**one) != u64::from_le_bytes(**other);
    if let Some((one, other)) = eights.iter().zip(other_eights).find(differ) {
        return u64::from_be_bytes(*one).cmp(&u64::from_be_bytes(*other));
    }
    match rest.iter().zip(other_rest).find(|(one, other)| one != other) {
        Some((one, other)) => one.cmp(other),
        None => one.len().cmp(&other.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn texts_are_equal_only_if_every_byte_is() {
        let text = "Linux mon37 6.8.0-31-generic";
        for end in 0..=text.len() {
            assert!(same(&text[..end], &text[..end]));
            for index in 0..end {
                let mut other = String::from(&text[..end]);
                other.replace_range(index..=index, "~");
                assert!(!same(&text[..end], &other), "{index} of {end}");
            }
            assert!(!same(text, &text[..end]) || end == text.len());
        }
    }

    #[test]
    fn the_order_is_the_standard_librarys() {
        let text = "Łódź Cisco IOS Software, Version 15.2(7)E3";
        let ends = (0..=text.len()).filter(|end| text.is_char_boundary(*end));
        let mut texts: alloc::vec::Vec<String> = ends.map(|end| text[..end].into()).collect();
        for index in (0..text.len()).filter(|index| text.is_char_boundary(*index) && text.is_char_boundary(index + 1)) {
            for put in ["!", "~", "\u{ff}"] {
                let mut other = String::from(text);
                other.replace_range(index..=index, put);
                texts.push(other);
            }
        }
        for one in &texts {
            for other in &texts {
                assert_eq!(order(one, other), one.cmp(other), "{one:?} {other:?}");
                assert_eq!(same(one, other), one == other, "{one:?} {other:?}");
            }
        }
    }
}
