//! The command line: what there is.

use callback_agent::error::EXIT_CODES;
use callback_agent::receiver::Kind;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// What stands below the help of a command: how it is typed, and where its exit codes are.
macro_rules! example {
    ($typed:literal) => {
        concat!("Example: ", $typed, "\nExit codes: see callback-agent --help")
    };
}

/// Shows and sends the anonymous statistics report of a LibreNMS install.
#[derive(Parser)]
#[command(name = "callback-agent", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// Whether only what went wrong is to be said.
    pub(crate) const fn is_quiet_run(&self) -> bool {
        self.common.quiet && matches!(self.command, Command::Submit(_))
    }
}

#[derive(Args)]
pub(super) struct Common {
    /// LibreNMS folder, mysql:// URL without a password, or SQLite file [env: CALLBACK_INSTALL]
    #[arg(long, global = true, value_name = "WHERE")]
    pub(super) install: Option<String>,
    /// Configuration file [default: /etc/callback-agent.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", env = "CALLBACK_CONFIG", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,
    /// Folder of the agent's own files
    #[arg(long, global = true, value_name = "FOLDER", env = "CALLBACK_STATE", hide_env_values = true)]
    pub(super) state: Option<PathBuf>,
    /// Show no progress; `submit` says only what went wrong
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
}

/// A receiver that is named for one command.
#[derive(Args)]
pub(super) struct ReceiverArgs {
    /// Address of the receiver, instead of the configured one
    #[arg(long = "receiver", value_name = "URL", env = "CALLBACK_RECEIVER", hide_env_values = true)]
    pub(super) url: Option<String>,
    /// What answers there, instead of what is configured
    #[arg(long = "receiver-kind", value_name = "KIND", env = "CALLBACK_RECEIVER_KIND", hide_env_values = true)]
    pub(super) kind: Option<Kind>,
}

/// How a result is printed.
#[derive(Args)]
pub(super) struct JsonArgs {
    /// Print as JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(super) struct PreviewArgs {
    /// Print the report as indented JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Print the exact bytes that would be sent
    #[arg(long, conflicts_with_all = ["explain", "json", "all"])]
    pub(super) raw: bool,
    /// Print what was removed and why instead of the report; with --json as JSON
    #[arg(long, conflicts_with = "all")]
    pub(super) explain: bool,
    /// Print every label and pair, not only the most frequent ones
    #[arg(long, conflicts_with = "json")]
    pub(super) all: bool,
    /// Write the preview into an HTML file to show to others, with the originals blacked out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "json", "raw", "all"])]
    pub(super) share: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct SubmitArgs {
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
    /// Do everything but send
    #[arg(long, conflicts_with_all = ["out", "again"])]
    pub(super) dry_run: bool,
    /// Write the report into a file for `upload` on another machine; it is private, since it holds the secret
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Send although today's report was sent already; a callback-receiver replaces that one, the stock site counts both
    #[arg(long)]
    pub(super) again: bool,
    /// Wait first, for a part of this time that is the install's own on each day, such as 3h or 20m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) splay: Option<Duration>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Args)]
pub(super) struct EnableArgs {
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Name of who says yes, to be kept in the record
    #[arg(long, value_name = "NAME")]
    pub(super) who: Option<String>,
    /// Categories to send, parted by commas, or `all`; see `dictionary`. Without it, as before
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) categories: Option<Vec<String>>,
    /// A label not to send, as GROUP=LABEL, or `none`; can be given often. Without it, as before
    #[arg(long, value_name = "GROUP=LABEL")]
    pub(super) withhold: Option<Vec<String>>,
    /// A rare label to send all the same, as GROUP=LABEL, or `none`; can be given often. `preview --explain` lists the rare
    /// labels. Without it, as before
    #[arg(long, value_name = "GROUP=LABEL")]
    pub(super) include: Option<Vec<String>>,
    /// Own words to remove wherever they stand, parted by commas, or `none`. Without it, as before
    #[arg(long, value_name = "WORDS", value_delimiter = ',')]
    pub(super) terms: Option<Vec<String>>,
    /// Switch LibreNMS's own sender off, so that nothing is counted twice
    #[arg(long)]
    pub(super) take_over: bool,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Args)]
