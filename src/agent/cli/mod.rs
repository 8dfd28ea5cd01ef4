//! Parses the command line and runs the command.

mod args;
mod choices;
mod clear;
mod config;
mod consent;
mod doctor;
mod explain;
mod filter;
mod history;
mod key;
mod manual;
mod misspelt;
mod output;
mod readable;
mod receipt;
mod report;
mod root;
mod sanitise;
mod secret;
mod send;
mod serve;
mod share;
mod status;
mod system;
mod uninstall;
mod upload;
mod usage;

use crate::code::{Code, Exit};
use crate::config::{Config, SYSTEM_STATE};
use crate::error::{Error, Result};
use crate::files::why;
use crate::librenms::Location;
use crate::librenms::database::NamedIn;
use crate::librenms::directory::LibreNmsDirectory;
use crate::progress::Progress;
use crate::receiver::ReceiverOverride;
use crate::sandbox::module::Module;
use crate::sandbox::{Limits, Sandbox};
use crate::store::State;
use crate::submit::RunContext;
use crate::system::Job;
use crate::system::users::User;
use args::{Cli, Command, Common, ConfigCommand, ReceiverArgs};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use usage::{parse, wants_json};

/// Runs the program and returns its exit status.
pub fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let (quiet, is_plugin) = (arguments.is_quiet_run(), arguments.is_plugin());
    let result = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => {
            let message = format!("cannot start the async runtime: {}", why(&error));
            Err(Error::new(Code::RuntimeUnavailable, message).caused_by(error))
        }
    };
    match result {
        Ok(status) => status,
        Err(error) if is_plugin => status::unknown(error.message()),
        Err(error) => {
            // A blocked report is not an error that a timer should log every day.
            if !(quiet && error.exit() == Exit::NotAllowed && !is_mismatch(error.code())) {
                print_error(&error, wants_json());
            }
            ExitCode::from(error.exit().status())
        }
    }
}

/// Whether nothing is sent although somebody opted in, because the opt-in is for a LibreNMS, receiver or URL other than
/// that of the run. Nobody chose that.
const fn is_mismatch(code: Code) -> bool {
    matches!(code, Code::OtherLibrenms | Code::OtherReceiver | Code::OtherClearUrl)
}

/// Prints an error on standard error, as text or JSON.
fn print_error(error: &Error, json: bool) {
    let line = if json { error.to_json().to_string() } else { format!("callback-agent: {error}") };
    // If standard error cannot be written, the exit status still reports the error.
    let _ = writeln!(std::io::stderr(), "{line}");
}

async fn run(cli: Cli) -> Result<ExitCode> {
    // `doctor` must work with an invalid configuration.
    if let Command::Doctor(arguments) = cli.command {
        return doctor::doctor(cli.common, arguments).await.map(|()| ExitCode::SUCCESS);
    }
    let mut config = Config::load(cli.common.config.as_deref())?;
    let warnings = config.warnings(cli.common.config.as_deref())?.into_iter().map(|warning| warning.text);
    let former = former_names(&cli.common);
    if let Some(state) = cli.common.state {
        config.state = Some(state);
    }
    let progress = Progress::new(cli.common.quiet);
    let (named, config_file, quiet) = (cli.common.librenms.or(cli.common.install), cli.common.config, cli.common.quiet);
    let context = Context { config, config_file, named, user: cli.common.user, progress, quiet };
    root::drop_root(&context, &cli.command)?;
    if let Command::Status(arguments) = &cli.command
        && arguments.plugin.check
    {
        return status::check(&context, arguments).await;
    }
    // `config check` includes the warnings in its answer.
    let warnings = warnings.filter(|_| !matches!(cli.command, Command::Config(_)));
    for warning in former.into_iter().chain(warnings) {
        // A warning that cannot be printed must not stop the command.
        let _ = writeln!(std::io::stderr(), "callback-agent: warning: {warning}");
    }
    match cli.command {
        Command::Preview(arguments) => report::preview(&context, &arguments).await,
        Command::Serve(arguments) => serve::serve(context, arguments).await,
        Command::Facts { out } => report::facts(&context, out.as_deref()).await,
        Command::Submit(arguments) => send::submit(&context, arguments).await,
        Command::Upload { file, again, yes, output } => {
            upload::upload(&context, &file, upload::UploadOptions { again, yes, json: output.json }).await
        }
        Command::Receipt { file, output } => upload::receipt(&context, &file, output.json).await,
        Command::Enable(arguments) => consent::enable(&context, arguments).await,
        Command::Disable { who, output } => consent::disable(&context, who.as_deref(), output.json).await,
        Command::Clear(arguments) => clear::clear(&context, arguments).await,
        Command::Status(arguments) => status::status(&context, arguments).await,
        // Handled above.
        Command::Doctor(_) => Ok(()),
        Command::History { output } => history::history(&context, output.json).await,
        Command::Show { id, raw, output } => history::show(&context, id, raw, output.json).await,
        Command::Diff { before, after, output } => history::diff(&context, before, after, output.json).await,
        Command::Verify { output } => history::verify(&context, output.json).await,
        Command::Export => history::export(&context).await,
        Command::Secret(command) => secret::secret(&context, command).await,
        Command::Key(command) => key::key(&context, command).await,
        Command::Config(ConfigCommand::Check { output }) => config::check(&context, output.json).await,
        Command::Install(arguments) => system::install(&context, &arguments),
        Command::Upgrade(arguments) => system::upgrade(&context, &arguments).await,
        Command::Uninstall(arguments) => uninstall::uninstall(&context, &arguments).await,
        Command::Man { out } => manual::man(out.as_deref()),
        Command::Completions { shell } => system::completions(shell),
        Command::Sanitise { native } => sanitise::sanitise(&context, native),
        Command::Module { output } => module(&context, output.json),
        Command::Dictionary { output } => dictionary(&context, output.json),
    }?;
    Ok(ExitCode::SUCCESS)
}

