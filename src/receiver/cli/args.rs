//! The command line.

use super::{diagnosis, operator, publication};
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Examples:
  callback-receiver serve --listen 127.0.0.1:8080 --data /var/lib/callback-receiver
  callback-receiver --config /etc/callback-receiver/receiver.toml check
  callback-receiver pairs --os ios --sort installs

Exit status: 0 success, 1 unexpected failure, 2 usage, 3 cannot listen, 4 database, 5 key, 6 configuration,
7 check found differences, 8 detection rules, 9 output, 10 doctor found problems. `callback-receiver man` and
docs/receiver-codes.md list all error codes.";

/// Collects statistics reports from LibreNMS installs and publishes what many of them share
#[derive(Parser)]
#[command(name = "callback-receiver", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// Configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "CALLBACK_RECEIVER_CONFIG", display_order = 900)]
    pub(super) config: Option<PathBuf>,
    /// Data directory [default: /var/lib/callback-receiver]
    #[arg(long, global = true, value_name = "DIR", display_order = 901)]
    pub(super) data: Option<PathBuf>,
    /// Database URL without a password, such as postgres://user@host/name [default: a file in DIR]
    #[arg(long, global = true, value_name = "URL", display_order = 902)]
    pub(super) database: Option<String>,
    /// Key file for hashing install IDs; store it apart from the data [default: DIR/install.key]
    #[arg(long, global = true, value_name = "FILE", display_order = 903)]
    pub(super) key: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Run the receiver until it gets SIGINT or SIGTERM
    #[command(after_help = "Example:\n  callback-receiver serve --listen 127.0.0.1:8080")]
    Serve {
        /// Listen address; port 0 picks a free port [default: 127.0.0.1:8080]
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Check everything that the receiver depends on, and say what to do
    #[command(after_help = "It changes nothing. Exit status 10 if something failed.\n\n\
                      Example:\n  callback-receiver doctor --proxy-config /etc/nginx/sites-enabled/stats.conf")]
    Doctor(diagnosis::Doctor),
    /// Show installs, reports, sizes, the last published day and the last backup
    #[command(after_help = "Example:\n  callback-receiver status --json")]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
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
        after_help = "Without FILE and DIR, it writes into `backup_directory`. Back up the key files separately: the backup does not contain them.\n\n\
                      Example:\n  callback-receiver backup --into /var/backups/callback-receiver"
    )]
    Backup {
        /// Backup file; must not exist
        #[arg(conflicts_with = "into")]
        file: Option<PathBuf>,
        /// Write a dated backup into DIR, and delete those older than `backup_days`
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// Replace the database with a backup; the receiver must be stopped
    #[command(after_help = "Installs that were deleted since the backup stay deleted. A backup of SQLite can be \
                            restored into PostgreSQL, and the reverse.\n\n\
                            Example:\n  callback-receiver restore /var/backups/callback-receiver/callback-receiver-2026-11-27")]
    Restore {
        /// Backup file
        file: PathBuf,
        /// Only check the backup, and print what would be replaced
        #[arg(long)]
        dry_run: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete all data of an install whose uuid is read from standard input
    #[command(after_help = "For an admin who lost the secret. It is logged. With SQLite, stop the receiver first.\n\n\
                      Example:\n  callback-receiver clear --reason 'mail of the admin' < uuid.txt")]
    Clear(operator::ByUuid),
    /// Delete the secret of an install whose uuid is read from standard input
    #[command(
        name = "reset-secret",
        after_help = "The next secret that the install sends is registered; it cannot read earlier reports. It is logged.\n\n\
                      Example:\n  callback-receiver reset-secret --reason 'registered by someone else' < uuid.txt"
    )]
    ResetSecret(operator::ByUuid),
    /// List who deleted data or a secret of an install, and why; installs appear as keyed hashes
    #[command(name = "operator-log", after_help = "Example:\n  callback-receiver operator-log --json")]
    OperatorLog {
        /// Print JSON
        #[arg(long)]
        json: bool,
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
        /// Maximum length of each list; 0 means all
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
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
    RenewSigningKey {
        /// The old key is lost: replace it. Every admin must then run `callback-agent key accept`
        #[arg(long)]
        lost: bool,
    },
    /// Print the manual page, or write one per command
    #[command(after_help = "Example:\n  callback-receiver man | man -l -")]
    Man {
        /// Write all pages into DIR
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  callback-receiver completions bash")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// Whether it prints JSON.
    pub(super) const fn is_json(&self) -> bool {
        match self {
            Self::Check { json }
            | Self::Insights { json, .. }
            | Self::Hidden { json }
            | Self::ImportStock { json, .. } => *json,
            Self::Doctor(doctor) => doctor.json,
            Self::Status { json } | Self::OperatorLog { json } => *json,
            Self::Clear(asked) | Self::ResetSecret(asked) => asked.json,
            Self::Restore { json, .. } => *json,
            Self::Pairs(pairs) => pairs.json,
            Self::Fixtures(fixtures) => fixtures.json,
            _ => false,
        }
    }
}
