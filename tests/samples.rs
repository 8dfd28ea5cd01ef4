//! The sample configurations of the documentation are configurations: both programs read them without an error.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::{program, root, text};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// The receiver's exit status where its configuration is fine and there is no database yet.
const NO_DATABASE: i32 = 4;

#[test]
fn every_sample_configuration_is_accepted() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut read = [0, 0];
    for entry in std::fs::read_dir(root().join("docs/samples"))? {
        let sample = entry?.path();
        let name = sample.file_name().and_then(|name| name.to_str()).context("a name")?.to_owned();
        // Its own copy: the agent refuses a configuration that a group may write to.
        let copy = directory.path().join(&name);
        std::fs::copy(&sample, &copy)?;
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600))?;
        let (which, output, expected) = if name.starts_with("agent") {
            let arguments = ["--config", text(&copy), "config", "check"];
            (0, Command::new(program("callback-agent")).args(arguments).output()?, 0)
        } else {
            let data = directory.path().join("data");
            let arguments = ["--config", text(&copy), "--data", text(&data), "check"];
            (1, Command::new(program("callback-receiver")).args(arguments).output()?, NO_DATABASE)
        };
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(expected), "{name}: {:?}\n{said}", output.status);
        read[which] += 1;
    }
    ensure!(read.iter().all(|count| *count >= 3), "samples are missing: {read:?}");
    Ok(())
}
