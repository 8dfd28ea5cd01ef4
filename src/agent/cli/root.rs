//! Drops root. Reports are built, and PHP and Python are run, as LibreNMS's user: that user could have written the
//! files that root would otherwise execute.

use super::Context;
use super::args::{Command, KeyCommand, SecretCommand};
use crate::code::Code;
use crate::config::SYSTEM_STATE;
use crate::error::{Error, Result};
use crate::files::{not_a_directory, why};
use crate::store::{State, directory};
use crate::system::switch::{become_user, program_not_found};
use crate::system::users::{User, is_root};
use std::path::{Path, PathBuf};

/// Switches to the user of `--user`, the owner of the state, or LibreNMS's user. Returns if this process already runs
/// as that user.
pub(super) fn drop_root(context: &Context, command: &Command) -> Result<()> {
    if stays_root(command) {
        return Ok(());
    }
    let named = context.user.as_deref().map(User::named).transpose()?;
    if !is_root() {
        return match named {
            Some(user) if user.uid != rustix::process::geteuid().as_raw() => Err(Error::new(
                Code::SwitchUserFailed,
                format!("cannot switch to user {}: --user needs root; run this as that user", user.name),
            )),
            _ => Ok(()),
        };
    }
    let user = match named {
        Some(user) => Some(user),
        None => user_for(context, command)?,
    };
    let Some(user) = user else { return Ok(()) };
    if writes_state(command) {
        let made = create_state_directory(context, &user)?;
        if let (Some(directory), Command::Enable(arguments)) = (made, command)
            && !arguments.yes
            && !user.is_root()
        {
            return ask_and_clean_up(&directory);
        }
    }
    if user.is_root() { Ok(()) } else { become_user(&user) }
}

/// Commands that need root, and commands that read nothing but their arguments.
const fn stays_root(command: &Command) -> bool {
    matches!(
        command,
        Command::Install(_)
            | Command::Upgrade(_)
            | Command::Uninstall(_)
            | Command::Config(_)
            | Command::Man { .. }
            | Command::Completions { .. }
    )
}

/// Whether a command is about a LibreNMS or the reports of one.
const fn is_about_librenms(command: &Command) -> bool {
    !matches!(
        command,
        Command::Upload { .. } | Command::Sanitise { .. } | Command::Module { .. } | Command::Dictionary { .. }
    )
}

/// Whether a command needs a state directory. Other commands only read it, and do not create one.
const fn writes_state(command: &Command) -> bool {
    matches!(
        command,
        Command::Serve(_)
            | Command::Submit(_)
            | Command::Receipt { .. }
            | Command::Enable(_)
            | Command::Disable { .. }
            | Command::Clear(_)
            | Command::Secret(SecretCommand::Import { .. })
            | Command::Key(KeyCommand::Accept { .. })
    )
}

/// The user for a command that root starts without `--user`. `None` if it concerns neither a LibreNMS directory nor
/// another user's state.
fn user_for(context: &Context, command: &Command) -> Result<Option<User>> {
    // Only its path is used: its content is read as its owner.
    let librenms = context.librenms_directory().filter(|_| is_about_librenms(command));
    let Some(librenms) = librenms else { return user_without_directory(context, is_about_librenms(command)) };
    // Not the one in root's home, which any command about a database creates.
    let state = shared_state(context).filter(|directory| directory.exists());
    if let Some(directory) = state.as_ref().filter(|directory| !directory.is_dir()) {
        return Err(not_a_directory(directory));
    }
    if let Some(directory) = &state
        && let Some(owner) = User::owner_of(directory)?
    {
        return Ok(Some(owner));
    }
    match (User::owner_of(&librenms)?, state) {
        (Some(user), None) => {
            warn_about_state_of_root(context, &user);
            Ok(Some(user))
        }
        // Opting out must always be possible, and the state is root's.
        (Some(_), Some(_)) if matches!(command, Command::Disable { .. }) => Ok(None),
        (Some(user), Some(directory)) => Err(Error::new(
            Code::StateOwner,
            format!(
                "the state directory {0} belongs to root, and {1} to {2}; run: chown -R {2}: {0}",
                directory.display(),
                librenms.display(),
                user.name
            ),
        )),
        // Everything belongs to root: the state was created with `--user root`.
        (None, Some(_)) => Ok(None),
        // Opting out must work without --user.
        (None, None) if matches!(command, Command::Disable { .. }) => User::named("0").map(Some),
        (None, None) => Err(Error::new(
            Code::UserNotNamed,
            format!(
                "{} belongs to root; pass LibreNMS's user with --user, or --user root if there is no other",
                librenms.display()
            ),
        )),
    }
}

/// The user for a command about a database, about no LibreNMS, or about a directory that does not look like a LibreNMS
/// but still has an owner.
fn user_without_directory(context: &Context, is_about_librenms: bool) -> Result<Option<User>> {
    let librenms = context.directory().filter(|_| is_about_librenms);
    let owner = librenms.and_then(|directory| User::owner_of(&directory).ok().flatten());
    let state = match &owner {
        Some(_) => shared_state(context),
        None => context.config.state_directory().ok(),
    };
    let state_owner = match state.filter(|directory| directory.exists()) {
        Some(directory) => User::owner_of(&directory)?,
        None => None,
    };
    Ok(state_owner.or(owner))
}

/// The state directory that root and LibreNMS's user share: the named one, or the system's.
fn shared_state(context: &Context) -> Option<PathBuf> {
    let named = context.config.state.clone().or_else(|| std::env::var_os("STATE_DIRECTORY").map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(SYSTEM_STATE)).filter(|directory| directory.is_dir()))
}

/// Warns if an older version kept its state in root's home.
fn warn_about_state_of_root(context: &Context, user: &User) {
    if let Ok(directory) = context.config.state_directory()
        && State::exists(&directory)
        && directory != home_state(user)
    {
        eprintln!(
            "callback-agent: warning: {} contains a state that belongs to root and is not used: this runs as {}. To \
             look at it: callback-agent --user root --state {0} history",
            directory.display(),
            user.name
        );
    }
}

fn home_state(user: &User) -> PathBuf {
    user.home.join(".local/state/callback-agent")
}

/// Creates the state directory for a user without permission to create it, unless it exists; returns it if it was
/// created.
fn create_state_directory(context: &Context, user: &User) -> Result<Option<PathBuf>> {
    let directory = context.config.state.clone().unwrap_or_else(|| PathBuf::from(SYSTEM_STATE));
    let has_own = context.config.state.is_none() && user.is_known && State::exists(&home_state(user));
    if has_own || directory.exists() || std::env::var_os("STATE_DIRECTORY").is_some() {
        return Ok(None);
    }
    if let Some(librenms) = context.librenms_directory()
        && super::is_within(&directory, &librenms)
    {
        // The command itself reports this error.
        return Ok(None);
    }
    directory::make(&directory, user)?;
    Ok(Some(directory))
}

/// Runs the same command again, which now finds its state directory, and removes that directory if the admin declined.
fn ask_and_clean_up(directory: &Path) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::new(Code::SwitchUserFailed, format!("cannot run the agent's own program: {}", why(&error)))
            .caused_by(error)
    };
    let program = std::env::current_exe().map_err(program_not_found)?;
    let status = std::process::Command::new(program).args(std::env::args_os().skip(1)).status().map_err(failed)?;
    // Removes only an empty directory: if the admin agreed, it contains a state.
    let _ = std::fs::remove_dir(directory);
    std::process::exit(status.code().unwrap_or(1))
}
