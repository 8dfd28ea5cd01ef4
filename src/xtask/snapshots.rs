//! Updates the committed snapshots. The tests that compare them also write them, so that the code exists once.

use crate::run::{cargo, command, root, run, say};
use anyhow::Result;

pub(crate) fn write() -> Result<()> {
    crate::assets::build()?;
    say("updating snapshots");
    run(cargo().args(["build", "--quiet", "--workspace", "--exclude", "callback-module"]))?;
    run(cargo()
        .args(["test", "--quiet", "--package", "callback-tests", "--test", "snapshots"])
        .env("UPDATE_SNAPSHOTS", "1"))?;
    // The page's types follow the schemas.
    run(command("node").arg(root().join("www/generate.mjs")))?;
    run(command("npm").args(["run", "--workspace", "www", "--silent", "manifest"]))
}
