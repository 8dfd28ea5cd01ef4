//! The agent's answers: `callback-agent … --json` and the API of the preview page. The TypeScript types in `www` are
//! generated from their schemas.
//!
//! Times are RFC 3339 in UTC, days are `YYYY-MM-DD` in UTC, digests are hexadecimal. Messages are for people and may change;
//! programs read the codes and enums.

mod actions;
mod checks;
mod consent;
mod ledger;
mod status;

pub use actions::*;
pub use checks::*;
pub use consent::*;
pub use ledger::*;
pub use status::*;
