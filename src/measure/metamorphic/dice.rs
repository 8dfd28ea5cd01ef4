//! Random choices, seeded by their purpose: the same on every run and machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Random choices.
#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The choices for the `nth` use of a purpose, such as a row and what is changed in it.
    #[must_use]
    pub fn of(what: &str, nth: u64) -> Self {
        // FNV-1a: the same everywhere, unlike the standard library's hashes.
        let hash = what
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self(ChaCha8Rng::seed_from_u64(hash ^ nth.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A number from 0 to below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        // The bias of the remainder is negligible here.
        usize::try_from(self.0.next_u64() % end.max(1) as u64).unwrap_or_default()
    }

    /// A number from `least` to `most`.
    pub fn within(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }

    /// True in this many of a hundred cases.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One item of a list that must not be empty.
    pub fn pick<'t, T: ?Sized>(&mut self, things: &[&'t T]) -> &'t T {
        things[self.below(things.len())]
    }

    /// A character of an ASCII text.
    pub fn one_of(&mut self, characters: &str) -> char {
        char::from(characters.as_bytes()[self.below(characters.len())])
    }

    /// Digits; the first is not 0.
    pub fn digits(&mut self, length: usize) -> String {
        (0..length).map(|index| self.one_of(if index == 0 { "123456789" } else { "0123456789" })).collect()
    }

    /// Characters of an ASCII text.
    pub fn many_of(&mut self, characters: &str, length: usize) -> String {
        (0..length).map(|_| self.one_of(characters)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn the_same_seed_gives_the_same_choices_and_another_one_others() {
        let digits = |what, nth| Dice::of(what, nth).digits(12);
        assert_eq!(digits("p0001", 3), digits("p0001", 3));
        // Fixed values: a change here changes every committed miss.
        assert_eq!(digits("p0001", 3), "237391946934");
        assert_ne!(digits("p0001", 3), digits("p0001", 4));
        assert_ne!(digits("p0001", 3), digits("p0002", 3));
    }
}
