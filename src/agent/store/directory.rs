//! The state directory for root: creates it for a user, hands it over, removes it. Every step uses descriptors and follows no
//! symbolic link that another user could have created.

use super::{DATABASE, OWN_NAMES};
use crate::code::Code;
use crate::error::{Error, Result};
use crate::system::users::User;
use crate::system::{STATE_PATH, cannot};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Gid, Mode, OFlags, Stat, Uid, chownat, fchown, fstat, mkdirat, openat, readlinkat,
    statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Maximum number of symbolic links in a path, as in the kernel.
const MAX_LINKS: usize = 40;

/// Maximum depth of the directory of compiled code.
const MAX_DEPTH: usize = 16;

/// The result of removing a state directory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Removal {
    /// There is no such directory.
    Nothing,
    /// It was removed.
    Removed,
    /// The agent's own files were removed. These are not the agent's, and were kept.
    Left(Vec<PathBuf>),
    /// It is not a state directory, so nothing was removed.
    NotState,
}

/// Who else can change the contents of a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writers {
    /// Nobody.
    None,
    /// Others can add files, but cannot replace those of this user or root.
    Sticky,
    /// Others can replace its contents.
    Others,
}

/// What to do if a part of the path is missing, and if others can write to a directory above it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Create it; refuse it.
    Create,
    /// Stop; refuse it.
    Check,
    /// Stop; continue, but follow no symbolic links from there.
    Find,
}

/// Whether a directory already belongs to the user.
fn belongs_to(path: &Path, user: &User) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == user.uid)
}

/// Creates the state directory, private to the user; returns whether anything changed. Files that root left in its own
/// state become the user's, too.
pub(crate) fn make(path: &Path, user: &User) -> Result<bool> {
    if belongs_to(path, user) {
        return Ok(false);
    }
    let Some((parent, name)) = parent_of(path, Way::Create)? else { return Ok(false) };
    match mkdirat(&parent, &name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(cannot("create", path, errno.into())),
    }
    let directory = open(parent.as_fd(), &name, path)?;
    check(directory.as_fd(), path, user)?;
    hand_over(directory.as_fd(), path, user, 0)?;
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    fchown(&directory, Some(uid), Some(gid)).map_err(|errno| cannot("change the owner of", path, errno.into()))?;
    Ok(true)
}

/// Rejects a path that [`make`] would reject. Changes nothing.
pub(crate) fn check_place(path: &Path, user: &User) -> Result<()> {
    if belongs_to(path, user) {
        return Ok(());
    }
    match parent_of(path, Way::Check)? {
        Some((parent, name)) if statat(&parent, &name, AtFlags::SYMLINK_NOFOLLOW).is_ok() => {
            check(open(parent.as_fd(), &name, path)?.as_fd(), path, user)
        }
        _ => Ok(()),
    }
}

/// Rejects a directory that others can write to, and one that is neither empty nor holds only a state.
fn check(directory: BorrowedFd<'_>, path: &Path, user: &User) -> Result<()> {
    let found = fstat(directory).map_err(|errno| cannot("read the owner of", path, errno.into()))?;
    if !is_trusted(&found) || found.st_mode & 0o022 != 0 {
        return Err(untrusted(
            path,
            &format!(
                "belongs to a different user, or other users can write to it; run: chown -R {0}: {1} && chmod go-w {1}",
                user.name,
                path.display()
            ),
        ));
    }
    // From here on only root can change anything in it.
    let names = names_in(directory, path)?;
    if !names.is_empty() && !is_there(directory, DATABASE) {
        let what = format!(
            "is neither empty nor a state directory: it has no {DATABASE}; choose a different one with --state DIR"
        );
        return Err(untrusted(path, &what));
    }
    if let Some(other) = names.iter().find(|name| !is_own(name)) {
        let other = path.join(other);
        return Err(untrusted(path, &format!("has files that are not the agent's; move {} away", other.display())));
    }
    check_entries(directory, path, 0)
}

