//! Decides whether a report may be sent. These are pure functions of the settings and the state; they neither read nor
//! write either.

pub(crate) mod newly_sent;
pub mod publication;
mod verdict;

pub use verdict::{PolicyInputs, PolicyVerdict, Verdict, denied_by_environment, verdict};
