//! The commands that change the host or print files for it: install, upgrade, completions.

use super::args::{Cli, InstallArgs, SystemArgs};
use super::output::{Confirmation, Otherwise};
use super::{Context, output};
use crate::code::Code;
use crate::config::SYSTEM_STATE;
use crate::error::{Error, Result};
use crate::librenms::Location;
use crate::librenms::database::Database;
use crate::store::{self, State};
use crate::submit::next_run;
use crate::system::switch::program_not_found;
use crate::system::users::User;
use crate::system::{self, Job, Schedule, runner, schedule};
use clap::CommandFactory;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Directories from which a service that runs as another user cannot run a program, or which are hidden from it.
const UNREACHABLE_DIRECTORIES: [&str; 5] = ["/root", "/home", "/tmp", "/var/tmp", "/run/user"];

/// The answer of `install`.
#[derive(Serialize)]
struct Installed<'a> {
    schedule: &'a str,
    user: &'a str,
    files: Vec<PathBuf>,
    replaced: Vec<PathBuf>,
    state: &'a Path,
}

/// The answer of `upgrade`.
#[derive(Serialize)]
struct Upgraded<'a> {
    state: Option<PathBuf>,
    schedule: Option<&'a str>,
}

pub(super) fn root(arguments: &SystemArgs) -> PathBuf {
    arguments.root.clone().unwrap_or_else(|| PathBuf::from("/"))
}

/// The state directory of this host, or of the system below `--root`.
pub(super) fn state_directory(context: &Context, arguments: &SystemArgs) -> PathBuf {
    match (&arguments.root, &context.config.state) {
        (Some(root), _) => system::state_directory(root),
        (None, Some(directory)) => directory.clone(),
        (None, None) => PathBuf::from(SYSTEM_STATE),
    }
}

/// The directory to put into the schedule. A database is named in the configuration only, since everyone can read the
/// schedule.
fn librenms_directory_of(context: &Context) -> Result<Option<PathBuf>> {
    match context.location() {
        Ok(Location::LibreNms(directory)) if context.is_named_here() || context.config.install.is_none() => {
            Ok(Some(directory.path().to_owned()))
        }
        Ok(Location::Database(_)) if context.is_named_here() => Err(Error::new(
            Code::ScheduleNeedsConfig,
            "nothing was written: the schedule cannot be given a database or SQLite file by --librenms or CALLBACK_LIBRENMS; set \
             `librenms` in the configuration file",
        )),
        _ => Ok(None),
    }
}

/// The socket of LibreNMS's database, if its settings can be read.
fn socket_of(context: &Context) -> Option<PathBuf> {
    let socket = match context.location().and_then(|location| location.database()) {
        Ok(Database::MySql(server)) => server.options().get_socket().cloned(),
        _ => None,
    };
    let is_refused = |socket: &PathBuf| schedule::is_hidden(socket) && !schedule::can_be_bound(socket);
    if let Some(socket) = socket.as_ref().filter(|socket| is_refused(socket)) {
        eprintln!(
            "callback-agent: warning: the service cannot use DB_SOCKET {socket:?}: only a plain path in /tmp or /var/tmp, \
             without `..` and `:`, is passed to it"
        );
    }
    socket.filter(|socket| !is_refused(socket))
}

/// The path of this program for the schedule; an error if the schedule's user cannot run it there.
fn own_program(arguments: &SystemArgs, user: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().map_err(program_not_found)?;
    if let Some(root) = &arguments.root {
        // Packages are built in a directory whose content is later installed to `/`.
        let root = root.canonicalize().unwrap_or_else(|_| root.clone());
        return Ok(program.strip_prefix(root).map_or_else(|_| program.clone(), |path| Path::new("/").join(path)));
    }
    if UNREACHABLE_DIRECTORIES.iter().any(|place| program.starts_with(place)) {
        return Err(Error::new(
            Code::ProgramPlace,
            format!(
                "user {user} cannot run {0} as a service; run: install {0} /usr/local/bin/, and then \
                 /usr/local/bin/callback-agent with the same arguments",
                program.display()
            ),
        ));
    }
    Ok(program)
}

