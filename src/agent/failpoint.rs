//! Fault points: places at which a test can kill this process or hold it, to see what is left behind.
//!
//! A debug build looks at `CALLBACK_TEST_KILL_AT=POINT` and `CALLBACK_TEST_HOLD_AT=POINT:FILE` (waits until the file
//! is gone; makes it first, so that the test knows that the point is reached). A release build has no such places.

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The report is built, nothing is recorded yet.
    Built,
    /// The secret and where the report goes are recorded.
    Held,
    /// The report is in the ledger, nothing has been sent.
    Begun,
    /// The day is in LibreNMS's database, nothing has been sent.
    DayWritten,
    /// The receiver has answered, nothing of it is recorded.
    Answered,
    /// The answer is checked, nothing of it is recorded.
    Checked,
    /// The answer is recorded.
    Ended,
    /// A clear is in the ledger, nothing has been sent.
    ClearBegun,
    /// The receiver has confirmed a clear, nothing of it is recorded.
    ClearAnswered,
    /// The confirmed clear is recorded, uuid and secret are still there.
    ClearEnded,
    /// Uuid and secret are forgotten, LibreNMS's database still has its row.
    ClearForgotten,
    /// LibreNMS's database has no row of it any more, the clear is still pending here.
    ClearWritten,
}

impl Point {
    /// All of them, in the order of a run.
    pub const ALL: [Self; 12] = [
        Self::Built,
        Self::Held,
        Self::Begun,
        Self::DayWritten,
        Self::Answered,
        Self::Checked,
        Self::Ended,
        Self::ClearBegun,
        Self::ClearAnswered,
        Self::ClearEnded,
        Self::ClearForgotten,
        Self::ClearWritten,
    ];

    /// The name that tests use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::Held => "held",
            Self::Begun => "begun",
            Self::DayWritten => "day-written",
            Self::Answered => "answered",
            Self::Checked => "checked",
            Self::Ended => "ended",
            Self::ClearBegun => "clear-begun",
            Self::ClearAnswered => "clear-answered",
            Self::ClearEnded => "clear-ended",
            Self::ClearForgotten => "clear-forgotten",
            Self::ClearWritten => "clear-written",
        }
    }
}

/// Says that a step is reached.
#[cfg(not(debug_assertions))]
pub const fn reached(_: Point) {}

/// Says that a step is reached: the place where a test may end or hold this process.
#[cfg(debug_assertions)]
pub fn reached(point: Point) {
    if std::env::var("CALLBACK_TEST_KILL_AT").is_ok_and(|name| name == point.name()) {
        // SIGKILL, as the kernel sends it when memory is short: nothing is flushed, nothing is cleaned up.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    let Ok(hold) = std::env::var("CALLBACK_TEST_HOLD_AT") else { return };
    if let Some((name, file)) = hold.split_once(':')
        && name == point.name()
        && std::fs::write(file, "").is_ok()
    {
        while std::path::Path::new(file).exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}
