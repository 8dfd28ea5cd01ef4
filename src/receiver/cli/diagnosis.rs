//! `doctor`: prints the checks, with what to do.

use super::{print, print_json};
use callback_receiver::config::Settings;
use callback_receiver::doctor::{Check, Diagnosis, DoctorRequest, Status, doctor as diagnose};
use callback_receiver::{Code, Error, Result};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Doctor {
    /// Configuration of the web server in front, to check that it logs no addresses; repeatable
    #[arg(long, value_name = "FILE")]
    proxy_config: Vec<PathBuf>,
    /// Address for everyone, to check its TLS [default: `public_url` of the configuration]
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Directory with backups [default: `backup_directory` of the configuration]
    #[arg(long, value_name = "DIR")]
    backups: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// `doctor`
pub(super) async fn doctor(mut settings: Settings, config_file: Option<PathBuf>, asked: Doctor) -> Result<()> {
    settings.public_url = asked.public_url.unwrap_or(settings.public_url);
    settings.backup_directory = asked.backups.unwrap_or(settings.backup_directory);
    let request = DoctorRequest { config_file, proxy_configs: asked.proxy_config };
    let diagnosis = diagnose(&settings, &request).await;
    if asked.json {
        print_json(&diagnosis)?
    } else {
        print(&in_words(&diagnosis))?
    }
    match diagnosis.counts.failed {
        0 => Ok(()),
        failed => Err(Error::new(Code::ProblemsFound, failed)),
    }
}

fn in_words(diagnosis: &Diagnosis) -> String {
    let counts = diagnosis.counts;
    let lines: String = diagnosis.checks.iter().map(line).collect();
    format!(
        "{lines}\n{} ok, {} warnings, {} failed, {} not checked\n",
        counts.ok, counts.warnings, counts.failed, counts.not_checked
    )
}

fn line(check: &Check) -> String {
    let Check { code, status, subject, finding, remedy } = check;
    let subject = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
    // Like the agent's doctor: what to do follows on a line of its own.
    let remedy = remedy.as_deref().filter(|_| *status != Status::Ok);
    let remedy = remedy.map_or_else(String::new, |remedy| format!("{:34}{remedy}\n", ""));
    format!("{:<12} {:<20} {subject}{finding}\n{remedy}", status.as_str(), code.as_str())
}
