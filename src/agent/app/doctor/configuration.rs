//! Checks of the configuration file and the environment variables in effect.

use super::DoctorRequest;
use super::findings::{Findings, Found};
use crate::code::Code;
use crate::error::Reason;
use crate::policy::denied_by_environment;
use crate::receiver::without_query;
use callback_common::display::counted;
use callback_protocol::agent_api::{CheckArea, CheckState};

const AREA: CheckArea = CheckArea::Configuration;

/// Variables that never hold a secret; their values are printed.
const SHOWN_VARIABLES: [&str; 9] = [
    "CALLBACK_CONFIG",
    "CALLBACK_DISABLED",
    "CALLBACK_RECEIVER",
    "CALLBACK_RECEIVER_KIND",
    "CALLBACK_STATE",
    "DO_NOT_TRACK",
    "STATE_DIRECTORY",
    "XDG_STATE_HOME",
    "no_proxy",
];

/// Variables that may hold a password; their values are not printed.
const HIDDEN_VARIABLES: [&str; 9] = [
    "CALLBACK_INSTALL",
    "CALLBACK_LIBRENMS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
];

pub(super) fn check(request: &DoctorRequest<'_>, findings: &mut Findings) {
    let file = request.config_file.display().to_string();
    let is_there = request.config_file.exists();
    let found = match request.config_error {
        // Each mistake is listed with its line, so one remedy covers all.
        Some(error) if error.code() == Code::ConfigInvalid => {
            let mistakes = error.message();
            Found::problem(error.code(), mistakes.strip_prefix(&format!("{file}: ")).unwrap_or(mistakes))
        }
        Some(error) => Found::from(error),
        None if is_there => Found::ok("every key is known and valid"),
        None => Found::note(Code::CheckNoted, "there is no configuration file; the defaults are used"),
    };
    findings.add(AREA, "config-file", &file, found);
    match request.config.warnings(Some(request.config_file)) {
        Ok(warnings) => check_values(request, &warnings, &file, findings),
        Err(error) => {
            let because = format!("the file cannot be read ({})", error.code());
            findings.skip(AREA, &["config-password", "config-terms"], &file, &because);
        }
    }
    let named = variables();
    let subject = if named.is_empty() { "no variable is set".to_owned() } else { named.join(", ") };
    let found = match denied_by_environment() {
        Some(name) => {
            let finding = format!("{name} is set, so no report is sent from this environment");
            Found::note(Code::BlockedByEnvironment, finding).remedy(format!("to send reports, unset {name}"))
        }
        None => Found::ok("neither DO_NOT_TRACK nor CALLBACK_DISABLED blocks reports"),
    };
    findings.add(AREA, "environment", subject, found);
}

/// Whether other users can read a password, and how many terms and patterns are set.
fn check_values(request: &DoctorRequest<'_>, warnings: &[Reason], file: &str, findings: &mut Findings) {
    let of = |code| {
        let reason = warnings.iter().find(|warning| warning.code == code)?;
        Some(Found::of(CheckState::Warning, reason))
    };
    if request.config_file.exists() {
        let found = of(Code::PasswordReadable)
            .unwrap_or_else(|| Found::ok("it contains no password that other users can read"));
        findings.add(AREA, "config-password", file, found);
    }
    let (terms, patterns) = (request.config.terms.len(), request.config.patterns.len());
    let counts = match terms + patterns {
        0 => file.to_owned(),
        _ => format!("{}, {}", counted(terms as u64, "term"), counted(patterns as u64, "pattern")),
    };
    let broad = of(Code::TermsTooBroad);
    let found = match (broad, request.config_error) {
        (Some(broad), _) => broad,
        (None, Some(_)) if terms + patterns == 0 => Found::not_checked("the file cannot be used as a whole"),
        (None, _) if terms + patterns == 0 => Found::ok("no terms or patterns are set"),
        (None, _) => Found::ok("none of them matches single characters"),
    };
    findings.add(AREA, "config-terms", counts, found);
}

/// The variables in effect, with the values that hold no secret.
fn variables() -> Vec<String> {
    let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let harmless = SHOWN_VARIABLES.iter().filter(|name| set(name)).map(|name| {
        let value = std::env::var_os(name).unwrap_or_default();
        format!("{name}={}", without_query(&value.to_string_lossy()))
    });
    let database = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let database = database.filter(|name| name.starts_with("DB_") || name.starts_with("MYSQL_ATTR_SSL_"));
    let mut named: Vec<String> =
        HIDDEN_VARIABLES.iter().filter(|name| set(name)).map(|name| (*name).to_owned()).collect();
    named.extend(database);
    named.sort();
    harmless.chain(named).collect()
}
