//! The configuration: one TOML file. Every key is optional; unknown keys are errors.

mod salvage;

use crate::code::Code;
use crate::error::{Error, Reason, Result};
use crate::files::{self, MAX_SETTINGS, why};
use crate::librenms::database::has_password;
use crate::receiver::{Receiver, ReceiverSettings};
use crate::versions::Override;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The default configuration file.
pub(crate) const DEFAULT_PATH: &str = "/etc/callback-agent.toml";

/// The state directory that `install` creates.
pub(crate) const SYSTEM_STATE: &str = "/var/lib/callback-agent";

/// The configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The install: a LibreNMS directory, a `mysql://` or `mariadb://` URL, or a SQLite file.
    #[serde(rename = "librenms", alias = "install")]
    pub install: Option<String>,
    /// Whether the file uses the key's former name, `install`.
    #[serde(skip)]
    pub has_former_key: bool,
    /// Top-level keys of the file that are invalid, or contain something invalid: see [`Config::salvage`].
    #[serde(skip)]
    pub(crate) lost: BTreeSet<String>,
    /// The state directory. It is created as a private one if it does not exist.
    pub state: Option<PathBuf>,
    /// The receiver. [default: LibreNMS's `callback_post`]
    pub receiver: Option<ReceiverSettings>,
    /// A module to use instead of the embedded one.
    pub module: Option<ModuleFile>,
    /// Versions of software that runs elsewhere or cannot be found.
    pub versions: Override,
    /// The admin's own words, redacted everywhere.
    pub terms: Vec<String>,
    /// The admin's own regular expressions (the syntax of the `regex` crate, ASCII classes); matches are redacted.
    pub patterns: Vec<String>,
    /// Attempts and timeouts of `submit`.
    pub submit: SubmitSettings,
    /// Retention of the ledger.
    pub ledger: LedgerSettings,
}

/// Attempts and timeouts of `submit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubmitSettings {
    /// Maximum number of attempts in a run, at least 1.
    pub attempts: u32,
    /// Seconds before the second attempt. Each further wait is twice as long, with a random part.
    pub wait_seconds: u64,
    /// Timeout of an attempt in seconds, from connecting to the end of the answer.
    pub timeout_seconds: u64,
    /// Timeout of a database query in seconds. A table that takes longer is left out and listed.
    pub query_seconds: u64,
}

impl Default for SubmitSettings {
    fn default() -> Self {
        Self { attempts: 4, wait_seconds: 30, timeout_seconds: 120, query_seconds: 120 }
    }
}

/// Retention of the ledger: whichever limit is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerSettings {
    /// Maximum number of reports and deletions.
    pub entries: usize,
    /// Maximum number of days.
    pub days: u32,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self { entries: 400, days: 90 }
    }
}

