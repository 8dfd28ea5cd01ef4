//! Codes: stable names that programs and tests branch on. A code keeps its meaning; messages may be reworded.
//!
//! Every error and every JSON answer has a code. The code determines the exit status. `docs/agent-codes.md` is
//! generated from this list.

use serde::{Serialize, Serializer};

/// The exit status of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Success.
    Done,
    /// Input or output failed.
    Failed,
    /// The command line is wrong.
    Usage,
    /// The configuration is wrong.
    Config,
    /// LibreNMS was not found or cannot be read.
    Librenms,
    /// The database failed.
    Database,
    /// Consent or a setting blocks it.
    NotAllowed,
    /// The receiver failed or rejected the request.
    Receiver,
    /// The module failed.
    Module,
    /// The agent's own state failed.
    State,
    /// Another run is in progress.
    Busy,
    /// `doctor` found a problem.
    Unhealthy,
    /// Only for answers of the preview's API; no command exits with it.
    Request,
}

impl Exit {
    /// Every status that a command can exit with.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Config,
        Self::Librenms,
        Self::Database,
        Self::NotAllowed,
        Self::Receiver,
        Self::Module,
        Self::State,
        Self::Busy,
        Self::Unhealthy,
    ];

    /// The number.
    #[must_use]
    pub const fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed | Self::Request => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Librenms => 4,
            Self::Database => 5,
            Self::NotAllowed => 6,
            Self::Receiver => 7,
            Self::Module => 8,
            Self::State => 9,
            Self::Busy => 10,
            Self::Unhealthy => 11,
        }
    }

    /// The meaning, for the manual.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "success",
            Self::Failed => "a file, standard input or output, or the system failed",
            Self::Usage => "the command line is wrong",
            Self::Config => "the configuration or an argument is wrong",
            Self::Librenms => "LibreNMS was not found or cannot be read",
            Self::Database => "LibreNMS's database failed or denied access",
            Self::NotAllowed => "blocked: no consent, a setting is off, or the question was not answered with yes",
            Self::Receiver => "the receiver cannot be reached, or rejected the report",
            Self::Module => "the module is missing, is not the expected one, or failed",
            Self::State => "the agent's own state cannot be read or written, or the history failed verification",
            Self::Busy => "another run is in progress",
            Self::Unhealthy => "doctor found a problem",
            Self::Request => "preview API only",
        }
    }
}

macro_rules! codes {
    ($($exit:ident { $($(#[doc = $meaning:literal])+ $name:ident = $text:literal,)+ })+) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($($(#[doc = $meaning])+ $name,)+)+
        }

        impl Code {
            /// All codes, by exit status.
            pub const ALL: &[Self] = &[$($(Self::$name,)+)+];

            /// The code itself, in kebab case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($(Self::$name => $text,)+)+ }
            }

            /// The meaning, as a sentence for admins.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $($(Self::$name => concat!($($meaning),+).trim_ascii(),)+)+ }
            }

            /// The exit status of a command with this code.
            #[must_use]
            pub const fn exit(self) -> Exit {
                match self { $($(Self::$name => Exit::$exit,)+)+ }
            }

            /// The name of the variant.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$name => stringify!($name),)+)+ }
            }
        }
    };
}