pub(super) struct ClearArgs {
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
    /// Ask the receiver at once instead of at the next `submit`
    #[arg(long)]
    pub(super) now: bool,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

/// Where and how files of the system are written.
#[derive(Args)]
pub(super) struct SystemArgs {
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Put the files under this folder, and start nothing; for packages
    #[arg(long, value_name = "FOLDER")]
    pub(super) root: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Args)]
pub(super) struct InstallArgs {
    #[command(flatten)]
    pub(super) system: SystemArgs,
    /// User that the agent runs as [default: the owner of the LibreNMS folder]
    #[arg(long, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// Write a cron file instead of a systemd timer
    #[arg(long)]
    pub(super) cron: bool,
}

#[derive(Args)]
pub(super) struct UninstallArgs {
    #[command(flatten)]
    pub(super) system: SystemArgs,
    /// Remove the agent's state too: consent, history, secret
    #[arg(long)]
    pub(super) purge: bool,
    /// Have everything cleared first
    #[arg(long, conflicts_with = "without_clear")]
    pub(super) clear: bool,
    /// Leave with the receivers what they hold; without the state it is forgotten after 90 days at the latest
    #[arg(long)]
    pub(super) without_clear: bool,
}

/// Which receiver a command is about.
#[derive(Args)]
pub(super) struct WhichArgs {
    /// Address of the receiver, where there is more than one
    #[arg(long, value_name = "URL")]
    pub(super) receiver: Option<String>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
    /// Loopback address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", conflicts_with = "socket")]
    pub(super) listen: std::net::SocketAddr,
    /// Listen on a Unix socket instead, behind a web server that lets administrators of LibreNMS through
    #[arg(long, value_name = "FILE", requires = "origin")]
    pub(super) socket: Option<PathBuf>,
    /// Origin under which browsers see that web server, such as https://librenms.example.org
    #[arg(long, value_name = "ORIGIN", requires = "socket")]
    pub(super) origin: Option<String>,
    /// Path under which they see the preview there
    #[arg(long, value_name = "PATH", default_value = "/callback", requires = "socket")]
    pub(super) base: String,
    /// How long what was read is kept in memory for "Send exactly this"
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    pub(super) keep: Duration,
    /// End once nobody has looked for this long; 0 for never, which is the default with --socket
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) idle: Option<Duration>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// Print the secret of a receiver, to be kept in a safe place
    Export(WhichArgs),
    /// Take a secret from standard input, also before the first report
    #[command(after_help = example!("callback-agent secret import < secret.txt"))]
    Import(WhichArgs),
}

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// List the keys that receivers are known by, and what the receiver publishes now
    Show(WhichArgs),
    /// Accept the key that the receiver signs with now; shows it first
    Accept {
        #[command(flatten)]
        which: WhichArgs,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the configuration file, and say what it comes to
    Check {
        #[command(flatten)]
        output: JsonArgs,
    },
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the report that would be sent; sends nothing
    #[command(after_help = example!("callback-agent --install /opt/librenms preview --explain"))]
    Preview(PreviewArgs),
    /// Show the report in a browser of this machine, with the switch, Clear and "Send exactly this"
    #[command(after_help = example!("callback-agent --install /opt/librenms serve"))]
    Serve(ServeArgs),
    /// Print the facts document that the module builds the report from; holds names and addresses, keep it private
    #[command(after_help = example!("callback-agent --install /opt/librenms facts --out facts.json"))]
    Facts {
        /// Write into a file that only this user may read
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Send the report, if the admin allowed it; at most once a day
    #[command(after_help = example!("callback-agent --install /opt/librenms submit"))]
    Submit(SubmitArgs),
    /// Send a report that `submit --out` wrote, from this machine
    #[command(after_help = example!("callback-agent upload report.json"))]
    Upload {
        /// The file; the answer is written beside it
        file: PathBuf,
        /// Send although the answer says that it was sent already
        #[arg(long)]
        again: bool,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Take the answer of an `upload` into the ledger
    #[command(after_help = example!("callback-agent --install /opt/librenms receipt report.json.answer"))]
    Receipt {
        /// The file that `upload` wrote
        file: PathBuf,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Allow the report to be sent; shows first what it is
    #[command(after_help = example!("callback-agent --install /opt/librenms enable"))]
    Enable(EnableArgs),
    /// Stop sending at once
    #[command(after_help = example!("callback-agent --install /opt/librenms disable --who jane"))]
    Disable {
        /// Name of who says so, to be kept in the record
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Have everything removed that receivers hold of this install, and switch off
    #[command(after_help = example!("callback-agent --install /opt/librenms clear --now\nUntil it is confirmed, `enable` cancels it."))]
    Clear(ClearArgs),
    /// Say whether reports are sent, since when, and how the last ones went
    #[command(after_help = example!("callback-agent --install /opt/librenms status --why"))]
    Status {
        /// Print every switch, its value, and which one decides
        #[arg(long)]
        why: bool,
        #[command(flatten)]
        receiver: ReceiverArgs,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// List what was allowed, sent and cleared
    #[command(after_help = example!("callback-agent --install /opt/librenms history"))]
    History {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Print an entry of the history, with the payload as it was sent
    #[command(after_help = example!("callback-agent --install /opt/librenms show 3"))]
    Show {
        /// Its number in `history`
        id: i64,
        /// Print the exact bytes of the payload, and nothing else
        #[arg(long, conflicts_with = "json")]
        raw: bool,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Compare two payloads of the history
    #[command(after_help = example!("callback-agent --install /opt/librenms diff 3 7"))]
    Diff {
        /// Number of the earlier one
        before: i64,
        /// Number of the later one
        after: i64,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Recompute every digest and the chain of the history
    #[command(after_help = example!("callback-agent --install /opt/librenms verify"))]
    Verify {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Print the whole history with payloads as JSON
    #[command(after_help = example!("callback-agent --install /opt/librenms export > history.json"))]
    Export,
    /// Carry the secret to or from another machine
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Look at the keys that sign receipts, or accept another one
    #[command(subcommand)]
    Key(KeyCommand),
    /// Work with the configuration file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write what starts the agent every day: a systemd timer, or a cron file; shows it first (as root)
    #[command(after_help = example!("sudo callback-agent --install /opt/librenms install"))]
    Install(InstallArgs),
    /// Bring state and schedule up to date after a new version was installed (as root)
    #[command(after_help = example!("sudo callback-agent upgrade"))]
    Upgrade(SystemArgs),
    /// Remove what `install` wrote (as root)
    #[command(after_help = example!("sudo callback-agent uninstall --purge"))]
    Uninstall(UninstallArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = example!("callback-agent man --out /usr/local/share/man/man1"))]
    Man {
        /// Folder to write them into
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Print completions for a shell
    #[command(after_help = example!("callback-agent completions bash > /etc/bash_completion.d/callback-agent"))]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Sanitise descriptions: JSON lines {id, os, sysDescr, sysObjectID, device} in, {id, sysDescr, sysObjectID} out
    #[command(after_help = example!("echo '{\"id\":1,\"sysDescr\":\"Linux web01 6.1.0\"}' | callback-agent sanitise"))]
    Sanitise {
        /// Use the collector that is linked in instead of the module, to compare
        #[arg(long)]
        native: bool,
    },
    /// Say which module this agent runs: digest, size, interface
    #[command(after_help = example!("callback-agent module"))]
    Module {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Explain every field and header of a report
    #[command(after_help = example!("callback-agent dictionary"))]
    Dictionary {
        #[command(flatten)]
        output: JsonArgs,
    },
}

/// A time such as `90`, `90s`, `20m` or `3h`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => 0,
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        .filter(|seconds| unit.is_empty() || *seconds > 0 || number == "0")
        .filter(|seconds| *seconds <= 24 * 3600)
        .map(Duration::from_secs)
        .ok_or_else(|| "expected a time of at most a day, such as 90s, 20m or 3h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_time_has_a_unit() {
        let seconds = |text| duration(text).map(|time| time.as_secs());
        assert_eq!([seconds("0"), seconds("90"), seconds("20m"), seconds("3h")], [Ok(0), Ok(90), Ok(1200), Ok(10_800)]);
        for wrong in ["", "h", "3d", "-1", "25h", "1h30m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
