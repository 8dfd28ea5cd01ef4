//! A program on a pseudo-terminal, as an admin uses it.

use anyhow::{Context, Result};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command};

/// A pseudo-terminal: the side of the user, and the side of the program.
///
/// # Errors
/// If the system has none left.
pub fn terminal() -> Result<(File, File)> {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&keyboard)?;
    unlockpt(&keyboard)?;
    let name = ptsname(&keyboard, Vec::new())?;
    let screen = File::options().read(true).write(true).open(OsStr::from_bytes(name.as_bytes()))?;
    Ok((File::from(keyboard), screen))
}

/// A running program with its terminal.
pub struct OnTerminal {
    keyboard: File,
    child: Child,
}

impl OnTerminal {
    /// Starts a program. Takes the command, since it keeps the terminal open.
    ///
    /// # Errors
    /// If there is no pseudo-terminal, or the program cannot be started.
    pub fn start(mut command: Command) -> Result<Self> {
        let (keyboard, screen) = terminal()?;
        let child = command.stdin(screen.try_clone()?).stdout(screen.try_clone()?).stderr(screen).spawn()?;
        Ok(Self { keyboard, child })
    }

    /// The output up to a text, or up to the program's end.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn read_until(&mut self, end: Option<&str>) -> Result<String> {
        let mut shown = Vec::new();
        let mut byte = [0];
        // Reading fails once the program has ended.
        while let Ok(1) = self.keyboard.read(&mut byte) {
            shown.push(byte[0]);
            if end.is_some_and(|end| shown.ends_with(end.as_bytes())) {
                break;
            }
        }
        Ok(String::from_utf8(shown)?)
    }

    /// Types a line. Returns the output until the program ends, and its exit code.
    ///
    /// # Errors
    /// If the program was killed, or its output is not UTF-8.
    pub fn answer(mut self, line: &str) -> Result<(i32, String)> {
        self.keyboard.write_all(format!("{line}\n").as_bytes())?;
        let shown = self.read_until(None)?;
        Ok((self.child.wait()?.code().context("it was killed")?, shown))
    }
}
