//! Checks everything that the receiver depends on, for the command `doctor`. Nothing is changed.

pub mod backups;
mod checks;
mod database;
mod disk;
mod fetch;
mod keys;
mod policy;
pub mod proxy;
mod public;

pub use checks::{Check, CheckCode, Counts, Diagnosis, Status};

use crate::config::Settings;
use crate::day::{Day, utc};
use crate::store::database::Database;
use std::path::PathBuf;

/// What to check besides the settings.
#[derive(Debug, Clone, Default)]
pub struct DoctorRequest {
    /// The configuration file.
    pub config_file: Option<PathBuf>,
    /// Configurations of the web server in front.
    pub proxy_configs: Vec<PathBuf>,
}

/// Runs all checks. A failed one does not stop the others.
pub async fn doctor(settings: &Settings, request: &DoctorRequest) -> Diagnosis {
    let mut checks = Vec::new();
    let now = utc()();
    policy::check_config(settings, request.config_file.as_deref(), &mut checks);
    let inspection = match Database::from_settings(settings) {
        Ok(database) => database::check(&database, &mut checks).await,
        Err(error) => {
            checks.push(Check::failed(CheckCode::Database, "", error.to_string()));
            None
        }
    };
    let contents = inspection.as_ref().and_then(|inspection| inspection.contents.as_ref());
    keys::check(settings, contents, &mut checks);
    disk::check(settings, inspection.as_ref(), &mut checks);
    database::check_progress(contents, Day::of(now), &mut checks);
    backups::check(settings, now, &mut checks);
    let public = public::check(settings, &mut checks).await;
    public::check_receiver(settings, inspection.as_ref(), &mut checks).await;
    policy::check_clock(contents, now, public, &mut checks);
    policy::check_policy(settings, &mut checks);
    proxy::check(&request.proxy_configs, &mut checks);
    Diagnosis::of(checks)
}
