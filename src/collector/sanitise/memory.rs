//! A cache of texts: many devices have the same description, and descriptions that differ only in
//! a name become equal. It contains only what is the same for every device.

use super::scan::{Kept, Scan};
use super::spans::Span;
use super::word_list::Bits;
use crate::compare::same;
use crate::text::clean;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{OnceCell, RefCell};
use core::hash::BuildHasher;
use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Longest text, in bytes, that is cached.
const LONGEST: usize = 1024;

/// Most texts in the cache, about a kilobyte each; when it is full, it is emptied.
const MOST: usize = 1 << 15;

/// A text with its scan and what was found in it for every device.
struct Seen {
    /// Hash of the text.
    hash: u64,
    /// The original text.
    text: Box<str>,
    /// The cleaned text, if it differs: without characters that cannot be sent.
    cleaned: Option<String>,
    scan: Kept,
    for_all: OnceCell<Vec<Span>>,
}

/// The cached texts.
#[derive(Default)]
pub struct Memory {
    texts: RefCell<HashTable<Seen>>,
    hashing: FixedState,
    /// Words of all texts that were scanned.
    words: RefCell<Box<Bits<4096>>>,
}

impl Memory {
    /// A cache with room for this many texts.
    #[must_use]
    pub fn for_texts(count: usize) -> Self {
        let texts = RefCell::new(HashTable::with_capacity(count.min(MOST)));
        Self { texts, ..Self::default() }
    }

    /// Scans a text that will be searched later.
    pub fn read(&self, text: &str) {
        let hash = self.hashing.hash_one(text);
        if self.texts.borrow().find(hash, |seen| seen.hash == hash && same(&seen.text, text)).is_none() {
            self.insert(hash, text, clean(text), |_| (OnceCell::new(), ()));
        }
    }

    /// Whether a word with this hash may be in a text that was scanned.
    #[must_use]
    pub fn may_have(&self, hash: u64) -> bool {
        self.words.borrow().may_have(hash)
    }

    /// Calls `then` with a text's scan and what `find` finds in it. Returns the result with the cleaned text.
    /// Scans and searches only texts that are not cached.
    pub(super) fn recall<'t, T>(
        &self,
        text: &'t str,
        find: impl Fn(&Scan<'_>) -> Vec<Span>,
        then: impl Fn(&Scan<'_>, &[Span]) -> T,
    ) -> (Cow<'t, str>, T) {
        let hash = self.hashing.hash_one(text);
        if let Some(seen) = self.texts.borrow().find(hash, |seen| seen.hash == hash && same(&seen.text, text)) {
            let scan = seen.scan.of(seen.cleaned.as_deref().unwrap_or(text));
            let result = then(&scan, seen.for_all.get_or_init(|| find(&scan)));
            return (seen.cleaned.clone().map_or(Cow::Borrowed(text), Cow::Owned), result);
        }
        let cleaned = clean(text);
        let result = self.insert(hash, text, cleaned.clone(), |scan| {
            let for_all = find(scan);
            let result = then(scan, &for_all);
            (OnceCell::from(for_all), result)
        });
        (cleaned, result)
    }

    /// Scans a text and caches it with what `search` finds.
    fn insert<T>(
        &self,
        hash: u64,
        text: &str,
        cleaned: Cow<'_, str>,
        search: impl FnOnce(&Scan<'_>) -> (OnceCell<Vec<Span>>, T),
    ) -> T {
        let scan = Scan::new(&cleaned);
        {
            let mut words = self.words.borrow_mut();
            scan.words.iter().for_each(|word| words.add(word.hash));
        }
        let (for_all, result) = search(&scan);
        if text.len() <= LONGEST {
            let scan = scan.keep();
            let cleaned = match cleaned {
                Cow::Owned(cleaned) => Some(cleaned),
                Cow::Borrowed(_) => None,
            };
            let mut texts = self.texts.borrow_mut();
            if texts.len() >= MOST {
                texts.clear();
            }
            texts.insert_unique(hash, Seen { hash, text: text.into(), cleaned, scan, for_all }, |seen| seen.hash);
        }
        result
    }
}
