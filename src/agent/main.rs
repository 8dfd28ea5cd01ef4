//! The program `callback-agent`.

mod cli;

use callback_agent::files::why;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match cli::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let quiet = arguments.is_quiet_run();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("callback-agent: this machine gives no event queue: {}", why(&error));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Off is no mishap that a timer should write about every day.
            if !(quiet && matches!(error, callback_agent::Error::NotAllowed(_))) {
                // On a full disk the error's code is all that is left of it.
                let _ = writeln!(std::io::stderr(), "callback-agent: {error}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}
