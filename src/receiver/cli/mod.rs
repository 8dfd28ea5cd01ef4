//! The program's commands.

mod import;
mod publication;
mod serve;
mod upkeep;

use callback_receiver::config::Settings;
use callback_receiver::http::server;
use callback_receiver::key::InstallKey;
use callback_receiver::store::Storage;
use callback_receiver::store::database::Database;
use callback_receiver::{Error, Result, log};
use clap::{Args, Parser, Subcommand};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

const EXIT_CODES: &str = "\
Examples:
  callback-receiver serve --listen 127.0.0.1:8080 --data /var/lib/callback-receiver
  callback-receiver --config /etc/callback-receiver.toml check
  callback-receiver pairs --os ios --sort installs
  callback-receiver fixtures --out tests/snmpsim --definitions resources/definitions/os_detection

Exit codes:
  0  done, or stopped when asked to
  1  unexpected failure
  2  wrong usage
  3  the address to listen on cannot be had
  4  the database cannot be used
  5  a key cannot be used
  6  the configuration is wrong
  7  the check found differences
  8  the detection rules cannot be used
  9  the output cannot be written";

/// Takes anonymous statistics reports in, keeps them for 90 days without addresses, and forgets them.
#[derive(Parser)]
#[command(name = "callback-receiver", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// Configuration file (TOML); without one the defaults hold
    #[arg(long, global = true, value_name = "FILE", env = "CALLBACK_RECEIVER_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the database file
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// URL of the database, such as postgres://user@host/name; with a password only in the configuration or in
    /// CALLBACK_RECEIVER_DATABASE [default: a file in the folder]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// File of the key that installs are kept under; keep it apart from the data and its backups [default: install.key in the folder]
    #[arg(long, global = true, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Take reports until stopped
    Serve {
        /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Recompute the daily aggregates from the reports and compare; also while the receiver runs
    Check,
    /// Forget what is over its time; `serve` does so by itself, at its start and every hour
    Purge {
        /// Say what would be forgotten, and forget nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Copy the database into a file, consistently, while the receiver runs. The keys are not in it: keep them apart
    #[command(group(clap::ArgGroup::new("where").required(true)))]
    Backup {
        /// The file to write; it must not exist
        #[arg(group = "where")]
        file: Option<PathBuf>,
        /// Write a file named after the day into a folder, and delete those there that are older than `backup_days`
        #[arg(long, group = "where", value_name = "FOLDER")]
        into: Option<PathBuf>,
    },
    /// Put a backup in the database's place, without what was cleared since; the receiver must be stopped. A backup of
    /// one kind of database may be restored in the other
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Take no more reports of an install, whose uuid is read from standard input, or of a network
    Block {
        /// Read a network from standard input instead, such as 192.0.2.0/24; only a keyed hash of it is stored
        #[arg(long)]
        network: bool,
        /// Take them again
        #[arg(long)]
        undo: bool,
    },
    /// List device pairs; what is published, or with --min-installs all that are held
    Pairs(publication::Pairs),
    /// Make test fixtures for LibreNMS's OS discovery of the published pairs
    Fixtures(publication::Fixtures),
    /// Say what to do next: pairs without an OS, new strings, hardware and versions that come and go
    Insights {
        /// LibreNMS's detection rules: its folder resources/definitions/os_detection
        #[arg(long, value_name = "FOLDER")]
        definitions: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Hide a label or pair from everything public, at once; also while the receiver runs
    Hide(publication::Hide),
    /// Show a label or pair again that was hidden in the same words
    Unhide(publication::Hide),
    /// List who hid and showed what, by digest, and why
    Hidden {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take over what a stock statistics site holds, from its MariaDB, whose URL is read from CALLBACK_STOCK_DATABASE
    #[command(name = "import-stock")]
    ImportStock {
        /// Show no progress
        #[arg(long)]
        quiet: bool,
    },
    /// Make a new key for signing receipts, for which the old one vouches; used from the next start on
    RenewSigningKey,
}

pub(crate) fn main() -> ExitCode {
    log::only_places_of_panics();
    let arguments = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            log::say(&format!("callback-receiver: this machine gives no event queue ({})", error.kind()));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::say(&format!("callback-receiver: {error}"));
            ExitCode::from(error.exit_code())
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
            // The address first: where it is taken, another receiver is at work on this data.
            let listener = server::listen(settings.listen).await?;
            serve::serve(listener, settings).await
        }
        Command::Check => upkeep::check(&settings).await,
        Command::Purge { dry_run } => upkeep::purge(&settings, dry_run).await,
        Command::Backup { file: Some(file), .. } => upkeep::backup(&settings, &file).await,
        Command::Backup { into, .. } => upkeep::backup_into(&settings, &into.unwrap_or_default()).await,
        Command::Restore { file } => upkeep::restore(&settings, &file).await,
        Command::Block { network, undo } => upkeep::block(&settings, network, undo).await,
        Command::ImportStock { quiet } => import::import_stock(&settings, quiet).await,
        Command::Pairs(asked) => publication::pairs(&settings, asked).await,
        Command::Fixtures(asked) => publication::fixtures(&settings, asked).await,
        Command::Insights { definitions, json } => publication::insights(&settings, definitions.as_deref(), json).await,
        Command::Hide(asked) => publication::hide(&settings, asked, true).await,
        Command::Unhide(asked) => publication::hide(&settings, asked, false).await,
        Command::Hidden { json } => publication::hidden(&settings, json).await,
        Command::RenewSigningKey => upkeep::renew_signing_key(&settings),
    }
}

/// The database that the command line or the environment names.
fn named_database(argument: Option<String>) -> Result<Option<String>> {
    if argument.as_deref().is_some_and(has_password) {
        return Err(Error::Config(
            "a password on the command line can be read by every user of this machine; put the URL into the \
             configuration (`database = …`) or into CALLBACK_RECEIVER_DATABASE"
                .into(),
        ));
    }
    Ok(argument.or_else(|| std::env::var("CALLBACK_RECEIVER_DATABASE").ok().filter(|url| !url.is_empty())))
}

fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").map_or("", |(_, rest)| rest.split('/').next().unwrap_or_default());
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

/// Puts text on standard output; who reads no more of it is no error.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Output(format!("the output cannot be written ({})", error.kind())))
        }
        _ => Ok(()),
    }
}

/// The folder of the data, made private if there is none.
fn data_folder(settings: &Settings) -> Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&settings.data).map_err(|error| {
        Error::Store(format!("the data folder cannot be made ({}); name another with --data", error.kind()))
    })
}

/// The install key and the store that it belongs to.
async fn open(settings: &Settings) -> Result<(InstallKey, Arc<dyn Storage>)> {
    data_folder(settings)?;
    let (key_file, database) = (settings.key_file(), Database::of(settings)?);
    let key = if database.has_data().await? { existing_key(settings)? } else { InstallKey::load(&key_file)? };
    database.remove_left_over(&settings.data);
    let store = database.open(&key).await?;
    Ok((key, store))
}

/// The key of data that are there: none is made, since it could not be theirs.
fn existing_key(settings: &Settings) -> Result<InstallKey> {
    let key_file = settings.key_file();
    if !key_file.exists() {
        return Err(Error::Key(
            "the key file is missing, and the data are of one; restore it from a backup, or set `key`".into(),
        ));
    }
    InstallKey::load(&key_file)
}
