//! Measures the sanitiser on labelled descriptions, for `cargo xtask score` and for tests.
//!
//! [`rows`] reads labelled descriptions, [`check`] sanitises one and reports which of its identifiers are gone, and
//! [`score`] counts by source, operating system, kind and rule. [`published`] is the part that is committed.
//! [`metamorphic`] tests whether the same holds for other names, serial numbers and versions: a rule that was fitted
//! to a row fails there.
#![forbid(unsafe_code)]

pub mod check;
pub mod leak;
pub mod metamorphic;
pub mod published;
pub mod rows;
pub mod score;

pub use rows::{Error, Row};

/// The sets of the corpus, in the order in which tables show them.
pub const SETS: [&str; 5] = ["pairs", "synthetic", "negatives", "field", "more"];