impl From<ReceiverArgs> for ReceiverOverride {
    fn from(arguments: ReceiverArgs) -> Self {
        Self { url: arguments.url, kind: arguments.kind }
    }
}

/// The variable that names LibreNMS, and its former name.
const LIBRENMS: &str = "CALLBACK_LIBRENMS";
const FORMER_LIBRENMS: &str = "CALLBACK_INSTALL";

/// The directory of LibreNMS's installation guide.
const DEFAULT_LIBRENMS: &str = "/opt/librenms";

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A warning for each former name in use. The next version removes the former names.
fn former_names(common: &Common) -> Vec<String> {
    let mut warnings = Vec::new();
    if common.install.is_some() {
        warnings.push("--install is now --librenms; the old name will be removed in the next version".to_owned());
    }
    if environment(FORMER_LIBRENMS).is_some() && environment(LIBRENMS).is_none() {
        warnings.push(format!("{FORMER_LIBRENMS} is now {LIBRENMS}; the old name will be removed in the next version"));
    }
    warnings
}

/// The LibreNMS to use if none was named.
fn unnamed(default: &Path) -> Result<Location> {
    let place = default.display().to_string();
    match default.try_exists() {
        Ok(false) => Err(Error::new(
            Code::LibrenmsNotNamed,
            format!(
                "no LibreNMS named, and {place} does not exist; pass --librenms PATH, or set `librenms` in the configuration file"
            ),
        )),
        _ => Location::parse(&place, NamedIn::CommandLine),
    }
}

/// What every command needs.
struct Context {
    config: Config,
    /// The configuration file, if one was named.
    config_file: Option<PathBuf>,
    /// The LibreNMS that the command line names.
    named: Option<String>,
    user: Option<String>,
    progress: Progress,
    quiet: bool,
}

/// The LibreNMS that the environment names.
fn in_environment() -> Option<String> {
    environment(LIBRENMS).or_else(|| environment(FORMER_LIBRENMS))
}

impl Context {
    /// The LibreNMS named on the command line, in the environment, in the configuration, or at `install`; by default,
    /// the directory of LibreNMS's installation guide.
    fn location(&self) -> Result<Location> {
        match self.place() {
            Some((place, named_in)) => Location::parse(&place, named_in),
            None => unnamed(Path::new(DEFAULT_LIBRENMS)),
        }
    }

    /// Whether the LibreNMS was named for this command, on the command line or in the environment.
    fn is_named_here(&self) -> bool {
        self.named.is_some() || in_environment().is_some()
    }

    /// The name of the LibreNMS, and where it was named.
    fn place(&self) -> Option<(String, NamedIn)> {
        if let Some(named) = &self.named {
            return Some((named.clone(), NamedIn::CommandLine));
        }
        if let Some(install) = in_environment().or_else(|| self.config.install.clone()) {
            return Some((install, NamedIn::Private));
        }
        // `install` records the LibreNMS that it was given.
        let install = Job::installed(Path::new("/"))?.install?;
        Some((install.display().to_string(), NamedIn::CommandLine))
    }

    /// The named or default directory, whether or not it contains a LibreNMS; `None` for a database.
    fn directory(&self) -> Option<PathBuf> {
        let named = self.place().map_or_else(|| DEFAULT_LIBRENMS.to_owned(), |(place, _)| place);
        Location::directory_named(&named)
    }

