//! The commands about the machine: install, upgrade, uninstall, manual pages and completions.

use super::args::{Cli, Command, InstallArgs, SystemArgs, UninstallArgs};
use super::{Context, output};
use crate::app::clear;
use crate::code::{Code, Exit};
use crate::config::SYSTEM_STATE;
use crate::error::{Error, Result};
use crate::files::why;
use crate::librenms::Location;
use crate::receiver::ReceiverOverride;
use crate::store::State;
use crate::store::ledger;
use crate::submit::load_run_state;
use crate::system::users::{User, become_user, is_root, program_not_found};
use crate::system::{self, Job, Schedule};
use clap::CommandFactory;
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What was installed, as JSON.
#[derive(Serialize)]
struct Installed<'a> {
    schedule: &'a str,
    user: &'a str,
    files: Vec<PathBuf>,
    state: &'a Path,
}

/// What is up to date now, as JSON.
#[derive(Serialize)]
struct Upgraded<'a> {
    state: Option<PathBuf>,
    schedule: Option<&'a str>,
}

/// What was removed, as JSON.
#[derive(Serialize)]
struct Uninstalled {
    removed: Vec<PathBuf>,
    cleared: bool,
    receivers_that_hold_reports: Option<usize>,
}

/// What root starts goes on as the owner of the state, or of LibreNMS; the commands about the machine stay. Where there
/// is no state yet, root makes its folder for that user, who could not.
pub(super) fn drop_root(context: &Context, command: &Command) -> Result<()> {
    let stays = matches!(
        command,
        Command::Install(_)
            | Command::Upgrade(_)
            | Command::Uninstall(_)
            | Command::Config(_)
            | Command::Man { .. }
            | Command::Completions { .. }
    );
    if stays || !is_root() {
        return Ok(());
    }
    if let Some(folder) = context.config.state_folder().ok().filter(|folder| folder.exists()) {
        return User::owner_of(&folder)?.map_or(Ok(()), |user| become_user(&user));
    }
    let Ok(Location::LibreNms(librenms)) = context.location() else { return Ok(()) };
    let Some(user) = User::owner_of(librenms.path())? else { return Ok(()) };
    let folder = context.config.state.clone().unwrap_or_else(|| PathBuf::from(SYSTEM_STATE));
    if !matches!(command, Command::Doctor(_)) {
        system::make_state_folder(&folder, &user)?;
    }
    become_user(&user)
}

fn root(arguments: &SystemArgs) -> PathBuf {
    arguments.root.clone().unwrap_or_else(|| PathBuf::from("/"))
}

/// The state folder of this machine, or of the one under the root that was named.
fn state_folder(context: &Context, arguments: &SystemArgs) -> PathBuf {
    match (&arguments.root, &context.config.state) {
        (Some(root), _) => system::state_folder(root),
        (None, Some(folder)) => folder.clone(),
        (None, None) => PathBuf::from(SYSTEM_STATE),
    }
}

/// Runs systemctl where systemd runs, and not for files that were put elsewhere.
fn systemctl(arguments: &SystemArgs, words: &[&str]) -> Result<()> {
    if arguments.root.is_some() || !Path::new("/run/systemd/system").exists() {
        return Ok(());
    }
    let done = std::process::Command::new("systemctl").args(words).stdin(Stdio::null()).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::new(
            Code::SystemctlFailed,
            format!("systemctl {} failed; see its message above", words.join(" ")),
        )),
    }
}

/// The folder that the files name; a database is named in the configuration, never in a file that everyone may read.
fn folder_of(context: &Context) -> Option<PathBuf> {
    match context.location() {
        Ok(Location::LibreNms(folder)) if context.config.install.is_none() => Some(folder.path().to_owned()),
        _ => None,
    }
}

fn own_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(program_not_found)
}

