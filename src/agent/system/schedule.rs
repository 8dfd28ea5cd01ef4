//! The schedule: a systemd service with its timer, or a cron file.

use super::SystemFile;
use crate::code::Code;
use crate::error::{Error, Result};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

const SERVICE: &str = include_str!("callback-agent.service");
const TIMER: &str = include_str!("callback-agent.timer");
const CRON: &str = include_str!("callback-agent.cron");

const SERVICE_PATH: &str = "etc/systemd/system/callback-agent.service";
const TIMER_PATH: &str = "etc/systemd/system/callback-agent.timer";
const CRON_PATH: &str = "etc/cron.d/callback-agent";

/// The link created by `systemctl enable`.
const WANTED_PATH: &str = "etc/systemd/system/timers.target.wants/callback-agent.timer";

/// Paths at which packages install the manual page.
const MANUALS: [&str; 3] = [
    "usr/share/man/man1/callback-agent.1.gz",
    "usr/share/man/man1/callback-agent.1",
    "usr/local/share/man/man1/callback-agent.1",
];

/// Files that show that a schedule is installed.
const SCHEDULES: [&str; 3] = [WANTED_PATH, CRON_PATH, "etc/cron.daily/callback-agent"];

/// When both kinds start a run: minutes after midnight (UTC for the timer, the host's time zone for cron).
pub(crate) const STARTS_AT_MINUTE: i8 = 30;

/// Maximum random delay of both kinds.
pub(crate) const SPLAY: Duration = Duration::from_secs(3 * 3600);

/// Directories that are empty for the service.
const PRIVATE: [&str; 2] = ["/tmp", "/var/tmp"];

/// Whether any schedule is installed on this host.
pub(crate) fn is_scheduled() -> bool {
    SCHEDULES.iter().any(|path| Path::new("/").join(path).exists())
}

/// A kind of schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    Timer,
    Cron,
}

/// What a schedule runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    /// Its user.
    pub user: String,
    /// The program.
    pub program: PathBuf,
    /// The LibreNMS directory, unless the configuration names it.
    pub install: Option<PathBuf>,
    /// The configuration, if it is not the default one.
    pub config: Option<PathBuf>,
    /// The state directory, if it is not the default one.
    pub state: Option<PathBuf>,
    /// The database's socket, if known. It is determined each time, and not stored in the files.
    pub socket: Option<PathBuf>,
}

impl Job {
    /// The arguments before the command.
    fn arguments(&self) -> Result<String> {
        let mut arguments = String::new();
        for (name, path) in [("--librenms", &self.install), ("--config", &self.config), ("--state", &self.state)] {
            if let Some(path) = path {
                arguments.push_str(&format!("{name} {} ", plain(path)?));
            }
        }
        Ok(arguments)
    }

    /// Lines of the unit that make the needed parts of the private directories visible.
    fn binds(&self) -> Result<String> {
        let hidden = |path: &&PathBuf| is_hidden(path);
        let mut lines = String::new();
        if let Some(state) = self.state.as_ref().filter(hidden) {
            lines.push_str(&format!("BindPaths={}\n", bound(state)?));
        }
        for path in [&self.install, &self.config].into_iter().flatten().filter(hidden) {
            lines.push_str(&format!("BindReadOnlyPaths={}\n", bound(path)?));
        }
        // The socket is missing while the server is stopped.
        if let Some(socket) = self.socket.as_ref().filter(|socket| hidden(socket) && can_be_bound(socket)) {
            lines.push_str(&format!("BindReadOnlyPaths=-{}\n", socket.display()));
        }
        Ok(lines)
    }

    /// The installed job, as far as its file can be read.
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
            socket: None,
        })
    }
}

