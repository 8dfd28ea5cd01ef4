//! The agent on a terminal.

use anyhow::{Context, Result};
use callback_agent::policy::publication::text as text_of;
use callback_agent::receiver::Kind;
use callback_tests::machine::{LDAP_USER, Machine, is_without_state};
use callback_tests::recording_site::Plays;
use callback_tests::terminal::{OnTerminal, terminal};
use callback_tests::world::World;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

#[tokio::test]
async fn a_secret_that_is_typed_is_not_shown() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    let secret = "5ec7e7".repeat(11)[..64].to_owned();
    let mut import = OnTerminal::start(world.command(&["secret", "import"]))?;
    let prompt = import.read_until(Some(": "))?;
    let (status, shown) = import.answer(&secret)?;
    assert_eq!(status, 0, "{prompt}{shown}");
    assert!(!shown.contains("5ec7e7") && !shown.trim().is_empty(), "{shown}");
    assert_eq!(world.ok(&["secret", "export"])?.lines().last().context("the secret")?, secret);
    Ok(())
}

#[tokio::test]
async fn declining_enable_leaves_no_state() -> Result<()> {
    let machine = Machine::with_librenms(LDAP_USER.1, LDAP_USER.1).await?;
    for (answer, status, is_without) in [("n", 6, true), ("y", 0, false)] {
        let command = machine.agent(&["enable", "--receiver", "http://127.0.0.1:9/log.php"]);
        let mut enable = OnTerminal::start(command)?;
        let asked = enable.read_until(Some("[y/N] "))?;
        let (code, shown) = enable.answer(answer)?;
        assert_eq!(code, status, "{asked}{shown}");
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
