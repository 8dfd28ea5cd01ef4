//! Users of this machine, and becoming one: what root starts goes on as LibreNMS's user.

use crate::error::{Error, Result};
use crate::files::why;
use rustix::process::geteuid;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The login name.
    pub name: String,
    /// The number.
    pub uid: u32,
    /// The number of the main group.
    pub gid: u32,
    /// The home folder.
    pub home: PathBuf,
}

/// The first user of /etc/passwd that `wanted` says yes to.
fn find(wanted: impl Fn(&User) -> bool) -> Option<User> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, uid, gid, _) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?, fields.next());
        let home = PathBuf::from(fields.next().unwrap_or_default());
        let user = User { name: name.to_owned(), uid: uid.parse().ok()?, gid: gid.parse().ok()?, home };
        wanted(&user).then_some(user)
    })
}

impl User {
    /// A user by name.
    ///
    /// # Errors
    /// [`Error::Config`] if there is none.
    pub fn named(name: &str) -> Result<Self> {
        find(|user| user.name == name)
            .ok_or_else(|| Error::Config("there is no such user on this machine; name LibreNMS's with --user".into()))
    }

    /// The user of this process.
    #[must_use]
    pub fn own() -> Option<Self> {
        let uid = geteuid().as_raw();
        find(|user| user.uid == uid)
    }

    /// The owner of a file or folder, unless that is root.
    #[must_use]
    pub fn owner_of(path: &Path) -> Option<Self> {
        let uid = std::fs::metadata(path).ok()?.uid();
        find(|user| user.uid == uid && uid != 0)
    }
}

/// Whether this process is root's.
#[must_use]
pub fn is_root() -> bool {
    geteuid().is_root()
}

/// Goes on as another user: the same program with the same arguments takes the place of this process.
///
/// # Errors
/// [`Error::Io`] if it cannot be started; otherwise it does not come back.
pub fn become_user(user: &User) -> Result<()> {
    let program = std::env::current_exe()
        .map_err(|error| Error::Io(format!("the agent's own program cannot be found: {}", why(&error))))?;
    let mut command = Command::new(program);
    // Root's home is no place for that user's files.
    command.env("HOME", &user.home).env("USER", &user.name).env("LOGNAME", &user.name).env_remove("XDG_STATE_HOME");
    let error = command.args(std::env::args_os().skip(1)).uid(user.uid).gid(user.gid).exec();
    Err(Error::Io(format!("the agent cannot go on as LibreNMS's user: {}", why(&error))))
}
