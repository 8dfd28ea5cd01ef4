//! Switches to another user: what root starts runs as LibreNMS's user, with all groups of that user and no privileges
//! of root.

use super::users::User;
use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use nix::unistd::{
    Gid, Uid, getgrouplist, getgroups, getresgid, getresuid, initgroups, setgroups, setresgid, setresuid, setuid,
};
use std::ffi::CString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Replaces this process with the same program and arguments, run as another user.
pub(crate) fn become_user(user: &User) -> Result<()> {
    let program = std::env::current_exe().map_err(program_not_found)?;
    let mut command = Command::new(&program);
    command.args(std::env::args_os().skip(1)).env("USER", &user.name).env("LOGNAME", &user.name);
    // The user cannot write to root's home directory.
    command.env_remove("XDG_STATE_HOME").env_remove("HOME");
    if user.is_known {
        command.env("HOME", &user.home);
    }
    switch(user)?;
    let error = command.exec();
    let message = format!(
        "user {} cannot run {}: {}; put the program into /usr/local/bin",
        user.name,
        program.display(),
        why(&error)
    );
    Err(Error::new(Code::SwitchUserFailed, message).caused_by(error))
}

/// Sets the groups, the primary group and the user ID, and verifies the result.
fn switch(user: &User) -> Result<()> {
    let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
    let failed = |errno: nix::Error| {
        let error = std::io::Error::from(errno);
        Error::new(
            Code::SwitchUserFailed,
            format!("cannot switch to user {}: {}; run this as that user", user.name, why(&error)),
        )
        .caused_by(error)
    };
    let groups = if user.is_known {
        let name = CString::new(user.name.as_str()).map_err(|_| not_switched(user, "the name has a NUL character"))?;
        initgroups(&name, gid).map_err(failed)?;
        getgrouplist(&name, gid).map_err(failed)?
    } else {
        setgroups(&[gid]).map_err(failed)?;
        vec![gid]
    };
    setresgid(gid, gid, gid).map_err(failed)?;
    setresuid(uid, uid, uid).map_err(failed)?;
    let (users, primary) = (getresuid().map_err(failed)?, getresgid().map_err(failed)?);
    if [users.real, users.effective, users.saved] != [uid; 3] {
        return Err(not_switched(user, "the process has a different user ID"));
    }
    if [primary.real, primary.effective, primary.saved] != [gid; 3] {
        return Err(not_switched(user, "the process has a different group ID"));
    }
    if sorted(getgroups().map_err(failed)?) != sorted(groups) {
        return Err(not_switched(user, "the process has different groups"));
    }
    // With kept capabilities, or in a faulty sandbox, this might succeed.
    if setuid(Uid::from_raw(0)).is_ok() {
        return Err(not_switched(user, "the process can still become root"));
    }
    Ok(())
}

fn sorted(groups: Vec<Gid>) -> Vec<u32> {
    let mut groups: Vec<u32> = groups.into_iter().map(Gid::as_raw).collect();
    groups.sort_unstable();
    groups.dedup();
    groups
}

fn not_switched(user: &User, why: &str) -> Error {
    Error::new(
        Code::SwitchUserFailed,
        format!("cannot switch to user {}: {why} after the switch; run this as that user", user.name),
    )
}

/// The error if this process cannot find its own program.
pub(crate) fn program_not_found(error: std::io::Error) -> Error {
    Error::new(Code::ProgramNotFound, format!("cannot find the agent's own program: {}", why(&error))).caused_by(error)
}
