//! Consent: what the admin said ([`record`]) and how that changes ([`change`]), that all should be removed
//! ([`pending`]), what was shown before ([`publication`]), and which of all switches decides ([`switches`]).

pub mod change;
pub mod pending;
pub mod publication;
pub mod record;
pub mod switches;

pub use record::{Choices, Consent, Given};
