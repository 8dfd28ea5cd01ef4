//! What runs a schedule on this host: systemd or a cron daemon, if any.

use super::schedule::Schedule;
use crate::code::Code;
use crate::error::{Error, Result};
use jiff::Timestamp;
use std::path::Path;
use std::process::{Command, Stdio};

const TIMER: &str = "callback-agent.timer";

/// Names of daemons that read /etc/cron.d. BusyBox's `crond` does not; its process name is `busybox`.
const CRON_DAEMONS: [&str; 2] = ["cron", "crond"];

/// With these generators, systemd runs cron files.
const CRON_GENERATORS: [&str; 2] = [
    "/usr/lib/systemd/system-generators/systemd-crontab-generator",
    "/lib/systemd/system-generators/systemd-crontab-generator",
];

/// Whether systemd is running on this host.
pub(crate) fn systemd_runs() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// Whether anything on this host reads cron files.
fn cron_runs() -> bool {
    let by_systemd = systemd_runs() && CRON_GENERATORS.iter().any(|path| Path::new(path).exists());
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut names = processes.filter_map(|process| std::fs::read_to_string(process.path().join("comm")).ok());
    by_systemd || names.any(|name| CRON_DAEMONS.contains(&name.trim_end()))
}

/// Reloads systemd's units, if systemd is running.
pub(crate) fn reload() -> Result<()> {
    if systemd_runs() { systemctl(&["daemon-reload"]) } else { Ok(()) }
}

/// Whether a schedule is active.
pub(crate) fn is_started(schedule: Schedule) -> bool {
    match schedule {
        Schedule::Timer => ["is-enabled", "is-active"].iter().all(|query| {
            let mut command = Command::new("systemctl");
            command.args(["--quiet", query, TIMER]).stdin(Stdio::null()).stderr(Stdio::null());
            systemd_runs() && command.status().is_ok_and(|status| status.success())
        }),
        Schedule::Cron => cron_runs(),
    }
}

/// Activates a schedule whose files are written; an error if nothing on this host would run it.
pub(crate) fn start(schedule: Schedule) -> Result<()> {
    let not_started = |message| Err(Error::new(Code::ScheduleNotStarted, message));
    match schedule {
        Schedule::Timer if systemd_runs() => systemctl(&["enable", "--now", TIMER]),
        Schedule::Timer => not_started(
            "the unit files are written, but systemd does not run here, so nothing was started; once it runs: systemctl enable \
             --now callback-agent.timer; or use cron: callback-agent install --cron; or start `callback-agent submit` once a \
             day from the container's host",
        ),
        Schedule::Cron if cron_runs() => Ok(()),
        Schedule::Cron => not_started(
            "/etc/cron.d/callback-agent is written, but no cron daemon (cron, crond) runs here to read it; install and start \
             one, or start `callback-agent submit` once a day from the container's host",
        ),
    }
}

/// Deactivates a schedule whose files are about to be removed.
pub(crate) fn stop(schedule: Schedule) -> Result<()> {
    match schedule {
        Schedule::Timer if systemd_runs() => systemctl(&["disable", "--now", TIMER]),
        Schedule::Timer | Schedule::Cron => Ok(()),
    }
}

fn systemctl(words: &[&str]) -> Result<()> {
    match Command::new("systemctl").arg("--quiet").args(words).stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::new(
            Code::SystemctlFailed,
            format!("systemctl {} failed; see its message above", words.join(" ")),
        )),
    }
}

/// When systemd starts the service next, including its random delay; `None` if unknown.
pub(crate) fn timer_elapses() -> Option<Timestamp> {
    let output = Command::new("busctl")
        .args(["--timeout=5", "get-property", "org.freedesktop.systemd1"])
        .args(["/org/freedesktop/systemd1/unit/callback_2dagent_2etimer", "org.freedesktop.systemd1.Timer"])
        .arg("NextElapseUSecRealtime")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    parse_elapse(&String::from_utf8(output.ok()?.stdout).ok()?)
}

/// Parses busctl's answer, such as `t 1796000000000000`: microseconds. 0 and the largest number mean never.
fn parse_elapse(answer: &str) -> Option<Timestamp> {
    let micros: i64 = answer.trim().strip_prefix("t ")?.parse().ok()?;
    Timestamp::from_second(micros / 1_000_000).ok().filter(|moment| moment.as_second() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_start_is_parsed_from_busctl() {
        assert_eq!(parse_elapse("t 1796000000123456\n"), Timestamp::from_second(1_796_000_000).ok());
        for never in ["t 0", "t 18446744073709551615", "s \"x\"", ""] {
            assert_eq!(parse_elapse(never), None, "{never}");
        }
    }
}
