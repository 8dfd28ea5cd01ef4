//! The command line.

use super::choices::ChoiceArgs;
use super::filter::FilterArgs;
use crate::receiver::Kind;
use clap::{Args, Parser, Subcommand};
use jiff::{SignedDuration, Span, SpanRelativeTo};
use std::path::PathBuf;
use std::time::Duration;

/// The heading of options that every command has.
const GLOBAL: &str = "Global options";

/// The heading of options that choose a receiver for one command.
const RECEIVER: &str = "Receiver (default: the configured one)";

/// The example below the help of a command.
macro_rules! example {
    ($typed:literal) => {
        concat!("Example: ", $typed)
    };
}

/// The program's help: its commands by purpose, on one screen. clap has no headings for commands.
const HELP: &str = "\
{about-with-newline}
{usage-heading} {usage}

Report:
  preview             Show the report that would be sent; sends nothing
  serve               Serve the preview page to a browser on this host
  facts               Print the facts that the report is built from; keep them private
  submit              Send the report if you opted in, at most once a day
  upload, receipt     Air-gapped sites: send a report from another host, import its answer
Consent:
  enable              Opt in: show the report and ask before recording consent
  disable             Opt out: stop sending at once
  clear               Opt out and ask all receivers to delete your reports
  status              Show whether reports are sent, and how the last runs went
History:
  history             List consent changes, reports and deletions
  show, diff          Show an entry with its payload; compare two reports
  verify, export      Verify the history; print all of it as JSON
Set-up:
  install             Run the agent daily with a systemd timer or cron; needs root
  upgrade, uninstall  Update or remove what `install` wrote; needs root
  doctor, config      Check everything that reports depend on; check the configuration file
  secret, key         Back up or restore the secret; show or accept receivers' keys
  man, completions    Print the manual page or shell completions
Sanitiser:
  sanitise            Sanitise device descriptions from standard input
  module, dictionary  Describe the module that builds reports, and the fields of a report

Options:
{options}

Help of a command: callback-agent COMMAND --help. Exit status and codes: callback-agent man
";

/// Shows and sends the statistics report of a LibreNMS install
#[derive(Parser)]
#[command(
    name = "callback-agent",
    version,
    help_template = HELP,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// Whether only failures are to be printed.
    pub(crate) const fn is_quiet_run(&self) -> bool {
        self.common.quiet && matches!(self.command, Command::Submit(_))
    }

    /// Whether a monitoring system reads the result.
    pub(crate) const fn is_plugin(&self) -> bool {
        matches!(&self.command, Command::Status(arguments) if arguments.plugin.check)
    }
}

#[derive(Args)]
#[command(next_help_heading = GLOBAL)]
pub(super) struct Common {
    /// Directory or database URL [default: /opt/librenms] [env: CALLBACK_LIBRENMS]
    #[arg(long, global = true, value_name = "PATH")]
    pub(super) librenms: Option<String>,
    /// The former name of `--librenms`
    #[arg(long, global = true, value_name = "PATH", hide = true, conflicts_with = "librenms")]
    pub(super) install: Option<String>,
    /// Configuration [default: /etc/callback-agent.toml]
    #[arg(long, global = true, value_name = "FILE", env = "CALLBACK_CONFIG", hide_env_values = true)]
    pub(super) config: Option<PathBuf>,
    /// State directory
    #[arg(long, global = true, value_name = "DIR", env = "CALLBACK_STATE", hide_env_values = true)]
    pub(super) state: Option<PathBuf>,
    /// User to switch to if started by root [default: owner of state or LibreNMS]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) user: Option<String>,
    /// No progress bar; `submit` and `enable --yes` print failures only
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
}

