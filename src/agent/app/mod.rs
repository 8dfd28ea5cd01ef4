//! The use cases, one function each. The command line and the preview's API call them. They print nothing.

pub(crate) mod clear;
pub(crate) mod config_check;
pub(crate) mod disable;
pub(crate) mod doctor;
mod effective_receiver;
pub(crate) mod enable;
pub(crate) mod status;
pub(crate) mod status_check;
pub(crate) mod submit;
