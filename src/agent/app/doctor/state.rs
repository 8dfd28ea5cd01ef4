//! Checks of the state directory: owner, mode, free space and integrity.

use super::DoctorRequest;
use super::findings::{Findings, Found};
use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::files::why;
use crate::store::consent::Consent;
use crate::store::ledger::chain::verify;
use crate::store::ledger::{self, Entry};
use crate::store::lock::RunLock;
use crate::store::pending_clear::Pending;
use crate::store::{DATABASE, State};
use crate::submit::{held_up, random_delay};
use callback_common::display::counted;
use callback_protocol::agent_api::CheckArea;
use rustix::fs::{Access, access, statvfs};
use rustix::process::geteuid;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

const AREA: CheckArea = CheckArea::User;

/// Free space below which `doctor` warns, and below which it reports a problem.
const LITTLE_SPACE: u64 = 100 << 20;
const NO_SPACE: u64 = 4 << 20;

/// The content of the state, as far as it can be read.
#[derive(Default)]
pub(super) struct Remembered {
    /// The open state; `None` if it does not exist yet or cannot be read.
    pub(super) state: Option<State>,
    /// The recorded consent.
    pub(super) consent: Option<Consent>,
    pub(super) pending: Option<Pending>,
    pub(super) entries: Vec<Entry>,
    /// Why a report that the settings allow is not sent.
    pub(super) held_up: Option<Reason>,
    /// Whether a run is in progress.
    pub(super) in_progress: bool,
    /// The seed of this install's random delay.
    pub(super) seed: Option<String>,
    /// Why the content is unknown.
    pub(super) missing: Option<String>,
}

impl Remembered {
    fn unknown(because: &str) -> Self {
        Self { missing: Some(because.to_owned()), ..Self::default() }
    }

    /// A state without a database: nobody has opted in. The file `off` still applies.
    fn nothing(directory: &Path) -> Self {
        let consent = if State::has_off_file(directory) { Consent::Off(None) } else { Consent::NeverAsked };
        Self { consent: Some(consent), ..Self::default() }
    }
}

pub(super) async fn check(request: &DoctorRequest<'_>, findings: &mut Findings) -> Remembered {
    const REST: [&str; 3] = ["state-space", "state-database", "ledger"];
    let directory = match &request.state {
        Ok(directory) => directory,
        Err(error) => {
            findings.add(AREA, "state-directory", &request.state_from, Found::from(error));
            findings.skip(AREA, &REST, &request.state_from, "there is no state directory");
            return Remembered::unknown("the state directory is not known");
        }
    };
    let subject = format!("{} ({})", directory.display(), request.state_from);
    match directory.try_exists() {
        Ok(true) => {}
        Ok(false) => {
            let finding = "not created yet; the first command that records something creates it";
            findings.add(AREA, "state-directory", &subject, Found::note(Code::CheckNoted, finding));
            findings.skip(AREA, &REST, &subject, "there is no state yet");
            return Remembered::nothing(directory);
        }
        Err(error) => {
            let finding = format!("cannot read the state directory: {}", why(&error));
            let found = Found::problem(Code::StateNotUsable, finding).remedy("run this as its owner, or as root");
            findings.add(AREA, "state-directory", &subject, found);
            findings.skip(AREA, &REST, &subject, "the state directory cannot be read");
            return Remembered::unknown("the state directory cannot be read");
        }
    }
    findings.add(AREA, "state-directory", &subject, permissions(directory));
    findings.add(AREA, "state-space", &subject, space(directory));
    if !directory.join(DATABASE).try_exists().unwrap_or(true) {
        let found = Found::note(Code::CheckNoted, "the directory is empty: nothing has been recorded yet");
        findings.add(AREA, "state-database", &subject, found);
        findings.skip(AREA, &["ledger"], &subject, "there is no state yet");
        return Remembered::nothing(directory);
    }
    contents(directory, findings).await
}

/// Owner, mode, and write permission.
fn permissions(directory: &Path) -> Found {
    let found = match std::fs::metadata(directory) {
        Ok(found) => found,
        Err(error) => return Found::problem(Code::StateNotUsable, format!("cannot be read: {}", why(&error))),
    };
    let shown = directory.display();
    let mode = found.mode() & 0o7777;
    if !found.is_dir() {
        return Found::problem(Code::StateNotUsable, "not a directory").remedy("choose a different one with --state");
    }
    if found.uid() != geteuid().as_raw() && !geteuid().is_root() {
        return Found::problem(Code::StateOwner, format!("belongs to a different user (uid {})", found.uid()))
            .remedy("run the agent as that user, or use --state");
    }
    if mode & 0o022 != 0 {
        return Found::problem(Code::StateNotPrivate, format!("other users can write to it (mode {mode:04o})"))
            .remedy(format!("run: chmod go-w {shown}"));
    }
    if let Err(error) = access(directory, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        let error = std::io::Error::from(error);
        return Found::problem(Code::StateReadOnly, format!("cannot be written (mode {mode:04o}): {}", why(&error)))
            .remedy(format!("check its mode (chmod u+rwx {shown}), and for a read-only file system"));
    }
    Found::ok(format!("mode {mode:04o}, can be written"))
}

