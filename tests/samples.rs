//! Both programs accept the sample configurations of the documentation.

use anyhow::{Context, Result, ensure};
use callback_tests::programs::{program, root, text};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// Exit status of both programs if the configuration is valid and what it names does not exist on this machine: the
/// agent's install, the receiver's database.
const NOT_THERE: i32 = 4;

#[test]
fn every_sample_configuration_is_accepted() -> Result<()> {
    let directory = tempfile::tempdir()?;
    let mut read = [0, 0];
    for entry in std::fs::read_dir(root().join("docs/samples"))? {
        let sample = entry?.path();
        if sample.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let name = sample.file_name().and_then(|name| name.to_str()).context("a name")?.to_owned();
        // A copy, because the agent rejects a configuration file that the group can write to.
        let copy = directory.path().join(&name);
        std::fs::copy(&sample, &copy)?;
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600))?;
        let (which, output) = if name.starts_with("agent") {
            let arguments = ["--config", text(&copy), "config", "check"];
            (0, Command::new(program("callback-agent")).args(arguments).output()?)
        } else {
            let data = directory.path().join("data");
            let arguments = ["--config", text(&copy), "--data", text(&data), "check"];
            (1, Command::new(program("callback-receiver")).args(arguments).output()?)
        };
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(matches!(output.status.code(), Some(0 | NOT_THERE)), "{name}: {:?}\n{said}", output.status);
        read[which] += 1;
    }
    ensure!(read.iter().all(|count| *count >= 3), "samples are missing: {read:?}");
    Ok(())
}
