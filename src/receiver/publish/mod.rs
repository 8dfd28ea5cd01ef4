//! Publication: what the public may see, and how it is made.
//!
//! [`rules`] are the rules. [`derived`] lists what is counted besides the groups of a report. [`snapshot`] applies both to
//! the reports of one complete day, and [`publisher`] stores one snapshot per day. [`charts`] lists the charts, [`view`]
//! makes their data from snapshots, and [`pairs`] and [`insights`] do the same for pairs and for developers. Public pages
//! read nothing else. [`exact`] is for the operator's commands.

pub mod charts;
pub mod derived;
pub mod exact;
pub mod hide;
pub mod insights;
pub mod pairs;
pub mod publisher;
pub mod rules;
pub mod snapshot;
pub mod view;