/// A receiver that is named for one command.
#[derive(Args)]
#[command(next_help_heading = RECEIVER)]
pub(super) struct ReceiverArgs {
    /// Receiver URL
    #[arg(long = "receiver", value_name = "URL", env = "CALLBACK_RECEIVER", hide_env_values = true)]
    pub(super) url: Option<String>,
    /// Kind of receiver: stock or callback-stats
    #[arg(
        long = "receiver-kind",
        value_name = "KIND",
        env = "CALLBACK_RECEIVER_KIND",
        hide_env_values = true,
        hide_possible_values = true
    )]
    pub(super) kind: Option<Kind>,
}

/// How a result is printed.
#[derive(Args)]
pub(super) struct JsonArgs {
    /// Print JSON
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
    /// Print what was redacted and why, instead of the report
    #[arg(long, conflicts_with = "all")]
    pub(super) explain: bool,
    /// Print every label and device description, one per line, not only the most frequent ones
    #[arg(long, conflicts_with = "json")]
    pub(super) all: bool,
    /// Write an HTML file to share, with redacted text blacked out; `-` is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "json", "raw", "all"])]
    pub(super) share: Option<PathBuf>,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
}

#[derive(Args)]
pub(super) struct SubmitArgs {
    /// Do everything except sending
    #[arg(long, conflicts_with_all = ["out", "again"])]
    pub(super) dry_run: bool,
    /// Write the report to a file for `upload` on another host; keep it private, it contains the secret
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Send even if today's report was sent; a callback-receiver replaces it, the stock site counts both
    #[arg(long)]
    pub(super) again: bool,
    /// First wait for a random delay of up to TIME, for example 3h; stable for this install within a day
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) splay: Option<Duration>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
}

#[derive(Args)]
pub(super) struct EnableArgs {
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Name for the history [default: as recorded, or the user who ran sudo]
    #[arg(long, value_name = "NAME")]
    pub(super) who: Option<String>,
    /// Turn off LibreNMS's built-in sender, so that nothing is reported twice
    #[arg(long)]
    pub(super) take_over: bool,
    /// With --yes: even after an opt-out here or in LibreNMS, or if a deletion is pending
    #[arg(long, requires = "yes")]
    pub(super) override_off: bool,
    #[command(flatten)]
    pub(super) output: JsonArgs,
    #[command(flatten)]
    pub(super) choices: ChoiceArgs,
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
}

#[derive(Args)]
pub(super) struct ClearArgs {
    /// Send the delete request now instead of with the next `submit`
    #[arg(long, conflicts_with = "out")]
    pub(super) now: bool,
    /// Write the delete request to a file for `upload` on another host; keep it private, it contains uuid and secret
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Print receipts as the receiver wrote them
    #[arg(long, requires = "now", conflicts_with = "json")]
    pub(super) raw: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) output: JsonArgs,
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
}

#[derive(Args)]
pub(super) struct StatusArgs {
    /// Also print every setting that can block reports
    #[arg(long)]
    pub(super) why: bool,
    #[command(flatten)]
    pub(super) output: JsonArgs,
    #[command(flatten)]
    pub(super) plugin: PluginArgs,
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
}

/// The options of `status` as a monitoring plugin.
#[derive(Args)]
#[command(next_help_heading = "Monitoring")]
pub(super) struct PluginArgs {
    /// Print one line with performance data; exit status 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    #[arg(long, conflicts_with_all = ["why", "json"])]
    pub(super) check: bool,
    /// WARNING if the last report, or a pending delete request, is older than TIME
    #[arg(long, value_name = "TIME", default_value = "2d", value_parser = age, requires = "check")]
    pub(super) warning: Duration,
    /// CRITICAL if it is older than TIME
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = age, requires = "check")]
    pub(super) critical: Duration,
}

#[derive(Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    pub(super) output: JsonArgs,
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
}

