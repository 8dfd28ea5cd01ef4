//! System code that the agent and the receiver share: private files ([`private_file`]), locks between processes
//! ([`lock`]), readable I/O errors ([`io_error`]), the signals that stop a program ([`signals`]), HTTP connections
//! with limits ([`serve`]), and the display of text that may be hostile ([`display`]).

#![forbid(unsafe_code)]

pub mod display;
pub mod io_error;
pub mod lock;
pub mod private_file;
pub mod serve;
pub mod signals;
