//! Fault points: steps at which a test can kill or suspend this process, to check the state it leaves.
//!
//! A debug build reads `CALLBACK_TEST_KILL_AT=POINT` and `CALLBACK_TEST_HOLD_AT=POINT:FILE`. The latter creates the
//! file, so that the test knows that the point is reached, and waits until it is deleted. A release build has no fault
//! points.

/// A step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// The report is built, nothing is recorded yet.
    Built,
    /// The secret and the receiver are recorded.
    Held,
    /// The report is in the ledger, nothing has been sent.
    Begun,
    /// The day is in LibreNMS's database, nothing has been sent.
    DayWritten,
    /// The receiver has answered, the answer is not recorded.
    Answered,
    /// The answer is checked, but not recorded.
    Checked,
    /// The answer is recorded.
    Ended,
    /// A delete request is in the ledger, nothing has been sent.
    ClearBegun,
    /// The receiver has confirmed a deletion, which is not recorded.
    ClearAnswered,
    /// The confirmed deletion is recorded, uuid and secret still exist.
    ClearEnded,
    /// Uuid and secret are deleted here, LibreNMS's database still has its row.
    ClearForgotten,
    /// LibreNMS's database no longer has the row; the deletion is still pending here.
    ClearWritten,
    /// The file for delete requests exists and is empty. The requests are in the ledger.
    ClearFileBegun,
    /// The delete requests are in the file. The ledger does not record that yet.
    ClearFileWritten,
}

impl Point {
    /// All points, in the order of a run.
    pub const ALL: [Self; 14] = [
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
        Self::ClearFileBegun,
        Self::ClearFileWritten,
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
            Self::ClearFileBegun => "clear-file-begun",
            Self::ClearFileWritten => "clear-file-written",
        }
    }
}

/// Marks a step as reached.
#[cfg(not(debug_assertions))]
pub const fn reached(_: Point) {}

/// Marks a step as reached. A test may kill or suspend this process here.
#[cfg(debug_assertions)]
pub fn reached(point: Point) {
    if std::env::var("CALLBACK_TEST_KILL_AT").is_ok_and(|name| name == point.name()) {
        // SIGKILL, as sent by the kernel's out-of-memory killer: nothing is flushed or cleaned up.
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
