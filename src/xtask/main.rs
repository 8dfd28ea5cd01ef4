//! Chores of the workspace. `cargo xtask --help` lists them; a desk and CI use the same.

mod assets;
mod bench;
mod check;
mod demo;
mod run;
mod snapshots;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of Callback Stats")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build the WebAssembly module and what the binaries embed, into target/assets and pkg/dist
    Assets,
    /// Make a demo install, preview its report, send it to a receiver started here, show the receipt
    Demo {
        /// Stop after the receipt instead of staying up
        #[arg(long)]
        exit: bool,
    },
    /// Run every check and test, with real databases and the real module
    Test {
        /// Folder of the sysDescr corpus, for the checks that need it
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Path of generate_install.py, for the checks that need it
        #[arg(long)]
        install_generator: Option<PathBuf>,
    },
    /// Measure sizes and times (release builds)
    Bench {
        /// Path of generate_install.py, for the installs that are measured
        #[arg(long)]
        install_generator: Option<PathBuf>,
        /// Sizes of installs to measure
        #[arg(long, value_delimiter = ',', default_value = "medium,large")]
        sizes: Vec<String>,
    },
    /// Write the committed snapshots anew (schemas, module interface, help texts)
    Snapshots,
}

fn main() -> Result<()> {
    match Cli::parse().chore {
        Chore::Assets => assets::build().map(drop),
        Chore::Demo { exit } => demo::demo(exit),
        Chore::Test { corpus, install_generator } => check::test(corpus.as_deref(), install_generator.as_deref()),
        Chore::Bench { install_generator, sizes } => bench::bench(install_generator.as_deref(), &sizes),
        Chore::Snapshots => snapshots::write(),
    }
}
