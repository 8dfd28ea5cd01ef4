//! Whether a report may be sent: pure decisions over what the settings and the store say, without reading or writing either.

pub(crate) mod newly_sent;
pub mod publication;
mod verdict;

pub use verdict::{PolicyInputs, PolicyVerdict, Verdict, denied_by_environment, verdict};
