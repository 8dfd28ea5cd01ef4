//! Users of this host, and switching to one: what root starts continues as LibreNMS's user.
//!
//! Users are looked up by the system (NSS), so those of LDAP, SSSD or systemd-homed are found too.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use rustix::process::geteuid;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use uzers::os::unix::UserExt;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The login name.
    pub name: String,
    /// The user ID.
    pub uid: u32,
    /// The ID of the primary group.
    pub gid: u32,
    /// The home directory.
    pub home: PathBuf,
}

impl From<uzers::User> for User {
    fn from(user: uzers::User) -> Self {
        Self {
            name: user.name().to_string_lossy().into_owned(),
            uid: user.uid(),
            gid: user.primary_group_id(),
            home: user.home_dir().to_owned(),
        }
    }
}

impl User {
    /// A user by name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        uzers::get_user_by_name(name).map(Self::from).ok_or_else(|| {
            Error::new(
                Code::UserUnknown,
                format!("user {name:?} does not exist on this host; pass LibreNMS's with --user"),
            )
        })
    }

    /// The user of this process.
    pub(crate) fn own() -> Option<Self> {
        uzers::get_user_by_uid(geteuid().as_raw()).map(Self::from)
    }

    /// The owner of a file or directory; nothing for root.
    pub(crate) fn owner_of(path: &Path) -> Result<Option<Self>> {
        let found = std::fs::metadata(path).map_err(|error| {
            Error::new(Code::FileNotRead, format!("cannot read the owner of {}: {}", path.display(), why(&error)))
                .caused_by(error)
        })?;
        if found.uid() == 0 {
            return Ok(None);
        }
        uzers::get_user_by_uid(found.uid()).map(|user| Some(user.into())).ok_or_else(|| {
            Error::new(
                Code::UserUnknown,
                format!(
                    "{} belongs to user ID {}, which does not exist on this host; change its owner, or check the user \
                     directory (LDAP, SSSD)",
                    path.display(),
                    found.uid()
                ),
            )
        })
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// Continues as another user: the same program with the same arguments replaces this process.
pub(crate) fn become_user(user: &User) -> Result<()> {
    let program = std::env::current_exe().map_err(program_not_found)?;
    let mut command = Command::new(program);
    // That user cannot write to root's home.
    command.env("HOME", &user.home).env("USER", &user.name).env("LOGNAME", &user.name).env_remove("XDG_STATE_HOME");
    let error = command.args(std::env::args_os().skip(1)).uid(user.uid).gid(user.gid).exec();
    let message = format!("cannot switch to user {}: {}", user.name, why(&error));
    Err(Error::new(Code::SwitchUserFailed, message).caused_by(error))
}

/// The error of a process that does not find its own program.
pub(crate) fn program_not_found(error: std::io::Error) -> Error {
    Error::new(Code::ProgramNotFound, format!("cannot find the agent's own program: {}", why(&error))).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_the_system() {
        let root = User::named("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(User::own().map(|user| user.uid), Some(geteuid().as_raw()));
        assert_eq!(User::named("no such user").unwrap_err().code(), Code::UserUnknown);
    }

    #[test]
    fn an_owner_without_a_name_is_an_error_and_not_root() {
        // Tests of the agent run as root: they change owners.
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(987_654), None).unwrap();
        assert_eq!(User::owner_of(folder.path()).unwrap_err().code(), Code::UserUnknown);
        std::os::unix::fs::chown(folder.path(), Some(0), None).unwrap();
        assert_eq!(User::owner_of(folder.path()).unwrap(), None);
    }
}