/// Removes the agent's own files from a state directory, and then the directory.
pub(crate) fn remove(path: &Path) -> Result<Removal> {
    let Some((parent, name)) = parent_of(path, Way::Find)? else { return Ok(Removal::Nothing) };
    match statat(&parent, &name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(Removal::Nothing),
        Err(errno) => return Err(cannot("remove", path, errno.into())),
        Ok(_) => {}
    }
    let directory = open(parent.as_fd(), &name, path)?;
    let names = names_in(directory.as_fd(), path)?;
    // The default directory may contain compiled code without a state.
    if !names.is_empty() && !is_there(directory.as_fd(), DATABASE) && !path.ends_with(STATE_PATH) {
        return Ok(Removal::NotState);
    }
    let (own, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_own(name));
    for name in own {
        remove_entry(directory.as_fd(), &name, &path.join(&name), 0)?;
    }
    if !others.is_empty() {
        return Ok(Removal::Left(others.into_iter().map(|name| path.join(name)).collect()));
    }
    unlinkat(&parent, &name, AtFlags::REMOVEDIR).map_err(|errno| cannot("remove", path, errno.into()))?;
    Ok(Removal::Removed)
}

/// Removes a file, a symbolic link (not its target), or a directory with its contents.
fn remove_entry(above: BorrowedFd<'_>, name: &OsStr, path: &Path, depth: usize) -> Result<()> {
    let failed = |errno: Errno| cannot("remove", path, errno.into());
    let found = statat(above, name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
    if !FileType::from_raw_mode(found.st_mode).is_dir() {
        return unlinkat(above, name, AtFlags::empty()).map_err(failed);
    }
    let directory = open(above, name, path)?;
    if depth == MAX_DEPTH {
        return Err(untrusted(path, "is nested too deeply to be the agent's; remove it yourself"));
    }
    for inner in names_in(directory.as_fd(), path)? {
        remove_entry(directory.as_fd(), &inner, &path.join(&inner), depth + 1)?;
    }
    unlinkat(above, name, AtFlags::REMOVEDIR).map_err(failed)
}

/// Rejects everything except directories and files without further hard links.
fn check_entries(directory: BorrowedFd<'_>, path: &Path, depth: usize) -> Result<()> {
    for name in names_in(directory, path)? {
        let path = path.join(&name);
        let found = statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|errno| cannot("read the owner of", &path, errno.into()))?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory if depth < MAX_DEPTH => {
                check_entries(open(directory, &name, &path)?.as_fd(), &path, depth + 1)?;
            }
            FileType::RegularFile if found.st_nlink == 1 => {}
            _ => return Err(untrusted(&path, "is a link, or not one of the agent's files; remove it")),
        }
    }
    Ok(())
}

/// Changes the owner of everything in a checked directory.
fn hand_over(directory: BorrowedFd<'_>, path: &Path, user: &User, depth: usize) -> Result<()> {
    for name in names_in(directory, path)? {
        let path = path.join(&name);
        let failed = |errno: Errno| cannot("change the owner of", &path, errno.into());
        let found = statat(directory, &name, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
        if FileType::from_raw_mode(found.st_mode).is_dir() && depth < MAX_DEPTH {
            hand_over(open(directory, &name, &path)?.as_fd(), &path, user, depth + 1)?;
        }
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        chownat(directory, &name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
    }
    Ok(())
}

/// The directory above a path, and the path's last part; `None` if a part is missing and not created.
fn parent_of(path: &Path, way: Way) -> Result<Option<(OwnedFd, OsString)>> {
    let absolute = std::path::absolute(path).map_err(|error| cannot("find", path, error))?;
    let (Some(above), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(untrusted(path, "cannot be a state directory; choose a different one with --state DIR"));
    };
    let (mut left, mut links) = (parts(above), 0);
    let (mut shown, mut directory) = (PathBuf::from("/"), root(path)?);
    let mut is_safe = true;
    loop {
        let writers = writers(directory.as_fd()).map_err(|errno| cannot("read the owner of", &shown, errno.into()))?;
        is_safe &= writers != Writers::Others;
        if !is_safe && way != Way::Find {
            let what = format!(
                "is below {0}, where a user other than root can replace it; choose a different one with --state DIR, \
                 or let only root write to {0} (chown root, chmod go-w)",
                shown.display()
            );
            return Err(untrusted(path, &what));
        }
        let Some(part) = left.pop_front() else { break };
        let place = shown.join(&part);
        match enter(directory.as_fd(), &part, way) {
            Ok(next) => (directory, shown) = (next, place),
            Err(Errno::NOENT) if way != Way::Create => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) if is_safe && links < MAX_LINKS => {
                let target = target_of(directory.as_fd(), &part).ok_or_else(|| {
                    untrusted(path, &format!("is below {}, which is not a directory", place.display()))
                })?;
                links += 1;
                if target.is_absolute() {
                    (directory, shown) = (root(path)?, PathBuf::from("/"));
                }
                parts(&target).into_iter().rev().for_each(|part| left.push_front(part));
            }
            Err(Errno::LOOP | Errno::NOTDIR) => {
                let what = format!(
                    "is below {}, which is a symbolic link or not a directory; pass its real path",
                    place.display()
                );
                return Err(untrusted(path, &what));
            }
            Err(errno) => return Err(cannot("create", &place, errno.into())),
        }
    }
    Ok(Some((directory, name.to_owned())))
}

fn root(path: &Path) -> Result<OwnedFd> {
    openat(CWD, "/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|errno| cannot("find", path, errno.into()))
}

/// The parts of a path, without its root; `..` is kept, for the kernel to resolve.
fn parts(path: &Path) -> VecDeque<OsString> {
    let is_part = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(is_part).map(|part| part.as_os_str().to_owned()).collect()
}

/// Opens the next directory of a path, and creates it if `way` says so.
fn enter(above: BorrowedFd<'_>, name: &OsStr, way: Way) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(above, name, flags, Mode::empty()) {
        Err(Errno::NOENT) if way == Way::Create => {
            match mkdirat(above, name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno),
            }
            openat(above, name, flags, Mode::empty())
        }
        opened => opened,
    }
}