impl Schedule {
    /// The files of a job's schedule.
    pub(crate) fn files(self, root: &Path, job: &Job) -> Result<Vec<SystemFile>> {
        let (user, program) = (plain(Path::new(&job.user))?, plain(&job.program)?);
        let (arguments, binds) = (job.arguments()?, job.binds()?);
        let state = match &job.state {
            Some(directory) => format!("ReadWritePaths={}", plain(directory)?),
            None => "StateDirectory=callback-agent\nStateDirectoryMode=0700".to_owned(),
        };
        // systemd checks that referenced manual pages exist.
        let has_manual = MANUALS.iter().any(|page| root.join(page).exists());
        let documentation = if has_manual { "Documentation=man:callback-agent(1)\n" } else { "" };
        let fill = |text: &str| {
            text.replace("@USER@", &user)
                .replace("@PROGRAM@", &program)
                .replace("@ARGUMENTS@", &arguments)
                .replace("@STATE@", &state)
                .replace("@BINDS@\n", &binds)
                .replace("@DOCUMENTATION@\n", documentation)
        };
        let file = |path: &str, text: &str| SystemFile { path: root.join(path), text: fill(text) };
        Ok(match self {
            Self::Timer => vec![file(SERVICE_PATH, SERVICE), file(TIMER_PATH, TIMER)],
            Self::Cron => vec![file(CRON_PATH, CRON)],
        })
    }

    /// The name of the kind.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Timer => "timer",
            Self::Cron => "cron",
        }
    }

    /// The installed kind, if any. If an older version left both, the timer.
    pub(crate) fn installed(root: &Path) -> Option<Self> {
        [Self::Timer, Self::Cron].into_iter().find(|schedule| schedule.paths(root).iter().any(|path| path.exists()))
    }

    /// The other kind, which this one replaces.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Timer => Self::Cron,
            Self::Cron => Self::Timer,
        }
    }

    /// All paths of this kind, including the link that enables the timer.
    pub(crate) fn paths(self, root: &Path) -> Vec<PathBuf> {
        let paths: &[&str] = match self {
            Self::Timer => &[SERVICE_PATH, TIMER_PATH, WANTED_PATH],
            Self::Cron => &[CRON_PATH],
        };
        paths.iter().map(|path| root.join(path)).filter(|path| path.symlink_metadata().is_ok()).collect()
    }
}

/// Whether a path is in a directory that is empty for the service, unless the path is bound.
pub(crate) fn is_hidden(path: &Path) -> bool {
    PRIVATE.iter().any(|directory| path.starts_with(directory))
}

/// Whether a path that LibreNMS's settings name may be bound: only a plain path in a directory that is empty for the
/// service. A colon would start a second path, and `..` would lead out of the directory.
pub(crate) fn can_be_bound(path: &Path) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    let normalised: PathBuf = path.components().filter(|part| *part != Component::ParentDir).collect();
    is_hidden(path)
        && !PRIVATE.iter().any(|directory| path == Path::new(directory))
        && normalised.as_os_str() == path.as_os_str()
        && path.to_str().is_some_and(|text| text.chars().all(is_plain))
}

/// A path that the admin names, as systemd binds it.
fn bound(path: &Path) -> Result<String> {
    match plain(path)? {
        text if text.contains(':') => Err(meaningful(&text)),
        text => Ok(text),
    }
}

/// A path or name without special meaning in a unit, a crontab or a shell.
fn plain(text: &Path) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@:".contains(c);
    let text = text.display().to_string();
    if text.chars().all(is_plain) && !text.is_empty() {
        return Ok(text);
    }
    Err(meaningful(&text))
}

