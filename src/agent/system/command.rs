//! Other programs, run with a time limit.

use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Runs a program without input. If it exceeds the time limit, kills it and everything it started. `None` then, or if
/// it cannot be started.
pub(crate) fn output_within(limit: Duration, mut command: Command) -> Option<Output> {
    // They may hold the password of LibreNMS's database.
    command.env_remove("CALLBACK_LIBRENMS").env_remove("CALLBACK_INSTALL");
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().ok()?;
    let group = Pid::from_child(&child);
    let (sender, output) = mpsc::channel();
    // A child process of the program may keep the pipes open, so they may never end.
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match output.recv_timeout(limit) {
        Ok(output) => output.ok(),
        Err(_) => {
            let _ = kill_process_group(group, Signal::KILL);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_larger_than_a_pipe_arrives_whole() {
        let output = output_within(Duration::from_secs(60), shell("head -c 300000 /dev/zero; echo error >&2")).unwrap();
        assert_eq!((output.stdout.len(), output.stderr.as_slice()), (300_000, b"error\n".as_slice()));
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let directory = tempfile::tempdir().unwrap();
        let pids = directory.path().join("pids");
        let script = format!("sleep 3600 & echo $! $$ > '{0}.new'; mv '{0}.new' '{0}'; wait", pids.display());
        assert_eq!(output_within(Duration::from_secs(2), shell(&script)), None);
        let pids = std::fs::read_to_string(pids).unwrap();
        // Killed processes may be zombies until init collects them.
        let is_alive = |pid: &str| {
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
                !matches!(stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()), Some('Z'))
            })
        };
        for pid in pids.split_whitespace() {
            let deadline = std::time::Instant::now() + Duration::from_secs(60);
            while is_alive(pid) {
                assert!(std::time::Instant::now() < deadline, "process {pid} still runs");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    #[test]
    fn a_program_that_leaves_a_child_with_its_pipes_does_not_block() {
        assert_eq!(output_within(Duration::from_secs(2), shell("sleep 3600 & exit 0")), None);
    }
}
