//! Checks of the schedule, of the consent, and of the last run.

use super::findings::{Findings, Found};
use super::state::Remembered;
use super::{DoctorRequest, Known};
use crate::app::status::{failures_in_a_row, last_run, last_sent, outcome_of};
use crate::clock;
use crate::code::Code;
use crate::files::why;
use crate::policy::{PolicyInputs, Verdict, denied_by_environment, verdict};
use crate::receiver::Receiver;
use crate::store::consent::Consent;
use crate::store::ledger;
use crate::submit::next_run;
use crate::system::command::output_within;
use crate::system::users::User;
use crate::system::{self, Job, Schedule, runner};
use callback_protocol::agent_api::{CheckArea, CheckState};
use rustix::fs::{Access, access};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const AREA: CheckArea = CheckArea::Schedule;

/// How long `systemctl` may take.
const SYSTEMD_TIMEOUT: Duration = Duration::from_secs(5);

/// Directories whose content the unit's PrivateTmp hides.
const HIDDEN: [&str; 2] = ["/tmp", "/var/tmp"];

pub(super) fn check(
    request: &DoctorRequest<'_>,
    known: &Known,
    receiver: Option<&Receiver>,
    remembered: &mut Remembered,
    findings: &mut Findings,
) {
    consent(request, known, receiver, remembered, findings);
    let is_on = matches!(remembered.consent, Some(Consent::On(_)));
    let root = Path::new("/");
    let schedule = Schedule::installed(root);
    findings.add(AREA, "schedule", subject(root, schedule), installed(root, schedule, is_on));
    program(root, schedule, findings);
    let sent_today = ledger::sent_on(&remembered.entries, clock::today()).is_some();
    let found = match next_run(remembered.seed.as_deref(), sent_today) {
        Some(at) => Found::ok(match &remembered.seed {
            Some(_) => format!("at {at}"),
            None => {
                format!("at {at} at the earliest; the random delay of up to 3 hours is not known before the first run")
            }
        }),
        None => Found::not_checked("no schedule is installed"),
    };
    findings.add(AREA, "next-run", format!("the time is now {}", clock::now()), found);
    findings.add(AREA, "last-run", "history", last(schedule, remembered));
    findings.add(AREA, "other-pollers", "`agent_day` in table `callback`", other_pollers(known, remembered));
}

/// Whether the next run would send a report.
fn consent(
    request: &DoctorRequest<'_>,
    known: &Known,
    receiver: Option<&Receiver>,
    remembered: &Remembered,
    findings: &mut Findings,
) {
    let Some(consent) = &remembered.consent else {
        let because = remembered.missing.as_deref().unwrap_or("the state cannot be read");
        return findings.add(AREA, "consent", "the state", Found::not_checked(because));
    };
    let install = request.location.as_ref().ok().and_then(|location| location.fingerprint().ok());
    let verdict = verdict(&PolicyInputs {
        environment: denied_by_environment(),
        pending: remembered.pending.as_ref(),
        consent,
        target: install.as_deref().zip(receiver),
        settings: known.missing.is_none().then_some(&known.settings),
    })
    .held_up(remembered.held_up.clone());
    let (_, reason) = verdict.summary();
    let found = match &verdict.decision {
        Verdict::Report => Found::ok("on: the next run sends a report"),
        Verdict::Clear => Found::of(CheckState::Note, &reason),
        // The admin opted in and expects reports, so a blocked report is a problem, unless the environment or LibreNMS
        // blocks it on purpose.
        Verdict::Nothing(_) => match (consent, reason.code) {
            (Consent::On(_), Code::BlockedByEnvironment | Code::BlockedByUsage) => Found::of(CheckState::Note, &reason),
            (Consent::On(_), _) => Found::of(CheckState::Warning, &reason),
            _ => Found::of(CheckState::Note, &reason),
        },
    };
    let subject = match consent.given() {
        Some(given) => format!("{} since {}", given.receiver.shown(), given.at),
        None => "no opt-in is recorded".to_owned(),
    };
    findings.add(AREA, "consent", subject, found);
}

fn subject(root: &Path, schedule: Option<Schedule>) -> String {
    let paths = [Schedule::Timer, Schedule::Cron].map(|schedule| schedule.paths(root)).concat();
    let there: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match (there.is_empty(), schedule) {
        (false, _) => there.join(", "),
        (true, _) if system::is_scheduled() => "not written by `callback-agent install`".to_owned(),
        (true, _) => "neither a systemd timer nor a cron file".to_owned(),
    }
}

/// Whether a schedule is installed and active.
fn installed(root: &Path, schedule: Option<Schedule>, is_on: bool) -> Found {
    let missing = |finding: &str, remedy: &str| match is_on {
        true => Found::warning(Code::NotScheduled, finding).remedy(remedy),
        false => Found::note(Code::NotScheduled, finding).remedy(remedy),
    };
    let (timer, cron) = (Schedule::Timer.paths(root), Schedule::Cron.paths(root));
    match schedule {
        _ if !timer.is_empty() && !cron.is_empty() => {
            Found::warning(Code::ScheduledTwice, "a systemd timer and a cron file both run the agent")
                .remedy("to keep one of them, run: sudo callback-agent install, or: sudo callback-agent install --cron")
        }
        None if system::is_scheduled() => {
            Found::ok("a schedule that `callback-agent install` did not write starts the agent")
        }
        None => {
            missing("no schedule is installed, so nothing is sent automatically", "run: sudo callback-agent install")
        }
        Some(Schedule::Timer) if !runner::systemd_runs() => {
            missing("a systemd timer, but systemd does not run here", "run: sudo callback-agent install --cron")
        }
        Some(Schedule::Timer) if !system::is_scheduled() => {
            missing("the timer is not enabled", "run: systemctl enable --now callback-agent.timer")
        }
        Some(Schedule::Timer) => match shown("callback-agent.timer", "ActiveState").as_deref() {
            Some("active") | None => Found::ok("a systemd timer, enabled"),
            Some(state) => {
                missing(&format!("the timer is enabled, but {state}"), "run: systemctl start callback-agent.timer")
            }
        },
        Some(Schedule::Cron) if !runner::is_started(Schedule::Cron) => {
            missing("a cron file, but no cron daemon runs here", "install and start one, such as Debian's package cron")
        }
        Some(Schedule::Cron) => Found::ok("a cron file"),
    }
}

