//! Stable codes of everything that the receiver rejects or fails at, each with its status and message. Programs and tests
//! branch on codes; messages are for people and may change. `docs/receiver-codes.md` is generated from this table.

/// What a code stands for: an HTTP answer, or the end of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A problem+json answer.
    Answer {
        /// HTTP status.
        status: u16,
        /// Value of the deprecated member `rule`, which clients from before `code` read.
        rule: &'static str,
    },
    /// A command that fails, or a line in the log of `serve`.
    Exit(u8),
}

/// The program's exit statuses, besides 0 (success), 1 (unexpected failure) and 2 (usage error).
pub mod exit {
    /// Cannot listen.
    pub const LISTEN: u8 = 3;
    /// The database or a backup cannot be used.
    pub const STORE: u8 = 4;
    /// A key cannot be used.
    pub const KEY: u8 = 5;
    /// The configuration or an argument is wrong.
    pub const CONFIG: u8 = 6;
    /// `check` found differences.
    pub const DIFFERS: u8 = 7;
    /// The detection rules cannot be used.
    pub const DEFINITIONS: u8 = 8;
    /// The output cannot be written.
    pub const OUTPUT: u8 = 9;
    /// `doctor` found problems.
    pub const PROBLEMS: u8 = 10;

    /// All of them with their meaning.
    pub const ALL: &[(u8, &str)] = &[
        (0, "Success."),
        (1, "Unexpected failure."),
        (2, "Usage error."),
        (LISTEN, "Cannot listen."),
        (STORE, "The database or a backup cannot be used."),
        (KEY, "A key cannot be used."),
        (CONFIG, "The configuration or an argument is wrong."),
        (DIFFERS, "`check` found differences."),
        (DEFINITIONS, "The detection rules cannot be used."),
        (OUTPUT, "The output cannot be written."),
        (PROBLEMS, "`doctor` found problems."),
    ];
}

macro_rules! codes {
    (
        answers { $(#[doc = $answer_meaning:literal] $answer:ident = $answer_name:literal $status:literal $rule:literal $answer_message:literal)* }
        errors { $(#[doc = $error_meaning:literal] $error:ident = $error_name:literal $exit:ident $error_message:literal)* }
    ) => {
        /// A stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $answer_meaning] $answer,)*
            $(#[doc = $error_meaning] $error,)*
        }

        impl Code {
            /// All codes, answers first.
            pub const ALL: &[Self] = &[$(Self::$answer,)* $(Self::$error,)*];

            /// The code as it is written, in kebab case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$answer => $answer_name,)*
                    $(Self::$error => $error_name,)*
                }
            }

            /// The message. `{}` stands for the detail: a setting, an address, a path or a limit.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self {
                    $(Self::$answer => $answer_message,)*
                    $(Self::$error => $error_message,)*
                }
            }

            /// When it occurs, in a sentence for the documentation.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$answer => $answer_meaning.trim_ascii(),)*
                    $(Self::$error => $error_meaning.trim_ascii(),)*
                }
            }

            /// What it stands for.
            #[must_use]
            pub const fn outcome(self) -> Outcome {
                match self {
                    $(Self::$answer => Outcome::Answer { status: $status, rule: $rule },)*
                    $(Self::$error => Outcome::Exit(exit::$exit),)*
                }
            }
        }
    };
}