pub(super) fn install(context: &Context, arguments: &InstallArgs) -> Result<()> {
    let user = match (&arguments.user, context.location()) {
        (Some(name), _) => User::named(name)?,
        (None, Ok(Location::LibreNms(folder))) => User::owner_of(folder.path())?.ok_or_else(|| {
            let message = format!("{} belongs to root; name LibreNMS's user with --user", folder.path().display());
            Error::new(Code::UserNotNamed, message)
        })?,
        _ => {
            return Err(Error::new(
                Code::UserNotNamed,
                "name LibreNMS's user with --user, or its directory with --librenms",
            ));
        }
    };
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let schedule = if arguments.cron { Schedule::Cron } else { Schedule::Timer };
    let job = Job {
        user: user.name.clone(),
        program: own_program()?,
        install: folder_of(context).as_ref().map(absolute),
        config: context.config_file.as_ref().map(absolute),
        state: context.config.state.as_ref().filter(|_| arguments.system.root.is_none()).map(absolute),
    };
    write_schedule(&arguments.system, schedule, &job)?;
    let folder = state_folder(context, &arguments.system);
    system::make_state_folder(&folder, &user)?;
    systemctl(&arguments.system, &["daemon-reload"])?;
    if schedule == Schedule::Timer {
        systemctl(&arguments.system, &["enable", "--now", "callback-agent.timer"])?;
    }
    if arguments.system.output.json {
        let files = schedule.files(&root(&arguments.system), &job)?.into_iter().map(|file| file.path).collect();
        let installed = Installed { schedule: schedule.name(), user: &user.name, files, state: &folder };
        return output::answer(Code::Installed, &installed);
    }
    let left = user.home.join(".local/state/callback-agent");
    if left.join(crate::store::DATABASE).exists() && left != folder && arguments.system.root.is_none() {
        output::line(&format!(
            "The state in {} is not used any more. To keep its consent and history: mv {0}/* {}",
            left.display(),
            folder.display()
        ))?;
    }
    output::line(
        "Installed. Nothing is sent until you opt in: run `callback-agent preview`, then `callback-agent enable`.",
    )
}

/// Writes the files of a schedule after showing them.
fn write_schedule(arguments: &SystemArgs, schedule: Schedule, job: &Job) -> Result<()> {
    let files = schedule.files(&root(arguments), job)?;
    let lines = files.iter().flat_map(|file| [format!("--- {}", file.path.display()), file.text.clone()]);
    output::before_asking(&lines.collect::<Vec<_>>(), arguments.output.json, arguments.yes)?;
    output::agreed(arguments.yes, "Write these files?")?;
    files.iter().try_for_each(system::write)
}

pub(super) async fn upgrade(context: &Context, arguments: &SystemArgs) -> Result<()> {
    let schedule = Schedule::installed(&root(arguments));
    let installed = Job::installed(&root(arguments));
    let folder = match &installed {
        Some(Job { state: Some(folder), .. }) if arguments.root.is_none() => folder.clone(),
        _ => state_folder(context, arguments),
    };
    let (has_state, json) = (folder.join(crate::store::DATABASE).exists(), arguments.output.json);
    if has_state {
        // Opening it brings it up to date; one of a newer version is refused.
        State::open(&folder).await?.close().await?;
        if !json {
            output::line("The state is up to date.")?;
        }
    }
    if let Some(schedule) = schedule {
        // Everything but the program stays as it was installed.
        let job = match installed {
            Some(job) => Job { program: own_program()?, ..job },
            None => Job {
                user: User::owner_of(&folder)?
                    .ok_or_else(|| {
                        let message = "cannot read the installed schedule; run `callback-agent install` again";
                        Error::new(Code::ScheduleUnreadable, message)
                    })?
                    .name,
                program: own_program()?,
                install: folder_of(context),
                config: context.config_file.clone(),
                state: context.config.state.clone().filter(|_| arguments.root.is_none()),
            },
        };
        write_schedule(arguments, schedule, &job)?;
        systemctl(arguments, &["daemon-reload"])?;
        if !json {
            output::line("The schedule is up to date.")?;
        }
    }
    if json {
        let code = if has_state || schedule.is_some() { Code::Upgraded } else { Code::NothingToUpgrade };
        let upgraded = Upgraded { state: has_state.then_some(folder), schedule: schedule.map(Schedule::name) };
        return output::answer(code, &upgraded);
    }
    if !has_state && schedule.is_none() {
        output::line("Nothing to upgrade: there is no state and no schedule.")?;
    }
    Ok(())
}

