//! Shared code of the tests that cross crates: a demo install, real database servers, Node, the built programs, a site that
//! records requests, simulated installs and load.

pub mod awkward;
pub mod certificates;
pub mod database_proxy;
pub mod demo_install;
pub mod demo_world;
pub mod install_copy;
pub mod load;
pub mod machine;
pub mod mariadb;
pub mod modules;
pub mod mount;
pub mod nginx;
pub mod node;
pub mod postgresql;
pub mod programs;
pub mod receiver;
pub mod recording_site;
pub mod serving;
pub mod simulated;
pub mod simulated_world;
pub mod terminal;
pub mod world;
