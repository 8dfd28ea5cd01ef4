//! The command line: what there is, and the way from an argument to its command.

mod explain;
mod output;
mod report;
mod sanitise;

use callback_agent::config::Config;
use callback_agent::consent::Consent;
use callback_agent::error::{EXIT_CODES, Error, Result};
use callback_agent::module::Module;
use callback_agent::progress::Progress;
use callback_agent::sandbox::{Limits, Sandbox};
use callback_agent::source::Location;
use callback_agent::source::location::NamedIn;
use callback_agent::state::State;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Shows and sends the anonymous statistics report of a LibreNMS install.
#[derive(Parser)]
#[command(name = "callback-agent", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
struct Common {
    /// LibreNMS folder, mysql:// URL without a password, or SQLite file [env: CALLBACK_INSTALL]
    #[arg(long, global = true, value_name = "WHERE")]
    install: Option<String>,
    /// Configuration file [default: /etc/callback-agent.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "CALLBACK_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// Folder of the agent's own files
    #[arg(long, global = true, value_name = "FOLDER", env = "CALLBACK_STATE", hide_env_values = true)]
    state: Option<PathBuf>,
    /// Show no progress
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Show the report that would be sent; sends nothing
    #[command(after_help = "Example: callback-agent --install /opt/librenms preview --explain")]
    Preview {
        /// Print the exact bytes that would be sent
        #[arg(long, conflicts_with_all = ["explain", "json"])]
        raw: bool,
        /// Print what was removed and why instead of the report
        #[arg(long)]
        explain: bool,
        /// With --explain: as JSON
        #[arg(long, requires = "explain")]
        json: bool,
    },
    /// Print the facts document that the module builds the report from; holds names and addresses, keep it private
    #[command(after_help = "Example: callback-agent --install /opt/librenms facts > facts.json")]
    Facts,
    /// Send the report, if the admin allowed it
    #[command(after_help = "Example: callback-agent --install /opt/librenms submit")]
    Submit {
        /// Send to this address instead of the configured one
        #[arg(long, value_name = "URL")]
        receiver: Option<String>,
        /// Print the outcome as JSON
        #[arg(long)]
        json: bool,
    },
    /// Allow the report to be sent; shows first what it is
    #[command(after_help = "Example: callback-agent --install /opt/librenms enable")]
    Enable {
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Stop sending at once
    Disable,
    /// Sanitise descriptions: JSON lines {id, os, sysDescr, sysObjectID, device} in, {id, sysDescr, sysObjectID} out
    #[command(after_help = "Example: echo '{\"id\":1,\"sysDescr\":\"Linux web01 6.1.0\"}' | callback-agent sanitise")]
    Sanitise {
        /// Use the collector that is linked in instead of the module, to compare
        #[arg(long)]
        native: bool,
    },
    /// Say which module this agent runs: digest, size, interface
    Module {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
    /// Explain every field and header of a report
    Dictionary {
        /// Print as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs a command.
pub(crate) async fn run(cli: Cli) -> Result<()> {
    let mut config = Config::load(cli.common.config.as_deref())?;
    if let Some(state) = cli.common.state {
        config.state = Some(state);
    }
    let progress = Progress::new(cli.common.quiet);
    let context = Context { config, install: cli.common.install, progress };
    match cli.command {
        Command::Preview { raw, explain, json } => report::preview(&context, raw, explain, json).await,
        Command::Facts => report::facts(&context).await,
        Command::Submit { receiver, json } => report::submit(&context, receiver, json).await,
        Command::Enable { yes } => report::enable(&context, yes).await,
        Command::Disable => disable(&context).await,
        Command::Sanitise { native } => sanitise::sanitise(&context, native),
        Command::Module { json } => module(&context, json),
        Command::Dictionary { json } => dictionary(&context, json),
    }
}

/// What every command has at hand.
struct Context {
    config: Config,
    install: Option<String>,
    progress: Progress,
}

impl Context {
    /// The install that was named: on the command line, in the environment, in the configuration.
    fn location(&self) -> Result<Location> {
        if let Some(install) = &self.install {
            return Location::parse(install, NamedIn::CommandLine);
        }
        let named = std::env::var("CALLBACK_INSTALL").ok().filter(|value| !value.is_empty());
        match named.as_ref().or(self.config.install.as_ref()) {
            Some(install) => Location::parse(install, NamedIn::Private),
            None => Err(Error::Config(
                "no install was named; use --install FOLDER, or set `install` in the configuration".into(),
            )),
        }
    }

    async fn state(&self) -> Result<State> {
        State::open(&self.config.state_folder()?).await
    }

    fn sandbox(&self, module: &Module) -> Result<Sandbox> {
        callback_agent::report::sandbox(module, &self.config.state_folder()?)
    }
}

async fn disable(context: &Context) -> Result<()> {
    // Needs neither the install nor the module: off must always be possible.
    let mut state = context.state().await?;
    Consent::record(&mut state, false, "").await?;
    state.close().await?;
    output::line("Off. Nothing is sent from here any more.")
}

fn module(context: &Context, json: bool) -> Result<()> {
    let module = Module::load(&context.config)?;
    let sandbox = Sandbox::new(&module, None, Limits::default())?;
    let abi = sandbox.instance()?.abi_version();
    if json {
        return output::json(&serde_json::json!({
            "sha256": module.sha256,
            "bytes": module.bytes.len(),
            "abi": abi,
            "facts_schema": callback_collector::FACTS_SCHEMA,
            "payload_schema": callback_collector::PAYLOAD_SCHEMA,
            "imports": sandbox.imports(),
            "exports": sandbox.exports(),
        }));
    }
    output::line(&format!("SHA-256          {}", module.sha256))?;
    output::line(&format!("size             {} bytes", module.bytes.len()))?;
    output::line(&format!("interface        C ABI version {abi}"))?;
    output::line(&format!("facts schema     {}", callback_collector::FACTS_SCHEMA))?;
    output::line(&format!("payload schema   {}", callback_collector::PAYLOAD_SCHEMA))?;
    output::line("imports          each of these stops the module when it is called:")?;
    for import in sandbox.imports() {
        output::line(&format!("                 {import}"))?;
    }
    Ok(())
}

fn dictionary(context: &Context, json: bool) -> Result<()> {
    let module = Module::load(&context.config)?;
    let fields = Sandbox::new(&module, None, Limits::default())?.instance()?.dictionary()?;
    let fields: serde_json::Value =
        serde_json::from_slice(&fields).map_err(|_| Error::Module("the module's dictionary is no JSON".into()))?;
    if json {
        return output::json(&fields);
    }
    explain::dictionary(&fields)
}