fn meaningful(text: &str) -> Error {
    Error::new(
        Code::ScheduleNameInvalid,
        format!(
            "{text:?} has characters with a meaning in unit files or crontabs; set `librenms` or `state` in the configuration \
             instead"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job {
            user: "librenms".into(),
            program: "/usr/bin/callback-agent".into(),
            install: None,
            config: None,
            state: None,
            socket: None,
        }
    }

    fn unit(job: &Job) -> String {
        Schedule::Timer.files(Path::new("/no/such/root"), job).unwrap()[0].text.clone()
    }

    #[test]
    fn characters_with_a_meaning_in_units_or_crontabs_are_rejected() {
        let mut job = job();
        let unit = unit(&job);
        assert!(unit.contains("\nExecStart=/usr/bin/callback-agent --quiet submit\n"), "{unit}");
        assert!(unit.contains("\nUser=librenms\n") && unit.contains("\nStateDirectory=callback-agent\n"));
        for place in ["@USER@", "@PROGRAM@", "@ARGUMENTS@", "@STATE@", "@BINDS@", "@DOCUMENTATION@"] {
            assert!(!unit.contains(place), "{unit}");
        }
        for program in ["/a b", "/a;b", "/a%b", "/a\nb", "/a$b", ""] {
            job.program = program.into();
            assert!(Schedule::Timer.files(Path::new("/"), &job).is_err(), "{program}");
        }
    }

    #[test]
    fn needed_paths_in_temporary_directories_are_visible_to_the_service() {
        let hidden = Job {
            install: Some("/var/tmp/librenms".into()),
            config: Some("/tmp/agent.toml".into()),
            state: Some("/tmp/state".into()),
            socket: Some("/tmp/db/mysqld.sock".into()),
            ..job()
        };
        let text = unit(&hidden);
        for line in [
            "BindPaths=/tmp/state",
            "BindReadOnlyPaths=/var/tmp/librenms",
            "BindReadOnlyPaths=/tmp/agent.toml",
            "BindReadOnlyPaths=-/tmp/db/mysqld.sock",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
        let elsewhere = Job { state: Some("/srv/tmp".into()), socket: Some("/run/mysqld/mysqld.sock".into()), ..job() };
        assert_eq!(unit(&elsewhere).matches("Bind").count(), 1, "only the usual socket");
    }

    #[test]
    fn a_socket_that_would_bind_anything_else_is_left_out() {
        for socket in [
            "/tmp/x:/etc/passwd",
            "/tmp/../etc/shadow",
            "/tmp/a b",
            "/tmp/a\nUser=root",
            "/tmp/%h",
            "/tmp//x",
            "/tmp/./x",
            "/tmp/x/",
            "/tmp",
            "/var/tmp/",
        ] {
            let job = Job { socket: Some(socket.into()), ..job() };
            assert!(!can_be_bound(Path::new(socket)), "{socket}");
            assert_eq!(unit(&job).matches("Bind").count(), 1, "only the usual socket: {socket}");
        }
        assert!(can_be_bound(Path::new("/var/tmp/db-1/mysqld.sock")));
        let job = Job { state: Some("/tmp/x:/etc".into()), ..job() };
        assert!(Schedule::Timer.files(Path::new("/"), &job).is_err());
    }

    #[test]
    fn the_unit_names_the_manual_page_if_it_exists() {
        let root = tempfile::tempdir().unwrap();
        let named = || Schedule::Timer.files(root.path(), &job()).unwrap()[0].text.contains("man:callback-agent(1)\n");
        assert!(!named());
        std::fs::create_dir_all(root.path().join("usr/share/man/man1")).unwrap();
        std::fs::write(root.path().join(MANUALS[0]), "").unwrap();
        assert!(named());
    }

    #[test]
    fn an_installed_job_is_read_back_as_written() {
        let job = Job {
            install: Some("/opt/librenms".into()),
            config: Some("/etc/other.toml".into()),
            state: Some("/srv/agent".into()),
            ..job()
        };
        for schedule in [Schedule::Timer, Schedule::Cron] {
            for job in [&job, &Job { install: None, config: None, state: None, ..job.clone() }] {
                let root = tempfile::tempdir().unwrap();
                assert_eq!(Job::installed(root.path()), None);
                schedule.files(root.path(), job).unwrap().iter().for_each(|file| file.write().unwrap());
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