/// The target of a symbolic link that belongs to root or to this user.
fn target_of(directory: BorrowedFd<'_>, name: &OsStr) -> Option<PathBuf> {
    let found = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok().filter(is_trusted)?;
    let target =
        FileType::from_raw_mode(found.st_mode).is_symlink().then(|| readlinkat(directory, name, Vec::new()))?;
    Some(PathBuf::from(OsString::from_vec(target.ok()?.into_bytes())))
}

fn writers(directory: BorrowedFd<'_>) -> rustix::io::Result<Writers> {
    let found = fstat(directory)?;
    Ok(match found.st_mode {
        _ if !is_trusted(&found) => Writers::Others,
        mode if mode & 0o022 == 0 => Writers::None,
        mode if mode & 0o1000 != 0 => Writers::Sticky,
        _ => Writers::Others,
    })
}

/// Whether it belongs to root or to this user.
fn is_trusted(found: &Stat) -> bool {
    found.st_uid == 0 || found.st_uid == geteuid().as_raw()
}

/// Opens a directory to list it; rejects a symbolic link.
fn open(above: BorrowedFd<'_>, name: &OsStr, path: &Path) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(above, name, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::LOOP | Errno::NOTDIR => {
            untrusted(path, "is a symbolic link or not a directory; pass the directory itself with --state DIR")
        }
        _ => cannot("read", path, errno.into()),
    })
}