/// Where and how system files are written.
#[derive(Args)]
pub(super) struct SystemArgs {
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Work below DIR and leave the running system alone; for packagers
    #[arg(long, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Args)]
pub(super) struct InstallArgs {
    /// Write a cron file instead of a systemd timer
    #[arg(long)]
    pub(super) cron: bool,
    #[command(flatten)]
    pub(super) system: SystemArgs,
}

#[derive(Args)]
pub(super) struct UninstallArgs {
    /// Also remove the state: consent, history and secret
    #[arg(long)]
    pub(super) purge: bool,
    /// Delete all sent reports first
    #[arg(long, conflicts_with = "without_clear")]
    pub(super) clear: bool,
    /// Leave sent reports with the receivers; they expire after at most 90 days
    #[arg(long)]
    pub(super) without_clear: bool,
    #[command(flatten)]
    pub(super) system: SystemArgs,
}

/// Which receiver a command is about.
#[derive(Args)]
pub(super) struct WhichArgs {
    /// Receiver URL, if there are several
    #[arg(long, value_name = "URL")]
    pub(super) receiver: Option<String>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
}

#[derive(Args)]
pub(super) struct ServeArgs {
    /// Loopback address to listen on; port 0 picks a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        conflicts_with = "socket",
        value_parser = socket_address
    )]
    pub(super) listen: std::net::SocketAddr,
    /// Listen on a Unix socket instead, behind a web server that admits LibreNMS admins only
    #[arg(long, value_name = "FILE", requires = "origin")]
    pub(super) socket: Option<PathBuf>,
    /// Origin of that web server, for example https://librenms.example.org
    #[arg(long, value_name = "ORIGIN", requires = "socket")]
    pub(super) origin: Option<String>,
    /// Path of the preview on that web server
    #[arg(long, value_name = "PATH", default_value = "/callback", requires = "socket")]
    pub(super) base: String,
    /// Keep a preview in memory for TIME, so that the page can send it
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    pub(super) keep: Duration,
    /// Stop after TIME without requests; 0 = never [default: 1h, with --socket 0]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) idle: Option<Duration>,
    #[command(flatten)]
    pub(super) output: JsonArgs,
    #[command(flatten)]
    pub(super) receiver: ReceiverArgs,
}

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// Print the secret of a receiver, for a backup
    #[command(after_help = example!("callback-agent secret export > secret.txt"))]
    Export(WhichArgs),
    /// Read a secret from the terminal or standard input; works before the first report, too
    #[command(after_help = example!("callback-agent secret import < secret.txt"))]
    Import {
        /// Replace a stored secret, which is then lost
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        which: WhichArgs,
    },
}

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// List the pinned keys of a receiver and the key it publishes now
    #[command(after_help = example!("callback-agent key show"))]
    Show(WhichArgs),
    /// Show the key that the receiver publishes now, and pin it
    #[command(after_help = example!("callback-agent key accept"))]
    Accept {
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        which: WhichArgs,
    },
}

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Validate the configuration file and print the effective settings
    #[command(after_help = example!("callback-agent --config agent.toml config check"))]
    Check {
        #[command(flatten)]
        output: JsonArgs,
    },
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the report that would be sent; sends nothing
    #[command(after_help = example!("callback-agent --librenms /opt/librenms preview --explain"))]
    Preview(PreviewArgs),
    /// Serve the preview page to a browser on this host
    #[command(after_help = example!("callback-agent --librenms /opt/librenms serve"))]
    Serve(ServeArgs),
    /// Print the facts that the report is built from; keep them private
    #[command(after_help = example!("callback-agent --librenms /opt/librenms facts --out facts.json"))]
    Facts {
        /// Write to a file with mode 0600; `-` is standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Send the report if you opted in, at most once a day
    #[command(after_help = example!("callback-agent --librenms /opt/librenms submit"))]
    Submit(SubmitArgs),
    /// Send a file written by `submit --out` or `clear --out`, from a connected host
    #[command(after_help = example!("callback-agent upload report.json"))]
    Upload {
        /// The file; the answer is written to FILE.answer
        file: PathBuf,
        /// Send even if this file has already been uploaded
        #[arg(long)]
        again: bool,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Import the answer that `upload` wrote: record it, and finish a deletion
    #[command(after_help = example!("callback-agent --librenms /opt/librenms receipt report.json.answer"))]
    Receipt {
        /// The file written by `upload`
        file: PathBuf,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Opt in: show the report and ask before recording consent
    #[command(after_help = "Choices that you do not pass stay as they are. Newly sent data is listed before the \
                      question.\n\nExample: callback-agent --librenms /opt/librenms enable")]
    Enable(EnableArgs),
    /// Opt out: stop sending at once
    #[command(after_help = example!("callback-agent --librenms /opt/librenms disable --who jane"))]
    Disable {
        /// Name of the person opting out; stored in the history [default: the user who ran sudo]
        #[arg(long, value_name = "NAME")]
        who: Option<String>,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Opt out and ask all receivers to delete your reports
    #[command(
        after_help = "Until the receivers confirm the deletion, `enable` cancels it.\n\nExample: callback-agent \
                      --librenms /opt/librenms clear --now"
    )]
    Clear(ClearArgs),
    /// Show whether reports are sent, since when, and how the last runs went
    #[command(after_help = example!("callback-agent --librenms /opt/librenms status --why"))]
    Status(StatusArgs),
    /// Check everything that reports depend on; changes nothing and sends no report
    #[command(
        after_help = "Exit status: 0 without a problem, 11 with one. With --quiet, prints problems only.\n\nExample: sudo callback-agent --librenms /opt/librenms doctor"
    )]
    Doctor(DoctorArgs),
    /// List consent changes, reports and deletions
    #[command(after_help = example!("callback-agent --librenms /opt/librenms history"))]
    History {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Show an entry of the history, with the payload as it was sent
    #[command(after_help = example!("callback-agent --librenms /opt/librenms show 3"))]
    Show {
        /// Number of the entry in `history`, or `last` for the last report
        id: EntryId,
        /// Print only the exact bytes of the payload
        #[arg(long, conflicts_with = "json")]
        raw: bool,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Compare two reports from the history, or one with today's preview
    #[command(after_help = example!("callback-agent --librenms /opt/librenms diff last today"))]
    Diff {
        /// Number of the earlier report; `last` compares the last report with the one before
        before: EntryId,
        /// Number of the later report, `last`, or `today` for the preview [default: last]
        after: Option<EntryId>,
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Verify the history: its hash chain, digests and signatures
    #[command(after_help = example!("callback-agent --librenms /opt/librenms verify"))]
    Verify {
        #[command(flatten)]
        output: JsonArgs,
    },
    /// Print the whole history with payloads as JSON
    #[command(after_help = example!("callback-agent --librenms /opt/librenms export > history.json"))]
    Export,
    /// Back up or restore the secret that proves ownership of your reports
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Show or accept the keys that sign receipts
    #[command(subcommand)]
    Key(KeyCommand),
    /// Check the configuration file
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Install a systemd timer (or cron file) that runs the agent daily; needs root
    #[command(visible_alias = "schedule", after_help = example!("sudo callback-agent --librenms /opt/librenms install"))]
    Install(InstallArgs),
    /// Update state and schedule after installing a new version; needs root
    #[command(after_help = example!("sudo callback-agent upgrade"))]
    Upgrade(SystemArgs),
    /// Remove what `install` wrote; needs root
    #[command(after_help = example!("sudo callback-agent uninstall --purge"))]
    Uninstall(UninstallArgs),
    /// Print the manual page
    #[command(after_help = "If DIR is named man1, callback-agent.toml.5 is written to man5 next to it.\n\nExample: \
                      callback-agent man --out /usr/local/share/man/man1")]
    Man {
        /// Write all pages to DIR: one for each command, and callback-agent.toml.5
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print shell completions
    #[command(after_help = example!("callback-agent completions bash > /etc/bash_completion.d/callback-agent"))]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Sanitise device descriptions from standard input
    #[command(
        after_help = "Reads JSON lines {id, os, sysDescr, sysObjectID, device}, prints {id, sysDescr, sysObjectID}.\n\nExample: echo '{\"id\":1,\"sysDescr\":\"Linux web01 6.1.0\"}' | callback-agent sanitise"
    )]
    Sanitise {
        /// Use the built-in collector instead of the module, for comparison
        #[arg(long)]
        native: bool,
    },
    /// Show the module that builds reports: SHA-256, size, interface
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

/// An entry of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryId {
    /// By its number.
    Number(i64),
    /// The last report that has a payload.
    Last,
    /// The report that would be sent now; it is not in the history yet.
    Today,
}

impl std::str::FromStr for EntryId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "last" => Ok(Self::Last),
            "today" => Ok(Self::Today),
            number => number.parse().map(Self::Number).map_err(|_| "expected a number, last or today"),
        }
    }
}