/// The user of a schedule. It must have a name, since systemd and cron accept names only.
fn schedule_user(context: &Context) -> Result<User> {
    let user = match (&context.user, context.location()) {
        (Some(name), _) => User::named(name)?,
        (None, Ok(Location::LibreNms(directory))) => User::owner_of(directory.path())?.ok_or_else(|| {
            let message = format!("{} belongs to root; pass LibreNMS's user with --user", directory.path().display());
            Error::new(Code::UserNotNamed, message)
        })?,
        _ => {
            return Err(Error::new(
                Code::UserNotNamed,
                "pass LibreNMS's user with --user, or its directory with --librenms",
            ));
        }
    };
    if user.is_known {
        return Ok(user);
    }
    Err(Error::new(
        Code::UserUnknown,
        format!(
            "user ID {0} has no name, and systemd and cron need one; create it with: useradd --system --uid {0} \
             --no-create-home librenms",
            user.uid
        ),
    ))
}

pub(super) fn install(context: &Context, arguments: &InstallArgs) -> Result<()> {
    let user = schedule_user(context)?;
    let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
    let schedule = if arguments.cron { Schedule::Cron } else { Schedule::Timer };
    let job = Job {
        user: user.name.clone(),
        program: own_program(&arguments.system, &user.name)?,
        install: librenms_directory_of(context)?.as_ref().map(absolute),
        config: context.config_file.as_ref().map(absolute),
        state: context.config.state.as_ref().filter(|_| arguments.system.root.is_none()).map(absolute),
        socket: socket_of(context),
    };
    let here = arguments.system.root.is_none();
    let was_started = !here || runner::is_started(schedule);
    let directory = state_directory(context, &arguments.system);
    store::directory::check_place(&directory, &user)?;
    let written = write_schedule(&arguments.system, schedule, &job)?;
    let is_new_state = store::directory::make(&directory, &user)?;
    if here && (written.is_some() || !was_started) {
        runner::reload()?;
        runner::start(schedule)?;
    }
    let is_new = written.is_some() || is_new_state || !was_started;
    if arguments.system.output.json {
        let files = schedule.files(&root(&arguments.system), &job)?.into_iter().map(|file| file.path).collect();
        let replaced = written.unwrap_or_default();
        let installed = Installed { schedule: schedule.name(), user: &user.name, files, replaced, state: &directory };
        return output::answer(if is_new { Code::Installed } else { Code::AlreadyInstalled }, &installed);
    }
    if context.quiet {
        return Ok(());
    }
    if !is_new {
        return output::line("Already installed; nothing was changed.");
    }
    let left = user.home.join(".local/state/callback-agent");
    if State::exists(&left) && left != directory && here {
        output::line(&format!(
            "The state in {} is no longer used. To keep its consent and history: mv {0}/* {}",
            left.display(),
            directory.display()
        ))?;
    }
    let files = schedule.files(&root(&arguments.system), &job)?;
    output::line(&format!("Installed to run daily as user {}:", user.name))?;
    output::lines(&files.iter().map(|file| format!("file       {}", file.path.display())).collect::<Vec<_>>())?;
    let replaced = written.unwrap_or_default();
    output::lines(&replaced.iter().map(|path| format!("removed    {}", path.display())).collect::<Vec<_>>())?;
    output::line(&format!("state      {}", directory.display()))?;
    if let Some(run) = next_run(None, false).filter(|_| here) {
        output::line(&format!("first run  {} UTC at the earliest", run.strftime("%Y-%m-%d %H:%M")))?;
    }
    output::line("Nothing is sent until you opt in: run `callback-agent preview`, then `callback-agent enable`.")
}

