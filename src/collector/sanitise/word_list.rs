//! Small, fast sets: bits of hashes, and fixed word lists that use them.

use super::hashing;

/// A bit for each of some hashes. It rules out most other hashes, and never one that was added.
#[derive(Clone, Copy)]
pub struct Bits<const N: usize>([u64; N]);

impl<const N: usize> Default for Bits<N> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<const N: usize> Bits<N> {
    /// An empty set.
    pub const NONE: Self = Self([0; N]);

    /// Index and bit of a hash; `N` is a power of two.
    const fn place(hash: u64) -> (usize, u64) {
        ((hash >> 6) as usize & (N - 1), 1 << (hash & 63))
    }

    /// Adds a hash.
    pub const fn add(&mut self, hash: u64) {
        let (index, bit) = Self::place(hash);
        self.0[index] |= bit;
    }

    /// Whether a hash may have been added.
    #[must_use]
    pub const fn may_have(&self, hash: u64) -> bool {
        let (index, bit) = Self::place(hash);
        self.0[index] & bit != 0
    }
}

/// A fixed list of words.
pub struct WordList {
    words: &'static [&'static str],
    present: Bits<4>,
}

impl WordList {
    /// A list of these words.
    #[must_use]
    pub const fn new(words: &'static [&'static str]) -> Self {
        let (mut present, mut index) = (Bits::NONE, 0);
        while index < words.len() {
            present.add(hashing::hash(words[index]));
            index += 1;
        }
        Self { words, present }
    }

    /// Whether a word is in the list.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }

    /// The word from the list, or `None` if the list does not have it.
    #[must_use]
    pub fn get(&self, word: &str) -> Option<&'static str> {
        if self.present.may_have(hashing::hash(word)) {
            self.words
                .iter()
                .copied()
                .find(|known| known.as_bytes().first() == word.as_bytes().first() && *known == word)
        } else {
            None
        }
    }
}

/// Whether a word is in a list separated by blanks, for lists that are rarely used.
#[must_use]
pub fn is_one_of(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_contains_exactly_its_words() {
        let list = WordList::new(&["linux", "", "sunos", "a-b"]);
        assert!(["linux", "", "sunos", "a-b"].into_iter().all(|word| list.contains(word)));
        assert!(["linu", "linuxx", "a", "sun os"].into_iter().all(|word| !list.contains(word)));
    }
}
