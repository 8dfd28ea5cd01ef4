//! Sending reports: from the policy's verdict to the verified receipt ([`pipeline`]), with retries ([`attempts`]),
//! through a file for air-gapped sites ([`offline`]), and the outcome of killed runs ([`recover`]).

pub(crate) mod attempts;
mod held_up;
mod next_run;
pub(crate) mod offline;
pub(crate) mod pipeline;
pub(crate) mod random_delay;
pub(crate) mod recover;
mod run_state;

pub(crate) use held_up::held_up;
pub(crate) use next_run::next_run;
pub(crate) use pipeline::{Options, PreviewedReport, RunOutcome, Submitted};
pub(crate) use run_state::{
    RunContext, RunState, load_run_state, read_run_state, still_allowed, verdict_without_install,
};
