//! Checks of the configuration, the policy and the clock.

use super::checks::{Check, CheckCode};
use crate::config::Settings;
use crate::day::Day;
use crate::jobs::FAR_AHEAD_DAYS;
use crate::store::inspect::Contents;
use callback_common::private_file;
use jiff::Timestamp;
use std::path::Path;

/// Seconds by which two clocks may differ, and by which one is wrong.
const CLOCK_SECONDS: (i64, i64) = (300, 86_400);

pub(super) fn check_config(settings: &Settings, file: Option<&Path>, checks: &mut Vec<Check>) {
    let code = CheckCode::ConfigPrivate;
    let Some(file) = file else {
        checks.push(Check::ok(code, "", "there is no configuration file"));
        return;
    };
    let subject = file.display().to_string();
    let has_password = settings.database.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split('/').next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || rest.contains("password=")
    });
    checks.push(match has_password && private_file::is_open_to_others(file).unwrap_or(true) {
        true => Check::failed(code, &subject, "other users can read the password of the database in it")
            .remedy(format!("run: chmod 600 {subject}")),
        false if has_password => Check::ok(code, subject, "it is private"),
        false => Check::ok(code, subject, "it has no password"),
    });
}

pub(super) fn check_policy(settings: &Settings, checks: &mut Vec<Check>) {
    let texts = [
        ("contact", &settings.contact),
        ("source", &settings.source),
        ("publication_terms", &settings.publication_terms),
    ];
    let missing: Vec<&str> = texts.iter().filter(|(_, text)| text.trim().is_empty()).map(|(name, _)| *name).collect();
    checks.push(match missing.as_slice() {
        [] => Check::ok(CheckCode::Policy, "", "it names a contact, the source and the terms of publication"),
        missing => Check::warning(CheckCode::Policy, missing.join(", "), "the policy lacks them")
            .remedy("set them; admins read the policy before they opt in"),
    });
}

/// `public_clock` is the time according to the web server at `public_url`.
pub(super) fn check_clock(
    contents: Option<&Contents>,
    now: Timestamp,
    public_clock: Option<Timestamp>,
    checks: &mut Vec<Check>,
) {
    checks.push(clock(contents, now, public_clock));
}

fn clock(contents: Option<&Contents>, now: Timestamp, public_clock: Option<Timestamp>) -> Check {
    let (code, today) = (CheckCode::Clock, Day::of(now));
    let subject = format!("{now:.0}");
    let ntp = "check NTP, for example with: timedatectl";
    if let Some(contents) = contents {
        if today < contents.first_kept {
            let finding = format!(
                "all days before {} have expired, so today's reports are deleted: an earlier clock was ahead, or this one is behind",
                contents.first_kept
            );
            return Check::failed(code, subject, finding).remedy("correct the clock, or restore a backup from before");
        }
        if contents.trusted_day > Day(0) && today > contents.trusted_day.plus(FAR_AHEAD_DAYS) {
            let finding =
                format!("it is far ahead of the last trusted day, {}; nothing expires for 24 h", contents.trusted_day);
            return Check::warning(code, subject, finding).remedy("correct the clock, or run `purge` if it is right");
        }
    }
    let Some(public) = public_clock else { return Check::ok(code, subject, "it fits the stored days") };
    let difference = (public.as_second() - now.as_second()).abs();
    let finding = format!("it differs by {difference} s from the clock of public_url");
    match difference {
        _ if difference > CLOCK_SECONDS.1 => Check::failed(code, subject, finding).remedy(ntp),
        _ if difference > CLOCK_SECONDS.0 => Check::warning(code, subject, finding).remedy(ntp),
        _ => Check::ok(code, subject, "it fits the stored days and the clock of public_url"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::Status;
    use super::*;
    use crate::store::Holdings;

    fn contents(first_kept: i32, trusted_day: i32) -> Contents {
        Contents {
            key_check: [0; 32],
            signing_key: None,
            first_kept: Day(first_kept),
            trusted_day: Day(trusted_day),
            holdings: Holdings::default(),
            newest_report: None,
            last_published: None,
            blocked_installs: 0,
            blocked_networks: 0,
            hidden: 0,
        }
    }

    #[test]
    fn a_clock_is_compared_with_the_stored_days_and_with_another_clock() {
        let now: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        let today = Day::of(now).0;
        let later = |seconds: i64| Some(Timestamp::from_second(now.as_second() + seconds).unwrap());
        for (contents, public, status) in [
            (None, None, Status::Ok),
            (Some(contents(today - 89, today)), later(10), Status::Ok),
            (Some(contents(today + 1, today)), None, Status::Failed),
            (Some(contents(0, today - 8)), None, Status::Warning),
            (None, later(-400), Status::Warning),
            (None, later(90_000), Status::Failed),
        ] {
            assert_eq!(clock(contents.as_ref(), now, public).status, status, "{contents:?} {public:?}");
        }
    }
}
