//! Life on the machine: the files that start the agent every day, who it runs as, and where they go.

pub(crate) mod users;

use crate::code::Code;
use crate::error::{Error, Result};
use crate::files::why;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;
use users::User;

const SERVICE: &str = include_str!("callback-agent.service");
const TIMER: &str = include_str!("callback-agent.timer");
const CRON: &str = include_str!("callback-agent.cron");

const SERVICE_PATH: &str = "etc/systemd/system/callback-agent.service";
const TIMER_PATH: &str = "etc/systemd/system/callback-agent.timer";
const CRON_PATH: &str = "etc/cron.d/callback-agent";
const STATE_PATH: &str = "var/lib/callback-agent";

/// Where a schedule leaves its trace.
const SCHEDULES: [&str; 3] = [
    "/etc/systemd/system/timers.target.wants/callback-agent.timer",
    "/etc/cron.d/callback-agent",
    "/etc/cron.daily/callback-agent",
];

/// When both schedules start the agent: minutes after midnight (UTC for the timer, the machine's time for cron).
pub(crate) const STARTS_AT_MINUTE: i8 = 30;

/// How long both then have it wait, at most.
pub(crate) const SPLAY: Duration = Duration::from_secs(3 * 3600);

/// Whether anything starts the agent on this machine.
pub(crate) fn is_scheduled() -> bool {
    SCHEDULES.iter().any(|path| Path::new(path).exists())
}

/// A file of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemFile {
    /// Where it goes.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// What starts the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// A systemd timer.
    Timer,
    /// A file of cron's.
    Cron,
}

/// What is started every day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    /// As whom.
    pub user: String,
    /// The program.
    pub program: PathBuf,
    /// The LibreNMS folder, where the configuration names no install.
    pub install: Option<PathBuf>,
    /// The configuration, where it is not the usual one.
    pub config: Option<PathBuf>,
    /// The state folder, where it is not the usual one.
    pub state: Option<PathBuf>,
}

impl Job {
    /// The arguments before the command.
    fn arguments(&self) -> Result<String> {
        let mut arguments = String::new();
        for (name, path) in [("--librenms", &self.install), ("--config", &self.config), ("--state", &self.state)] {
            if let Some(path) = path {
                arguments.push_str(&format!("{name} {} ", plain(&path.display().to_string())?));
            }
        }
        Ok(arguments)
    }

    /// What is started now, as far as the file that says so can be read.
    pub(crate) fn installed(root: &Path) -> Option<Self> {
        let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
        let (user, line) = match Schedule::installed(root)? {
            Schedule::Timer => {
                let unit = read(SERVICE_PATH)?;
                let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
                (value("User=")?, value("ExecStart=")?)
            }
            Schedule::Cron => {
                let file = read(CRON_PATH)?;
                let line = file.lines().rfind(|line| !line.starts_with('#'))?.to_owned();
                let mut fields = line.split_whitespace().skip(5);
                (fields.next()?.to_owned(), fields.collect::<Vec<_>>().join(" "))
            }
        };
        let words: Vec<&str> = line.split_whitespace().collect();
        let after = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at + 1).map(PathBuf::from)
        };
        let program = PathBuf::from(words.first()?);
        Some(Self {
            user,
            program,
            install: after("--librenms").or_else(|| after("--install")),
            config: after("--config"),
            state: after("--state"),
        })
    }
}

impl Schedule {
    /// The files that start a job every day.
    pub(crate) fn files(self, root: &Path, job: &Job) -> Result<Vec<SystemFile>> {
        let (user, program) = (plain(&job.user)?, plain(&job.program.display().to_string())?);
        let arguments = job.arguments()?;
        let state = match &job.state {
            Some(folder) => format!("ReadWritePaths={}", plain(&folder.display().to_string())?),
            None => "StateDirectory=callback-agent\nStateDirectoryMode=0700".to_owned(),
        };
        let fill = |text: &str| {
            text.replace("@USER@", &user)
                .replace("@PROGRAM@", &program)
                .replace("@ARGUMENTS@", &arguments)
                .replace("@STATE@", &state)
        };
        let file = |path: &str, text: &str| SystemFile { path: root.join(path), text: fill(text) };
        Ok(match self {
            Self::Timer => vec![file(SERVICE_PATH, SERVICE), file(TIMER_PATH, TIMER)],
            Self::Cron => vec![file(CRON_PATH, CRON)],
        })
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Cron => "cron",
        }
    }

    /// What is written there now, if anything is.
    pub(crate) fn installed(root: &Path) -> Option<Self> {
        if root.join(SERVICE_PATH).exists() {
            return Some(Self::Timer);
        }
        root.join(CRON_PATH).exists().then_some(Self::Cron)
    }
}

