//! Collects the results of checks.

use crate::code::Code;
use crate::error::{Error, Reason};
use callback_protocol::agent_api::{Check, CheckArea, CheckCounts, CheckState};

/// The result of a check.
pub(super) struct Found {
    state: CheckState,
    code: Code,
    finding: String,
    remedy: Option<String>,
}

impl Found {
    fn new(state: CheckState, code: Code, finding: impl Into<String>) -> Self {
        Self { state, code, finding: finding.into(), remedy: None }
    }

    pub(super) fn ok(finding: impl Into<String>) -> Self {
        Self::new(CheckState::Ok, Code::CheckPassed, finding)
    }

    /// A note that needs no action.
    pub(super) fn note(code: Code, finding: impl Into<String>) -> Self {
        Self::new(CheckState::Note, code, finding)
    }

    pub(super) fn warning(code: Code, finding: impl Into<String>) -> Self {
        Self::new(CheckState::Warning, code, finding)
    }

    /// A problem that prevents reports.
    pub(super) fn problem(code: Code, finding: impl Into<String>) -> Self {
        Self::new(CheckState::Problem, code, finding)
    }

    /// The check depends on something that failed.
    pub(super) fn not_checked(because: &str) -> Self {
        Self::new(CheckState::NotChecked, Code::NotChecked, format!("not checked: {because}"))
    }

    /// Adds what to do about it.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// A result from a message that already says what to do.
    pub(super) fn of(state: CheckState, reason: &Reason) -> Self {
        Self::new(state, reason.code, &reason.text)
    }
}

impl From<&Error> for Found {
    fn from(error: &Error) -> Self {
        Self::of(CheckState::Problem, &Reason::new(error.code(), error.message()))
    }
}

/// The checks so far.
#[derive(Default)]
pub(super) struct Findings(Vec<Check>);

impl Findings {
    /// Adds a check: its name, what was checked, and the result.
    pub(super) fn add(&mut self, area: CheckArea, name: &str, subject: impl Into<String>, found: Found) {
        let Found { state, code, finding, remedy } = found;
        debug_assert!(self.0.iter().all(|check| check.name != name), "{name}");
        let (name, subject) = (name.to_owned(), subject.into());
        self.0.push(Check { name, area, state, code: code.into(), subject, finding, remedy });
    }

    /// Adds checks as not checked, because they depend on something that failed.
    pub(super) fn skip(&mut self, area: CheckArea, names: &[&str], subject: &str, because: &str) {
        for name in names {
            self.add(area, name, subject, Found::not_checked(because));
        }
    }

    /// All checks, sorted by area, and how many have each state.
    pub(super) fn finish(self) -> (Vec<Check>, CheckCounts) {
        let mut checks = self.0;
        checks.sort_by_key(|check| check.area as u8);
        let mut counts = CheckCounts::default();
        for check in &checks {
            *match check.state {
                CheckState::Ok => &mut counts.ok,
                CheckState::Note => &mut counts.notes,
                CheckState::Warning => &mut counts.warnings,
                CheckState::Problem => &mut counts.problems,
                CheckState::NotChecked => &mut counts.not_checked,
            } += 1;
        }
        (checks, counts)
    }
}
