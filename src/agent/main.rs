//! The program `callback-agent`.

mod cli;

use callback_agent::code::{Code, Exit};
use callback_agent::error::Error;
use callback_agent::files::why;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match cli::parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let quiet = arguments.is_quiet_run();
    let result = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli::run(arguments)),
        Err(error) => {
            let message = format!("cannot start the async runtime: {}", why(&error));
            Err(Error::new(Code::RuntimeUnavailable, message).caused_by(error))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A blocked report is no failure that a timer should log every day.
            if !(quiet && error.exit() == Exit::NotAllowed) {
                print_error(&error, cli::wants_json());
            }
            ExitCode::from(error.exit().status())
        }
    }
}

/// Prints an error on standard error, as a line of text or of JSON.
fn print_error(error: &Error, json: bool) {
    let line = if json { error.to_json().to_string() } else { format!("callback-agent: {error}") };
    // On a full disk the exit status is all that is left of it.
    let _ = writeln!(std::io::stderr(), "{line}");
}
