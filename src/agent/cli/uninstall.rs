//! The command `uninstall`: removes the schedule, and lists what is left.

use super::args::UninstallArgs;
use super::output::{Confirmation, Otherwise};
use super::system::{root, state_directory};
use super::{Context, output};
use crate::app::clear;
use crate::code::Code;
use crate::config::DEFAULT_PATH;
use crate::error::{Error, Reason, Result};
use crate::receiver::{Kind, ReceiverOverride};
use crate::store::consent::Consent;
use crate::store::directory::{self, Removal};
use crate::store::{DATABASE, State, ledger};
use crate::submit::load_run_state;
use crate::system::{self, Schedule, runner};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// The answer of `uninstall`.
#[derive(Serialize)]
struct Uninstalled {
    removed: Vec<PathBuf>,
    cleared: bool,
    receivers_that_hold_reports: Option<usize>,
    stays: Vec<Reason>,
}

/// What the admin should know about a state before it is removed.
#[derive(Clone, Copy)]
struct Remembered {
    held: usize,
    entries: usize,
    /// Whether anyone ever opted in, which wrote to LibreNMS's database.
    opted_in: bool,
    /// Whether a callback-receiver got reports, and with them this install's secret.
    has_secret: bool,
}

impl Remembered {
    async fn load(directory: &Path) -> Result<Self> {
        let mut state = State::open_for_reading(directory).await?;
        let holders = state.held().await?;
        let consent = Consent::load(&mut state).await?;
        let remembered = Self {
            held: holders.len(),
            entries: ledger::entries(&mut state).await?.len(),
            opted_in: consent.given().is_some(),
            has_secret: holders.iter().any(|held| held.receiver.kind == Kind::CallbackStats),
        };
        state.close().await?;
        Ok(remembered)
    }
}

pub(super) async fn uninstall(context: &Context, arguments: &UninstallArgs) -> Result<()> {
    let (json, directory) = (arguments.system.output.json, state_directory(context, &arguments.system));
    let before = if State::exists(&directory) { Some(Remembered::load(&directory).await?) } else { None };
    let held = before.filter(|_| !arguments.clear).map_or(0, |before| before.held);
    if arguments.purge && held > 0 && !arguments.without_clear {
        return Err(Error::new(
            Code::ReportsHeld,
            format!(
                "nothing was removed: {} reports, and without the state they cannot be deleted; add --clear to delete them \
                 now, or --without-clear to leave them",
                holding(held)
            ),
        ));
    }
    let config = context.config_file.clone().unwrap_or_else(|| root(&arguments.system).join(&DEFAULT_PATH[1..]));
    let confirmation = Confirmation { yes: arguments.system.yes, json, otherwise: Otherwise::Unchanged };
    if !arguments.system.yes {
        confirmation.show(&planned(arguments, before, &directory, &config))?;
    }
    let cleared = before.is_some() && arguments.clear;
    let question = match cleared {
        true => "Delete all reports that were sent, and remove the agent's schedule?",
        false => "Remove the agent's schedule?",
    };
    confirmation.ask(question)?;
    if cleared {
        clear_all(context, &directory).await?;
        if !json {
            output::line("Deleted all sent reports.")?;
        }
    }
    let mut removed = remove_schedules(arguments)?;
    let has_state = before.is_some() && !arguments.purge;
    let left = if arguments.purge { purge(&directory, &mut removed)? } else { None };
    let now = if has_state { Some(Remembered::load(&directory).await?) } else { None };
    let mut stays = remaining(
        before.map(|it| Remembered { has_secret: it.has_secret && !cleared, ..it }),
        now,
        &directory,
        &config,
    );
    stays.extend(left);
    if json {
        let code = if removed.is_empty() { Code::NothingToUninstall } else { Code::Uninstalled };
        let receivers_that_hold_reports = now.map(|now| now.held);
        return output::answer(code, &Uninstalled { removed, cleared, receivers_that_hold_reports, stays });
    }
    removed.iter().try_for_each(|path| output::line(&format!("removed {}", path.display())))?;
    if removed.is_empty() {
        output::line("Nothing to remove.")?;
    }
    stays.iter().try_for_each(|reason| output::line(&format!("left    {}", reason.text)))
}

