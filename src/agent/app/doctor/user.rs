//! The check of the user that the agent runs as.

use super::DoctorRequest;
use super::findings::{Findings, Found};
use crate::code::Code;
use crate::librenms::Location;
use crate::system::users::{User, is_root};
use callback_protocol::agent_api::CheckArea;
use rustix::process::geteuid;

const AREA: CheckArea = CheckArea::User;

pub(super) fn check(request: &DoctorRequest<'_>, findings: &mut Findings) {
    let own = User::own();
    let uid = geteuid().as_raw();
    let subject = match &own {
        Some(user) => format!("{} (uid {uid})", user.name),
        None => format!("uid {uid}"),
    };
    let found = match (&request.root_error, &own) {
        (Some(error), _) => Found::from(error),
        (None, _) if is_root() => {
            Found::warning(Code::RunsAsRoot, "the agent runs as root, since the state or LibreNMS belongs to root")
                .remedy("run it as LibreNMS's user, and make that user the owner of both directories")
        }
        (None, None) => Found::warning(Code::UserUnknown, "this user ID has no name on this host")
            .remedy("check the user directory (LDAP, SSSD), or /etc/passwd"),
        (None, Some(_)) => Found::ok("not root"),
    };
    findings.add(AREA, "user", subject, found);

    let Ok(Location::LibreNms(directory)) = &request.location else { return };
    let path = directory.path();
    let found = match User::owner_of(path) {
        Err(error) => Found::from(&error),
        Ok(None) => Found::note(Code::CheckNoted, "belongs to root, so `install` needs --user"),
        Ok(Some(owner)) if owner.uid == uid => {
            Found::ok(format!("belongs to {}, the user that runs the agent", owner.name))
        }
        Ok(Some(owner)) => Found::note(
            Code::CheckNoted,
            format!("belongs to {}, but the agent runs as a different user, who needs read access", owner.name),
        ),
    };
    findings.add(AREA, "librenms-owner", path.display().to_string(), found);
}
