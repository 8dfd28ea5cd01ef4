//! Finders that are code, for identifiers that depend on the arrangement of words and not on a pattern.

pub mod fields;
pub mod names;
pub mod scripts;
pub mod shapes;
pub mod uname;