/// A property of a unit, from systemd.
fn shown(unit: &str, property: &str) -> Option<String> {
    let mut command = Command::new("systemctl");
    command.args(["show", "--value", "--property", property, unit]);
    let output = output_within(SYSTEMD_TIMEOUT, command)?;
    let value = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !value.is_empty()).then_some(value)
}

/// The program and the user of the schedule.
fn program(root: &Path, schedule: Option<Schedule>, findings: &mut Findings) {
    const NAMES: [&str; 2] = ["schedule-program", "schedule-user"];
    let Some(job) = Job::installed(root) else {
        if schedule.is_some() {
            let found = Found::warning(Code::ScheduleUnreadable, "the installed schedule cannot be read")
                .remedy("run: sudo callback-agent install");
            findings.add(AREA, NAMES[0], subject(root, schedule), found);
            findings.skip(AREA, &NAMES[1..], &subject(root, schedule), "the installed schedule cannot be read");
        } else {
            findings.skip(AREA, &NAMES, "no schedule", "there is no schedule written by `callback-agent install`");
        }
        return;
    };
    let own = User::own();
    let is_own = own.as_ref().is_some_and(|own| own.name == job.user);
    let path = &job.program;
    findings.add(AREA, NAMES[0], path.display().to_string(), runs(path, schedule, is_own));
    let found = match User::named(&job.user) {
        Err(error) => Found::from(&error),
        Ok(_) if is_own => Found::ok("this check runs as the same user"),
        Ok(_) => {
            Found::note(Code::ScheduleUserDiffers, "this check runs as a different user, whose permissions may differ")
                .remedy(format!("run: sudo -u {} callback-agent doctor", job.user))
        }
    };
    findings.add(AREA, NAMES[1], &job.user, found);
}

fn runs(path: &Path, schedule: Option<Schedule>, is_own: bool) -> Found {
    const AGAIN: &str = "put the program in /usr/local/bin, and run it from there: sudo callback-agent upgrade";
    let problem = |finding: String| Found::problem(Code::ScheduleProgramMissing, finding).remedy(AGAIN);
    let found = match std::fs::metadata(path) {
        Ok(found) => found,
        Err(error) => return problem(format!("cannot be found: {}", why(&error))),
    };
    if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
        return problem("not a program that can be run".to_owned());
    }
    if is_own && let Err(error) = access(path, Access::EXEC_OK) {
        return problem(format!("this user cannot run it: {}", why(&error.into())));
    }
    if schedule == Some(Schedule::Timer) && HIDDEN.iter().any(|hidden| path.starts_with(hidden)) {
        return problem("the unit's PrivateTmp hides it, so systemd cannot start it".to_owned());
    }
    let is_this = std::env::current_exe().is_ok_and(|own| own.canonicalize().ok() == path.canonicalize().ok());
    match is_this {
        true => Found::ok("exists, and can be run"),
        false => Found::note(Code::CheckNoted, "not the program that is running this check")
            .remedy("to run this program every day: sudo callback-agent upgrade"),
    }
}

/// How the last run went, from the history and from systemd.
fn last(schedule: Option<Schedule>, remembered: &Remembered) -> Found {
    if let Some(because) = &remembered.missing {
        return Found::not_checked(because);
    }
    let result = match schedule {
        Some(Schedule::Timer) if runner::systemd_runs() => shown("callback-agent.service", "Result"),
        _ => None,
    };
    if let Some(result) = result.filter(|result| result != "success") {
        return Found::warning(Code::LastRunFailed, format!("systemd: the last run ended with result {result}"))
            .remedy("run: journalctl -u callback-agent");
    }
    let Some(run) = last_run(&remembered.entries) else {
        return Found::note(Code::CheckNoted, "nothing has been sent from this host yet");
    };
    let finding = format!("{}: {}", run.moment, outcome_of(run, remembered.in_progress));
    let sent = match last_sent(&remembered.entries) {
        Some(at) => format!("the last report was sent {at}"),
        None => "no report has been sent yet".to_owned(),
    };
    match failures_in_a_row(&remembered.entries, remembered.in_progress) {
        0 => Found::ok(finding),
        failed => Found::warning(Code::LastRunFailed, format!("{finding}; failures in a row: {failed}; {sent}"))
            .remedy("run: callback-agent history"),
    }
}

fn other_pollers(known: &Known, remembered: &Remembered) -> Found {
    if let Some(because) = known.missing.as_ref().or(remembered.missing.as_ref()) {
        return Found::not_checked(because);
    }
    let Some(day) = &known.settings.agent_day else { return Found::ok("no poller has recorded a report yet") };
    let Ok(day) = day.parse() else {
        return Found::note(Code::CheckNoted, "the recorded day is not a date; the next report replaces it");
    };
    match ledger::sent_on(&remembered.entries, day) {
        Some(_) => Found::ok(format!("the last report, of {day}, was sent from this host")),
        None => Found::note(Code::SentElsewhere, format!("another poller sent the last report, of {day}")),
    }
}
