//! The agent on a terminal.

use anyhow::{Context, Result};
use callback_agent::policy::publication::text as text_of;
use callback_agent::receiver::Kind;
use callback_tests::machine::{LDAP_USER, Machine, is_without_state};
use callback_tests::recording_site::Plays;
use callback_tests::world::World;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

/// A pseudo-terminal: the side of the user, and the side of the program.
fn terminal() -> Result<(File, File)> {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&keyboard)?;
    unlockpt(&keyboard)?;
    let name = ptsname(&keyboard, Vec::new())?;
    let screen = File::options().read(true).write(true).open(OsStr::from_bytes(name.as_bytes()))?;
    Ok((File::from(keyboard), screen))
}

/// The output up to a text, or up to the program's end.
fn read_until(terminal: &mut File, end: Option<&str>) -> Result<String> {
    let mut shown = Vec::new();
    let mut byte = [0];
    // Reading fails once the program has ended.
    while let Ok(1) = terminal.read(&mut byte) {
        shown.push(byte[0]);
        if end.is_some_and(|end| shown.ends_with(end.as_bytes())) {
            break;
        }
    }
    Ok(String::from_utf8(shown)?)
}

#[tokio::test]
async fn a_secret_that_is_typed_is_not_shown() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    let secret = "5ec7e7".repeat(11)[..64].to_owned();
    let (mut keyboard, screen) = terminal()?;
    let mut child = world
        .command(&["secret", "import"])
        .stdin(screen.try_clone()?)
        .stdout(screen.try_clone()?)
        .stderr(screen)
        .spawn()?;
    let prompt = read_until(&mut keyboard, Some(": "))?;
    keyboard.write_all(format!("{secret}\n").as_bytes())?;
    let shown = read_until(&mut keyboard, None)?;
    assert!(child.wait()?.success(), "{prompt}{shown}");
    assert!(!shown.contains("5ec7e7") && !shown.trim().is_empty(), "{shown}");
    assert_eq!(world.ok(&["secret", "export"])?.lines().last().context("the secret")?, secret);
    Ok(())
}

#[tokio::test]
async fn declining_enable_leaves_no_state() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    for (answer, status, is_without) in [("n", 6, true), ("y", 0, false)] {
        let (mut keyboard, screen) = terminal()?;
        let mut child = machine
            .agent(&["enable", "--receiver", "http://127.0.0.1:9/log.php"])
            .stdin(screen.try_clone()?)
            .stdout(screen.try_clone()?)
            .stderr(screen)
            .spawn()?;
        let asked = read_until(&mut keyboard, Some("[y/N] "))?;
        keyboard.write_all(format!("{answer}\n").as_bytes())?;
        let shown = read_until(&mut keyboard, None)?;
        assert_eq!(child.wait()?.code(), Some(status), "{asked}{shown}");
        assert_eq!(is_without_state(&machine.path("var/lib"))?, is_without, "{asked}{shown}");
    }
    Ok(())
}

#[tokio::test]
async fn with_json_the_question_is_on_standard_error() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    let (mut keyboard, screen) = terminal()?;
    let child = world
        .command(&["enable", "--json", "--terms", "Acme"])
        .stdin(screen)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    keyboard.write_all(b"y\n")?;
    let output = child.wait_with_output()?;
    assert!(String::from_utf8(output.stderr)?.contains(text_of(Kind::CallbackStats)));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout)?["code"], "opted-in");
    Ok(())
}
