//! The signals that ask a program to stop.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Both signals, caught from the moment this is created.
#[derive(Debug)]
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Starts catching SIGINT and SIGTERM. Do this before anything is announced: an uncaught signal kills.
    ///
    /// # Errors
    /// If the handlers cannot be installed.
    pub fn catch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for either.
    pub async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
