//! The program `callback-receiver`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