pub(super) async fn uninstall(context: &Context, arguments: &UninstallArgs) -> Result<()> {
    let (json, folder) = (arguments.system.output.json, state_folder(context, &arguments.system));
    let has_state = folder.join(crate::store::DATABASE).exists();
    let held = if has_state && !arguments.clear { held_and_entries(&folder).await?.0 } else { 0 };
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
    if has_state && arguments.clear {
        cleared(context, &folder).await?;
        if !json {
            output::line("Cleared.")?;
        }
    }
    if Schedule::installed(&root(&arguments.system)) == Some(Schedule::Timer) {
        systemctl(&arguments.system, &["disable", "--now", "callback-agent.timer"])?;
    }
    let mut removed = Vec::new();
    for path in system::all_paths(&root(&arguments.system)) {
        if system::remove(&path)? {
            removed.push(path);
        }
    }
    systemctl(&arguments.system, &["daemon-reload"])?;
    let mut stays = None;
    if arguments.purge && folder.is_dir() {
        std::fs::remove_dir_all(&folder).map_err(|error| {
            Error::new(Code::SystemFile, format!("cannot remove {}: {}", folder.display(), why(&error)))
                .caused_by(error)
        })?;
        removed.push(folder);
    } else if has_state {
        stays = Some(held_and_entries(&folder).await?);
    }
    if json {
        let code = if removed.is_empty() { Code::NothingToUninstall } else { Code::Uninstalled };
        let uninstalled = Uninstalled {
            removed,
            cleared: has_state && arguments.clear,
            receivers_that_hold_reports: stays.map(|(held, _)| held),
        };
        return output::answer(code, &uninstalled);
    }
    removed.iter().try_for_each(|path| output::line(&format!("removed {}", path.display())))?;
    match stays {
        Some((held @ 1.., entries)) => output::line(&format!(
            "{} reports. The state ({} of history) was kept, so that `callback-agent clear --now` still works.",
            holding(held),
            output::entries(entries)
        )),
        Some((0, entries)) => {
            output::line(&format!("The state ({} of history) was kept; --purge removes it.", output::entries(entries)))
        }
        None if removed.is_empty() => output::line("Nothing to remove."),
        None => Ok(()),
    }
}

/// How many receivers hold something, as a sentence begins.
fn holding(receivers: usize) -> String {
    if receivers == 1 { "1 receiver holds".to_owned() } else { format!("{receivers} receivers hold") }
}

/// How many receivers hold reports, and how long the history is.
async fn held_and_entries(folder: &Path) -> Result<(usize, usize)> {
    let mut state = State::open(folder).await?;
    let counts = (state.held().await?.len(), ledger::entries(&mut state).await?.len());
    state.close().await?;
    Ok(counts)
}

/// Has everything cleared before the agent goes.
async fn cleared(context: &Context, folder: &Path) -> Result<()> {
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

pub(super) fn man(out: Option<&Path>) -> Result<()> {
    let cannot = |error: std::io::Error| {
        Error::new(Code::ManualNotWritten, format!("cannot write the manual pages: {}", why(&error))).caused_by(error)
    };
    // The `help` commands would be a page each.
    let mut command = Cli::command().disable_help_subcommand(true).after_help(exit_statuses());
    command.build();
    match out {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(cannot)?;
            clap_mangen::generate_to(command, folder).map_err(cannot)
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(cannot)?;
            output::bytes(&page)
        }
    }
}

/// The part of the manual that lists exit statuses.
fn exit_statuses() -> String {
    let mut text = "Exit status:\n".to_owned();
    for exit in Exit::ALL {
        text.push_str(&format!("  {:2} {}\n", exit.status(), exit.meaning()));
    }
    text.push_str("With --json an error is {\"code\", \"message\", \"exit\"}; docs/agent-codes.md lists the codes.");
    text
}

pub(super) fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "callback-agent", &mut script);
    output::bytes(&script)
}
