//! The keys of the configuration file, as `callback-agent.toml`(5) and docs/agent.md describe them. A test compares the two, and
//! both with what `config::Config` reads.

/// Related keys, with their purpose. The texts are Markdown.
#[derive(Debug, Clone, Copy)]
pub struct ConfigKeys {
    /// The keys, with their tables.
    pub names: &'static [&'static str],
    /// The default.
    pub default: &'static str,
    /// What they set.
    pub what: &'static str,
}

const fn key(names: &'static [&'static str], default: &'static str, what: &'static str) -> ConfigKeys {
    ConfigKeys { names, default, what }
}

/// All keys, in the order of the documentation.
pub const KEYS: &[ConfigKeys] = &[
    key(
        &["librenms"],
        "`/opt/librenms`",
        "LibreNMS directory, `mysql://` or `mariadb://` URL, or SQLite file. If the URL contains a password, make the file private \
         (0600). The former name `install` still works in this version, with a warning",
    ),
    key(&["state"], "[below](#files)", "directory of the agent's own files"),
    key(
        &["terms"],
        "`[]`",
        "your own words to remove, whatever their case and separators ([how they match](sanitiser.md#your-own-words))",
    ),
    key(
        &["patterns"],
        "`[]`",
        "your own regular expressions to remove ([syntax](https://docs.rs/regex/1/regex/#syntax), ASCII classes, `(?i)` for any \
         case, no Unicode mode)",
    ),
    key(&["receiver.url"], "LibreNMS's `callback_post`", "where reports go, without user or password"),
    key(
        &["receiver.kind"],
        "`\"stock\"`",
        "`\"callback-stats\"` for a `callback-receiver`, otherwise `\"stock\"`. Only the former gets the secret",
    ),
    key(&["receiver.clear_url"], "`clear.php` next to `url`", "where delete requests go"),
    key(
        &["receiver.allow_http"],
        "`false`",
        "whether a `callback-stats` receiver on another host may be used [without TLS](#plain-http)",
    ),
    key(&["submit.attempts"], "4", "attempts per run"),
    key(&["submit.wait_seconds"], "30", "seconds before the second attempt"),
    key(&["submit.timeout_seconds"], "120", "timeout of an attempt"),
    key(&["submit.query_seconds"], "120", "timeout of a query"),
    key(&["ledger.entries"], "400", "maximum number of reports and delete requests in the history"),
    key(&["ledger.days"], "90", "maximum age of the history in days"),
    key(
        &["module.path", "module.sha256"],
        "the embedded module",
        "a different module: the absolute path of a file of at most 2 MiB, and the digest it must have",
    ),
    key(
        &[
            "versions.database",
            "versions.php",
            "versions.python",
            "versions.rrdtool",
            "versions.netsnmp",
            "versions.os",
            "versions.librenms",
        ],
        "from the programs",
        "versions of software that runs elsewhere; `\"\"` leaves one out",
    ),
];

/// The table of docs/agent.md.
#[must_use]
pub fn to_markdown() -> String {
    let mut table = "| Key | Default | What |\n|---|---|---|\n".to_owned();
    for ConfigKeys { names, default, what } in KEYS {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        table.push_str(&format!("| {} | {default} | {what} |\n", names.join(", ")));
    }
    table
}
