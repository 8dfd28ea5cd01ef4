//! Checks everything that the agent depends on, and explains each finding. It changes nothing and sends no report. A
//! problem does not stop it: checks that depend on something that failed are listed as not checked.

mod configuration;
mod database;
mod findings;
mod grants;
mod librenms;
mod programs;
mod receiver;
mod schedule;
mod state;
mod user;

use crate::clock;
use crate::code::Code;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::librenms::{Location, Settings};
use crate::receiver::ReceiverOverride;
use callback_protocol::agent_api::Diagnosis;
use findings::Findings;
use std::path::{Path, PathBuf};

/// What to check, and where each part was named.
pub(crate) struct DoctorRequest<'a> {
    /// The configuration, or its valid part.
    pub config: &'a Config,
    /// The configuration file.
    pub config_file: &'a Path,
    /// Why the configuration file is invalid.
    pub config_error: Option<&'a Error>,
    /// LibreNMS.
    pub location: Result<Location>,
    /// Where it was named.
    pub named_in: String,
    /// A receiver that was named for this command.
    pub named: &'a ReceiverOverride,
    /// The option or variable that names it.
    pub receiver_named_in: &'a str,
    /// The state directory.
    pub state: Result<PathBuf>,
    /// Where it was named.
    pub state_from: String,
    /// Why root cannot switch to LibreNMS's user.
    pub root_error: Option<Error>,
}

/// LibreNMS's settings, as far as they are known.
pub(super) struct Known {
    /// The settings; those of config.php only, if the database cannot be read.
    settings: Settings,
    /// Why the settings of the database are missing.
    missing: Option<String>,
}

pub(crate) async fn doctor(request: &DoctorRequest<'_>) -> Diagnosis {
    let mut findings = Findings::default();
    configuration::check(request, &mut findings);
    user::check(request, &mut findings);
    let mut remembered = state::check(request, &mut findings).await;
    let known = database::check(request, &mut findings).await;
    librenms::check(request, &known, &mut findings);
    let receiver = receiver::check(request, &known, &mut remembered, &mut findings).await;
    schedule::check(request, &known, receiver.as_ref(), &mut remembered, &mut findings);
    programs::check(request, &remembered, &mut findings);
    let (checks, counts) = findings.finish();
    Diagnosis {
        code: if counts.problems > 0 { Code::ProblemsFound } else { Code::Healthy }.into(),
        agent: env!("CARGO_PKG_VERSION").to_owned(),
        at: clock::now(),
        counts,
        checks,
    }
}
