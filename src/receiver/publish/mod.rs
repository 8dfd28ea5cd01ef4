//! What the public may see, and how it is made: everything public goes through here.
//!
//! [`rules`] are the rules themselves, [`parts`] says what is counted besides the groups of a report, [`snapshot`]
//! applies both to the reports of one complete day, and [`maker`] keeps one snapshot for each of them. [`charts`] is the
//! list of charts, [`view`] makes a chart's data of snapshots, [`pairs`] does so for pairs and [`insights`] for what to do
//! next. Nothing under [`crate::http`] that is public reads anything else. [`exact`] is for the operator's command line.

pub mod charts;
pub mod exact;
pub mod hide;
pub mod insights;
pub mod maker;
pub mod pairs;
pub mod parts;
pub mod rules;
pub mod snapshot;
pub mod view;
