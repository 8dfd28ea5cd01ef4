//! Users of this host.
//!
//! Users are looked up through the system (NSS), so users of LDAP, SSSD or systemd-homed are found, too.

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use rustix::process::geteuid;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use uzers::os::unix::UserExt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// The login name; without one, the user ID in digits.
    pub name: String,
    /// The user ID.
    pub uid: u32,
    /// The ID of the primary group.
    pub gid: u32,
    /// The home directory.
    pub home: PathBuf,
    /// Whether the system knows the user's name, and so its groups and home directory.
    pub is_known: bool,
}

impl From<uzers::User> for User {
    fn from(user: uzers::User) -> Self {
        Self {
            name: user.name().to_string_lossy().into_owned(),
            uid: user.uid(),
            gid: user.primary_group_id(),
            home: user.home_dir().to_owned(),
            is_known: true,
        }
    }
}

impl User {
    /// A user by name or user ID, or by `UID:GID` for a user without a name.
    pub(crate) fn named(name: &str) -> Result<Self> {
        if let Some(user) = uzers::get_user_by_name(name) {
            return Ok(user.into());
        }
        let ids = name.split_once(':').map(|(uid, gid)| (uid.parse(), gid.parse()));
        if let Some((Ok(uid), Ok(gid))) = ids {
            return Ok(Self::without_name(uid, gid));
        }
        name.parse().ok().and_then(uzers::get_user_by_uid).map(Self::from).ok_or_else(|| {
            Error::new(
                Code::UserUnknown,
                format!("user {name:?} does not exist on this host; pass LibreNMS's with --user, as NAME or UID:GID"),
            )
        })
    }

    fn without_name(uid: u32, gid: u32) -> Self {
        Self { name: uid.to_string(), uid, gid, home: PathBuf::from("/"), is_known: false }
    }

    /// The user of this process.
    pub(crate) fn own() -> Option<Self> {
        uzers::get_user_by_uid(geteuid().as_raw()).map(Self::from)
    }

    /// The owner of a file or directory; `None` for root.
    pub(crate) fn owner_of(path: &Path) -> Result<Option<Self>> {
        let found = std::fs::metadata(path).map_err(|error| {
            Error::new(Code::FileNotRead, format!("cannot read the owner of {}: {}", path.display(), why(&error)))
                .caused_by(error)
        })?;
        if found.uid() == 0 {
            return Ok(None);
        }
        // Do not guess: without the name, the groups are unknown. An unavailable user directory looks the same.
        uzers::get_user_by_uid(found.uid()).map(|user| Some(user.into())).ok_or_else(|| {
            Error::new(
                Code::UserUnknown,
                format!(
                    "{} belongs to user ID {uid}, which has no name on this host; check the user directory (LDAP, SSSD), or \
                     pass --user {uid}:{}",
                    path.display(),
                    found.gid(),
                    uid = found.uid()
                ),
            )
        })
    }

    pub(crate) const fn is_root(&self) -> bool {
        self.uid == 0
    }
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// The user who started `sudo` or `doas`. The default of `--who`.
pub(crate) fn invoking_user() -> Option<String> {
    ["SUDO_USER", "DOAS_USER"].into_iter().find_map(|name| std::env::var(name).ok().filter(|user| !user.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_looked_up_by_the_system() {
        let root = User::named("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(User::own().map(|user| user.uid), Some(geteuid().as_raw()));
        assert_eq!(User::named("no such user").unwrap_err().code(), Code::UserUnknown);
    }

    #[test]
    fn a_user_without_a_name_is_specified_by_ids() {
        assert_eq!(User::named("0").unwrap().name, "root");
        let user = User::named("987654:987655").unwrap();
        assert_eq!((user.uid, user.gid, user.is_known), (987_654, 987_655, false));
        for unknown in ["987654", "987654:", ":1", "-1:1", "1:1:1", ""] {
            assert_eq!(User::named(unknown).unwrap_err().code(), Code::UserUnknown, "{unknown}");
        }
    }

    #[test]
    fn an_owner_without_a_name_is_an_error_and_not_root() {
        // The agent's tests run as root, because they change owners.
        let directory = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(directory.path(), Some(987_654), None).unwrap();
        assert_eq!(User::owner_of(directory.path()).unwrap_err().code(), Code::UserUnknown);
        std::os::unix::fs::chown(directory.path(), Some(0), None).unwrap();
        assert_eq!(User::owner_of(directory.path()).unwrap(), None);
    }
}
