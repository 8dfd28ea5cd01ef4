//! The form in which a report is kept: for each label its number and its total, as differences in variable length.
//! Labels are numbered with their group in the upper half, so a report is sorted by group and takes two or three bytes
//! an entry.

/// Number of a label: the group's number in the upper 32 bits, below it the label's own; 0 there stands for the group
/// as a whole.
pub type LabelId = i64;

/// The number that stands for a group as a whole.
#[must_use]
pub const fn whole_group(label: LabelId) -> LabelId {
    label & !0xffff_ffff
}

/// A report's entries, sorted by label, as bytes.
#[must_use]
pub fn encode(entries: &[(LabelId, u64)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * 3 + 16);
    let mut rest = entries;
    let mut last_group = 0;
    while let Some((first, _)) = rest.first() {
        let group = first >> 32;
        let (these, others) = rest.split_at(rest.partition_point(|(label, _)| label >> 32 == group));
        put(&mut bytes, (group - last_group) as u64);
        put(&mut bytes, these.len() as u64);
        let mut last = 0;
        for (label, total) in these {
            let own = label & 0xffff_ffff;
            put(&mut bytes, (own - last) as u64);
            put(&mut bytes, *total);
            last = own;
        }
        last_group = group;
        rest = others;
    }
    bytes
}

/// The entries in bytes that [`encode`] made; nothing for others.
#[must_use]
pub fn decode(mut bytes: &[u8]) -> Option<Vec<(LabelId, u64)>> {
    let mut entries = Vec::with_capacity(bytes.len() / 2);
    let mut group = 0_i64;
    while !bytes.is_empty() {
        group = group.checked_add(i64::try_from(take(&mut bytes)?).ok()?)?;
        let mut own = 0_i64;
        for _ in 0..take(&mut bytes)? {
            own = own.checked_add(i64::try_from(take(&mut bytes)?).ok()?)?;
            if group > 0x7fff_ffff || own > 0xffff_ffff {
                return None;
            }
            entries.push((group << 32 | own, take(&mut bytes)?));
        }
    }
    Some(entries)
}

/// Seven bits a byte, lowest first (LEB128).
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_as_they_were() {
        let entries = [(1 << 32 | 1, 0), (1 << 32 | 300, 7), (1 << 32 | 301, u64::MAX), (50 << 32 | 0xffff_ffff, 1)];
        assert_eq!(decode(&encode(&entries)).unwrap(), entries);
        assert_eq!(decode(&encode(&[])).unwrap(), []);
        let small: Vec<_> = (1..=300).map(|n| (7 << 32 | n, 3)).collect();
        assert!(encode(&small).len() <= 2 * 300 + 4);
    }

    #[test]
    fn bytes_that_were_not_made_here_are_no_report() {
        for bytes in [&[1][..], &[1, 2, 1], &[0xff; 12], &[1, 0xff, 0xff, 0xff, 0xff, 0x0f]] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }
}