codes! {
    Done {
        /// Reporting is on: the next run sends a report.
        On = "on",
        /// The receiver accepted the report.
        Sent = "sent",
        /// The receiver accepted the report but answered with an unexpected body; it may not have stored the report.
        SentUnexpectedBody = "sent-unexpected-body",
        /// The report was written to a file, to be uploaded from another host.
        Written = "written",
        /// Today's report has already been sent; nothing was sent now.
        AlreadySent = "already-sent",
        /// Today's report may already have been sent; nothing was sent now.
        MaybeSent = "maybe-sent",
        /// Today's report has already been written to a file; nothing was sent now.
        AlreadyWritten = "already-written",
        /// Another poller of this LibreNMS sent today's report; nothing was sent now.
        SentElsewhere = "sent-elsewhere",
        /// Dry run: everything worked, and nothing was sent.
        DryRun = "dry-run",
        /// Consent was recorded.
        OptedIn = "opted-in",
        /// You had already opted in to exactly this; nothing was changed.
        AlreadyOptedIn = "already-opted-in",
        /// Consent was withdrawn.
        ConsentWithdrawn = "consent-withdrawn",
        /// A deletion was requested; the next run sends the request.
        ClearRequested = "clear-requested",
        /// Every receiver confirmed the deletion.
        Cleared = "cleared",
        /// Every receiver confirmed the deletion, but a receipt is unbound: it does not say whose reports were deleted.
        ClearedUnbound = "cleared-unbound",
        /// The delete request was written to a file, to be uploaded from another host.
        ClearWritten = "clear-written",
        /// Every receiver answered the delete request in a file; import the answers with `receipt` on the host that
        /// wrote it.
        ClearUploaded = "clear-uploaded",
        /// There is nothing to delete: no report was sent from this host.
        NothingToClear = "nothing-to-clear",
        /// The answer to an upload was imported into the history.
        Imported = "imported",
        /// The answers in this file have already been imported; nothing was changed.
        AlreadyImported = "already-imported",
        /// The run was killed; its outcome is unknown.
        Killed = "killed",
        /// The receiver does not have the report of an earlier run that was killed.
        NotStored = "not-stored",
        /// The history passed verification.
        Verified = "verified",
        /// The answer contains the requested information; nothing was changed.
        Shown = "shown",
        /// The receiver's current key was pinned.
        KeyAccepted = "key-accepted",
        /// The secret was printed.
        SecretExported = "secret-exported",
        /// The secret is stored; the next run uses it.
        SecretImported = "secret-imported",
        /// The schedule was installed.
        Installed = "installed",
        /// The same schedule is already installed; nothing was changed.
        AlreadyInstalled = "already-installed",
        /// State and schedule are up to date.
        Upgraded = "upgraded",
        /// There is no state and no schedule to upgrade.
        NothingToUpgrade = "nothing-to-upgrade",
        /// The schedule was removed, and with `--purge` the state.
        Uninstalled = "uninstalled",
        /// There was no schedule to remove.
        NothingToUninstall = "nothing-to-uninstall",
        /// Left by `uninstall`: the state, with consent, history and secret.
        StateKept = "state-kept",
        /// Left by `uninstall --purge`: files in the named state directory that are not the agent's.
        StateFilesKept = "state-files-kept",
        /// Left by `uninstall`: the configuration file.
        ConfigKept = "config-kept",
        /// Left by `uninstall`: what the agent wrote into LibreNMS's database.
        DatabaseRowsKept = "database-rows-kept",
        /// Left by `uninstall`: LibreNMS's built-in sender, which stays off if it was turned off.
        BuiltInSenderOff = "built-in-sender-off",
        /// Left by `uninstall`: a callback-receiver requires this LibreNMS's secret, and rejects the built-in sender.
        BuiltInSenderRejected = "built-in-sender-rejected",
        /// The configuration is valid, and LibreNMS was found.
        ConfigValid = "config-valid",
        /// The preview is served at the printed URL.
        Serving = "serving",
        /// `doctor` found no problem.
        Healthy = "healthy",
        /// `doctor`: the check passed.
        CheckPassed = "check-passed",
        /// `doctor`: this is worth knowing, and needs no action.
        CheckNoted = "check-noted",
        /// `doctor`: this depends on something that failed.
        NotChecked = "not-checked",
        /// Warning: no timer or cron job runs the agent.
        NotScheduled = "not-scheduled",
        /// Warning: the text about publication has changed since you opted in.
        TermsChanged = "terms-changed",
        /// Warning: the module has changed since you opted in.
        ModuleChanged = "module-changed",
        /// Warning: reports have new fields, which are left out until you opt in again.
        NewFields = "new-fields",
        /// Warning: the receiver's policy has changed since you opted in.
        PolicyChanged = "policy-changed",
        /// Warning: the last run failed.
        LastRunFailed = "last-run-failed",
        /// Warning: the newest entry of the history is dated in the future.
        ClockBehind = "clock-behind",
        /// Warning: a label or word that an option names is not in today's report, or was not chosen before.
        LabelNotFound = "label-not-found",
        /// Warning: LibreNMS's config.php is not read, so the receiver is the one of its database or the default.
        ReceiverAssumed = "receiver-assumed",
        /// Warning: an option, variable or key has a new name, and the old one will be removed.
        FormerName = "former-name",
        /// Warning: the configuration file contains a password, and other users can read it.
        PasswordReadable = "password-readable",
        /// Warning: a term or pattern matches single characters, so many texts may be redacted.
        TermsTooBroad = "terms-too-broad",
        /// Warning: the receiver's URL starts with `http://`, so reports are sent unencrypted.
        ReceiverNotEncrypted = "receiver-not-encrypted",
        /// Warning: the receiver that will be used cannot be determined at the moment.
        ReceiverNotDetermined = "receiver-not-determined",
        /// Warning: the receiver is a callback-receiver, but is configured as `stock`.
        ReceiverKindDiffers = "receiver-kind-differs",
        /// Warning: this host's clock and a server's clock differ.
        ClockDiffers = "clock-differs",
        /// Warning: a setting of LibreNMS's config.php cannot be determined without running PHP.
        SettingNotDetermined = "setting-not-determined",
        /// Warning: a table or column that the report needs does not exist.
        TableIncomplete = "table-incomplete",
        /// The database user has no permission to write the agent's values in LibreNMS's database.
        DatabaseWriteDenied = "database-write-denied",
        /// Warning: the database server has no named locks.
        DatabaseNoLocks = "database-no-locks",
        /// Warning: the connection to a database on another host is not encrypted.
        DatabaseNotEncrypted = "database-not-encrypted",
        /// Warning: the agent runs as root.
        RunsAsRoot = "runs-as-root",
        /// Warning: a systemd timer and a cron file both run the agent.
        ScheduledTwice = "scheduled-twice",
        /// Warning: the schedule runs the agent as a different user.
        ScheduleUserDiffers = "schedule-user-differs",
        /// Warning: the version of a program cannot be determined, so it is left out of the report.
        VersionNotFound = "version-not-found",
        /// Warning: the last report is older than the threshold.
        ReportOverdue = "report-overdue",
        /// Warning: a delete request has been pending for longer than the threshold.
        ClearOverdue = "clear-overdue",
    }
    Failed {
        /// Standard output cannot be written.
        OutputFailed = "output-failed",
        /// Standard input cannot be read.
        InputFailed = "input-failed",
        /// Standard input is empty.
        InputEmpty = "input-empty",
        /// A line of the input is not what `sanitise` expects.
        InputInvalid = "input-invalid",
        /// The file already exists and is not overwritten.
        FileExists = "file-exists",
        /// A file cannot be written.
        FileNotWritten = "file-not-written",
        /// A file cannot be read.
        FileNotRead = "file-not-read",
        /// A file is not a report, a delete request or an answer written by the agent.
        FileInvalid = "file-invalid",
        /// A file was changed after it was written.
        FileChanged = "file-changed",
        /// An answer belongs to a report or delete request that was not written on this host.
        AnswerUnknown = "answer-unknown",
        /// The history has no entry with this number.
        NoSuchEntry = "no-such-entry",
        /// The entry has no payload: it is not a report, or its payload was deleted or has expired.
        NoPayload = "no-payload",
        /// The secret is not 64 hexadecimal digits.
        SecretInvalid = "secret-invalid",
        /// `systemctl` failed.
        SystemctlFailed = "systemctl-failed",
        /// The schedule is written, but neither systemd nor a cron daemon runs it on this host.
        ScheduleNotStarted = "schedule-not-started",
        /// A system file cannot be written or removed; usually the command needs root.
        SystemFile = "system-file",
        /// The agent cannot find its own program.
        ProgramNotFound = "program-not-found",
        /// The agent, started as root, cannot switch to LibreNMS's user.
        SwitchUserFailed = "switch-user-failed",
        /// The manual pages cannot be written.
        ManualNotWritten = "manual-not-written",
        /// The async runtime or signal handling cannot be set up.
        RuntimeUnavailable = "runtime-unavailable",
        /// An internal error; please report it.
        Internal = "internal",
    }
    Usage {
        /// The command line is wrong; see `--help`.
        Usage = "usage",
        /// `--field`, `--kind` or `--rule` of `preview` names something that does not exist.
        FilterUnknown = "filter-unknown",
    }
    Config {
        /// The configuration file cannot be read.
        ConfigNotRead = "config-not-read",
        /// The configuration file has a syntax error, an unknown key or an invalid value.
        ConfigInvalid = "config-invalid",
        /// The configuration file could have been written by another user.
        ConfigUntrusted = "config-untrusted",
        /// The location of LibreNMS was not given.
        LibrenmsNotNamed = "librenms-not-named",
        /// The location of LibreNMS is empty or has an unsupported URL scheme.
        LocationInvalid = "location-invalid",
        /// The database URL cannot be parsed.
        DatabaseUrlInvalid = "database-url-invalid",
        /// A password on the command line is visible to every user, so it is rejected.
        PasswordOnCommandLine = "password-on-command-line",
        /// The receiver's URL is not valid, or contains a user or password.
        ReceiverUrlInvalid = "receiver-url-invalid",
        /// The URL of a callback-receiver starts with `http://` and is not on this host: report and secret would be sent unencrypted.
        ReceiverUrlInsecure = "receiver-url-insecure",
        /// LibreNMS's config.php sets the receiver with code that the agent does not run.
        ReceiverUrlUnreadable = "receiver-url-unreadable",
        /// There is no matching callback-receiver: you have not opted in to it, and it holds no reports of this
        /// LibreNMS.
        ReceiverUnknown = "receiver-unknown",
        /// Several receivers match; choose one with `--receiver`.
        ReceiverAmbiguous = "receiver-ambiguous",
        /// The state directory would be inside the LibreNMS directory.
        StateInLibrenms = "state-in-librenms",
        /// There is no home directory for the state.
        NoHome = "no-home",
        /// A user does not exist on this host, or a file belongs to a user ID without a name.
        UserUnknown = "user-unknown",
        /// The user to run the agent as cannot be determined; pass `--user`.
        UserNotNamed = "user-not-named",
        /// The preview listens on loopback addresses only.
        ListenNotLoopback = "listen-not-loopback",
        /// The listen address cannot be bound.
        ListenFailed = "listen-failed",
        /// The Unix socket cannot be created.
        SocketFailed = "socket-failed",
        /// `--origin` is not an origin.
        OriginInvalid = "origin-invalid",
        /// `--base` is not a path.
        BaseInvalid = "base-invalid",
        /// `--categories`, `--add-categories` or `--no-categories` names an unknown category.
        CategoryUnknown = "category-unknown",
        /// `--withhold`, `--no-withhold` or `--set-withhold` names an unknown group.
        WithholdInvalid = "withhold-invalid",
        /// `--include`, `--no-include` or `--set-include` names a group without rare labels.
        IncludeInvalid = "include-invalid",
        /// `--terms`, `--no-terms` or `--set-terms` contains no word.
        TermsInvalid = "terms-invalid",
        /// The page sent choices with an unknown group, or too many.
        ChoicesInvalid = "choices-invalid",
        /// The schedule's user cannot run the program in its directory.
        ProgramPlace = "program-place",
        /// A path or user name cannot be written into a unit file or crontab.
        ScheduleNameInvalid = "schedule-name-invalid",
        /// The schedule cannot be given a database or SQLite file that is named for this command only.
        ScheduleNeedsConfig = "schedule-needs-config",
        /// The installed schedule cannot be read.
        ScheduleUnreadable = "schedule-unreadable",
        /// The program that the schedule starts does not exist, or its user cannot run it.
        ScheduleProgramMissing = "schedule-program-missing",
    }
    Librenms {
        /// The path does not exist.
        LocationNotFound = "location-not-found",
        /// The path cannot be read.
        LocationNotRead = "location-not-read",
        /// The directory is not a LibreNMS directory.
        NotLibrenms = "not-librenms",
        /// LibreNMS's `.env` cannot be read.
        EnvNotRead = "env-not-read",
        /// LibreNMS's `.env` has a line or setting that cannot be used.
        EnvInvalid = "env-invalid",
        /// LibreNMS's `config.php` cannot be read.
        ConfigPhpNotRead = "config-php-not-read",
        /// The SQLite file does not exist.
        SqliteNotFound = "sqlite-not-found",
        /// The database has no readable table `devices`.
        NoDevicesTable = "no-devices-table",
        /// A deletion is pending, and its uuid can only be read from LibreNMS.
        ClearNeedsLibrenms = "clear-needs-librenms",
    }
    Database {
        /// The database server cannot be reached.
        DatabaseUnreachable = "database-unreachable",
        /// TLS with the database failed, or the server does not offer it.
        DatabaseTls = "database-tls",
        /// The database server's certificate was rejected.
        DatabaseTlsCertificate = "database-tls-certificate",
        /// A file for TLS with the database (CA, certificate or key) cannot be read or used.
        DatabaseTlsFile = "database-tls-file",
        /// The database rejected the user or password.
        DatabaseLogin = "database-login",
        /// The database user logs in with a method that needs TLS, or that is not supported.
        DatabaseLoginMethod = "database-login-method",
        /// The database does not exist, or its user has no access to it.
        DatabaseDenied = "database-denied",
        /// The database user has no permission to read a table.
        DatabaseTableDenied = "database-table-denied",
        /// The database server does not accept connections from this host.
        DatabaseHostDenied = "database-host-denied",
        /// The database server has no free connection.
        DatabaseBusy = "database-busy",
        /// A query took too long.
        DatabaseTimeout = "database-timeout",
        /// The database returned an error that the agent does not know.
        DatabaseError = "database-error",
        /// The file is not a SQLite database.
        SqliteInvalid = "sqlite-invalid",
        /// The SQLite file cannot be opened or read.
        SqliteNotRead = "sqlite-not-read",
        /// The SQLite file is locked by another program.
        SqliteLocked = "sqlite-locked",
        /// The SQLite file is damaged.
        SqliteDamaged = "sqlite-damaged",
        /// The SQLite file must be recovered by a user who can write to it.
        SqliteNeedsRecovery = "sqlite-needs-recovery",
        /// The day of the report cannot be recorded in LibreNMS's table `callback`, so nothing was sent.
        DayNotRecorded = "day-not-recorded",
    }
    NotAllowed {
        /// You have not opted in yet.
        NotOptedIn = "not-opted-in",
        /// You opted out.
        OptedOut = "opted-out",
        /// You opted in for a different LibreNMS.
        OtherLibrenms = "other-librenms",
        /// You opted in to a different receiver.
        OtherReceiver = "other-receiver",
        /// You opted in with a different URL for delete requests.
        OtherClearUrl = "other-clear-url",
        /// `DO_NOT_TRACK` or `CALLBACK_DISABLED` is set in the environment.
        BlockedByEnvironment = "blocked-by-environment",
        /// LibreNMS's setting `reporting.usage` is off.
        BlockedByUsage = "blocked-by-usage",
        /// LibreNMS's built-in sender is on; both together would report twice.
        BlockedBySender = "blocked-by-sender",
        /// A deletion is pending, so no report is sent.
        ClearPending = "clear-pending",
        /// A deletion is pending, and `submit --out` writes reports only; write the delete request with `clear --out`.
        UseClearOut = "use-clear-out",
        /// The delete request in a file is no longer pending.
        ClearNotPending = "clear-not-pending",
        /// The consent changed while the report was being built, or after the page was loaded.
        ConsentChanged = "consent-changed",
        /// The receiver, module or terms have changed since the page was loaded.
        PageOutdated = "page-outdated",
        /// The previewed report is out of date: it has a different random ID.
        PreviewOutdated = "preview-outdated",
        /// The report built now is not the one that was shown.
        ReportDiffers = "report-differs",
        /// The report contains more than you opted in to.
        ExceedsConsent = "exceeds-consent",
        /// This file has already been uploaded.
        AlreadyUploaded = "already-uploaded",
        /// Cannot ask for confirmation: standard input is not a terminal; use `--yes`.
        ConfirmationNeeded = "confirmation-needed",
        /// The question was not answered with yes.
        Declined = "declined",
        /// A different secret is stored, and may be registered at the receiver; `--replace` replaces it.
        SecretExists = "secret-exists",
        /// Receivers still hold reports; removing the state would make deleting them impossible.
        ReportsHeld = "reports-held",
        /// LibreNMS's own delete request is pending, and the database user has no permission to cancel it.
        LibrenmsClearPending = "librenms-clear-pending",
    }
    Receiver {
        /// The receiver's host name cannot be resolved.
        ReceiverNotResolved = "receiver-not-resolved",
        /// The receiver cannot be reached.
        ReceiverUnreachable = "receiver-unreachable",
        /// The receiver did not accept the connection or the report in time.
        ReceiverTimeout = "receiver-timeout",
        /// The receiver's TLS certificate was rejected.
        ReceiverCertificate = "receiver-certificate",
        /// The TLS handshake with the receiver failed for a reason other than its certificate.
        ReceiverTls = "receiver-tls",
        /// The connection was lost before the answer; the receiver may have the report.
        ReceiverNoAnswer = "receiver-no-answer",
        /// The proxy setting cannot be used.
        ProxyInvalid = "proxy-invalid",
        /// The proxy cannot be resolved or reached, or did not connect to the receiver.
        ProxyUnreachable = "proxy-unreachable",
        /// The receiver answered with a redirect, which is never followed.
        ReceiverRedirect = "receiver-redirect",
        /// Nothing accepts reports or delete requests at this URL.
        ReceiverNotFound = "receiver-not-found",
        /// A different secret is registered at the receiver for this LibreNMS.
        ReceiverSecret = "receiver-secret",
        /// The report is too large for the receiver.
        ReceiverTooLarge = "receiver-too-large",
        /// The receiver's rate limit was exceeded.
        ReceiverRateLimit = "receiver-rate-limit",
        /// The receiver answered with an error.
        ReceiverError = "receiver-error",
        /// The receiver asked to wait before the next attempt.
        ReceiverRetryLater = "receiver-retry-later",
        /// The answer is not a receipt, so it did not come from a callback-receiver.
        ReceiptMissing = "receipt-missing",
        /// The receipt is for a different report.
        ReceiptMismatch = "receipt-mismatch",
        /// The receipt of a deletion is for a different delete request or install.
        ReceiptOtherRequest = "receipt-other-request",
        /// The receipt of a deletion does not say whose reports were deleted, although this receiver's receipts do.
        ReceiptUnbound = "receipt-unbound",
        /// The receipt is not signed by the key pinned for this receiver.
        ReceiptNotVerified = "receipt-not-verified",
        /// The receiver's signing keys cannot be fetched.
        KeysUnavailable = "keys-unavailable",
        /// The receiver signs with a key that is not pinned, and that no pinned key signed.
        KeyNotPinned = "key-not-pinned",
        /// The server at the receiver's URL is not a callback-receiver.
        NotCallbackReceiver = "not-callback-receiver",
        /// The receiver cannot tell whether it has an earlier report, so nothing was sent.
        EarlierReportUnknown = "earlier-report-unknown",
    }
    Module {
        /// This build does not include the module.
        ModuleMissing = "module-missing",
        /// The module's file cannot be read.
        ModuleNotRead = "module-not-read",
        /// The module's SHA-256 is not the configured one.
        ModuleDigest = "module-digest",
        /// The module has a different interface version.
        ModuleVersion = "module-version",
        /// The module is not WebAssembly that the sandbox can run.
        ModuleInvalid = "module-invalid",
        /// The module is too large to compile, or took too long.
        ModuleTooLarge = "module-too-large",
        /// The module does not have the collector's interface.
        ModuleInterface = "module-interface",
        /// The module called an import, which is not allowed, and was stopped.
        ModuleImport = "module-import",
        /// The module exceeded its instruction limit and was stopped.
        ModuleFuel = "module-fuel",
        /// The module exceeded its time limit and was stopped.
        ModuleTimeout = "module-timeout",
        /// The module exceeded its memory limit and was stopped.
        ModuleMemory = "module-memory",
        /// The module accessed memory out of bounds and was stopped.
        ModuleBounds = "module-bounds",
        /// The module trapped.
        ModuleTrap = "module-trap",
        /// The module returned output that the agent cannot use.
        ModuleOutput = "module-output",
        /// The module rejected the facts.
        FactsRejected = "facts-rejected",
        /// The facts are larger than the module accepts.
        FactsTooLarge = "facts-too-large",
        /// The sandbox cannot be set up on this host.
        SandboxUnavailable = "sandbox-unavailable",
        /// This build does not include the preview page.
        PageMissing = "page-missing",
    }
    State {
        /// Other users can write to the state directory.
        StateNotPrivate = "state-not-private",
        /// The state belongs to a different user.
        StateOwner = "state-owner",
        /// Root does not use this state directory: it is a symbolic link, another user could have put it there, or it has files that are not the agent's.
        StateUntrusted = "state-untrusted",
        /// The state directory or a file in it cannot be used.
        StateNotUsable = "state-not-usable",
        /// The disk of the state directory is full.
        StateDiskFull = "state-disk-full",
        /// The state cannot be written: permission denied or a read-only file system.
        StateReadOnly = "state-read-only",
        /// Another agent is using the state.
        StateLocked = "state-locked",
        /// The state is damaged.
        StateDamaged = "state-damaged",
        /// A newer version of the agent wrote the state.
        StateNewer = "state-newer",
        /// The state cannot be read or written.
        StateError = "state-error",
        /// An entry or payload of the history is damaged.
        LedgerDamaged = "ledger-damaged",
        /// The history failed verification.
        LedgerNotVerified = "ledger-not-verified",
        /// Verification: the record of the chain's start and end is missing.
        ChainRecordMissing = "chain-record-missing",
        /// Verification: events are missing.
        EventsMissing = "events-missing",
        /// Verification: an event was changed.
        EventChanged = "event-changed",
        /// Verification: events at the end of the chain are missing.
        ChainCut = "chain-cut",
        /// Verification: a payload does not match its recorded SHA-256.
        PayloadChanged = "payload-changed",
        /// Verification: a payload is missing.
        PayloadMissing = "payload-missing",
        /// Verification: a receipt is not signed by a pinned key.
        ReceiptUnsigned = "receipt-unsigned",
        /// There is no secret yet.
        NoSecret = "no-secret",
        /// The secret is lost.
        SecretLost = "secret-lost",
        /// The system's random generator is not available.
        RandomUnavailable = "random-unavailable",
    }
    Busy {
        /// Another run of the agent is in progress.
        RunInProgress = "run-in-progress",
        /// Another poller of this LibreNMS is sending.
        OtherPoller = "other-poller",
    }
    Unhealthy {
        /// `doctor` found at least one problem.
        ProblemsFound = "problems-found",
    }
    Request {
        /// There is no such page.
        NotFound = "not-found",
        /// The request's `Host` is not the preview's.
        HostNotAllowed = "host-not-allowed",
        /// The request came from another origin.
        CrossOrigin = "cross-origin",
        /// The request lacks the token of the printed URL.
        TokenRequired = "token-required",
        /// The request body is too large.
        BodyTooLarge = "body-too-large",
        /// The request body took too long.
        BodyTimeout = "body-timeout",
        /// The request body is not the expected JSON document.
        BodyInvalid = "body-invalid",
        /// The preview has expired.
        PreviewExpired = "preview-expired",
        /// The agent is shutting down.
        ShuttingDown = "shutting-down",
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.as_str().to_owned()
    }
}

