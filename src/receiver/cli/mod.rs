//! The program's commands.

mod actor;
mod args;
mod backup;
mod diagnosis;
mod import;
mod insight_lines;
mod manual;
mod operator;
mod publication;
mod serve;
mod status;
mod upkeep;

use args::{Cli, Command, Common};
use callback_common::io_error::describe;
use callback_receiver::config::Settings;
use callback_receiver::key::InstallKey;
use callback_receiver::signing::Signing;
use callback_receiver::store::Store;
use callback_receiver::store::database::Database;
use callback_receiver::{Code, Error, Result, log, server};
use clap::Parser;
use serde_json::json;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::process::ExitCode;
use std::sync::Arc;

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
            // The output of `doctor` has the problems already.
            if as_json && error.code() != Code::ProblemsFound {
                // Best effort: the exit status and standard error have the error too.
                let _ = print_json(&json!({"error": {"code": error.code(), "message": error.to_string()}}));
            }
            ExitCode::from(error.exit_status())
        }
    }
}

async fn run(arguments: Cli) -> Result<()> {
    match arguments.command {
        Command::Man { out } => return manual::man(out.as_deref()),
        Command::Completions { shell } => return manual::completions(shell),
        _ => {}
    }
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
        Command::Doctor(asked) => diagnosis::doctor(settings, config, asked).await,
        Command::Status { json } => status::status(&settings, json).await,
        Command::Backup { file, into } => backup::backup(&settings, file, into).await,
        Command::Restore { file, dry_run, json } => backup::restore(&settings, &file, dry_run, json).await,
        Command::Clear(asked) => operator::clear(&settings, asked).await,
        Command::ResetSecret(asked) => operator::reset_secret(&settings, asked).await,
        Command::OperatorLog { json } => operator::log(&settings, json).await,
        Command::Block { network, undo } => upkeep::block(&settings, network, undo).await,
        Command::ImportStock { quiet, json } => import::import_stock(&settings, quiet, json).await,
        Command::Pairs(asked) => publication::pairs(&settings, asked).await,
        Command::Fixtures(asked) => publication::fixtures(&settings, asked).await,
        Command::Insights { definitions, limit, json } => {
            publication::insights(&settings, definitions.as_deref(), limit, json).await
        }
        Command::Hide(asked) => publication::hide(&settings, asked, true).await,
        Command::Unhide(asked) => publication::hide(&settings, asked, false).await,
        Command::Hidden { json } => publication::hidden(&settings, json).await,
        Command::RenewSigningKey { lost } => upkeep::renew_signing_key(&settings, lost).await,
        Command::Man { .. } | Command::Completions { .. } => Ok(()),
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
    print_bytes(text.as_bytes())
}

/// The same for bytes.
fn print_bytes(bytes: &[u8]) -> Result<()> {
    match std::io::stdout().lock().write_all(bytes) {
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

/// The install key and the store that it belongs to. On the first start both key files are created.
async fn open(settings: &Settings) -> Result<(InstallKey, Arc<Store>)> {
    data_directory(settings)?;
    let (key_file, database) = (settings.key_file(), Database::from_settings(settings)?);
    let key = if database.has_data().await? {
        InstallKey::existing(&key_file)?
    } else {
        Signing::load(&settings.signing_key_file())?;
        InstallKey::load(&key_file)?
    };
    database.create_for_service()?;
    database.remove_stale_copies(&settings.data);
    let store = database.open(&key).await?;
    Ok((key, store))
}

/// The install key of an existing database.
fn existing_key(settings: &Settings) -> Result<InstallKey> {
    InstallKey::existing(&settings.key_file())
}