/// A module in a file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleFile {
    /// The `.wasm` file.
    pub path: PathBuf,
    /// Its required SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Config {
    /// Reads the named file, or the default one if it exists.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let (path, must_exist) = match path {
            Some(path) => (path, true),
            None => (Path::new(DEFAULT_PATH), false),
        };
        trusted(path)?;
        let text = match files::read_text(path, MAX_SETTINGS) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(Self::default()),
            Err(error) => {
                return Err(not_read(path, error));
            }
        };
        Self::parse(&text)
            .map_err(|mistakes| Error::new(Code::ConfigInvalid, format!("{}: {}", path.display(), mistakes.join("; "))))
    }

    /// Warnings: a key's former name, a password that others can read, or terms and patterns that redact nearly
    /// everything.
    pub(crate) fn warnings(&self, path: Option<&Path>) -> Result<Vec<Reason>> {
        let former =
            "the configuration's key `install` is now `librenms`; the old name will be removed in the next version";
        let former = self.has_former_key.then(|| Reason::new(Code::FormerName, former));
        let password = self.open_password(path)?.map(|text| Reason::new(Code::PasswordReadable, text));
        Ok(former.into_iter().chain(password).chain(self.too_broad()).collect())
    }

    /// Terms of one letter, and patterns that match one character or none.
    fn too_broad(&self) -> Option<Reason> {
        let term = |(at, term): (usize, &String)| is_broad_term(term).then(|| format!("`terms[{at}]`"));
        let broad = |(at, pattern): (usize, &String)| {
            let parsed = pattern_parser().parse(pattern).ok()?;
            parsed.properties().minimum_len().is_some_and(|length| length < 2).then(|| format!("`patterns[{at}]`"))
        };
        let terms = self.terms.iter().enumerate().filter_map(term);
        let found: Vec<String> = terms.chain(self.patterns.iter().enumerate().filter_map(broad)).collect();
        (!found.is_empty()).then(|| Reason::new(Code::TermsTooBroad, too_broad(&found)))
    }

    fn open_password(&self, path: Option<&Path>) -> Result<Option<String>> {
        let path = path.unwrap_or(Path::new(DEFAULT_PATH));
        if !self.install.as_deref().is_some_and(has_password) || !path.exists() {
            return Ok(None);
        }
        let mode = std::fs::metadata(path).map_err(|error| not_read(path, error))?.mode();
        let shown = path.display();
        Ok((mode & 0o044 != 0)
            .then(|| format!("{shown} contains a password, and other users can read it; run: chmod 0600 {shown}")))
    }

    /// Rejects an invalid receiver. Not part of [`Config::load`], since opting out and deleting must work anyway.
    pub(crate) fn check_receiver(&self) -> Result<()> {
        let Some(receiver) = &self.receiver else { return Ok(()) };
        Receiver::new(&receiver.url, receiver.kind, receiver.clear_url.as_deref())?
            .encrypted_unless(receiver.allow_http)
            .map(drop)
    }

    /// The valid keys of an invalid file, for commands that only read. `None` if another user could have written the
    /// file, or if it is not TOML.
    pub(crate) fn salvage(path: Option<&Path>) -> Option<Self> {
        let path = path.unwrap_or(Path::new(DEFAULT_PATH));
        trusted(path).ok()?;
        salvage::examine(&files::read_text(path, MAX_SETTINGS).ok()?).config
    }

    /// Checks values beyond their types.
    fn check(&self) -> std::result::Result<(), String> {
        let bad = |what: &str| Err(what.to_owned());
        if self.install.as_deref() == Some("") {
            return bad(
                "`librenms` is empty; set it to a LibreNMS directory, a database URL or a SQLite file, or remove it",
            );
        }
        if let Some(receiver) = &self.receiver {
            Receiver::new(&receiver.url, receiver.kind, receiver.clear_url.as_deref()).map_err(|e| e.to_string())?;
        }
        if let Some(module) = &self.module
            && (module.sha256.trim().len() != 64 || !module.sha256.trim().bytes().all(|b| b.is_ascii_hexdigit()))
        {
            return bad("`module.sha256` is not a SHA-256; expected 64 hexadecimal digits");
        }
        if !self.patterns.is_empty() {
            // The collector validates them; nothing else in this document can be invalid.
            let facts = serde_json::json!({
                "schema": callback_collector::FACTS_SCHEMA,
                "uuid": "00000000-0000-4000-8000-000000000000",
                "patterns": self.patterns,
            });
            if let Err(problem) = callback_collector::Collector::new().build(facts.to_string().as_bytes()) {
                let why = self.patterns.iter().find_map(|pattern| pattern_error(pattern)).unwrap_or(problem.message);
                return Err(format!("`{}`: {why}", problem.path));
            }
        }
        if self.submit.attempts == 0 || self.submit.timeout_seconds == 0 || self.submit.query_seconds == 0 {
            return bad("`submit.attempts`, `timeout_seconds` and `query_seconds` must be at least 1");
        }
        if self.ledger.entries == 0 || self.ledger.days == 0 {
            return bad("`ledger.entries` and `ledger.days` must be at least 1; the day's own report is always kept");
        }
        Ok(())
    }

    /// Parses the text. Errors name the place and what was expected, never a value.
    fn parse(text: &str) -> std::result::Result<Self, Vec<String>> {
        let parsed: std::result::Result<Self, toml::de::Error> = toml::from_str(text);
        match parsed {
            Ok(config) if config.check().is_ok() => {
                let table = toml::from_str::<toml::Table>(text);
                Ok(Self { has_former_key: table.is_ok_and(|table| table.contains_key("install")), ..config })
            }
            _ => Err(salvage::examine(text).mistakes),
        }
    }

    /// The setting that names the state directory. `--state` and `CALLBACK_STATE` have been merged into `state`.
    pub(crate) fn state_origin(&self) -> &'static str {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match () {
            () if self.state.is_some() => "state",
            () if is_set("STATE_DIRECTORY") => "STATE_DIRECTORY in the environment",
            () if Path::new(SYSTEM_STATE).is_dir() => "default",
            () if is_set("XDG_STATE_HOME") => "XDG_STATE_HOME in the environment",
            () => "default, in the home directory",
        }
    }

    /// The state directory.
    pub fn state_directory(&self) -> Result<PathBuf> {
        if let Some(directory) = &self.state {
            return Ok(directory.clone());
        }
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        variable("STATE_DIRECTORY")
            .or_else(|| Some(PathBuf::from(SYSTEM_STATE)).filter(|directory| directory.is_dir()))
            .or_else(|| variable("XDG_STATE_HOME").map(|directory| directory.join("callback-agent")))
            .or_else(|| variable("HOME").map(|home| home.join(".local/state/callback-agent")))
            .ok_or_else(|| {
                Error::new(Code::NoHome, "there is no directory for the agent's state: /var/lib/callback-agent does not exist, and HOME is not set; pass --state \
                     DIR, or set CALLBACK_STATE")
            })
    }
}

