//! The program `callback-agent`.

use std::process::ExitCode;

fn main() -> ExitCode {
    callback_agent::cli::main()
}
