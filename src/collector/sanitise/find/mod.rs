//! Finders that are code: where what decides is not a pattern but how words stand together.

pub mod fields;
pub mod names;
pub mod scripts;
pub mod shapes;
pub mod uname;
