//! The progress of reads that take more than a second: a bar on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// Quicker reads show nothing.
const SILENCE: Duration = Duration::from_secs(1);

/// The progress through the tables of an install.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Progress on standard error, if that is a terminal and `quiet` is not set.
    pub fn new(quiet: bool) -> Self {
        let wanted = !quiet && std::io::stderr().is_terminal();
        let bar = wanted.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            let style = ProgressStyle::with_template("reading {msg:18} {bar:24} {pos}/{len} tables {elapsed}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Self { bar }
    }

    /// Sets the number of tables.
    pub fn start(&self, tables: usize) {
        let Some(bar) = &self.bar else { return };
        bar.set_length(tables as u64);
        // On its own thread: one large table may take most of the time.
        let bar = bar.clone();
        std::thread::spawn(move || {
            std::thread::sleep(SILENCE);
            if !bar.is_finished() {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(Duration::from_millis(200));
            }
        });
    }

    /// Sets the table that is being read.
    pub fn reading(&self, table: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(table.to_owned());
        }
    }

    /// Marks a table as read.
    pub fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