    /// The LibreNMS directory that was named, or the default one. Nothing in it is read: root calls this, and opting
    /// out needs none of LibreNMS's settings.
    fn librenms_directory(&self) -> Option<PathBuf> {
        self.directory().filter(|path| LibreNmsDirectory::is_at(path))
    }

    /// The state directory. It is never inside the LibreNMS directory, because LibreNMS's updates check every file
    /// there.
    fn state_directory(&self) -> Result<PathBuf> {
        let directory = self.config.state_directory()?;
        if let Some(librenms) = self.librenms_directory()
            && is_within(&directory, &librenms)
        {
            let is_named = ["STATE_DIRECTORY", "XDG_STATE_HOME"].iter().any(|name| environment(name).is_some());
            if is_named || self.config.state.is_some() {
                return Err(Error::new(
                    Code::StateInLibrenms,
                    format!(
                        "the state directory {} is inside the LibreNMS directory; choose a different one with --state \
                         DIR",
                        directory.display()
                    ),
                ));
            }
            let user = User::own().map_or_else(|| "librenms".to_owned(), |user| user.name);
            return Err(Error::new(
                Code::StateInLibrenms,
                format!(
                    "there is no state directory yet, and your home is inside the LibreNMS directory; run `sudo callback-agent \
                     install`, or: sudo install -d -m 0700 -o {user} {}",
                    SYSTEM_STATE
                ),
            ));
        }
        Ok(directory)
    }

    async fn state(&self) -> Result<State> {
        State::open(&self.state_directory()?).await
    }

    /// The state, for commands that only read it. They do not create the directory.
    async fn state_for_reading(&self) -> Result<State> {
        match self.state_directory() {
            Err(error)
                if self.config.state.is_none() && matches!(error.code(), Code::NoHome | Code::StateInLibrenms) =>
            {
                State::open_for_reading(Path::new(SYSTEM_STATE)).await
            }
            directory => State::open_for_reading(&directory?).await,
        }
    }

    const fn work<'a>(&'a self, location: &'a Location, named: &'a ReceiverOverride) -> RunContext<'a> {
        RunContext { config: &self.config, location, named, progress: &self.progress }
    }
}

/// Whether a path is inside a directory. The last parts of the path need not exist.
fn is_within(path: &Path, directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else { return false };
    let Ok(path) = std::path::absolute(path) else { return false };
    path.ancestors().find_map(|above| above.canonicalize().ok()).is_some_and(|above| above.starts_with(&directory))
}

/// The module and its interface, as JSON.
#[derive(Serialize)]
struct ModuleInterface<'a> {
    sha256: &'a str,
    bytes: usize,
    abi: u32,
    facts_schema: u32,
    payload_schema: u32,
    imports: Vec<String>,
    exports: Vec<String>,
}

fn module(context: &Context, json: bool) -> Result<()> {
    let module = Module::load(&context.config)?;
    let sandbox = Sandbox::new(&module, None, Limits::default())?;
    let abi = sandbox.instance()?.abi_version();
    if json {
        let interface = ModuleInterface {
            sha256: &module.sha256,
            bytes: module.bytes.len(),
            abi,
            facts_schema: callback_collector::FACTS_SCHEMA,
            payload_schema: callback_collector::PAYLOAD_SCHEMA,
            imports: sandbox.imports(),
            exports: sandbox.exports(),
        };
        return output::answer(Code::Shown, &interface);
    }
    output::line(&format!("SHA-256          {}", module.sha256))?;
    output::line(&format!("size             {} bytes", output::number(module.bytes.len() as u64)))?;
    output::line(&format!("interface        C ABI version {abi}"))?;
    output::line(&format!("facts schema     {}", callback_collector::FACTS_SCHEMA))?;
    output::line(&format!("payload schema   {}", callback_collector::PAYLOAD_SCHEMA))?;
    output::line(&format!("imports          {}; calling one stops the module (names: --json)", sandbox.imports().len()))
}

fn dictionary(context: &Context, json: bool) -> Result<()> {
    let module = Module::load(&context.config)?;
    let fields = Sandbox::new(&module, None, Limits::default())?.instance()?.dictionary()?;
    let fields: serde_json::Value = serde_json::from_slice(&fields)
        .map_err(|_| Error::new(Code::ModuleOutput, "the module's dictionary is not JSON"))?;
    if json {
        return output::json(&fields);
    }
    explain::dictionary(&fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_directory_is_tried_if_none_is_named() {
        let code = |path: &Path| unnamed(path).map(drop).map_err(|error| error.code());
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(code(&directory.path().join("librenms")), Err(Code::LibrenmsNotNamed));
        // The default directory exists but is empty, so it is not a LibreNMS directory.
        assert_eq!(code(directory.path()), Err(Code::NotLibrenms));
    }
}