/// What will be removed and what will be left, to be shown before the question.
fn planned(arguments: &UninstallArgs, before: Option<Remembered>, directory: &Path, config: &Path) -> Vec<String> {
    let root = root(&arguments.system);
    let mut lines = Vec::new();
    if arguments.clear && before.is_some_and(|before| before.held > 0) {
        lines.push("clear   all reports that receivers hold, before anything is removed".to_owned());
    }
    let files = [Schedule::Timer, Schedule::Cron].into_iter().flat_map(|schedule| schedule.paths(&root));
    lines.extend(files.map(|path| format!("remove  {}", path.display())));
    if arguments.purge && directory.is_dir() {
        let entries = output::entries(before.map_or(0, |before| before.entries));
        lines.push(format!("remove  {}: consent, {entries} of history, and secret", directory.display()));
    }
    if lines.is_empty() {
        lines.push("There is nothing to remove.".to_owned());
    }
    let before = before.map(|before| match arguments.clear {
        true => Remembered { held: 0, has_secret: false, ..before },
        false => before,
    });
    let stays = remaining(before, before.filter(|_| !arguments.purge), directory, config);
    lines.extend(stays.iter().map(|reason| format!("left    {}", reason.text)));
    lines
}

/// Removes the files of every kind of schedule.
fn remove_schedules(arguments: &UninstallArgs) -> Result<Vec<PathBuf>> {
    let (root, here) = (root(&arguments.system), arguments.system.root.is_none());
    let mut removed = Vec::new();
    for schedule in [Schedule::Timer, Schedule::Cron] {
        let paths = schedule.paths(&root);
        if !paths.is_empty() && here {
            runner::stop(schedule)?;
        }
        for path in paths {
            // `systemctl disable`, if it was called, has removed the link.
            if system::remove(&path)? {
                removed.push(path);
            }
        }
    }
    if here && !removed.is_empty() {
        runner::reload()?;
    }
    Ok(removed)
}

/// Removes the state; returns what was kept because it is not the agent's.
fn purge(path: &Path, removed: &mut Vec<PathBuf>) -> Result<Option<Reason>> {
    let text = match directory::remove(path)? {
        Removal::Nothing => return Ok(None),
        Removal::Removed => {
            removed.push(path.to_owned());
            return Ok(None);
        }
        Removal::Left(files) => {
            removed.push(path.join(DATABASE));
            let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
            format!("{}: not the agent's; remove it yourself", files.join(", "))
        }
        Removal::NotState => {
            format!("{}, which is not a state directory: it has no {DATABASE}; check --state", path.display())
        }
    };
    Ok(Some(Reason::new(Code::StateFilesKept, text)))
}

/// Everything that is left, with how to remove it.
fn remaining(before: Option<Remembered>, now: Option<Remembered>, directory: &Path, config: &Path) -> Vec<Reason> {
    let mut stays = Vec::new();
    if let Some(now) = now {
        let entries = output::entries(now.entries);
        let text = match now.held {
            0 => format!("{} with {entries} of history; --purge removes it", directory.display()),
            held => format!(
                "{} with {entries} of history, and {} reports: `callback-agent clear --now` deletes them, then --purge \
                 removes the state",
                directory.display(),
                holding(held)
            ),
        };
        stays.push(Reason::new(Code::StateKept, text));
    }
    if config.exists() {
        let text = format!("{}; remove it yourself", config.display());
        stays.push(Reason::new(Code::ConfigKept, text));
    }
    if before.is_some_and(|before| before.opted_in) {
        stays.push(Reason::new(
            Code::DatabaseRowsKept,
            "in LibreNMS's database: the setting reporting.usage, and the rows `uuid`, `enabled` and `agent_day` of table \
             `callback`; a later deletion needs the uuid",
        ));
        stays.push(Reason::new(
            Code::BuiltInSenderOff,
            "LibreNMS's built-in sender is off if you used --take-over (`enabled` is 0 in table `callback`); to turn \
             it on: UPDATE callback SET value = 1 WHERE name = 'enabled'",
        ));
    }
    if before.is_some_and(|before| before.has_secret) {
        stays.push(Reason::new(
            Code::BuiltInSenderRejected,
            "the callback-receiver that has your reports requires this LibreNMS's secret, so it answers 401 to the \
             built-in sender, which has none; to avoid that, run `clear --now` before `uninstall`",
        ));
    }
    stays
}

/// How many receivers hold reports, as the start of a sentence.
fn holding(receivers: usize) -> String {
    if receivers == 1 { "1 receiver holds".to_owned() } else { format!("{receivers} receivers hold") }
}

/// Deletes all sent reports before the agent is removed.
async fn clear_all(context: &Context, directory: &Path) -> Result<()> {
    let mut state = State::open(directory).await?;
    let (named, location) = (ReceiverOverride::default(), context.location().ok());
    let work = location.as_ref().map(|location| context.work(location, &named));
    let found = match work {
        Some(work) => load_run_state(work, &mut state).await.ok(),
        None => None,
    };
    clear::clear(&context.config, &mut state, work.zip(found.as_ref()), true).await?;
    state.close().await
}
