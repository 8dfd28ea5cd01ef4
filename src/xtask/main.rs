//! Chores of the workspace. `cargo xtask --help` lists them; a desk and CI use the same.

mod assets;
mod bench;
mod check;
mod demo;
mod fuzz;
mod load;
mod package;
mod package_receiver;
mod run;
mod score;
mod snapshots;
mod tools;
mod web;

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
        /// Only formatting, lints, types and unit tests: no servers, no browsers, no WebAssembly build
        #[arg(long, conflicts_with_all = ["corpus", "install_generator", "stock_samples"])]
        fast: bool,
        /// Folder of the sysDescr corpus, for the checks that need it
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Path of generate_install.py, for the checks that need it
        #[arg(long)]
        install_generator: Option<PathBuf>,
        /// Folder of payloads that stock installs send, for the checks that need it
        #[arg(long)]
        stock_samples: Option<PathBuf>,
    },
    /// Measure sizes and times (release builds)
    Bench {
        /// Folder of the sysDescr corpus, for the rate of descriptions
        #[arg(long)]
        corpus: Option<PathBuf>,
        /// Path of generate_install.py, for the installs that are measured
        #[arg(long)]
        install_generator: Option<PathBuf>,
        /// Sizes of installs to measure
        #[arg(long, value_delimiter = ',', default_value = "medium,large")]
        sizes: Vec<String>,
    },
    /// Make the packages: the agent's for Debian (release build), the tarballs for npm
    Package {
        /// The tarballs alone
        #[arg(long)]
        npm: bool,
        /// The receiver's package for Debian alone
        #[arg(long, conflicts_with = "npm")]
        receiver: bool,
        /// A built program, instead of building one
        #[arg(long)]
        binary: Option<PathBuf>,
        /// Revision of the package
        #[arg(long, default_value_t = 1)]
        revision: u32,
        /// Folder to put it into
        #[arg(long, default_value = "target/package")]
        out: PathBuf,
    },
    /// Measure the receiver under load, or kill it under load (release builds)
    Load {
        /// small, medium, large; or `kill` and how often
        #[arg(default_values = ["small", "medium", "large"])]
        what: Vec<String>,
    },
    /// Fill a receiver's store with simulated installs, and the exact truth beside it (release builds)
    Simulate {
        /// Installs, at the end
        #[arg(long)]
        installs: u32,
        /// Days
        #[arg(long)]
        days: u32,
        /// What makes it the same world again
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder for the store, its key and truth.json
        #[arg(long, default_value = "target/simulated")]
        out: PathBuf,
    },
    /// Score the sanitiser on labelled descriptions: hits, misses and false hits by source, system, kind and rule
    Score(Box<score::Options>),
    /// Remove and break every rule of the sanitiser, and say which mutants no example notices
    Mutants,
    /// Feed collector and receiver with what libFuzzer thinks of (needs a nightly toolchain)
    Fuzz {
        /// What to feed: text, facts (the collector), form, report (the receiver)
        #[arg(default_values = ["text", "facts", "form", "report"])]
        targets: Vec<String>,
        /// Seconds for each
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Write the committed snapshots anew (schemas, module interface, help texts)
    Snapshots,
}

fn main() -> Result<()> {
    match Cli::parse().chore {
        Chore::Assets => assets::build().map(drop),
        Chore::Demo { exit } => demo::demo(exit),
        Chore::Test { fast: true, .. } => check::fast(),
        Chore::Test { corpus, install_generator, stock_samples, .. } => {
            check::test(corpus.as_deref(), install_generator.as_deref(), stock_samples.as_deref())
        }
        Chore::Bench { corpus, install_generator, sizes } => {
            bench::bench(corpus.as_deref(), install_generator.as_deref(), &sizes)
        }
        Chore::Package { npm: true, out, .. } => package::npm(&out),
        Chore::Package { receiver: true, binary, revision, out, .. } => {
            package_receiver::package(binary.as_deref(), revision, &out)
        }
        Chore::Package { binary, revision, out, .. } => {
            // A program that was built elsewhere is what was asked for, and nothing else.
            if binary.is_none() {
                package::npm(&out)?;
            }
            package::debian(binary.as_deref(), revision, &out)
        }
        Chore::Load { what } => load::load(&what),
        Chore::Simulate { installs, days, seed, out } => load::simulate(installs, days, seed, &out),
        Chore::Score(options) => score::score(&options),
        Chore::Mutants => fuzz::mutants(),
        Chore::Fuzz { targets, seconds } => fuzz::fuzz(&targets, seconds),
        Chore::Snapshots => snapshots::write(),
    }
}
