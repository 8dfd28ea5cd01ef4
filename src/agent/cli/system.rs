//! The commands about the host: install, upgrade, manual pages and completions.

use super::args::{Cli, InstallArgs, SystemArgs};
use super::{Context, output};
use crate::code::Code;
use crate::config::SYSTEM_STATE;
use crate::error::{Error, Result};
use crate::librenms::Location;
use crate::librenms::database::Database;
use crate::store::{State, directory};
use crate::system::switch::program_not_found;
use crate::system::users::User;
use crate::system::{self, Job, Schedule, runner, schedule};
use clap::CommandFactory;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where no other user's service can run a program, or where it sees none.
const NO_PLACES: [&str; 5] = ["/root", "/home", "/tmp", "/var/tmp", "/run/user"];

/// What was installed, as JSON.
#[derive(Serialize)]
struct Installed<'a> {
    schedule: &'a str,
    user: &'a str,
    files: Vec<PathBuf>,
    replaced: Vec<PathBuf>,
    state: &'a Path,
}

/// What is up to date now, as JSON.
#[derive(Serialize)]
struct Upgraded<'a> {
    state: Option<PathBuf>,
    schedule: Option<&'a str>,
}

pub(super) fn root(arguments: &SystemArgs) -> PathBuf {
    arguments.root.clone().unwrap_or_else(|| PathBuf::from("/"))
}

/// The state directory of this host, or of the one under the root that was named.
pub(super) fn state_folder(context: &Context, arguments: &SystemArgs) -> PathBuf {
    match (&arguments.root, &context.config.state) {
        (Some(root), _) => system::state_folder(root),
        (None, Some(folder)) => folder.clone(),
        (None, None) => PathBuf::from(SYSTEM_STATE),
    }
}

/// The directory that the files name; a database is named in the configuration, never in a file that everyone may read.
fn folder_of(context: &Context) -> Option<PathBuf> {
    match context.location() {
        Ok(Location::LibreNms(folder)) if context.config.install.is_none() => Some(folder.path().to_owned()),
        _ => None,
    }
}

/// The socket of LibreNMS's database, as far as its settings can be read.
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

/// The program that the files name: this one, refused where the schedule's user cannot run it.
fn own_program(arguments: &SystemArgs, user: &str) -> Result<PathBuf> {
    let program = std::env::current_exe().map_err(program_not_found)?;
    if let Some(root) = &arguments.root {
        // Packages are made in a directory that becomes the root later.
        let root = root.canonicalize().unwrap_or_else(|_| root.clone());
        return Ok(program.strip_prefix(root).map_or_else(|_| program.clone(), |path| Path::new("/").join(path)));
    }
    if NO_PLACES.iter().any(|place| program.starts_with(place)) {
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

/// The user that a schedule runs as: one with a name, since neither systemd nor cron knows others.
fn schedule_user(context: &Context) -> Result<User> {
    let user = match (&context.user, context.location()) {
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
        install: folder_of(context).as_ref().map(absolute),
        config: context.config_file.as_ref().map(absolute),
        state: context.config.state.as_ref().filter(|_| arguments.system.root.is_none()).map(absolute),
        socket: socket_of(context),
    };
    let here = arguments.system.root.is_none();
    let was_started = !here || runner::is_started(schedule);
    let folder = state_folder(context, &arguments.system);
    directory::check_place(&folder, &user)?;
    let written = write_schedule(&arguments.system, schedule, &job)?;
    let is_new_state = directory::make(&folder, &user)?;
    if here && (written.is_some() || !was_started) {
        runner::reload()?;
        runner::start(schedule)?;
    }
    let is_new = written.is_some() || is_new_state || !was_started;
    if arguments.system.output.json {
        let files = schedule.files(&root(&arguments.system), &job)?.into_iter().map(|file| file.path).collect();
        let replaced = written.unwrap_or_default();
        let installed = Installed { schedule: schedule.name(), user: &user.name, files, replaced, state: &folder };
        return output::answer(if is_new { Code::Installed } else { Code::AlreadyInstalled }, &installed);
    }
    if context.quiet {
        return Ok(());
    }
    if !is_new {
        return output::line("Already installed; nothing was changed.");
    }
    let left = user.home.join(".local/state/callback-agent");
    if State::exists(&left) && left != folder && here {
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

/// Writes the files of a schedule and removes the other kind's, after showing them. Returns what was removed; nothing
/// where all was so already.
fn write_schedule(arguments: &SystemArgs, schedule: Schedule, job: &Job) -> Result<Option<Vec<PathBuf>>> {
    let root = root(arguments);
    let files = schedule.files(&root, job)?;
    let other = schedule.other();
    let replaced = other.paths(&root);
    if replaced.is_empty() && files.iter().all(system::SystemFile::is_there) {
        return Ok(None);
    }
    if !arguments.yes {
        let lines = files.iter().flat_map(|file| [format!("--- {}", file.path.display()), file.text.clone()]);
        let removed = replaced.iter().map(|path| format!("--- {} is removed", path.display()));
        output::before_asking(&lines.chain(removed).collect::<Vec<_>>(), arguments.output.json, false)?;
    }
    output::agreed(arguments.yes, "Write these files?")?;
    files.iter().try_for_each(system::SystemFile::write)?;
    if !replaced.is_empty() && arguments.root.is_none() {
        runner::stop(other)?;
    }
    // The link went with `systemctl disable`, where that was called.
    replaced.iter().try_for_each(|path| system::remove(path).map(drop))?;
    Ok(Some(replaced))
}

pub(super) async fn upgrade(context: &Context, arguments: &SystemArgs) -> Result<()> {
    let root = root(arguments);
    let schedule = kept_schedule(arguments);
    let installed = Job::installed(&root);
    let folder = match &installed {
        Some(Job { state: Some(folder), .. }) if arguments.root.is_none() => folder.clone(),
        _ => state_folder(context, arguments),
    };
    let (has_state, json) = (State::exists(&folder), arguments.output.json);
    if has_state {
        // Opening it brings it up to date; one of a newer version is refused.
        State::open(&folder).await?.close().await?;
        if !json {
            output::line("The state is up to date.")?;
        }
    }
    if let Some(schedule) = schedule {
        // Everything but the program and the database's socket stays as it was installed.
        let job = match installed {
            Some(job) => Job { program: own_program(arguments, &job.user)?, socket: socket_of(context), ..job },
            None => unread_job(context, arguments, &folder)?,
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
        let upgraded = Upgraded { state: has_state.then_some(folder), schedule: schedule.map(Schedule::name) };
        return output::answer(code, &upgraded);
    }
    if !has_state && schedule.is_none() {
        output::line("Nothing to upgrade: there is no state and no schedule.")?;
    }
    Ok(())
}

/// The schedule to keep: of two that an older version left, the one that something here runs.
fn kept_schedule(arguments: &SystemArgs) -> Option<Schedule> {
    let root = root(arguments);
    let has_cron = !Schedule::Cron.paths(&root).is_empty();
    if has_cron && arguments.root.is_none() && !runner::systemd_runs() {
        return Some(Schedule::Cron);
    }
    Schedule::installed(&root)
}

/// The job of a schedule whose files cannot be read, from the state and the configuration.
fn unread_job(context: &Context, arguments: &SystemArgs, folder: &Path) -> Result<Job> {
    let owner = User::owner_of(folder)?.ok_or_else(|| {
        Error::new(Code::ScheduleUnreadable, "cannot read the installed schedule; run `callback-agent install` again")
    })?;
    Ok(Job {
        program: own_program(arguments, &owner.name)?,
        user: owner.name,
        install: folder_of(context),
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