/// A parser with the collector's settings.
fn pattern_parser() -> regex_syntax::Parser {
    regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build()
}

/// The parser's message, if a pattern is not a valid regular expression.
fn pattern_error(pattern: &str) -> Option<String> {
    let (what, at) = match pattern_parser().parse(pattern).err()? {
        regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span().start.column),
        regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span().start.column),
        _ => return None,
    };
    Some(format!("not a regular expression: {what}, at character {at}"))
}

fn not_read(path: &Path, error: std::io::Error) -> Error {
    Error::new(Code::ConfigNotRead, format!("cannot read {}: {}", path.display(), why(&error))).caused_by(error)
}

/// Rejects a file that another user could have written: it determines what is read and where reports are sent.
fn trusted(path: &Path) -> Result<()> {
    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let refused = |what: &str| Err(Error::new(Code::ConfigUntrusted, format!("{} {what}", path.display())));
    if found.is_symlink() {
        return refused("is a symbolic link; pass the file itself with --config");
    }
    let me = rustix::process::geteuid();
    if !me.is_root() && found.uid() != 0 && found.uid() != me.as_raw() {
        return refused("belongs to a different user; its owner must be root or the user that runs the agent");
    }
    if found.mode() & 0o022 != 0 {
        return refused(&format!("can be written by other users; run: chmod go-w {}", path.display()));
    }
    Ok(())
}
/// Whether a term is a single character.
pub(crate) fn is_broad_term(term: &str) -> bool {
    term.trim().chars().count() == 1
}

