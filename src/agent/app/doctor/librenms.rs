//! Checks of the LibreNMS directory and its settings about reporting.

use super::findings::{Findings, Found};
use super::{DoctorRequest, Known};
use crate::app::effective_receiver::origin;
use crate::code::Code;
use crate::error::Error;
use crate::files::{open_regular, why};
use crate::librenms::directory::LibreNmsDirectory;
use crate::librenms::{Location, Settings, Snapshot, StockSender};
use callback_protocol::agent_api::CheckArea;
use std::io;
use std::path::Path;

const AREA: CheckArea = CheckArea::Librenms;

pub(super) fn check(request: &DoctorRequest<'_>, known: &Known, findings: &mut Findings) {
    match &request.location {
        Ok(Location::LibreNms(directory)) => {
            let path = directory.path();
            let subject = format!("{} ({})", path.display(), request.named_in);
            findings.add(AREA, "librenms-directory", subject, Found::ok("a LibreNMS directory"));
            findings.add(AREA, "librenms-env", path.join(".env").display().to_string(), env(path));
            findings.add(
                AREA,
                "librenms-config-php",
                path.join("config.php").display().to_string(),
                config_php(path, &known.settings),
            );
        }
        Ok(Location::Database(_)) => {
            let finding = "only LibreNMS's database is configured, so the settings of config.php are not known";
            let found = Found::note(Code::CheckNoted, finding).remedy(
                "if config.php sets reporting.usage, callback_post or a proxy, configure the LibreNMS \
                 directory instead",
            );
            findings.add(AREA, "librenms-directory", &request.named_in, found);
        }
        Err(error) => failed(request, error, findings),
    }
    findings.add(AREA, "librenms-release", "", release(request, known));
    usage(known, findings);
    sender(known, findings);
}

/// The checks of a directory that cannot be opened: which file caused it, and the state of the others.
fn failed(request: &DoctorRequest<'_>, error: &Error, findings: &mut Findings) {
    let found = || Found::from(error);
    let files = ["librenms-env", "librenms-config-php"];
    match error.code() {
        Code::EnvNotRead | Code::EnvInvalid | Code::ConfigPhpNotRead => {
            let is_env = error.code() != Code::ConfigPhpNotRead;
            findings.add(AREA, "librenms-directory", &request.named_in, Found::ok("a LibreNMS directory"));
            let other = |because: &str| Found::not_checked(because);
            findings.add(AREA, files[0], &request.named_in, if is_env { found() } else { Found::ok("can be read") });
            let found = if is_env { other("LibreNMS's .env cannot be used") } else { found() };
            findings.add(AREA, files[1], &request.named_in, found);
        }
        _ => {
            findings.add(AREA, "librenms-directory", &request.named_in, found());
            findings.skip(AREA, &files, &request.named_in, "LibreNMS was not found");
        }
    }
}

