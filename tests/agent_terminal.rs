//! The agent on a terminal.

use anyhow::{Context, Result};
use callback_tests::machine::{LDAP_USER, Machine, is_without_state};
use callback_tests::recording_site::Plays;
use callback_tests::terminal::OnTerminal;
use callback_tests::world::World;

#[tokio::test]
async fn a_secret_that_is_typed_is_not_shown() -> Result<()> {
    let (world, _site) = World::reporting(Plays::Ours).await?;
    let secret = "5ec7e7".repeat(11)[..64].to_owned();
    let mut import = OnTerminal::start(&mut world.command(&["secret", "import"]))?;
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
        let mut command = machine.agent(&["enable", "--receiver", "http://127.0.0.1:9/log.php"]);
        let mut enable = OnTerminal::start(&mut command)?;
        let asked = enable.read_until(Some("[y/N] "))?;
        let (code, shown) = enable.answer(answer)?;
        assert_eq!(code, status, "{asked}{shown}");
        assert_eq!(is_without_state(&machine.path("var/lib"))?, is_without, "{asked}{shown}");
    }
    Ok(())
}