impl Code {
    /// The code with a name, for example from the ledger; `None` if this version does not know it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The list of codes as a documentation page.
#[must_use]
pub fn to_markdown() -> String {
    let mut page = String::from(
        "# Codes of callback-agent\n\nEvery error and every JSON answer has a `code`. Scripts should branch on it: a code keeps its \
         meaning, while messages may be reworded. The answers of `history`, `diff` and `dictionary` are plain lists without a code. \
         Neither do documents with their own format have one: `preview --json` and `--explain`, `facts`, and the lines of `sanitise`. With `--json` an error is one line of JSON on standard error:\n\n```json\n\
         {\"code\":\"not-opted-in\",\"message\":\"nothing was sent: you have not opted in yet\",\"exit\":6}\n```\n\n\
         Generated by `cargo xtask snapshots` from `src/agent/code.rs`.\n",
    );
    for exit in Exit::ALL.into_iter().chain([Exit::Request]) {
        page.push_str(&match exit {
            Exit::Request => "\n## Preview API only\n".to_owned(),
            exit => format!("\n## Exit status {}: {}\n", exit.status(), exit.meaning()),
        });
        page.push_str("\n| code | meaning |\n|---|---|\n");
        for code in Code::ALL.iter().filter(|code| code.exit() == exit) {
            page.push_str(&format!("| `{code}` | {} |\n", code.meaning()));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_distinct_and_in_kebab_case() {
        let codes: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            let kebab: String = code.name().chars().enumerate().fold(String::new(), |mut text, (at, c)| {
                if at > 0 && c.is_ascii_uppercase() {
                    text.push('-');
                }
                text.push(c.to_ascii_lowercase());
                text
            });
            assert_eq!(code.as_str(), kebab);
            assert!(code.meaning().ends_with('.'), "{code}");
        }
    }
}