fn socket_address(text: &str) -> Result<std::net::SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an address and a port, for example 127.0.0.1:8080")
}

/// A time of at most a day, such as `90s`, `20m` or `3h`; a bare number is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let time = match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok()),
    };
    time.filter(|time| *time <= Duration::from_hours(24))
        .ok_or_else(|| "expected a time of at most a day, for example 90s, 20m or 3h".to_owned())
}

/// An age such as `36h`, `2d` or `1w`; a bare number is seconds. A day has 24 hours.
fn age(text: &str) -> Result<Duration, String> {
    let parsed = match text.parse::<i64>() {
        Ok(seconds) => Some(SignedDuration::from_secs(seconds)),
        Err(_) => text.parse::<Span>().ok().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()),
    };
    let age = parsed.and_then(|age| Duration::try_from(age).ok());
    age.ok_or_else(|| "expected an age, for example 36h, 2d or 1w".to_owned())
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
    fn the_help_lists_every_command_once_and_fits_a_screen() {
        let help = Cli::command().render_help().to_string();
        assert!(!help.contains("nonymous"), "a report is pseudonymous: {help}");
        assert!(help.lines().count() <= 40, "{help}");
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        let rows = help.lines().skip_while(|line| *line != "Report:").take_while(|line| !line.is_empty());
        let rows = rows.filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
        let mut listed: Vec<&str> = rows.flat_map(|(names, _)| names.split(", ")).collect();
        let command = Cli::command();
        let mut commands: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        listed.sort_unstable();
        commands.sort_unstable();
        assert_eq!(listed, commands);
    }

    #[test]
    fn the_former_name_of_an_option_is_accepted() {
        let parse = |arguments: &[&str]| Cli::try_parse_from(std::iter::once(&"callback-agent").chain(arguments));
        let common = |arguments: &[&str]| parse(arguments).map(|cli| (cli.common.librenms, cli.common.install)).ok();
        assert_eq!(common(&["--librenms", "/a", "install"]), Some((Some("/a".to_owned()), None)));
        assert_eq!(common(&["schedule", "--install", "/a"]), Some((None, Some("/a".to_owned()))));
        assert!(parse(&["--librenms", "/a", "--install", "/b", "status"]).is_err());
    }

    #[test]
    fn a_time_has_a_unit() {
        let seconds = |text| duration(text).map(|time| time.as_secs());
        assert_eq!([seconds("0"), seconds("90"), seconds("20m"), seconds("3h")], [Ok(0), Ok(90), Ok(1200), Ok(10_800)]);
        assert_eq!(seconds("1h30m"), Ok(5400));
        for wrong in ["", "h", "3d", "-1", "-1s", "25h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_age_may_have_days_and_weeks() {
        let hours = |text| age(text).map(|age| age.as_secs() / 3600);
        assert_eq!(
            [hours("36h"), hours("2d"), hours("1w"), hours("1d 12h"), hours("7200")],
            [36, 48, 168, 36, 2].map(Ok)
        );
        for wrong in ["", "d", "-1d", "-1", "1 month"] {
            assert!(age(wrong).is_err(), "{wrong}");
        }
    }
}
