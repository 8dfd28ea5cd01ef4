//! The command `uninstall`: removes the schedule, and says what stays.

use super::args::UninstallArgs;
use super::system::{root, state_folder};
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

/// What was removed, as JSON.
#[derive(Serialize)]
struct Uninstalled {
    removed: Vec<PathBuf>,
    cleared: bool,
    receivers_that_hold_reports: Option<usize>,
    stays: Vec<Reason>,
}

/// What a state knows that the admin should know before it is gone.
#[derive(Clone, Copy)]
struct Remembered {
    /// Receivers that hold reports.
    held: usize,
    /// Entries of the history.
    entries: usize,
    /// Whether anybody ever opted in: then LibreNMS's database was written to.
    opted_in: bool,
    /// Whether a callback-receiver was ever reported to: it knows this install by a secret.
    has_secret: bool,
}

impl Remembered {
    async fn load(folder: &Path) -> Result<Self> {
        let mut state = State::open(folder).await?;
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
    let (json, folder) = (arguments.system.output.json, state_folder(context, &arguments.system));
    let before = if State::exists(&folder) { Some(Remembered::load(&folder).await?) } else { None };
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
    output::agreed(arguments.system.yes, "Remove the agent's schedule?")?;
    let cleared = before.is_some() && arguments.clear;
    if cleared {
        clear_all(context, &folder).await?;
        if !json {
            output::line("Cleared.")?;
        }
    }
    let mut removed = remove_schedules(arguments)?;
    let has_state = before.is_some() && !arguments.purge;
    let left = if arguments.purge { purge(&folder, &mut removed)? } else { None };
    let now = if has_state { Some(Remembered::load(&folder).await?) } else { None };
    let config = context.config_file.clone().unwrap_or_else(|| root(&arguments.system).join(&DEFAULT_PATH[1..]));
    let mut stays =
        what_stays(before.map(|it| Remembered { has_secret: it.has_secret && !cleared, ..it }), now, &folder, &config);
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
    stays.iter().try_for_each(|reason| output::line(&format!("stays   {}", reason.text)))
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
            // The link went with `systemctl disable`, where that was called.
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

/// Removes the state; returns what stays of it because it is not the agent's.
fn purge(folder: &Path, removed: &mut Vec<PathBuf>) -> Result<Option<Reason>> {
    let text = match directory::remove(folder)? {
        Removal::Nothing => return Ok(None),
        Removal::Removed => {
            removed.push(folder.to_owned());
            return Ok(None);
        }
        Removal::Left(files) => {
            removed.push(folder.join(DATABASE));
            let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
            format!("{}, not the agent's; remove it yourself", files.join(", "))
        }
        Removal::NotState => {
            format!("{}, which is no state directory: it has no {DATABASE}; check --state", folder.display())
        }
    };
    Ok(Some(Reason::new(Code::StateFilesKept, text)))
}

/// All that is left of the agent, each with what to do about it.
fn what_stays(before: Option<Remembered>, now: Option<Remembered>, folder: &Path, config: &Path) -> Vec<Reason> {
    let mut stays = Vec::new();
    if let Some(now) = now {
        let entries = output::entries(now.entries);
        let text = match now.held {
            0 => format!("{} with {entries} of history; --purge removes it", folder.display()),
            held => format!(
                "{} with {entries} of history, and {} reports: `callback-agent clear --now` deletes them, then --purge \
                 removes the state",
                folder.display(),
                holding(held)
            ),
        };
        stays.push(Reason::new(Code::StateKept, text));
    }
    if config.exists() {
        let text = format!("{}, which may hold a password; remove it yourself", config.display());
        stays.push(Reason::new(Code::ConfigKept, text));
    }
    if before.is_some_and(|before| before.opted_in) {
        stays.push(Reason::new(
            Code::DatabaseRowsKept,
            "in LibreNMS's database: the setting reporting.usage, and the rows `uuid`, `enabled` and `agent_day` of table \
             `callback`; the uuid is what reports are deleted by",
        ));
        stays.push(Reason::new(
            Code::BuiltInSenderOff,
            "LibreNMS's built-in sender is off if you used --take-over (`enabled` is 0 in table `callback`); to switch it on: \
             UPDATE callback SET value = 1 WHERE name = 'enabled'",
        ));
    }
    if before.is_some_and(|before| before.has_secret) {
        stays.push(Reason::new(
            Code::BuiltInSenderRejected,
            "the callback-receiver that has your reports knows this LibreNMS by a secret, so it answers 401 to the built-in \
             sender, which has none; `clear --now` before the removal avoids that",
        ));
    }
    stays
}

/// How many receivers hold something, as a sentence begins.
fn holding(receivers: usize) -> String {
    if receivers == 1 { "1 receiver holds".to_owned() } else { format!("{receivers} receivers hold") }
}

/// Has everything cleared before the agent goes.
async fn clear_all(context: &Context, folder: &Path) -> Result<()> {
    let mut state = State::open(folder).await?;
    let (named, location) = (ReceiverOverride::default(), context.location().ok());
    let work = location.as_ref().map(|location| context.work(location, &named));
    let found = match work {
        Some(work) => load_run_state(work, &mut state).await.ok(),
        None => None,
    };
    clear::clear(&context.config, &mut state, work.zip(found.as_ref()), true).await?;
    state.close().await
}