fn names_in(directory: BorrowedFd<'_>, path: &Path) -> Result<Vec<OsString>> {
    let failed = |errno: Errno| cannot("read", path, errno.into());
    let mut names = Vec::new();
    for entry in Dir::read_from(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(OsString::from_vec(name));
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn is_own(name: &OsStr) -> bool {
    OWN_NAMES.iter().any(|own| name == *own)
}

fn is_there(directory: BorrowedFd<'_>, name: &str) -> bool {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_file())
}

fn untrusted(path: &Path, what: &str) -> Error {
    Error::new(Code::StateUntrusted, format!("{} {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    const NOBODY: u32 = 65534;

    fn user() -> User {
        User { uid: NOBODY, gid: NOBODY, ..User::named("root").unwrap() }
    }

    fn owner(path: &Path) -> u32 {
        path.symlink_metadata().unwrap().uid()
    }

    /// A state with compiled code.
    fn state(path: &Path) {
        std::fs::create_dir_all(path.join("compiled/a")).unwrap();
        for name in [DATABASE, "lock", "compiled/a/code"] {
            std::fs::write(path.join(name), "").unwrap();
        }
    }

    fn refused(path: &Path) {
        assert_eq!(make(path, &user()).map_err(|error| error.code()), Err(Code::StateUntrusted), "{}", path.display());
    }

    #[test]
    fn files_that_root_left_in_a_state_become_the_users() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("state");
        state(&path);
        assert!(make(&path, &user()).unwrap());
        for inner in ["", DATABASE, "lock", "compiled", "compiled/a", "compiled/a/code"] {
            assert_eq!(owner(&path.join(inner)), NOBODY, "{inner}");
        }
        assert!(!make(&path, &user()).unwrap(), "nothing was left to do");
    }

    #[test]
    fn a_state_with_links_or_files_of_others_is_not_handed_over() {
        let above = tempfile::tempdir().unwrap();
        let outside = above.path().join("outside");
        std::fs::write(&outside, "").unwrap();
        for (at, is_link) in [("off", true), ("compiled/link", true), ("passwd", false)] {
            let path = above.path().join(at.replace('/', "-"));
            state(&path);
            match is_link {
                true => symlink(&outside, path.join(at)).unwrap(),
                false => std::fs::write(path.join(at), "").unwrap(),
            }
            refused(&path);
            assert_eq!((owner(&path), owner(&path.join(DATABASE)), owner(&outside)), (0, 0, 0), "{at}");
        }
        let path = above.path().join("hard");
        state(&path);
        std::fs::hard_link(&outside, path.join("off")).unwrap();
        refused(&path);
        // No state at all.
        refused(above.path());
    }

    #[test]
    fn a_directory_that_another_user_could_have_put_there_is_not_handed_over() {
        let above = tempfile::tempdir().unwrap();
        let (theirs, victim) = (above.path().join("theirs"), above.path().join("victim"));
        for path in [&theirs, &victim] {
            std::fs::create_dir(path).unwrap();
        }
        state(&victim.join("state"));
        symlink(&victim, theirs.join("link")).unwrap();
        symlink(victim.join("state"), above.path().join("link")).unwrap();
        refused(&above.path().join("link"));
        chown(&theirs, Some(NOBODY - 1), None).unwrap();
        for path in ["new", "link", "link/state", "link/new"] {
            refused(&theirs.join(path));
        }
        chown(&theirs, Some(0), None).unwrap();
        std::fs::set_permissions(&theirs, Permissions::from_mode(0o777)).unwrap();
        refused(&theirs.join("new"));
        // Root created it in a directory like /tmp, so nobody else can have replaced it.
        std::fs::set_permissions(&theirs, Permissions::from_mode(0o1777)).unwrap();
        assert!(make(&theirs.join("new"), &user()).unwrap());
        assert_eq!((owner(&victim), owner(&victim.join("state"))), (0, 0));
        // A link that belongs to root, where only root can write.
        symlink(&victim, above.path().join("data")).unwrap();
        assert!(make(&above.path().join("data/more/state"), &user()).unwrap());
        assert_eq!((owner(&victim.join("more/state")), owner(&victim.join("more"))), (NOBODY, 0));
    }

    #[test]
    fn only_the_agents_own_files_are_removed() {
        let above = tempfile::tempdir().unwrap();
        let (path, outside) = (above.path().join("state"), above.path().join("outside"));
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("kept"), "").unwrap();
        assert_eq!(remove(&path).unwrap(), Removal::Nothing);
        assert_eq!(remove(&outside).unwrap(), Removal::NotState);
        state(&path);
        symlink(&outside, path.join("compiled/link")).unwrap();
        symlink(&outside, path.join("off")).unwrap();
        std::fs::write(path.join("mine"), "").unwrap();
        assert_eq!(remove(&path).unwrap(), Removal::Left(vec![path.join("mine")]));
        assert!(outside.join("kept").exists() && !path.join(DATABASE).exists());
        assert_eq!(remove(&path).unwrap(), Removal::NotState);
        std::fs::remove_file(path.join("mine")).unwrap();
        assert_eq!(remove(&path).unwrap(), Removal::Removed);
        symlink(&outside, &path).unwrap();
        assert_eq!(remove(&path).unwrap_err().code(), Code::StateUntrusted);
    }
}
