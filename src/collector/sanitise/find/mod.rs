//! Finders that are code, for identifiers that depend on how words are arranged and not on a pattern.

pub mod fields;
pub mod names;
pub mod scripts;
pub mod shapes;
pub mod uname;
