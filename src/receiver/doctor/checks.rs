//! The results of checks.

use serde::Serialize;

macro_rules! check_codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal)*) => {
        /// What was checked. The codes are stable; `docs/receiver.md` lists them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CheckCode {
            $($(#[doc = $meaning])+ $name,)*
        }

        impl CheckCode {
            /// All codes, in the order of the checks.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code, in kebab case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What is checked, for the documentation.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii(),)* }
            }
        }
    };
}

check_codes! {
    /// Other users cannot read a password in the configuration file.
    ConfigPrivate = "config-private"
    /// The database can be reached; its version and size.
    Database = "database"
    /// The database has all migrations.
    DatabaseSchema = "database-schema"
    /// The receiver's user owns the tables or files, and the server accepts writes.
    DatabaseWritable = "database-writable"
    /// PostgreSQL does not log statements, which contain labels.
    DatabaseLog = "database-log"
    /// `install.key` is private and belongs to the database.
    InstallKey = "install-key"
    /// `signing.key` is private and has the key of the database.
    SigningKey = "signing-key"
    /// The keys are not in the data directory.
    KeysApart = "keys-apart"
    /// There is space for the database, a backup and a restore.
    DiskSpace = "disk-space"
    /// The file system can create files.
    DiskInodes = "disk-inodes"
    /// The aggregates include all reports but the newest.
    Aggregates = "aggregates"
    /// The last complete day is published.
    Published = "published"
    /// The newest backup is at most two days old.
    Backup = "backup"
    /// No backup is older than `backup_days`, as receipts promise.
    BackupExpiry = "backup-expiry"
    /// The certificate of `public_url` is valid, and the receiver answers there.
    PublicUrl = "public-url"
    /// The certificate of `public_url` is valid for two more weeks.
    PublicCertificate = "public-certificate"
    /// `/metrics` and `/readyz` are hidden at `public_url`.
    PublicMetrics = "public-metrics"
    /// A receiver runs, and is ready at `listen`.
    Receiver = "receiver"
    /// The clock fits the last trusted day, the expired days, and the clock of `public_url`.
    Clock = "clock"
    /// The policy names a contact, the source and the terms of publication.
    Policy = "policy"
    /// The web server in front logs no addresses.
    ProxyLog = "proxy-log"
    /// The web server in front passes the client's address on, for the rate limit.
    ProxyAddress = "proxy-address"
}

impl Serialize for CheckCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, but should be changed.
    Warning,
    /// It does not work, or breaks a promise.
    Failed,
    /// It could not be checked.
    NotChecked,
}

impl Status {
    /// The status, as it is printed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::NotChecked => "not checked",
        }
    }
}

/// A check with its result.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// What was checked.
    pub code: CheckCode,
    /// The result.
    pub status: Status,
    /// The file, address or setting that was checked.
    pub subject: String,
    /// What was found.
    pub finding: String,
    /// What to do.
    pub remedy: Option<String>,
}

impl Check {
    fn new(code: CheckCode, status: Status, subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self { code, status, subject: subject.into(), finding: finding.into(), remedy: None }
    }

    pub(super) fn ok(code: CheckCode, subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::new(code, Status::Ok, subject, finding)
    }

    pub(super) fn warning(code: CheckCode, subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::new(code, Status::Warning, subject, finding)
    }

    pub(super) fn failed(code: CheckCode, subject: impl Into<String>, finding: impl Into<String>) -> Self {
        Self::new(code, Status::Failed, subject, finding)
    }

    pub(super) fn not_checked(code: CheckCode, why: impl Into<String>) -> Self {
        Self::new(code, Status::NotChecked, "", why)
    }

    /// A failure from an error. The text after its first semicolon is the remedy.
    pub(super) fn of_error(code: CheckCode, subject: impl Into<String>, error: &crate::Error) -> Self {
        let message = error.to_string();
        match message.split_once("; ") {
            Some((finding, remedy)) => Self::failed(code, subject, finding).remedy(remedy),
            None => Self::failed(code, subject, message),
        }
    }

    /// Adds what to do.
    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// How many checks have each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Ok.
    pub ok: usize,
    /// Warnings.
    pub warnings: usize,
    /// Failed.
    pub failed: usize,
    /// Not checked.
    pub not_checked: usize,
}

/// All checks.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// The program's version.
    pub version: &'static str,
    /// How many checks have each status.
    pub counts: Counts,
    /// The checks.
    pub checks: Vec<Check>,
}

impl Diagnosis {
    pub(super) fn of(checks: Vec<Check>) -> Self {
        let mut counts = Counts::default();
        for check in &checks {
            *match check.status {
                Status::Ok => &mut counts.ok,
                Status::Warning => &mut counts.warnings,
                Status::Failed => &mut counts.failed,
                Status::NotChecked => &mut counts.not_checked,
            } += 1;
        }
        Self { version: env!("CARGO_PKG_VERSION"), counts, checks }
    }
}
