//! What the tests that cross crates share: a demo install, real database servers, Node, the built programs.

pub mod demo_install;
pub mod install_copy;
pub mod mariadb;
pub mod node;
pub mod programs;
pub mod receiver;
