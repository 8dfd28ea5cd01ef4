//! The program's commands.

mod import;
mod publication;
mod serve;
mod upkeep;

use callback_common::io_error::describe;
use callback_receiver::config::Settings;
use callback_receiver::key::InstallKey;
use callback_receiver::store::Store;
use callback_receiver::store::database::Database;
use callback_receiver::{Code, Error, Result, log, server};
use clap::{Args, Parser, Subcommand};
use serde_json::json;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

const AFTER_HELP: &str = "\
Examples:
  callback-receiver serve --listen 127.0.0.1:8080 --data /var/lib/callback-receiver
  callback-receiver --config /etc/callback-receiver/receiver.toml check
  callback-receiver pairs --os ios --sort installs

Exit status: 0 success, 1 unexpected failure, 2 usage, 3 cannot listen, 4 database, 5 key, 6 configuration,
7 check found differences, 8 detection rules, 9 output. docs/receiver-codes.md lists all error codes.";

/// Collects statistics reports from LibreNMS installs and publishes what many of them share
#[derive(Parser)]
#[command(name = "callback-receiver", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
#[command(next_help_heading = "Common options")]
struct Common {
    /// Configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "CALLBACK_RECEIVER_CONFIG", display_order = 900)]
    config: Option<PathBuf>,
    /// Data directory [default: /var/lib/callback-receiver]
    #[arg(long, global = true, value_name = "DIR", display_order = 901)]
    data: Option<PathBuf>,
    /// Database URL without a password, such as postgres://user@host/name [default: a file in DIR]
    #[arg(long, global = true, value_name = "URL", display_order = 902)]
    database: Option<String>,
    /// Key file for hashing install IDs; store it apart from the data [default: DIR/install.key]
    #[arg(long, global = true, value_name = "FILE", display_order = 903)]
    key: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the receiver until it gets SIGINT or SIGTERM
    #[command(after_help = "Example:\n  callback-receiver serve --listen 127.0.0.1:8080")]
    Serve {
        /// Listen address; port 0 picks a free port [default: 127.0.0.1:8080]
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Verify that the daily aggregates match the stored reports
    #[command(after_help = "The receiver may be running.\n\nExample:\n  callback-receiver check --json")]
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete expired reports now; `serve` does so hourly
    #[command(after_help = "Example:\n  callback-receiver purge --dry-run")]
    Purge {
        /// Only print how much would be deleted
        #[arg(long)]
        dry_run: bool,
    },
    /// Back up the database; the receiver may be running
    #[command(
        group(clap::ArgGroup::new("where").required(true)),
        after_help = "Back up the key files separately: the backup does not contain them.\n\n\
                      Example:\n  callback-receiver backup --into /var/backups/callback-receiver"
    )]
    Backup {
        /// Backup file; must not exist
        #[arg(group = "where")]
        file: Option<PathBuf>,
        /// Write a dated backup into DIR, and delete those older than `backup_days`
        #[arg(long, group = "where", value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// Replace the database with a backup; the receiver must be stopped
    #[command(after_help = "Installs that were deleted since the backup stay deleted. A backup of SQLite can be \
                            restored into PostgreSQL, and the reverse.\n\n\
                            Example:\n  callback-receiver restore /var/backups/callback-receiver/callback-receiver-2026-11-27")]
    Restore {
        /// Backup file
        file: PathBuf,
    },
    /// Block an install or a network, read from standard input
    #[command(after_help = "Example:\n  echo 192.0.2.0/24 | callback-receiver block --network")]
    Block {
        /// Block a network instead of an install; only its keyed hash is stored
        #[arg(long)]
        network: bool,
        /// Unblock
        #[arg(long)]
        undo: bool,
    },
    /// List device pairs (sysDescr and sysObjectID with their OS)
    #[command(after_help = "Example:\n  callback-receiver pairs --oid enterprises.9 --sort devices --csv")]
    Pairs(publication::Pairs),
    /// Generate test fixtures for LibreNMS's OS discovery from published pairs
    #[command(after_help = "Example:\n  callback-receiver fixtures --out tests/snmpsim --definitions \
                            resources/definitions/os_detection")]
    Fixtures(publication::Fixtures),
    /// List work for developers: undetected devices, new strings, growing and shrinking hardware
    #[command(after_help = "Example:\n  callback-receiver insights --json")]
    Insights {
        /// LibreNMS's detection rules (resources/definitions/os_detection)
        #[arg(long, value_name = "DIR")]
        definitions: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Hide a label or pair from publication at once
    #[command(
        after_help = "Example:\n  callback-receiver hide --group hardware --reason 'names a customer' 'Acme Router'"
    )]
    Hide(publication::Hide),
    /// Publish a hidden label or pair again
    #[command(
        after_help = "Example:\n  callback-receiver unhide --group hardware --reason 'a product name' 'Acme Router'"
    )]
    Unhide(publication::Hide),
    /// List who hid or unhid what, and why; labels appear as digests
    #[command(after_help = "Example:\n  callback-receiver hidden --json")]
    Hidden {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Import reports from the MariaDB of a stock statistics site
    #[command(
        name = "import-stock",
        after_help = "Example:\n  CALLBACK_STOCK_DATABASE=mysql://user:password@host/name callback-receiver import-stock"
    )]
    ImportStock {
        /// Hide the progress bar
        #[arg(long)]
        quiet: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Create a new key for signing receipts; the old key signs it
    #[command(after_help = "Example:\n  callback-receiver renew-signing-key")]
    RenewSigningKey,
}

