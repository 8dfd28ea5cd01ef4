//! The program `callback-receiver`.

use callback_receiver::http::{serve, utc};
use callback_receiver::key::InstallKey;
use callback_receiver::store::Store;
use callback_receiver::{Error, Result};
use clap::Parser;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;

const EXIT_CODES: &str = "\
Example: callback-receiver --listen 127.0.0.1:8080 --data /var/lib/callback-receiver

Exit codes:
  0  stopped when asked to
  1  unexpected failure
  2  wrong usage
  3  the address to listen on cannot be had
  4  the database cannot be used
  5  the key cannot be used";

/// Takes anonymous statistics reports in, keeps them for 90 days without addresses, and forgets them.
#[derive(Parser)]
#[command(name = "callback-receiver", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Folder of the database
    #[arg(long, value_name = "FOLDER")]
    data: PathBuf,
    /// File of the key that installs are kept under; keep it apart from the data and its backups [default: install.key in the folder]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("callback-receiver: this machine gives no event queue ({})", error.kind());
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("callback-receiver: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

async fn run(arguments: Cli) -> Result<()> {
    let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
        Error::Listen(format!(
            "{} cannot be listened on ({}); choose another address with --listen",
            arguments.listen,
            error.kind()
        ))
    })?;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&arguments.data).map_err(|error| {
        Error::Store(format!("the data folder cannot be made ({}); name another with --data", error.kind()))
    })?;
    let key = InstallKey::load(&arguments.key.unwrap_or_else(|| arguments.data.join("install.key")))?;
    let store = Store::open(&arguments.data.join("receiver.sqlite3"), key).await?;
    if let Ok(address) = listener.local_addr() {
        println!("callback-receiver: listening on http://{address}");
    }
    serve(listener, store, utc(), stopped()).await
}

/// Done when the process is asked to stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}