/// Text that means the same in a unit, in a crontab and in a shell.
fn plain(text: &str) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:".contains(c);
    if text.chars().all(is_plain) && !text.is_empty() {
        return Ok(text.to_owned());
    }
    Err(Error::new(
        Code::ScheduleNameInvalid,
        format!(
            "{text:?} has characters with a meaning in unit files or crontabs; set `librenms` in the configuration instead"
        ),
    ))
}

/// All paths that `install` may have written.
pub(crate) fn all_paths(root: &Path) -> [PathBuf; 3] {
    [SERVICE_PATH, TIMER_PATH, CRON_PATH].map(|path| root.join(path))
}

/// The state folder under a root.
pub(crate) fn state_folder(root: &Path) -> PathBuf {
    root.join(STATE_PATH)
}

/// Writes a file that everyone may read, and the folders above it.
pub(crate) fn write(file: &SystemFile) -> Result<()> {
    let cannot = |error: std::io::Error| {
        let message = format!("cannot write {}: {}; run this as root", file.path.display(), why(&error));
        Error::new(Code::SystemFile, message).caused_by(error)
    };
    if let Some(folder) = file.path.parent() {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    std::fs::write(&file.path, &file.text).map_err(cannot)?;
    std::fs::set_permissions(&file.path, std::fs::Permissions::from_mode(0o644)).map_err(cannot)
}

/// Makes the state folder, private and the user's.
pub(crate) fn make_state_folder(folder: &Path, user: &User) -> Result<()> {
    let cannot = |error: std::io::Error| {
        let message = format!("cannot create {}: {}; run this as root", folder.display(), why(&error));
        Error::new(Code::SystemFile, message).caused_by(error)
    };
    if let Some(above) = folder.parent() {
        std::fs::create_dir_all(above).map_err(cannot)?;
    }
    if !folder.is_dir() {
        std::fs::DirBuilder::new().mode(0o700).create(folder).map_err(cannot)?;
    }
    chown(folder, Some(user.uid), Some(user.gid)).map_err(cannot)
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let message = format!("cannot remove {}: {}; run this as root", path.display(), why(&error));
            Err(Error::new(Code::SystemFile, message).caused_by(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_or_cron_would_understand_otherwise_is_refused() {
        let mut job = Job {
            user: "librenms".into(),
            program: "/usr/bin/callback-agent".into(),
            install: None,
            config: None,
            state: None,
        };
        let unit = Schedule::Timer.files(Path::new("/"), &job).unwrap()[0].text.clone();
        assert!(unit.contains("\nExecStart=/usr/bin/callback-agent --quiet submit --splay 3h\n"), "{unit}");
        assert!(unit.contains("\nUser=librenms\n") && unit.contains("\nStateDirectory=callback-agent\n"));
        for place in ["@USER@", "@PROGRAM@", "@ARGUMENTS@", "@STATE@"] {
            assert!(!unit.contains(place), "{unit}");
        }
        for program in ["/a b", "/a;b", "/a%b", "/a\nb", "/a$b", ""] {
            job.program = program.into();
            assert!(Schedule::Timer.files(Path::new("/"), &job).is_err(), "{program}");
        }
    }

    #[test]
    fn what_is_installed_is_read_again_as_it_was_written() {
        let job = Job {
            user: "librenms".into(),
            program: "/usr/bin/callback-agent".into(),
            install: Some("/opt/librenms".into()),
            config: Some("/etc/other.toml".into()),
            state: Some("/srv/agent".into()),
        };
        for schedule in [Schedule::Timer, Schedule::Cron] {
            for job in [&job, &Job { install: None, config: None, state: None, ..job.clone() }] {
                let root = tempfile::tempdir().unwrap();
                assert_eq!(Job::installed(root.path()), None);
                schedule.files(root.path(), job).unwrap().iter().for_each(|file| write(file).unwrap());
                assert_eq!(
                    (Schedule::installed(root.path()), Job::installed(root.path())),
                    (Some(schedule), Some(job.clone()))
                );
            }
        }
        let files = Schedule::Timer.files(Path::new("/"), &job).unwrap();
        assert!(files[0].text.contains("\nReadWritePaths=/srv/agent\n") && !files[0].text.contains("StateDirectory"));
    }
}