fn env(directory: &Path) -> Found {
    match open_regular(&directory.join(".env")) {
        Ok(_) => Found::ok("can be read and parsed"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::note(
            Code::CheckNoted,
            "not found; the database's settings come from the environment, config.php, or LibreNMS's defaults",
        ),
        Err(error) => Found::problem(Code::EnvNotRead, format!("cannot be read: {}", why(&error))),
    }
}

fn config_php(directory: &Path, settings: &Settings) -> Found {
    if let Some(path) = &settings.broken_php {
        let included = if path.ends_with("config.php") { String::new() } else { format!("{} ", path.display()) };
        return Found::problem(Code::ConfigPhpNotRead, format!("{included}cannot be parsed"))
            .remedy(format!("check it with: php -l {}", path.display()));
    }
    if !settings.unreadable.is_empty() {
        let names = settings.unreadable.iter().copied().collect::<Vec<_>>().join(", ");
        let off = if settings.unreadable.contains("reporting.usage") { "; reporting.usage counts as off" } else { "" };
        return Found::warning(
            Code::SettingNotDetermined,
            format!("cannot be determined without running PHP: {names}{off}"),
        )
        .remedy("set them to plain values, outside of `if` and functions");
    }
    match open_regular(&directory.join("config.php")) {
        Ok(_) => {
            let names = settings.in_config_php.iter().copied().collect::<Vec<_>>().join(", ");
            let sets = if names.is_empty() { "nothing that the agent needs".to_owned() } else { names };
            Found::ok(format!("can be read; sets {sets}"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Found::ok("not found; settings come from the database")
        }
        Err(error) => Found::problem(Code::ConfigPhpNotRead, format!("cannot be read: {}", why(&error))),
    }
}

fn release(request: &DoctorRequest<'_>, known: &Known) -> Found {
    if let Some(given) = &request.config.versions.librenms {
        return Found::ok(format!("{given}, from `versions.librenms` in the configuration"));
    }
    let mut snapshot = Snapshot { settings: known.settings.clone(), ..Snapshot::default() };
    match (&request.location, &known.missing) {
        (Err(_), _) => return Found::not_checked("LibreNMS cannot be read"),
        (_, Some(because)) => return Found::not_checked(because),
        (Ok(Location::LibreNms(directory)), None) => LibreNmsDirectory::complete(directory, &mut snapshot),
        (Ok(Location::Database(_)), None) => {
            let channel = snapshot.settings.by_name.get("update_channel");
            snapshot.librenms_release = channel.filter(|channel| *channel == "master").cloned();
        }
    }
    match snapshot.librenms_release {
        Some(release) if release == "master" => Found::ok("master (branch)"),
        Some(release) => Found::ok(release),
        None => Found::note(Code::VersionNotFound, "cannot be determined, so it is left out of the report")
            .remedy("set `versions.librenms` in the configuration"),
    }
}

fn usage(known: &Known, findings: &mut Findings) {
    const NAME: &str = "reporting.usage";
    let settings = &known.settings;
    let is_known = settings.by_name.contains_key(NAME) || settings.unreadable.contains(NAME);
    let place = origin(settings, NAME);
    let found = match &known.missing {
        Some(because) if !is_known => Found::not_checked(because),
        _ if settings.broken_php.is_some() => Found::not_checked("config.php cannot be parsed"),
        _ if settings.unreadable.contains(NAME) => {
            Found::warning(Code::BlockedByUsage, "config.php computes it, so it counts as off, and no report is sent")
                .remedy("set it in config.php to true or false")
        }
        _ if settings.usage_is_off() => {
            let remedy = match place {
                "config.php" => "to send reports, set it to true in config.php, which overrides lnms config:set",
                _ => "to send reports, run: lnms config:set reporting.usage true",
            };
            Found::note(Code::BlockedByUsage, "off, so no report is sent").remedy(remedy)
        }
        _ if is_known => Found::ok("on"),
        _ => Found::ok("not set, so it does not block; `enable` sets it"),
    };
    let subject = if is_known { format!("{NAME} in {place}") } else { NAME.to_owned() };
    findings.add(AREA, "reporting-usage", subject, found);
}

fn sender(known: &Known, findings: &mut Findings) {
    let found = match (&known.missing, known.settings.stock_sender) {
        (Some(because), _) => Found::not_checked(because),
        (None, _) if !known.settings.callback_is_readable => Found::warning(
            Code::DatabaseTableDenied,
            "table `callback` cannot be read, so LibreNMS's built-in sender may be on",
        )
        .remedy("grant the database user SELECT on table `callback`"),
        (None, StockSender::Off) => Found::ok("LibreNMS's built-in sender is off"),
        (None, StockSender::On) => {
            Found::note(Code::BlockedBySender, "LibreNMS's built-in sender is on, so this agent sends no report")
                .remedy("to turn it off: callback-agent enable --take-over")
        }
        (None, StockSender::ClearPending) => Found::note(
            Code::ClearPending,
            "a delete request is pending in LibreNMS (`enabled` is 2); the next run sends it",
        ),
    };
    findings.add(AREA, "built-in-sender", "`enabled` in table `callback`", found);
}
