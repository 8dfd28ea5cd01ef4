//! Writes a demo install: `demo-install FILE [DEVICES]`.

use anyhow::{Context, Result};
use std::path::PathBuf;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let is_file = |argument: &std::ffi::OsString| !argument.as_encoded_bytes().starts_with(b"-");
    let file: PathBuf = arguments.next().filter(is_file).context("usage: demo-install FILE [DEVICES]")?.into();
    let devices = match arguments.next() {
        Some(number) => number.to_str().and_then(|n| n.parse().ok()).context("the number of devices is no number")?,
        None => callback_tests::demo_install::DEVICES,
    };
    tokio::runtime::Runtime::new()?.block_on(callback_tests::demo_install::write(&file, devices))
}