codes! {
    answers {
        /// The operator has blocked this install or the client's network.
        Blocked = "blocked" 403 "blocked" "the operator has blocked this {}"
        /// The body ended before its announced length, or its chunks are broken.
        BodyIncomplete = "body-incomplete" 400 "body" "the body is incomplete"
        /// The body came too slowly.
        BodyTimeout = "body-timeout" 408 "body_seconds" "timed out while reading the body: it must arrive within 60 s, without a gap of 10 s"
        /// The body is larger than its endpoint accepts.
        BodyTooLarge = "body-too-large" 413 "body_bytes" "the body is larger than {}"
        /// The receiver is at its limit of memory or threads. Nothing was stored.
        Busy = "busy" 503 "busy" "the receiver is busy and stored nothing; retry later"
        /// There is no chart with this name in the stock statistics site's list.
        ChartIdInvalid = "chart-id-invalid" 400 "chart" "expected draw- and the name of a chart of the stock statistics site"
        /// There is no chart with this ID.
        ChartNotFound = "chart-not-found" 404 "chart" "no chart has this ID; /api/v1/charts lists all of them"
        /// The secret was registered after the first report: it may delete reports but not read or send them.
        ClearOnly = "clear-only" 403 "clear_only" "this secret may only delete reports; sending and reading need the secret of the first report"
        /// The body has a `Content-Encoding` that this endpoint does not accept.
        ContentEncodingUnsupported = "content-encoding-unsupported" 415 "content_encoding" "expected {}"
        /// The body has a `Content-Type` that this endpoint does not accept.
        ContentTypeUnsupported = "content-type-unsupported" 415 "content_type" "expected {}"
        /// `day` is not an ISO 8601 date.
        DayInvalid = "day-invalid" 422 "day" "expected a date such as 2026-11-27"
        /// The header does not hold a SHA-256.
        DigestInvalid = "digest-invalid" 400 "sha256" "expected a SHA-256 as 64 hexadecimal digits"
        /// The payload is not the one whose digest the header holds.
        DigestMismatch = "digest-mismatch" 400 "payload_sha256" "the payload does not match this SHA-256: it was damaged in transit; send it again"
        /// The report has more entries than any real install.
        EntriesTooMany = "entries-too-many" 413 "entries" "the report has more than 100,000 entries"
        /// The form lacks a field.
        FieldMissing = "field-missing" 400 "form_field" "the form lacks this field"
        /// A field occurs twice in the form.
        FieldRepeated = "field-repeated" 400 "one_field" "the form has this field twice"
        /// `data` is missing or not an object of groups.
        GroupsInvalid = "groups-invalid" 422 "groups" "expected an object of groups"
        /// The body is announced as gzip and cannot be unpacked.
        GzipInvalid = "gzip-invalid" 400 "gzip" "the body is damaged or not gzip"
        /// A header has bytes outside ASCII.
        HeaderNotAscii = "header-not-ascii" 400 "ascii" "expected ASCII in this header"
        /// A header occurs twice.
        HeaderRepeated = "header-repeated" 400 "one_header" "this header occurs twice"
        /// A bug in the receiver. Nothing was stored.
        Internal = "internal" 500 "bug" "internal error; please report it to the operator"
        /// The body or payload is not JSON.
        JsonInvalid = "json-invalid" 400 "json" "expected valid JSON"
        /// A key occurs twice in an object.
        KeyRepeated = "key-repeated" 422 "duplicate" "this key occurs twice"
        /// A label is a fraction, a truth value, a list or an object.
        LabelInvalid = "label-invalid" 422 "label" "expected a label that is a string, an integer or null"
        /// A list was expected.
        ListExpected = "list-expected" 422 "list" "expected a list"
        /// The path exists, with another method.
        MethodNotAllowed = "method-not-allowed" 405 "method" "method not allowed; see /api/v1/openapi.json"
        /// The payload is nested more deeply than any report.
        NestingTooDeep = "nesting-too-deep" 413 "depth" "the payload is nested more than 16 levels deep"
        /// The nonce of a delete request is not 32 bytes in hexadecimal.
        NonceInvalid = "nonce-invalid" 422 "uuid" "expected 64 hexadecimal digits"
        /// There is nothing at this path.
        NotFound = "not-found" 404 "path" "not found"
        /// A query parameter is not a number within its limits.
        NumberInvalid = "number-invalid" 400 "number" "expected a number from {}"
        /// An object was expected.
        ObjectExpected = "object-expected" 422 "object" "expected an object"
        /// The payload is larger than any report.
        PayloadTooLarge = "payload-too-large" 413 "payload_bytes" "the payload is larger than 8 MiB"
        /// The client's network sent too many requests in this hour.
        RateLimited = "rate-limited" 429 "rate" "too many requests from this network in this hour; retry later"
        /// The payload names a schema and does not follow it.
        SchemaMismatch = "schema-mismatch" 422 "own_schema" "the payload does not follow the schema that it names"
        /// The payload names a schema that this version does not know.
        SchemaUnknown = "schema-unknown" 422 "schema" "this receiver does not know this payload schema"
        /// The install registered a secret, or the endpoint needs one, and the request has none.
        SecretMissing = "secret-missing" 401 "secret_missing" "send the install's secret as a bearer token in the Authorization header"
        /// The install registered another secret.
        SecretWrong = "secret-wrong" 403 "secret_wrong" "the secret is not the one that this install registered"
        /// The query parameter `sort` names an order that does not exist.
        SortInvalid = "sort-invalid" 400 "sort" "expected devices, installs, os, sysObjectID or sysDescr"
        /// The database is unavailable. Nothing was stored; the operator's log has the cause.
        StoreUnavailable = "store-unavailable" 503 "store" "the database is unavailable and nothing was stored; retry later"
        /// A string was expected.
        StringExpected = "string-expected" 422 "text" "expected a string"
        /// The Authorization header does not hold a bearer token of 32 bytes.
        TokenInvalid = "token-invalid" 400 "bearer" "expected Bearer and 32 bytes in hexadecimal or base64url"
        /// A total or count is missing, negative, fractional or too large.
        TotalInvalid = "total-invalid" 422 "total" "expected an integer from 0 to 2147483647"
        /// The body unpacks to more than the receiver accepts.
        UnpackedTooLarge = "unpacked-too-large" 413 "unpacked_bytes" "the body is larger than 24 MiB when unpacked"
        /// A text is not UTF-8.
        Utf8Invalid = "utf8-invalid" 400 "utf8" "expected UTF-8"
        /// `uuid` is missing or not a version 4 UUID.
        UuidInvalid = "uuid-invalid" 422 "uuid" "expected a version 4 UUID"
        /// The query parameter `window` is not one of the published windows.
        WindowInvalid = "window-invalid" 400 "window" "expected 7, 30 or 90"
    }
    errors {
        /// The listen address is in use, reserved or not this host's.
        ListenFailed = "listen-failed" LISTEN "cannot listen on {}; choose another address with --listen"
        /// The operating system refused to install a signal handler.
        SignalsUnavailable = "signals-unavailable" LISTEN "cannot install signal handlers ({})"

        /// The backup cannot be written.
        BackupFailed = "backup-failed" STORE "cannot write the backup: {}"
        /// The backup file exists. Backups are never overwritten.
        BackupExists = "backup-exists" STORE "the backup file exists: {}; choose another name"
        /// The backup directory is missing or not writable.
        BackupDirectoryUnusable = "backup-directory-unusable" STORE "cannot use the backup directory {}"
        /// The backup cannot be read or copied.
        BackupUnreadable = "backup-unreadable" STORE "cannot copy the backup ({}); check its path and the free space"
        /// The file to restore is truncated, damaged or not a database.
        BackupDamaged = "backup-damaged" STORE "the backup is damaged, or the file is not a backup; choose another"
        /// The file to restore is a database of another program or of a newer receiver.
        BackupIncompatible = "backup-incompatible" STORE "the file is not a backup of this receiver, or a newer version wrote it; choose another"
        /// The aggregates in the backup do not match its reports.
        BackupInconsistent = "backup-inconsistent" STORE "the backup's aggregates do not match its reports ({} differences); choose another backup"
        /// The system clock is far ahead of the last day that the receiver saw, so nothing expires for 24 hours.
        ClockJumped = "clock-jumped" STORE "the clock is far ahead: {}; nothing expires for 24 h. Correct the clock, or run `purge` if it is right"
        /// The data directory cannot be created.
        DataDirectoryUnusable = "data-directory-unusable" STORE "cannot create the data directory {}; choose another with --data"
        /// Other transactions kept interfering, through all retries.
        DatabaseBusy = "database-busy" STORE "the database is busy: transaction {} failed after 8 attempts"
        /// The database was closed while a command waited for it.
        DatabaseClosed = "database-closed" STORE "the database is closed"
        /// SQLite reports that the database file is damaged.
        DatabaseDamaged = "database-damaged" STORE "the database file is damaged; restore a backup"
        /// The disk is full, or so nearly full that writing would be unsafe.
        DatabaseFull = "database-full" STORE "the disk is full; free some space"
        /// The database holds rows that this receiver cannot have written.
        DatabaseInconsistent = "database-inconsistent" STORE "the database holds data that this receiver did not write; restore a backup"
        /// Another process has the database open.
        DatabaseInUse = "database-in-use" STORE "the database is in use; stop the receivers that use it first"
        /// SQLite reports an I/O error.
        DatabaseIo = "database-io" STORE "cannot read or write the database; check the disk and permissions"
        /// There is no database in the data directory.
        DatabaseMissing = "database-missing" STORE "no database at {}; name its directory with --data"
        /// The schema migration failed.
        DatabaseMigrationFailed = "database-migration-failed" STORE "cannot migrate the database; {}"
        /// A newer version wrote the database.
        DatabaseNewer = "database-newer" STORE "a newer version wrote the database; run that version"
        /// The database file cannot be opened.
        DatabaseNotOpened = "database-not-opened" STORE "cannot open the database file; check its path and permissions, and that a receiver wrote it"
        /// The database file cannot be replaced by the restored one.
        DatabaseNotReplaced = "database-not-replaced" STORE "cannot replace the database file; check its directory and permissions"
        /// The database file cannot be created or written.
        DatabaseNotWritable = "database-not-writable" STORE "cannot write the database file ({}); check its directory and permissions"
        /// The database file is read-only.
        DatabaseReadOnly = "database-read-only" STORE "the database file is read-only; check the disk and permissions"
        /// The database did not answer in time.
        DatabaseTimeout = "database-timeout" STORE "the database did not answer within 3 s"
        /// The file in the place of the restored database is not one that may be replaced.
        DatabaseUnknown = "database-unknown" STORE "the existing database is damaged, of another program or of a newer version; move it away"
        /// The connection to the stock site's database was lost.
        ImportDisconnected = "import-disconnected" STORE "lost the connection to the stock site's database; run the import again, imported reports stay"
        /// The MariaDB database is not one of a stock statistics site.
        ImportNotStock = "import-not-stock" STORE "not the database of a stock statistics site: expected the tables hosts, run, data and devinfo"
        /// The stock site's database cannot be reached.
        ImportUnreachable = "import-unreachable" STORE "cannot connect to the stock site's database; check its URL and the user's permission to read"
        /// PostgreSQL rejected a statement.
        PostgresqlRejected = "postgresql-rejected" STORE "PostgreSQL rejected a statement (SQLSTATE {}); see its log"
        /// PostgreSQL cannot be reached.
        PostgresqlUnreachable = "postgresql-unreachable" STORE "cannot connect to PostgreSQL; check that it runs, and the database URL"
        /// A restore into this database has not finished.
        RestoreInProgress = "restore-in-progress" STORE "a backup is being restored; start again when that is done"
        /// A published snapshot in the database cannot be read.
        SnapshotDamaged = "snapshot-damaged" STORE "a published snapshot is damaged; restore a backup"
        /// A bug: building a snapshot panicked.
        SnapshotFailed = "snapshot-failed" STORE "internal error while building a snapshot; please report it"

        /// Users other than the owner can read the key file.
        KeyExposed = "key-exposed" KEY "other users can read the key file {0}; run: chmod 600 {0}"
        /// The key file does not hold a key.
        KeyInvalid = "key-invalid" KEY "the key file {} does not hold a key of 32 bytes; restore it from a backup"
        /// The database exists, and its key file does not.
        KeyMissing = "key-missing" KEY "the key file {} is missing; restore it from a backup, or name it with --key"
        /// The key is not the one that the database was created with.
        KeyMismatch = "key-mismatch" KEY "the key does not belong to this database; name the right file with --key"
        /// The key file cannot be read.
        KeyUnreadable = "key-unreadable" KEY "cannot read the key file {}"
        /// The key file cannot be created or written.
        KeyNotWritable = "key-not-writable" KEY "cannot write the key file {}"
        /// The database exists, and the key file that signs its receipts does not.
        SigningKeyMissing = "signing-key-missing" KEY "the signing key file {} is missing; restore it from a backup, or name it as `signing_key`. If it is lost, run: callback-receiver renew-signing-key --lost"
        /// `renew-signing-key --lost` is for a file that does not exist.
        SigningKeyExists = "signing-key-exists" KEY "the signing key file {} exists; move it away if it is not the right one, or run renew-signing-key without --lost"
        /// The key file for signing receipts does not have the key that the receivers of this database use.
        SigningKeyMismatch = "signing-key-mismatch" KEY "the signing key file {} lacks the key of this database; copy it from another receiver, or restore it from a backup. If it is lost, run: callback-receiver renew-signing-key --lost"
        /// The operating system's random generator failed.
        RandomUnavailable = "random-unavailable" KEY "the system random generator is unavailable"

        /// The configuration file cannot be read.
        ConfigUnreadable = "config-unreadable" CONFIG "cannot read the configuration {}"
        /// The configuration file has a syntax error, an unknown key or a value of the wrong type.
        ConfigInvalid = "config-invalid" CONFIG "invalid configuration: {}"
        /// A setting is outside its limits.
        SettingInvalid = "setting-invalid" CONFIG "invalid setting: {}"
        /// `definitions` does not name a directory.
        DefinitionsNotDirectory = "definitions-not-directory" CONFIG "definitions: {} is not a directory; name LibreNMS's resources/definitions/os_detection, or leave it out"
        /// The database URL is neither PostgreSQL's nor SQLite's. It is not repeated: it may hold a password.
        DatabaseUrlInvalid = "database-url-invalid" CONFIG "invalid database URL: expected postgres://user:password@host:port/name or sqlite:/path, with special characters percent-encoded"
        /// --group names a group that does not exist.
        GroupUnknown = "group-unknown" CONFIG "--group: unknown group; expected one of {}"
        /// The URL of the database to import from is missing or invalid. It is not repeated: it may hold a password.
        ImportUrlInvalid = "import-url-invalid" CONFIG "CALLBACK_STOCK_DATABASE: expected mysql://user:password@host/name"
        /// Standard input does not hold a network that may be blocked.
        NetworkInvalid = "network-invalid" CONFIG "standard input: expected a network such as 192.0.2.0/24 (IPv4 /8 to /24, IPv6 /16 to /56)"
        /// `backup` needs a place for the backup.
        BackupPlaceMissing = "backup-place-missing" CONFIG "name a file, a directory with --into, or set backup_directory"
        /// A URL with a password is on the command line, where every user can read it.
        PasswordExposed = "password-exposed" CONFIG "--database: every user of this host can read a password on the command line; put the URL in the configuration file or in CALLBACK_RECEIVER_DATABASE"
        /// Standard input does not hold a UUID.
        UuidExpected = "uuid-expected" CONFIG "standard input: expected a version 4 UUID"

        /// `check` found aggregates that do not match their reports.
        CheckFailed = "check-failed" DIFFERS "the check found {} differences; restore a backup, or report a bug"
        /// The detection rules cannot be read, or the directory has none.
        DefinitionsUnusable = "definitions-unusable" DEFINITIONS "cannot use the detection rules: {}; name LibreNMS's resources/definitions/os_detection"

        /// Fixtures cannot be written.
        FixturesNotWritten = "fixtures-not-written" OUTPUT "cannot write the fixtures ({}); check the directory and the free space"
        /// The output directory holds a manifest of another program.
        ManifestForeign = "manifest-foreign" OUTPUT "the output directory holds a {} that this command did not write; choose another directory"
        /// Standard output cannot be written.
        OutputFailed = "output-failed" OUTPUT "cannot write the output ({})"
        /// The manual pages or shell completions cannot be written.
        ManualNotWritten = "manual-not-written" OUTPUT "cannot write the manual pages ({})"

        /// `doctor` found problems; its output lists them.
        ProblemsFound = "problems-found" PROBLEMS "doctor found {} problems; its output says what to do"
    }
}

impl Code {
    /// The message with its detail in it.
    #[must_use]
    pub fn describe(self, detail: &str) -> String {
        self.message().replace("{}", detail).replace("{0}", detail)
    }

    /// Whether the message needs a detail.
    #[must_use]
    pub fn has_detail(self) -> bool {
        self.message().contains("{}") || self.message().contains("{0}")
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for name in names {
            let is_kebab = name
                .split('-')
                .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
            assert!(is_kebab, "{name}");
        }
    }

    #[test]
    fn the_deprecated_rules_are_those_that_clients_know() {
        let rules: BTreeSet<&str> = Code::ALL
            .iter()
            .filter_map(|code| match code.outcome() {
                Outcome::Answer { rule, .. } => Some(rule),
                Outcome::Exit(_) => None,
            })
            .collect();
        let known = "ascii bearer blocked body body_bytes body_seconds bug busy chart clear_only content_encoding \
                     content_type day depth duplicate entries form_field groups gzip json label list method number object \
                     one_field one_header own_schema path payload_bytes payload_sha256 rate schema secret_missing \
                     secret_wrong sha256 sort store text total unpacked_bytes utf8 uuid window";
        assert_eq!(rules, known.split(' ').collect());
    }
}
