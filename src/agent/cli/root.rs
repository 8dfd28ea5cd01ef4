//! What a command that root starts runs as. A report is built, and PHP and Python are started, as LibreNMS's user:
//! whatever root ran there, that user could have written.

use super::Context;
use super::args::{Command, KeyCommand, SecretCommand};
use crate::code::Code;
use crate::config::SYSTEM_STATE;
use crate::error::{Error, Result};
use crate::store::{State, directory};
use crate::system::switch::become_user;
use crate::system::users::{User, is_root};
use std::path::PathBuf;

/// Continues as the user of `--user`, as the owner of the state, or as LibreNMS's; returns where this process already
/// runs as the right user.
pub(super) fn drop_root(context: &Context, command: &Command) -> Result<()> {
    if keeps_root(command) {
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
        make_place(context, &user)?;
    }
    if user.is_root() { Ok(()) } else { become_user(&user) }
}

/// The commands about the system, and those that read nothing but their arguments.
const fn keeps_root(command: &Command) -> bool {
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

/// Whether a command needs a state directory. The others only look, and create none.
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

/// Who runs a command of root's that names no user; nothing where it is about no LibreNMS directory and no other user's
/// state.
fn user_for(context: &Context, command: &Command) -> Result<Option<User>> {
    // By its path alone: what is in it is read by its owner.
    let librenms = context.librenms_directory().filter(|_| is_about_librenms(command));
    let Some(librenms) = librenms else { return elsewhere(context, is_about_librenms(command)) };
    // Not the one in root's home: that is there after any command about a database.
    let state = shared_state(context).filter(|folder| folder.exists());
    if let Some(folder) = &state
        && let Some(owner) = User::owner_of(folder)?
    {
        return Ok(Some(owner));
    }
    match (User::owner_of(&librenms)?, state) {
        (Some(user), None) => {
            tell_of_roots_own_state(context, &user);
            Ok(Some(user))
        }
        // Opting out must always be possible, and the state is root's.
        (Some(_), Some(_)) if matches!(command, Command::Disable { .. }) => Ok(None),
        (Some(user), Some(folder)) => Err(Error::new(
            Code::StateOwner,
            format!(
                "the state directory {0} belongs to root, and {1} to {2}; run: chown -R {2}: {0}",
                folder.display(),
                librenms.display(),
                user.name
            ),
        )),
        // Everything here is root's: `--user root` made the state. Opting out needs nobody to be named.
        (None, Some(_)) => Ok(None),
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

/// Who runs a command about a database, about none, or about a directory that does not look like a LibreNMS: that one is
/// its owner's all the same.
fn elsewhere(context: &Context, is_about_librenms: bool) -> Result<Option<User>> {
    let librenms = context.directory().filter(|_| is_about_librenms);
    let owner = librenms.and_then(|directory| User::owner_of(&directory).ok().flatten());
    let state = match &owner {
        Some(_) => shared_state(context),
        None => context.config.state_folder().ok(),
    };
    let state_owner = match state.filter(|folder| folder.exists()) {
        Some(folder) => User::owner_of(&folder)?,
        None => None,
    };
    Ok(state_owner.or(owner))
}

/// The state directory that root and LibreNMS's user share: the one that was named, or the system's.
fn shared_state(context: &Context) -> Option<PathBuf> {
    let named = context.config.state.clone().or_else(|| std::env::var_os("STATE_DIRECTORY").map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(SYSTEM_STATE)).filter(|folder| folder.is_dir()))
}

/// Says so where an older version kept a state in root's home.
fn tell_of_roots_own_state(context: &Context, user: &User) {
    if let Ok(folder) = context.config.state_folder()
        && State::exists(&folder)
        && folder != home_state(user)
    {
        eprintln!(
            "callback-agent: warning: {} holds a state of root's, which is not used: this runs as {}. To look at it: \
             callback-agent --user root --state {0} history",
            folder.display(),
            user.name
        );
    }
}

fn home_state(user: &User) -> PathBuf {
    user.home.join(".local/state/callback-agent")
}

/// Makes the state directory for a user who could not, unless there is one.
fn make_place(context: &Context, user: &User) -> Result<()> {
    let folder = context.config.state.clone().unwrap_or_else(|| PathBuf::from(SYSTEM_STATE));
    let has_own = context.config.state.is_none() && user.is_known && State::exists(&home_state(user));
    if has_own || folder.exists() || std::env::var_os("STATE_DIRECTORY").is_some() {
        return Ok(());
    }
    if let Some(librenms) = context.librenms_directory()
        && super::is_within(&folder, &librenms)
    {
        // Refused by the command itself.
        return Ok(());
    }
    directory::make(&folder, user).map(drop)
}