/// Shows and writes the files of a schedule, and removes those of the other kind. Returns the removed files, or `None`
/// if nothing changed.
fn write_schedule(arguments: &SystemArgs, schedule: Schedule, job: &Job) -> Result<Option<Vec<PathBuf>>> {
    let root = root(arguments);
    let files = schedule.files(&root, job)?;
    let other = schedule.other();
    let replaced = other.paths(&root);
    if replaced.is_empty() && files.iter().all(system::SystemFile::is_there) {
        return Ok(None);
    }
    let json = arguments.output.json;
    let confirmation = Confirmation { yes: arguments.yes, json, otherwise: Otherwise::Unchanged };
    if !arguments.yes {
        let lines = files.iter().flat_map(|file| [format!("--- {}", file.path.display()), file.text.clone()]);
        let removed = replaced.iter().map(|path| format!("--- {} is removed", path.display()));
        confirmation.show(&lines.chain(removed).collect::<Vec<_>>())?;
    }
    confirmation.ask("Write these files?")?;
    files.iter().try_for_each(system::SystemFile::write)?;
    if !replaced.is_empty() && arguments.root.is_none() {
        runner::stop(other)?;
    }
    // `systemctl disable`, if it was called, has removed the link.
    replaced.iter().try_for_each(|path| system::remove(path).map(drop))?;
    Ok(Some(replaced))
}

pub(super) async fn upgrade(context: &Context, arguments: &SystemArgs) -> Result<()> {
    let root = root(arguments);
    let schedule = kept_schedule(arguments);
    let installed = Job::installed(&root);
    let directory = match &installed {
        Some(Job { state: Some(directory), .. }) if arguments.root.is_none() => directory.clone(),
        _ => state_directory(context, arguments),
    };
    let (has_state, json) = (State::exists(&directory), arguments.output.json);
    if has_state {
        // Opening the state migrates it. A state from a newer version is an error.
        State::open(&directory).await?.close().await?;
        if !json {
            output::line("The state is up to date.")?;
        }
    }
    if let Some(schedule) = schedule {
        // Keep the installed job; update only the program and the database's socket.
        let job = match installed {
            Some(job) => Job { program: own_program(arguments, &job.user)?, socket: socket_of(context), ..job },
            None => unread_job(context, arguments, &directory)?,
        };
        let written = write_schedule(arguments, schedule, &job)?;
        if written.is_some() && arguments.root.is_none() {
            runner::reload()?;
        }
        if !json {
            output::line("The schedule is up to date.")?;
        }
    }
    if json {
        let code = if has_state || schedule.is_some() { Code::Upgraded } else { Code::NothingToUpgrade };
        let upgraded = Upgraded { state: has_state.then_some(directory), schedule: schedule.map(Schedule::name) };
        return output::answer(code, &upgraded);
    }
    if !has_state && schedule.is_none() {
        output::line("Nothing to upgrade: there is no state and no schedule.")?;
    }
    Ok(())
}

/// The schedule to keep. If an older version left both kinds, keep the one that this host runs.
fn kept_schedule(arguments: &SystemArgs) -> Option<Schedule> {
    let root = root(arguments);
    let has_cron = !Schedule::Cron.paths(&root).is_empty();
    if has_cron && arguments.root.is_none() && !runner::systemd_runs() {
        return Some(Schedule::Cron);
    }
    Schedule::installed(&root)
}

/// The job built from state and configuration, for a schedule whose files cannot be read.
fn unread_job(context: &Context, arguments: &SystemArgs, directory: &Path) -> Result<Job> {
    let owner = User::owner_of(directory)?.ok_or_else(|| {
        Error::new(Code::ScheduleUnreadable, "cannot read the installed schedule; run `callback-agent install` again")
    })?;
    Ok(Job {
        program: own_program(arguments, &owner.name)?,
        user: owner.name,
        install: librenms_directory_of(context)?,
        config: context.config_file.clone(),
        state: context.config.state.clone().filter(|_| arguments.root.is_none()),
        socket: socket_of(context),
    })
}

pub(super) fn completions(shell: clap_complete::Shell) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "callback-agent", &mut script);
    output::bytes(&script)
}