fn space(directory: &Path) -> Found {
    let free = match statvfs(directory) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            let error = std::io::Error::from(error);
            return Found::warning(Code::StateError, format!("the free space cannot be read: {}", why(&error)));
        }
    };
    let finding = format!("{} MiB free", free >> 20);
    match free {
        ..NO_SPACE => Found::problem(Code::StateDiskFull, finding).remedy("free some space: nothing can be recorded"),
        NO_SPACE..LITTLE_SPACE => Found::warning(Code::StateDiskFull, finding).remedy("free some space soon"),
        _ => Found::ok(finding),
    }
}

/// Checks of the database's content.
async fn contents(directory: &Path, findings: &mut Findings) -> Remembered {
    let subject = directory.join(DATABASE).display().to_string();
    let opened = async {
        let mut state = State::open_read_only(directory).await?;
        let schema = state.schema().await?;
        Ok::<_, Error>((state, schema))
    };
    let (mut state, (found, own)) = match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            findings.add(AREA, "state-database", &subject, Found::from(&error));
            findings.skip(AREA, &["ledger"], &subject, "the state cannot be read");
            return Remembered::unknown("the state cannot be read");
        }
    };
    if found > own {
        let found =
            Found::problem(Code::StateNewer, format!("version {found}, but this agent knows version {own} only"))
                .remedy("install the newer version of the agent again");
        findings.add(AREA, "state-database", &subject, found);
        findings.skip(AREA, &["ledger"], &subject, "a newer version wrote the state");
        return Remembered::unknown("a newer version wrote the state");
    }
    if found < own {
        let finding = format!("version {found}; the next command that writes to it updates it to version {own}");
        findings.add(AREA, "state-database", &subject, Found::note(Code::CheckNoted, finding));
        findings.skip(AREA, &["ledger"], &subject, "an older version wrote the state");
    } else {
        findings.add(AREA, "state-database", &subject, database_file(directory, found));
        findings.add(AREA, "ledger", &subject, integrity(&mut state).await);
    }
    remember(state)
        .await
        .unwrap_or_else(|error| Remembered::unknown(&format!("the state cannot be read ({})", error.code())))
}

/// The mode of the database file, which holds the secret.
fn database_file(directory: &Path, version: i64) -> Found {
    let path = directory.join(DATABASE);
    let mode = std::fs::metadata(&path).map_or(0, |found| found.mode() & 0o7777);
    if mode & 0o077 != 0 {
        return Found::warning(
            Code::StateNotPrivate,
            format!("other users may read it (mode {mode:04o}); it holds the secret"),
        )
        .remedy(format!("run: chmod 0600 {}", path.display()));
    }
    if let Err(error) = access(&path, Access::READ_OK | Access::WRITE_OK) {
        let error = std::io::Error::from(error);
        return Found::problem(Code::StateReadOnly, format!("cannot be written: {}", why(&error)))
            .remedy("check its mode and owner, and for a read-only file system");
    }
    Found::ok(format!("version {version}, mode {mode:04o}"))
}

async fn integrity(state: &mut State) -> Found {
    match verify(state).await {
        Err(error) => Found::from(&error),
        Ok(found) if found.findings.is_empty() => Found::ok(format!(
            "{}, {}, {} with a valid signature; digests and chain match",
            counted(found.events, "event"),
            counted(found.payloads, "payload"),
            counted(found.receipts, "receipt")
        )),
        Ok(found) => {
            let first = found.problems.first().map(String::as_str).unwrap_or_default();
            let finding = format!("failed verification, {}: {first}", counted(found.problems.len() as u64, "problem"));
            Found::problem(Code::LedgerNotVerified, finding)
                .remedy("run: callback-agent verify. Was the state directory restored or edited?")
        }
    }
}

async fn remember(mut state: State) -> Result<Remembered> {
    let consent = Consent::load(&mut state).await?;
    let held_up = match consent.given() {
        Some(given) => held_up(&mut state, &given.receiver).await?,
        None => None,
    };
    Ok(Remembered {
        consent: Some(consent),
        held_up,
        in_progress: RunLock::is_held(&state),
        pending: Pending::load(&mut state).await?,
        entries: ledger::entries(&mut state).await?,
        seed: random_delay::known_seed(&mut state).await?,
        missing: None,
        state: Some(state),
    })
}