impl Command {
    /// Whether it prints JSON.
    const fn is_json(&self) -> bool {
        match self {
            Self::Check { json }
            | Self::Insights { json, .. }
            | Self::Hidden { json }
            | Self::ImportStock { json, .. } => *json,
            Self::Pairs(pairs) => pairs.json,
            Self::Fixtures(fixtures) => fixtures.json,
            _ => false,
        }
    }
}

pub(crate) fn main() -> ExitCode {
    log::start();
    let arguments = Cli::parse();
    let as_json = arguments.command.is_json();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            log::say(&format!("callback-receiver: cannot start the async runtime ({})", describe(&error)));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::say(&format!("callback-receiver: error[{}]: {error}", error.code()));
            if as_json {
                // Best effort: the exit status and standard error have the error too.
                let _ = print_json(&json!({"error": {"code": error.code(), "message": error.to_string()}}));
            }
            ExitCode::from(error.exit_status())
        }
    }
}

async fn run(arguments: Cli) -> Result<()> {
    let Common { config, data, database, key } = arguments.common;
    let mut settings = config.as_deref().map_or_else(|| Ok(Settings::default()), Settings::read)?;
    settings.data = data.unwrap_or(settings.data);
    settings.database = named_database(database)?.unwrap_or(settings.database);
    settings.key = key.unwrap_or(settings.key);
    match arguments.command {
        Command::Serve { listen } => {
            settings.listen = listen.unwrap_or(settings.listen);
            // Bind first: if the address is in use, another receiver probably has this database open.
            let listener = server::listen(settings.listen).await?;
            serve::serve(listener, settings).await
        }
        Command::Check { json } => upkeep::check(&settings, json).await,
        Command::Purge { dry_run } => upkeep::purge(&settings, dry_run).await,
        Command::Backup { file: Some(file), .. } => upkeep::backup(&settings, &file).await,
        Command::Backup { into, .. } => upkeep::backup_into(&settings, &into.unwrap_or_default()).await,
        Command::Restore { file } => upkeep::restore(&settings, &file).await,
        Command::Block { network, undo } => upkeep::block(&settings, network, undo).await,
        Command::ImportStock { quiet, json } => import::import_stock(&settings, quiet, json).await,
        Command::Pairs(asked) => publication::pairs(&settings, asked).await,
        Command::Fixtures(asked) => publication::fixtures(&settings, asked).await,
        Command::Insights { definitions, json } => publication::insights(&settings, definitions.as_deref(), json).await,
        Command::Hide(asked) => publication::hide(&settings, asked, true).await,
        Command::Unhide(asked) => publication::hide(&settings, asked, false).await,
        Command::Hidden { json } => publication::hidden(&settings, json).await,
        Command::RenewSigningKey => upkeep::renew_signing_key(&settings),
    }
}

/// The database URL from the command line or the environment.
fn named_database(argument: Option<String>) -> Result<Option<String>> {
    if argument.as_deref().is_some_and(has_password) {
        return Err(Code::PasswordExposed.into());
    }
    Ok(argument.or_else(|| std::env::var("CALLBACK_RECEIVER_DATABASE").ok().filter(|url| !url.is_empty())))
}

fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

/// Writes to standard output. A closed pipe is not an error, and nothing here may panic on one as `println!` does.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::new(Code::OutputFailed, describe(&error)))
        }
        _ => Ok(()),
    }
}

/// Prints a document as JSON.
fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::new(Code::OutputFailed, error))?;
    print(&(text + "\n"))
}

/// Creates the data directory, for its owner only, if it is missing.
fn data_directory(settings: &Settings) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&settings.data).map_err(|error| {
        Error::new(Code::DataDirectoryUnusable, format!("{} ({})", settings.data.display(), describe(&error)))
    })
}

/// The install key and the store that it belongs to.
async fn open(settings: &Settings) -> Result<(InstallKey, Arc<Store>)> {
    data_directory(settings)?;
    let (key_file, database) = (settings.key_file(), Database::from_settings(settings)?);
    let key = if database.has_data().await? { existing_key(settings)? } else { InstallKey::load(&key_file)? };
    database.remove_stale_copies(&settings.data);
    let store = database.open(&key).await?;
    Ok((key, store))
}

/// The key of an existing database. It is never created: a new key would not match the data.
fn existing_key(settings: &Settings) -> Result<InstallKey> {
    let key_file = settings.key_file();
    if !key_file.exists() {
        return Err(Error::new(Code::KeyMissing, key_file.display()));
    }
    InstallKey::load(&key_file)
}