/// The warning about terms and patterns that match a single character.
pub(crate) fn too_broad(names: &[String]) -> String {
    let verb = if names.len() == 1 { "matches" } else { "match" };
    format!(
        "{} {verb} single characters, so many texts may be redacted; check with: callback-agent preview --explain",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with a text.
    fn mistakes(text: &str) -> String {
        Config::parse(text).unwrap_err().join("; ")
    }

    #[test]
    fn every_key_is_optional() {
        assert_eq!(Config::parse("").unwrap(), Config::default());
    }

    #[test]
    fn a_file_with_every_key_is_read() {
        let config = Config::parse(
            "install = '/opt/librenms'\nterms = ['Acme']\n[receiver]\nurl = 'https://stats.example/log.php'\n[versions]\nphp = '8.2.7'\n",
        )
        .unwrap();
        assert_eq!(config.install.as_deref(), Some("/opt/librenms"));
        assert_eq!(config.versions.php.as_deref(), Some("8.2.7"));
        let receiver = config.receiver.unwrap();
        assert_eq!(
            (receiver.url.as_str(), receiver.kind),
            ("https://stats.example/log.php", crate::receiver::Kind::Stock)
        );
    }

    #[test]
    fn the_former_name_of_a_key_is_accepted_with_a_warning() {
        let warned = |text: &str| {
            let warnings = Config::parse(text).unwrap().warnings(Some(Path::new("/no/such/file"))).unwrap();
            warnings.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
        };
        assert_eq!(warned("install = '/opt/librenms'"), [Code::FormerName]);
        assert_eq!(warned("librenms = '/opt/librenms'"), []);
        assert_eq!(Config::parse("install = '/a'").unwrap().install, Config::parse("librenms = '/a'").unwrap().install);
        assert!(mistakes("librenms = '/a'\ninstall = '/b'").contains("both set"));
    }

    #[test]
    fn every_key_is_documented_with_its_default() {
        let value = |name: &str| match name {
            "terms" | "patterns" => "[]",
            "receiver.allow_http" => "false",
            "receiver.kind" => "'stock'",
            "module.sha256" => "'0000000000000000000000000000000000000000000000000000000000000000'",
            "receiver.url" | "receiver.clear_url" => "'https://a.example/log.php'",
            name if name.starts_with("submit.") || name.starts_with("ledger.") => "1",
            _ => "'x'",
        };
        let names: Vec<&str> = crate::config_keys::KEYS.iter().flat_map(|keys| keys.names).copied().collect();
        let whole: String = names.iter().map(|name| format!("{name} = {}\n", value(name))).collect();
        Config::parse(&whole).unwrap();
        for (table, prefix) in [
            ("", ""),
            ("receiver", "receiver."),
            ("submit", "submit."),
            ("ledger", "ledger."),
            ("module", "module."),
            ("versions", "versions."),
        ] {
            // The error for an unknown key lists all valid keys.
            let text = if table.is_empty() { "x = 1".to_owned() } else { format!("[{table}]\nx = 1") };
            let error = mistakes(&text);
            let listed: Vec<&str> = error.split('`').skip(1).step_by(2).collect();
            assert!(listed.len() > 1, "{error}");
            for key in listed.into_iter().filter(|key| !matches!(*key, "x" | "install")) {
                let name = format!("{prefix}{key}");
                let is_documented = names.iter().any(|known| *known == name || known.starts_with(&format!("{name}.")));
                assert!(is_documented, "{name}");
            }
        }
        let (submit, ledger) = (SubmitSettings::default(), LedgerSettings::default());
        for (name, default) in [
            ("submit.attempts", submit.attempts.to_string()),
            ("submit.wait_seconds", submit.wait_seconds.to_string()),
            ("submit.timeout_seconds", submit.timeout_seconds.to_string()),
            ("submit.query_seconds", submit.query_seconds.to_string()),
            ("ledger.entries", ledger.entries.to_string()),
            ("ledger.days", ledger.days.to_string()),
        ] {
            let keys = crate::config_keys::KEYS.iter().find(|keys| keys.names.contains(&name));
            assert_eq!(keys.map(|keys| keys.default), Some(default.as_str()), "{name}");
        }
    }

    #[test]
    fn invalid_values_are_rejected_by_name() {
        for (text, words) in [
            ("librenms = ''", "`librenms` is empty"),
            ("patterns = ['Acme', '(abc']", "`patterns[1]`: not a regular expression: unclosed group, at character 1"),
            ("patterns = ['a{2,1}']", "`patterns[0]`: not a regular expression: invalid repetition count range"),
            ("patterns = ['(?u)a']", "`patterns[0]`: expected a regular expression"),
            ("[receiver]\nurl = 'https://me:hunter2@a.example/'", "user or password"),
            ("[module]\npath = 'x'\nsha256 = 'ab'", "64 hexadecimal digits"),
            ("[submit]\nattempts = 0", "at least 1"),
            ("[ledger]\ndays = 0", "at least 1"),
        ] {
            let said = mistakes(text);
            assert!(said.contains(words) && !said.contains("hunter2"), "{said}");
        }
        assert!(mistakes("[module]\npath = '/x'").contains("expected a key `sha256`"));
        assert!(Config::default().check().is_ok());
    }

    #[test]
    fn a_file_that_another_user_can_write_is_rejected() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("agent.toml"), directory.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(Config::load(Some(&link)).unwrap_err().code(), Code::ConfigUntrusted);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(Config::load(Some(&file)).unwrap_err().code(), Code::ConfigUntrusted);
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Config::load(Some(&file)).is_ok());
    }

    #[test]
    fn a_password_that_others_can_read_gives_a_warning() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("agent.toml");
        for (install, mode, warned) in [
            ("mysql://me:hunter2@db/x", 0o644, true),
            ("mysql://me:hunter2@db/x", 0o600, false),
            ("mysql://me@db/x", 0o644, false),
            ("/opt/librenms", 0o644, false),
        ] {
            std::fs::write(&file, format!("librenms = '{install}'")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let warnings = Config::load(Some(&file)).unwrap().warnings(Some(&file)).unwrap();
            let codes: Vec<Code> = warnings.iter().map(|warning| warning.code).collect();
            assert_eq!(codes, if warned { vec![Code::PasswordReadable] } else { Vec::new() }, "{install} {mode:o}");
            assert!(warnings.iter().all(|warning| !warning.text.contains("hunter2")));
        }
    }

    #[test]
    fn terms_and_patterns_that_redact_nearly_everything_give_a_warning() {
        let warned = |text: &str| Config::parse(text).unwrap().warnings(Some(Path::new("/no/such/file"))).unwrap();
        for (text, names) in [
            ("terms = ['Acme', 'e']", &["`terms[1]`"][..]),
            ("patterns = ['.*']", &["`patterns[0]`"]),
            (
                "terms = ['x', 'yy', 'z']\npatterns = ['Acme', '[a-z]|site-.']",
                &["`terms[0]`, `terms[2]`, `patterns[1]`"],
            ),
        ] {
            let warnings = warned(text);
            assert_eq!(warnings.len(), names.len(), "{text}");
            assert!(warnings.iter().zip(names).all(|(warning, name)| warning.text.contains(name)), "{text}");
        }
        assert_eq!(warned("terms = ['Acme']\npatterns = ['(?i)\\bacme-\\d+\\b']"), Vec::new());
    }

    #[test]
    fn the_valid_keys_of_an_invalid_file_are_available_for_reading() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("agent.toml");
        let write = |text: &str, mode| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            Config::salvage(Some(&file))
        };
        let text = "librenms = '/opt/x'\nterm = ['Acme']\npatterns = ['(abc']\n[submit]\nattempts = 7\n";
        let kept = write(text, 0o600).unwrap();
        assert_eq!((kept.install.as_deref(), kept.submit.attempts), (Some("/opt/x"), 7));
        assert_eq!((kept.terms, kept.patterns), (Vec::new(), Vec::<String>::new()));
        assert_eq!(write("librenms = /opt/x", 0o600), None);
        assert_eq!(write("librenms = '/opt/x'", 0o666), None, "another user may have written it");
    }

    #[test]
    fn unknown_keys_and_wrong_types_are_named_by_line_without_their_values() {
        let unknown = mistakes("install = 'x'\n[versions]\nhp = '8'\n");
        assert!(unknown.starts_with("line 3: unknown key `hp`, expected"), "{unknown}");
        let wrong = mistakes("terms = 'expected hunter2'");
        assert!(wrong.starts_with("line 1: `terms`: expected") && !wrong.contains("hunter2"), "{wrong}");
        let broken = mistakes("install = mysql://user:hunter2@db");
        assert!(broken.starts_with("line 1: ") && !broken.contains("hunter2"), "{broken}");
    }
}
