//! The tasks of the workspace: `cargo xtask --help` lists them. CI runs the same ones.

mod assets;
mod bench;
mod check;
mod demo;
mod fuzz;
mod load;
mod package;
mod run;
mod score;
mod snapshots;
mod tools;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the Callback Stats workspace")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the WebAssembly module and the files that the binaries embed, into target/assets and pkg/dist
    Assets,
    /// Create a demo install, preview its report, send it to a local receiver and show the receipt
    Demo {
        /// Exit after the receipt instead of serving the pages
        #[arg(long)]
        exit: bool,
    },
    /// Run every check and test, with real databases and the real module
    Test {
        /// Only formatting, lints, types and unit tests: no servers, no browsers, no WebAssembly build
        #[arg(long, conflicts_with_all = ["corpus", "install_generator", "stock_samples"])]
        fast: bool,
        /// Directory of the sysDescr corpus, for the checks that need it
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Path to generate_install.py, for the checks that need it
        #[arg(long)]
        install_generator: Option<PathBuf>,
        /// Directory of payloads of stock installs, for the checks that need it
        #[arg(long)]
        stock_samples: Option<PathBuf>,
    },
    /// Measure sizes and times (release builds)
    Bench {
        /// Directory of the sysDescr corpus, to measure descriptions per second
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Path to generate_install.py, to measure generated installs
        #[arg(long)]
        install_generator: Option<PathBuf>,
        /// Sizes of the generated installs
        #[arg(long, value_delimiter = ',', default_value = "medium,large")]
        sizes: Vec<String>,
    },
    /// Build the packages: the agent's Debian package (release build) and the npm tarballs
    Package {
        /// Only the npm tarballs
        #[arg(long)]
        npm: bool,
        /// Only the receiver's Debian package
        #[arg(long, conflicts_with = "npm")]
        receiver: bool,
        /// Package this binary instead of building one
        #[arg(long)]
        binary: Option<PathBuf>,
        /// Debian revision
        #[arg(long, default_value_t = 1)]
        revision: u32,
        /// Output directory
        #[arg(long, default_value = "target/package")]
        out: PathBuf,
    },
    /// Load-test the receiver, or kill it under load (release builds)
    Load {
        /// small, medium, large; or `kill` and a count
        #[arg(default_values = ["small", "medium", "large"])]
        what: Vec<String>,
    },
    /// Fill a receiver's store with simulated installs and write the expected figures next to it (release builds)
    Simulate {
        /// Number of installs on the last day
        #[arg(long)]
        installs: u32,
        /// Number of days
        #[arg(long)]
        days: u32,
        /// Seed; the same seed gives the same world
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Directory for the store, its key and truth.json
        #[arg(long, default_value = "target/simulated")]
        out: PathBuf,
    },
    /// Score the sanitiser on labelled descriptions: hits, misses and false positives by source, system, kind and rule
    Score(Box<score::Options>),
    /// Remove and break each rule of the sanitiser, and report the mutants that no example catches
    Mutants,
    /// Fuzz the collector and the receiver with libFuzzer (needs a nightly toolchain)
    Fuzz {
        /// Targets: text, facts (collector); form, report (receiver)
        #[arg(default_values = ["text", "facts", "form", "report"])]
        targets: Vec<String>,
        /// Seconds per target
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Update the committed snapshots (schemas, module interface, help texts)
    Snapshots,
}

fn main() -> Result<()> {
    match Cli::parse().task {
        Task::Assets => assets::build().map(drop),
        Task::Demo { exit } => demo::demo(exit),
        Task::Test { fast: true, .. } => check::fast(),
        Task::Test { corpus, install_generator, stock_samples, .. } => {
            check::test(corpus.as_deref(), install_generator.as_deref(), stock_samples.as_deref())
        }
        Task::Bench { corpus, install_generator, sizes } => {
            bench::bench(corpus.as_deref(), install_generator.as_deref(), &sizes)
        }
        Task::Package { npm: true, out, .. } => package::npm(&out),
        Task::Package { receiver: true, binary, revision, out, .. } => {
            package::debian(&package::RECEIVER, binary.as_deref(), revision, &out)
        }
        Task::Package { binary, revision, out, .. } => {
            // With a given program, only its package is wanted.
            if binary.is_none() {
                package::npm(&out)?;
            }
            package::debian(&package::AGENT, binary.as_deref(), revision, &out)
        }
        Task::Load { what } => load::load(&what),
        Task::Simulate { installs, days, seed, out } => load::simulate(installs, days, seed, &out),
        Task::Score(options) => score::score(&options),
        Task::Mutants => fuzz::mutants(),
        Task::Fuzz { targets, seconds } => fuzz::fuzz(&targets, seconds),
        Task::Snapshots => snapshots::write(),
    }
}
