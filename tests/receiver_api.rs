//! Schemathesis sends a running receiver requests that its OpenAPI document allows and others that it forbids, and finds nothing:
//! no undocumented response, no server error, no invalid request accepted.

use anyhow::{Result, ensure};
use callback_tests::load::UNLIMITED;
use callback_tests::programs::root;
use callback_tests::receiver::Receiver;
use std::process::Command;

#[test]
fn schemathesis_finds_nothing() -> Result<()> {
    let program = root().join("target/tools/schemathesis/bin/st");
    ensure!(program.exists(), "schemathesis is missing; `cargo xtask test` installs it into target/tools/schemathesis");
    let folder = tempfile::tempdir()?;
    let receiver = Receiver::start_in(&folder.path().join("data"), UNLIMITED)?;
    let output = Command::new(program)
        .arg("run")
        .arg(format!("{}/api/v1/openapi.json", receiver.url))
        // A schema cannot express two rules, so requests that it allows may be rejected: a digest must match the body,
        // and the text in a form field must be a payload.
        .args(["--exclude-checks", "positive_data_acceptance", "--phases", "coverage,fuzzing"])
        .args(["--max-examples", "15", "--seed", "1", "--request-timeout", "30", "--no-color"])
        .current_dir(folder.path())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    receiver.stop()
}
