//! Writes the committed snapshots anew. The tests that compare them do the writing, so there is one way to make them.

use crate::run::{cargo, command, root, run, say};
use anyhow::Result;

pub(crate) fn write() -> Result<()> {
    crate::assets::build()?;
    say("writing snapshots anew");
    run(cargo().args(["build", "--quiet", "--workspace", "--exclude", "callback-module"]))?;
    run(cargo()
        .args(["test", "--quiet", "--package", "callback-tests", "--test", "snapshots"])
        .env("UPDATE_SNAPSHOTS", "1"))?;
    // The page's types follow the schemas.
    run(command("node").arg(root().join("www/generate.mjs")))
}
